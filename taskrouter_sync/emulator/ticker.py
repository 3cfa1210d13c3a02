"""The engine's timer: one call, at the next deadline."""

from __future__ import annotations

import asyncio

from taskrouter_sync.emulator.clock import Clock
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
