"""Two orders that routing asks often: waiting tasks, and workers by idle time.

Plain data that can be rebuilt from the rest of the state; imports nothing.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field


# (what comes first, what then, the task's number)
WaitingKey = tuple[float, float, int]


@dataclass
class WaitingLine:
    """Tasks of one queue and one task channel in the order of service."""

    entries: list[tuple[WaitingKey, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[tuple[WaitingKey, str]]:
        return iter(self.entries)

    def add(self, key: WaitingKey, task_sid: str) -> None:
        """Put a task in its place."""
        insort(self.entries, (key, task_sid))

    def remove(self, key: WaitingKey, task_sid: str) -> None:
        """Take a task out that was added with `key`."""
        del self.entries[bisect_left(self.entries, (key, task_sid))]


@dataclass
class IdleLine:
    """Workers of one queue and one task channel, longest idle first.

    An entry may be out of date, never missing: a worker who can take a task has
    an entry, and its rank there is at most the true one. Whoever reads the line
    checks the first entry against the worker and drops or re-ranks it, so that
    a reservation need not touch the lines of all the worker's queues.
    """

    entries: list[tuple[int, str]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)

    def add(self, rank: int, worker_sid: str) -> None:
        """See that the worker has an entry."""
        if worker_sid not in self.present:
            self.present.add(worker_sid)
            heapq.heappush(self.entries, (rank, worker_sid))

    def first(self) -> tuple[int, str] | None:
        """Return the first entry, or None."""
        return self.entries[0] if self.entries else None

    def drop_first(self) -> None:
        """Take the first entry out."""
        _, worker_sid = heapq.heappop(self.entries)
        self.present.discard(worker_sid)

    def rank_first(self, rank: int) -> None:
        """Give the first entry another rank."""
        heapq.heapreplace(self.entries, (rank, self.entries[0][1]))
