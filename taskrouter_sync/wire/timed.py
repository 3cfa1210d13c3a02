"""HTTP connections whose requests are one packet, and answers whole in time.

A time limit for each read alone would be no limit for a server that drips.
Part of requester.py's business: what it needs of requests and urllib3.
"""

from __future__ import annotations

import errno
import http.client
import io
import os
import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline."""

    def __init__(self, raw: io.RawIOBase, tcp: socket.socket, seconds: float) -> None:
        """Begin; these are the seconds that the socket's own limit is just now."""
        self._raw = raw
        self._tcp = tcp
        self._deadline = time.monotonic() + seconds
        self._has_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if self._has_begun:
            self._tcp.settimeout(remaining)
        self._has_begun = True
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer; the time limit of its socket is that of head and body together."""

    def __init__(self, sock: socket.socket, *args: Any, **keywords: Any) -> None:
        super().__init__(sock, *args, **keywords)
        seconds = sock.gettimeout()
        if seconds is not None and isinstance(self.fp, io.BufferedReader):
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_Reader(raw, sock, seconds))

    def begin(self) -> None:
        super().begin()
        # urllib3 refuses several lengths too, but would leave the answer open.
        if "," in (self.headers.get("Content-Length") or ""):
            raise http.client.HTTPException("several lengths")


class _AtOnce(HTTPConnection):
    """Sends head and body together: two packets would be twice the work."""

    response_class = _Response
    _held: list[Any] | None = None

    def request(self, *args: Any, **keywords: Any) -> None:
        self._held = []
        try:
            super().request(*args, **keywords)
        finally:
            held, self._held = self._held, None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _AtOnceSecure(_AtOnce, HTTPSConnection):
    """The same, over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _AtOnce


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _AtOnceSecure


_POOLS = {"http": _Pool, "https": _SecurePool}


class TimedAdapter(HTTPAdapter):
    """What makes the connections, as requests would."""

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **keywords)
        # One for SOCKS has connections of its own, with a time limit for each read.
        if isinstance(manager, ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        return manager
