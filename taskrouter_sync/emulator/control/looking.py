"""Control: seeing what happens, and waiting for it, as in ``Emulator``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskrouter_sync.emulator.control import views
from taskrouter_sync.emulator.control.command import Command, Json
from taskrouter_sync.emulator.control.site import Site
from taskrouter_sync.emulator.fields import Choice, Field, Integer, Number, Text
from taskrouter_sync.emulator.journal import Request


_MANY = 1_000_000_000
_MOST_SECONDS = 60
_WAIT = 5.0

_AFTER = Field("after", Integer(0, _MANY), "only what has a higher number")
_CHANNEL = Field("channel", Text(), "WK…, WQ… or WS…", required=True)
_TIMEOUT = Field("timeout", Number(0, _MOST_SECONDS), "seconds; 5 by default")
_MATCH = (
    Field("method", Choice(("GET", "POST", "DELETE")), "only requests of it"),
    Field("url", Text(), "only requests with this in their URL"),
    _AFTER,
)


def _state(site: Site, given: dict[str, Any]) -> Json:
    return site.views.state()


def _events(site: Site, given: dict[str, Any]) -> Json:
    wanted = given.get("event_type")
    events = site.service.journal.events_after(given.get("after", 0))
    return {
        "events": [
            site.views.event(number, event)
            for number, event in events
            if wanted in (None, event.event_type)
        ]
    }


def _matching(
    site: Site, after: int = 0, method: str | None = None, url: str = "", **_: object
) -> list[tuple[int, Request]]:
    return [
        (number, entry)
        for number, entry in site.service.journal.requests_after(after)
        if method in (None, entry.method) and url in entry.url
    ]


def _requests(site: Site, given: dict[str, Any]) -> Json:
    return {"requests": [views.request(*entry) for entry in _matching(site, **given)]}


async def _wait_for_requests(site: Site, given: dict[str, Any]) -> Json:
    count = given.get("count", 1)
    await site.changes.until(
        lambda: len(_matching(site, **given)) >= count,
        given.get("timeout", _WAIT),
        f"{count} requests",
    )
    return _requests(site, given)


def _connections(site: Site, given: dict[str, Any]) -> Json:
    return {"connections": site.views.connections()}


async def _wait_for_connections(site: Site, given: dict[str, Any]) -> Json:
    channel, count = given["channel"], given["count"]
    await site.changes.until(
        lambda: site.service.journal.connections(channel) == count,
        given.get("timeout", _WAIT),
        f"{count} sockets of {channel}",
    )
    return _connections(site, {})


def _calls(site: Site, given: dict[str, Any]) -> Json:
    return {"calls": [views.call(each) for each in site.emulator.calls]}


LOOKING: Sequence[Command] = (
    Command(
        "GET",
        "/state",
        "Show workspaces, workers, task queues, live reservations and statistics.",
        _state,
    ),
    Command(
        "GET",
        "/events",
        "List the service's events, oldest first.",
        _events,
        (Field("event_type", Text(), "only events of it"), _AFTER),
    ),
    Command(
        "GET",
        "/requests",
        "List the requests that arrived: REST, event bridge, and WebSocket upgrades.",
        _requests,
        _MATCH,
    ),
    Command(
        "GET",
        "/requests/wait",
        "List the matching requests once there are enough; 504 if it takes long.",
        _wait_for_requests,
        (
            Field("count", Integer(1, _MANY), "at least how many; 1 by default"),
            *_MATCH,
            _TIMEOUT,
        ),
    ),
    Command(
        "GET",
        "/connections",
        "Count the open sockets by channel.",
        _connections,
    ),
    Command(
        "GET",
        "/connections/wait",
        "Count the open sockets once a channel has so many; 504 if it takes long.",
        _wait_for_connections,
        (
            _CHANNEL,
            Field("count", Integer(0, _MANY), "exactly how many", required=True),
            _TIMEOUT,
        ),
    ),
    Command("GET", "/calls", "List the calls that instructions made.", _calls),
)
