"""The way to a service: names, a proxy's tunnel, TLS, and what time it is there.

Goes as the clients go, one step at a time; may use the wire.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from ..properties import date_value
from ..wire.requester import Requester
from ..wire.tunnel import Proxy, dig


# Seconds for each step.
LIMIT = 5.0


@dataclass(frozen=True)
class Route:
    """How this machine gets to a service.

    Attributes:
        host, port: the service's.
        secure: whether it is https.
        proxy: on the way, if the environment names one.
        ca_bundle: path of the certificates to trust.
    """

    host: str
    port: int
    secure: bool
    proxy: Proxy | None
    ca_bundle: str | None

    @classmethod
    def to(cls, url: str) -> Route:
        """Read it from a URL of http or https, and from the environment.

        Raises:
            ValueError: the proxy can't be used.
        """
        requester = Requester()
        try:
            endpoint = requester.endpoint(url)
        finally:
            requester.close()
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        proxy = Proxy.of(endpoint.proxy_url) if endpoint.proxy_url else None
        port = parts.port or (443 if secure else 80)
        return cls(parts.hostname or "", port, secure, proxy, endpoint.ca_bundle)

    @property
    def first(self) -> tuple[str, int]:
        """Whom this machine connects to: the proxy, or the service itself."""
        if self.proxy is None:
            return self.host, self.port
        return self.proxy.host, self.proxy.port


def addresses(route: Route) -> list[str]:
    """Look up the name of whom this machine connects to.

    Raises:
        OSError: it has no address.
    """
    found = socket.getaddrinfo(*route.first, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@contextmanager
def connected(route: Route) -> Iterator[socket.socket]:
    """Connect.

    Raises:
        OSError: no connection.
    """
    with socket.create_connection(route.first, LIMIT) as tcp:
        yield tcp


def tunnel(tcp: socket.socket, route: Route) -> None:
    """Go through the proxy, if there is one.

    Raises:
        TunnelRefused: it does not let us through.
        OSError, http.client.HTTPException: it is no proxy.
    """
    if route.proxy is not None:
        dig(tcp, route.proxy, route.host, route.port)


@contextmanager
def secured(tcp: socket.socket, route: Route) -> Iterator[socket.socket]:
    """Shake hands for TLS, where the service wants it.

    Raises:
        ssl.SSLError: no secure connection; an OSError too.
    """
    if not route.secure:
        yield tcp
        return
    trusted = route.ca_bundle
    if trusted is not None and os.path.isdir(trusted):
        context = ssl.create_default_context(capath=trusted)
    else:
        context = ssl.create_default_context(cafile=trusted)
    with context.wrap_socket(tcp, server_hostname=route.host) as secure:
        yield secure


def clock(connection: socket.socket, route: Route) -> datetime | None:
    """Ask what time it is there; None if it does not say.

    Raises:
        OSError: it hung up.
    """
    with closing(http.client.HTTPConnection(route.host, route.port)) as asking:
        asking.sock = connection
        try:
            asking.request("HEAD", "/")
            with closing(asking.getresponse()) as answer:
                date = date_value(answer.headers.get("Date"))
        except http.client.HTTPException:
            return None  # it speaks something else: the handshake will tell
    return date if isinstance(date, datetime) else None
