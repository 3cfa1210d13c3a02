"""A connected socket, read within bounds: so long at most, and so much at most."""

from __future__ import annotations

import errno
import os
import socket
import time

from .whole_text import whole_text


class TooMuch(OSError):
    """The peer says more than it may at once."""


# Bytes that are asked for at once. Each time that goes to the socket another thread
# gets its turn, and two that take turns are slow; but an idle connection should not
# take the memory of a busy one.
_AT_FIRST = 8192
_AT_ONCE = 65536


class BoundedSocket:
    """Reads from a socket until a deadline, and only so many bytes.

    A time limit for each `recv` alone would be no limit for a peer that drips.
    """

    def __init__(self, tcp: socket.socket, seconds: float, size: int) -> None:
        self._tcp = tcp
        # Read ahead, and how far it has been given out.
        self._ahead = b""
        self._given = 0
        self._ask = _AT_FIRST
        self.allow(seconds, size)

    def allow(self, seconds: float, size: int) -> None:
        """Start over: what comes next has so many seconds from now, and bytes."""
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._left = size
        self._has_begun = False

    def recv(self, size: int) -> bytes:
        """Receive some bytes, as a socket does.

        Raises:
            TimeoutError: the deadline has passed.
            TooMuch: all bytes that were allowed have come.
            OSError: as a socket.
        """
        if self._left <= 0:
            raise TooMuch(errno.EMSGSIZE, "the service says more than it may at once")
        if self._given == len(self._ahead):
            remaining = self._deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            # A system call, and a turn for another thread: not where it is so already.
            seconds = remaining if self._has_begun else self._seconds
            if self._tcp.gettimeout() != seconds:
                self._tcp.settimeout(seconds)
            self._has_begun = True
            self._ahead, self._given = self._tcp.recv(self._ask), 0
            full = len(self._ahead) == self._ask
            self._ask = _AT_ONCE if full else _AT_FIRST
        data = self._ahead[self._given : self._given + min(size, self._left)]
        self._given += len(data)
        self._left -= len(data)
        return data

    def whole_text(self) -> tuple[int, int] | None:
        """Find the next frame's payload, if it is a whole text and here; for `take`."""
        return whole_text(self._ahead, self._given)

    def take(self, begin: int, end: int) -> bytes:
        """Read what `whole_text` has found: it needs no bounds any more."""
        self._given = end
        return self._ahead[begin:end]

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
