"""Statistics of the moment: how many tasks and workers there are, and where.

Pure functions of the state; fields are named as the REST properties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter

from .model import Task, TaskQueue, TaskStatus, Worker, Workspace


Figures = dict[str, object]

# Also those that nothing is in. Finished tasks, of which five minutes remain, are
# not shown, though a live queue was seen to: so the published examples have it, and
# the counts sum up to `total_tasks` (choice).
STATUSES: tuple[TaskStatus, ...] = ("pending", "reserved", "assigned", "wrapping")


def present_tasks(
    workspace: Workspace,
    task_channel_sid: str | None = None,
    workflow_sid: str | None = None,
) -> list[Task]:
    """List the unfinished tasks, of one task channel (TC) or workflow (WW) if given."""
    return [
        task
        for task in workspace.tasks.values()
        if not task.finished
        and task_channel_sid in (None, task.task_channel_sid)
        and workflow_sid in (None, task.workflow_sid)
    ]


def by_queue(tasks: Iterable[Task]) -> dict[str | None, list[Task]]:
    """Sort tasks by the sid of the queue that they are in."""
    queues: dict[str | None, list[Task]] = {}
    for task in tasks:
        queues.setdefault(task.task_queue_sid, []).append(task)
    return queues


def task_figures(tasks: Iterable[Task], now: float) -> Figures:
    """Count present tasks, and tell which has waited longest at `now`.

    Waiting is who is pending: with a reserved task alone, a live queue told of none.
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
        "tasks_by_status": {status: statuses[status] for status in STATUSES},
        "total_tasks": len(tasks),
    }


def relative_age_figures(tasks: Iterable[Task], now: float) -> Figures:
    """Tell which task of a queue has waited longest in it, at `now`."""
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
