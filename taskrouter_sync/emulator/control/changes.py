"""Waiting for the emulator to change, on its own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.journal import Journal


class Changes:
    """Wakes those who wait for a change, of requests, events, sockets or state.

    Args:
        journal: what tells of changes, between `open` and `close`.
    """

    def __init__(self, journal: Journal[Event]) -> None:
        self._journal = journal
        self._waiting: set[asyncio.Event] = set()
        self.closed = False

    def open(self) -> None:
        """Begin to listen."""
        self.closed = False
        self._journal.watchers.append(self._wake)

    def close(self) -> None:
        """Listen no more; whoever waits is woken."""
        if not self.closed:
            self.closed = True
            self._journal.watchers.remove(self._wake)
            self._wake()

    def watch(self) -> asyncio.Event:
        """Give an event that is set at each change, until it is left."""
        event = asyncio.Event()
        self._waiting.add(event)
        return event

    def leave(self, event: asyncio.Event) -> None:
        """Set the event no more."""
        self._waiting.discard(event)

    async def until(
        self, condition: Callable[[], bool], timeout: float, what: str
    ) -> None:
        """Return as soon as the condition holds; it is asked at each change.

        Args:
            condition: what must hold.
            timeout: seconds.
            what: names in the error what did not come.

        Raises:
            TimeoutError: it did not hold in time.
            RuntimeError: the emulator stops.
        """
        changed = self.watch()
        try:
            await asyncio.wait_for(self._hold(condition, changed), timeout)
        except asyncio.TimeoutError:  # another one than TimeoutError on Python 3.10
            raise TimeoutError(f"{what}: not within {timeout:g} s") from None
        finally:
            self.leave(changed)

    async def _hold(
        self, condition: Callable[[], bool], changed: asyncio.Event
    ) -> None:
        while not condition():
            if self.closed:
                raise RuntimeError("the emulator stops")
            await changed.wait()
            changed.clear()

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()
