"""What the engine is given: the time, and the sids.

Owns: the real clock with a timer at the engine's next deadline, and the clock that a
test moves; where the numbers of sids come from.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Mapping

from .engine import Engine
from .engine.state import END_OF_TIME


# 2026-01-01T00:00:00Z: the same for every run, so that dates repeat as well.
MANUAL_START = 1_767_225_600.0
# Seconds by which two sums of the same fractions may differ.
_ROUNDING = 1e-6
# Of the number in a sid.
_BITS = 128
# How many numbers are skipped at a time.
_STRIDE = 10_000


class RealClock:
    """The machine's clock; when that is set back, this one goes on regardless."""

    def __init__(self) -> None:
        # Of the monotonic clock, in seconds.
        self._ahead = -math.inf

    def now(self) -> float:
        """Return the seconds since the epoch."""
        monotonic = time.monotonic()
        self._ahead = max(self._ahead, time.time() - monotonic)
        return monotonic + self._ahead

    def put(self, now: float) -> None:
        """Go on from a service's moment, if that is later."""
        self._ahead = max(self._ahead, now - time.monotonic())


class ManualClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.put(MANUAL_START)

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._now

    def put(self, now: float) -> None:
        """Set it to any moment, for a service of that moment."""
        self._now = self._began = now
        # Seconds since then: added to those since the epoch, small steps lose a part.
        self._passed = 0.0

    def advance(self, engine: Engine, seconds: float) -> None:
        """Let time pass; whatever falls due happens in order, each at its moment.

        Raises:
            ValueError: that is too long.
        """
        passed = self._passed + seconds
        end = self._began + passed
        if end >= END_OF_TIME:
            most = int(END_OF_TIME - self._now)
            raise ValueError(
                f"seconds must be less than {most}, not {seconds!r} (the clock ends"
                " before the year 9999)"
            )
        due = end + _ROUNDING
        while (deadline := engine.next_deadline()) is not None and deadline <= due:
            self._now = max(self._now, deadline)
            engine.run_due()
        self._now, self._passed = max(self._now, end), passed
        engine.run_due()


Clock = RealClock | ManualClock


class DeadlineTimer:
    """Runs what is due when it is due, for a clock that runs by itself."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, engine: Engine, clock: Clock
    ) -> None:
        self._loop = loop
        self._engine = engine
        self._clock = clock
        self._deadline: float | None = None
        self._handle: asyncio.TimerHandle | None = None

    def rearm(self) -> None:
        """Look at the engine's next deadline again."""
        deadline = self._engine.next_deadline()
        if deadline == self._deadline:
            return
        self.cancel()
        if deadline is not None:
            self._deadline = deadline
            wait = max(0.0, deadline - self._clock.now())
            self._handle = self._loop.call_later(wait, self._run)

    def cancel(self) -> None:
        """Run nothing any more, until the next rearm."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._deadline = None

    def _run(self) -> None:
        self._handle = self._deadline = None
        self._engine.run_due()
        self.rearm()


class Sids:
    """Makes sids of a prefix and 32 hexadecimal digits: ``sids("WT")``.

    Args:
        seed: makes them repeat from run to run; None: nobody can guess them.
    """

    def __init__(self, seed: int | None) -> None:
        self._begin(seed)

    def _begin(self, seed: int | None) -> None:
        self._seed = seed
        self._made = 0
        self._source = random.SystemRandom() if seed is None else random.Random(seed)

    def __call__(self, prefix: str) -> str:
        """Make a sid."""
        self._made += 1
        return f"{prefix}{self._source.getrandbits(_BITS):032x}"

    def state(self) -> dict[str, int | None]:
        """Return the argument of `go_on`, as plain data."""
        return {"seed": self._seed, "made": self._made}

    def go_on(self, state: Mapping[str, int | None]) -> None:
        """Go on from where another one was.

        That had no seed: this one makes its own sids, as nothing is to repeat.

        Raises:
            ValueError: it is not the state of one.
        """
        seed, made = state.get("seed"), state.get("made")
        if not (seed is None or type(seed) is int) or type(made) is not int:
            raise ValueError("the state of the sids is damaged")
        if seed is None:
            return
        self._begin(seed)
        for skipped in range(0, made, _STRIDE):
            self._source.getrandbits(_BITS * min(_STRIDE, made - skipped))
        self._made = made
