"""What a Worker's listeners hear: reservations, whole and once, and its own changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..delivery import Step
from ..emitter import Registration
from ..errors import InvalidResponse, TaskRouterError
from ..prefetch import Details
from ..reconcile import Missed, changed
from ..resources.reservation import Reservation
from ..resources.task import Task
from ..wire.answers import Result
from ..wire.frames import Event
from .announcer import Announcer, Parts, outcome_of
from .gap import Gap
from .known import KnownChannels, KnownReservations


_PREFIX = "worker."
_RESERVATION = "reservation."
_CREATED = "reservation.created"

# Events whose payload is the worker itself, and the property that each is about.
_OF_THE_WORKER = {
    "activity.update": "activity_sid",
    "attributes.update": "attributes",
}


class WorkerAnnouncer(Announcer):
    """The announcer of a Worker client."""

    def __init__(
        self,
        parts: Parts,
        known: KnownReservations,
        channels: KnownChannels,
        connect_activity_sid: str | None,
        disconnect_activity_sid: str | None,
    ) -> None:
        super().__init__(parts)
        self._known = known
        self._channels = channels
        self._gap = Gap(parts.session, known, channels)
        # Whether reservation events are told as the frame has them, without requests.
        # Written by the user's thread, read by the socket's: one reference.
        self.skip_fetch_reservation = False
        # Below: the event thread's.
        self._connect_activity_sid = connect_activity_sid
        self._disconnect_activity_sid = disconnect_activity_sid
        self._asking_failures = 0
        # When the client first became ready, by the service's clock.
        self._since: datetime | None = None
        # The worker as its listeners know it, and what they were told of a gap: the
        # frame that says the same may still come.
        self._told_worker: dict[str, Any] = {}
        self._recovered: dict[str, Any] = {}

    def _step(self, event: Event) -> Step:
        event = Event(event.type.removeprefix(_PREFIX), event.payload)
        if event.type.startswith(_RESERVATION):
            return self._reservation_step(event)
        return super()._step(event)

    def _on_event(self, event: Event) -> None:
        payload = event.payload
        if event.type in _OF_THE_WORKER and isinstance(payload, Mapping):
            value = payload.get(_OF_THE_WORKER[event.type])
            if event.type in self._recovered:
                if self._recovered.pop(event.type) == value:
                    return
            self._told_worker[_OF_THE_WORKER[event.type]] = value
            self._parts.show(payload)
        elif event.type in ("capacity.update", "channel.availability.update"):
            sid = payload.get("sid") if isinstance(payload, Mapping) else None
            if self._recovered.pop(f"{event.type} {sid}", None) is not None:
                if not self._channels.changed(payload):
                    return
            self._channels.note(payload)
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
        if not self._known.is_news(event.type, sid):
            return  # told already: of the pending ones, after a gap, or by a twin
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
        reservation = self._reservation(sid, payload["sid"])
        return reservation._with_task(self._session.raw_entity(payload))

    def _reservation(self, sid: str, task_sid: str) -> Reservation:
        # Of whatever prefix its sid is, it was said to be a reservation.
        url = f"{self._session.workspace_url}/Tasks/{task_sid}/Reservations/{sid}"
        return Reservation(self._session, {"sid": sid}, url)

    def _on_reservation(self, event: str, sid: str, reservation: Reservation) -> None:
        self._known.note(event, sid, reservation)
        if self._emit(event, reservation):
            self._known.heard(sid)

    # Ready: first what is pending, later what was missed.

    def _on_become_ready(self, result: Result) -> None:
        before = self._told_worker
        super()._on_become_ready(result)
        now = result.payload
        self._told_worker = {
            name: now[name] for name in _OF_THE_WORKER.values() if name in now
        }
        if self._since is None:
            self._since = result.date
            self._ask_pending()
            return
        self._ask_present()
        self._on_worker_compared(before, now)

    def _on_ready_event(self, event: Event) -> None:
        super()._on_ready_event(event)
        self._ask_pending()

    def _ask_pending(self) -> None:
        details = self._fetch(self._gap.pending)
        self._delivery.add_first(
            Step("pending", lambda: self._on_pending(details), details)
        )

    def _on_pending(self, details: Details) -> None:
        payloads = self._answered(details, self._ask_pending)
        if payloads is None:
            return
        steps = [
            self._recovered_step(Missed("created", payload["sid"], payload))
            for payload in payloads
            if self._known.is_news(_CREATED, payload["sid"])
        ]
        activity, self._connect_activity_sid = self._connect_activity_sid, None
        if not payloads and activity is not None:
            steps.append(self._activity_step(activity))
        self._delivery.add_first(*steps)

    def _answered(self, details: Details, again: Any) -> Any:
        """Take the answer to a question about the state; ask again if that helps."""
        outcome = outcome_of(details)
        if not isinstance(outcome, TaskRouterError):
            self._asking_failures = 0
            return outcome
        if self._worth_retrying(outcome):
            self._asking_failures += 1
            self._retry("state", self._asking_failures, again)
        self._on_error(outcome)
        return None

    # After a gap.

    def _ask_present(self) -> None:
        details = self._fetch(self._gap.present)
        self._delivery.add_first(
            Step("present", lambda: self._on_present(details), details)
        )

    def _on_present(self, details: Details) -> None:
        present = self._answered(details, self._ask_present)
        if present is None or self._since is None:
            return
        missed = self._gap.missed(present, self._since)
        for event, payload in self._gap.changed_channels(present):
            self._on_recovered(event, payload)
            self._recovered[f"{event} {payload['sid']}"] = True
        self._delivery.add_first(*map(self._recovered_step, missed))

    def _on_worker_compared(
        self, before: Mapping[str, Any], now: Mapping[str, Any]
    ) -> None:
        """Tell how the worker itself has changed in the gap."""
        self._recovered.clear()
        for event, name in _OF_THE_WORKER.items():
            if changed(before, now, name):
                self._on_recovered(event, now)
                self._recovered[event] = now[name]
        activity = before.get("activity_sid")
        away = self._disconnect_activity_sid
        if away and now.get("activity_sid") == away != activity and activity:
            # The service has moved the worker as the line was lost: back to before.
            self._delivery.add_first(self._activity_step(activity))

    def _on_recovered(self, event: str, payload: Mapping[str, Any]) -> None:
        self._parts.log.debug("%s: recovered %s", self._name(), event)
        super()._on_event(Event(event, payload))

    def _recovered_step(self, missed: Missed) -> Step:
        """Make the step of a reservation that is known but for its task."""
        event, sid = _RESERVATION + missed.event, missed.sid
        reservation = self._session.raw_entity(missed.payload)
        if not isinstance(reservation, Reservation):
            reservation = self._reservation(sid, str(missed.payload.get("task_sid")))
        details = self._fetch(reservation._load)

        def tell() -> None:
            if self._known.is_news(event, sid):
                self._parts.log.debug("%s: recovered %s", self._name(), event)
                self._on_reservation(event, sid, reservation)

        return Step(event, tell, details)

    # The activity to be in.

    def _activity_step(self, activity_sid: str) -> Step:
        details = self._fetch(
            lambda: self._session.request(
                "POST",
                self._session.resource_url,
                {"ActivitySid": activity_sid},
                may_refresh=False,
            )
        )
        return Step("activity", lambda: self._on_activity(details), details)

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

    def _get(self, url: str) -> Any:
        return self._session.request("GET", url, may_refresh=False)
