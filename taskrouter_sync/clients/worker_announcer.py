"""What a Worker's listeners hear: reservations, whole and once, and its own changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..delivery import Step
from ..emitter import Registration
from ..errors import InvalidResponse, TaskRouterError
from ..prefetch import Details
from ..reconcile import Missed, missed_before, missed_reservations
from ..resources.entities import WorkerChannel
from ..resources.listing import ReservationList, WorkerChannelList
from ..resources.reservation import Reservation
from ..wire.answers import Result
from ..wire.connection import Ending
from ..wire.frames import Event
from .announcer import Announcer, Parts
from .asking import outcome_of
from .gap import Gap
from .known import KnownReservations
from .known_values import KnownValues, Topic, topic_of
from .making import Making


_PREFIX = "worker."
_RESERVATION = "reservation."
_CREATED = "reservation.created"
_ACTIVITY = "activity.update"

# Events whose payload is the worker itself.
_OF_THE_WORKER = (_ACTIVITY, "attributes.update")


class WorkerAnnouncer(Announcer):
    """The announcer of a Worker client."""

    def __init__(
        self,
        parts: Parts,
        known: KnownReservations,
        connect_activity_sid: str | None,
        disconnect_activity_sid: str | None,
    ) -> None:
        super().__init__(parts)
        self._known = known
        self._values = KnownValues()
        self._gap = Gap(parts.session)
        self._making = Making(parts.session, parts.log)
        # Whether reservation events are told as the frame has them, without requests.
        # Written by the user's thread, read by the socket's: one reference.
        self.skip_fetch_reservation = False
        # What frames were about since the line opened: the socket's thread adds.
        self._framed: set[Topic] = set()
        # Below: the event thread's. First the set of the line whose turn it is.
        self._framed_here = self._framed
        self._connect_activity_sid = connect_activity_sid
        self._disconnect_activity_sid = disconnect_activity_sid
        self._asking_failures = 0
        # When the client first became ready, by the service's clock.
        self._since: datetime | None = None
        # Whether there was a gap that has not been read yet.
        self._behind = False

    def opened(self) -> None:
        framed = self._framed = set()
        self._delivery.add(Step("opened", lambda: self._on_opened(framed)))
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
        event = Event(event.type.removeprefix(_PREFIX), event.payload)
        if event.type.startswith(_RESERVATION):
            return self._reservation_step(event)
        topic = topic_of(event.type, event.payload)
        if topic is not None:
            self._framed.add(topic)
        return super()._step(event)

    def _on_opened(self, framed: set[Topic]) -> None:
        self._framed_here = framed

    def _on_event(self, event: Event) -> None:
        if not self._values.note(event.type, event.payload):
            return  # told already, after a gap
        if event.type in _OF_THE_WORKER:
            self._parts.show(event.payload)
        super()._on_event(event)

    def _on_disconnected(self, ending: Ending) -> None:
        self._delivery.clear_timer("state")
        self._behind = self._since is not None or any(self._known.told())
        super()._on_disconnected(ending)

    def _on_odd_frame(self, error: TaskRouterError) -> None:
        """Tell of a frame that makes no sense; what it should have said is a gap."""
        super()._on_odd_frame(error)
        # More such frames may come: it is not read at once, nor if it will be anyhow.
        if self._status.ready and not self._behind:
            self._retry("state", 1, self._ask_present)
        self._behind = self._behind or self._since is not None

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
        if self.skip_fetch_reservation:
            return Step(event.type, lambda: self._on_frame(event, sid, None))
        task = f"{self._session.workspace_url}/Tasks/{task_sid}"
        jobs = (
            lambda: self._get(task),
            lambda: self._get(f"{task}/Reservations/{sid}"),
        )
        return self._asking.step(
            event.type, jobs, lambda details: self._on_frame(event, sid, details)
        )

    def _on_frame(self, event: Event, sid: str, details: Details | None) -> None:
        if not self._known.is_news(event.type, sid):
            return  # told already: of the pending ones, after a gap, or by a twin
        reservation = self._making.of_frame(event.payload, sid, details)
        if self._behind and self._since is not None:
            # The gap could not be read yet; the order of a reservation is kept.
            told, _ = self._known.told()
            name = event.type.removeprefix(_RESERVATION)
            payload = reservation.payload
            for earlier in missed_before(name, told.get(sid), payload, self._since):
                self._on_reservation_recovered(_RESERVATION + earlier, sid, reservation)
        self._on_reservation(event.type, sid, reservation)

    def _on_reservation(self, event: str, sid: str, reservation: Reservation) -> None:
        self._known.note(event, sid, reservation)
        if self._emit(event, reservation):
            self._known.heard(sid)

    # Ready: first what is pending, later what was missed.

    def _on_become_ready(self, result: Result) -> None:
        super()._on_become_ready(result)
        if self._since is None:
            self._since = result.date
            ask = self._ask_present if self._behind else self._ask_pending
        else:
            ask = self._ask_present
        ask()
        self._compare(result.payload)

    def _on_ready_event(self, event: Event) -> None:
        super()._on_ready_event(event)
        self._ask_pending()

    def _ask_pending(self) -> None:
        self._delivery.add_first(
            self._asking.step("pending", [self._gap.pending], self._on_pending)
        )

    def _on_pending(self, details: Details) -> None:
        payloads = self._answer(details, self._ask_pending)
        if payloads is None:
            return
        steps = [
            self._recovered_step(Missed("created", payload["sid"], payload))
            for payload in payloads
            if self._known.is_news(_CREATED, payload["sid"])
        ]
        self._delivery.add_first(*steps, *self._connect_steps(payloads))

    def _connect_steps(self, pending: list[Any]) -> list[Step]:
        """Move the worker to its connect activity, once, if nothing is pending."""
        activity, self._connect_activity_sid = self._connect_activity_sid, None
        if pending or activity is None:
            return []
        return [self._activity_step(activity)]

    def _answer(self, details: Details, again: Any) -> Any:
        """Take the answer to a question about the state; ask again if that helps."""
        outcome = outcome_of(details)
        if not isinstance(outcome, TaskRouterError):
            self._asking_failures = 0
            return outcome
        if self._worth_retrying(outcome):
            self._asking_failures += 1
            self._retry("state", self._asking_failures, again)
        else:
            self._connect_activity_sid = None  # nobody knows whether it should be
        self._on_error(outcome)
        return None

    # After a gap.

    def _compare(self, payload: Mapping[str, Any]) -> None:
        """Tell how the worker itself has changed in the gap."""
        before = self._values.value(_ACTIVITY, str(payload.get("sid")))
        for event in self._values.missed(payload, self._framed_here):
            self._on_recovered(event, payload)
        away = self._disconnect_activity_sid
        if away and payload.get("activity_sid") == away != before and before:
            # The service has moved the worker as the line was lost: back to before.
            self._delivery.add_first(self._activity_step(before))

    def _ask_present(self) -> None:
        with_channels = self._values.knows_channels()
        self._delivery.add_first(
            self._asking.step(
                "present",
                [lambda: self._gap.present(with_channels)],
                self._on_present,
            )
        )

    def _on_present(self, details: Details) -> None:
        present = self._answer(details, self._ask_present)
        if present is None or self._since is None:
            return
        self._behind = False
        told, ended = self._known.told()
        now = present.reservations
        missed = missed_reservations(told, ended, now, self._since)
        pending = [each for each in now if each.get("reservation_status") == "pending"]
        self._delivery.add_first(
            *map(self._recovered_step, missed), *self._connect_steps(pending)
        )
        for payload in present.channels:
            for event in self._values.missed(payload, self._framed_here):
                self._on_recovered(event, payload)

    def _on_recovered(self, event: str, payload: Mapping[str, Any]) -> None:
        self._log_recovered(event)
        super()._on_event(Event(event, payload))

    def _recovered_step(self, missed: Missed) -> Step:
        """Make the step of a reservation that is known but for its task."""
        event, sid = _RESERVATION + missed.event, missed.sid
        reservation = self._making.of_state(missed.payload, sid)
        task_sid = missed.payload.get("task_sid")
        task = f"{self._session.workspace_url}/Tasks/{task_sid}"

        def tell(details: Details) -> None:
            if self._known.is_news(event, sid):
                self._making.put_task(reservation, details)
                self._on_reservation_recovered(event, sid, reservation)

        return self._asking.step(event, [lambda: self._get(task)], tell)

    def _on_reservation_recovered(
        self, event: str, sid: str, reservation: Reservation
    ) -> None:
        self._log_recovered(event)
        self._on_reservation(event, sid, reservation)

    def _log_recovered(self, event: str) -> None:
        self._parts.log.debug("%s: recovered %s", self._name(), event)

    # The activity to be in.

    def _activity_step(self, activity_sid: str) -> Step:
        def move() -> Result:
            return self._session.request(
                "POST",
                self._session.resource_url,
                {"ActivitySid": activity_sid},
                may_refresh=False,
            )

        return self._asking.step("activity", [move], self._on_activity)

    def _on_activity(self, details: Details) -> None:
        outcome = outcome_of(details)
        if isinstance(outcome, TaskRouterError):
            self._on_error(outcome)
        else:
            self._parts.show(outcome.payload)

    # Late listeners.

    def _on_registered(self, registration: Registration) -> None:
        if registration.event != _CREATED:
            super()._on_registered(registration)
            return
        for sid, reservation in self._known.unheard().items():
            if self._emit(_CREATED, reservation):
                self._known.heard(sid)
