"""Operations on tasks and their reservations."""

from __future__ import annotations

from typing import get_args

from .errors import (
    GONE,
    ServiceError,
    check_choice,
    check_text,
    check_whole,
    invalid,
    parse_attributes,
)
from .model import (
    Reservation,
    ReservationStatus,
    Task,
    TaskStatus,
    Worker,
    Workflow,
    Workspace,
    reservation_of,
)
from .operations import Operations, Resources
from .workflow import MAX_PRIORITY, MAX_TIMEOUT


DEFAULT_TIMEOUT = 86400
# 1900-01-01 in epoch seconds.
EARLIEST_START = -2_208_988_800.0
# The debugger's code of a reject without a valid activity.
BAD_ACTIVITY_ALERT = 40100
# What may be asked for, from which statuses, and how others are refused. The text for
# `completed` is like the one before; the service's is not known.
_TASK_CHANGES: dict[str, tuple[tuple[TaskStatus, ...], str, str]] = {
    "canceled": (
        ("pending", "reserved"),
        "cancel task",
        "it is not pending or reserved.",
    ),
    "wrapping": (("assigned",), "wrap up a task", "it's not currently assigned"),
    "completed": (
        ("assigned", "wrapping"),
        "complete task",
        "it's not currently assigned",
    ),
}
_RESERVATION_CHANGES: dict[str, tuple[ReservationStatus, ...]] = {
    "accepted": ("pending",),
    "rejected": ("pending",),
    "wrapping": ("accepted",),
    "completed": ("accepted", "wrapping"),
}


