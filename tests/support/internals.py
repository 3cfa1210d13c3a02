"""What tests need of the SDK's inside and of the engine's: all of it is named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    client as client_module,
    fetcher,
    http,
    lifecycle,
    session,
    sync,
)
from taskrouter_sync.timing import Timing
from taskrouter_sync.tokens import EXPIRY_MARGIN


__all__ = ["EXPIRY_MARGIN", "FETCH_THREADS", "Timing"]

# How many requests for the details of events are under way at once.
FETCH_THREADS = fetcher.MAX_THREADS


def timing(
    *, answer: float = 15.0, connect: float = 5.0, heartbeat: float = 60.0
) -> Timing:
    """Make the time limits of a client: the usual ones, but for these."""
    return Timing(connect=connect, response=answer, heartbeat=heartbeat)


def set_pauses(
    monkeypatch: pytest.MonkeyPatch, seconds: float | Callable[[int], float]
) -> None:
    """Say how long every client waits before an attempt, by its number."""
    wait = seconds if callable(seconds) else lambda attempt: seconds
    monkeypatch.setattr(Timing, "delay", lambda timing, attempt: wait(attempt))


def limit_pauses(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let no client wait longer than this before an attempt."""
    delay = Timing.delay
    monkeypatch.setattr(
        Timing, "delay", lambda timing, attempt: min(seconds, delay(timing, attempt))
    )


def set_renewal(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Say when a token provider that failed is asked again."""
    set_pauses(monkeypatch, seconds)


def limit_last_request(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Say how long `close` waits for the last request of a client."""
    monkeypatch.setattr(client_module, "_LAST_REQUEST", seconds)


def limit_queue(
    monkeypatch: pytest.MonkeyPatch, events: int, patience: float = 5.0
) -> None:
    """Say how many events may wait, and how long reading waits for room."""
    limits = Timing(max_events=events, pause=patience)
    monkeypatch.setattr(client_module, "Timing", lambda: limits)


def limit_response(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Say how large a response may be."""
    monkeypatch.setattr(http, "_LARGEST_BODY", size)


def limit_pages(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Say how many pages of reservations are read after a reconnect."""
    monkeypatch.setattr(session, "_MAX_PAGES", pages)


def limit_memory(monkeypatch: pytest.MonkeyPatch, reservations: int) -> None:
    """Say how many finished reservations are remembered that the service forgot."""
    monkeypatch.setattr(sync, "MAX_UNLISTED", reservations)


def expect_no_late_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time be over at once in which the frame of a missed change may come."""
    monkeypatch.setattr(sync, "_LATE_FRAME", 0.0)


def show(client: Any, properties: dict[str, Any]) -> None:
    """Let a client show these properties, as a response would."""
    client._apply(properties)


def end_fetch_threads() -> None:
    """Let the fetch threads that wait for work end, as they do when it is long."""
    shared = lifecycle.lifecycle._fetcher
    assert shared is not None
    with shared._lock:
        shared._closed = True
        shared._changed.notify_all()
        threads = list(shared._threads)
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive(), f"{thread.name} still runs"
    shared._closed = False


def url_of(resource: Any) -> str:
    """Tell where the requests of a resource go, which is no property of it."""
    url: str = resource._url
    return url


def locks_of(client: str) -> str:
    """Name the locks of a client that a fork must find usable; for a program's text."""
    names = (
        "_changed.lock",
        "_dispatcher._lock",
        "_reservations._lock",
        "_session._provider_done.lock",
    )
    return ", ".join(f"{client}.{name}" for name in names)


# Modules whose objects must be gone when all clients are closed; but for the limits,
# which are shared.
LASTING = (
    "taskrouter_sync.client",
    "taskrouter_sync.connection",
    "taskrouter_sync.dispatcher",
    "taskrouter_sync.fetcher",
    "taskrouter_sync.http",
    "taskrouter_sync.session",
    "taskrouter_sync.sync",
    "taskrouter_sync.transport",
    "taskrouter_sync.worker",
)
TIME_LIMITS = Timing
