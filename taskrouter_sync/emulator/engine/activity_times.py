"""Statistics of a stretch of time: how long workers were in which activity.

Pure functions of the state and its events; times are seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from .events import Event
from .model import Workspace
from .statistics_cumulative import Figures, spread


class Stay(NamedTuple):
    """One worker's time in an activity (WA); `begin` and `end` are epoch seconds."""

    activity_sid: str
    begin: float
    end: float


class _Track(NamedTuple):
    """A worker's activity from some moment on; None: the worker was deleted."""

    activity_sid: str | None
    since: float


def activity_durations(
    workspace: Workspace,
    start: float,
    end: float,
    worker_sids: Collection[str] | None = None,
) -> Figures:
    """Tell how long workers (WK; None: all) were in each activity of the workspace.

    A stay counts with its part in the interval, also one that began before or goes
    on after it: so the published example has it (6 workers, 15 minutes, 5400 s). Min,
    max and avg are of the stays (choice); a stay of no length counts as none.
    """
    lengths: dict[str, list[float]] = {sid: [] for sid in workspace.activities}
    for stay in stays(workspace, start, end, worker_sids):
        if stay.activity_sid in lengths:
            lengths[stay.activity_sid].append(stay.end - stay.begin)
    return {
        "activity_durations": [
            {
                "sid": activity.sid,
                "friendly_name": activity.friendly_name,
                **spread(lengths[activity.sid]),
            }
            for activity in workspace.activities.values()
        ]
    }


def stays(
    workspace: Workspace,
    start: float,
    end: float,
    worker_sids: Collection[str] | None = None,
) -> list[Stay]:
    """List the parts of workers' stays that are in the interval, none of no length.

    Where the log does not reach back to `start`, nothing is told of the time before.
    An interval that is over takes a look at all events since its start: who has not
    moved in it may have since.
    """
    start = max(start, workspace.events.complete_since)
    found: list[Stay] = []

    def note(activity_sid: str | None, since: float, until: float) -> None:
        since, until = max(since, start), min(until, end)
        if activity_sid is not None and since < until:
            found.append(Stay(activity_sid, since, until))

    tracks: dict[str, _Track] = {}
    now = start
    for event in workspace.events.between(start, float("inf")):
        ...
    return found
