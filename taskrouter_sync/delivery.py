"""The event thread of a client, which takes what is due from its line.

Knows neither sockets nor HTTP nor what a step does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from .line import Line, Step


log = logging.getLogger("taskrouter_sync")

# Seconds after which a callback that keeps others waiting is named in the log.
SLOW = 10.0


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
        # Whether there are steps that the thread was not woken for yet.
        self._untold = False
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
            steps: one or several that belong together, or none.
            more: whether the next come at once: one waking for all is cheaper.
        """
        with self._lock:
            if self._closed:
                return
            self._line.add(*steps)
            slow = self._slow()
            self._untold = self._untold or bool(steps)
            if self._untold and not more:
                self._untold = False
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
