"""What tests need of the SDK's inside: all of it is named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import fetcher, http, session, sync
from taskrouter_sync.timing import Timing
from taskrouter_sync.tokens import EXPIRY_MARGIN


__all__ = ["EXPIRY_MARGIN", "FETCH_THREADS", "Timing"]

# How many requests for the details of events are under way at once.
FETCH_THREADS = fetcher.MAX_THREADS


def timing(
    *,
    answer: float | None = None,
    connect: float | None = None,
    silence: float | None = None,
    events: int | None = None,
    patience: float | None = None,
    renewal: float | None = None,
) -> Timing:
    """Make the time limits of a client: the usual ones, but for these."""
    changes = {
        "response": answer,
        "fetch": answer,
        "connect": connect,
        "handshake": connect,
        "heartbeat": silence,
        "max_events": events,
        "pause": patience,
        "renewal": renewal,
    }
    return Timing(**{name: each for name, each in changes.items() if each is not None})


def set_pauses(
    monkeypatch: pytest.MonkeyPatch, seconds: float | Callable[[int], float]
) -> None:
    """Say how long every client waits before an attempt, by its number."""
    wait = seconds if callable(seconds) else lambda attempt: seconds
    monkeypatch.setattr(Timing, "delay", lambda timing, attempt: wait(attempt))


def limit_pauses(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let no client wait longer than this before an attempt."""
    draw = Timing.delay
    monkeypatch.setattr(
        Timing, "delay", lambda timing, attempt: min(seconds, draw(timing, attempt))
    )


def set_renewal(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Say when a token provider that failed is asked again."""
    set_pauses(monkeypatch, seconds)


def limit_queue(
    monkeypatch: pytest.MonkeyPatch, events: int, patience: float | None = None
) -> None:
    """Say how many events may wait, and how long reading waits for room."""
    defaults = {"max_events": events}
    if patience is not None:
        defaults["pause"] = patience
    values = Timing()._replace(**defaults)
    monkeypatch.setattr(Timing.__new__, "__defaults__", tuple(values))


def limit_response(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Say how large a response may be."""
    monkeypatch.setattr(http, "_LARGEST_BODY", size)


def limit_pages(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Say how many pages of reservations are read after a reconnect."""
    monkeypatch.setattr(session, "_MAX_PAGES", pages)


def limit_memory(monkeypatch: pytest.MonkeyPatch, reservations: int) -> None:
    """Say how many finished reservations are remembered that the service forgot."""
    monkeypatch.setattr(sync, "MAX_UNLISTED", reservations)


def show(client: Any, properties: dict[str, Any]) -> None:
    """Let a client show these properties, as a response would."""
    client._apply(properties)


def url_of(resource: Any) -> str:
    """Tell where the requests of a resource go, which is no property of it."""
    url: str = resource._url
    return url


def locks_of(client: str) -> str:
    """Name the locks of a client that a fork must find usable; for a program's text."""
    names = (
        "_changed",
        "_dispatcher._room",
        "_reservations._lock",
        "_session._provider_done",
    )
    return ", ".join(f"{client}.{name}" for name in names)


# Modules whose objects must be gone when all clients are closed; but for the limits,
# which are shared.
LASTING = (
    "taskrouter_sync.client",
    "taskrouter_sync.connection",
    "taskrouter_sync.dispatcher",
    "taskrouter_sync.session",
    "taskrouter_sync.sync",
    "taskrouter_sync.transport",
    "taskrouter_sync.worker",
)
TIME_LIMITS = Timing
