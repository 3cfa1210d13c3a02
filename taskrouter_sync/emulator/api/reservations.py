"""REST: reservations, of a task and of a worker."""

from __future__ import annotations

from typing import get_args

from taskrouter_sync.emulator.api.answers import Answer
from taskrouter_sync.emulator.api.call import Call, given
from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.api.filters import equals
from taskrouter_sync.emulator.api.instructions import read_instruction
from taskrouter_sync.emulator.api.render import Json
from taskrouter_sync.emulator.engine import values
from taskrouter_sync.emulator.engine.model import (
    Reservation,
    ReservationStatus,
    Task,
    Worker,
)


# Instructions without a call: what they do, said as a status.
_PLAIN_INSTRUCTIONS = {"accept": "accepted", "reject": "rejected"}


def list_reservations(call: Call) -> Answer:
    """List the reservations of a task or a worker."""
    params = call.params
    status = params.text("ReservationStatus")
    if status is not None:
        values.one_of(status, get_args(ReservationStatus), "ReservationStatus")
    # Only the list of a task can be asked for one worker's.
    worker_sid = params.text("WorkerSid") if "task" in call.sids else None
    owner = _owner(call)
    return call.listed(
        "reservations",
        owner.reservations.values(),
        lambda reservation: _reservation(call, reservation),
        equals(status, lambda item: item.reservation_status),
        equals(worker_sid, lambda item: item.worker_sid),
    )


def fetch_reservation(call: Call) -> Answer:
    """Show a reservation."""
    reservation = call.engine.reservation(_owner(call), call.sid)
    return call.found(_reservation(call, reservation), reservation)


def update_reservation(call: Call) -> Answer:
    """Accept, reject, wrap up or complete a reservation, or instruct it."""
    params = call.params
    reservation = call.engine.reservation(_owner(call), call.sid)
    call.check_version(reservation)
    instruction = params.text("Instruction")
    status = params.text("ReservationStatus")
    if instruction is not None:
        if instruction not in _PLAIN_INSTRUCTIONS:
            return _instruct(call, reservation, instruction)
        status = _PLAIN_INSTRUCTIONS[instruction]
    # Every parameter is optional: without a status, nothing is changed.
    call.engine.update_reservation(
        reservation,
        **given(
            reservation_status=status,
            worker_activity_sid=params.text("WorkerActivitySid"),
        ),
    )
    return call.found(_reservation(call, reservation), reservation)


def _instruct(call: Call, reservation: Reservation, name: str) -> Answer:
    if name == "supervise" and "task" not in call.sids:
        # Its parameters are published for the path of the task alone.
        raise invalid(f"Instruction {name} is invalid")
    instruction = read_instruction(name, call.params)
    # The call has only begun: the answer shows the reservation as it was.
    before = call.engine.instruct(reservation, instruction)
    return call.found(_reservation(call, before), before)


def _owner(call: Call) -> Task | Worker:
    return call.task if "task" in call.sids else call.worker


def _reservation(call: Call, reservation: Reservation) -> Json:
    kind = "task" if "task" in call.sids else "worker"
    owner = f"{kind.capitalize()}s/{call.sids[kind]}"
    return call.render.reservation(reservation, owner)
