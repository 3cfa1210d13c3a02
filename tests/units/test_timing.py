"""Timing: how long to wait before a further attempt."""

from __future__ import annotations

import pytest

from taskrouter_sync.errors import ConnectionFailed, HttpError, TaskRouterError
from taskrouter_sync.timing import Timing

from ..support.internals import set_pauses


def busy(retry_after: float | None) -> HttpError:
    return HttpError(503, "Busy", retry_after=retry_after)


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5, 10, 10_000])
def test_the_waits_grow_to_half_a_minute(attempt: int) -> None:
    most = min(30.0, 2.0 ** min(attempt, 10) - 1)
    drawn = [Timing().delay(attempt) for _ in range(100)]
    assert 0.0 <= min(drawn) and max(drawn) <= most
    assert len({*drawn}) > 1
    assert Timing(backoff=0.0).delay(attempt) == 0.0


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        # What failed, and the wait where two seconds are drawn.
        (None, 2.0),
        (ConnectionFailed("no way"), 2.0),
        (busy(None), 2.0),
        (busy(0.0), 2.0),
        (busy(1.5), 2.0),
        # The service asks for more.
        (busy(2.5), 2.5),
        (busy(30.0), 30.0),
        # No longer than the longest wait of all.
        (busy(30.5), 30.0),
        (busy(86400.0), 30.0),
        (HttpError(429, "Slow down", retry_after=7.0), 7.0),
    ],
)
def test_the_service_may_ask_for_a_longer_wait(
    monkeypatch: pytest.MonkeyPatch, error: TaskRouterError | None, seconds: float
) -> None:
    set_pauses(monkeypatch, 2.0)
    assert Timing().wait_before(1, error) == seconds
