"""The socket's thread: what its listener is told; see `clients/test_connections.py`."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from taskrouter_sync.connection import Connection, Ending, Target
from taskrouter_sync.errors import HttpError, TaskRouterError
from taskrouter_sync.network import Route
from taskrouter_sync.timing import Timing
from taskrouter_sync.tokens import Secret

from ..support.raw_server import Peer, RawServer, Script


LOG = logging.LoggerAdapter(logging.getLogger("tests.wire"))


class Follower:
    """Notes what a connection tells; stands for a client."""

    def __init__(self, url: str) -> None:
        self._url = Secret(f"ws{url.removeprefix('http')}/x")
        self._told: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def expect(self, name: str, timeout: float = 5.0) -> Any:
        """Wait for this; gives what came with it."""
        while True:
            found, value = self._told.get(timeout=timeout)
            if found == name:
                return value

    def _target(self) -> Target:
        self._told.put(("target", None))
        return self._url, Route(None, None)

    def _on_open(self) -> None:
        self._told.put(("open", None))

    def _on_message(self, data: bytes) -> None:
        self._told.put(("message", data))

    def _on_close(self, ending: Ending) -> None:
        self._told.put(("close", ending))

    def _on_error(self, error: TaskRouterError) -> None:
        self._told.put(("error", error))


@contextmanager
def connected(*scripts: Script) -> Iterator[tuple[Connection, Follower]]:
    with RawServer(*scripts) as server:
        follower = Follower(server.url)
        timing = Timing(backoff=0.0, heartbeat=60.0)
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


def test_it_tells_how_it_ended() -> None:
    with connected(leave, stay) as (connection, follower):
        assert follower.expect("close") == Ending(4001, "bye", lost=True)
        follower.expect("message")
        connection.disconnect()
        assert follower.expect("close") == Ending(lost=False)


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
