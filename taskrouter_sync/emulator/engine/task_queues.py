"""Verbs for task queues."""

from __future__ import annotations

from . import steps, values, waiting
from .base import Verbs
from .configuration import parsed_expression
from .errors import invalid
from .model import QueueOrder, TaskQueue, Workspace
from .values import UNSET, Unset
from .workspaces import ORDERS


MAX_QUEUES = 5000
MAX_RESERVED = 50


class TaskQueueVerbs(Verbs):
    """Create, update, delete task queues."""

    def create_task_queue(
        self,
        workspace: Workspace,
        friendly_name: str,
        *,
        target_workers: str = "1==1",
        max_reserved_workers: int = 1,
        task_order: QueueOrder = "FIFO",
        reservation_activity_sid: str | None = None,
        assignment_activity_sid: str | None = None,
    ) -> TaskQueue:
        """Create a queue; `target_workers` is an expression, empty for nobody.

        The activities (WA) are those that single-tasking workers are moved to;
        in a single-tasking workspace they default to those named Reserved and
        Busy, if there are such.
        """
        workspace = self._begin(workspace)
        values.name(friendly_name)
        parsed = parsed_expression(target_workers.strip(), "TargetWorkers")
        values.whole(max_reserved_workers, 1, MAX_RESERVED, "MaxReservedWorkers")
        values.one_of(task_order, ORDERS, "TaskOrder")
        _check_activity(workspace, reservation_activity_sid, "ReservationActivitySid")
        _check_activity(workspace, assignment_activity_sid, "AssignmentActivitySid")
        if len(workspace.task_queues) >= MAX_QUEUES:
            raise invalid(f"A workspace has at most {MAX_QUEUES} task queues")
        core = self._core
        queue = TaskQueue(
            sid=core.new_sid("WQ"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            target_workers=target_workers,
            target_workers_value=parsed,
            max_reserved_workers=max_reserved_workers,
            task_order=task_order,
            reservation_activity_sid=(
                reservation_activity_sid or _usual_activity(workspace, "Reserved")
            ),
            assignment_activity_sid=(
                assignment_activity_sid or _usual_activity(workspace, "Busy")
            ),
        )
        workspace.task_queues[queue.sid] = queue
        for worker in workspace.workers.values():
            waiting.sort_into_queue(queue, worker)
            waiting.show_idle(workspace, worker)
        self._tell_queue(workspace, queue, "task-queue.created", "created")
        return queue

    def update_task_queue(
        self,
        task_queue: TaskQueue,
        *,
        friendly_name: str | Unset = UNSET,
        target_workers: str | Unset = UNSET,
        max_reserved_workers: int | Unset = UNSET,
        task_order: QueueOrder | Unset = UNSET,
        reservation_activity_sid: str | Unset | None = UNSET,
        assignment_activity_sid: str | Unset | None = UNSET,
    ) -> TaskQueue:
        """Change what is given. Reservations that exist stay as they are."""
        workspace = self._begin(task_queue)
        queue = self.task_queue(workspace, task_queue.sid)
        if friendly_name is not UNSET:
            values.name(friendly_name)
        parsed = None
        if target_workers is not UNSET:
            parsed = parsed_expression(target_workers.strip(), "TargetWorkers")
        if max_reserved_workers is not UNSET:
            values.whole(max_reserved_workers, 1, MAX_RESERVED, "MaxReservedWorkers")
        if task_order is not UNSET:
            values.one_of(task_order, ORDERS, "TaskOrder")
        if reservation_activity_sid is not UNSET:
            _check_activity(
                workspace, reservation_activity_sid, "ReservationActivitySid"
            )
        if assignment_activity_sid is not UNSET:
            _check_activity(workspace, assignment_activity_sid, "AssignmentActivitySid")

        core = self._core
        if friendly_name is not UNSET:
            queue.friendly_name = friendly_name
            for task in workspace.tasks.values():
                if task.task_queue_sid == queue.sid:
                    task.task_queue_friendly_name = friendly_name
                    task.refresh()
        if max_reserved_workers is not UNSET:
            queue.max_reserved_workers = max_reserved_workers
        if task_order is not UNSET and task_order != queue.task_order:
            _reorder(workspace, queue, task_order)
        if reservation_activity_sid is not UNSET:
            queue.reservation_activity_sid = reservation_activity_sid or None
        if assignment_activity_sid is not UNSET:
            queue.assignment_activity_sid = assignment_activity_sid or None
        changed = target_workers is not UNSET and target_workers != queue.target_workers
        if target_workers is not UNSET:
            queue.target_workers = target_workers
            queue.target_workers_value = parsed
        queue.touch(core.now)
        if changed:
            for worker in workspace.workers.values():
                waiting.sort_into_queue(queue, worker)
                core.agenda.free(worker)
            self._tell_queue(
                workspace, queue, "task-queue.expression.updated", "expression updated"
            )
            steps.settle(core, workspace)
        return queue

    def delete_task_queue(self, task_queue: TaskQueue) -> None:
        """Delete a queue that no workflow names and no unfinished task is in."""
        workspace = self._begin(task_queue)
        queue = self.task_queue(workspace, task_queue.sid)
        for workflow in workspace.workflows.values():
            if queue.sid in workflow.configuration_value.queue_sids():
                raise invalid(
                    f"TaskQueue {queue.sid} is used by Workflow {workflow.sid}"
                )
        for task in workspace.tasks.values():
            if task.task_queue_sid == queue.sid and not task.finished:
                raise invalid(f"TaskQueue {queue.sid} is used by Task {task.sid}")
        for worker_sid in queue.worker_sids:
            del workspace.workers[worker_sid].queue_sids[queue.sid]
        del workspace.task_queues[queue.sid]
        self._tell_queue(workspace, queue, "task-queue.deleted", "deleted")

    def _tell_queue(
        self, workspace: Workspace, queue: TaskQueue, event_type: str, what: str
    ) -> None:
        self._core.emit(
            workspace,
            event_type,
            "task-queue",
            queue.sid,
            f"TaskQueue {queue.friendly_name} {what}",
            task_queue=queue,
        )


def _check_activity(workspace: Workspace, sid: str | None, parameter: str) -> None:
    if sid and sid not in workspace.activities:
        raise invalid(f"{parameter} {sid} is not an activity of the workspace")


def _usual_activity(workspace: Workspace, name: str) -> str | None:
    if workspace.multi_task_enabled:
        return None
    for activity in workspace.activities.values():
        if activity.friendly_name == name:
            return activity.sid
    return None


def _reorder(workspace: Workspace, queue: TaskQueue, order: QueueOrder) -> None:
    standing = [sid for line in queue.waiting.values() for _, sid in line]
    for task_sid in standing:
        waiting.leave(workspace, workspace.tasks[task_sid])
    queue.task_order = order
    for task_sid in standing:
        waiting.wait(workspace, workspace.tasks[task_sid])
