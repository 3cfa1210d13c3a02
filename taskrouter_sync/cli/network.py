"""Whether a service can be reached: its name, TCP, TLS, and what time it has there."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ..properties import date_value


# Seconds for each step.
LIMIT = 5.0


@dataclass(frozen=True)
class Place:
    """Where a service is.

    Attributes:
        secure: whether it is https.
    """

    host: str
    port: int
    secure: bool

    @classmethod
    def of(cls, url: str) -> Place:
        """Read it from a URL of http or https."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        return cls(parts.hostname or "", parts.port or (443 if secure else 80), secure)


def addresses(place: Place) -> list[str]:
    """Look up a name.

    Raises:
        OSError: it has no address.
    """
    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def tls_version(place: Place, ca_bundle: str | None) -> str:
    """Connect, shake hands, and tell by which version; "" where it is plain http.

    Raises:
        ssl.SSLError: no secure connection; an OSError too.
        OSError: no connection.
    """
    with socket.create_connection((place.host, place.port), LIMIT) as tcp:
        if not place.secure:
            return ""
        context = ssl.create_default_context(cafile=ca_bundle)
        with context.wrap_socket(tcp, server_hostname=place.host) as secured:
            return secured.version() or ""


def clock(place: Place, ca_bundle: str | None) -> datetime | None:
    """Ask what time it is there; None if it does not say.

    Raises:
        OSError: no connection.
    """
    if place.secure:
        context = ssl.create_default_context(cafile=ca_bundle)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            place.host, place.port, timeout=LIMIT, context=context
        )
    else:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=LIMIT)
    try:
        connection.request("HEAD", "/")
        date = date_value(connection.getresponse().headers.get("Date"))
    except http.client.HTTPException:
        return None  # it speaks something else: the handshake will tell
    finally:
        connection.close()
    return date if isinstance(date, datetime) else None


def proxy(place: Place) -> str | None:
    """Name the proxy that requests to a place go through, if there is one."""
    scheme = "https" if place.secure else "http"
    found = getproxies().get(scheme) or getproxies().get("all")
    if not found or proxy_bypass(place.host):
        return None
    parts = urlsplit(found)
    # Without the password that it may hold.
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
