"""The service's clock: the real one, or one that a test moves."""

from __future__ import annotations

import time
from typing import Protocol


# 2026-01-01T00:00:00Z: the same for every run, so that dates repeat as well.
MANUAL_START = 1_767_225_600.0


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> float:
        """Give the seconds since the epoch."""
        ...


class RealClock:
    """The machine's clock, that never goes back."""

    def __init__(self) -> None:
        self._latest = 0.0

    def now(self) -> float:
        """Give the seconds since the epoch."""
        self._latest = max(self._latest, time.time())
        return self._latest


class ManualClock:
    """A clock that stands still until it is set."""

    def __init__(self, start: float = MANUAL_START) -> None:
        self._now = start

    def now(self) -> float:
        """Give the seconds since the epoch."""
        return self._now

    def set(self, now: float) -> None:
        """Set it; it never goes back."""
        self._now = max(self._now, now)

    def put(self, now: float) -> None:
        """Set it to any moment, for a service of that moment."""
        self._now = now
