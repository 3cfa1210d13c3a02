"""Statistics of a stretch of time: how long workers were in which activity.

Pure functions of the state and its events; times are epoch seconds.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

from .events import Event
from .model import Workspace
from .statistics_cumulative import Figures, spread


class Stay(NamedTuple):
    """One worker's time in an activity (WA); None while there is no such worker."""

    activity_sid: str | None
    begin: float
    end: float


def activity_durations(
    workspace: Workspace,
    start: float,
    end: float,
    worker_sids: Collection[str] | None = None,
) -> Figures:
    """Tell how long workers (WK; None: all) were in each activity of the workspace.

    `end` is the present at most. A stay counts with its part in the interval, also
    if it began before or goes on after: so the published example has it (6 workers
    for 15 minutes: 5400 s). Min, max and avg are of the stays (choice); a stay of no
    length is none. What the log no longer tells of is not counted.
    """
    start = max(start, workspace.events.complete_since)
    lengths: dict[str | None, list[float]] = {sid: [] for sid in workspace.activities}
    for stay in _stays(workspace, start, worker_sids):
        length = min(stay.end, end) - stay.begin
        if length > 0 and stay.activity_sid in lengths:
            lengths[stay.activity_sid].append(length)
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


def _stays(
    workspace: Workspace, start: float, worker_sids: Collection[str] | None
) -> Iterator[Stay]:
    """Walk through all stays, cut at `start`, the running ones last.

    Events after the interval are looked at too: they tell where those workers were
    who did not move in it, or who are gone by now.
    """
    running: dict[str, Stay] = {}
    for event in workspace.events.between(start, math.inf):
        worker = event.worker
        if worker is None or event.event_type not in _CHANGES:
            continue
        if worker_sids is not None and worker.sid not in worker_sids:
            continue
        stay = running.get(worker.sid) or Stay(_before(event), start, math.inf)
        yield stay._replace(end=event.time)
        gone = event.event_type == "worker.deleted"
        after = None if gone else worker.activity_sid
        running[worker.sid] = Stay(after, event.time, math.inf)
    yield from running.values()
    for worker in workspace.workers.values():
        if worker.sid not in running and (
            worker_sids is None or worker.sid in worker_sids
        ):
            yield Stay(worker.activity_sid, start, math.inf)


_CHANGES = frozenset({"worker.created", "worker.activity.update", "worker.deleted"})


def _before(event: Event) -> str | None:
    """Tell the activity that the worker of one of the changes was in before it."""
    if event.event_type == "worker.created":
        return None
    if event.previous_activity is not None:
        return event.previous_activity.sid
    # Deleted: the snapshot has the last activity.
    return None if event.worker is None else event.worker.activity_sid
