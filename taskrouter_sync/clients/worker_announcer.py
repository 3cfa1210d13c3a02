"""What a Worker's listeners hear of a line's opening: all that is new, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..errors import TaskRouterError
from ..line import Step
from ..prefetch import Details
from ..reconcile import Missed, missed_reservations
from ..wire.answers import Result
from ..wire.connection import Ending
from ..wire.frames import Event
from .announcer import Parts
from .asking import outcome_of
from .framed import Framed
from .gap import Gap
from .known import KnownReservations
from .worker_frames import ACTIVITY, RESERVATION, WorkerFrames


class WorkerAnnouncer(WorkerFrames):
    """The announcer of a Worker client."""

    def __init__(
        self,
        parts: Parts,
        known: KnownReservations,
        connect_activity_sid: str | None,
        disconnect_activity_sid: str | None,
    ) -> None:
        super().__init__(parts, known)
        self._gap = Gap(parts.session)
        # Below: the event thread's.
        self._connect_activity_sid = connect_activity_sid
        self._disconnect_activity_sid = disconnect_activity_sid
        self._asking_failures = 0

    def _on_disconnected(self, ending: Ending) -> None:
        self._delivery.clear_timer("state")
        self._behind = True
        super()._on_disconnected(ending)

    def _on_odd_frame(self, error: TaskRouterError) -> None:
        """Tell of a frame that makes no sense; what it should have said is a gap."""
        super()._on_odd_frame(error)
        # More such frames may come: it is not read at once, nor if it will be anyhow.
        if self._status.ready and not self._behind:
            self._retry("state", 1, self._ask_present)
        self._behind = self._behind or self._since is not None
        if self._framed is self._framed_here:
            # What has come before it says nothing of what it should have said.
            self._framed = self._framed_here = Framed()

    # Ready: first what is pending, later what was missed.

    def _on_become_ready(self, result: Result) -> None:
        super()._on_become_ready(result)
        is_first = self._since is None
        if self._since is None:
            self._since = result.date or datetime.now(timezone.utc)
        if self._is_over():
            self._values.learn(result.payload)
            return
        # It may have heard something of an earlier line, on which it was never ready.
        heard = any(self._known.told()) or self._values.knows_channels()
        if is_first and not (self._behind and heard):
            self._behind = False
            self._ask_pending()
        else:
            self._ask_present()
        self._compare(result.payload)

    def _is_over(self) -> bool:
        """Whether the next line is open already: what it says of the gap will do.

        Its frames wait by now, and nothing that is told here must overtake them.
        """
        return self._framed is not self._framed_here

    def _on_ready_event(self, event: Event) -> None:
        super()._on_ready_event(event)
        self._ask_pending()

    def _ask_pending(self) -> None:
        self._delivery.add_first(
            self._asking.step([self._gap.pending], self._on_pending)
        )

    def _on_pending(self, details: Details) -> None:
        payloads = self._answer(details, self._ask_pending)
        if payloads is None:
            return
        steps = [
            self._recovered_step(Missed("created", payload["sid"], payload))
            for payload in payloads
            if self._known.is_news(f"{RESERVATION}created", payload["sid"])
        ]
        self._delivery.add_first(*steps, *self._connect_steps(payloads))
        self._framed_here.close()

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
            self._framed_here.close()
        self._on_error(outcome)
        return None

    # After a gap.

    def _compare(self, payload: Mapping[str, Any]) -> None:
        """Tell how the worker itself has changed in the gap."""
        before = self._values.value(ACTIVITY, str(payload.get("sid")))
        for event in self._values.missed(payload, self._framed_here.topics()):
            self._on_recovered(event, payload)
        away = self._disconnect_activity_sid
        if away and payload.get("activity_sid") == away != before and before:
            # The service has moved the worker as the line was lost: back to before.
            self._delivery.add_first(self._activity_step(before))

    def _ask_present(self) -> None:
        with_channels = self._values.knows_channels()
        self._delivery.add_first(
            self._asking.step(
                [lambda: self._gap.present(with_channels)],
                self._on_present,
            )
        )

    def _on_present(self, details: Details) -> None:
        present = self._answer(details, self._ask_present)
        if present is None or self._since is None or self._is_over():
            return
        self._behind = False
        now = present.reservations
        self._known.forget({payload["sid"] for payload in now})
        told, ended = self._known.told()
        framed = self._framed_here
        missed = missed_reservations(
            told, ended, now, self._since, framed.events(RESERVATION)
        )
        pending = [each for each in now if each.get("reservation_status") == "pending"]
        self._delivery.add_first(
            *map(self._recovered_step, missed), *self._connect_steps(pending)
        )
        for payload in present.channels:
            for event in self._values.missed(payload, framed.topics()):
                self._on_recovered(event, payload)
        framed.close()

    def _recovered_step(self, missed: Missed) -> Step:
        """Make the step of a reservation that is known but for its task."""
        event, sid = RESERVATION + missed.event, missed.sid
        reservation = self._making.of_state(missed.payload, sid)
        task_sid = missed.payload.get("task_sid")
        task = f"{self._session.workspace_url}/Tasks/{task_sid}"

        def tell(details: Details) -> None:
            if self._known.is_news(event, sid):
                self._making.put_task(reservation, outcome_of(details))
                self._on_reservation_recovered(event, sid, reservation)

        return self._asking.step([lambda: self._get(task)], tell)

    # The activity to be in.

    def _activity_step(self, activity_sid: str) -> Step:
        def move() -> Result:
            return self._session.request(
                "POST",
                self._session.resource_url,
                {"ActivitySid": activity_sid},
                may_refresh=False,
            )

        return self._asking.step([move], self._on_activity)

    def _on_activity(self, details: Details) -> None:
        outcome = outcome_of(details)
        if isinstance(outcome, TaskRouterError):
            self._on_error(outcome)
        else:
            self._parts.show(outcome.payload)
