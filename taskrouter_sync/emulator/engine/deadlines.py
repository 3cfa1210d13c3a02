"""Which moment comes next, and for whom. Plain data."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .entities import Watcher


Kind = Literal["reservation", "target", "ttl", "assigned", "removal", "call"]

# All those whose sid is a task's.
TASK_KINDS: tuple[Kind, ...] = ("target", "ttl", "assigned", "removal")


class Deadline(NamedTuple):
    """Something that is due at `when` (epoch seconds)."""

    when: float
    order: int
    kind: Kind
    workspace_sid: str
    # The task's, the reservation's, or the call's.
    sid: str


@dataclass
class Deadlines:
    """At most one deadline per kind and sid; equal times go in order of setting."""

    # The whole state: what is set, and how many were set so far.
    current: dict[tuple[Kind, str], Deadline] = field(default_factory=dict)
    count: int = 0
    _heap: list[Deadline] = field(default_factory=list)
    _changes: Watcher | None = None

    def watch(self, changes: Watcher | None) -> None:
        """Report all deadlines, and those that are set and cleared."""
        self._changes = changes
        for key, deadline in self.current.items():
            self._note(key, deadline)

    def set(self, when: float, kind: Kind, workspace_sid: str, sid: str) -> None:
        """Set or move a deadline."""
        self.count += 1
        deadline = Deadline(when, self.count, kind, workspace_sid, sid)
        self.current[kind, sid] = deadline
        heapq.heappush(self._heap, deadline)
        self._note((kind, sid), deadline)
        # Entries that were moved or cleared stay in the heap until they surface;
        # a day's time to live of finished tasks would pile up without this.
        if len(self._heap) > 2 * len(self.current) + 64:
            self.rebuild()

    def rebuild(self) -> None:
        """Make the order of what is current anew."""
        self._heap = list(self.current.values())
        heapq.heapify(self._heap)

    def _note(self, key: tuple[Kind, str], deadline: Deadline | None) -> None:
        if self._changes is not None:
            self._changes.note(f"deadline {key[0]} {key[1]}", deadline)

    def clear(self, kind: Kind, sid: str) -> None:
        """Forget a deadline, if there is one."""
        if self.current.pop((kind, sid), None) is not None:
            self._note((kind, sid), None)

    def next(self) -> float | None:
        """Return the next moment at which something is due."""
        heap = self._heap
        while heap:
            first = heap[0]
            if self.current.get((first.kind, first.sid)) is first:
                return first.when
            heapq.heappop(heap)
        return None

    def pop_due(self, now: float) -> Deadline | None:
        """Take out the first deadline that is not later than `now`."""
        when = self.next()
        if when is None or when > now:
            return None
        deadline = heapq.heappop(self._heap)
        self.clear(deadline.kind, deadline.sid)
        return deadline
