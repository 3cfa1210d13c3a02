"""The log of a workspace's events: by sid, by time, limited in age, number and bytes.

Knows nothing of an event but its sid, its time and its size.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar

from .entities import Watcher


# The service keeps events for 30 days. Kept are also at most this many for a
# workspace, so that an emulator under load for hours does not fill the memory.
KEEP_SECONDS = 30 * 86400.0
KEEP_EVENTS = 100_000
KEEP_BYTES = 256 * 1024 * 1024

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


# Events that were let go are taken out of the list so many at a time.
_CUT = 1000


class Dated(Protocol):
    """What an event must have to be logged."""

    @property
    def sid(self) -> str: ...

    @property
    def time(self) -> float: ...

    @property
    def size(self) -> int: ...


EventT = TypeVar("EventT", bound=Dated)


class EventLog(Generic[EventT]):
    """The events of one workspace in the order in which they happened."""

    def __init__(self) -> None:
        self.by_sid: dict[str, EventT] = {}
        # In order of time, after `_gone` ones that were let go.
        self._events: list[EventT] = []
        self._gone = 0
        self._bytes = 0
        self._complete_since = -math.inf
        self._changes: Watcher | None = None

    def __len__(self) -> int:
        return len(self.by_sid)

    def __iter__(self) -> Iterator[EventT]:
        """Walk from the oldest to the newest."""
        return islice(self._events, self._gone, None)

    def __reversed__(self) -> Iterator[EventT]:
        """Walk from the newest to the oldest."""
        return islice(reversed(self._events), len(self))

    def watch(self, changes: Watcher | None) -> None:
        """Report all events, and those that are added and let go."""
        noting = changes or self._changes
        if noting is not None:
            for event in self:
                noting.note(f"event {event.sid}", event if changes else None)
        self._changes = changes

    def refill(self, events: list[EventT], complete_since: float) -> None:
        """Put back what was in a log, oldest first."""
        self._events, self._gone, self._bytes = [], 0, 0
        for event in events:
            self.append(event)
        self._complete_since = max(complete_since, self._complete_since)

    @property
    def complete_since(self) -> float:
        """The moment (epoch seconds) after which no event was let go."""
        return self._complete_since

    def get(self, sid: str) -> EventT | None:
        """Return the event with this sid, or None."""
        return self.by_sid.get(sid)

    def between(self, start: float, end: float) -> list[EventT]:
        """List the events with start <= time <= end (epoch seconds), in order."""
        first = bisect_left(self._events, start, self._gone, key=_time)
        last = bisect_right(self._events, end, first, key=_time)
        return self._events[first:last]

    def append(self, event: EventT) -> None:
        """Record one more event and let go of those that are too old."""
        self.by_sid[event.sid] = event
        self._events.append(event)
        self._bytes += event.size
        if self._changes is not None:
            self._changes.note(f"event {event.sid}", event)
        while (
            len(self) > KEEP_EVENTS
            or (self._bytes > KEEP_BYTES and len(self) > 1)
            or self._events[self._gone].time < event.time - KEEP_SECONDS
        ):
            oldest = self._events[self._gone]
            del self.by_sid[oldest.sid]
            self._bytes -= oldest.size
            self._complete_since = oldest.time
            self._gone += 1
            if self._changes is not None:
                self._changes.note(f"event {oldest.sid}", None)
        if self._gone >= _CUT:
            del self._events[: self._gone]
            self._gone = 0


def _time(event: EventT) -> float:
    return event.time
