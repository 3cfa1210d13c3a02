"""Reservations and what can be done with them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any, overload

from ..callbacks import ResultCallback
from ..errors import ClientClosed, InvalidResponse, TaskRouterError
from ..signatures import Parameter, Signature
from .base import Resource, deliver
from .fields import ReservationFields
from .task import Task
from .telephony import Telephony


log = logging.getLogger("taskrouter_sync")

_ACCEPT = Signature("reservation.accept", callback_at=0)
_REJECT = Signature(
    "reservation.reject",
    (Parameter("activitySid", "activity_sid", "WorkerActivitySid"),),
    callback_at=1,
)


class Reservation(ReservationFields, Telephony, Resource["Reservation"]):
    """A task offered to a worker, as TaskRouter.js's ``reservation``.

    Its `task` is loaded wherever the client delivers it: in events, in lists of
    reservations and in the results of its own methods. An action does not change the
    reservation it is called on: the result is a new one.
    """

    _SHOWN = "reservation_status"

    _task: Task | None = None

    @overload
    def accept(self, callback: ResultCallback[Reservation]) -> None: ...
    @overload
    def accept(self, callback: None = None) -> Reservation: ...
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

    def _act(self, params: Mapping[str, Any]) -> Any:
        return self._session.entity_from("POST", self._url, params)
