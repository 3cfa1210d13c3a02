"""The socket's thread: when it connects, backs off and rests."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from taskrouter_sync.connection import Connection, Ending, Target
from taskrouter_sync.errors import HttpError, TaskRouterError
from taskrouter_sync.network import Route
from taskrouter_sync.timing import Timing
from taskrouter_sync.tokens import Secret

from ..support.collector import wait
from ..support.raw_server import Peer, RawServer, Script


LOG = logging.LoggerAdapter(logging.getLogger("tests.wire"))


class Follower:
    """Notes what a connection tells; stands for a client."""

    def __init__(self, url: str, drops: bool) -> None:
        self.url: str | None = url
        self.drops = drops
        self._told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def expect(self, name: str, timeout: float = 5.0) -> Any:
        """Wait for this; gives what came with it."""
        while True:
            found, value = self._told.get(timeout=timeout)
            if found == name:
                return value

    def _target(self) -> Target | None:
        self._told.put(("target", self.url))
        if self.url is None:
            return None
        return Secret(f"ws{self.url.removeprefix('http')}/x"), Route(None, None)

    def _on_open(self) -> None:
        self._told.put(("open", None))

    def _on_message(self, data: bytes) -> bool:
        self._told.put(("message", data))
        return not self.drops

    def _on_close(self, ending: Ending) -> None:
        self._told.put(("close", ending))

    def _on_error(self, error: TaskRouterError) -> None:
        self._told.put(("error", error))


@contextmanager
def connected(
    *scripts: Script, drops: bool = False, **limits: Any
) -> Iterator[tuple[Connection, Follower]]:
    with RawServer(*scripts) as server:
        follower = Follower(server.url, drops)
        timing = Timing(**{"backoff": 0.0, "heartbeat": 5.0, **limits})
        connection = Connection("taskrouter-socket-x", follower, timing, LOG)
        connection.start()
        try:
            yield connection, follower
        finally:
            connection.close()
            connection.join(5)


def stay(peer: Peer) -> None:
    peer.upgrade()
    peer.event("hello")
    peer.until_gone()


def leave(peer: Peer) -> None:
    peer.upgrade()
    peer.close_frame(4001, "bye")


def busy(peer: Peer) -> None:
    peer.read_head()
    peer.answer(503)


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ([stay], ["open", "message"]),
        ([busy, stay], ["error", "close", "target", "open", "message"]),
        ([leave, busy, stay], ["open", "close", "error", "close", "open", "message"]),
        ([Peer.cut, leave, stay], ["error", "close", "open", "close", "open"]),
    ],
)
def test_it_connects_again_until_it_is_connected(
    scripts: list[Script], told: list[str]
) -> None:
    with connected(*scripts) as (_, follower):
        for each in told:
            follower.expect(each)


def test_it_tells_how_it_ended() -> None:
    with connected(leave, stay) as (connection, follower):
        assert follower.expect("close") == Ending(4001, "bye", lost=True)
        follower.expect("message")
        connection.disconnect()
        assert follower.expect("close") == Ending(lost=False)


def test_a_connection_that_is_dropped_is_made_again() -> None:
    with connected(stay, stay, drops=True) as (_, follower):
        follower.expect("close")
        follower.drops = False
        follower.expect("message")


@pytest.mark.parametrize("act", [Connection.connect, Connection.retry])
def test_with_nothing_to_try_it_rests(act: Callable[[Connection], None]) -> None:
    may_leave = threading.Event()

    def leave_later(peer: Peer) -> None:
        peer.upgrade()
        wait(may_leave, "the test's word")
        peer.close_frame(4001, "bye")

    with connected(leave_later, stay) as (connection, follower):
        follower.expect("open")
        follower.url, url = None, follower.url
        may_leave.set()
        follower.expect("close")
        assert follower.expect("target") is None
        with pytest.raises(queue.Empty):
            follower.expect("target", timeout=0.2)
        follower.url = url
        act(connection)
        follower.expect("message")


def test_short_connections_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until one of them is taken for a good one."""
    drawn: queue.SimpleQueue[int] = queue.SimpleQueue()

    def delay(_: Timing, attempt: int) -> float:
        drawn.put(attempt)
        return 0.0

    monkeypatch.setattr(Timing, "delay", delay)
    with connected(leave, leave, leave, stay) as (connection, follower):
        assert [drawn.get(timeout=5) for _ in range(3)] == [1, 2, 3]
        follower.expect("message")
        connection.succeeded()
        connection.drop()
        assert drawn.get(timeout=5) == 1


@pytest.mark.parametrize("is_whole", [True, False])
def test_retry_after_is_waited_for(is_whole: bool) -> None:
    def ask_for_a_minute(peer: Peer) -> None:
        peer.read_head()
        if is_whole:
            peer.answer(503, headers=[("Retry-After", "60")])
        else:
            peer.send(
                b"HTTP/1.1 503 x\r\nRetry-After: 60\r\nContent-Length: 9\r\n\r\n{}"
            )

    with connected(ask_for_a_minute, stay) as (connection, follower):
        error = follower.expect("error")
        assert isinstance(error, HttpError)
        follower.expect("close")
        with pytest.raises(queue.Empty):
            follower.expect("target", timeout=0.2)
        connection.retry()
        follower.expect("message")


def test_disconnect_and_connect_in_any_order() -> None:
    with connected(*[stay] * 9) as (connection, follower):
        for _ in range(4):
            follower.expect("message")
            connection.disconnect()
            connection.connect()
        follower.expect("message")
        connection.disconnect()
        follower.expect("close")
        with pytest.raises(queue.Empty):
            follower.expect("target", timeout=0.2)
