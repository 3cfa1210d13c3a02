"""Reservations for events: of what was loaded, else of what the frame held."""

from __future__ import annotations

from collections.abc import Mapping
from logging import Logger
from typing import Any

from ..errors import TaskRouterError
from ..prefetch import Details
from ..resources.models import Task
from ..resources.reservation import Reservation
from ..session import Session


class Making:
    """Makes them; what could not be loaded stays as it was known."""

    def __init__(self, session: Session, log: Logger) -> None:
        self._session = session
        self._log = log

    def of_frame(
        self, payload: Mapping[str, Any], sid: str, details: Details | None
    ) -> Reservation:
        """Make the reservation of a frame.

        Args:
            payload: the frame's: the task's properties.
            sid: of the reservation, WR….
            details: task and reservation, where they were asked for.
        """
        if details is not None and details.done:
            task, reservation = map(self._entity, details.outcomes)
            if isinstance(task, Task) and isinstance(reservation, Reservation):
                reservation._set_task(task)
                return reservation
        # Either part is missing: of the frame alone, as TaskRouter.js does.
        reservation = self._bare(sid, payload["sid"])
        reservation._set_task(self._session.build(payload))
        return reservation

    def of_state(self, payload: Mapping[str, Any], sid: str) -> Reservation:
        """Make the reservation of a payload of its own."""
        reservation = self._session.build(payload)
        if isinstance(reservation, Reservation):
            return reservation
        return self._bare(sid, payload.get("task_sid"))

    def put_task(self, reservation: Reservation, outcome: Any) -> None:
        """Give the reservation its task; what is known of it, where that failed."""
        task = self._entity(outcome)
        if isinstance(task, Task):
            reservation._set_task(task)

    def _bare(self, sid: str, task_sid: Any) -> Reservation:
        # Of whatever prefix its sid is, it was said to be a reservation.
        url = f"{self._session.workspace_url}/Tasks/{task_sid}/Reservations/{sid}"
        return Reservation(self._session, {"sid": sid}, url)

    def _entity(self, outcome: Any) -> Any:
        if isinstance(outcome, TaskRouterError):
            self._log.info("A detail of an event failed: %s", outcome)
            return None
        return self._session.build(outcome.payload)
