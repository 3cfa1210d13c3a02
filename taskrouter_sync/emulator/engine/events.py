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
        """Tell `changes` of all events, and of those that come and go."""
        if changes is not None:
            for event in self:
                changes.note_event(event)
        elif self._changes is not None:
            self._changes.note_old_events(self)
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
            self._changes.note_event(event)
        while (
            len(self) > KEEP_EVENTS
            or self._events[self._gone].time < event.time - KEEP_SECONDS
        ):
            oldest = self._events[self._gone]
            del self.by_sid[oldest.sid]
            self._complete_since = oldest.time
            self._gone += 1
            if self._changes is not None:
                self._changes.note_old_events([oldest])
        if self._gone >= _CUT:
            del self._events[: self._gone]
            self._gone = 0


def _time(event: Event) -> float:
    return event.time
