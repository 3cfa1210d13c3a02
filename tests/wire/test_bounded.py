"""A socket that is read within bounds."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from taskrouter_sync.wire.bounded import BoundedSocket, TooMuch

from ..support.collector import LIMIT


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


Pair = tuple[socket.socket, socket.socket]


def test_it_gives_what_comes(pair: Pair) -> None:
    near, far = pair
    bounded = BoundedSocket(near, LIMIT, 100)
    far.sendall(b"hello")
    assert bounded.recv(100) == b"hello"
    assert bounded.send(b"hi") == 2
    assert far.recv(100) == b"hi"


def test_it_gives_no_more_than_is_allowed(pair: Pair) -> None:
    near, far = pair
    bounded = BoundedSocket(near, LIMIT, 3)
    far.sendall(b"hello")
    assert bounded.recv(100) == b"hel"
    with pytest.raises(TooMuch):
        bounded.recv(1)


def test_silence_ends_with_the_deadline(pair: Pair) -> None:
    with pytest.raises(TimeoutError):
        BoundedSocket(pair[0], 0.01, 100).recv(1)


def test_after_the_deadline_nothing_is_read_any_more(pair: Pair) -> None:
    near, far = pair
    far.sendall(b"hello")
    with pytest.raises(TimeoutError):
        BoundedSocket(near, 0.0, 100).recv(1)


def test_a_new_allowance_counts_from_now(pair: Pair) -> None:
    near, far = pair
    bounded = BoundedSocket(near, 0.0, 0)
    far.sendall(b"hello")
    bounded.allow(LIMIT, 5)
    assert bounded.recv(100) == b"hello"


def test_the_end_of_the_stream_is_nothing(pair: Pair) -> None:
    near, far = pair
    far.close()
    assert BoundedSocket(near, LIMIT, 100).recv(1) == b""
