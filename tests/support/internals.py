"""What tests need of the SDK's inside and of the engine's: all of it is named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import prefetch
from taskrouter_sync.clients import gap, intake, known, token_watch
from taskrouter_sync.clients.timing import Timing
from taskrouter_sync.session import Limits
from taskrouter_sync.tokens import EXPIRY_MARGIN
from taskrouter_sync.wire import backoff, requester


__all__ = ["EXPIRY_MARGIN", "FETCH_THREADS", "Timing"]

# How many requests for the details of events are under way at once.
FETCH_THREADS = prefetch.MOST_THREADS


def timing(
    *, answer: float | None = None, connect: float | None = None, silence: float = 60.0
) -> Timing:
    """Make the time limits of a client: the usual ones, but for these."""
    limits = Limits()
    return Timing(
        Limits(connect or limits.connect, answer or limits.answer), silence=silence
    )


def set_pauses(
    monkeypatch: pytest.MonkeyPatch, seconds: float | Callable[[int], float]
) -> None:
    """Say how long every client waits before an attempt, by its number."""
    wait = seconds if callable(seconds) else lambda attempt: seconds
    monkeypatch.setattr(backoff, "delay", lambda attempt, chance: wait(attempt))


def limit_pauses(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let no client wait longer than this before an attempt."""
    monkeypatch.setattr(backoff, "CAP", seconds)


def set_renewal(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Say when a token provider that failed is asked again."""
    monkeypatch.setattr(token_watch, "_RENEWAL_RETRY", seconds)


def limit_queue(
    monkeypatch: pytest.MonkeyPatch, events: int, patience: float | None = None
) -> None:
    """Say how many events may wait, and how long reading waits for room."""
    monkeypatch.setattr(intake, "MOST_FRAMES", events)
    if patience is not None:
        monkeypatch.setattr(intake, "PATIENCE", patience)


def limit_response(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Say how large a response may be."""
    monkeypatch.setattr(requester, "_LARGEST_BODY", size)


def limit_pages(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Say how many pages of reservations are read after a reconnect."""
    monkeypatch.setattr(gap, "_MOST_PAGES", pages)


def limit_memory(monkeypatch: pytest.MonkeyPatch, reservations: int) -> None:
    """Say how many finished reservations are remembered that the service forgot."""
    monkeypatch.setattr(known, "_REMEMBERED_UNLISTED", reservations)


def show(client: Any, properties: dict[str, Any]) -> None:
    """Let a client show these properties, as a response would."""
    client._show(properties)


def url_of(resource: Any) -> str:
    """Tell where the requests of a resource go, which is no property of it."""
    url: str = resource._url
    return url


def locks_of(client: str) -> str:
    """Name the locks of a client that a fork must find usable; for a program's text."""
    names = ("_listeners_lock", "_delivery._condition", "_status._condition")
    return ", ".join(f"{client}.{name}" for name in names)


# Modules whose objects must be gone when all clients are closed; but for the limits,
# which are shared.
LASTING = (
    "taskrouter_sync.clients",
    "taskrouter_sync.delivery",
    "taskrouter_sync.session",
    "taskrouter_sync.wire",
)
TIME_LIMITS = Limits | Timing
