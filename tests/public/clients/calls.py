"""Representative calls of all clients and of what is born of them, by groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from ...support.outcome import Outcome


# Makes the call with the callback, or without any.
Call: TypeAlias = Callable[..., Any]
Calls: TypeAlias = Mapping[str, Call]

WA = "WA" + "0" * 31 + "1"
WK = "WK" + "0" * 31 + "1"
WT = "WT" + "0" * 31 + "1"
CA = "CA" + "0" * 31 + "1"
TWIML = "http://example.com/twiml"

# The result callback first: `*cb` is it, or nothing.
OF_A_WORKER: Calls = {
    "fetch": lambda worker, *cb: worker.fetch(*cb),
    "update": lambda worker, *cb: worker.update("FriendlyName", "Ann", *cb),
    "delete": lambda worker, *cb: worker.delete(*cb),
    "activities.fetch": lambda worker, *cb: worker.activities.fetch(*cb),
    "fetchReservations": lambda worker, *cb: worker.fetchReservations(*cb),
    "fetchChannels": lambda worker, *cb: worker.fetchChannels(*cb),
    "updateTask": lambda worker, *cb: worker.updateTask(WT, {"Priority": 1}, *cb),
    "completeTask": lambda worker, *cb: worker.completeTask(WT, *cb),
    "statistics.fetch": lambda worker, *cb: worker.statistics.fetch(*cb),
}
OF_A_RESERVATION: Calls = {
    "accept": lambda reservation, *cb: reservation.accept(*cb),
    "reject": lambda reservation, *cb: reservation.reject(WA, *cb),
    "dequeue": lambda reservation, *cb: reservation.dequeue("1800", *cb),
    "call": lambda reservation, *cb: reservation.call("1800", TWIML, *cb),
    "redirect": lambda reservation, *cb: reservation.redirect(CA, TWIML, *cb),
    "conference": lambda reservation, *cb: reservation.conference(*cb),
    "fetch": lambda reservation, *cb: reservation.fetch(*cb),
}
OF_A_TASK: Calls = {
    "complete": lambda task, *cb: task.complete(*cb),
    "fetch": lambda task, *cb: task.fetch(*cb),
    "update": lambda task, *cb: task.update({"Priority": 1}, *cb),
    "delete": lambda task, *cb: task.delete(*cb),
    "workflow.fetch": lambda task, *cb: task.workflow.fetch(*cb),
}
OF_A_TASK_QUEUE: Calls = {
    "fetch": lambda queue, *cb: queue.fetch(*cb),
    "update": lambda queue, *cb: queue.update("MaxReservedWorkers", "20", *cb),
    "delete": lambda queue, *cb: queue.delete(*cb),
    "realtimeStats.fetch": lambda queue, *cb: queue.realtimeStats.fetch(*cb),
}
OF_A_WORKSPACE: Calls = {
    "update": lambda space, *cb: space.update({"FriendlyName": "Ann"}, *cb),
    "workers.fetch": lambda space, *cb: space.workers.fetch(*cb),
    "tasks.fetch": lambda space, *cb: space.tasks.fetch(WT, *cb),
    "workers.statistics": lambda space, *cb: space.workers.statistics.fetch(*cb),
    "cumulativeStats": lambda space, *cb: space.cumulativeStats.fetch(*cb),
}
# Of the first page of a list.
OF_A_LIST: Calls = {
    "fetch": lambda page, *cb: page.fetch({"FriendlyName": "Ann"}, *cb),
    "create": lambda page, *cb: page.create({"FriendlyName": "Ann"}, *cb),
    "update": lambda page, *cb: page.update(WK, "FriendlyName", "Ann", *cb),
    "delete": lambda page, *cb: page.delete(WK, *cb),
    "next": lambda page, *cb: page.next(*cb),
    "all": lambda page, *cb: page.all(*cb),
}

GROUPS: Mapping[str, Calls] = {
    "worker": OF_A_WORKER,
    "reservation": OF_A_RESERVATION,
    "task": OF_A_TASK,
    "taskQueue": OF_A_TASK_QUEUE,
    "workspace": OF_A_WORKSPACE,
    "list": OF_A_LIST,
}


def outcome_of(name: str, call: Callable[..., Any]) -> Outcome:
    """Make a call with a callback; it was called once, before the call returned."""
    outcome = Outcome()
    assert call(outcome.callback) is None, name
    assert len(outcome.calls) == 1, f"{name}: {outcome.calls}"
    return outcome


def errors_of(name: str, call: Callable[..., Any], kind: type[Exception]) -> list[Any]:
    """Make a call that fails, with a callback and without; give both errors."""
    told = outcome_of(name, call).error
    assert type(told) is kind, f"{name}: {told!r}"
    try:
        result = call()
    except kind as raised:
        return [told, raised]
    pytest.fail(f"{name} gave {result!r} and raised nothing")