class Tasks(Resources[Task]):
    """Create, update, delete tasks."""

    container = "tasks"

    def create(
        self,
        workspace: Workspace,
        *,
        workflow_sid: str | None = None,
        attributes: str | None = None,
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
        workflow = _workflow_for(workspace, workflow_sid, routing_target)
        attributes = "{}" if attributes is None else attributes
        parsed = parse_attributes(attributes)
        timeout = DEFAULT_TIMEOUT if timeout is None else timeout
        check_whole(timeout, 1, MAX_TIMEOUT, "Timeout")
        check_whole(priority, 0, MAX_PRIORITY, "Priority")
        channel = workspace.check_task_channel(task_channel or "default")
        self._check_start(virtual_start_time)
        direct = _check_target(workspace, routing_target)
        if ignore_capacity and not direct:
            raise invalid("IgnoreCapacity needs a RoutingTarget that is a Worker")
        if task_queue_sid is not None and task_queue_sid not in workspace.task_queues:
            raise invalid(f"TaskQueueSid {task_queue_sid} is not in the workspace")
        workspace.task_numbers += 1
        task = Task(
            **core.identity("WT", workspace),
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
        workspace.tasks.add(task)
        core.set_deadline(timeout, "ttl", task)
        self._router.start(task)
        self._router.route()
        return task

    def update(
        self,
        task: Task,
        *,
        attributes: str | None = None,
        priority: int | None = None,
        task_channel: str | None = None,
        virtual_start_time: float | None = None,
        assignment_status: str | None = None,
        reason: str | None = None,
    ) -> Task:
        """Change what is given; `reason` goes with a status, and may be missing.

        `assignment_status` is canceled, wrapping or completed.
        Attributes of finished tasks may change (choice); wrapping or completing
        and changing attributes takes two requests.
        """
        workspace, task = self._begin_with(task)
        parsed = None if attributes is None else parse_attributes(attributes)
        check_whole(priority, 0, MAX_PRIORITY, "Priority")
        channel = None
        if task_channel is not None:
            channel = workspace.check_task_channel(task_channel)
            if channel.sid == task.task_channel_sid:
                channel = None
            elif task.assignment_status != "pending":
                # Reservations count on the channel they were made for (choice).
                raise invalid(f"Cannot change TaskChannel of task {task.sid}")
        self._check_start(virtual_start_time)
        check_text(reason, "Reason")
        if assignment_status is not None:
            self._check_status(task, assignment_status)
            if parsed is not None and assignment_status != "canceled":
                raise invalid(
                    "Attributes cannot be updated together with AssignmentStatus"
                    f" {assignment_status}"
                )

        waiting = task.assignment_status == "pending"
        given = (parsed, priority, channel, virtual_start_time)
        changed = any(value is not None for value in given)
        if changed:
            if waiting:
                workspace.dequeue(task)
            task.change(
                self._core.now,
                attributes=attributes,
                attributes_value=parsed,
                priority=priority,
                task_channel_sid=channel and channel.sid,
                task_channel_unique_name=channel and channel.unique_name,
                virtual_start_time=virtual_start_time,
            )
            if waiting:
                workspace.enqueue(task)
            self._core.emit_task(task, "task.updated", "updated", task.holders())
        if assignment_status == "canceled":
            self._lifecycle.end(task, "canceled", reason)
        elif assignment_status == "wrapping":
            self._lifecycle.wrap(task, reason)
        elif assignment_status == "completed":
            self._lifecycle.end(task, "completed", reason)
        elif changed and waiting:
            workflow = workspace.workflows[task.workflow_sid]
            restarts = parsed is not None and workflow.re_evaluate_tasks
            if not (restarts and self._router.restart(task)):
                self._router.place(task)
        self._router.route()
        return task

    def _check_start(self, moment: float | None) -> None:
        if moment is None:
            return
        if moment > self._core.now:
            raise invalid("VirtualStartTime cannot be in the future")
        # Also refuses values that are not numbers.
        if not moment >= EARLIEST_START:
            raise invalid("VirtualStartTime cannot be before 1900")

    def _check_status(self, task: Task, status: str) -> None:
        check_choice(status, tuple(_TASK_CHANGES), "AssignmentStatus")
        allowed, what, why = _TASK_CHANGES[status]
        if task.assignment_status not in allowed:
            raise invalid(
                f"Cannot {what} {task.sid} in workspace {task.workspace_sid}"
                f" for account {self._core.account_sid} because {why}"
            )

    def delete(self, task: Task) -> None:
        """Delete a task in any status; who works on it has completed it."""
        _, task = self._begin_with(task)
        self._lifecycle.end(task, "deleted")
        self._router.route()


def _workflow_for(
    workspace: Workspace, sid: str | None, routing_target: str | None
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


def _check_target(workspace: Workspace, sid: str | None) -> bool:
    """Refuse an unknown routing target; return whether it is a worker."""
    if sid is None:
        return False
    for container in (workspace.workers, workspace.task_queues, workspace.workflows):
        if sid in container:
            return container is workspace.workers
    raise invalid(f"RoutingTarget {sid} is not a Worker, TaskQueue or Workflow")


class Reservations(Operations):
    """Update reservations; for instructions see `Telephony`."""

    def find(self, owner: Task | Worker, sid: str) -> Reservation:
        """Return the reservation (WR) of a task or of a worker."""
        return reservation_of(owner, sid)

    def update(
        self,
        reservation: Reservation,
        reservation_status: str | None = None,
        *,
        worker_activity_sid: str | None = None,
    ) -> Reservation:
        """Accept, reject, wrap up or complete; without a status change nothing.

        `worker_activity_sid` (WA) goes with `rejected`.
        """
        workspace, _, reservation = self._begin_with_reservation(reservation)
        if worker_activity_sid and worker_activity_sid not in workspace.activities:
            raise invalid(
                f"WorkerActivitySid {worker_activity_sid}"
                " is not an activity of the workspace",
                alert_code=BAD_ACTIVITY_ALERT,
            )
        if reservation_status is None:
            return reservation
        _check_change(reservation, reservation_status)
        lifecycle = self._lifecycle
        if reservation_status == "accepted":
            lifecycle.accept(reservation)
        elif reservation_status == "rejected":
            lifecycle.withdraw(reservation, "rejected", worker_activity_sid or None)
        elif reservation_status == "wrapping":
            lifecycle.wrap_reservation(reservation)
        else:
            lifecycle.complete_reservation(reservation)
        self._router.route()
        return reservation


def _check_change(reservation: Reservation, status: str) -> None:
    check_choice(status, get_args(ReservationStatus), "ReservationStatus")
    present = reservation.reservation_status
    if present in _RESERVATION_CHANGES.get(status, ()):
        return
    message = (
        f"Reservation {reservation.sid} is already in state [{present}]"
        f" and cannot be updated to [{status}]"
    )
    if present == "rescinded" and status == "accepted":
        raise ServiceError(410, GONE, message)
    raise invalid(message)
