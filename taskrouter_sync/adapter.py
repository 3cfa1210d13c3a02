"""Connections for requests that read the head of a response as carefully as its body.

http.client waits for each byte anew, so that a head which drips in has no time limit,
and takes a 103 for the response itself: the next request would get its response.
"""

from __future__ import annotations

import errno
import io
import os
import time
from http.client import HTTPException, HTTPResponse, parse_headers
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


# Informational responses (1xx) before the response.
_MOST_INFORMATIONAL = 100


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline: its own time limit, from now on."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        self._raw = raw
        self._sock = sock
        limit = sock.gettimeout()
        self._deadline = None if limit is None else time.monotonic() + limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class BoundedResponse(HTTPResponse):
    """A response whose head ends in time, and is not an informational one's."""

    def __init__(self, sock: Any, *args: Any, **keywords: Any) -> None:
        super().__init__(sock, *args, **keywords)
        self.fp: Any = io.BufferedReader(_Reader(self.fp.detach(), sock))

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INFORMATIONAL):
            # The method that http.client itself calls until the status is not 100.
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if found[1] == 101 or not 100 <= found[1] < 200:
                return found
            parse_headers(self.fp)
        raise HTTPException("too many informational responses")


class _Connection(HTTPConnection):
    response_class = BoundedResponse


class _SecureConnection(HTTPSConnection):
    response_class = BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class Adapter(HTTPAdapter):
    """Sends requests through such connections, also to and through a proxy."""

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(*args, **keywords)
        manager.pool_classes_by_scheme = _POOLS
        return manager
