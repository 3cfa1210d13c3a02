"""The telephony instructions of a reservation: what the worker's phone is to do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from ..callbacks import ResultCallback
from ..parameters import Params, Value
from .base import deliver
from .instructions import CALL, CONFERENCE, DEQUEUE, REDIRECT, read_dequeue


if TYPE_CHECKING:
    from .reservation import Reservation


class Telephony:
    """What a reservation can have done by phone; a part of `Reservation`."""

    @abstractmethod
    def _act(self, params: Mapping[str, Any]) -> Any:
        """Ask the service for it; gives the reservation that comes back."""

    @overload
    def dequeue(
        self,
        from_: str | None,
        post_work_activity_sid: str | None,
        record: str | None,
        timeout: str | float | None,
        status_callback_url: str | None,
        status_callback_events: str | Sequence[str] | None,
        to: str | None,
        callback: ResultCallback[Reservation],
    ) -> None: ...
    @overload
    def dequeue(
        self,
        from_: str | None,
        post_work_activity_sid: str | None,
        record: str | None,
        timeout: str | float | None,
        status_callback_url: str | None,
        to: str | None,
        callback: ResultCallback[Reservation],
        /,
    ) -> None: ...
    @overload
    def dequeue(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        record: str | None = None,
        timeout: str | float | None = None,
        status_callback_url: str | None = None,
        status_callback_events: str | Sequence[str] | None = None,
        to: str | None = None,
        *,
        callback: ResultCallback[Reservation],
    ) -> None: ...
    @overload
    def dequeue(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        record: str | None = None,
        timeout: str | float | None = None,
        status_callback_url: str | None = None,
        status_callback_events: str | Sequence[str] | None = None,
        to: str | None = None,
        callback: None = None,
    ) -> Reservation: ...
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

    @overload
    def call(
        self,
        from_: str,
        url: str,
        status_callback_url: str | None,
        accept: str | bool | None,
        record: str | None,
        to: str | None,
        callback: ResultCallback[Reservation],
    ) -> None: ...
    @overload
    def call(
        self,
        from_: str,
        url: str,
        status_callback_url: str | None = None,
        accept: str | bool | None = None,
        record: str | None = None,
        to: str | None = None,
        *,
        callback: ResultCallback[Reservation],
    ) -> None: ...
    @overload
    def call(
        self,
        from_: str,
        url: str,
        status_callback_url: str | None = None,
        accept: str | bool | None = None,
        record: str | None = None,
        to: str | None = None,
        callback: None = None,
    ) -> Reservation: ...
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

    @overload
    def redirect(
        self,
        call_sid: str,
        url: str,
        accept: str | bool | None,
        callback: ResultCallback[Reservation],
    ) -> None: ...
    @overload
    def redirect(
        self,
        call_sid: str,
        url: str,
        accept: str | bool | None = None,
        *,
        callback: ResultCallback[Reservation],
    ) -> None: ...
    @overload
    def redirect(
        self,
        call_sid: str,
        url: str,
        accept: str | bool | None = None,
        callback: None = None,
    ) -> Reservation: ...
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

    @overload
    def conference(
        self,
        from_: str | None,
        post_work_activity_sid: str | None,
        timeout: str | float | None,
        to: str | None,
        callback: ResultCallback[Reservation],
        options: Params | None = None,
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
    @overload
    def conference(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        timeout: str | float | None = None,
        to: str | None = None,
        *,
        callback: ResultCallback[Reservation],
        options: Params | None = None,
        **more: Value | None,
    ) -> None: ...
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
