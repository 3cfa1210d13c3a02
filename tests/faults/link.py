"""One connection through the proxy: two pumps, and the trouble they run into.

Everything here runs on the proxy's event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .fault import AT_ONCE, Direction, Fault, Kind


# A byte that is neither in UTF-8, nor in the head of a frame, nor in a status line.
_WRONG = b"\xff"

_CHUNK = 65536
# Throttled bytes come in so many pieces.
_PIECES = 10


@dataclass
class End:
    """One end of a connection: the client's or the server's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def cut(self) -> None:
        """End it: the peer reads an end of the stream."""
        self.writer.close()

    def reset(self) -> None:
        """End it: the peer meets a reset."""
        tcp = self.writer.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):  # it is gone already
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


@dataclass
class _Way:
    """The bytes of one direction: where they come from, and what awaits them."""

    source: End
    sink: End
    faults: deque[Fault] = field(default_factory=deque)
    stalled: bool = False


class Link:
    """A client's end and a server's end, and what passes between them.

    Attributes:
        role: the first word that the client said: GET for a socket, POST for requests.
    """

    def __init__(
        self,
        client: End,
        server: End,
        *,
        happened: Callable[[Kind], None],
        wait_for_another: Callable[[Link, float], Awaitable[bool]],
        passed: Callable[[Link], None],
    ) -> None:
        """Join the two ends; `run` lets the bytes flow.

        Args:
            happened: is told of each fault as it happens.
            wait_for_another: waits until another link has let bytes down, or for so
                many seconds; tells whether one has.
            passed: is told of bytes that went down.
        """
        self.role = ""
        self._happened = happened
        self._wait_for_another = wait_for_another
        self._passed = passed
        self._client, self._server = client, server
        self._ways = {
            Direction.UP: _Way(client, server),
            Direction.DOWN: _Way(server, client),
        }
        # Set when the two ends are not joined any more.
        self._parted = asyncio.Event()
        # A half-open link only ends with the client's patience.
        self._half_open = False

    async def run(self) -> None:
        """Let bytes flow until both directions have ended."""
        pumps = [
            asyncio.ensure_future(self._pump(direction, way))
            for direction, way in self._ways.items()
        ]
        try:
            await asyncio.gather(*pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (self._client, self._server):
                end.writer.transport.abort()

    def strike(self, fault: Fault) -> None:
        """Let a fault happen: at once where it can, else to the bytes that follow."""
        if fault.kind in AT_ONCE and not fault.after:
            self._end(fault.kind)
        else:
            self._ways[fault.direction].faults.append(fault)

    async def _pump(self, direction: Direction, way: _Way) -> None:
        try:
            while data := await way.source.reader.read(_CHUNK):
                if direction is Direction.UP and not self.role:
                    self.role = data.split(b" ", 1)[0].decode("latin-1")
                await self._pass(way, data)
        except OSError:
            pass  # a reset is an end as well
        # One end is gone: so is the other, unless just that is the trouble.
        if not self._half_open or direction is Direction.UP:
            self._parted.set()
            for end in (self._client, self._server):
                end.cut()

    async def _pass(self, way: _Way, data: bytes) -> None:
        """Let bytes through, and what awaits them happen on its way."""
        while way.faults and len(data) > way.faults[0].after:
            fault = way.faults.popleft()
            await self._send(way, data[: fault.after])
            data = await self._suffer(way, fault, data[fault.after :])
        if way.faults:
            first = way.faults.popleft()
            rest = first.after - len(data)
            way.faults.appendleft(
                Fault(first.kind, first.direction, rest, first.seconds, first.size)
            )
        await self._send(way, data)

    async def _suffer(self, way: _Way, fault: Fault, data: bytes) -> bytes:
        """Let one fault happen to these bytes; give those that are left to send."""
        kind = fault.kind
        if kind in AT_ONCE:
            self._end(kind)
            return b""
        if kind is Kind.REORDER:
            if await self._wait_for_another(self, fault.seconds):
                self._happened(kind)
            return data
        self._happened(kind)
        if kind is Kind.DELAY:
            await self._sleep(fault.seconds)
        elif kind is Kind.STALL:
            way.stalled = True
        elif kind is Kind.CORRUPT:
            wrong = min(fault.size, len(data))
            return _WRONG * wrong + data[wrong:]
        elif kind is Kind.THROTTLE:
            return await self._throttle(way, fault, data)
        return data

    async def _throttle(self, way: _Way, fault: Fault, data: bytes) -> bytes:
        slow, rest = data[: fault.size], data[fault.size :]
        piece = max(1, -(-len(slow) // _PIECES))
        for start in range(0, len(slow), piece):
            await self._send(way, slow[start : start + piece])
            await self._sleep(fault.seconds / _PIECES)
        return rest

    async def _send(self, way: _Way, data: bytes) -> None:
        if not data or way.stalled or self._parted.is_set():
            return
        way.sink.writer.write(data)
        await way.sink.writer.drain()
        if way.sink is self._client:
            self._passed(self)

    async def _sleep(self, seconds: float) -> None:
        """Wait, but no longer than the link holds."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._parted.wait(), seconds)

    def _end(self, kind: Kind) -> None:
        if self._parted.is_set():
            return
        self._happened(kind)
        self._parted.set()
        if kind is Kind.HALF_OPEN:
            self._half_open = True
            self._server.reset()
            return
        for end in (self._client, self._server):
            if kind is Kind.RESET:
                end.reset()
            else:
                end.cut()
