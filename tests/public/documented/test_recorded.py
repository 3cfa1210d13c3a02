"""What recorded conversations show of events that come by less common ways."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.center import Center
from ...support.collector import Collector
from ...support.outcome import Outcome


# An event that comes with a response: whoever asked, and however.


def with_event(emulator: Emulator, method: str, url: str, payload: Any) -> None:
    """Let the next matching response have this event in it."""
    emulator.faults.answer(
        200, {"event_type": "noted", "payload": payload}, method=method, url=url
    )


@pytest.mark.parametrize(
    ("line", "method", "url"),
    [
        ("worker.update('FriendlyName', 'Ann', done)", "POST", "/Workers/"),
        ("worker.fetch(done)", "GET", "/Workers/"),
        ("worker.completeTask(task_sid, done)", "POST", "/Tasks/"),
        ("worker.fetchReservations(done)", "GET", "/Reservations"),
        ("worker.activities.fetch(done)", "GET", "/Activities"),
    ],
)
def test_the_event_of_a_response_comes_before_the_callback(
    center: Center, outcome: Outcome, line: str, method: str, url: str
) -> None:
    worker = center.worker
    came = Collector().listen(worker, "noted")
    before: list[str] = []

    def done(error: Any, result: Any) -> None:
        before.extend(came.names())
        outcome.callback(error, result)

    with_event(center.emulator, method, url, {"sid": worker.sid, "n": 1})
    eval(line, {"worker": worker, "done": done, "task_sid": "WT1"})
    assert before == ["noted"]
    assert outcome.result.n == 1
    assert came.expect("noted").n == 1


def test_the_task_that_belongs_to_a_result_can_bring_an_event(center: Center) -> None:
    reservation = center.reservation
    came = Collector().listen(center.worker, "noted")
    with_event(center.emulator, "GET", "/Tasks/", {"sid": reservation.task.sid})
    reservation.accept()
    assert came.expect("noted").sid == reservation.task.sid


def test_the_event_of_the_clients_own_request_is_emitted(
    center: Center, workspace: ReadyWorkspace
) -> None:
    """The move to the connect activity is one that nobody called for."""
    activity = workspace.activities["Break"]
    payload = {"sid": center.alice, "activity_sid": activity, "activity_name": "Break"}
    center.emulator.faults.answer(
        200,
        {"event_type": "worker.activity.update", "payload": payload},
        method="POST",
        url="/Workers/",
    )
    worker = center.open(Worker, connect_activity_sid=activity)
    came = Collector().listen(worker, "activity.update")
    assert came.expect("activity.update").activityName == "Break"
    assert worker.activityName == "Break"


def test_the_event_of_a_page_of_the_pending_list_is_emitted(center: Center) -> None:
    nothing = {"meta": {"key": "reservations"}, "reservations": []}
    with_event(center.emulator, "GET", "/Reservations", nothing)
    came = Collector().listen(center.open(Worker), "noted")
    assert list(came.expect("noted")) == []


def test_a_reservation_event_in_a_response_is_one_event(center: Center) -> None:
    """The frame that says the same comes too. In JavaScript it has no sid."""
    pending = center.reservation
    came = Collector().listen(center.worker, "reservation.accepted")
    accepted = {**pending.payload, "reservation_status": "accepted"}
    center.emulator.faults.answer(
        200,
        {"event_type": "reservation.accepted", "payload": accepted},
        method="POST",
        url="/Reservations/",
        carried_out=True,
    )
    pending.accept()
    reservation = came.expect("reservation.accepted")
    center.settle(center.worker)
    assert (reservation.sid, reservation.task.sid) == (pending.sid, pending.taskSid)
    assert came.count("reservation.accepted") == 1


def test_a_reservation_that_comes_with_an_event_is_not_asked_for(
    center: Center,
) -> None:
    """Its task is."""
    pending = center.reservation
    center.settle(center.worker)
    came, before = Collector().listen(center.worker), len(center.sent())
    center.emulator.faults.answer(
        200,
        {
            "event_type": "reservation.accepted",
            "payload": {**pending.payload, "reservation_status": "accepted"},
        },
        method="POST",
        url="/Reservations/",
    )
    pending.accept()
    reservation = came.expect("reservation.accepted")
    assert reservation.task.attributes.language == "es"
    asked = {path for method, path, _ in center.sent()[before:] if method == "GET"}
    assert asked == {f"/Tasks/{pending.taskSid}"}


# A frame of a reservation event that carries the reservation, and not its task.


@pytest.mark.parametrize("key", ["task_sid", "taskSid"])
@pytest.mark.parametrize("refused", ["nothing", "the task", "the reservation", "both"])
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "its sids"])
@pytest.mark.parametrize("skip", [False, True], ids=["fetched", "skipped"])
def test_a_pending_frame_comes_out_as_created(
    emulator: Emulator,
    backend: Backend,
    ready_worker: ReadyWorker,
    key: str,
    refused: str,
    is_whole: bool,
    skip: bool,
) -> None:
    """Whatever can be had of its details, it names both sids and can be accepted."""
    task_sid = backend.create_task(language="es")
    nothing = {"meta": {"key": "reservations"}, "reservations": []}
    emulator.faults.answer(200, {"payload": nothing}, url="/Reservations")
    worker, came = ready_worker()
    worker.set_skip_fetch_reservation(skip)
    (sid,) = backend.reservations(str(worker.sid))
    if refused in ("the reservation", "both"):
        emulator.faults.answer(404, method="GET", url=f"/Reservations/{sid}")
    if refused in ("the task", "both"):
        emulator.faults.answer(404, method="GET", url=f"/Tasks/{task_sid}")
    rest = {"reservation_status": "pending", "worker_sid": worker.sid}
    emulator.send_frame(
        str(worker.sid),
        {
            "event_type": "reservation.pending",
            "payload": {"sid": sid, key: task_sid, **(rest if is_whole else {})},
        },
    )
    reservation = came.expect("reservation.created")
    emulator.faults.clear()
    assert (reservation.sid, reservation.taskSid) == (sid, task_sid)
    assert reservation.task.sid == task_sid
    # What the frame carries is not asked for.
    is_asked_for = not (skip or is_whole)
    asked = [each.url for each in emulator.requests if each.kind == "bridge"]
    assert any(url.endswith(f"/Reservations/{sid}") for url in asked) is is_asked_for
    is_known = is_whole or (is_asked_for and refused == "nothing")
    assert reservation.reservationStatus == ("pending" if is_known else None)
    if not skip and refused in ("nothing", "the reservation"):
        assert reservation.task.attributes.language == "es"
    assert list(worker.reservations) == [sid]
    assert reservation.accept().task.attributes.language == "es"


def test_the_status_alone_is_not_the_reservation(center: Center) -> None:
    """The frame of a task may have it as well."""
    pending = center.reservation
    came = Collector().listen(center.worker, "reservation.rescinded")
    payload = {
        "sid": pending.taskSid,
        "reservation_sid": pending.sid,
        "reservation_status": "rescinded",
    }
    frame = {"event_type": "reservation.rescinded", "payload": payload}
    center.emulator.send_frame(center.alice, frame)
    told = came.expect("reservation.rescinded")
    assert (told.sid, told.reservationStatus) == (pending.sid, "pending")
    assert told.task.attributes.language == "es"


@pytest.mark.parametrize("payload", [{}, {"sid": "WR1"}, {"sid": 5}, {"task_sid": "W"}])
def test_a_pending_frame_that_names_no_reservation_is_an_error(
    emulator: Emulator, ready_worker: ReadyWorker, payload: dict[str, Any]
) -> None:
    worker, came = ready_worker()
    emulator.send_frame(
        str(worker.sid), {"event_type": "reservation.pending", "payload": payload}
    )
    assert "has no reservation sid" in came.expect("error").message
    assert came.count("reservation.created") == 0
