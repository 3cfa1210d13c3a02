"""Verbs for reservations."""

from __future__ import annotations

from . import lifecycle, steps, values
from .base import Verbs
from .errors import gone, invalid
from .model import Reservation, ReservationStatus
from .values import UNSET, Unset


# What may be asked for, and from which statuses.
CHANGES: dict[str, tuple[ReservationStatus, ...]] = {
    "accepted": ("pending",),
    "rejected": ("pending",),
    "wrapping": ("accepted",),
    "completed": ("accepted", "wrapping"),
}
STATUSES = (
    "pending",
    "accepted",
    "rejected",
    "timeout",
    "canceled",
    "rescinded",
    "wrapping",
    "completed",
)


class ReservationVerbs(Verbs):
    """Update reservations; for instructions see `TelephonyVerbs`."""

    def update_reservation(
        self,
        reservation: Reservation,
        reservation_status: str | Unset = UNSET,
        *,
        worker_activity_sid: str | None = None,
    ) -> Reservation:
        """Accept, reject, wrap up or complete; without a status change nothing.

        `worker_activity_sid` (WA) goes with `rejected`. Accepting what another
        worker has taken is refused with 410.
        """
        workspace = self._begin(reservation)
        task = self.task(workspace, reservation.task_sid)
        reservation = self.reservation(task, reservation.sid)
        if worker_activity_sid and worker_activity_sid not in workspace.activities:
            raise invalid(
                f"WorkerActivitySid {worker_activity_sid}"
                " is not an activity of the workspace"
            )
        if reservation_status is UNSET:
            return reservation
        values.one_of(reservation_status, STATUSES, "ReservationStatus")
        _check(reservation, reservation_status)
        core = self._core
        if reservation_status == "accepted":
            lifecycle.accept(core, workspace, task, reservation)
        elif reservation_status == "rejected":
            lifecycle.withdraw(
                core,
                workspace,
                task,
                reservation,
                "rejected",
                worker_activity_sid or None,
            )
        elif reservation_status == "wrapping":
            lifecycle.wrap_reservation(core, workspace, task, reservation)
        else:
            lifecycle.complete_reservation(core, workspace, task, reservation)
        steps.settle(core, workspace)
        return reservation


def _check(reservation: Reservation, status: str) -> None:
    present = reservation.reservation_status
    if present in CHANGES.get(status, ()):
        return
    message = (
        f"Reservation {reservation.sid} is already in state [{present}]"
        f" and cannot be updated to [{status}]"
    )
    if present == "rescinded" and status == "accepted":
        raise gone(message)
    raise invalid(message)
