"""Checks the connection to a service in steps: proxy, DNS, TCP, tunnel, TLS, clock.

Connects like the clients, but only with the standard library, so that it can report on
each step. Never quotes a password or anything that a peer has sent.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy

from ..network import Proxy, is_proxy, proxy_trouble
from .terminal import plain
from .token_checks import Finding, ok, wrong


# Seconds for each step.
_LIMIT = 5.0
# Clocks this far apart, in seconds, make tokens valid too early or too late.
_SKEW = 30.0

_CORRECT_PROXY = "correct it, or add this service to NO_PROXY"
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Place:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return plain(f"{host}:{self.port}")


def check(url: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Check the connection to a valid http or https URL, up to the first failure.

    The environment specifies the proxies and the certificates.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    service = Place(parts.hostname or "", parts.port or (443 if secure else 80))
    settings = _settings(url)
    try:
        proxy = proxy_of(url, environment)
    except ValueError as error:
        yield wrong("proxy", str(error), _CORRECT_PROXY)
        return
    first = service if proxy is None else Place(proxy.host, proxy.port)
    reached = True
    for finding in _check_first(first):
        reached = reached and finding.verdict != "wrong"
        yield finding
    if reached:
        context = _trusted(settings["verify"], environment) if secure else None
        if isinstance(context, Finding):
            yield context
        else:
            yield from _check_http(service, first, proxy, context)


def proxy_of(url: str, environment: Mapping[str, str]) -> Proxy | None:
    """Find the proxy on the way to a service.

    Raises:
        ValueError: it can't be used; names the variable, and quotes nothing.
    """
    found = select_proxy(url, _settings(url)["proxies"])
    if not found:
        return None
    if not is_proxy(found):
        trouble = (
            "is not a valid URL (in a user name or password, write # as %23, "
            "/ as %2F and @ as %40)"
        )
    elif proxy_trouble(found, for_events=True):
        trouble = (
            "is not an http:// proxy, the only kind that works for the event bridge"
        )
    else:
        return Proxy(found)
    for name, value in environment.items():
        # The library puts a scheme before a URL that has none.
        if name.lower().endswith("_proxy") and value and found.endswith(value):
            raise ValueError(f"{name} {trouble}")
    raise ValueError(f"the proxy in this machine's settings {trouble}")


def _settings(url: str) -> Mapping[str, Any]:
    """Ask what clients ask of the environment, by the library that they ask."""
    with requests.Session() as session:
        found: Mapping[str, Any] = session.merge_environment_settings(
            url, {}, None, None, None
        )
    return found


def _check_first(place: Place) -> Iterator[Finding]:
    """Check that the proxy, or else the service, accepts a TCP connection."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a valid name"
        yield wrong(
            "DNS",
            f"{plain(place.host)} could not be resolved: {plain(reason)}",
            "check the host name, and this machine's DNS and network",
        )
        return
    addresses = dict.fromkeys(str(each[4][0]) for each in found)
    yield ok("DNS", f"{plain(place.host)} resolves to {', '.join(addresses)}")
    try:
        with socket.create_connection((place.host, place.port), _LIMIT):
            yield ok("TCP", f"connected to {place}")
    except OSError as error:
        reason = error.strerror or "timed out"
        yield wrong(
            "TCP",
            f"can't connect to {place}: {plain(reason)}",
            "check that the service is running and that no firewall blocks the "
            "connection",
        )


def _trusted(
    verify: object, environment: Mapping[str, str]
) -> ssl.SSLContext | Finding:
    """Load the CA certificates; return a finding if they can't be read."""
    bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
    name = next((each for each in _CA_VARIABLES if environment.get(each)), "")
    try:
        if os.path.isdir(bundle):
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:  # ssl.SSLError is one, for a file without certificates
        reason = error.strerror or "it contains no certificate"
        found = f"the certificates in {plain(bundle)} can't be read: {plain(reason)}"
        advice = f"correct or unset {name}" if name else "reinstall certifi"
        return wrong("TLS", found, advice)


def _check_http(
    service: Place, first: Place, proxy: Proxy | None, context: ssl.SSLContext | None
) -> Iterator[Finding]:
    """Check the proxy's tunnel, TLS, and the difference of the clocks."""
    if context is None:
        connection = http.client.HTTPConnection(first.host, first.port, timeout=_LIMIT)
    else:
        connection = http.client.HTTPSConnection(
            first.host, first.port, timeout=_LIMIT, context=context
        )
    with closing(connection):
        if proxy is not None:
            # Clients use a tunnel also where the service is not secure.
            connection.set_tunnel(service.host, service.port, proxy.headers())
        try:
            connection.connect()
        except ssl.SSLError as error:
            yield wrong(
                "TLS",
                f"no secure connection: {plain(error.reason or 'handshake failed')}",
                "behind a proxy that inspects TLS, set REQUESTS_CA_BUNDLE to a file "
                "that also contains the proxy's certificate",
            )
            return
        except (OSError, http.client.HTTPException) as error:
            yield _no_connection(error, service, first)
            return
        if proxy is not None:
            yield ok("proxy", f"connected through {first} to {service}")
        if isinstance(connection.sock, ssl.SSLSocket):
            yield ok("TLS", connection.sock.version() or "")
        yield from _check_clock(connection)


def _no_connection(error: Exception, service: Place, first: Place) -> Finding:
    if first is service:
        return wrong(
            "TLS",
            f"{service} closed the connection",
            "use http:// if the service does not support TLS",
        )
    # Of what the proxy answered only the status: the rest may quote what it was sent.
    status = re.search(r": (\d{3})\b", str(error))
    answer = "did not respond in HTTP"
    if status:
        answer = f"answered {status[1]}"
        if int(status[1]) in [each.value for each in HTTPStatus]:
            answer = f"{answer} {HTTPStatus(int(status[1])).phrase}"
    return wrong(
        "proxy",
        f"no tunnel through {first}: it {answer}",
        f"it must allow CONNECT to {service}; or add this service to NO_PROXY",
    )


def _check_clock(connection: http.client.HTTPConnection) -> Iterator[Finding]:
    """Compare this machine's clock with the service's, if its response has a date."""
    try:
        connection.request("HEAD", "/")
        date = connection.getresponse().headers.get("Date")
        there = None if date is None else parsedate_to_datetime(date).timestamp()
    except (OSError, http.client.HTTPException, ValueError, OverflowError):
        return  # what no client sends may be refused: the handshake comes next
    if there is not None:
        yield compare_clocks(time.time(), there)


def compare_clocks(here: float, there: float) -> Finding:
    """Compare this machine's clock with the service's; both in epoch seconds. Pure."""
    if abs(here - there) <= _SKEW:
        return ok("clock", "this machine's clock agrees with the service's")
    direction = "ahead of" if here > there else "behind"
    return wrong(
        "clock",
        f"this machine's clock is {abs(here - there):.0f} s {direction} the service's",
        "synchronize it (NTP): the validity of tokens depends on it",
    )
