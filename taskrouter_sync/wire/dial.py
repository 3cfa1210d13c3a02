"""A TCP connection whose making can be given up from another thread."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Iterator


# For one wait; DefaultSelector is made for many, and costs more system calls.
_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.DefaultSelector
)


class GivenUp(Exception):
    """Somebody called `give_up` while the connection was being made."""


class Dial:
    """One attempt to connect.

    `socket.create_connection` can't be woken portably; this one waits for the new
    socket and for a wake-up call at once. Looking up the name can't be interrupted.
    """

    def __init__(self) -> None:
        # Written to by give_up, from any thread; closed by the thread that dials.
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_sender.setblocking(False)

    def give_up(self) -> None:
        """Make `connect` raise GivenUp, now or when it is called."""
        try:
            self._wake_sender.send(b"x")
        except OSError:
            # It has ended meanwhile, or has been told already: nothing is left to wake.
            return

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect to the first address of `host` that answers.

        Args:
            host, port: where to.
            timeout: seconds, for all addresses together.

        Raises:
            OSError: no address answered; the last one's error.
            GivenUp: it was given up.
        """
        deadline = time.monotonic() + timeout
        failure: OSError = OSError(f"no address for {host}")
        try:
            for attempt in _addresses(host, port):
                try:
                    return self._connect(*attempt, deadline)
                except OSError as error:  # noqa: PERF203 - each address has its chance
                    failure = error
            raise failure
        finally:
            self._wake_receiver.close()
            self._wake_sender.close()

    def _connect(
        self, family: socket.AddressFamily, address: tuple[str, int], deadline: float
    ) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            code = sock.connect_ex(address)
            if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                raise OSError(code, os.strerror(code))
            self._await(sock, deadline)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(True)
        except BaseException:
            sock.close()
            raise
        return sock

    def _await(self, sock: socket.socket, deadline: float) -> None:
        with _Selector() as selector:
            selector.register(sock, selectors.EVENT_WRITE)
            selector.register(self._wake_receiver, selectors.EVENT_READ)
            ready = selector.select(max(0.0, deadline - time.monotonic()))
        woken = {key.fileobj for key, _ in ready}
        if self._wake_receiver in woken:
            raise GivenUp
        if not woken:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def _addresses(
    host: str, port: int
) -> Iterator[tuple[socket.AddressFamily, tuple[str, int]]]:
    for family, _, _, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        yield family, address  # type: ignore[misc] # IPv6 addresses are longer
