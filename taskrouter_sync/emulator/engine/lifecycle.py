"""Transitions of tasks and reservations, with their events in order.

Each function changes the state first and tells then. None of them routes: what
became free or homeless is noted on the agenda, which `steps.settle` works off.
"""

from __future__ import annotations

from . import calls, capacity, waiting
from .core import Core
from .deadlines import TASK_KINDS
from .model import (
    Reservation,
    ReservationStatus,
    Task,
    TaskStatus,
    Worker,
    Workspace,
)
from .presence import set_activity
from .tell import tell_reservation, tell_task


ASSIGNED_SECONDS = 86400.0
KEEP_FINISHED_SECONDS = 300.0


def reserve(
    core: Core, workspace: Workspace, task: Task, workers: list[Worker]
) -> None:
    """Offer a pending task to the workers: a new round."""
    waiting.leave(workspace, task)
    task.assignment_status = "reserved"
    task.assignment_count += 1
    task.touch(core.now)
    timeout = workspace.workflows[task.workflow_sid].task_reservation_timeout
    made: list[tuple[Worker, Reservation]] = []
    for worker in workers:
        reservation = Reservation(
            sid=core.new_sid("WR"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            task_sid=task.sid,
            worker_sid=worker.sid,
            worker_name=worker.friendly_name,
            reservation_status="pending",
            reservation_timeout=timeout,
            worker_previous_activity_sid=worker.activity_sid,
        )
        task.reservations[reservation.sid] = reservation
        worker.reservations[reservation.sid] = reservation
        capacity.take(workspace, worker, task, core.now)
        core.deadlines.set(
            core.now + timeout, "reservation", workspace.sid, reservation.sid
        )
        core.reservation_tasks[reservation.sid] = task.sid
        made.append((worker, reservation))
    for worker, reservation in made:
        tell_reservation(core, workspace, task, reservation, "created")
        if not workspace.multi_task_enabled:
            _occupy(core, workspace, task, worker, reservation)


def _occupy(
    core: Core,
    workspace: Workspace,
    task: Task,
    worker: Worker,
    reservation: Reservation,
) -> None:
    """Single-tasking: move the worker to the queue's reservation activity."""
    queue = workspace.task_queues.get(task.task_queue_sid or "")
    if queue is not None and queue.reservation_activity_sid is not None:
        reservation.reserved_activity_sid = queue.reservation_activity_sid
        set_activity(core, workspace, worker, queue.reservation_activity_sid)


def accept(
    core: Core, workspace: Workspace, task: Task, reservation: Reservation
) -> None:
    """Let the worker have the task; the others of the round are rescinded."""
    worker = workspace.workers[reservation.worker_sid]
    others = [
        other
        for other in task.reservations.values()
        if other is not reservation and other.reservation_status == "pending"
    ]
    _turn(core, workspace, task, reservation, "accepted")
    for other in others:
        _turn(core, workspace, task, other, "rescinded")
    task.assignment_status = "assigned"
    task.touch(core.now)
    for kind in TASK_KINDS:
        core.deadlines.clear(kind, task.sid)
    core.deadlines.set(core.now + ASSIGNED_SECONDS, "assigned", workspace.sid, task.sid)
    tell_reservation(core, workspace, task, reservation, "accepted")
    for other in others:
        tell_reservation(core, workspace, task, other, "rescinded")
    if not workspace.multi_task_enabled:
        queue = workspace.task_queues.get(task.task_queue_sid or "")
        if queue is not None and queue.assignment_activity_sid is not None:
            set_activity(core, workspace, worker, queue.assignment_activity_sid)
        for other in others:
            _restore_activity(core, workspace, other)
    # Expressions on `assigned_tasks` may hold now that did not before.
    core.agenda.free(worker)


def withdraw(
    core: Core,
    workspace: Workspace,
    task: Task,
    reservation: Reservation,
    status: ReservationStatus,
    activity_sid: str | None = None,
) -> None:
    """End a pending reservation (rejected, timeout or canceled).

    The worker goes to `activity_sid` if given; in single-tasking workspaces
    else back to the activity before the reservation. With the last one of the
    round the task is pending again.
    """
    _turn(core, workspace, task, reservation, status)
    homeless = task.assignment_status == "reserved" and not any(
        other.reservation_status == "pending" for other in task.reservations.values()
    )
    if homeless:
        task.assignment_status = "pending"
        task.touch(core.now)
    tell_reservation(core, workspace, task, reservation, status)
    worker = workspace.workers[reservation.worker_sid]
    if activity_sid is not None:
        set_activity(core, workspace, worker, activity_sid)
    else:
        _restore_activity(core, workspace, reservation)
    if homeless:
        core.agenda.place(task)


def _restore_activity(
    core: Core, workspace: Workspace, reservation: Reservation
) -> None:
    """Undo `_occupy`, unless the activity was changed by hand since."""
    worker = workspace.workers.get(reservation.worker_sid)
    previous = reservation.worker_previous_activity_sid
    if (
        worker is not None
        and reservation.reserved_activity_sid == worker.activity_sid
        and previous in workspace.activities
    ):
        set_activity(core, workspace, worker, previous)


def cancel(core: Core, workspace: Workspace, task: Task, reason: str | None) -> None:
    """Cancel a pending or reserved task."""
    concerned = task.holders()
    waiting.leave(workspace, task)
    ended = _end_live(core, workspace, task)
    _finish(core, workspace, task, "canceled", reason)
    tell_task(core, workspace, task, "task.canceled", "canceled", concerned)
    _tell_ended(core, workspace, task, ended)


def wrap(core: Core, workspace: Workspace, task: Task, reason: str | None) -> None:
    """Let an assigned task wrap up."""
    accepted = _with_status(task, "accepted")
    for reservation in accepted:
        _turn(core, workspace, task, reservation, "wrapping")
    task.assignment_status = "wrapping"
    task.reason = reason if reason is not None else task.reason
    task.touch(core.now)
    concerned = task.holders()
    tell_task(core, workspace, task, "task.wrapup", "wrapping up", concerned)
    for reservation in accepted:
        tell_reservation(core, workspace, task, reservation, "wrapup")


def complete(core: Core, workspace: Workspace, task: Task, reason: str | None) -> None:
    """Complete an assigned or wrapping task."""
    concerned = task.holders()
    ended = _end_live(core, workspace, task)
    _finish(core, workspace, task, "completed", reason)
    tell_task(core, workspace, task, "task.completed", "completed", concerned)
    _tell_ended(core, workspace, task, ended)


def wrap_reservation(
    core: Core, workspace: Workspace, task: Task, reservation: Reservation
) -> None:
    """Let one accepted reservation wrap up, and the task with the last of them."""
    _turn(core, workspace, task, reservation, "wrapping")
    tell_reservation(core, workspace, task, reservation, "wrapup")
    if task.assignment_status == "assigned" and not _with_status(task, "accepted"):
        wrap(core, workspace, task, None)


def complete_reservation(
    core: Core, workspace: Workspace, task: Task, reservation: Reservation
) -> None:
    """Complete one reservation, and the task with the last of them."""
    _turn(core, workspace, task, reservation, "completed")
    tell_reservation(core, workspace, task, reservation, "completed")
    if not task.holders():
        concerned = (reservation.worker_sid,)
        _finish(core, workspace, task, "completed", "All reservations were completed")
        tell_task(core, workspace, task, "task.completed", "completed", concerned)


def delete(core: Core, workspace: Workspace, task: Task, event_type: str) -> None:
    """Delete a task in any status; `event_type` says by whom."""
    concerned = task.holders()
    waiting.leave(workspace, task)
    ended = _end_live(core, workspace, task)
    remove(core, workspace, task)
    tell_task(core, workspace, task, event_type, "deleted", concerned)
    _tell_ended(core, workspace, task, ended)


def remove(core: Core, workspace: Workspace, task: Task) -> None:
    """Forget a task that nobody holds or waits for any more, without a word."""
    del workspace.tasks[task.sid]
    for kind in TASK_KINDS:
        core.deadlines.clear(kind, task.sid)
    for reservation in task.reservations.values():
        core.reservation_tasks.pop(reservation.sid, None)
        worker = workspace.workers.get(reservation.worker_sid)
        if worker is not None:
            worker.reservations.pop(reservation.sid, None)


def _turn(
    core: Core,
    workspace: Workspace,
    task: Task,
    reservation: Reservation,
    status: ReservationStatus,
) -> None:
    """Give a live reservation its next status, and count what that changes."""
    worker = workspace.workers[reservation.worker_sid]
    capacity.count_assigned(worker, task, reservation, status, core.now)
    reservation.reservation_status = status
    reservation.touch(core.now)
    core.deadlines.clear("reservation", reservation.sid)
    if not reservation.live:
        calls.give_up(core, reservation.sid)
        capacity.give_back(worker, task, core.now)
        core.agenda.free(worker)


def _end_live(core: Core, workspace: Workspace, task: Task) -> list[Reservation]:
    """End what is live of a task that ends: nobody's offers, somebody's work."""
    ended = [other for other in task.reservations.values() if other.live]
    for reservation in ended:
        pending = reservation.reservation_status == "pending"
        _turn(
            core, workspace, task, reservation, "canceled" if pending else "completed"
        )
    return ended


def _tell_ended(
    core: Core, workspace: Workspace, task: Task, ended: list[Reservation]
) -> None:
    for reservation in ended:
        status = reservation.reservation_status
        tell_reservation(core, workspace, task, reservation, status)
        if status == "canceled":
            _restore_activity(core, workspace, reservation)


def _finish(
    core: Core,
    workspace: Workspace,
    task: Task,
    status: TaskStatus,
    reason: str | None,
) -> None:
    task.assignment_status = status
    task.reason = reason if reason is not None else task.reason
    task.touch(core.now)
    for kind in TASK_KINDS:
        core.deadlines.clear(kind, task.sid)
    removal = core.now + KEEP_FINISHED_SECONDS
    core.deadlines.set(removal, "removal", workspace.sid, task.sid)


def _with_status(task: Task, status: ReservationStatus) -> list[Reservation]:
    return [
        other
        for other in task.reservations.values()
        if other.reservation_status == status
    ]
