"""The proxy: what it lets through, and each trouble as both ends meet it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ..support.collector import LIMIT
from ..support.raw_server import Peer, RawServer, Script
from .fault import Direction, Fault, Kind
from .proxy import Proxy


HELLO = b"POST hello, world"


def echo(peer: Peer) -> None:
    """Send back what comes, until the client goes away."""
    while data := peer.socket.recv(65536):
        peer.send(data)


class Bench:
    """Clients of a proxy in front of a server."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.proxy: Proxy

    def stand(self, *faults: Fault, script: Script = echo) -> socket.socket:
        """Start server and proxy; connect a client that meets the faults."""
        server = self._stack.enter_context(RawServer(script, script))
        self.proxy = self._stack.enter_context(Proxy(server.port, faults))
        return self.client()

    def client(self) -> socket.socket:
        address = ("127.0.0.1", self.proxy.port)
        return self._stack.enter_context(socket.create_connection(address, LIMIT))

    def pass_a_mark(self) -> None:
        """Let another connection's bytes pass: what did not come by then is held."""
        assert talk(self.client()) == HELLO


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack)


def talk(client: socket.socket, size: int = len(HELLO)) -> bytes:
    """Say hello, and read so many bytes, or up to the end of the stream."""
    client.sendall(HELLO)
    data = b""
    while len(data) < size and (more := client.recv(size - len(data))):
        data += more
    return data


@pytest.mark.parametrize(
    ("faults", "came"),
    [
        ((), HELLO),
        ((Fault(Kind.CUT, after=6),), HELLO[:6]),
        ((Fault(Kind.DELAY, after=4, seconds=0.05),), HELLO),
        ((Fault(Kind.THROTTLE, size=len(HELLO), seconds=0.05),), HELLO),
        (
            (Fault(Kind.CORRUPT, after=2, size=3),),
            HELLO[:2] + b"\xff\xff\xff" + HELLO[5:],
        ),
    ],
)
def test_what_comes_through(
    bench: Bench, faults: tuple[Fault, ...], came: bytes
) -> None:
    client = bench.stand(*faults)
    started = time.monotonic()
    assert talk(client) == came
    assert time.monotonic() - started >= sum(each.seconds for each in faults) * 0.8
    assert bench.proxy.happened() == {each.kind: 1 for each in faults}


def test_the_end_of_one_side_is_the_end_of_the_other(bench: Bench) -> None:
    def part(peer: Peer) -> None:
        # What is closed before it was read is reset instead of ended.
        assert peer.socket.recv(65536) == HELLO
        peer.send(b"bye")

    assert talk(bench.stand(script=part)) == b"bye"


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (Fault(Kind.STALL, Direction.DOWN, after=4), 4),
        (Fault(Kind.STALL, Direction.UP, after=4), 4),
        # Nobody tells the client that the server's end is gone.
        (Fault(Kind.HALF_OPEN, Direction.UP, after=6), 0),
    ],
)
def test_what_says_nothing_any_more(bench: Bench, fault: Fault, first: int) -> None:
    client = bench.stand(fault)
    assert talk(client, first) == HELLO[:first]
    bench.pass_a_mark()
    client.sendall(b"still there?")
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_a_reset_is_a_reset(bench: Bench) -> None:
    client = bench.stand(Fault(Kind.RESET, after=6))
    with pytest.raises(ConnectionResetError):
        talk(client)


def test_reordered_bytes_come_after_another_connection_s(bench: Bench) -> None:
    client = bench.stand(Fault(Kind.REORDER, seconds=LIMIT))
    client.sendall(HELLO)
    other = bench.client()
    deadline = time.monotonic() + LIMIT
    # The first time it may have been faster than what shall be held.
    while not bench.proxy.happened() and time.monotonic() < deadline:
        assert talk(other) == HELLO
    assert client.recv(len(HELLO)) == HELLO
    assert bench.proxy.happened() == {Kind.REORDER: 1}


def test_refused_means_that_nobody_listens_for_a_while(bench: Bench) -> None:
    client = bench.stand()
    assert talk(client) == HELLO
    bench.proxy.strike(Fault(Kind.REFUSE, seconds=0.5))
    with pytest.raises(ConnectionRefusedError):
        bench.client()
    assert talk(client) == HELLO, "who is connected stays"
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            other = bench.client()
            break
        except ConnectionRefusedError:
            continue
    assert talk(other) == HELLO


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.RESET, Kind.HALF_OPEN])
def test_a_strike_ends_a_connection_on_which_nothing_moves(
    bench: Bench, kind: Kind
) -> None:
    talk(bench.stand())
    assert not bench.proxy.strike(Fault(kind), role="GET")
    assert bench.proxy.strike(Fault(kind), role="POST")
    assert bench.proxy.happened() == {kind: 1}


def test_a_service_that_is_not_there_is_a_reset(bench: Bench) -> None:
    with RawServer() as server:
        port = server.port
    with Proxy(port) as proxy:
        address = ("127.0.0.1", proxy.port)
        # The reset may come as soon as there is a connection.
        with pytest.raises(ConnectionResetError):
            with socket.create_connection(address, LIMIT) as client:
                client.recv(1)
