"""Making a TCP connection, and giving it up."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from taskrouter_sync.wire.dial import Dial, GivenUp

from ..support.collector import Background
from ..support.raw_server import RawServer, unused_port


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that takes no further connection: an attempt just waits."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def test_connect_gives_a_blocking_socket() -> None:
    with RawServer(lambda peer: peer.send(b"hello")) as server:
        with Dial().connect("127.0.0.1", server.port, 5.0) as made:
            assert made.getblocking()
            assert made.recv(5) == b"hello"


def test_a_name_is_looked_up() -> None:
    with RawServer(lambda peer: peer.send(b"hello")) as server:
        with Dial().connect("localhost", server.port, 5.0) as made:
            assert made.recv(5) == b"hello"


def test_a_refused_connection_raises_at_once() -> None:
    with pytest.raises(ConnectionRefusedError):
        Dial().connect("127.0.0.1", unused_port(), 5.0)


def test_no_answer_raises_when_time_is_up(full_port: int) -> None:
    with pytest.raises(TimeoutError) as caught:
        Dial().connect("127.0.0.1", full_port, 0.05)
    assert caught.value.errno == errno.ETIMEDOUT


def test_an_unknown_name_raises() -> None:
    with pytest.raises(socket.gaierror):
        Dial().connect("nowhere.invalid", 80, 5.0)


def test_give_up_ends_an_attempt_that_waits(full_port: int) -> None:
    dial = Dial()
    attempt = Background(lambda: dial.connect("127.0.0.1", full_port, 30.0))
    dial.give_up()
    with pytest.raises(GivenUp):
        attempt.result()


def test_give_up_before_connect_counts(full_port: int) -> None:
    dial = Dial()
    dial.give_up()
    with pytest.raises(GivenUp):
        dial.connect("127.0.0.1", full_port, 30.0)


def test_give_up_twice_does_no_harm(full_port: int) -> None:
    dial = Dial()
    dial.give_up()
    dial.give_up()
    with pytest.raises(GivenUp):
        dial.connect("127.0.0.1", full_port, 30.0)


def test_give_up_after_the_end_does_nothing() -> None:
    dial = Dial()
    with RawServer(lambda peer: peer.stall()) as server:
        with dial.connect("127.0.0.1", server.port, 5.0):
            dial.give_up()
