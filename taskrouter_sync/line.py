"""Events in order: one line of steps. Pure: knows no thread, and no clock.

A step whose details are still on their way keeps its place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from .prefetch import Details


# Seconds that a step waits for its details at the head of the line.
PATIENCE = 20.0

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
    """Steps in order, and timers."""

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
