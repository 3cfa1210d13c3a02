"""The timers of a token: when its source is asked, and when its end is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from taskrouter_sync.clients.token_watch import TokenWatch
from taskrouter_sync.tokens import Token


class Timers:
    """Takes timers, and tells in how many seconds each is due."""

    def __init__(self) -> None:
        self._set: dict[str, float] = {}

    def set_timer(self, name: str, when: float, run: Callable[[], None]) -> None:
        self._set[name] = when

    def clear_timer(self, name: str) -> None:
        self._set.pop(name, None)

    @property
    def due(self) -> dict[str, float]:
        now = time.time()
        return {name: round(when - now, 1) for name, when in self._set.items()}


def planned(seconds: float | None, *, source: bool) -> tuple[Timers, TokenWatch, Any]:
    """Plan for a token that ends in so many seconds."""
    session: Any = SimpleNamespace(token=token(seconds), has_source=source)
    timers: Any = Timers()
    watch = TokenWatch(session, timers, lambda: None, lambda error: None)
    watch.plan()
    return timers, watch, session


def token(seconds: float | None) -> Token:
    end = None if seconds is None else time.time() + seconds
    return Token("text", "AC1", "WS1", "WK1", "WK1", end)


@pytest.mark.parametrize(
    ("seconds", "due"),
    [
        # The end is told 5 s before, and a fresh token asked for 25 s before that; half
        # way, if there is less time; in 5 s, if there is none.
        (3600, {"expiry": 3595.0, "renewal": 3570.0}),
        (65, {"expiry": 60.0, "renewal": 35.0}),
        (45, {"expiry": 40.0, "renewal": 20.0}),
        (15, {"expiry": 10.0, "renewal": 5.0}),
        (5, {"expiry": 0.0, "renewal": 5.0}),
        (-100, {"expiry": -105.0, "renewal": 5.0}),
        (None, {}),
    ],
)
def test_what_is_due_when(seconds: float | None, due: dict[str, float]) -> None:
    timers, _, _ = planned(seconds, source=True)
    assert timers.due == pytest.approx(due, abs=0.2)


def test_without_a_source_nobody_is_asked() -> None:
    timers, _, _ = planned(3600, source=False)
    assert list(timers.due) == ["expiry"]


def test_another_token_sets_all_timers_anew() -> None:
    timers, watch, session = planned(60, source=True)
    session.token = token(1000)
    watch.renewed()
    assert timers.due == pytest.approx({"expiry": 995.0, "renewal": 970.0}, abs=0.2)


def test_a_token_that_never_ends_clears_all_timers() -> None:
    timers, watch, session = planned(60, source=True)
    session.token = token(None)
    watch.renewed()
    assert timers.due == {}
