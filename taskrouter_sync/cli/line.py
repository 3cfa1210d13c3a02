"""The doctor's look at the line: names, TLS, clocks, the handshake, and `ready`."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

from .. import TaskQueue, TaskRouterError, Worker, Workspace
from ..errors import HttpError
from ..wire.tunnel import TunnelRefused
from . import network
from .credentials import Kind
from .findings import Finding, of_clocks, ok, wrong
from .network import Route


_CLIENTS: dict[str, type[Any]] = {
    "worker": Worker,
    "taskqueue": TaskQueue,
    "workspace": Workspace,
}
# Seconds until `ready` must have come.
_PATIENCE = 10.0


def look(
    kind: Kind, token: str, bases: tuple[str, str], debug: bool
) -> Iterator[Finding]:
    """Go to the service step by step, as far as it goes.

    Args:
        kind: of the client.
        token: for it.
        bases: of the REST API and the event bridge: where the service is.
        debug: whether the client tells its story on stderr.
    """
    api, event_bridge = bases
    yield ok("addresses", f"event bridge {event_bridge}, API {api}")
    reached = True
    for finding in way_to(event_bridge):
        reached = reached and finding.verdict != "wrong"
        yield finding
    if reached:
        yield from _of_the_client(kind, token, debug)


def way_to(url: str) -> Iterator[Finding]:
    """Look at the way to the service at a URL: name, proxy, TCP, TLS and clock."""
    try:
        route = Route.to(url)
    except ValueError as error:
        yield wrong("proxy", str(error), "set another, or NO_PROXY for this service")
        return
    first = route.first[0]
    try:
        found = network.addresses(route)
    except OSError as error:
        yield wrong(
            "DNS",
            f"{first} has no address: {error.strerror or error}",
            "check the name, and this machine's DNS and network",
        )
        return
    yield ok("DNS", f"{first} is {', '.join(found)}")
    try:
        with network.connected(route) as tcp:
            yield ok("TCP", f"connected to {_place(route.first)}")
            yield from _of_the_connection(tcp, route)
    except OSError as error:
        yield wrong(
            "TCP",
            f"no connection to {_place(route.first)}: {error.strerror or error}",
            "a firewall may be in the way; or is the service not running?",
        )


def _of_the_connection(tcp: socket.socket, route: Route) -> Iterator[Finding]:
    try:
        network.tunnel(tcp, route)
    except (TunnelRefused, OSError, HTTPException) as error:
        yield wrong(
            "proxy",
            f"{_place(route.first)} gives no tunnel: {error or type(error).__name__}",
            f"it must allow CONNECT to {_place((route.host, route.port))}; or set "
            "NO_PROXY for this service",
        )
        return
    if route.proxy is not None:
        yield ok("proxy", f"{_place(route.first)} leads to {route.host}")
    try:
        with network.secured(tcp, route) as connection:
            if isinstance(connection, ssl.SSLSocket):
                yield ok("TLS", connection.version() or "")
            there = network.clock(connection, route)
    except ssl.SSLError as error:
        yield wrong(
            "TLS",
            f"no secure connection: {error.reason or error}",
            f"trusted are the certificates of {route.ca_bundle}; behind an inspecting "
            "proxy set REQUESTS_CA_BUNDLE to a file with its certificate too",
        )
        return
    except OSError:
        return  # it hangs up on what no client asks: the handshake comes next
    if there is not None:
        yield from of_clocks(time.time(), there.timestamp())


def _place(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


def _of_the_client(kind: Kind, token: str, debug: bool) -> Iterator[Finding]:
    connected = threading.Event()
    began = time.monotonic()
    with _CLIENTS[kind.name](token, debug=debug, daemon=True) as client:
        client.on("connected", connected.set)
        trouble: TaskRouterError | None = None
        try:
            client.wait_until_ready(_PATIENCE)
        except TaskRouterError as error:
            trouble = error
        took = (time.monotonic() - began) * 1000
        # By the time of `ready`, or of what prevented it, it has been told.
        if trouble is None or connected.is_set():
            yield ok("handshake", "the event bridge has opened the WebSocket")
        if trouble is None:
            name = client.get("friendly_name") or client.sid
            yield ok("ready", f"{name}, after {took:.0f} ms")
            return
    what = "ready" if connected.is_set() else "handshake"
    yield wrong(what, str(trouble), _advice(trouble))


def _advice(trouble: TaskRouterError) -> str:
    status = trouble.status if isinstance(trouble, HttpError) else 0
    if status == 401:
        return (
            "the service does not know the token's signature, or it has expired: sign "
            "it with the account's present auth token"
        )
    if status == 403:
        return "the token is another account's, or lacks a policy: see above"
    if status == 404:
        return "is the sid in the token one of this account, and not deleted?"
    if status >= 500:
        return "the service has trouble of its own: try again, or see its status page"
    return "does something between here and the service keep WebSockets away?"
