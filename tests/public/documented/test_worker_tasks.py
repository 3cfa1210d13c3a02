"""The documented lines of Worker about reservations and tasks."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import HttpError, Worker
from taskrouter_sync.emulator import Emulator

from ...support.outcome import Outcome
from .conftest import TO_ACT, OpenWorker
from .held import Held


@pytest.fixture
def task_sid(emulator: Emulator) -> str:
    """The sid of a task that is offered to Alice, WT…."""
    sid: str = emulator.create_task(attributes={"language": "en"})["sid"]
    return sid


@pytest.fixture
def worker(worker_with: OpenWorker) -> Worker:
    """Alice's client, which may act on tasks."""
    return worker_with(*TO_ACT)


@pytest.fixture
def assigned_sid(worker: Worker, task_sid: str) -> str:
    """The sid of a task that Alice has accepted, WT…."""
    worker.fetchReservations().data[0].accept()
    return task_sid


# fetchReservations


def test_fetch_reservations(
    worker_with: OpenWorker, task_sid: str, held: Held, outcome: Outcome
) -> None:
    """Each has its task loaded, which takes the policy for tasks too."""
    worker = worker_with("fetch_reservations")
    worker.fetchReservations(outcome.callback)
    (reservation,) = outcome.result.data
    assert list(held.task(task_sid).reservations) == [reservation.sid]
    assert reservation.reservationStatus == "pending"
    assert reservation.task.sid == task_sid
    assert reservation.task.attributes.language == "en"


@pytest.mark.parametrize(("status", "count"), [("pending", 0), ("accepted", 1)])
def test_fetch_reservations_with_parameters(
    worker: Worker, assigned_sid: str, outcome: Outcome, status: str, count: int
) -> None:
    worker.fetchReservations(outcome.callback, {"ReservationStatus": status})
    assert [each.task.sid for each in outcome.result] == [assigned_sid] * count


def test_fetch_reservations_in_python(worker: Worker, assigned_sid: str) -> None:
    (reservation,) = worker.fetch_reservations(reservation_status="accepted")
    assert reservation.task_sid == assigned_sid
    with pytest.raises(HttpError, match="400"):
        worker.fetch_reservations(reservation_status="forgotten")


# updateTask


@pytest.mark.parametrize("attributes", [{"language": "es"}, '{"language":"es"}'])
def test_update_task(
    worker: Worker, task_sid: str, held: Held, outcome: Outcome, attributes: Any
) -> None:
    worker.updateTask(task_sid, {"Attributes": attributes}, outcome.callback)
    assert outcome.result.attributes.language == "es"
    assert held.task(task_sid).attributes_value == {"language": "es"}
    # As JSON text, whichever way it was given.
    sent = (f"/Tasks/{task_sid}", {"Attributes": '{"language":"es"}'})
    assert held.sent()[-1] == sent


def test_update_task_of_a_number(
    worker: Worker, task_sid: str, held: Held, outcome: Outcome
) -> None:
    worker.updateTask(task_sid, {"Priority": 7}, outcome.callback)
    assert outcome.result.priority == held.task(task_sid).priority == 7
    assert held.sent()[-1][1] == {"Priority": "7"}


def test_update_task_in_python(worker: Worker, task_sid: str, held: Held) -> None:
    assert worker.update_task(task_sid, priority=8).priority == 8
    assert worker.update_task(task_sid=task_sid, reason="moved").priority == 8
    assert held.task(task_sid).priority == 8
    with pytest.raises(HttpError, match="404"):
        worker.update_task("WT" + "0" * 32, priority=8)


# completeTask


def test_complete_task(
    worker: Worker, assigned_sid: str, held: Held, outcome: Outcome
) -> None:
    worker.completeTask(assigned_sid, outcome.callback)
    assert outcome.result.assignmentStatus == "completed"
    assert held.task(assigned_sid).assignment_status == "completed"
    assert held.sent()[-1][1] == {"AssignmentStatus": "completed"}


def test_complete_task_with_a_reason(
    worker: Worker, assigned_sid: str, held: Held, outcome: Outcome
) -> None:
    worker.completeTask(assigned_sid, outcome.callback, "Solved by phone")
    assert outcome.result.reason == "Solved by phone"
    assert held.task(assigned_sid).reason == "Solved by phone"


def test_complete_task_in_python(worker: Worker, assigned_sid: str, held: Held) -> None:
    completed = worker.complete_task(assigned_sid, reason="Solved by mail")
    assert completed.assignment_status == "completed"
    assert held.task(assigned_sid).reason == "Solved by mail"


def test_complete_task_of_what_is_not_assigned(
    worker: Worker, task_sid: str, held: Held, outcome: Outcome
) -> None:
    worker.completeTask(task_sid, outcome.callback, "Too early")
    assert outcome.error.code == 400
    assert "Cannot complete task" in outcome.error.message
    with pytest.raises(HttpError, match="Cannot complete task"):
        worker.complete_task(task_sid)
    assert held.task(task_sid).assignment_status == "reserved"
