"""Reservations, their methods, and the list that loads their tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from ..arguments import Parameter, Params, Signature, Value, text
from ..emitter import ResultCallback
from ..errors import ClientClosed, InvalidResponse, TaskRouterError
from ..logs import package_log
from .base import Resource, callback_first, deliver
from .lists import ListResource
from .models import ReservationFields, Task


if TYPE_CHECKING:
    from ..session import Session

# What the methods take, in JavaScript's order.
_REJECT = Signature(
    "reservation.reject",
    (Parameter("activitySid", "activity_sid", "WorkerActivitySid"),),
    callback_at=1,
)

_DEQUEUE = Signature(
    "reservation.dequeue",
    (
        Parameter("dequeueFrom", "from_", "DequeueFrom"),
        Parameter(
            "dequeuePostWorkActivitySid",
            "post_work_activity_sid",
            "DequeuePostWorkActivitySid",
        ),
        Parameter("dequeueRecord", "record", "DequeueRecord"),
        Parameter("dequeueTimeout", "timeout", "DequeueTimeout"),
        Parameter(
            "dequeueStatusCallbackUrl",
            "status_callback_url",
            "DequeueStatusCallbackUrl",
        ),
        Parameter(
            "dequeueStatusCallbackEvents",
            "status_callback_events",
            "DequeueStatusCallbackEvent",
            types=(str, list, tuple),
        ),
        Parameter("dequeueTo", "to", "DequeueTo"),
    ),
    callback_at=7,
)

_CALL = Signature(
    "reservation.call",
    (
        Parameter("callFrom", "from_", "CallFrom", required=True),
        Parameter("callUrl", "url", "CallUrl", required=True),
        Parameter(
            "callStatusCallbackUrl", "status_callback_url", "CallStatusCallbackUrl"
        ),
        Parameter("callAccept", "accept", "CallAccept"),
        Parameter("callRecord", "record", "CallRecord"),
        Parameter("callTo", "to", "CallTo"),
    ),
    callback_at=6,
)

_REDIRECT = Signature(
    "reservation.redirect",
    (
        Parameter("redirectCallSid", "call_sid", "RedirectCallSid", required=True),
        Parameter("redirectUrl", "url", "RedirectUrl", required=True),
        Parameter("redirectAccept", "accept", "RedirectAccept"),
    ),
    callback_at=3,
)

_CONFERENCE = Signature(
    "reservation.conference",
    (
        Parameter("from", "from_", "From"),
        Parameter(
            "postWorkActivitySid", "post_work_activity_sid", "PostWorkActivitySid"
        ),
        Parameter("timeout", "timeout", "Timeout"),
        Parameter("to", "to", "To"),
    ),
    callback_at=4,
    options=True,
)

# Of a call's progress: what `dequeue` can report.
_PROGRESS = frozenset({"initiated", "ringing", "answered", "completed"})


class Reservation(ReservationFields, Resource["Reservation"]):
    """A reservation: a task that is offered or assigned to a worker.

    Its `task` is loaded in events, in lists of reservations and in the results of the
    methods below. Methods do not change the reservation; the result is a new object.
    """

    _SHOWN = "reservation_status"

    _task: Task | None = None

    @callback_first
    def accept(self) -> Reservation:
        """Accept the reservation: ``accept(cb)``."""
        return self._act({"ReservationStatus": "accepted"})

    @overload
    def reject(
        self, activity_sid: str | None, callback: ResultCallback[Reservation]
    ) -> None: ...
    @overload
    def reject(self, callback: ResultCallback[Reservation]) -> None: ...
    @overload
    def reject(
        self, activity_sid: str | None = None, callback: None = None
    ) -> Reservation: ...
    @_REJECT.shown
    def reject(self, *args: Any, **keywords: Any) -> Any:
        """Reject the reservation: ``reject(activitySid, cb)``.

        Args:
            activity_sid: WA…, the worker's new activity; without it the activity does
                not change.
        """
        values, callback = _REJECT.read(args, keywords)
        params = {"ReservationStatus": "rejected", **_REJECT.wire(values)}
        return deliver(lambda: self._act(params), callback)

    @overload
    def dequeue(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        record: str | bool | None = None,
        timeout: str | float | None = None,
        status_callback_url: str | None = None,
        status_callback_events: str | Sequence[str] | None = None,
        to: str | None = None,
        callback: None = None,
    ) -> Reservation: ...
    @overload
    def dequeue(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        record: str | bool | None = None,
        timeout: str | float | None = None,
        status_callback_url: str | None = None,
        status_callback_events: str | Sequence[str] | None = None,
        to: str | None = None,
        callback: ResultCallback[Reservation] = ...,
    ) -> None: ...
    @overload
    def dequeue(
        self,
        from_: str | None,
        post_work_activity_sid: str | None,
        record: str | bool | None,
        timeout: str | float | None,
        status_callback_url: str | None,
        to: str | None,
        callback: ResultCallback[Reservation],
        /,
    ) -> None: ...
    @_DEQUEUE.shown
    def dequeue(self, *args: Any, **keywords: Any) -> Any:
        """Call the worker and connect the call to the caller who waits in the queue.

        ``dequeue(dequeueFrom, dequeuePostWorkActivitySid, dequeueRecord,
        dequeueTimeout, dequeueStatusCallbackUrl, dequeueStatusCallbackEvents,
        dequeueTo, cb)``

        Args:
            from_: the caller ID that the worker sees.
            post_work_activity_sid: WA…, the worker's activity after the call.
            record: ``"record-from-answer"`` or ``"do-not-record"``.
            timeout: how long the worker's phone rings, in seconds.
            status_callback_url: the URL that is called as the call progresses.
            status_callback_events: some of ``initiated``, ``ringing``, ``answered`` and
                ``completed``, as a list or separated by commas. Any other value as the
                sixth argument is `to`, as in the example of TaskRouter.js's
                documentation.
            to: the worker's contact URI.
        """
        values, callback = _DEQUEUE.read(args, keywords)
        events = values.get("status_callback_events")
        names = {"status_callback_events", "dequeueStatusCallbackEvents"}
        if isinstance(events, list | tuple):
            texts = (str(text(each)) for each in events)
            values["status_callback_events"] = ",".join(texts)
        elif events is not None and not (names & {*keywords} or "to" in values):
            # The documentation's example has the contact URI there, which is `to`.
            if any(word.strip() not in _PROGRESS for word in events.split(",")):
                values["to"] = values.pop("status_callback_events")
        params = {"Instruction": "dequeue", **_DEQUEUE.wire(values)}
        return deliver(lambda: self._act(params), callback)

    @overload
    def call(
        self,
        from_: str,
        url: str,
        status_callback_url: str | None = None,
        accept: str | bool | None = None,
        record: str | bool | None = None,
        to: str | None = None,
        callback: None = None,
    ) -> Reservation: ...
    @overload
    def call(
        self,
        from_: str,
        url: str,
        status_callback_url: str | None = None,
        accept: str | bool | None = None,
        record: str | bool | None = None,
        to: str | None = None,
        callback: ResultCallback[Reservation] = ...,
    ) -> None: ...
    @_CALL.shown
    def call(self, *args: Any, **keywords: Any) -> Any:
        """Call the worker and run TwiML on the call.

        ``call(callFrom, callUrl, callStatusCallbackUrl, callAccept, callRecord,
        callTo, cb)``

        Args:
            from_: the caller ID; required.
            url: the URL of the TwiML; required.
            status_callback_url: the URL that is called as the call progresses.
            accept: True accepts the reservation before the call is made.
            record: ``"record-from-answer"`` or ``"do-not-record"``.
            to: the worker's contact URI.
        """
        values, callback = _CALL.read(args, keywords)
        params = {"Instruction": "call", **_CALL.wire(values)}
        return deliver(lambda: self._act(params), callback)

    @overload
    def redirect(
        self,
        call_sid: str,
        url: str,
        accept: str | bool | None = None,
        callback: None = None,
    ) -> Reservation: ...
    @overload
    def redirect(
        self,
        call_sid: str,
        url: str,
        accept: str | bool | None = None,
        callback: ResultCallback[Reservation] = ...,
    ) -> None: ...
    @_REDIRECT.shown
    def redirect(self, *args: Any, **keywords: Any) -> Any:
        """Redirect a call to other TwiML.

        ``redirect(redirectCallSid, redirectUrl, redirectAccept, cb)``

        Args:
            call_sid: the sid of the call, CA…; required.
            url: the URL of the TwiML; required.
            accept: True also accepts the reservation.
        """
        values, callback = _REDIRECT.read(args, keywords)
        params = {"Instruction": "redirect", **_REDIRECT.wire(values)}
        return deliver(lambda: self._act(params), callback)

    @overload
    def conference(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        timeout: str | float | None = None,
        to: str | None = None,
        callback: None = None,
        options: Params | None = None,
        **more: Value | None,
    ) -> Reservation: ...
    @overload
    def conference(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        timeout: str | float | None = None,
        to: str | None = None,
        callback: ResultCallback[Reservation] = ...,
        options: Params | None = None,
        **more: Value | None,
    ) -> None: ...
    @overload
    def conference(
        self,
        from_: str | None,
        post_work_activity_sid: str | None,
        timeout: str | float | None,
        to: str | None,
        options: Params | None,
        callback: ResultCallback[Reservation],
        /,
    ) -> None: ...
    @_CONFERENCE.shown
    def conference(self, *args: Any, **keywords: Any) -> Any:
        """Bring the worker and the caller together in a conference.

        ``conference(from, postWorkActivitySid, timeout, to, cb, options)``

        Args:
            from_: the caller ID that the worker sees.
            post_work_activity_sid: WA…, the worker's activity after the call.
            timeout: how long the worker's phone rings, in seconds.
            to: the worker's contact URI.
            options: further parameters of the REST API, such as
                ``{"EndConferenceOnExit": "true"}``; they override the others. In
                Python code they may be keywords: ``end_conference_on_exit=True``.
        """
        values, callback = _CONFERENCE.read(args, keywords)
        params = {"Instruction": "conference", **_CONFERENCE.wire(values)}
        return deliver(lambda: self._act(params), callback)

    def to_dict(self, snake_case: bool = False) -> dict[str, Any]:
        """Return the properties, with those of the task; see `Resource.to_dict`."""
        found = super().to_dict(snake_case)
        if self._task is not None:
            found["task"] = self._task.to_dict(snake_case)
        return found

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        toDict = to_dict

    def __getitem__(self, name: str) -> Any:
        if name == "task" and self._task is not None:
            return self._task
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(super().__iter__())
        if self._task is not None:
            names.setdefault("task", None)
        return iter(names)

    def _load(self) -> None:
        """Load the task, which is not in the payload; called by the session."""
        _load_tasks(self._session, [self])

    def _set_task(self, task: Task) -> None:
        """Set the task, which is already loaded."""
        self._task = task

    def _known_task_sid(self) -> str | None:
        task = self._task
        return self.payload.get("task_sid") if task is None else task.payload.get("sid")

    def _apply_to_task(self, payload: Mapping[str, Any], if_newer: bool) -> None:
        """Update the task from a payload, if that is about it."""
        if self._task is not None and self._task.payload.get("sid") == payload["sid"]:
            self._task._apply(payload, if_newer)

    def _inherit_task(self, older: Reservation) -> None:
        """Use the task of an older state, if none is loaded."""
        if self._task is None:
            self._task = older._task

    def _act(self, params: Mapping[str, Any]) -> Reservation:
        found: Reservation = self._session.perform("POST", self._url, params)
        return found


class ReservationList(ListResource[Reservation]):
    """A worker's reservations with their tasks, from ``fetchReservations``."""

    def _load(self) -> None:
        # v1.21 loads no tasks of a list that answers something else.
        if self._requested:
            _load_tasks(self._session, self.data)


def _load_tasks(session: Session, reservations: Sequence[Any]) -> None:
    """Load the tasks of reservations in parallel: a page may have fifty.

    If one can't be loaded, the reservation's task contains what is known of it: the
    program's own request has succeeded, so its callback must still be called.

    Raises:
        ClientClosed: the client was closed in the meantime.
    """
    wanted = [
        (each, task._url)
        for each in reservations
        if isinstance(each, Reservation) and each._task is None
        if isinstance(task := each._neighbor("task"), Task)
    ]
    # A task can have several reservations.
    urls = list(dict.fromkeys(url for _, url in wanted))
    found = dict(zip(urls, session.get_all(urls) if urls else (), strict=True))
    for reservation, url in wanted:
        payload = found[url]
        if isinstance(payload, ClientClosed):
            raise payload
        task = None if isinstance(payload, TaskRouterError) else session.build(payload)
        if isinstance(task, Task):
            reservation._set_task(task)
            continue
        if not isinstance(payload, TaskRouterError):
            payload = InvalidResponse("The service's response is not a task")
        package_log.warning(
            "The task of %r could not be loaded: %s", reservation, payload
        )
