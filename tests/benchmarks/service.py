"""A bench service: the event bridge as far as the benchmarks need it, and fast.

A process of its own, so that its work is not counted as the client's. It checks
nothing: what is measured is the client.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

from . import payloads


# Seconds between the blank frames that a connection gets.
_BEAT = 15

# As long as "reservation.created", so that a frame stays one.
_TIMED_OUT = b"reservation.timeout"

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# Frames that are written together when as many as possible are wanted.
_CHUNK = 500


class _Peer(asyncio.Protocol):
    """One connection: requests one after another, or a WebSocket."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._buffer = b""
        self.transport: asyncio.Transport
        self.channel = ""
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._service.peers.get(self.channel, set()).discard(self)
        self.writable.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        if self.channel:
            return  # pongs and close frames of clients tell nothing here
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            if head.startswith(b"get "):
                self._upgrade(self._buffer[:end])
                return
            size = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._service.answer(self, body)

    def _upgrade(self, head: bytes) -> None:
        headers = dict(
            line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
        )
        key = {name.lower(): value for name, value in headers.items()}[
            b"sec-websocket-key"
        ]
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        path = urlsplit(head.split(b" ", 2)[1].decode()).path
        self.channel = path.rsplit("/", 1)[-1]
        self._service.peers.setdefault(self.channel, set()).add(self)
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )


class _Service:
    """All connections, and what the benchmark asks for over its pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._round_trip = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.peers: dict[str, set[_Peer]] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _Peer(self), "127.0.0.1", 0, backlog=2048
        )
        over: asyncio.Future[None] = loop.create_future()

        def told() -> None:
            try:
                command, *args = self._pipe.recv()
            except EOFError:  # the benchmark was killed
                command, args = "end", []
            if command == "end":
                loop.remove_reader(self._pipe.fileno())
                over.set_result(None)
            else:
                getattr(self, f"do_{command}")(*args)

        loop.add_reader(self._pipe.fileno(), told)
        self._pipe.send(server.sockets[0].getsockname()[1])
        self._start(self._beat())
        await over
        server.close()

    def answer(self, peer: _Peer, body: bytes) -> None:
        answer = _answer_to(json.loads(body))
        if self._round_trip:
            loop = asyncio.get_running_loop()
            loop.call_later(self._round_trip, peer.transport.write, answer)
        else:
            peer.transport.write(answer)

    def do_round_trip(self, seconds: float) -> None:
        self._round_trip = seconds
        self._pipe.send(None)

    def do_flood(self, channel: str, count: int) -> None:
        """Send frames as fast as they are taken."""
        self._start(self._flood(channel, count))

    def do_pace(self, channels: list[str], count: int, rate: float) -> None:
        """Send reservation events, so many a second, to one after another."""
        self._start(self._pace(channels, count, rate))

    def do_come_and_go(self, channel: str, count: int) -> None:
        """Send reservations that time out at once, as fast as they are taken."""
        self._start(self._flood(channel, count, ends=True))

    def do_burst(self, channel: str, count: int) -> None:
        """Send reservation events all at once."""
        self._send(channel, b"".join(_reservation(channel) for _ in range(count)))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _beat(self) -> None:
        """Send every connection a blank frame every 15 s, some each second."""
        turn = 0
        while True:
            await asyncio.sleep(1.0)
            turn = (turn + 1) % _BEAT
            for number, peers in enumerate(list(self.peers.values())):
                if number % _BEAT == turn:
                    for peer in peers:
                        peer.transport.write(b"\x81\x01 ")

    async def _flood(self, channel: str, count: int, ends: bool = False) -> None:
        (peer,) = self.peers[channel]
        frames: list[bytes] = []
        while len(frames) < count:
            created = _reservation(channel)
            frames.append(created)
            if ends:
                frames.append(created.replace(b"reservation.created", _TIMED_OUT))
        for start in range(0, count, _CHUNK):
            await peer.writable.wait()
            peer.transport.write(b"".join(frames[start : start + _CHUNK]))

    async def _pace(self, channels: list[str], count: int, rate: float) -> None:
        start = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            channel = channels[number % len(channels)]
            self._send(channel, _reservation(channel))

    def _send(self, channel: str, data: bytes) -> None:
        for peer in self.peers[channel]:
            peer.transport.write(data)


def _reservation(channel: str) -> bytes:
    message = payloads.reservation_event(channel, time.monotonic_ns())
    text = json.dumps(message).encode()
    size = len(text)
    if size < 126:
        return bytes((0x81, size)) + text
    return bytes((0x81, 126)) + size.to_bytes(2, "big") + text


def _answer_to(envelope: dict[str, Any]) -> bytes:
    payload = payloads.resource(envelope["url"])
    answer = {"payload": payload}
    if "event_type" in envelope:
        answer["event_type"] = envelope["event_type"]
    body = json.dumps(answer).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        b"Date: " + formatdate(usegmt=True).encode() + b"\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )


def _main(pipe: Connection) -> None:
    asyncio.run(_Service(pipe).run())


class BenchService:
    """The service's handle in the benchmark's process."""

    def __init__(self, pipe: Connection, port: int) -> None:
        self._pipe = pipe
        self.port = port
        self.url = f"http://127.0.0.1:{port}/v1/wschannels"

    def round_trip(self, seconds: float) -> None:
        """Answer requests after this time."""
        self._pipe.send(("round_trip", seconds))
        self._pipe.recv()

    def tell(self, command: str, *args: Any) -> None:
        self._pipe.send((command, *args))


@contextmanager
def bench_service() -> Iterator[BenchService]:
    """Run a bench service in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(theirs,), daemon=True)
    process.start()
    try:
        yield BenchService(ours, ours.recv())
        ours.send(("end",))
        process.join(5)
    finally:
        process.kill()
        process.join()
