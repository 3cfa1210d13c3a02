"""Verbs for tasks."""

from __future__ import annotations

from . import lifecycle, steps, values, waiting
from .base import Verbs, find_task_channel
from .configuration import MAX_PRIORITY, MAX_TIMEOUT
from .errors import invalid
from .matching import place
from .model import Task, TaskChannel, Workflow, Workspace
from .tell import tell_route, tell_task
from .values import UNSET, Unset


DEFAULT_TIMEOUT = 86400
# 1900-01-01 in epoch seconds.
EARLIEST_START = -2_208_988_800.0
STATUSES = ("canceled", "wrapping", "completed")


class TaskVerbs(Verbs):
    """Create, update, delete tasks."""

    def create_task(
        self,
        workspace: Workspace,
        *,
        workflow_sid: str | None = None,
        attributes: str = "{}",
        timeout: int | None = None,
        priority: int | None = None,
        task_channel: str | None = None,
        virtual_start_time: float | None = None,
        routing_target: str | None = None,
        ignore_capacity: bool | None = None,
        task_queue_sid: str | None = None,
    ) -> Task:
        """Create a task and route it; by the return it may be reserved, or canceled.

        `timeout` is the time to live in seconds, `task_channel` a TC sid or a
        unique name, `virtual_start_time` epoch seconds, `routing_target` a WK, WQ
        or WW sid; `task_queue_sid` is the queue of a task routed to a worker.
        """
        workspace = self._begin(workspace)
        core = self._core
        workflow = self._workflow_for(workspace, workflow_sid, routing_target)
        parsed = values.attributes(attributes)
        if timeout is None:
            timeout = DEFAULT_TIMEOUT
        values.whole(timeout, 1, MAX_TIMEOUT, "Timeout")
        values.whole(priority or 0, 0, MAX_PRIORITY, "Priority")
        channel = _task_channel(workspace, task_channel or "default")
        self._check_start(virtual_start_time)
        direct = _check_target(workspace, routing_target)
        if ignore_capacity and not direct:
            raise invalid("IgnoreCapacity needs a RoutingTarget that is a Worker")
        if task_queue_sid is not None and task_queue_sid not in workspace.task_queues:
            raise invalid(f"TaskQueueSid {task_queue_sid} is not in the workspace")
        workspace.task_numbers += 1
        task = Task(
            sid=core.new_sid("WT"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            number=workspace.task_numbers,
            attributes=attributes,
            attributes_value=parsed,
            workflow_sid=workflow.sid,
            workflow_friendly_name=workflow.friendly_name,
            task_channel_sid=channel.sid,
            task_channel_unique_name=channel.unique_name,
            timeout=timeout,
            priority=priority or 0,
            virtual_start_time=(
                core.now if virtual_start_time is None else virtual_start_time
            ),
            routing_target=routing_target,
            ignore_capacity=direct if ignore_capacity is None else ignore_capacity,
            # For reporting; the workflow decides where other tasks go (choice).
            task_queue_sid=task_queue_sid if direct else None,
        )
        workspace.tasks[task.sid] = task
        core.deadlines.set(core.now + timeout, "ttl", workspace.sid, task.sid)
        tell_task(core, workspace, task, "task.created", "created", ())
        tell_route(core, workspace, task, "workflow.entered", "entered the workflow")
        steps.start(core, workspace, task)
        steps.settle(core, workspace)
        return task

    def _workflow_for(
        self, workspace: Workspace, sid: str | None, routing_target: str | None
    ) -> Workflow:
        if routing_target is not None and routing_target.startswith("WW"):
            # The target is the more explicit of the two (choice).
            sid = routing_target
        if sid is None:
            if len(workspace.workflows) != 1:
                raise invalid("WorkflowSid field is required")
            sid = next(iter(workspace.workflows))
        workflow = workspace.workflows.get(sid)
        if workflow is None:
            raise invalid(f"WorkflowSid {sid} is not in the workspace")
        return workflow

    def _check_start(self, moment: float | Unset | None) -> None:
        if moment is None or moment is UNSET:
            return
        if moment > self._core.now:
            raise invalid("VirtualStartTime cannot be in the future")
        # Also refuses what is no number at all.
        if not moment >= EARLIEST_START:
            raise invalid("VirtualStartTime cannot be before 1900")

    def update_task(
        self,
        task: Task,
        *,
        attributes: str | Unset = UNSET,
        priority: int | Unset = UNSET,
        task_channel: str | Unset = UNSET,
        virtual_start_time: float | Unset = UNSET,
        assignment_status: str | Unset = UNSET,
        reason: str | None = None,
    ) -> Task:
        """Change what is given; `reason` goes with a status, and may be missing.

        `assignment_status` is canceled, wrapping or completed.
        Attributes of finished tasks may change (choice); wrapping or completing
        and changing attributes takes two requests.
        """
        workspace = self._begin(task)
        task = self.task(workspace, task.sid)
        parsed = None if attributes is UNSET else values.attributes(attributes)
        if priority is not UNSET:
            values.whole(priority, 0, MAX_PRIORITY, "Priority")
        channel = None
        if task_channel is not UNSET:
            channel = _task_channel(workspace, task_channel)
            if channel.sid == task.task_channel_sid:
                channel = None
            elif task.assignment_status != "pending":
                # Reservations count on the channel they were made for (choice).
                raise invalid(f"Cannot change TaskChannel of task {task.sid}")
        self._check_start(virtual_start_time)
        if assignment_status is not UNSET:
            values.one_of(assignment_status, STATUSES, "AssignmentStatus")
            self._check_status(task, assignment_status)
            if parsed is not None and assignment_status != "canceled":
                raise invalid(
                    "Attributes cannot be updated together with AssignmentStatus"
                    f" {assignment_status}"
                )

        core = self._core
        waiting_still = task.assignment_status == "pending"
        changed = not (
            parsed is None
            and priority is UNSET
            and channel is None
            and virtual_start_time is UNSET
        )
        if changed and waiting_still:
            waiting.leave(workspace, task)
        if parsed is not None and attributes is not UNSET:
            task.attributes = attributes
            task.attributes_value = parsed
        if priority is not UNSET:
            task.priority = priority
        if channel is not None:
            task.task_channel_sid = channel.sid
            task.task_channel_unique_name = channel.unique_name
        if virtual_start_time is not UNSET:
            task.virtual_start_time = virtual_start_time
        if changed:
            if waiting_still:
                waiting.wait(workspace, task)
            task.touch(core.now)
            tell_task(core, workspace, task, "task.updated", "updated", task.holders())
        if assignment_status is not UNSET:
            self._set_status(workspace, task, assignment_status, reason)
        elif changed and waiting_still:
            self._route_again(workspace, task, parsed is not None)
        steps.settle(core, workspace)
        return task

    def _check_status(self, task: Task, status: str) -> None:
        now = task.assignment_status
        place = f"in workspace {task.workspace_sid} for account {self.account_sid}"
        if status == "canceled" and now not in ("pending", "reserved"):
            raise invalid(
                f"Cannot cancel task {task.sid} {place}"
                " because it is not pending or reserved."
            )
        if status == "wrapping" and now != "assigned":
            raise invalid(
                f"Cannot wrap up a task {task.sid} {place}"
                " because it's not currently assigned"
            )
        if status == "completed" and now not in ("assigned", "wrapping"):
            # Worded like the one above; the service's text is not known.
            raise invalid(
                f"Cannot complete task {task.sid} {place}"
                " because it's not currently assigned"
            )

    def _set_status(
        self, workspace: Workspace, task: Task, status: str, reason: str | None
    ) -> None:
        if status == "canceled":
            lifecycle.cancel(self._core, workspace, task, reason)
        elif status == "wrapping":
            lifecycle.wrap(self._core, workspace, task, reason)
        else:
            lifecycle.complete(self._core, workspace, task, reason)

    def _route_again(
        self, workspace: Workspace, task: Task, new_attributes: bool
    ) -> None:
        """Try a changed task anew: through its workflow if that says so."""
        workflow = workspace.workflows[task.workflow_sid]
        if new_attributes and workflow.re_evaluate_tasks and steps.can_restart(task):
            steps.restart(self._core, workspace, task)
        else:
            place(self._core, workspace, task)

    def delete_task(self, task: Task) -> None:
        """Delete a task in any status; who works on it has completed it."""
        workspace = self._begin(task)
        task = self.task(workspace, task.sid)
        lifecycle.delete(self._core, workspace, task, "task.deleted")
        steps.settle(self._core, workspace)


def _task_channel(workspace: Workspace, name: str) -> TaskChannel:
    channel = find_task_channel(workspace, name)
    if channel is None:
        raise invalid(f"TaskChannel {name} is not in the workspace")
    return channel


def _check_target(workspace: Workspace, sid: str | None) -> bool:
    """Refuse an unknown routing target; tell whether it is a worker."""
    if sid is None:
        return False
    for container in (workspace.workers, workspace.task_queues, workspace.workflows):
        if sid in container:
            return container is workspace.workers
    raise invalid(f"RoutingTarget {sid} is no Worker, TaskQueue or Workflow here")
