"""Words and contents of the events about tasks, reservations and workers."""

from __future__ import annotations

from .core import Core
from .model import Reservation, Task, TaskQueue, Worker, Workspace


def tell_task(
    core: Core,
    workspace: Workspace,
    task: Task,
    event_type: str,
    what: str,
    worker_sids: tuple[str, ...],
    details: dict[str, str] | None = None,
) -> None:
    """Record an event about a task: `Task WT... <what>`."""
    core.emit(
        workspace,
        event_type,
        "task",
        task.sid,
        f"Task {task.sid} {what}",
        worker_sids=worker_sids,
        details=details,
        task=task,
        task_queue=workspace.task_queues.get(task.task_queue_sid or ""),
        workflow=workspace.workflows.get(task.workflow_sid),
    )


def tell_route(
    core: Core,
    workspace: Workspace,
    task: Task,
    event_type: str,
    what: str,
    details: dict[str, str] | None = None,
    previous: TaskQueue | None = None,
) -> None:
    """Record where a task is on its way. No worker's channel hears of it."""
    # The published resource types know no task queue: those events are the
    # task's. The workflow's own events are the workflow's.
    of_workflow = event_type.startswith("workflow.")
    core.emit(
        workspace,
        event_type,
        "workflow" if of_workflow else "task",
        task.workflow_sid if of_workflow else task.sid,
        f"Task {task.sid} {what}",
        details=details,
        task=task,
        task_queue=workspace.task_queues.get(task.task_queue_sid or ""),
        previous_task_queue=previous,
        workflow=workspace.workflows.get(task.workflow_sid),
    )


def tell_reservation(
    core: Core, workspace: Workspace, task: Task, reservation: Reservation, what: str
) -> None:
    """Record `reservation.<what>` for its worker."""
    core.emit(
        workspace,
        f"reservation.{what}",
        "reservation",
        reservation.sid,
        f"Reservation {reservation.sid} {what}",
        worker_sids=(reservation.worker_sid,),
        task=task,
        reservation=reservation,
        worker=workspace.workers.get(reservation.worker_sid),
        task_queue=workspace.task_queues.get(task.task_queue_sid or ""),
        workflow=workspace.workflows.get(task.workflow_sid),
    )


def tell_worker(
    core: Core, workspace: Workspace, worker: Worker, event_type: str, what: str
) -> None:
    """Record an event about a worker: `Worker <name> <what>`."""
    core.emit(
        workspace,
        event_type,
        "worker",
        worker.sid,
        f"Worker {worker.friendly_name} {what}",
        worker_sids=(worker.sid,),
        worker=worker,
        activity=workspace.activities.get(worker.activity_sid),
    )
