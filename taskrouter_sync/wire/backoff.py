"""When to try again, and what may be tried again. Pure: chance is passed in."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConnectionFailed, HttpError, RequestTimeout, TaskRouterError


CAP = 30.0

# The service refused these before it did anything.
_REFUSED = (429, 500, 503)


def delay(attempt: int, chance: Callable[[], float]) -> float:
    """Draw the wait before a further attempt: full jitter, capped at 30 s.

    Args:
        attempt: how many attempts failed so far, from 1.
        chance: gives a number from 0 to 1, such as `random.random`.

    Returns:
        Seconds, from 0 to ``min(30, 2 ** attempt - 1)``: 1, 3, 7, 15, 30, 30 … at most.
    """
    # The exponent is bounded too: an attempt may be the ten-thousandth.
    return chance() * min(CAP, 2.0 ** min(attempt, 10) - 1)


def may_repeat(method: str, error: TaskRouterError) -> bool:
    """Whether a request that failed like this may be sent once more.

    A GET always may, if trouble is what it met. A POST or DELETE only if it surely did
    not reach the service, or the service answered 429, 500 or 503.
    """
    if isinstance(error, HttpError):
        return error.status in _REFUSED or (method == "GET" and error.status > 500)
    if isinstance(error, ConnectionFailed):
        return method == "GET" or not error.reached
    if isinstance(error, RequestTimeout):
        return method == "GET"
    return False
