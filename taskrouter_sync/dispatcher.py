"""The event thread of one client: runs what is queued, in order, one at a time.

Three kinds of work: queued events, each of which may wait for futures; calls out of
band (`call_soon`); and named timers (`call_later`).
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from logging import LoggerAdapter
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol, TypeAlias

from .timing import Timing


Call: TypeAlias = Callable[[], None]


class DispatcherListener(Protocol):
    """Who knows what the event thread is running, for the log."""

    def _running_name(self) -> str | None: ...


class _Queued(NamedTuple):
    run: Call
    futures: tuple[Future[Any], ...] = ()
    size: int = 0
    topic: Hashable = None


class _EventThread(threading.Thread):
    """A thread whose output goes to the notebook cell that is running.

    With a `run` of its own: ipykernel 6 replaces Thread's, to send what a thread prints
    to the cell that started it, which people have long scrolled past.
    """

    def __init__(self, name: str, work: Call) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work

    def run(self) -> None:
        self._work()


def on_event_thread() -> bool:
    """Whether an event callback, of whatever client, is running here."""
    return isinstance(threading.current_thread(), _EventThread)


class Dispatcher:
    """Owns the thread ``taskrouter-events-…`` and its queue.

    `put`, `call_soon`, `interrupt` and `close` may be called from any thread, and in a
    signal handler that interrupted one of them: they hold no lock that the event thread
    needs. The other methods are for the event thread.
    """

    def __init__(
        self,
        name: str,
        listener: DispatcherListener,
        timing: Timing,
        log: LoggerAdapter[Any],
    ) -> None:
        self._listener = listener
        self._timing = timing
        self._log = log
        # To the event thread: events, calls out of band, and None, which only wakes it.
        self._inbox: SimpleQueue[_Queued | Call | None] = SimpleQueue()
        # The event thread's.
        self._queue: deque[_Queued] = deque()
        self._soon: deque[Call] = deque()
        self._timers: dict[str, tuple[float, Call]] = {}
        self._next_timer = math.inf
        self._head_since: float | None = None
        # Calls out of band that come before the next queued event: those that were
        # there first, or a flood of them would stop all events. None: not counted yet.
        self._soon_left: int | None = None
        # Frames and bytes put, written by the socket thread, and done, by this one.
        self._put = self._put_bytes = 0
        self._done = self._done_bytes = 0
        # The socket thread waits for room above the high-water mark. Why the lock is
        # acquired by itself: see `Fetcher`.
        self._lock = threading.RLock()
        self._room = threading.Condition(self._lock)
        self._is_waited_for = False
        self._interrupts = 0
        self._busy_since: float | None = None
        self._last: Call | None = None
        self._ends = False
        self._thread = _EventThread(name, self._run)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether this is the event thread."""
        return threading.current_thread() is self._thread

    def __len__(self) -> int:
        """Count the queued events."""
        return len(self._queue) + self._inbox.qsize()

    def put(
        self, run: Call, *futures: Future[Any], size: int = 0, topic: Hashable = None
    ) -> bool:
        """Queue an event.

        Args:
            run: called on the event thread, in turn.
            futures: what it waits for at the head of the queue, within the time limit.
            size: bytes of its frame, from the socket thread; 0 for what always has
                room. Above the high-water mark this waits until the queue is half
                empty, or for `Timing.pause`.
            topic: what it is about, for `topics`.

        Returns:
            False if there was no room: it was not queued.
        """
        if size:
            if self._is_full(size) and not self._wait_for_room(size):
                return False
            self._put += 1
            self._put_bytes += size
        # Before it is queued: a response that came between the event thread's first
        # look and this would wake nobody.
        self._wake_when_done(futures)
        self._inbox.put(_Queued(run, futures, size, topic))
        self._warn_if_slow()
        return True

    def call_soon(self, run: Call) -> None:
        """Run something out of band: it waits for no future before it."""
        self._inbox.put(run)

    def interrupt(self) -> None:
        """End a `put` that waits for room: its connection is not wanted any more."""
        with self._lock:
            self._interrupts += 1
            self._room.notify_all()

    def close(self, last: Call | None = None) -> None:
        """Drop what is queued, run `last`, and end; returns at once."""
        self._last = last
        self._ends = True
        self._inbox.put(None)
        self.interrupt()

    def forked(self) -> None:
        """Be closed in a child process, which has not got this thread."""
        self._lock = threading.RLock()
        self._room = threading.Condition(self._lock)
        self._inbox = SimpleQueue()
        self._ends = True
        self._clear()

    def join(self, timeout: float) -> None:
        """Wait until the thread has ended, for `timeout` seconds at most."""
        if self._thread.ident is not None and not self.is_current:
            self._thread.join(timeout)

    # For the event thread.

    def put_first(
        self, run: Call, *futures: Future[Any], topic: Hashable = None
    ) -> None:
        """Queue what the running event led to, before everything that waits."""
        self._queue.appendleft(_Queued(run, futures, topic=topic))
        self._head_since = None
        self._wake_when_done(futures)

    def topics(self) -> set[Any]:
        """Say what the events are about that are queued now."""
        self._take_in()
        return {each.topic for each in self._queue if each.topic is not None}

    def call_later(self, name: str, seconds: float, run: Call) -> None:
        """Set the timer of this name, or replace it; also before the thread starts."""
        self._timers[name] = (time.monotonic() + seconds, run)
        self._note_next_timer()

    def cancel(self, name: str) -> None:
        if self._timers.pop(name, None) is not None:
            self._note_next_timer()

    def _take_timer(self) -> Call:
        name = min(self._timers, key=lambda each: self._timers[each][0])
        _, run = self._timers[name]
        self.cancel(name)
        return run

    def _note_next_timer(self) -> None:
        times = (when for when, _ in self._timers.values())
        self._next_timer = min(times, default=math.inf)

    # Backpressure.

    def _is_full(self, size: int) -> bool:
        """Whether the high-water mark is reached; one frame always has room."""
        timing, waiting = self._timing, self._put_bytes - self._done_bytes
        return self._put - self._done >= timing.max_events or (
            0 < waiting > timing.max_bytes - size
        )

    def _is_half_empty(self) -> bool:
        """Whether the queue is below the low-water mark."""
        return (
            self._put - self._done <= self._timing.max_events // 2
            and self._put_bytes - self._done_bytes <= self._timing.max_bytes // 2
        )

    def _wait_for_room(self, size: int) -> bool:
        with self._lock:
            before = self._interrupts
            # First: it is looked at after an event was counted.
            self._is_waited_for = True
            self._room.wait_for(
                lambda: self._interrupts > before or self._is_half_empty(),
                self._timing.pause,
            )
            self._is_waited_for = False
            return not self._is_full(size) and self._interrupts == before

    def _count_done(self, size: int) -> None:
        self._done += 1
        self._done_bytes += size
        if self._is_waited_for and self._is_half_empty():
            with self._lock:
                self._room.notify_all()

    def _warn_if_slow(self) -> None:
        since, limit = self._busy_since, self._timing.slow_callback
        if since is not None and time.monotonic() - since > limit:
            self._busy_since = None
            name = self._listener._running_name() or "A callback"
            words = "%s has been running for more than %g s; %d events are queued"
            self._log.warning(words, name, limit, len(self))

    # The thread.

    def _run(self) -> None:
        while (call := self._next()) is not None:
            self._call_safely(call)

    def _call_safely(self, call: Call) -> None:
        try:
            call()
        except BaseException:  # noqa: BLE001 - the top of the thread, with user code
            self._log.exception("An event could not be delivered")

    def _next(self) -> Call | None:
        """Wait for the next thing to do; None at the end."""
        self._busy_since = None
        while True:
            self._take_in()
            if self._ends:
                last, self._last = self._last, None
                self._clear()
                return last
            now = time.monotonic()
            call, wait = self._due(now)
            if call is not None:
                self._busy_since = now
                return call
            try:
                self._sort(self._inbox.get(timeout=wait))
            except Empty:
                continue

    def _take_in(self) -> None:
        while not self._inbox.empty():
            self._sort(self._inbox.get())

    def _sort(self, item: _Queued | Call | None) -> None:
        if isinstance(item, _Queued):
            self._queue.append(item)
        elif item is not None:
            self._soon.append(item)

    def _due(self, now: float) -> tuple[Call | None, float | None]:
        """Take what can run now, else say how long to wait at most."""
        wait = self._next_timer - now
        if wait <= 0:
            return self._take_timer(), None
        is_ready = False
        if self._queue:
            if self._head_since is None:
                self._head_since = now
            left = self._head_since + self._timing.fetch - now
            futures = self._queue[0].futures
            is_ready = not futures or left <= 0 or all(each.done() for each in futures)
            wait = min(wait, left)
        if self._soon_left is None:
            self._soon_left = len(self._soon)
        if self._soon and (self._soon_left > 0 or not is_ready):
            self._soon_left -= 1
            return self._soon.popleft(), None
        self._soon_left = None
        if not is_ready:
            return None, None if math.isinf(wait) else min(wait, threading.TIMEOUT_MAX)
        self._head_since = None
        event = self._queue.popleft()
        if event.size:
            self._count_done(event.size)
        return event.run, None

    def _wake_when_done(self, futures: tuple[Future[Any], ...]) -> None:
        for each in futures:
            if not each.done():
                each.add_done_callback(self._wake)

    def _wake(self, _: Future[Any]) -> None:
        self._inbox.put(None)

    def _clear(self) -> None:
        self._queue.clear()
        self._soon.clear()
        self._timers.clear()
