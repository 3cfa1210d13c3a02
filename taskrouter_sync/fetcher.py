"""The threads that fetch what events need: some for all clients, two for each.

They run requests, never user code. They are started when first needed, end when idle,
and when the last client is closed.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from itertools import chain, count
from typing import Any, NamedTuple, TypeAlias

from .errors import ClientClosed, TaskRouterError
from .logs import package_log


# For one client: two requests per event, so eight events per round trip.
MAX_THREADS = 16

# As many of them are each client's own: the others may all wait for a dead service.
OWN_THREADS = 2

# Seconds after which a thread without work ends.
IDLE = 10.0

# Seconds that `close` waits for each thread; one that waits for a response ends with
# its time limit.
_JOIN = 0.2

Job: TypeAlias = Callable[[], Any]


class NoThread(TaskRouterError):
    """The process can't start another thread; that may pass."""

    def __init__(self) -> None:
        super().__init__("No thread could be started to send a request")


class _Queued(NamedTuple):
    job: Job
    future: Future[Any]
    owner: Hashable
    lasts: bool


class Fetcher:
    """A pool of threads named ``taskrouter-fetch-<n>``, fair to each client.

    `concurrent.futures` has no fairness, and would refuse work once the main thread has
    ended, which is just when a script that was kept alive works.
    """

    def __init__(self, max_threads: int = MAX_THREADS, idle: float = IDLE) -> None:
        self._own = min(OWN_THREADS, max_threads)
        self._shared = max_threads - self._own
        self._idle = idle
        # Guards everything below; threads without work wait for its changes. Reentrant,
        # as a signal handler may submit or close. Acquired by itself: Ctrl-C in the
        # condition's `__exit__`, which is Python code, would leave it locked.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        # Clients take turns; each has its own queue.
        self._queues: OrderedDict[Hashable, deque[_Queued]] = OrderedDict()
        # What may run now, and how much of each client's may or does.
        self._admitted: deque[_Queued] = deque()
        self._busy: Counter[Hashable] = Counter()
        self._threads: set[threading.Thread] = set()
        self._numbers = count(1)
        self._is_changing = False
        self._closed = False

    def submit(self, owner: Hashable, job: Job, *, lasts: bool = False) -> Future[Any]:
        """Run a job on one of the threads; returns at once.

        Args:
            owner: whose it is: each has some threads of its own, so that no client
                waits for what others wait for.
            job: gives a result or raises a TaskRouterError; it is left out if its
                future is cancelled before it has begun.
            lasts: whether the future can't be cancelled any more from then on.
        """
        queued = _Queued(job, Future(), owner, lasts)
        failed: list[_Queued] = []
        with self._lock:
            if self._closed:
                failed.append(queued)
            elif self._is_changing:
                self._run_apart(queued)
            else:
                # A signal handler's changes must not come between these.
                self._is_changing = True
                try:
                    self._queues.setdefault(owner, deque()).append(queued)
                    failed += self._admit()
                finally:
                    self._is_changing = False
        _refuse(failed, ClientClosed if self._closed else NoThread)
        return queued.future

    def _run_apart(self, queued: _Queued) -> None:
        """Run the job of a signal handler on a thread of its own."""
        thread = threading.Thread(
            target=_run_job, args=(queued,), name="taskrouter-fetch", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            _refuse([queued], NoThread)

    def close(self) -> None:
        """End what is queued with `ClientClosed`, and let the threads end."""
        with self._lock:
            self._closed = True
            # In a signal handler that interrupted `submit`, that one does the rest.
            left = [] if self._is_changing else self._take_all()
            threads = [*self._threads]
            self._changed.notify_all()
        _refuse(left, ClientClosed)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN / len(threads))

    def _run(self) -> None:
        done: _Queued | None = None
        while (queued := self._next(done)) is not None:
            _run_job(queued)
            done = queued

    def _next(self, done: _Queued | None) -> _Queued | None:
        with self._lock:
            if done is not None:
                self._busy[done.owner] -= 1
                if not self._busy[done.owner]:
                    del self._busy[done.owner]
                _refuse(self._admit(), NoThread)
            # Another thread may have taken what this one was woken for.
            self._changed.wait_for(lambda: self._admitted or self._closed, self._idle)
            if self._admitted:
                return self._admitted.popleft()
            # Still under the lock, or new work would count on this thread.
            self._threads.discard(threading.current_thread())
            return None

    # With the lock held.

    def _admit(self) -> list[_Queued]:
        """Let run what may, and start threads for it; gives what none can run."""
        while (owner := self._next_owner()) is not None:
            queue = self._queues[owner]
            self._admitted.append(queue.popleft())
            self._busy[owner] += 1
            # Behind the others, if there is more of it.
            self._queues.move_to_end(owner)
            if not queue:
                del self._queues[owner]
            self._changed.notify()
        while len(self._threads) < sum(self._busy.values()):
            thread = threading.Thread(
                target=self._run,
                name=f"taskrouter-fetch-{next(self._numbers)}",
                daemon=True,
            )
            try:
                thread.start()
            except RuntimeError:  # the process may have no more
                break
            self._threads.add(thread)
        return [] if self._threads and not self._closed else self._take_all()

    def _take_all(self) -> list[_Queued]:
        """Take all that no thread has begun."""
        left = [*self._admitted, *chain.from_iterable(self._queues.values())]
        self._busy.subtract(each.owner for each in self._admitted)
        self._admitted.clear()
        self._queues.clear()
        return left

    def _next_owner(self) -> Hashable | None:
        """Find whose turn it is: who has a thread of its own left, or a shared one."""
        used = sum(max(0, busy - self._own) for busy in self._busy.values())
        for owner in self._queues:
            if self._busy[owner] < self._own or used < self._shared:
                return owner
        return None


def _run_job(queued: _Queued) -> None:
    future, error = queued.future, None
    if queued.lasts:
        future.set_running_or_notify_cancel()
    if future.cancelled():
        return
    try:
        result = queued.job()
    except TaskRouterError as raised:
        error = raised
    except BaseException as raised:  # noqa: BLE001 - the top of the thread
        package_log.exception("A request of the event thread failed unexpectedly")
        error = TaskRouterError(f"Unexpected {type(raised).__name__}")
    with suppress(InvalidStateError):  # cancelled: nobody waits any more
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _refuse(left: Iterable[_Queued], kind: Callable[[], TaskRouterError]) -> None:
    for each in left:
        with suppress(InvalidStateError):
            each.future.set_exception(kind())
