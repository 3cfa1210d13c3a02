"""Events in order: one line of steps, one thread that takes them.

A step whose details are still on their way keeps its place. Knows neither sockets nor
HTTP nor what a step does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from .prefetch import Details


log = logging.getLogger("taskrouter_sync")

# Seconds that a step waits for its details at the head of the line.
PATIENCE = 20.0

# Seconds after which a callback that keeps others waiting is named in the log.
SLOW = 10.0

# The longest single wait, in seconds: threading can't take much more, and the clock on
# the wall may be set meanwhile.
_LONGEST_WAIT = 3600.0


class Step:
    """One thing to do on the event thread, in its place.

    Attributes:
        run: does it; runs with whatever details have come by then.
        details: what it waits for, if anything.
    """

    def __init__(
        self,
        run: Callable[[], None],
        details: Details | None = None,
    ) -> None:
        self.run = run
        self.details = details


class Steps(Protocol):
    """What those who have something to do on the event thread see of it."""

    def add(self, *steps: Step, more: bool = False) -> None: ...
    def add_first(self, *steps: Step) -> None: ...
    def add_beside(self, step: Step) -> None: ...
    def set_timer(self, name: str, when: float, run: Callable[[], None]) -> None: ...
    def clear_timer(self, name: str) -> None: ...
    def wake(self) -> None: ...


class Line:
    """Steps in order, and timers. Pure: knows no thread, and no clock."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self._beside: deque[Step] = deque()
        # Whether the last step was one from beside: they take turns with the line.
        self._was_beside = False
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}
        self._next_timer: float | None = None
        self._head_since: float | None = None

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, *steps: Step) -> None:
        self._steps.extend(steps)

    def add_first(self, *steps: Step) -> None:
        self._steps.extendleft(reversed(steps))
        self._head_since = None

    def add_beside(self, step: Step) -> None:
        self._beside.append(step)

    def set_timer(self, name: str, when: float, run: Callable[[], None]) -> None:
        self._timers[name] = (when, run)
        self._timers_changed()

    def clear_timer(self, name: str) -> None:
        self._timers.pop(name, None)
        self._timers_changed()

    def clear(self) -> None:
        self._steps.clear()
        self._beside.clear()
        self._timers.clear()
        self._timers_changed()

    def due(
        self, wall: float, now: float
    ) -> tuple[Callable[[], None] | None, float | None]:
        """Take what can be done now, else tell how long to wait at most.

        Args:
            wall: epoch seconds, for the timers.
            now: seconds that nobody sets, for the patience.
        """
        wait = _LONGEST_WAIT
        if self._next_timer is not None:
            wait = min(wait, self._next_timer - wall)
            if wait <= 0:
                return self._take_timer(), None
        remaining = self._patience(self._steps[0], now) if self._steps else wait
        is_due = bool(self._steps) and remaining <= 0
        if self._beside and not (is_due and self._was_beside):
            self._was_beside = True
            return self._beside.popleft().run, None
        self._was_beside = False
        if is_due:
            self._head_since = None
            return self._steps.popleft().run, None
        wait = min(wait, remaining)
        return None, wait if self._timers or self._steps else None

    def _take_timer(self) -> Callable[[], None]:
        name = min(self._timers, key=lambda each: self._timers[each][0])
        _, run = self._timers.pop(name)
        self._timers_changed()
        return run

    def _timers_changed(self) -> None:
        # Found once for each change: looked at before each step.
        times = (when for when, _ in self._timers.values())
        self._next_timer = min(times, default=None)

    def _patience(self, head: Step, now: float) -> float:
        """Tell how long the head of the line may still wait for its details."""
        if head.details is None or head.details.done:
            return 0.0
        if self._head_since is None:
            self._head_since = now
        return self._head_since + PATIENCE - now


