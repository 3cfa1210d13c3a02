"""Transitions of tasks, reservations, workers and calls, with their events in order.

Each method changes the state first and reports it then. None of them routes: what
became free or pending again is noted in the backlog, which the router works off.
"""

from __future__ import annotations

from typing import Literal

from .calls import CallState, CallStatus, Instruction, PhoneCall
from .core import Core
from .errors import write_json
from .model import Reservation, ReservationStatus, Task, TaskStatus, Worker, Workspace


ASSIGNED_SECONDS = 86400.0
KEEP_FINISHED_SECONDS = 300.0


class Lifecycle:
    """Changes the status of tasks and reservations, and the activity of workers."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # Reservations.

    def reserve(self, task: Task, workers: list[Worker]) -> None:
        """Offer a pending task to the workers: a new round."""
        core, now = self._core, self._core.now
        workspace = core.workspaces[task.workspace_sid]
        workspace.dequeue(task)
        task.assignment_status = "reserved"
        task.assignment_count += 1
        core.note_known_worker(task)
        task.touch(now)
        timeout = workspace.workflows[task.workflow_sid].task_reservation_timeout
        made: list[tuple[Worker, Reservation]] = []
        for worker in workers:
            reservation = Reservation(
                **core.identity("WR", workspace),
                task_sid=task.sid,
                worker_sid=worker.sid,
                worker_name=worker.friendly_name,
                reservation_status="pending",
                reservation_timeout=timeout,
                worker_previous_activity_sid=worker.activity_sid,
            )
            task.reservations.add(reservation)
            worker.reservations[reservation.sid] = reservation
            self._fill_capacity(workspace, worker, task)
            core.set_deadline(timeout, "reservation", reservation)
            core.reservation_tasks[reservation.sid] = task.sid
            made.append((worker, reservation))
        queue = core.queue_of(task)
        for worker, reservation in made:
            core.emit_reservation(task, reservation, "created")
            if (
                not workspace.multi_task_enabled
                and queue is not None
                and queue.reservation_activity_sid is not None
            ):
                reservation.reserved_activity_sid = queue.reservation_activity_sid
                self.set_activity(worker, queue.reservation_activity_sid)

    def _fill_capacity(self, workspace: Workspace, worker: Worker, task: Task) -> None:
        """Count a new reservation of `task`."""
        workspace.ranks += 1
        worker.idle_rank = workspace.ranks
        worker.live_reservations += 1
        channel = worker.channels_by_task_channel[task.task_channel_sid]
        channel.idle_rank = workspace.ranks
        channel.last_reserved_time = self._core.now
        channel.load += 1
        channel.touch(self._core.now)
        # For a task that waits, an expression on the channel may hold now.
        if workspace.waiting_queues:
            self._core.backlog.workers[worker.sid] = worker

    def accept(self, reservation: Reservation) -> None:
        """Let the worker have the task; the others of the round are rescinded."""
        core = self._core
        task = core.task_of(reservation)
        workspace = core.workspaces[task.workspace_sid]
        others = task.with_status("pending")
        others.remove(reservation)
        self._turn(task, reservation, "accepted")
        for other in others:
            self._turn(task, other, "rescinded")
        task.assignment_status = "assigned"
        task.touch(core.now)
        core.deadlines.clear_task(task.sid)
        core.set_deadline(ASSIGNED_SECONDS, "assigned", task)
        core.emit_reservation(task, reservation, "accepted")
        for other in others:
            core.emit_reservation(task, other, "rescinded")
        worker = workspace.workers[reservation.worker_sid]
        if not workspace.multi_task_enabled:
            queue = core.queue_of(task)
            if queue is not None and queue.assignment_activity_sid is not None:
                self.set_activity(worker, queue.assignment_activity_sid)
            for other in others:
                self._restore_activity(other)

    def withdraw(
        self,
        reservation: Reservation,
        status: ReservationStatus,
        activity_sid: str | None = None,
    ) -> None:
        """End a pending reservation (rejected, timeout or canceled).

        The worker goes to `activity_sid` if given; in single-tasking workspaces
        else back to the activity before the reservation. With the last one of the
        round the task is pending again.
        """
        core = self._core
        task = core.task_of(reservation)
        self._turn(task, reservation, status)
        last = task.assignment_status == "reserved" and not task.with_status("pending")
        if last:
            task.assignment_status = "pending"
            task.touch(core.now)
        core.emit_reservation(task, reservation, status)
        if activity_sid is not None:
            workspace = core.workspaces[task.workspace_sid]
            self.set_activity(workspace.workers[reservation.worker_sid], activity_sid)
        else:
            self._restore_activity(reservation)
        if last:
            core.backlog.tasks[task.sid] = task

    def wrap_reservation(self, reservation: Reservation) -> None:
        """Let one accepted reservation wrap up, and the task with the last of them."""
        task = self._core.task_of(reservation)
        self._turn(task, reservation, "wrapping")
        self._core.emit_reservation(task, reservation, "wrapup")
        if task.assignment_status == "assigned" and not task.with_status("accepted"):
            self.wrap(task, None)

    def complete_reservation(self, reservation: Reservation) -> None:
        """Complete one reservation, and the task with the last of them."""
        task = self._core.task_of(reservation)
        self._turn(task, reservation, "completed")
        self._core.emit_reservation(task, reservation, "completed")
        if not task.holders():
            self._finish(task, "completed", "All reservations were completed")
            concerned = (reservation.worker_sid,)
            self._core.emit_task(task, "task.completed", "completed", concerned)

    # Tasks.

    def wrap(self, task: Task, reason: str | None) -> None:
        """Let an assigned task wrap up."""
        accepted = task.with_status("accepted")
        for reservation in accepted:
            self._turn(task, reservation, "wrapping")
        task.assignment_status = "wrapping"
        task.reason = reason if reason is not None else task.reason
        task.touch(self._core.now)
        self._core.emit_task(task, "task.wrapup", "wrapping up", task.holders())
        for reservation in accepted:
            self._core.emit_reservation(task, reservation, "wrapup")

    def end(
        self,
        task: Task,
        what: Literal["canceled", "completed", "deleted", "system-deleted"],
        reason: str | None = None,
        description: str | None = None,
    ) -> None:
        """End a task, and what is live of it: nobody's offers, somebody's work.

        Only a pending or reserved one is canceled, only an assigned or wrapping one
        completed.
        """
        core = self._core
        concerned = task.holders()
        core.workspaces[task.workspace_sid].dequeue(task)
        ended = [each for each in task.reservations.values() if each.live]
        for reservation in ended:
            pending = reservation.reservation_status == "pending"
            self._turn(task, reservation, "canceled" if pending else "completed")
        if what == "canceled" or what == "completed":
            self._finish(task, what, reason)
        else:
            self.remove(task)
        said = what.removeprefix("system-")
        core.emit_task(task, f"task.{what}", said, concerned, description=description)
        for reservation in ended:
            core.emit_reservation(task, reservation, reservation.reservation_status)
            if reservation.reservation_status == "canceled":
                self._restore_activity(reservation)

    def remove(self, task: Task) -> None:
        """Forget a task that nobody holds or waits for any more, without an event."""
        workspace = self._core.workspaces[task.workspace_sid]
        del workspace.tasks[task.sid]
        self._core.deadlines.clear_task(task.sid)
        for reservation in task.reservations.values():
            self._core.reservation_tasks.pop(reservation.sid, None)
            worker = workspace.workers.get(reservation.worker_sid)
            if worker is not None:
                worker.reservations.pop(reservation.sid, None)

    # Workers.

    def set_activity(self, worker: Worker, activity_sid: str) -> None:
        """Put the worker in an activity of the workspace.

        The same activity again changes nothing: no event, and the time in the
        activity runs on (choice).
        """
        if worker.activity_sid == activity_sid:
            return
        core = self._core
        workspace = core.workspaces[worker.workspace_sid]
        previous = workspace.activities[worker.activity_sid]
        activity = workspace.activities[activity_sid]
        seconds = core.now - worker.date_status_changed
        worker.activity_sid = activity.sid
        worker.activity_name = activity.friendly_name
        worker.available = activity.available
        worker.date_status_changed = core.now
        worker.touch(core.now)
        core.emit_worker(
            worker,
            "worker.activity.update",
            f"updated to {activity.friendly_name} Activity",
            details={
                "worker_time_in_previous_activity": str(int(seconds)),
                "worker_time_in_previous_activity_ms": str(int(seconds * 1000)),
            },
            previous_activity=previous,
        )
        core.backlog.workers[worker.sid] = worker

    def _restore_activity(self, reservation: Reservation) -> None:
        """Undo what a reservation did to the activity, unless it was changed since."""
        workspace = self._core.workspaces[reservation.workspace_sid]
        worker = workspace.workers.get(reservation.worker_sid)
        previous = reservation.worker_previous_activity_sid
        if (
            worker is not None
            and reservation.reserved_activity_sid == worker.activity_sid
            and previous in workspace.activities
        ):
            self.set_activity(worker, previous)

    # What the transitions consist of.

    def _turn(
        self, task: Task, reservation: Reservation, status: ReservationStatus
    ) -> None:
        """Set the next status of a live reservation and update the counts."""
        core = self._core
        worker = core.workspaces[task.workspace_sid].workers[reservation.worker_sid]
        channel = worker.channels_by_task_channel[task.task_channel_sid]
        was_accepted = reservation.reservation_status == "accepted"
        reservation.reservation_status = status
        reservation.touch(core.now)
        core.deadlines.clear("reservation", reservation.sid)
        if was_accepted != (status == "accepted"):
            channel.assigned_tasks += -1 if was_accepted else 1
            channel.touch(core.now)
        if not reservation.live:
            self._stop_ringing(reservation)
            worker.live_reservations -= 1
            channel.load -= 1
            channel.touch(core.now)
        core.backlog.workers[worker.sid] = worker

    def _stop_ringing(self, reservation: Reservation) -> None:
        """Cancel calls for a reservation that is over: the caller is somebody else's.

        A call that was not to bring worker and caller together rings on (choice).
        """
        for call in self._core.calls.of(reservation.sid):
            if call.instruction.bridges and call.status != "answered":
                self._core.deadlines.clear("call", call.sid)
                self._core.calls.note(call, "canceled", self._core.now)

    def _finish(self, task: Task, status: TaskStatus, reason: str | None) -> None:
        core = self._core
        task.assignment_status = status
        task.reason = reason if reason is not None else task.reason
        task.touch(core.now)
        core.deadlines.clear_task(task.sid)
        core.set_deadline(KEEP_FINISHED_SECONDS, "removal", task)


class CallLifecycle:
    """Starts, advances and ends calls, with what they do to their reservations."""

    def __init__(self, core: Core, lifecycle: Lifecycle) -> None:
        self._core = core
        self._lifecycle = lifecycle

    def dial(
        self,
        reservation: Reservation,
        instruction: Instruction,
        from_: str | None,
        to: str,
    ) -> None:
        """Start a call; its later states follow with time.

        Its outcome is decided now, so that changed settings are for later calls.
        """
        core = self._core
        call = _call(core.new_sid("CA"), reservation, instruction)
        call.from_, call.to = from_, to
        call.outcome, seconds = core.call_settings.foresee(to, instruction.timeout)
        call.length = core.call_settings.call_length
        core.calls.add(call)
        if instruction.name in ("call", "dequeue"):
            # "Upon issuing" the instruction, whatever the outcome of the call.
            task = core.task_of(reservation)
            added = {"worker_call_sid": call.sid}
            task.attributes_value = {**task.attributes_value, **added}
            # What is shown can be written back: it is hardly longer than before.
            task.attributes = write_json(task.attributes_value, (",", ":"))
            task.touch(core.now)
            core.emit_task(task, "task.updated", "updated", task.holders())
        core.calls.note(call, "initiated", core.now)
        if call.outcome != "failed":
            # The way to the phone takes no time (choice).
            core.calls.note(call, "ringing", core.now)
        core.set_deadline(seconds, "call", call)

    def redirect(
        self, reservation: Reservation, instruction: Instruction, call_sid: str
    ) -> None:
        """Log that a call was redirected. What its TwiML does is not simulated."""
        call = _call(call_sid, reservation, instruction)
        call.states = (CallState("redirected", self._core.now),)
        self._core.calls.add(call)

    def advance(self, sid: str) -> None:
        """Do what is due for a call: its answer, its failure, or its end."""
        call = self._core.calls.live(sid)
        if call is None:
            return
        if call.status == "answered":
            self._end(call)
        elif call.outcome == "answered":
            self._answer(call)
        else:
            self._fail(call, call.outcome)

    def hang_up(self, call: PhoneCall) -> None:
        """End a call before its time, answered or not."""
        self._core.deadlines.clear("call", call.sid)
        if call.status == "answered":
            self._end(call)
        else:
            self._fail(call, "canceled")

    def _answer(self, call: PhoneCall) -> None:
        core = self._core
        core.calls.note(call, "answered", core.now)
        if call.length is not None:
            core.set_deadline(call.length, "call", call)
        reservation = self._reservation(call, "pending")
        if reservation is not None and call.instruction.bridges:
            self._lifecycle.accept(reservation)

    def _fail(self, call: PhoneCall, status: CallStatus) -> None:
        """Only a conference takes its reservation along.

        Of a dequeue that fails nothing is documented: the reservation stays pending
        until it is answered otherwise, or times out.
        """
        self._core.calls.note(call, status, self._core.now)
        reservation = self._reservation(call, "pending")
        if reservation is not None and call.instruction.name == "conference":
            self._lifecycle.withdraw(reservation, "canceled")

    def _end(self, call: PhoneCall) -> None:
        """End an answered call; of a conference, the conference with it (choice).

        Of the task of a dequeued call nothing is documented: it stays assigned.
        """
        core = self._core
        core.calls.note(call, "completed", core.now)
        if call.instruction.name == "conference":
            for other in core.calls.of(call.reservation_sid):
                if other.instruction.name == "supervise":
                    self.hang_up(other)
            self._end_work(call)
        workspace = core.workspaces[call.workspace_sid]
        worker = workspace.workers.get(call.worker_sid)
        activity_sid = call.instruction.post_work_activity_sid or ""
        # They may have been deleted while they spoke.
        if worker is not None and activity_sid in workspace.activities:
            self._lifecycle.set_activity(worker, activity_sid)

    def _end_work(self, call: PhoneCall) -> None:
        reservation = self._reservation(call, "accepted", "wrapping")
        if reservation is None:
            return
        task = self._core.task_of(reservation)
        if not self._core.workspaces[call.workspace_sid].multi_task_enabled:
            self._lifecycle.end(task, "completed")
        elif reservation.reservation_status == "accepted":
            self._lifecycle.wrap(task, None)

    def _reservation(
        self, call: PhoneCall, *statuses: ReservationStatus
    ) -> Reservation | None:
        """Return the call's reservation, if it exists and has one of the statuses."""
        task = self._core.workspaces[call.workspace_sid].tasks.get(call.task_sid)
        found = () if task is None else task.with_status(*statuses)
        return next((r for r in found if r.sid == call.reservation_sid), None)


def _call(sid: str, reservation: Reservation, instruction: Instruction) -> PhoneCall:
    return PhoneCall(
        sid=sid,
        instruction=instruction,
        workspace_sid=reservation.workspace_sid,
        task_sid=reservation.task_sid,
        reservation_sid=reservation.sid,
        worker_sid=reservation.worker_sid,
    )
