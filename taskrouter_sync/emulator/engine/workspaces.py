"""Verbs for workspaces, and what a new one contains."""

from __future__ import annotations

from typing import Literal

from . import calls, steps, values
from .base import Verbs
from .configuration import parse_configuration
from .deadlines import TASK_KINDS
from .errors import invalid
from .expressions import parse
from .model import Activity, QueueOrder, TaskChannel, TaskQueue, Workflow, Workspace
from .values import UNSET, Unset


ORDERS = ("FIFO", "LIFO")
# Of a new workspace (3.2): name, available.
ACTIVITIES = (("Offline", False), ("Available", True), ("Unavailable", False))
TASK_CHANNELS = (
    ("default", "Default"),
    ("voice", "Voice"),
    ("chat", "Programmable Chat"),
    ("sms", "SMS"),
    ("video", "Video"),
)


class WorkspaceVerbs(Verbs):
    """Create, update, delete workspaces."""

    def create_workspace(
        self,
        friendly_name: str,
        *,
        event_callback_url: str | None = None,
        events_filter: str | None = None,
        multi_task_enabled: bool = True,
        template: Literal["NONE", "FIFO"] = "NONE",
        prioritize_queue_order: QueueOrder = "FIFO",
    ) -> Workspace:
        """Create a workspace with activities and task channels.

        Template FIFO adds a queue for everybody and a workflow that leads to it.
        """
        self.run_due()
        values.name(friendly_name)
        values.one_of(template, ("NONE", "FIFO"), "Template")
        values.one_of(prioritize_queue_order, ORDERS, "PrioritizeQueueOrder")
        core = self._core
        sid = core.new_sid("WS")
        workspace = Workspace(
            sid=sid,
            workspace_sid=sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            event_callback_url=values.text_or_none(event_callback_url),
            events_filter=values.text_or_none(events_filter),
            multi_task_enabled=multi_task_enabled,
            prioritize_queue_order=prioritize_queue_order,
        )
        self.workspaces[sid] = workspace
        self._furnish(workspace, template == "FIFO")
        self._tell_workspace(workspace, "created")
        for activity in workspace.activities.values():
            core.emit(
                workspace,
                "activity.created",
                "activity",
                activity.sid,
                f"Activity {activity.friendly_name} created",
                activity=activity,
            )
        # The task channels that every workspace has are told of nowhere.
        for queue in workspace.task_queues.values():
            core.emit(
                workspace,
                "task-queue.created",
                "task-queue",
                queue.sid,
                f"TaskQueue {queue.friendly_name} created",
                task_queue=queue,
            )
        for workflow in workspace.workflows.values():
            core.emit(
                workspace,
                "workflow.created",
                "workflow",
                workflow.sid,
                f"Workflow {workflow.friendly_name} created",
                workflow=workflow,
            )
        return workspace

    def _furnish(self, workspace: Workspace, fifo: bool) -> None:
        core = self._core
        for name, available in ACTIVITIES:
            activity = Activity(
                sid=core.new_sid("WA"),
                workspace_sid=workspace.sid,
                date_created=core.now,
                date_updated=core.now,
                friendly_name=name,
                available=available,
            )
            workspace.activities[activity.sid] = activity
        first = next(iter(workspace.activities))
        workspace.default_activity_sid = workspace.timeout_activity_sid = first
        for unique_name, name in TASK_CHANNELS:
            channel = TaskChannel(
                sid=core.new_sid("TC"),
                workspace_sid=workspace.sid,
                date_created=core.now,
                date_updated=core.now,
                friendly_name=name,
                unique_name=unique_name,
            )
            workspace.task_channels[channel.sid] = channel
        if not fifo:
            return
        queue = TaskQueue(
            sid=core.new_sid("WQ"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name="Sample Queue",
            target_workers="1==1",
            target_workers_value=parse("1==1"),
            max_reserved_workers=1,
            task_order="FIFO",
        )
        workspace.task_queues[queue.sid] = queue
        text = f'{{"task_routing":{{"default_filter":{{"queue":"{queue.sid}"}}}}}}'
        workflow = Workflow(
            sid=core.new_sid("WW"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name="Default Fifo Workflow",
            configuration=text,
            configuration_value=parse_configuration(text),
            task_reservation_timeout=120,
        )
        workspace.workflows[workflow.sid] = workflow

    def update_workspace(
        self,
        workspace: Workspace,
        *,
        friendly_name: str | Unset = UNSET,
        event_callback_url: str | Unset | None = UNSET,
        events_filter: str | Unset | None = UNSET,
        multi_task_enabled: bool | Unset = UNSET,
        prioritize_queue_order: QueueOrder | Unset = UNSET,
        default_activity_sid: str | Unset = UNSET,
        timeout_activity_sid: str | Unset = UNSET,
    ) -> Workspace:
        """Change what is given; the activities are WA sids of this workspace."""
        workspace = self._begin(workspace)
        if friendly_name is not UNSET:
            values.name(friendly_name)
        if prioritize_queue_order is not UNSET:
            values.one_of(prioritize_queue_order, ORDERS, "PrioritizeQueueOrder")
        for sid, parameter in (
            (default_activity_sid, "DefaultActivitySid"),
            (timeout_activity_sid, "TimeoutActivitySid"),
        ):
            if sid is not UNSET and sid not in workspace.activities:
                raise invalid(f"{parameter} {sid} is not an activity of the workspace")

        if friendly_name is not UNSET:
            workspace.friendly_name = friendly_name
        if event_callback_url is not UNSET:
            workspace.event_callback_url = values.text_or_none(event_callback_url)
        if events_filter is not UNSET:
            workspace.events_filter = values.text_or_none(events_filter)
        if prioritize_queue_order is not UNSET:
            workspace.prioritize_queue_order = prioritize_queue_order
        if default_activity_sid is not UNSET:
            workspace.default_activity_sid = default_activity_sid
        if timeout_activity_sid is not UNSET:
            workspace.timeout_activity_sid = timeout_activity_sid
        switched = False
        if multi_task_enabled is not UNSET:
            # Going back to single-tasking is for some accounts only; here it is
            # for all, since an account of the emulator stands for any.
            switched = workspace.multi_task_enabled != multi_task_enabled
            workspace.multi_task_enabled = multi_task_enabled
        workspace.touch(self._core.now)
        self._tell_workspace(workspace, "updated")
        if switched:
            for worker in workspace.workers.values():
                self._core.agenda.free(worker)
            steps.settle(self._core, workspace)
        return workspace

    def delete_workspace(self, workspace: Workspace) -> None:
        """Delete the workspace and all that is in it; only the last event tells."""
        workspace = self._begin(workspace)
        for task in workspace.tasks.values():
            for kind in TASK_KINDS:
                self._core.deadlines.clear(kind, task.sid)
            for reservation in task.reservations.values():
                self._core.deadlines.clear("reservation", reservation.sid)
                self._core.reservation_tasks.pop(reservation.sid, None)
        calls.give_up_all(self._core, workspace.sid)
        del self.workspaces[workspace.sid]
        self._tell_workspace(workspace, "deleted")

    def _tell_workspace(self, workspace: Workspace, what: str) -> None:
        self._core.emit(
            workspace,
            f"workspace.{what}",
            "workspace",
            workspace.sid,
            f"Workspace {workspace.friendly_name} {what}",
            workspace=workspace,
        )
