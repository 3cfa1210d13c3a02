"""The threads that load what events will need, a few for the whole process.

They run GETs (and the one POST of a connect activity), never a user's code. They are
made when first needed, leave when idle, and end when the last client is closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Protocol

from .errors import ClientClosed, TaskRouterError


log = logging.getLogger("taskrouter_sync")

# Two requests per event, six events per round trip.
MOST_THREADS = 12

# Seconds after which a thread without work leaves.
IDLE = 10.0

# Seconds that close() gives all threads together.
_FAREWELL = 0.2

Job = Callable[[], Any]


class Details:
    """Answers on their way: for each job its result, or the error it met.

    Attributes:
        outcomes: in the order of the jobs; complete once `done`.
    """

    def __init__(self, size: int, on_done: Callable[[], None]) -> None:
        # Guards _missing and outcomes until done; never held while on_done runs.
        self._lock = threading.Lock()
        self._missing = size
        self._on_done = on_done
        self.outcomes: list[Any] = [None] * size

    @property
    def done(self) -> bool:
        return self._missing == 0

    def settle(self, position: int, outcome: Any) -> None:
        """Put one job's outcome in; the last one tells whoever waits."""
        with self._lock:
            self.outcomes[position] = outcome
            self._missing -= 1
            last = self._missing == 0
        if last:
            self._on_done()


class Fetching(Protocol):
    """What those who need answers see of the threads that get them."""

    def fetch(self, jobs: Sequence[Job], on_done: Callable[[], None]) -> Details: ...


class Prefetcher:
    """A pool of threads named ``taskrouter-fetch-<n>``.

    `concurrent.futures` would refuse work once the main thread has ended, which is just
    when a script that was kept alive works.
    """

    def __init__(self, most: int = MOST_THREADS, idle: float = IDLE) -> None:
        self._most = most
        self._idle = idle
        # Guards everything below; threads without work wait on it.
        self._condition = threading.Condition()
        self._queue: deque[tuple[Job, Details, int]] = deque()
        self._threads: set[threading.Thread] = set()
        self._waiting = 0
        self._closed = False
        self._numbers = count(1)

    def fetch(self, jobs: Sequence[Job], on_done: Callable[[], None]) -> Details:
        """Run the jobs side by side; returns at once.

        Args:
            jobs: each gives a result or raises a TaskRouterError.
            on_done: called on the thread that settled the last one.
        """
        details = Details(len(jobs), on_done)
        with self._condition:
            closed = self._closed
            if not closed:
                for position, job in enumerate(jobs):
                    self._queue.append((job, details, position))
                self._condition.notify(len(jobs))
                self._man(len(self._queue) - self._waiting)
        if closed:
            for position in range(len(jobs)):
                details.settle(position, ClientClosed())
        return details

    def close(self) -> None:
        """Settle what waits with `ClientClosed`, and let the threads end."""
        with self._condition:
            self._closed = True
            left, self._queue = self._queue, deque()
            threads = list(self._threads)
            self._condition.notify_all()
        for _, details, position in left:
            details.settle(position, ClientClosed())
        # One that waits for an answer ends with its time limit.
        deadline = time.monotonic() + _FAREWELL
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _man(self, wanted: int) -> None:
        """Start threads for the work that nobody waits for; the lock is held."""
        for _ in range(min(wanted, self._most - len(self._threads))):
            thread = threading.Thread(
                target=self._run,
                name=f"taskrouter-fetch-{next(self._numbers)}",
                daemon=True,
            )
            self._threads.add(thread)
            thread.start()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            job, details, position = work
            details.settle(position, _outcome(job))

    def _next(self) -> tuple[Job, Details, int] | None:
        with self._condition:
            if not self._queue and not self._closed:
                self._waiting += 1
                self._condition.wait(self._idle)
                self._waiting -= 1
            if self._queue:
                return self._queue.popleft()
            # Still under the lock, or work that comes now would count on this thread.
            self._threads.discard(threading.current_thread())
            return None


def _outcome(job: Job) -> Any:
    try:
        return job()
    except TaskRouterError as error:
        return error
    except Exception as error:  # ours, not a user's: it must not leave an event waiting
        log.exception("A request of the event thread failed unexpectedly")
        return TaskRouterError(f"Unexpected {type(error).__name__}: {error}")
