"""What becomes of connections when an emulator stops."""

from __future__ import annotations

import gc
import socket
from contextlib import closing
from urllib.parse import urlsplit

from taskrouter_sync.emulator import Emulator


def test_connections_that_came_last_are_closed() -> None:
    """Nobody has taken note of them yet: a socket left open would be a warning."""
    for _ in range(4):
        with Emulator() as emulator:
            address = "127.0.0.1", urlsplit(emulator.url).port or 0
            late = [socket.create_connection(address, 5.0) for _ in range(3)]
        for each in late:
            with closing(each):
                each.settimeout(5.0)
                assert hang_up(each)
    gc.collect()


def hang_up(connection: socket.socket) -> bool:
    """Wait until the other end is gone."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
