"""Verbs for activities."""

from __future__ import annotations

from . import values
from .base import Verbs
from .errors import invalid
from .model import Activity, Workspace
from .values import UNSET, Unset


MAX_ACTIVITIES = 100


class ActivityVerbs(Verbs):
    """Create, update, delete activities."""

    def create_activity(
        self, workspace: Workspace, friendly_name: str, *, available: bool = False
    ) -> Activity:
        """Create an activity. Two may have the same name (choice)."""
        workspace = self._begin(workspace)
        values.name(friendly_name)
        if len(workspace.activities) >= MAX_ACTIVITIES:
            raise invalid(f"A workspace has at most {MAX_ACTIVITIES} activities")
        core = self._core
        activity = Activity(
            sid=core.new_sid("WA"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            available=available,
        )
        workspace.activities[activity.sid] = activity
        self._tell_activity(workspace, activity, "created")
        return activity

    def update_activity(
        self, activity: Activity, *, friendly_name: str | Unset = UNSET
    ) -> Activity:
        """Rename an activity; whether it is available is fixed for life."""
        workspace = self._begin(activity)
        activity = self.activity(workspace, activity.sid)
        if friendly_name is not UNSET:
            activity.friendly_name = values.name(friendly_name)
            for worker in workspace.workers.values():
                if worker.activity_sid == activity.sid:
                    worker.activity_name = friendly_name
                    worker.refresh()
        activity.touch(self._core.now)
        self._tell_activity(workspace, activity, "updated")
        return activity

    def delete_activity(self, activity: Activity) -> None:
        """Delete an activity that nothing uses (choice)."""
        workspace = self._begin(activity)
        activity = self.activity(workspace, activity.sid)
        sid = activity.sid
        if sid in (workspace.default_activity_sid, workspace.timeout_activity_sid):
            raise invalid(f"Activity {sid} is the workspace's default or timeout one")
        if any(worker.activity_sid == sid for worker in workspace.workers.values()):
            raise invalid(f"Activity {sid} has workers in it")
        for queue in workspace.task_queues.values():
            if sid in (queue.reservation_activity_sid, queue.assignment_activity_sid):
                raise invalid(f"Activity {sid} is used by TaskQueue {queue.sid}")
        del workspace.activities[sid]
        self._tell_activity(workspace, activity, "deleted")

    def _tell_activity(
        self, workspace: Workspace, activity: Activity, what: str
    ) -> None:
        self._core.emit(
            workspace,
            f"activity.{what}",
            "activity",
            activity.sid,
            f"Activity {activity.friendly_name} {what}",
            activity=activity,
        )
