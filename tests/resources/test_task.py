"""Tasks: completing one, and its queue under both of its names."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.errors import ArgumentError, HttpError

from .session import WQ, WT, RecordingSession


TASK = {"sid": WT, "assignment_status": "assigned", "task_queue_sid": WQ}


@pytest.fixture
def task(session: RecordingSession) -> Any:
    session.reply(f"POST /Tasks/{WT}", {**TASK, "assignment_status": "completed"})
    return session.make(TASK)


@pytest.mark.parametrize(
    ("args", "keywords", "more"),
    [
        ((), {}, {}),
        ((None,), {}, {}),
        ((None, "done"), {}, {"Reason": "done"}),
        (("done",), {}, {"Reason": "done"}),
        ((), {"reason": "done"}, {"Reason": "done"}),
    ],
)
def test_a_task_is_completed(
    session: RecordingSession,
    task: Any,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    more: dict[str, Any],
) -> None:
    completed = task.complete(*args, **keywords)
    assert completed.assignmentStatus == "completed"
    # The result is a new one.
    assert task.assignmentStatus == "assigned"
    params = {"AssignmentStatus": "completed", **more}
    assert session.requests == [("POST", f"/Tasks/{WT}", params)]


def test_the_callback_comes_first(session: RecordingSession, task: Any) -> None:
    outcomes: list[Any] = []
    task.complete(lambda *outcome: outcomes.append(outcome), "done")
    assert outcomes == [(None, task)]
    assert session.requests[0][2]["Reason"] == "done"


def test_the_callback_gets_the_error(session: RecordingSession, task: Any) -> None:
    outcomes: list[Any] = []
    error = HttpError(400, "Bad Request")
    session.reply(f"POST /Tasks/{WT}", error)
    task.complete(lambda *outcome: outcomes.append(outcome))
    assert outcomes == [(error, None)]


def test_a_wrong_call_asks_for_nothing(session: RecordingSession, task: Any) -> None:
    with pytest.raises(ArgumentError, match=r"task\.complete: "):
        task.complete(None, ["done"])
    assert session.requests == []


@pytest.mark.parametrize("key", ["task_queue_sid", "queue_sid"])
@pytest.mark.parametrize("name", ["queue", "taskQueue", "task_queue"])
def test_the_queue_is_one_thing_whichever_sid_the_payload_has(
    session: RecordingSession, key: str, name: str
) -> None:
    task = session.make({"sid": WT, key: WQ})
    assert getattr(task, name).sid == WQ
    assert task[name] is task.queue
    assert session.requests == []


@pytest.mark.parametrize("name", ["queue", "taskQueue", "task_queue"])
@pytest.mark.parametrize("payload", [{}, {"task_queue_sid": None}, {"queue_sid": None}])
def test_without_a_sid_there_is_no_queue(
    session: RecordingSession, payload: dict[str, Any], name: str
) -> None:
    assert getattr(session.make({"sid": WT, **payload}), name) is None


def test_one_sid_of_null_does_not_hide_the_other(session: RecordingSession) -> None:
    task = session.make({"sid": WT, "queue_sid": None, "task_queue_sid": WQ})
    assert task.queue.sid == task.taskQueue.sid == WQ
