"""Waiting for the emulator to change, on its own event loop.

Owns: waking who waits, and the stream of all changes as server-sent events. A reader of
it that is slow gets the state less often, and never fills the memory: whatever is sent
next is read from the journal when it is due.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping

from ..journal import Journal
from .views import Views


# Seconds between two messages at least: a burst of changes is one of them. And at
# most a fifth of the emulator's time goes into showing its state.
PAUSE = 0.1
PAUSE_BY_EFFORT = 4.0
# Seconds after which a reader that has gone is found out.
HEARTBEAT = 15.0
# Part of the first message: a reader that loses the stream comes back so soon (in
# milliseconds).
RETRY = b"retry: 1000\n"
# In one message: the latest for a reader who has seen none, else the next ones.
MOST_EVENTS = 500
# Digits of a number of an event.
_MOST_DIGITS = 18


class Changes:
    """Waits for changes of requests, events, sockets or state, until it is closed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._closed = False

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        self._journal.touched()

    async def until(
        self, condition: Callable[[], bool], timeout: float, what: str
    ) -> None:
        """Return as soon as the condition holds; it is asked at each change.

        Raises:
            TimeoutError: it did not hold in time; names `what` did not come.
            RuntimeError: the emulator stops.
        """

        async def hold() -> None:
            while not condition():
                if self._closed:
                    raise RuntimeError("the emulator is stopping")
                await changed.wait()
                changed.clear()

        # A timeout of 0 lets `hold` not even begin.
        if condition():
            return
        with self._journal.watch() as changed:
            try:
                await asyncio.wait_for(hold(), timeout)
            except asyncio.TimeoutError:  # not TimeoutError on Python 3.10
                raise TimeoutError(f"{what}: not within {timeout:g} s") from None

    async def stream(
        self, views: Views, last_seen: str, lists: bool
    ) -> AsyncIterator[bytes]:
        """Yield all events, and the state after each change, until the emulator stops.

        Args:
            last_seen: the number of the event that a reader has seen last; anything
                else for one that has seen none: it gets the latest ones first.
            lists: whether the state includes the lists that can be read page by page.
        """
        events = self._journal.events
        seen = 0
        if last_seen.isascii() and last_seen.isdigit():
            # More digits are the number of no event.
            seen = int(last_seen[: _MOST_DIGITS + 1])
        if seen > events.count:
            seen = 0  # It has seen the events of another emulator.
        latest = not seen
        with self._journal.watch() as changed:
            yield RETRY
            while not self._closed:
                changed.clear()
                began = time.perf_counter()
                messages = []
                new = events.after(seen)
                new = new[-MOST_EVENTS:] if latest else new[:MOST_EVENTS]
                latest = False
                for number, event in new:
                    shown = views.event(number, event)
                    messages.append(_message("event", shown, number))
                    seen = number
                messages.append(_message("state", views.state(lists)))
                # Showing the state may have done what was due: that is shown at once.
                effort = time.perf_counter() - began
                yield "".join(messages).encode()
                await asyncio.sleep(max(PAUSE, PAUSE_BY_EFFORT * effort))
                while events.count == seen and not await _comes(changed):
                    yield b": still here\n\n"


async def _comes(changed: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), HEARTBEAT)
    except asyncio.TimeoutError:
        return False
    return True


def _message(kind: str, body: Mapping[str, object], number: int | None = None) -> str:
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {kind}\ndata: {json.dumps(body)}\n\n"