class _EventThread(threading.Thread):
    """A thread whose output goes to a notebook's cell of the moment.

    With `run` of its own: ipykernel 6 replaces Thread's, to lead what a thread prints
    to the cell that started it, which people have long scrolled past.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work

    def run(self) -> None:
        self._work()


class Delivery:
    """The event thread of one client, and the line it takes its steps from."""

    def __init__(self, name: str, *, calling: Callable[[], str | None]) -> None:
        """Make the line; `start` makes it move.

        Args:
            name: of the thread.
            calling: names the callback that runs now, for the log.
        """
        # Guards everything below; never held while a step runs. A signal's handler may
        # come back to it on its own thread. The thread waits on the condition.
        self._lock = threading.RLock()
        self._condition = threading.Condition(self._lock)
        self._line = Line()
        self._busy_since: float | None = None
        self._slow_told = False
        self._closed = False
        self._last: Callable[[], None] | None = None
        self._calling = calling
        self._thread = _EventThread(name, self._run)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether this is the event thread."""
        return threading.current_thread() is self._thread

    @property
    def waiting(self) -> int:
        """How many steps are in the line."""
        return len(self._line)

    def add(self, *steps: Step, more: bool = False) -> None:
        """Put steps at the end of the line, from any thread.

        Args:
            steps: one or several that belong together.
            more: whether the next come at once: one waking for all is cheaper.
        """
        with self._lock:
            if self._closed:
                return
            self._line.add(*steps)
            slow = self._slow()
            if not more:
                self._condition.notify()
        if slow:
            log.warning(
                "%s has been running for more than %g s; %d events wait for it", *slow
            )

    def add_first(self, *steps: Step) -> None:
        """Put steps before everything that waits: what a step led to."""
        with self._lock:
            if not self._closed:
                self._line.add_first(*steps)
                self._condition.notify()

    def add_beside(self, step: Step) -> None:
        """Put a step beside the line: it waits for nobody's details."""
        with self._lock:
            if not self._closed:
                self._line.add_beside(step)
                self._condition.notify()

    def set_timer(self, name: str, when: float, run: Callable[[], None]) -> None:
        """Run something on the event thread once the clock shows `when`.

        Args:
            name: a timer of the same name is replaced.
            when: epoch seconds.
            run: does it.
        """
        with self._lock:
            if not self._closed:
                self._line.set_timer(name, when, run)
                self._condition.notify()

    def clear_timer(self, name: str) -> None:
        with self._lock:
            self._line.clear_timer(name)

    def wake(self) -> None:
        """Look at the line again: details have come, or the clock has moved."""
        with self._lock:
            self._condition.notify()

    def close(self, last: Callable[[], None]) -> None:
        """Drop what waits, run `last` as the last thing, and end; returns at once."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._line.clear()
            self._last = last
            self._condition.notify()

    def orphan(self) -> None:
        """Be closed in a child process, whoever held the lock at the fork."""
        self._lock = threading.RLock()
        self._condition = threading.Condition(self._lock)
        self._closed = True
        self._line.clear()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; False if it has not within `timeout` s."""
        if self.is_current or not self._thread.ident:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (run := self._next()) is not None:
            _deliver(run)

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next thing to do; None when all is done."""
        with self._lock:
            self._busy_since, self._slow_told = None, False
            while True:
                run, wait = self._due()
                if run is not None:
                    self._busy_since = time.monotonic()
                    return run
                if self._closed:
                    return None
                self._condition.wait(wait)

    def _due(self) -> tuple[Callable[[], None] | None, float | None]:
        """Find what can be done now, else tell how long to wait at most."""
        if self._last is not None:
            last, self._last = self._last, None
            return last, None
        return self._line.due(time.time(), time.monotonic())

    def _slow(self) -> tuple[Any, ...] | None:
        if self._busy_since is None or self._slow_told:
            return None
        if time.monotonic() - self._busy_since < SLOW:
            return None
        self._slow_told = True
        return self._calling() or "A callback", SLOW, len(self._line)


def _deliver(run: Callable[[], None]) -> None:
    try:
        run()
    except BaseException:  # the top of the thread, which nothing of a user's may end
        log.exception("An event could not be delivered")
