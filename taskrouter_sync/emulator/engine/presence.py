"""Moves workers from one activity to another."""

from __future__ import annotations

from .core import Core
from .model import Worker, Workspace


def set_activity(
    core: Core, workspace: Workspace, worker: Worker, activity_sid: str
) -> None:
    """Put the worker in an activity of the workspace, and tell.

    The same activity again changes nothing: no event, and the time in the
    activity runs on (choice).
    """
    if worker.activity_sid == activity_sid:
        return
    previous = workspace.activities[worker.activity_sid]
    activity = workspace.activities[activity_sid]
    seconds = core.now - worker.date_status_changed
    worker.activity_sid = activity.sid
    worker.activity_name = activity.friendly_name
    worker.available = activity.available
    worker.date_status_changed = core.now
    worker.touch(core.now)
    core.emit(
        workspace,
        "worker.activity.update",
        "worker",
        worker.sid,
        f"Worker {worker.friendly_name} updated to {activity.friendly_name} Activity",
        worker_sids=(worker.sid,),
        details={
            "worker_time_in_previous_activity": str(int(seconds)),
            "worker_time_in_previous_activity_ms": str(int(seconds * 1000)),
        },
        worker=worker,
        activity=activity,
        previous_activity=previous,
    )
    core.agenda.free(worker)
