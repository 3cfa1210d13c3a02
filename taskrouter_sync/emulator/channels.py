"""The open sockets of the event bridge, by channel.

Owns: who is connected where, and each socket's line of outgoing frames. Knows no
network: a socket takes its frames from its line. For the emulator's thread alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


# A socket whose line is full is dead or hopelessly slow.
MAX_WAITING = 1000

# Close codes are not published; clients of v1 do not look at them.
EVICTED = 1000
GOING_AWAY = 1001


@dataclass(frozen=True)
class Close:
    """The last thing to send: a close frame."""

    code: int
    reason: str


ANOTHER_SESSION = Close(EVICTED, "Closed by another session")


@dataclass(eq=False)
class Connection:
    """One socket.

    Args:
        channel: WK…, WQ… or WS….
        cut: cuts the socket at once, without a close frame.
        pause: stops (True) or resumes (False) reading from the socket.
        disconnect_activity_sid: the worker's activity once the socket is gone.
    """

    channel: str
    cut: Callable[[], None]
    pause: Callable[[bool], None]
    disconnect_activity_sid: str | None = None
    closing: bool = False
    # How many of the next frames are sent twice.
    duplicates: int = 0
    _line: asyncio.Queue[str | Close] = field(
        default_factory=lambda: asyncio.Queue(MAX_WAITING)
    )
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flowing.set()

    def send(self, item: str | Close) -> None:
        """Put a frame in line; cut the socket if the line is full."""
        if self.closing:
            return
        self.closing = isinstance(item, Close)
        try:
            self._line.put_nowait(item)
        except asyncio.QueueFull:
            self.cut()

    def send_frame(self, text: str) -> None:
        """Put an event's frame in line, twice if frames are to be duplicated."""
        self.send(text)
        if self.duplicates:
            self.duplicates -= 1
            self.send(text)

    def stall(self, stalled: bool) -> None:
        """Let nothing through in either direction, or let it flow again."""
        self.pause(stalled)
        if stalled:
            self._flowing.clear()
        else:
            self._flowing.set()

    async def next(self) -> str | Close:
        """Wait for the next thing to send."""
        item = await self._line.get()
        await self._flowing.wait()
        return item


class Channels:
    """All open sockets.

    Args:
        on_change: told the channel and +1 or -1.
    """

    def __init__(self, on_change: Callable[[str, int], None]) -> None:
        self._on_change = on_change
        self._open: dict[str, list[Connection]] = {}

    def add(self, connection: Connection) -> None:
        """Let the connection have the frames of its channel from now on."""
        self._open.setdefault(connection.channel, []).append(connection)
        self._on_change(connection.channel, +1)

    def remove(self, connection: Connection) -> bool:
        """Forget the connection; tell whether it was still counted."""
        connections = self._open.get(connection.channel, [])
        if connection not in connections:
            return False
        connections.remove(connection)
        if not connections:
            del self._open[connection.channel]
        self._on_change(connection.channel, -1)
        return True

    def evict(self, channel: str, last: Close = ANOTHER_SESSION) -> None:
        """Close all sockets of the channel; they count as gone at once."""
        for connection in self.of(channel):
            self.remove(connection)
            connection.send(last)

    def counts(self) -> dict[str, int]:
        """Give the number of open sockets of each channel that has any."""
        return {channel: len(each) for channel, each in self._open.items()}

    def of(self, channel: str) -> list[Connection]:
        """Give the open connections of a channel; of all if it is empty."""
        return list(self) if not channel else list(self._open.get(channel, ()))

    def __iter__(self) -> Iterator[Connection]:
        for connections in list(self._open.values()):
            yield from list(connections)

    def send(self, channel: str, text: str) -> int:
        """Send a text frame to the sockets of a channel; tell how many."""
        return self._each(channel, lambda connection: connection.send_frame(text))

    def close(self, channel: str, code: int, reason: str) -> int:
        """Close the sockets of a channel by a close frame; tell how many."""
        last = Close(code, reason)
        return self._each(channel, lambda connection: connection.send(last))

    def cut(self, channel: str) -> int:
        """Cut the sockets of a channel without a close frame; tell how many."""
        return self._each(channel, lambda connection: connection.cut())

    def stall(self, channel: str, stalled: bool) -> int:
        """Stall the sockets of a channel or let them flow; tell how many."""
        return self._each(channel, lambda connection: connection.stall(stalled))

    def duplicate(self, channel: str, times: int) -> int:
        """Send the next frames of a channel's sockets twice; tell how many sockets."""

        def note(connection: Connection) -> None:
            connection.duplicates = times

        return self._each(channel, note)

    def _each(self, channel: str, act: Callable[[Connection], None]) -> int:
        connections = self.of(channel)
        for connection in connections:
            act(connection)
        return len(connections)
