"""Verbs for telephony instructions and for the calls that they make.

There is no telephony: calls go as `Telephony` says, in engine time.
"""

from __future__ import annotations

from collections.abc import Callable

from . import calling, lifecycle, steps
from .base import Verbs
from .calls import PhoneCall, Telephony
from .errors import ServiceError, invalid, not_found
from .instructions import Instruction
from .model import Reservation, Task, Workspace


class TelephonyVerbs(Verbs):
    """Instruct reservations, hang up calls, look at the log."""

    @property
    def telephony(self) -> Telephony:
        """How calls go; may be changed at any time."""
        return self._core.telephony

    @property
    def calls(self) -> list[PhoneCall]:
        """Copies of all calls so far, in the order in which they were made."""
        return self._core.calls.copy()

    def on_call(self, listener: Callable[[PhoneCall], None]) -> None:
        """Call `listener` with a copy of a call at each of its states, in order.

        As in `on_event`, the operation may not be over: a listener must not call
        verbs.
        """
        self._core.calls.listeners.append(listener)

    def instruct(
        self, reservation: Reservation, instruction: Instruction
    ) -> Reservation:
        """Carry out an instruction; return the reservation as it was before.

        That is what the service answers, also when the reservation is accepted
        at once.
        """
        workspace = self._begin(reservation)
        task = self.task(workspace, reservation.task_sid)
        reservation = self.reservation(task, reservation.sid)
        before = reservation.snapshot()
        core = self._core
        self._check(workspace, task, reservation, instruction)
        if instruction.name == "redirect" and instruction.call_sid is not None:
            calling.redirect(core, reservation, instruction, instruction.call_sid)
            if instruction.accept:
                lifecycle.accept(core, workspace, task, reservation)
        else:
            to = _contact(workspace, reservation, instruction)
            if instruction.accept:
                lifecycle.accept(core, workspace, task, reservation)
            elif instruction.name == "conference":
                # On hold while the conference is set up: no timeout.
                core.deadlines.clear("reservation", reservation.sid)
            from_ = _caller_id(task, instruction)
            calling.dial(core, reservation, instruction, from_, to)
        steps.settle(core, workspace)
        return before

    def _check(
        self,
        workspace: Workspace,
        task: Task,
        reservation: Reservation,
        instruction: Instruction,
    ) -> None:
        """Refuse what the state forbids."""
        calls = self._core.calls.of(reservation.sid)
        if instruction.name == "supervise":
            # Worded like the published one; the service's text is not known.
            if not any(
                call.instruction.name == "conference" and call.status == "answered"
                for call in calls
            ):
                raise _unable(instruction, reservation, "in a conference")
            return
        # Who is already being connected cannot be instructed again (choice; what
        # a conference sets up is documented to be on hold).
        if reservation.reservation_status != "pending" or any(
            call.instruction.bridges for call in calls
        ):
            raise _unable(instruction, reservation, "in a Pending state")
        # A task that was made by REST with a call's attributes will do. Of a
        # dequeue without them no refusal is documented: it goes through.
        if instruction.name == "conference" and not _text(task, "call_sid"):
            raise invalid(
                "The conference instruction can only be issued on a task that was"
                " created using the <Enqueue> TwiML verb."
            )
        activity_sid = instruction.post_work_activity_sid
        if activity_sid is not None and activity_sid not in workspace.activities:
            prefix = "Dequeue" if instruction.name == "dequeue" else ""
            raise invalid(
                f"{prefix}PostWorkActivitySid {activity_sid}"
                " is not an activity of the workspace"
            )

    def hang_up(self, call_sid: str) -> None:
        """End a call (CA), answered or not; one that is over stays as it is."""
        self.run_due()
        core = self._core
        call = core.calls.live(call_sid)
        if call is None:
            if not core.calls.knows(call_sid):
                raise not_found(f"/Calls/{call_sid}")
            return
        workspace = self.workspace(call.workspace_sid)
        calling.hang_up(core, workspace, call)
        steps.settle(core, workspace)


def _unable(
    instruction: Instruction, reservation: Reservation, where: str
) -> ServiceError:
    return invalid(
        f"Unable to execute {instruction.title} instruction."
        f" Reservation {reservation.sid} is not currently {where}."
    )


def _contact(
    workspace: Workspace, reservation: Reservation, instruction: Instruction
) -> str:
    """Return whom to call: the given one, else the worker."""
    if instruction.to is not None:
        return instruction.to
    attributes = workspace.workers[reservation.worker_sid].attributes_value
    contact_uri = attributes.get("contact_uri")
    if not isinstance(contact_uri, str) or not contact_uri:
        # That one of them is needed is documented, the text is not.
        raise invalid(
            f"Unable to execute {instruction.title} instruction. There is neither a"
            f" contact_uri in the attributes of Worker {reservation.worker_sid}"
            " nor a To."
        )
    return contact_uri


def _caller_id(task: Task, instruction: Instruction) -> str | None:
    """Return the number that the worker sees.

    By default the caller's, in a conference the one that was called: that is what
    the attributes are for that the instructions need (choice).
    """
    if instruction.from_ is not None:
        return instruction.from_
    return _text(task, "to" if instruction.name == "conference" else "from")


def _text(task: Task, attribute: str) -> str | None:
    value = task.attributes_value.get(attribute)
    return value if isinstance(value, str) and value else None
