"""The documented lines of a reservation: accepting, rejecting, and as a resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.collector import Collector
from ..support.outcome import Outcome
from .conftest import TO_ACT, Offer, OpenWorker
from .held import Held


# accept


def test_accept(offer: Offer, held: Held, outcome: Outcome) -> None:
    reservation = offer()
    reservation.accept(outcome.callback)
    assert outcome.result.reservationStatus == "accepted"
    assert outcome.result.task.assignmentStatus == "assigned"
    assert held.reservation(reservation.sid).reservation_status == "accepted"
    assert held.task(reservation.task.sid).assignment_status == "assigned"


def test_the_reservation_itself_stays_as_it_was(offer: Offer) -> None:
    """As in JavaScript: the callback gets a new one."""
    reservation = offer()
    accepted = reservation.accept()
    assert (reservation.reservationStatus, accepted.reservationStatus) == (
        "pending",
        "accepted",
    )
    assert accepted is not reservation
    assert accepted == reservation


def test_accept_in_an_event_callback(
    worker_with: OpenWorker, emulator: Emulator, held: Held
) -> None:
    """The documented script: accept what comes, complete what was accepted."""
    worker = worker_with(*TO_ACT)
    came = Collector()

    def on_accepted(error, reservation):
        came.add("accepted", error, reservation)
        reservation.task.complete(came.callback("completed"), "Done")

    worker.on(
        "reservation.created", lambda reservation: reservation.accept(on_accepted)
    )
    task = emulator.create_task()
    assert came.expect("accepted")[0] is None
    error, completed = came.expect("completed")
    assert (error, completed.assignmentStatus) == (None, "completed")
    assert held.task(task["sid"]).reason == "Done"


def test_accept_in_python(offer: Offer, held: Held) -> None:
    reservation = offer()
    accepted = reservation.accept()
    assert accepted.reservation_status == "accepted"
    assert accepted.task.assignment_status == "assigned"
    with pytest.raises(HttpError, match=r"already in state \[accepted\]"):
        reservation.accept()
    assert held.sent()[0] == (
        f"/Tasks/{reservation.task.sid}/Reservations/{reservation.sid}",
        {"ReservationStatus": "accepted"},
    )


# reject


def test_reject_with_an_activity(
    offer: Offer, workspace: ReadyWorkspace, held: Held, outcome: Outcome
) -> None:
    reservation = offer()
    reservation.reject(workspace.activities["Break"], outcome.callback)
    assert outcome.result.reservationStatus == "rejected"
    assert held.reservation(reservation.sid).reservation_status == "rejected"
    assert held.worker(reservation.workerSid).activity_name == "Break"


def test_reject_with_a_callback_alone(
    offer: Offer, held: Held, outcome: Outcome
) -> None:
    """Documented, and never called back in JavaScript; the activity stays."""
    reservation = offer()
    reservation.reject(outcome.callback)
    assert outcome.result.reservationStatus == "rejected"
    assert held.reservation(reservation.sid).reservation_status == "rejected"
    assert held.sent()[0][1] == {"ReservationStatus": "rejected"}


def test_reject_without_an_activity(offer: Offer, held: Held, outcome: Outcome) -> None:
    reservation = offer()
    reservation.reject(None, outcome.callback)
    assert outcome.result.reservationStatus == "rejected"
    assert held.sent()[0][1] == {"ReservationStatus": "rejected"}


def test_reject_in_python(offer: Offer, workspace: ReadyWorkspace, held: Held) -> None:
    reservation = offer()
    with pytest.raises(HttpError, match="WorkerActivitySid"):
        reservation.reject(activity_sid="WA" + "0" * 32)
    assert held.reservation(reservation.sid).reservation_status == "pending"
    rejected = reservation.reject(activity_sid=workspace.activities["Break"])
    assert rejected.reservation_status == "rejected"
    assert held.worker(reservation.worker_sid).activity_name == "Break"


# What every entity has


def test_fetch(offer: Offer, held: Held, outcome: Outcome) -> None:
    reservation = offer()
    held.cancel(reservation.task.sid)
    reservation.fetch(outcome.callback)
    assert outcome.result.reservationStatus == "canceled"
    assert outcome.result.task.assignmentStatus == "canceled"
    assert reservation.fetch().reservation_status == "canceled"


def test_update(offer: Offer, held: Held, outcome: Outcome) -> None:
    """Unlike its actions, an update shows on the reservation itself."""
    reservation = offer()
    reservation.update("ReservationStatus", "accepted", outcome.callback)
    assert outcome.result.reservationStatus == "accepted"
    assert reservation.reservationStatus == "accepted"
    assert held.reservation(reservation.sid).reservation_status == "accepted"
    completed = reservation.update(reservation_status="completed")
    assert completed.task.assignment_status == "completed"
    assert held.reservation(reservation.sid).reservation_status == "completed"


@pytest.mark.parametrize(
    "act",
    [
        lambda reservation, cb: reservation.accept(cb),
        lambda reservation, cb: reservation.update("ReservationStatus", "accepted", cb),
    ],
)
def test_the_client_shows_the_newest(
    worker_with: OpenWorker, emulator: Emulator, act: Callable[..., Any]
) -> None:
    """``worker.reservations``, as soon as the callback runs."""
    worker = worker_with(*TO_ACT)
    came = Collector().listen(worker, "reservation.created")
    emulator.create_task()
    reservation = came.expect("reservation.created")
    shown: list[str] = []
    act(
        reservation,
        lambda: shown.append(worker.reservations[reservation.sid].reservationStatus),
    )
    assert shown == ["accepted"]


def test_every_property_by_a_loop(offer: Offer) -> None:
    """``for (var property in reservation)``: the task and the neighbors among them."""
    reservation = offer()
    shown = {name: reservation[name] for name in reservation}
    assert shown["reservationStatus"] == "pending"
    assert shown["task"] is reservation.task
    assert shown["worker"].sid == shown["workerSid"]
    assert not shown.keys() & {"url", "links", "reservation_status"}
