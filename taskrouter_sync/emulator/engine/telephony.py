"""Telephony instructions: what the state forbids, and whom to call.

There is no real telephony: `CallSettings` defines how calls proceed, in engine time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .calls import CallSettings, Instruction, PhoneCall
from .errors import INVALID_PARAMETER, ServiceError, invalid, not_found
from .model import Reservation, Task, Worker, Workspace
from .operations import Operations


# The codes of the error pages. Of those for conferences the documentation does not
# say that they are for alerts alone, so refusals have them too.
NOT_PENDING_ALERTS = {"dequeue": 40135, "call": 40114, "redirect": 40123}
BAD_TO_ALERTS = {"call": 40110}
BAD_DEQUEUE_ACTIVITY_ALERT = 40130
BAD_CONFERENCE_FROM = 40141
NO_CALL = 40142
BAD_CONFERENCE_ACTIVITY = 40143
CONFERENCE_NOT_PENDING = 40144


class Telephony(Operations):
    """Instruct reservations, hang up calls, look at the log."""

    @property
    def settings(self) -> CallSettings:
        """How calls go; may be changed at any time."""
        return self._core.call_settings

    @property
    def calls(self) -> list[PhoneCall]:
        """Copies of all calls so far, in the order in which they were made."""
        return [replace(call) for call in self._core.calls]

    def on_call(self, listener: Callable[[PhoneCall], None]) -> None:
        """Call `listener` with a copy of a call at each of its states, in order.

        As in `on_event`, the operation may not be over: a listener must not start
        another.
        """
        self._core.calls.listeners.append(listener)

    def instruct(
        self, reservation: Reservation, instruction: Instruction
    ) -> Reservation:
        """Carry out an instruction; return the reservation as it was before.

        The service answers so, also when the reservation is accepted at once.
        """
        workspace, task, reservation = self._begin_with_reservation(reservation)
        before = reservation.snapshot()
        self._check(workspace, task, reservation, instruction)
        calls = self._schedule.calls
        if instruction.name == "redirect" and instruction.call_sid is not None:
            calls.redirect(reservation, instruction, instruction.call_sid)
            if instruction.accept:
                self._lifecycle.accept(reservation)
        else:
            worker = workspace.workers[reservation.worker_sid]
            to = _contact(worker, instruction)
            from_ = _caller_id(task, instruction)
            if instruction.accept:
                self._lifecycle.accept(reservation)
            elif instruction.name == "conference":
                # On hold while the conference is set up: no timeout.
                self._core.deadlines.clear("reservation", reservation.sid)
            calls.dial(reservation, instruction, from_, to)
        self._router.route()
        return before

    def hang_up(self, call_sid: str) -> None:
        """End a call (CA), answered or not; one that is over stays as it is."""
        self._schedule.run_due()
        call = self._core.calls.live(call_sid)
        if call is not None:
            self._schedule.calls.hang_up(call)
            self._router.route()
        elif all(each.sid != call_sid for each in self._core.calls):
            raise not_found(f"/Calls/{call_sid}")

    def _check(
        self,
        workspace: Workspace,
        task: Task,
        reservation: Reservation,
        instruction: Instruction,
    ) -> None:
        """Refuse what the state forbids."""
        calls = self._core.calls.of(reservation.sid)
        name = instruction.name
        if name == "supervise":
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
        # A task that was created by REST with a call's attributes will do.
        if instruction.bridges and not _text(task, "call_sid"):
            if name != "conference" or not _text(task, "outbound_to"):
                raise invalid(
                    f"The {name} instruction can only be issued on a task that was"
                    " created using the <Enqueue> TwiML verb.",
                    NO_CALL if name == "conference" else INVALID_PARAMETER,
                )
        activity_sid = instruction.post_work_activity_sid
        if activity_sid is not None and activity_sid not in workspace.activities:
            problem = (
                f"PostWorkActivitySid {activity_sid}"
                " is not an activity of the workspace"
            )
            if name == "conference":
                raise invalid(problem, BAD_CONFERENCE_ACTIVITY)
            raise invalid(f"Dequeue{problem}", alert_code=BAD_DEQUEUE_ACTIVITY_ALERT)
        if name == "conference" and _caller_id(task, instruction) is None:
            raise invalid("From field is required", BAD_CONFERENCE_FROM)


def _unable(
    instruction: Instruction, reservation: Reservation, where: str
) -> ServiceError:
    message = (
        f"Unable to execute {instruction.name.capitalize()} instruction."
        f" Reservation {reservation.sid} is not currently {where}."
    )
    if instruction.name == "conference":
        return invalid(message, CONFERENCE_NOT_PENDING)
    return invalid(message, alert_code=NOT_PENDING_ALERTS.get(instruction.name))


def _contact(worker: Worker, instruction: Instruction) -> str:
    """Return whom to call: the given one, else the worker."""
    if instruction.to is not None:
        return instruction.to
    contact_uri = worker.attributes_value.get("contact_uri")
    if not isinstance(contact_uri, str) or not contact_uri:
        # That one of them is needed is documented, the text is not.
        raise invalid(
            f"Unable to execute {instruction.name.capitalize()} instruction. There is"
            " neither a contact_uri"
            f" in the attributes of Worker {worker.sid} nor a To.",
            alert_code=BAD_TO_ALERTS.get(instruction.name),
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
