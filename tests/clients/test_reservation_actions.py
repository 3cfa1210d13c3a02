"""What an agent's program does with reservations."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import (
    HttpError,
    Worker,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.collector import Collector
from ..support.outcome import Outcome


def test_a_reservation_comes_with_its_task(reservation: Any) -> None:
    assert reservation.reservationStatus == "pending"
    assert reservation.task.assignmentStatus == "reserved"
    assert reservation.task.attributes.language == "no"


def test_accept_gives_a_new_reservation_with_its_task(reservation: Any) -> None:
    accepted = reservation.accept()
    assert accepted.reservationStatus == "accepted"
    assert accepted.task.assignmentStatus == "assigned"
    assert accepted == reservation
    assert accepted is not reservation
    assert reservation.reservationStatus == "pending"


def test_accept_calls_back_before_it_returns(
    reservation: Any, outcome: Outcome
) -> None:
    assert reservation.accept(outcome.callback) is None
    accepted = outcome.result
    assert accepted.reservationStatus == "accepted"
    assert accepted.task.assignmentStatus == "assigned"


def test_an_action_that_fails_raises(reservation: Any) -> None:
    reservation.reject()
    with pytest.raises(HttpError) as caught:
        reservation.accept()
    assert caught.value.code >= 400


def test_an_action_that_fails_calls_back_with_the_error(
    reservation: Any, outcome: Outcome
) -> None:
    reservation.reject()
    assert reservation.accept(outcome.callback) is None
    assert isinstance(outcome.error, HttpError)
    assert outcome.error.message


def test_what_a_callback_raises_reaches_the_caller_and_is_no_second_call(
    reservation: Any,
) -> None:
    called: list[Any] = []

    def fail(error: Any, result: Any) -> None:
        called.append(error)
        raise HttpError(500, "of the program's own")

    with pytest.raises(HttpError, match="own"):
        reservation.accept(fail)
    assert called == [None]


@pytest.mark.parametrize("arguments", [0, 1, 2])
def test_a_callback_may_take_fewer_arguments(reservation: Any, arguments: int) -> None:
    got: list[tuple[Any, ...]] = []
    callbacks: list[Any] = [
        lambda: got.append(()),
        lambda error: got.append((error,)),
        lambda error, result: got.append((error, result)),
    ]
    reservation.accept(callbacks[arguments])
    assert len(got[0]) == arguments


def test_accepted_is_told_too(reservation: Any, came: Collector) -> None:
    reservation.accept()
    assert came.expect("reservation.accepted") == reservation


def test_reject_with_the_callback_first(
    reservation: Any, outcome: Outcome, came: Collector
) -> None:
    reservation.reject(outcome.callback)
    assert outcome.result.reservationStatus == "rejected"
    came.expect("reservation.rejected")


def test_reject_with_the_next_activity(
    reservation: Any, outcome: Outcome, came: Collector, workspace: ReadyWorkspace
) -> None:
    sid = workspace.activities["Break"]
    reservation.reject(sid, outcome.callback)
    assert outcome.result.reservationStatus == "rejected"
    assert came.expect("activity.update").activitySid == sid


def test_complete_ends_task_and_reservation(
    reservation: Any, outcome: Outcome, came: Collector
) -> None:
    reservation.accept().task.complete(outcome.callback, "solved")
    task = outcome.result
    assert (task.assignmentStatus, task.reason) == ("completed", "solved")
    assert came.expect("reservation.completed") == reservation


def test_the_open_reservations_are_known(
    worker: Worker, reservation: Any, came: Collector
) -> None:
    sid = reservation.sid
    assert worker.reservations == {sid: reservation}
    reservation.accept()
    # At once, before the event.
    assert worker.reservations[sid].reservationStatus == "accepted"
    came.expect("reservation.accepted")
    reservation.task.complete()
    came.expect("reservation.completed")
    assert worker.reservations == {}


def test_the_known_reservations_are_a_copy(worker: Worker, reservation: Any) -> None:
    worker.reservations.clear()
    assert list(worker.reservations) == [reservation.sid]


def test_actions_work_in_an_event_callback(
    emulator: Emulator, worker: Worker, came: Collector
) -> None:
    results = Collector()

    @worker.on("reservation.created")
    def created(reservation: Any) -> None:
        results.add("accepted", reservation.accept())
        reservation.task.complete(results.callback("completed"))

    emulator.create_task()
    assert results.expect("accepted").reservationStatus == "accepted"
    assert results.expect("completed")[0] is None
    came.expect("reservation.accepted")
    came.expect("reservation.completed")
