"""What the frames of a Worker's line become: reservations, whole, in order, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ..emitter import Registration
from ..errors import InvalidResponse
from ..line import Step
from ..prefetch import Details
from ..reconcile import missed_before
from ..resources.lists import WorkerChannelList
from ..resources.models import WorkerChannel
from ..resources.reservation import Reservation, ReservationList
from ..wire.frames import Event
from .announcer import Announcer, Parts
from .framed import Framed, Topic
from .known import KnownReservations
from .known_values import KnownValues, topic_of
from .making import Making


RESERVATION = "reservation."
ACTIVITY = "activity.update"

_PREFIX = "worker."
_CREATED = "reservation.created"

# Events whose payload is the worker itself.
_OF_THE_WORKER = (ACTIVITY, "attributes.update")


class WorkerFrames(Announcer):
    """The part of a Worker's announcer that hears what the service sends by itself."""

    _STATES = Announcer._STATES | {_CREATED}

    def __init__(self, parts: Parts, known: KnownReservations) -> None:
        super().__init__(parts)
        self._known = known
        self._values = KnownValues()
        self._making = Making(parts.session, parts.log)
        # Whether reservation events are told as the frame has them, without requests.
        # Written by the user's thread, read by the socket's: one reference.
        self.skip_fetch_reservation = False
        # The socket's thread's: of the line that stands.
        self._framed = Framed()
        # Below: the event thread's. First that of the line whose turn it is.
        self._framed_here = self._framed
        # When the client first became ready, by the service's clock.
        self._since: datetime | None = None
        # Whether there was a gap that has not been read yet.
        self._behind = False

    def opened(self) -> None:
        framed = self._framed = Framed()
        self._delivery.add(Step(lambda: self._on_opened(framed)))
        super().opened()

    def answered(self, entity: Any) -> None:
        """Take over what an answer says; from any thread."""
        if isinstance(entity, Reservation):
            self._known.renew(entity)
        elif isinstance(entity, WorkerChannel):
            self._values.learn(entity.payload)
        elif isinstance(entity, ReservationList | WorkerChannelList):
            for each in entity:
                self.answered(each)

    def _step(self, event: Event) -> Step:
        if event.type.startswith(_PREFIX):
            event = Event(event.type[len(_PREFIX) :], event.payload)
        if event.type.startswith(RESERVATION):
            return self._reservation_step(event)
        topic = topic_of(event.type, event.payload)
        if topic is not None:
            self._framed.add(topic)
        return super()._step(event)

    def _on_opened(self, framed: Framed) -> None:
        self._framed_here = framed

    def _on_event(self, event: Event) -> None:
        if not self._values.note(event.type, event.payload):
            return  # told already, after a gap
        if event.type in _OF_THE_WORKER:
            self._parts.show(event.payload)
        super()._on_event(event)

    def _on_recovered(self, event: str, payload: Mapping[str, Any]) -> None:
        """Tell a change of a gap; it is known and shown already."""
        self._log_recovered(event)
        super()._on_event(Event(event, payload))

    # Reservations from frames.

    def _reservation_step(self, event: Event) -> Step:
        payload = event.payload
        if event.type == "reservation.pending":
            event = Event(_CREATED, payload)
        if not isinstance(payload, dict):
            raise InvalidResponse(f"A frame of {event.type} has no payload")
        task_sid, sid = payload.get("sid"), payload.get("reservation_sid")
        if not isinstance(task_sid, str) or not isinstance(sid, str):
            raise InvalidResponse(f"A frame of {event.type} names no reservation")
        if self._framed.is_open:
            self._framed.add(Topic(event.type, sid))
        if self.skip_fetch_reservation:
            return Step(partial(self._on_frame, event, sid, None))
        task = f"{self._session.workspace_url}/Tasks/{task_sid}"
        jobs = (
            lambda: self._get(task),
            lambda: self._get(f"{task}/Reservations/{sid}"),
        )
        return self._asking.step(
            jobs, lambda details: self._on_frame(event, sid, details)
        )

    def _on_frame(self, event: Event, sid: str, details: Details | None) -> None:
        if not self._known.is_news(event.type, sid):
            return  # told already: of the pending ones, after a gap, or by a twin
        reservation = self._making.of_frame(event.payload, sid, details)
        if self._behind and self._since is not None:
            # The gap could not be read yet; the order of a reservation is kept.
            told = self._known.told_of(sid)
            name = event.type.removeprefix(RESERVATION)
            payload = reservation.payload
            for earlier in missed_before(name, told, payload, self._since):
                self._on_reservation_recovered(RESERVATION + earlier, sid, reservation)
        self._on_reservation(event.type, sid, reservation)

    def _on_reservation(self, event: str, sid: str, reservation: Reservation) -> None:
        self._known.note(event, sid, reservation)
        if self._emit(event, reservation):
            self._known.heard(sid)

    def _on_reservation_recovered(
        self, event: str, sid: str, reservation: Reservation
    ) -> None:
        self._log_recovered(event)
        self._on_reservation(event, sid, reservation)

    def _log_recovered(self, event: str) -> None:
        self._parts.log.debug("%s: recovered %s", self._name(), event)

    # Late listeners.

    def _on_registered(self, registration: Registration) -> None:
        if registration.event != _CREATED:
            super()._on_registered(registration)
            return
        for sid, reservation in self._known.unheard().items():
            if self._emit(_CREATED, reservation):
                self._known.heard(sid)
