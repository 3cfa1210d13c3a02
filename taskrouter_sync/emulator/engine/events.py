"""What happened: events with snapshots of the objects concerned, and their log.

Imports of the model only its types.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .changes import Changes
    from .model import (
        Activity,
        Reservation,
        Task,
        TaskChannel,
        TaskQueue,
        Worker,
        WorkerChannel,
        Workflow,
        Workspace,
    )

# The service keeps events for 30 days. Kept are also at most this many for a
# workspace, so that an emulator under load for hours does not fill the memory.
KEEP_SECONDS = 30 * 86400.0
KEEP_EVENTS = 100_000

EVENT_TYPES = (
    "activity.created",
    "activity.updated",
    "activity.deleted",
    *(
        f"reservation.{what}"
        for what in (
            "created",
            "accepted",
            "rejected",
            "timeout",
            "canceled",
            "rescinded",
            "wrapup",
            "completed",
            "failed",
        )
    ),
    "task.created",
    "task.updated",
    "task.canceled",
    "task.wrapup",
    "task.completed",
    "task.deleted",
    "task.system-deleted",
    "task-channel.created",
    "task-channel.updated",
    "task-channel.deleted",
    "task-queue.created",
    "task-queue.deleted",
    "task-queue.entered",
    "task-queue.expression.updated",
    "task-queue.moved",
    "task-queue.timeout",
    "worker.activity.update",
    "worker.attributes.update",
    "worker.capacity.update",
    "worker.channel.availability.update",
    "worker.created",
    "worker.deleted",
    "workflow.created",
    "workflow.updated",
    "workflow.deleted",
    "workflow.entered",
    "workflow.skipped",
    "workflow.target-matched",
    "workflow.timeout",
    "workspace.created",
    "workspace.updated",
    "workspace.deleted",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log, complete when it is recorded.

    The objects are snapshots: their own fields hold the values of that moment
    (their containers are the live ones). `worker_sids` are the workers whose
    bridge channel gets the event: the worker concerned, or for `task.*` those
    who held a live reservation of the task just before. `details` holds what
    is no field of an object, under its name in `event_data`.
    """

    sid: str
    event_type: str
    resource_type: str
    resource_sid: str
    time: float
    workspace_sid: str
    workspace_name: str
    description: str
    worker_sids: tuple[str, ...] = ()
    task: Task | None = None
    reservation: Reservation | None = None
    worker: Worker | None = None
    worker_channel: WorkerChannel | None = None
    activity: Activity | None = None
    previous_activity: Activity | None = None
    task_queue: TaskQueue | None = None
    previous_task_queue: TaskQueue | None = None
    workflow: Workflow | None = None
    task_channel: TaskChannel | None = None
    workspace: Workspace | None = None
    details: dict[str, str] = field(default_factory=dict)


def size_of(event: Event) -> int:
    """Estimate the bytes that are kept because of an event.

    A snapshot counts for the events of the moment at which it was made: later ones
    only refer to it.
    """
    size = 1500 + sum(map(len, event.details.values()))
    for entity, text in (
        (event.task, event.task and event.task.attributes),
        (event.worker, event.worker and event.worker.attributes),
        (event.workflow, event.workflow and event.workflow.configuration),
        (event.task_queue, event.task_queue and event.task_queue.target_workers),
    ):
        # Text and what was parsed from it.
        if entity and text and entity.date_updated == event.time:
            size += 4 * len(text)
    return size


# Events that were let go are taken out of the list so many at a time.
_CUT = 1000


class EventLog:
    """The events of one workspace in the order in which they happened."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Event] = {}
        # In order of time, after `_gone` ones that were let go.
        self._events: list[Event] = []
        self._gone = 0
        self._complete_since = -math.inf
        self._changes: Changes | None = None

    def __len__(self) -> int:
        return len(self.by_sid)

    def __iter__(self) -> Iterator[Event]:
        """Walk from the oldest to the newest."""
        return islice(self._events, self._gone, None)

    def __reversed__(self) -> Iterator[Event]:
        """Walk from the newest to the oldest."""
        return islice(reversed(self._events), len(self))

    def watch(self, changes: Changes | None) -> None:
        """Note all events, and those that come and go, in `changes`."""
        noting = changes or self._changes
        if noting is not None:
            for event in self:
                noting.note(f"event {event.sid}", event if changes else None)
        self._changes = changes

    def refill(self, events: list[Event], complete_since: float) -> None:
        """Put back what was in a log, oldest first."""
        self._events, self._gone = [], 0
        for event in events:
            self.append(event)
        self._complete_since = max(complete_since, self._complete_since)

    @property
    def complete_since(self) -> float:
        """The moment (epoch seconds) after which no event was let go."""
        return self._complete_since

    def get(self, sid: str) -> Event | None:
        """Return the event with this sid, or None."""
        return self.by_sid.get(sid)

    def between(self, start: float, end: float) -> list[Event]:
        """List the events with start <= time <= end (epoch seconds), in order."""
        first = bisect_left(self._events, start, self._gone, key=_time)
        last = bisect_right(self._events, end, first, key=_time)
        return self._events[first:last]

    def append(self, event: Event) -> None:
        """Record one more event and let go of those that are too old."""
        self.by_sid[event.sid] = event
        self._events.append(event)
        if self._changes is not None:
            self._changes.note(f"event {event.sid}", event)
        while (
            len(self) > KEEP_EVENTS
            or self._events[self._gone].time < event.time - KEEP_SECONDS
        ):
            oldest = self._events[self._gone]
            del self.by_sid[oldest.sid]
            self._complete_since = oldest.time
            self._gone += 1
            if self._changes is not None:
                self._changes.note(f"event {oldest.sid}", None)
        if self._gone >= _CUT:
            del self._events[: self._gone]
            self._gone = 0


def _time(event: Event) -> float:
    return event.time
