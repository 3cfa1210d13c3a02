"""Waiting lines for work that takes its time, so that nobody else waits for it.

Owns: order, how many at once, how many may wait. Everything runs on one event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine


_log = logging.getLogger(__name__)

Job = Callable[[], Coroutine[object, object, None]]


class _Lane:
    def __init__(self, name: str, width: int) -> None:
        self.name = name
        self.width = width
        self.waiting: deque[Job] = deque()
        self.running = 0
        # Whether it stands in line for one of the places.
        self.queued = False


class Lanes:
    """Lines of jobs by name; each goes its own way, and they take turns.

    Args:
        limit: how many jobs of one lane may wait.
        limit_in_all: how many of all lanes may.
        places: how many run at once, of whatever lane.
    """

    def __init__(self, *, limit: int, limit_in_all: int, places: int) -> None:
        self._limit = limit
        self._limit_in_all = limit_in_all
        self._places = places
        self._lanes: dict[str, _Lane] = {}
        self._queue: deque[_Lane] = deque()
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def unfinished(self) -> int:
        """How many jobs run or wait."""
        return self._waiting + len(self._tasks)

    def put(self, name: str, job: Job, *, width: int) -> bool:
        """Start the job, or let it wait its turn; jobs start in the order they came.

        Args:
            name: of the lane.
            job: what to run.
            width: how many of the lane run at once; with 1 they end in order too.

        Returns:
            False if too many wait already: the job is not taken.
        """
        lane = self._lanes.get(name) or _Lane(name, width)
        if len(lane.waiting) >= self._limit or self._waiting >= self._limit_in_all:
            return False
        self._lanes[name] = lane
        lane.waiting.append(job)
        self._waiting += 1
        self._queue_up(lane)
        self._fill()
        return True

    async def close(self) -> None:
        """Break off what runs and forget what waits."""
        for lane in self._lanes.values():
            lane.waiting.clear()
        self._queue.clear()
        self._waiting = 0
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _queue_up(self, lane: _Lane) -> None:
        if lane.waiting and lane.running < lane.width and not lane.queued:
            lane.queued = True
            self._queue.append(lane)

    def _fill(self) -> None:
        while self._queue and len(self._tasks) < self._places:
            lane = self._queue.popleft()
            lane.queued = False
            lane.running += 1
            self._waiting -= 1
            self._start(lane, lane.waiting.popleft())
            self._queue_up(lane)

    def _start(self, lane: _Lane, job: Job) -> None:
        task = asyncio.get_running_loop().create_task(job())
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(lane, done))

    def _ended(self, lane: _Lane, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        lane.running -= 1
        if not task.cancelled() and task.exception() is not None:
            _log.error("a webhook's job failed", exc_info=task.exception())
        self._queue_up(lane)
        self._fill()
        if not lane.running and not lane.waiting:
            del self._lanes[lane.name]
