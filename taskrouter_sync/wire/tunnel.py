"""A way through an HTTP proxy to the event bridge: the CONNECT of RFC 9110, 9.3.6."""

from __future__ import annotations

import base64
import http.client
import socket
from contextlib import closing
from http import HTTPStatus
from urllib.parse import unquote, urlsplit


class TunnelRefused(Exception):
    """The proxy gave no tunnel; the text says what it answered."""


class Proxy:
    """Where the proxy is, and what it wants to know of us."""

    # No dataclass: its repr would show the credentials.
    __slots__ = ("credentials", "host", "port")

    def __init__(self, host: str, port: int, credentials: str | None = None) -> None:
        self.host = host
        self.port = port
        self.credentials = credentials

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Read a proxy's URL as the environment gives it.

        Args:
            url: such as ``http://user:password@proxy.example:3128``.

        Raises:
            ValueError: it is no proxy that can be used; quotes no password.
        """
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(
                "the event bridge can be reached through proxies of http:// only, "
                f"not of {parts.scheme}://"
            )
        credentials = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credentials = base64.b64encode(pair.encode()).decode("ascii")
        return cls(parts.hostname, parts.port or 80, credentials)


def dig(tcp: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Make a connection to a proxy one to the host behind it.

    Args:
        tcp: connected to the proxy; its time limit holds.
        proxy: which one.
        host, port: where to go.

    Raises:
        TunnelRefused: the proxy does not let us through.
        OSError, http.client.HTTPException: it did not get that far.
    """
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = {"Host": target}
    if proxy.credentials is not None:
        headers["Proxy-Authorization"] = f"Basic {proxy.credentials}"
    with closing(http.client.HTTPConnection(proxy.host, proxy.port)) as connection:
        # A duplicate, as reading the answer closes what it was read from.
        connection.sock = tcp.dup()
        connection.request("CONNECT", target, headers=headers)
        with closing(connection.getresponse()) as answer:
            if not 200 <= answer.status < 300:
                raise TunnelRefused(_words(answer.status))


def _words(status: int) -> str:
    """Name the status in words of our own: a proxy's may quote what it was sent."""
    try:
        return f"the proxy answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"the proxy answered {status}"
