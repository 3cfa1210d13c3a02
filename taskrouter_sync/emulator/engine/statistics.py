"""Statistics: the present state, and what happened in an interval.

Pure functions of the state and its events; fields are named as the REST properties,
times are epoch seconds, durations seconds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple, get_args

from .model import Event, Task, TaskQueue, TaskStatus, Worker, Workspace


Figures = dict[str, object]

# Also those that nothing is in. The published examples have these four, recorded
# answers of the combined resource all six.
STATUSES: tuple[TaskStatus, ...] = ("pending", "reserved", "assigned", "wrapping")
ALL_STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)


# The present.


def present_tasks(
    workspace: Workspace,
    task_channel_sid: str | None = None,
    workflow_sid: str | None = None,
    *,
    finished: bool = False,
) -> list[Task]:
    """List the unfinished tasks, of one task channel (TC) or workflow (WW) if given.

    With those `finished` that still exist: for some minutes.
    """
    return [
        task
        for task in workspace.tasks.values()
        if task_channel_sid in (None, task.task_channel_sid)
        and workflow_sid in (None, task.workflow_sid)
        and (finished or not task.finished)
    ]


def by_queue(tasks: Iterable[Task]) -> dict[str | None, list[Task]]:
    """Sort tasks by the sid of the queue that they are in."""
    queues: dict[str | None, list[Task]] = {}
    for task in tasks:
        queues.setdefault(task.task_queue_sid, []).append(task)
    return queues


def task_figures(
    tasks: Iterable[Task], now: float, statuses_shown: tuple[TaskStatus, ...] = STATUSES
) -> Figures:
    """Count tasks, and tell which has waited longest at `now`.

    Waiting is who is pending: with a reserved task alone, a live queue had none.
    """
    tasks = list(tasks)
    statuses = Counter(task.assignment_status for task in tasks)
    waiting = [task for task in tasks if task.assignment_status == "pending"]
    priorities = Counter(task.priority for task in waiting)
    longest = min(waiting, key=attrgetter("date_created", "number"), default=None)
    since = None if longest is None else longest.date_created
    return {
        "longest_task_waiting_age": _age(since, now),
        "longest_task_waiting_sid": None if longest is None else longest.sid,
        "tasks_by_priority": {str(key): priorities[key] for key in sorted(priorities)},
        "tasks_by_status": {each: statuses[each] for each in statuses_shown},
        # Of the present ones (choice): finished tasks are soon forgotten.
        "total_tasks": sum(not task.finished for task in tasks),
    }


def relative_age_figures(tasks: Iterable[Task], now: float) -> Figures:
    """Return the task of a queue that has waited longest in it, at `now`."""
    entered = [
        (task.task_queue_entered_date, task.number, task.sid)
        for task in tasks
        if task.assignment_status == "pending"
        and task.task_queue_entered_date is not None
    ]
    since, _, sid = min(entered, default=(None, 0, None))
    return {
        "longest_relative_task_age_in_queue": _age(since, now),
        "longest_relative_task_sid_in_queue": sid,
    }


def activity_figures(workspace: Workspace, workers: Iterable[Worker]) -> Figures:
    """Count workers by activity; activities that nobody is in are shown as well.

    A task channel changes nothing here: workers are in an activity with all of
    their channels (choice).
    """
    counts = Counter(worker.activity_sid for worker in workers)
    return {
        "activity_statistics": [
            {
                "sid": activity.sid,
                "friendly_name": activity.friendly_name,
                "workers": counts[activity.sid],
            }
            for activity in workspace.activities.values()
        ]
    }


def queue_worker_figures(workspace: Workspace, queue: TaskQueue | None) -> Figures:
    """Count the workers whom a queue's expression matches; no queue has none.

    Available is who is in an available activity, whatever capacity is left.
    """
    sids = () if queue is None else queue.worker_sids
    workers = [workspace.workers[sid] for sid in sids]
    return {
        **activity_figures(workspace, workers),
        "total_eligible_workers": len(workers),
        "total_available_workers": sum(worker.available for worker in workers),
    }


def _age(since: float | None, now: float) -> int:
    return 0 if since is None else int(now - since)


# An interval: what its events say, and nothing else.

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

# What only the combined resource has, of every subject.
COMBINED: Fields = {
    "tasks_assigned": ("reservation.accepted",),
    "reservations_wrapup": ("reservation.wrapup",),
    "reservations_completed": ("reservation.completed",),
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
        """Return the fields that are numbers of events."""
        return {
            name: sum(self.events[event_type] for event_type in event_types)
            for name, event_types in fields.items()
        }

    def waits(self, thresholds: Iterable[int]) -> Figures:
        """Return the fields about waits, split at thresholds in seconds if given."""
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
        """Return the field about waits since the queue was entered."""
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
    """Return avg, min, max and total in whole seconds; zeros if there are none.

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


# An interval: how long workers were in which activity.


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
    """Return the time of workers (WK; None: all) in each activity of the workspace.

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
    """Return the activity that the event's worker was in before it."""
    if event.event_type == "worker.created":
        return None
    if event.previous_activity is not None:
        return event.previous_activity.sid
    # Deleted: the snapshot has the last activity.
    return None if event.worker is None else event.worker.activity_sid
