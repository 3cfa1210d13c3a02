"""What happened in a workspace of late, in even steps of time, for plots. Pure."""

from __future__ import annotations

from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.engine.events import EventLog


MINUTES = 15
STEP = 30.0
STEPS = int(MINUTES * 60 / STEP)

# Each series counts these events.
COUNTED = {
    "tasks_created": ("task.created",),
    "reservations_accepted": ("reservation.accepted",),
    "reservations_missed": ("reservation.rejected", "reservation.timeout"),
    "tasks_completed": ("task.completed",),
}
_SERIES = {
    event_type: name
    for name, event_types in COUNTED.items()
    for event_type in event_types
}
_ENDS = frozenset({"task.completed", "task.canceled"})
_DELETIONS = frozenset({"task.deleted", "task.system-deleted"})


def of(events: EventLog[Event], open_tasks: int, now: float) -> dict[str, object]:
    """Give the series of the latest minutes, oldest step first.

    Args:
        events: the workspace's log.
        open_tasks: the number of unfinished tasks now.
        now: epoch seconds.

    Returns:
        `start` (epoch seconds), `step` (seconds), a list for each of COUNTED, and
        `open_tasks` as they were at the end of each step.
    """
    # Steps begin at whole multiples of their length, so that bars do not wander.
    end = (now // STEP + 1) * STEP
    start = end - STEPS * STEP
    counts = {name: [0] * STEPS for name in COUNTED}
    changes = [0] * STEPS
    for event in events.between(start, end):
        step = min(int((event.time - start) // STEP), STEPS - 1)
        name = _SERIES.get(event.event_type)
        if name is not None:
            counts[name][step] += 1
        changes[step] += _change(event)
    present = [open_tasks] * STEPS
    for step in range(STEPS - 1, 0, -1):
        present[step - 1] = present[step] - changes[step]
    return {"start": start, "step": STEP, **counts, "open_tasks": present}


def _change(event: Event) -> int:
    """Tell how an event changed the number of unfinished tasks."""
    if event.event_type == "task.created":
        return 1
    if event.event_type in _ENDS:
        return -1
    if event.event_type in _DELETIONS and event.task and not event.task.finished:
        return -1
    return 0
