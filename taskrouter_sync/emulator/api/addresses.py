"""One name for every address of the service.

Owns: telling which URLs mean this service, and its canonical spelling of them.
Imports nothing but the standard library: URL text in, URL text out.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit


API = "https://taskrouter.twilio.com"
BRIDGE = "https://event-bridge.twilio.com"

CHANNELS = "/v1/wschannels"

# Also the regional ones, as event-bridge.ie1-ix.us1.twilio.com.
_TWILIO = re.compile(r"(taskrouter|event-bridge)(\.[a-z0-9-]+){0,2}\.twilio\.com")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Addresses:
    """The service's own addresses, and the canonical ones it answers to.

    Args:
        own: the emulator's address, such as ``http://127.0.0.1:8123``.
    """

    def __init__(self, own: str) -> None:
        parts = urlsplit(own)
        self._own_hosts = frozenset(
            {parts.netloc.lower(), *(f"{host}:{parts.port}" for host in _LOOPBACK)}
        )

    def has(self, host: str) -> bool:
        """Whether this host (and port) is the emulator."""
        return host.lower() in self._own_hosts

    def known_as(self, host: str) -> Addresses:
        """Give the addresses with one more host (and port) that a client uses."""
        copy = object.__new__(Addresses)
        copy._own_hosts = self._own_hosts | {host.lower()}
        return copy

    def canonical(self, url: str) -> str:
        """Give the URL as the service spells it: no query, no trailing slash.

        A URL of another host keeps its host, so it equals none of the service's.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            # Such as http://[::1 without its bracket: nobody's URL.
            return url
        host = parts.netloc.lower()
        # An encoded slash is part of a name, not a separator, and stays so.
        path = "/".join(
            unquote(step).replace("/", "%2F")
            for step in parts.path.rstrip("/").split("/")
        )
        twilio = _TWILIO.fullmatch(host)
        if twilio is not None:
            base = BRIDGE if twilio[1] == "event-bridge" else API
        elif host in self._own_hosts:
            base = BRIDGE if path.startswith(CHANNELS) else API
        else:
            base = f"{parts.scheme.lower()}://{host}"
        return base + path

    def api_path(self, url: str) -> str | None:
        """Give the path of a REST URL (``/v1/…``), None for any other URL."""
        canonical = self.canonical(url)
        return canonical[len(API) :] if canonical.startswith(f"{API}/") else None


def channel_url(account_sid: str, channel: str) -> str:
    """Give the canonical URL of a channel, as token policies name it."""
    return f"{BRIDGE}{CHANNELS}/{account_sid}/{channel}"


def query_pairs(url: str) -> list[tuple[str, str]]:
    """Give the query of the URL, decoded, in order, empty values kept."""
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []
