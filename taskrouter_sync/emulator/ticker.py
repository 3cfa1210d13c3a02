"""The engine's time: a timer at its next deadline, or a clock that is moved."""

from __future__ import annotations

import asyncio

from taskrouter_sync.emulator.clock import Clock, ManualClock
from taskrouter_sync.emulator.engine import Engine


class Ticker:
    """Runs what is due when it is due, for a clock that runs by itself.

    Args:
        loop: where it runs.
        engine: whose deadlines.
        clock: the engine's clock.
    """

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


def pass_time(engine: Engine, clock: ManualClock, seconds: float) -> None:
    """Let time pass; whatever falls due happens in order, each at its moment."""
    end = clock.now() + seconds
    deadline = engine.next_deadline()
    while deadline is not None and deadline <= end:
        clock.set(deadline)
        engine.run_due()
        deadline = engine.next_deadline()
    clock.set(end)
    engine.run_due()
