"""Which stretch of time a request is about: Minutes, StartDate, EndDate."""

from __future__ import annotations

from taskrouter_sync.emulator.api.call import Call
from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.engine.events import KEEP_SECONDS


DEFAULT_MINUTES = 15
# Nothing is kept for longer, so asking for more is no more (choice).
_MAX_MINUTES = int(KEEP_SECONDS / 60)
# 9999-12-31T23:59:59Z, the last moment that can be written as a date.
_LAST = 253_402_300_799.0


def interval(call: Call) -> tuple[float, float]:
    """Give start and end in epoch seconds: the last 15 minutes by default.

    Raises:
        ServiceError: bad values, or Minutes together with a date.
    """
    minutes = call.params.integer("Minutes")
    start, end = call.params.date("StartDate"), call.params.date("EndDate")
    if minutes is not None:
        if start is not None or end is not None:
            raise invalid("Minutes cannot be combined with StartDate or EndDate")
        if minutes < 0:
            raise invalid("Minutes must not be negative")
    if end is None:
        end = call.engine.now
    if start is None:
        asked = DEFAULT_MINUTES if minutes is None else minutes
        start = end - 60.0 * min(asked, _MAX_MINUTES)
    return _writable(start), _writable(end)


def _writable(moment: float) -> float:
    # Nothing happened before 1970.
    return min(max(moment, 0.0), _LAST)
