"""The order of lists: the parameter ``Ordering``.

Owns: its form, ``Attribute:asc,Attribute:desc``, and what each list can be sorted by.
Raises the service's errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.api.parameters import Parameters
from taskrouter_sync.emulator.engine.model import Task, TaskQueue, Worker


Item = TypeVar("Item")
# What an attribute sorts by.
Keys = Mapping[str, Callable[[Item], "float | str"]]

TASKS: Keys[Task] = {
    "DateCreated": lambda task: task.date_created,
    "Priority": lambda task: task.priority,
    "VirtualStartTime": lambda task: task.virtual_start_time,
}
TASKS_APART = frozenset({"DateCreated", "VirtualStartTime"})
# Published is that Workers and TaskQueues have the parameter, but not what it takes.
# Taken is the form of that of Tasks, with what people tell these by; names regardless
# of case, as the service compares them.
WORKERS: Keys[Worker] = {
    "DateCreated": lambda worker: worker.date_created,
    "DateUpdated": lambda worker: worker.date_updated,
    "DateStatusChanged": lambda worker: worker.date_status_changed,
    "FriendlyName": lambda worker: worker.friendly_name.casefold(),
    "ActivityName": lambda worker: worker.activity_name.casefold(),
}
TASK_QUEUES: Keys[TaskQueue] = {
    "DateCreated": lambda queue: queue.date_created,
    "DateUpdated": lambda queue: queue.date_updated,
    "FriendlyName": lambda queue: queue.friendly_name.casefold(),
}


def ordered(
    items: Iterable[Item],
    params: Parameters,
    keys: Keys[Item],
    *,
    apart: frozenset[str] = frozenset(),
) -> list[Item]:
    """Sort the items of a list as the query asks.

    Args:
        items: in their order of creation: the default, which decides between equals.
        params: the query.
        keys: what may be sorted by.
        apart: attributes that must not come together.

    Raises:
        ServiceError: the order makes no sense.
    """
    clauses = [_clause(text, keys) for text in params.choices("Ordering")]
    if len(apart & {name for name, _ in clauses}) > 1:
        raise invalid(f"Ordering cannot have {' together with '.join(sorted(apart))}")
    result = list(items)
    for name, descending in reversed(clauses):
        result.sort(key=keys[name], reverse=descending)
    return result


def _clause(text: str, keys: Keys[Item]) -> tuple[str, bool]:
    name, _, direction = text.partition(":")
    if name not in keys or direction not in ("", "asc", "desc"):
        raise invalid(f"Ordering cannot be {text}")
    return name, direction == "desc"
