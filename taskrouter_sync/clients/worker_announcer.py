"""What a Worker's listeners hear: reservations, whole and once, and its own changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..delivery import Step
from ..errors import InvalidResponse, TaskRouterError
from ..prefetch import Details
from ..resources.reservation import Reservation
from ..resources.task import Task
from ..wire.frames import Event
from .announcer import Announcer, Parts, outcome_of
from .known import KnownReservations


_PREFIX = "worker."
_RESERVATION = "reservation."
_CREATED = "reservation.created"

# Events whose payload is the worker itself.
_OF_THE_WORKER = ("activity.update", "attributes.update")


class WorkerAnnouncer(Announcer):
    """The announcer of a Worker client."""

    def __init__(
        self, parts: Parts, known: KnownReservations, connect_activity_sid: str | None
    ) -> None:
        super().__init__(parts)
        self._known = known
        # Whether reservation events are told as the frame has them, without requests.
        # Written by the user's thread, read by the socket's: one reference.
        self.skip_fetch_reservation = False
        # Below: the event thread's.
        self._connect_activity_sid = connect_activity_sid
        self._pending_failures = 0

    def _step(self, event: Event) -> Step:
        event = Event(event.type.removeprefix(_PREFIX), event.payload)
        if event.type.startswith(_RESERVATION):
            return self._reservation_step(event)
        return super()._step(event)

    def _on_event(self, event: Event) -> None:
        if event.type in _OF_THE_WORKER:
            self._parts.show(event.payload)
        super()._on_event(event)

    # Reservations from frames.

    def _reservation_step(self, event: Event) -> Step:
        payload = event.payload
        if event.type == "reservation.pending":
            event = Event(_CREATED, payload)
        if not isinstance(payload, Mapping):
            raise InvalidResponse(f"A frame of {event.type} has no payload")
        task_sid, sid = payload.get("sid"), payload.get("reservation_sid")
        if not isinstance(task_sid, str) or not isinstance(sid, str):
            raise InvalidResponse(f"A frame of {event.type} names no reservation")
        details = None
        if not self.skip_fetch_reservation:
            task = f"{self._session.workspace_url}/Tasks/{task_sid}"
            details = self._fetch(
                lambda: self._get(task), lambda: self._get(f"{task}/Reservations/{sid}")
            )
        return Step(event.type, lambda: self._on_frame(event, sid, details), details)

    def _on_frame(self, event: Event, sid: str, details: Details | None) -> None:
        if event.type == _CREATED and self._known.has(sid):
            return  # the list of pending reservations told it already
        reservation = self._loaded(details)
        if reservation is None:
            reservation = self._from_frame(event.payload, sid)
        self._on_reservation(event.type, sid, reservation)

    def _loaded(self, details: Details | None) -> Reservation | None:
        """Make the reservation of what was loaded; None if either part is missing."""
        if details is None or not details.done:
            return None
        task, reservation = map(self._entity, details.outcomes)
        if isinstance(task, Task) and isinstance(reservation, Reservation):
            return reservation._with_task(task)
        return None

    def _entity(self, outcome: Any) -> Any:
        if isinstance(outcome, TaskRouterError):
            self._parts.log.info("%s: a detail failed: %s", self._name(), outcome)
            return None
        return self._session.raw_entity(outcome.payload)

    def _from_frame(self, payload: Mapping[str, Any], sid: str) -> Reservation:
        """Make the reservation of the frame alone, as TaskRouter.js does."""
        task = self._session.raw_entity(payload)
        reservation = self._session.neighbor(sid, {"task_sid": payload["sid"]})
        # Of whatever prefix its sid is, the frame said that it is a reservation.
        if not isinstance(reservation, Reservation):
            url = f"{self._session.workspace_url}/Tasks/{payload['sid']}"
            reservation = Reservation(
                self._session, {"sid": sid}, f"{url}/Reservations/{sid}"
            )
        return reservation._with_task(task)

    def _on_reservation(self, event: str, sid: str, reservation: Reservation) -> None:
        self._known.note(event, sid, reservation)
        if self._emit(event, reservation):
            self._known.heard(sid)

    # Reservations that were pending when the client became ready.

    def _on_after_ready(self) -> None:
        self._delivery.add_first(self._pending_step())

    def _pending_step(self) -> Step:
        details = self._fetch(self._get_pending)
        return Step("pending", lambda: self._on_pending(details), details)

    def _get_pending(self) -> list[Any]:
        """Get the pending reservations, page by page; on a fetch thread."""
        url: Any = f"{self._session.resource_url}/Reservations"
        params: Mapping[str, Any] | None = {"ReservationStatus": "pending"}
        found: list[Any] = []
        while url:
            payload = self._session.request(
                "GET", url, params, may_refresh=False
            ).payload
            if not isinstance(payload, Mapping):
                raise InvalidResponse("The list of pending reservations is no list")
            found += payload.get("reservations") or ()
            meta, params = payload.get("meta"), None
            url = meta.get("next_page_url") if isinstance(meta, Mapping) else None
        return found

    def _on_pending(self, details: Details) -> None:
        outcome = outcome_of(details)
        if isinstance(outcome, TaskRouterError):
            if self._worth_retrying(outcome):
                self._pending_failures += 1
                self._retry("pending", self._pending_failures, self._on_after_ready)
            self._on_error(outcome)
            return
        self._pending_failures = 0
        steps = [
            self._pending_reservation_step(each)
            for each in map(self._session.raw_entity, outcome)
            if isinstance(each, Reservation) and not self._known.has(each["sid"])
        ]
        activity, self._connect_activity_sid = self._connect_activity_sid, None
        if not outcome and activity is not None:
            steps.append(self._connect_activity_step(activity))
        self._delivery.add_first(*steps)

    def _pending_reservation_step(self, reservation: Reservation) -> Step:
        # It is here already, and what is missing is its task.
        details = self._fetch(reservation._load)
        sid = reservation["sid"]
        return Step(
            _CREATED, lambda: self._on_reservation(_CREATED, sid, reservation), details
        )

    # The activity to begin with.

    def _connect_activity_step(self, activity_sid: str) -> Step:
        details = self._fetch(
            lambda: self._session.request(
                "POST",
                self._session.resource_url,
                {"ActivitySid": activity_sid},
                may_refresh=False,
            )
        )
        return Step("connect activity", lambda: self._on_activity(details), details)

    def _on_activity(self, details: Details) -> None:
        outcome = outcome_of(details)
        if isinstance(outcome, TaskRouterError):
            self._on_error(outcome)
        else:
            self._parts.show(outcome.payload)

    # Late listeners.

    def _on_registered(self, registration: Any) -> None:
        if registration.event != _CREATED:
            super()._on_registered(registration)
            return
        for sid, reservation in self._known.unheard().items():
            if self._emit(_CREATED, reservation):
                self._known.heard(sid)

    def _get(self, url: str) -> Any:
        return self._session.request("GET", url, may_refresh=False)
