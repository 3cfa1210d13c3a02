"""Backoff: when to try again, and what may be tried again."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.errors import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    TokenError,
)
from taskrouter_sync.wire.backoff import delay, may_repeat

from ..strategies import moderate


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 1), (2, 3), (3, 7), (4, 15), (5, 30), (6, 30), (7, 30), (10_000, 30)],
)
def test_the_longest_wait(attempt: int, longest: float) -> None:
    assert delay(attempt, lambda: 1.0) == longest


@pytest.mark.parametrize("attempt", [1, 2, 5, 10_000])
def test_chance_decides_on_the_whole_wait(attempt: int) -> None:
    assert delay(attempt, lambda: 0.0) == 0
    assert delay(attempt, lambda: 0.5) == delay(attempt, lambda: 1.0) / 2


@moderate
@given(st.integers(1, 10**12), st.floats(0, 1))
def test_every_wait_is_between_nothing_and_thirty_seconds(
    attempt: int, chance: float
) -> None:
    assert 0 <= delay(attempt, lambda: chance) <= 30


REPEATS: list[tuple[TaskRouterError, bool, bool]] = [
    # What went wrong, whether a GET may be repeated, whether a POST or DELETE may.
    (HttpError(429, "Too Many Requests"), True, True),
    (HttpError(500, "Internal Server Error"), True, True),
    (HttpError(503, "Service Unavailable"), True, True),
    (HttpError(502, "Bad Gateway"), True, False),
    (HttpError(504, "Gateway Timeout"), True, False),
    (HttpError(599, "?"), True, False),
    (HttpError(302, "Found"), False, False),
    (HttpError(400, "Bad Request"), False, False),
    (HttpError(401, "Unauthorized"), False, False),
    (HttpError(403, "Forbidden"), False, False),
    (HttpError(404, "Not Found"), False, False),
    (HttpError(410, "Gone"), False, False),
    (HttpError(412, "Precondition Failed"), False, False),
    (ConnectionFailed("refused"), True, True),
    (ConnectionFailed("cut", reached=True), True, False),
    (RequestTimeout("no answer"), True, False),
    (InvalidResponse("no JSON"), False, False),
    (ClientClosed(), False, False),
    (TokenError("no JWT"), False, False),
    (ArgumentError("too many"), False, False),
]
WRONG = [f"{type(case[0]).__name__} {case[0]}" for case in REPEATS]


@pytest.mark.parametrize(("error", "get", "change"), REPEATS, ids=WRONG)
def test_what_may_be_repeated(error: TaskRouterError, get: bool, change: bool) -> None:
    assert may_repeat("GET", error) is get
    assert may_repeat("POST", error) is change
    assert may_repeat("DELETE", error) is change
