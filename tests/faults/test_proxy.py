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

    def stand(self, *scripts: Script, faults: tuple[Fault, ...] = ()) -> socket.socket:
        """Start server and proxy; connect a client that meets the faults."""
        server = self._stack.enter_context(RawServer(*scripts))
        self.proxy = self._stack.enter_context(Proxy(server.port, faults))
        return self.client()

    def client(self) -> socket.socket:
        address = ("127.0.0.1", self.proxy.port)
        return self._stack.enter_context(socket.create_connection(address, LIMIT))


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack)


def read(client: socket.socket, size: int) -> bytes:
    """Read so many bytes, or up to the end of the stream."""
    data = b""
    while len(data) < size and (more := client.recv(size - len(data))):
        data += more
    return data


def test_bytes_pass_both_ways(bench: Bench) -> None:
    client = bench.stand(echo)
    client.sendall(HELLO)
    assert read(client, len(HELLO)) == HELLO
    assert not bench.proxy.happened()


def test_the_end_of_one_side_is_the_end_of_the_other(bench: Bench) -> None:
    client = bench.stand(lambda peer: peer.send(b"bye"))
    assert read(client, 4) == b"bye"


def test_a_client_that_leaves_leaves_nothing_behind(bench: Bench) -> None:
    client = bench.stand(echo, echo)
    client.close()
    other = bench.client()
    other.sendall(HELLO)
    assert read(other, len(HELLO)) == HELLO
    deadline = time.monotonic() + LIMIT
    while bench.proxy.connections() > 1 and time.monotonic() < deadline:
        other.sendall(HELLO)
        assert read(other, len(HELLO)) == HELLO
    assert bench.proxy.connections() == 1


def test_a_delay_holds_what_follows(bench: Bench) -> None:
    client = bench.stand(echo, faults=(Fault(Kind.DELAY, after=4, seconds=0.05),))
    started = time.monotonic()
    client.sendall(HELLO)
    assert read(client, 4) == HELLO[:4]
    assert read(client, len(HELLO) - 4) == HELLO[4:]
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize("direction", Direction)
def test_a_stall_lets_nothing_more_through(bench: Bench, direction: Direction) -> None:
    client = bench.stand(echo, echo, faults=(Fault(Kind.STALL, direction, after=4),))
    client.sendall(HELLO)
    assert read(client, 4) == HELLO[:4]
    # What another connection brings is the mark that nothing more came.
    other = bench.client()
    other.sendall(HELLO)
    read(other, len(HELLO))
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_a_cut_is_an_end_in_the_middle(bench: Bench) -> None:
    client = bench.stand(echo, faults=(Fault(Kind.CUT, after=6),))
    client.sendall(HELLO)
    assert read(client, len(HELLO)) == HELLO[:6]


def test_a_reset_is_a_reset(bench: Bench) -> None:
    client = bench.stand(echo, faults=(Fault(Kind.RESET, after=6),))
    client.sendall(HELLO)
    with pytest.raises(ConnectionResetError):
        read(client, len(HELLO))


def test_a_half_open_connection_says_nothing_of_the_server_s_end(
    bench: Bench,
) -> None:
    fault = Fault(Kind.HALF_OPEN, Direction.UP, after=6)
    client = bench.stand(echo, echo, faults=(fault,))
    client.sendall(HELLO)
    other = bench.client()
    other.sendall(HELLO)
    read(other, len(HELLO))
    client.sendall(b"still there?")
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_corrupt_bytes_are_wrong_ones(bench: Bench) -> None:
    client = bench.stand(echo, faults=(Fault(Kind.CORRUPT, after=2, size=3),))
    client.sendall(HELLO)
    assert read(client, len(HELLO)) == HELLO[:2] + b"\xff\xff\xff" + HELLO[5:]


def test_a_throttle_lets_all_through_over_time(bench: Bench) -> None:
    fault = Fault(Kind.THROTTLE, size=len(HELLO), seconds=0.05)
    client = bench.stand(echo, faults=(fault,))
    started = time.monotonic()
    client.sendall(HELLO)
    assert read(client, len(HELLO)) == HELLO
    assert time.monotonic() - started >= 0.04


def test_reordered_bytes_come_after_another_connection_s(bench: Bench) -> None:
    fault = Fault(Kind.REORDER, seconds=LIMIT)
    client = bench.stand(echo, echo, faults=(fault,))
    client.sendall(HELLO)
    other = bench.client()
    deadline = time.monotonic() + LIMIT
    # The first time it may have been faster than what shall be held.
    while not bench.proxy.happened() and time.monotonic() < deadline:
        other.sendall(HELLO)
        assert read(other, len(HELLO)) == HELLO
    client.settimeout(LIMIT)
    assert read(client, len(HELLO)) == HELLO
    assert bench.proxy.happened() == {Kind.REORDER: 1}


def test_refused_means_that_nobody_listens_for_a_while(bench: Bench) -> None:
    client = bench.stand(echo, echo)
    client.sendall(HELLO)
    read(client, len(HELLO))
    bench.proxy.strike(Fault(Kind.REFUSE, seconds=0.5))
    with pytest.raises(ConnectionRefusedError):
        bench.client()
    client.sendall(HELLO)
    assert read(client, len(HELLO)) == HELLO, "who is connected stays"
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            other = bench.client()
            break
        except ConnectionRefusedError:
            continue
    other.sendall(HELLO)
    assert read(other, len(HELLO)) == HELLO


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.RESET, Kind.HALF_OPEN])
def test_a_strike_ends_a_connection_on_which_nothing_moves(
    bench: Bench, kind: Kind
) -> None:
    client = bench.stand(echo)
    client.sendall(HELLO)
    read(client, len(HELLO))
    assert bench.proxy.strike(Fault(kind), role="POST")
    assert bench.proxy.happened() == {kind: 1}


def test_a_strike_needs_a_connection_of_that_role(bench: Bench) -> None:
    client = bench.stand(echo)
    client.sendall(HELLO)
    read(client, len(HELLO))
    assert not bench.proxy.strike(Fault(Kind.CUT), role="GET")


def test_a_service_that_is_not_there_is_a_reset(bench: Bench) -> None:
    with RawServer() as server:
        port = server.port
    with Proxy(port) as proxy:
        address = ("127.0.0.1", proxy.port)
        # The reset may come as soon as there is a connection.
        with pytest.raises(ConnectionResetError):
            with socket.create_connection(address, LIMIT) as client:
                client.recv(1)
