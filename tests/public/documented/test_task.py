"""The documented lines of a task, as a reservation has it."""

from __future__ import annotations

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator

from ...support.outcome import Outcome
from .conftest import Offer, OpenWorkspace
from .held import Held


def test_complete(offer: Offer, held: Held, outcome: Outcome) -> None:
    task = offer().accept().task
    task.complete(outcome.callback)
    assert outcome.result.assignmentStatus == "completed"
    assert held.task(task.sid).assignment_status == "completed"
    assert held.sent()[-1] == (
        f"/Tasks/{task.sid}",
        {"AssignmentStatus": "completed"},
    )


def test_complete_with_a_reason(offer: Offer, held: Held, outcome: Outcome) -> None:
    task = offer().accept().task
    task.complete(outcome.callback, "Solved by phone")
    assert outcome.result.reason == "Solved by phone"
    assert held.task(task.sid).reason == "Solved by phone"


def test_complete_in_python(offer: Offer, held: Held) -> None:
    task = offer().accept().task
    assert task.complete(reason="Solved by mail").reason == "Solved by mail"
    assert held.task(task.sid).assignment_status == "completed"
    with pytest.raises(HttpError, match="Cannot complete task"):
        task.complete()


def test_fetch(offer: Offer, held: Held, outcome: Outcome) -> None:
    reservation = offer()
    held.cancel(reservation.task.sid)
    reservation.task.fetch(outcome.callback)
    assert outcome.result.sid == reservation.task.sid
    assert outcome.result.assignmentStatus == "canceled"
    assert reservation.task.fetch().assignment_status == "canceled"


def test_update_of_one_property(offer: Offer, held: Held, outcome: Outcome) -> None:
    """The task shows its new properties before the callback runs."""
    task = offer().task
    shown: list[int] = []
    task.update("Priority", "5", lambda error, result: shown.append(task.priority))
    task.update("Reason", "None yet", outcome.callback)
    assert shown == [5]
    assert outcome.result.priority == held.task(task.sid).priority == 5


def test_update_of_several_properties(
    offer: Offer, held: Held, outcome: Outcome
) -> None:
    task = offer().task
    task.update({"Priority": 6, "Attributes": {"vip": True}}, outcome.callback)
    assert outcome.result.attributes.vip is True
    assert held.task(task.sid).attributes_value == {"vip": True}
    assert held.sent()[-1][1] == {"Priority": "6", "Attributes": '{"vip":true}'}


def test_update_in_python(offer: Offer, held: Held) -> None:
    task = offer().task
    assert task.update(priority=7, attributes={"vip": False}).priority == 7
    assert held.task(task.sid).attributes_value == {"vip": False}
    with pytest.raises(HttpError, match="400"):
        task.update(priority=-1)


def test_delete(
    workspace_with: OpenWorkspace, emulator: Emulator, held: Held, outcome: Outcome
) -> None:
    """Only a token for the workspace can allow it by an option."""
    sid = emulator.create_task()["sid"]
    allowed = ("fetch_subresources", "delete_subresources")
    task = workspace_with(*allowed).tasks.fetch(sid)
    task.delete(outcome.callback)
    assert outcome.result is None
    assert sid not in held.all("tasks")
    with pytest.raises(HttpError, match="404"):
        task.delete()


def test_delete_without_a_callback(
    workspace_with: OpenWorkspace, emulator: Emulator, held: Held
) -> None:
    sid = emulator.create_task()["sid"]
    allowed = ("fetch_subresources", "delete_subresources")
    assert workspace_with(*allowed).tasks.fetch(sid).delete() is None
    assert sid not in held.all("tasks")


def test_neighbors_are_fetched(
    workspace_with: OpenWorkspace, emulator: Emulator, outcome: Outcome
) -> None:
    """``task.workflow.fetch(cb)``: a property that ends in Sid leads there."""
    sid = emulator.create_task()["sid"]
    task = workspace_with("fetch_subresources").tasks.fetch(sid)
    task.workflow.fetch(outcome.callback)
    assert outcome.result.friendlyName == "Default workflow"
    assert task.taskQueue.fetch().friendlyName == task.queue.fetch().friendlyName
