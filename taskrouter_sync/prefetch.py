"""The threads that load what events will need, a few for the whole process.

They run GETs (and the one POST of a connect activity), never a user's code. They are
made when first needed, leave when idle, and end when the last client is closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from itertools import chain, count
from typing import Any, Protocol

from .errors import ClientClosed, TaskRouterError


log = logging.getLogger("taskrouter_sync")

# Two requests per event, so that eight events are loaded per round trip.
MOST_THREADS = 16

# As many of them are each client's own: the others may all wait for a dead service.
OWN_THREADS = 2

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

    def fetch(
        self, jobs: Sequence[Job], on_done: Callable[[], None], owner: Hashable
    ) -> Details: ...


class _Work:
    """One job in line."""

    def __init__(
        self,
        job: Job,
        details: Details,
        position: int,
        owner: Hashable,
    ) -> None:
        self.job = job
        self.details = details
        self.position = position
        self.owner = owner


class Prefetcher:
    """A pool of threads named ``taskrouter-fetch-<n>``.

    `concurrent.futures` would refuse work once the main thread has ended, which is just
    when a script that was kept alive works.
    """

    def __init__(self, most: int = MOST_THREADS, idle: float = IDLE) -> None:
        self._own = min(OWN_THREADS, most)
        self._common = most - self._own
        self._idle = idle
        # Guards everything below; threads without work wait on it.
        self._condition = threading.Condition()
        # Owners take turns; each has its own line.
        self._lines: OrderedDict[Hashable, deque[_Work]] = OrderedDict()
        # What may run now, and how much of each owner's may or does.
        self._admitted: deque[_Work] = deque()
        self._busy: Counter[Hashable] = Counter()
        self._threads: set[threading.Thread] = set()
        self._closed = False
        self._numbers = count(1)

    def fetch(
        self, jobs: Sequence[Job], on_done: Callable[[], None], owner: Hashable
    ) -> Details:
        """Run the jobs side by side; returns at once.

        Args:
            jobs: each gives a result or raises a TaskRouterError.
            on_done: called on the thread that settled the last one.
            owner: whose they are: each has some threads of its own, so that nobody
                waits for what others wait for.
        """
        details = Details(len(jobs), on_done)
        work = [_Work(job, details, place, owner) for place, job in enumerate(jobs)]
        with self._condition:
            closed = self._closed
            if work and not closed:
                self._lines.setdefault(owner, deque()).extend(work)
                self._admit()
        if closed:
            for each in work:
                details.settle(each.position, ClientClosed())
        return details

    def close(self) -> None:
        """Settle what waits with `ClientClosed`, and let the threads end."""
        with self._condition:
            self._closed = True
            left = [*self._admitted, *chain.from_iterable(self._lines.values())]
            self._admitted.clear()
            self._lines.clear()
            threads = list(self._threads)
            self._condition.notify_all()
        for work in left:
            work.details.settle(work.position, ClientClosed())
        # One that waits for an answer ends with its time limit.
        deadline = time.monotonic() + _FAREWELL
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        work = self._next(None)
        while work is not None:
            work.details.settle(work.position, _outcome(work.job))
            work = self._next(work)

    def _next(self, done: _Work | None) -> _Work | None:
        with self._condition:
            if done is not None:
                self._release(done.owner)
            if not self._admitted and not self._closed:
                self._condition.wait(self._idle)
            if self._admitted:
                return self._admitted.popleft()
            # Still under the lock, or work that comes now would count on this thread.
            self._threads.discard(threading.current_thread())
            return None

    # With the lock held.

    def _admit(self) -> None:
        """Let run what may, and see that there are threads for it."""
        if self._closed:
            return
        while (line := self._next_line()) is not None:
            work = line.popleft()
            self._admitted.append(work)
            self._busy[work.owner] += 1
            # Behind the others, if there is more of it.
            self._lines.move_to_end(work.owner)
            if not line:
                del self._lines[work.owner]
            self._condition.notify()
        while len(self._threads) < sum(self._busy.values()):
            thread = threading.Thread(
                target=self._run,
                name=f"taskrouter-fetch-{next(self._numbers)}",
                daemon=True,
            )
            thread.start()
            self._threads.add(thread)

    def _next_line(self) -> deque[_Work] | None:
        """Find whose turn it is: who has a thread of its own left, or a common one."""
        used = sum(max(0, busy - self._own) for busy in self._busy.values())
        for owner, line in self._lines.items():
            if self._busy[owner] < self._own or used < self._common:
                return line
        return None

    def _release(self, owner: Hashable) -> None:
        """Note that a job is over."""
        self._busy[owner] -= 1
        if not self._busy[owner]:
            del self._busy[owner]
        self._admit()


def _outcome(job: Job) -> Any:
    try:
        return job()
    except TaskRouterError as error:
        return error
    except Exception as error:  # ours, not a user's: it must not leave an event waiting
        log.exception("A request of the event thread failed unexpectedly")
        return TaskRouterError(f"Unexpected {type(error).__name__}: {error}")
