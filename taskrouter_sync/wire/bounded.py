"""A connected socket, read within bounds: so long at most, and so much at most."""

from __future__ import annotations

import errno
import os
import socket
import time


class TooMuch(OSError):
    """The peer says more than it may at once."""


class BoundedSocket:
    """Reads from a socket until a deadline, and only so many bytes.

    A time limit for each `recv` alone would be no limit for a peer that drips.
    """

    def __init__(self, tcp: socket.socket, seconds: float, size: int) -> None:
        self._tcp = tcp
        self.allow(seconds, size)

    def allow(self, seconds: float, size: int) -> None:
        """Start over: what comes next has so many seconds from now, and bytes."""
        self._deadline = time.monotonic() + seconds
        self._left = size

    def recv(self, size: int) -> bytes:
        """Receive some bytes, as a socket does.

        Raises:
            TimeoutError: the deadline has passed.
            TooMuch: all bytes that were allowed have come.
            OSError: as a socket.
        """
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if self._left <= 0:
            raise TooMuch(errno.EMSGSIZE, "the service says more than it may at once")
        self._tcp.settimeout(remaining)
        data = self._tcp.recv(min(size, self._left))
        self._left -= len(data)
        return data

    def send(self, data: bytes) -> int:
        return self._tcp.send(data)

    def gettimeout(self) -> float | None:
        return self._tcp.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        self._tcp.settimeout(seconds)

    def fileno(self) -> int:
        return self._tcp.fileno()

    def shutdown(self, how: int) -> None:
        self._tcp.shutdown(how)

    def close(self) -> None:
        self._tcp.close()
