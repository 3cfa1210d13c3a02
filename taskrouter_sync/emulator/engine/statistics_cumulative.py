"""Statistics of a stretch of time: what happened to tasks and reservations.

Pure functions of events; fields are named as the REST properties, times are seconds.
Reads nothing but what the events tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .events import Event


Figures = dict[str, object]

# Which events a field counts.
Fields = Mapping[str, tuple[str, ...]]

WORKERS: Fields = {
    "reservations_created": ("reservation.created",),
    "reservations_accepted": ("reservation.accepted",),
    "reservations_rejected": ("reservation.rejected",),
    "reservations_timed_out": ("reservation.timeout",),
    "reservations_canceled": ("reservation.canceled",),
    "reservations_rescinded": ("reservation.rescinded",),
}
_TASKS: Fields = {
    **WORKERS,
    "tasks_canceled": ("task.canceled",),
    "tasks_completed": ("task.completed",),
    "tasks_deleted": ("task.deleted", "task.system-deleted"),
    "tasks_moved": ("task-queue.moved",),
}
WORKSPACE: Fields = {
    **_TASKS,
    "tasks_created": ("task.created",),
    "tasks_timed_out_in_workflow": ("workflow.timeout",),
}
TASK_QUEUE: Fields = {**_TASKS, "tasks_entered": ("task-queue.entered",)}
WORKFLOW: Fields = {
    **_TASKS,
    "tasks_entered": ("workflow.entered",),
    "tasks_timed_out_in_workflow": ("workflow.timeout",),
}

# The service looks at no more tasks and reservations for a threshold; here these are
# the first of the interval, of each of the two (choice).
MAX_SPLIT = 10_000


@dataclass
class Tally:
    """What is counted of events: how many of each type, and the waits they end."""

    events: Counter[str] = field(default_factory=Counter)
    until_accepted: list[float] = field(default_factory=list)
    in_queue_until_accepted: list[float] = field(default_factory=list)
    until_canceled: list[float] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Count one more event."""
        self.events[event.event_type] += 1
        task = event.task
        if task is None:
            return
        if event.event_type == "reservation.accepted":
            self.until_accepted.append(event.time - task.date_created)
            if task.task_queue_entered_date is not None:
                waited = event.time - task.task_queue_entered_date
                self.in_queue_until_accepted.append(waited)
        elif event.event_type == "task.canceled":
            self.until_canceled.append(event.time - task.date_created)

    def counts(self, fields: Fields) -> Figures:
        """Give the fields that are numbers of events."""
        return {
            name: sum(self.events[event_type] for event_type in event_types)
            for name, event_types in fields.items()
        }

    def waits(self, thresholds: Iterable[int]) -> Figures:
        """Give the fields about waits, split at thresholds in seconds if there are."""
        return {
            "avg_task_acceptance_time": spread(self.until_accepted)["avg"],
            "wait_duration_until_accepted": spread(self.until_accepted),
            "wait_duration_until_canceled": spread(self.until_canceled),
            # Null when not asked for (choice).
            "split_by_wait_time": {
                str(threshold): self._split(threshold) for threshold in thresholds
            }
            or None,
        }

    def waits_in_queue(self) -> Figures:
        """Give the field about waits since the queue was entered."""
        spread_in_queue = spread(self.in_queue_until_accepted)
        return {"wait_duration_in_queue_until_accepted": spread_in_queue}

    def _split(self, threshold: int) -> dict[str, dict[str, int]]:
        accepted = self.until_accepted[:MAX_SPLIT]
        canceled = self.until_canceled[:MAX_SPLIT]
        # Who waited exactly so long is below: "within 30 seconds" means it (choice).
        late = sum(wait > threshold for wait in accepted)
        lost = sum(wait > threshold for wait in canceled)
        return {
            "above": {"tasks_canceled": lost, "reservations_accepted": late},
            "below": {
                "tasks_canceled": len(canceled) - lost,
                "reservations_accepted": len(accepted) - late,
            },
        }


def spread(seconds: Collection[float]) -> dict[str, int]:
    """Give avg, min, max and total in whole seconds; zeros if there are none.

    Fractions are cut off, as the published examples have it (8100 / 8 is 1012).
    """
    if not seconds:
        return {"avg": 0, "min": 0, "max": 0, "total": 0}
    total = sum(seconds)
    return {
        "avg": int(total / len(seconds)),
        "min": int(min(seconds)),
        "max": int(max(seconds)),
        "total": int(total),
    }


def of_tasks(
    events: Iterable[Event],
    task_channel_sid: str | None = None,
    workflow_sid: str | None = None,
) -> list[Event]:
    """Keep events about tasks, of one task channel (TC) or workflow (WW) if given.

    It is the task's channel at the time of the event.
    """
    return [
        event
        for event in events
        if event.task is not None
        and task_channel_sid in (None, event.task.task_channel_sid)
        and workflow_sid in (None, event.task.workflow_sid)
    ]


def of_workers(events: Iterable[Event], worker_sids: Collection[str]) -> list[Event]:
    """Keep events about reservations of these workers (WK)."""
    return [
        event
        for event in events
        if event.reservation is not None and event.reservation.worker_sid in worker_sids
    ]


def tally(events: Iterable[Event]) -> Tally:
    """Count events."""
    result = Tally()
    for event in events:
        result.add(event)
    return result


def tally_by_queue(events: Iterable[Event]) -> dict[str | None, Tally]:
    """Count events about tasks by the queue (WQ) that the task was in."""
    tallies: dict[str | None, Tally] = {}
    for event in events:
        tallies.setdefault(_queue_sid(event), Tally()).add(event)
    return tallies


def _queue_sid(event: Event) -> str | None:
    # A move counts for the queue that the task left (choice): to the other one it
    # is an entry.
    if event.previous_task_queue is not None:
        return event.previous_task_queue.sid
    return None if event.task is None else event.task.task_queue_sid
