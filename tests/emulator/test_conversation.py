"""A worker's whole conversation with the emulator, over real sockets."""

from __future__ import annotations

from taskrouter_sync.emulator import Emulator
from tests.emulator.conftest import Desk


def test_an_offered_task_is_accepted_and_completed(
    emulator: Emulator, desk: Desk
) -> None:
    task = emulator.create_task(attributes={"type": "support"})

    offer = desk.frame()
    assert offer["event_type"] == "reservation.created"
    assert offer["payload"]["sid"] == task["sid"]
    assert offer["payload"]["attributes"] == '{"type": "support"}'

    reservation = f"/Tasks/{task['sid']}/Reservations/"
    reservation += offer["payload"]["reservation_sid"]
    answer = desk.post("POST", reservation, {"ReservationStatus": "accepted"})
    assert answer.status_code == 200
    assert answer.json()["payload"]["reservation_status"] == "accepted"
    assert desk.frame()["event_type"] == "reservation.accepted"

    done = {"AssignmentStatus": "completed"}
    answer = desk.post("POST", f"/Tasks/{task['sid']}", done)
    assert answer.json()["payload"]["assignment_status"] == "completed"
    assert desk.frame()["event_type"] == "task.completed"
    assert desk.frame()["event_type"] == "reservation.completed"


def test_an_unanswered_offer_times_out_as_the_clock_is_advanced(
    emulator: Emulator, desk: Desk
) -> None:
    emulator.create_task()
    offer = desk.frame()["payload"]

    emulator.advance(120)

    timeout = desk.frame()
    assert timeout["event_type"] == "reservation.timeout"
    assert timeout["payload"]["reservation_sid"] == offer["reservation_sid"]
    activity = desk.frame()
    assert activity["event_type"] == "worker.activity.update"
    assert activity["payload"]["activity_name"] == "Offline"
