"""Reservations and what can be done with them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from ..errors import ClientClosed, InvalidResponse, TaskRouterError
from ..signatures import Parameter, Signature
from .base import Resource, deliver
from .fields import ReservationFields
from .instructions import CALL, CONFERENCE, DEQUEUE, REDIRECT, read_dequeue
from .task import Task


log = logging.getLogger("taskrouter_sync")

_ACCEPT = Signature("reservation.accept", callback_at=0)
_REJECT = Signature(
    "reservation.reject",
    (Parameter("activitySid", "activity_sid", "WorkerActivitySid"),),
    callback_at=1,
)


class Reservation(ReservationFields, Resource):
    """A task offered to a worker, as TaskRouter.js's ``reservation``.

    Its `task` is loaded wherever the client delivers it: in events, in lists of
    reservations and in the results of its own methods. An action does not change the
    reservation it is called on: the result is a new one.
    """

    _SHOWN = "reservation_status"

    _task: Task | None = None

    def accept(self, *args: Any, **keywords: Any) -> Any:
        """Accept the reservation: ``accept(cb)``.

        Args:
            callback: gets ``(error, reservation)``, on this thread, before this
                returns.

        Returns:
            The accepted reservation with its task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``reservation.accept``.
        """
        _, callback = _ACCEPT.read(args, keywords)
        params = {"ReservationStatus": "accepted"}
        return deliver(lambda: self._act(params), callback)

    def reject(self, *args: Any, **keywords: Any) -> Any:
        """Reject the reservation: ``reject(activitySid, cb)``.

        Args:
            activity_sid: WA…, the worker's next activity; not given: it stays.
            callback: gets ``(error, reservation)``, on this thread, before this
                returns.

        Returns:
            The rejected reservation with its task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``reservation.reject``.
        """
        values, callback = _REJECT.read(args, keywords)
        params = {"ReservationStatus": "rejected", **_REJECT.wire(values)}
        return deliver(lambda: self._act(params), callback)

    def dequeue(self, *args: Any, **keywords: Any) -> Any:
        """Call the worker and connect the caller that waits in the queue.

        ``dequeue(dequeueFrom, dequeuePostWorkActivitySid, dequeueRecord,
        dequeueTimeout, dequeueStatusCallbackUrl, dequeueStatusCallbackEvents,
        dequeueTo, cb)``

        Args:
            from_: caller id for the worker.
            post_work_activity_sid: WA…, the worker's activity after the call.
            record: ``"record-from-answer"`` or ``"do-not-record"``.
            timeout: seconds that the worker's phone rings.
            status_callback_url: is told of the call's progress.
            status_callback_events: of ``initiated, ringing, answered, completed``, as
                text with commas or as a list. Anything else in sixth place is `to`, as
                in the documentation's own example.
            to: the worker's contact URI.
            callback: gets ``(error, reservation)``, on this thread, before this
                returns.

        Returns:
            The reservation with its task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``reservation.dequeue``.
        """
        values, callback = read_dequeue(args, keywords)
        params = {"Instruction": "dequeue", **DEQUEUE.wire(values)}
        return deliver(lambda: self._act(params), callback)

    def call(self, *args: Any, **keywords: Any) -> Any:
        """Call the worker and run TwiML on that call.

        ``call(callFrom, callUrl, callStatusCallbackUrl, callAccept, callRecord,
        callTo, cb)``

        Args:
            from_: caller id; required.
            url: of the TwiML; required.
            status_callback_url: is told of the call's progress.
            accept: whether the reservation is accepted before the call is made.
            record: ``"record-from-answer"`` or ``"do-not-record"``.
            to: the worker's contact URI.
            callback: gets ``(error, reservation)``, on this thread, before this
                returns.

        Returns:
            The reservation with its task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``reservation.call``.
        """
        values, callback = CALL.read(args, keywords)
        params = {"Instruction": "call", **CALL.wire(values)}
        return deliver(lambda: self._act(params), callback)

    def redirect(self, *args: Any, **keywords: Any) -> Any:
        """Redirect a call to other TwiML.

        ``redirect(redirectCallSid, redirectUrl, redirectAccept, cb)``

        Args:
            call_sid: CA…, the call; required.
            url: of the TwiML; required.
            accept: whether the reservation is accepted too.
            callback: gets ``(error, reservation)``, on this thread, before this
                returns.

        Returns:
            The reservation with its task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``reservation.redirect``.
        """
        values, callback = REDIRECT.read(args, keywords)
        params = {"Instruction": "redirect", **REDIRECT.wire(values)}
        return deliver(lambda: self._act(params), callback)

    def conference(self, *args: Any, **keywords: Any) -> Any:
        """Bring the worker and the caller together in a conference.

        ``conference(from, postWorkActivitySid, timeout, to, cb, options)``

        Args:
            from_: caller id for the worker.
            post_work_activity_sid: WA…, the worker's activity after the call.
            timeout: seconds that the worker's phone rings.
            to: the worker's contact URI.
            options: further parameters of the REST API, such as
                ``{"EndConferenceOnExit": "true"}``; they override the others. In
                Python code they may be keywords: ``end_conference_on_exit=True``.
            callback: gets ``(error, reservation)``, on this thread, before this
                returns.

        Returns:
            The reservation with its task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``reservation.conference``.
        """
        values, callback = CONFERENCE.read(args, keywords)
        params = {"Instruction": "conference", **CONFERENCE.wire(values)}
        return deliver(lambda: self._act(params), callback)

    def _load(self) -> None:
        """Load its task; where that fails, the task holds what is known of it."""
        if self._task is not None:
            return
        task = self._neighbor("task")
        if not isinstance(task, Task):
            return
        try:
            found = task._fetch()
            if not isinstance(found, Task):
                raise InvalidResponse("The service's answer is no task")
            self._task = found
        except ClientClosed:
            raise
        except TaskRouterError as error:
            # The action itself succeeded: its callback must come all the same.
            log.warning("The task of %r could not be loaded: %s", self, error)

    def _with_task(self, task: Task) -> Reservation:
        """Put the loaded task in; for what has it at hand."""
        self._task = task
        return self

    def __getitem__(self, name: str) -> Any:
        if name == "task" and self._task is not None:
            return self._task
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(super().__iter__())
        if self._task is not None:
            names.setdefault("task", None)
        return iter(names)

    def _act(self, params: dict[str, Any]) -> Any:
        return self._session.entity_from("POST", self._url, params)
