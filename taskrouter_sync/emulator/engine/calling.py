"""What becomes of calls, and of reservations, tasks and workers with them.

As in lifecycle: nothing here routes. Owns no state.
"""

from __future__ import annotations

import json

from . import lifecycle
from .calls import CallStatus, PhoneCall
from .core import Core
from .instructions import Instruction
from .model import Reservation, Task, Workspace
from .presence import set_activity
from .tell import tell_task


def redirect(
    core: Core, reservation: Reservation, instruction: Instruction, call_sid: str
) -> None:
    """Log that a call was redirected. What its TwiML does is not simulated."""
    core.calls.add_redirected(_call(call_sid, reservation, instruction), core.now)


def dial(
    core: Core,
    reservation: Reservation,
    instruction: Instruction,
    from_: str | None,
    to: str,
) -> None:
    """Start a call; the rest comes with time.

    What it comes to is settled now, so that changed settings are for later calls.
    """
    call = _call(core.new_sid("CA"), reservation, instruction, from_, to)
    call.outcome, seconds = core.telephony.foresee(to, instruction.timeout)
    call.length = core.telephony.call_length
    core.calls.add(call)
    core.calls.note(call, "initiated", core.now)
    if call.outcome != "failed":
        # The way to the phone takes no time (choice).
        core.calls.note(call, "ringing", core.now)
    core.deadlines.set(core.now + seconds, "call", call.workspace_sid, call.sid)


def _call(
    sid: str,
    reservation: Reservation,
    instruction: Instruction,
    from_: str | None = None,
    to: str | None = None,
) -> PhoneCall:
    return PhoneCall(
        sid=sid,
        instruction=instruction,
        workspace_sid=reservation.workspace_sid,
        task_sid=reservation.task_sid,
        reservation_sid=reservation.sid,
        worker_sid=reservation.worker_sid,
        from_=from_,
        to=to,
    )


def go_on(core: Core, workspace: Workspace, call: PhoneCall) -> None:
    """Do what is due for a call: its answer, its failure, or its end."""
    if call.status == "answered":
        _end(core, workspace, call)
    elif call.outcome == "answered":
        _answer(core, workspace, call)
    else:
        _fail(core, workspace, call, call.outcome)


def hang_up(core: Core, workspace: Workspace, call: PhoneCall) -> None:
    """End a call before its time, answered or not."""
    core.deadlines.clear("call", call.sid)
    if call.status == "answered":
        _end(core, workspace, call)
    else:
        _fail(core, workspace, call, "canceled")


def _answer(core: Core, workspace: Workspace, call: PhoneCall) -> None:
    core.calls.note(call, "answered", core.now)
    if call.length is not None:
        core.deadlines.set(core.now + call.length, "call", workspace.sid, call.sid)
    task, reservation = _offer(workspace, call)
    if task is None or reservation is None or not reservation.live:
        return
    if call.instruction.name in ("call", "dequeue"):
        # When the service adds it is not documented. Added before the acceptance
        # it is there for whoever looks at the task then.
        _add_worker_call(core, workspace, task, call.sid)
    if call.instruction.bridges and reservation.reservation_status == "pending":
        lifecycle.accept(core, workspace, task, reservation)


def _add_worker_call(core: Core, workspace: Workspace, task: Task, sid: str) -> None:
    task.attributes_value = {**task.attributes_value, "worker_call_sid": sid}
    task.attributes = json.dumps(task.attributes_value)
    task.touch(core.now)
    tell_task(core, workspace, task, "task.updated", "updated", task.holders())


def _fail(
    core: Core, workspace: Workspace, call: PhoneCall, status: CallStatus
) -> None:
    """Only a conference takes its reservation along.

    Of a dequeue that fails nothing is documented: the reservation stays pending
    until it is answered otherwise, or times out.
    """
    core.calls.note(call, status, core.now)
    task, reservation = _offer(workspace, call)
    if (
        call.instruction.name == "conference"
        and task is not None
        and reservation is not None
        and reservation.reservation_status == "pending"
    ):
        lifecycle.withdraw(core, workspace, task, reservation, "canceled")


def _end(core: Core, workspace: Workspace, call: PhoneCall) -> None:
    """End an answered call; of a conference, the conference with it (choice).

    Of the task of a dequeued call nothing is documented: it stays assigned.
    """
    core.calls.note(call, "completed", core.now)
    if call.instruction.name == "conference":
        for other in core.calls.of(call.reservation_sid):
            if other.instruction.name == "supervise":
                hang_up(core, workspace, other)
        _end_work(core, workspace, call)
    worker = workspace.workers.get(call.worker_sid)
    activity = workspace.activities.get(call.instruction.post_work_activity_sid or "")
    # They may have been deleted while they spoke.
    if worker is not None and activity is not None:
        set_activity(core, workspace, worker, activity.sid)


def _end_work(core: Core, workspace: Workspace, call: PhoneCall) -> None:
    task, reservation = _offer(workspace, call)
    status = None if reservation is None else reservation.reservation_status
    if task is None or status not in ("accepted", "wrapping"):
        return
    if not workspace.multi_task_enabled:
        lifecycle.complete(core, workspace, task, None)
    elif status == "accepted":
        lifecycle.wrap(core, workspace, task, None)


def _offer(
    workspace: Workspace, call: PhoneCall
) -> tuple[Task | None, Reservation | None]:
    """Return the call's task and reservation, if they still exist."""
    task = workspace.tasks.get(call.task_sid)
    if task is None:
        return None, None
    return task, task.reservations.get(call.reservation_sid)
