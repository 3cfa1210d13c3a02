"""What each event carries, for type checkers and editors; nothing of it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from ..emitter import Emitter
from ..resources.base import R
from ..resources.entities import WorkerResource


if TYPE_CHECKING:
    from ..callbacks import Listener
    from ..emitter import Decorated
    from ..errors import TaskRouterError
    from ..resources.entities import WorkerChannel
    from ..resources.reservation import Reservation
    from .disconnection import Disconnection

    Plain = Literal["connected", "token.expired"]
    OfTheWorker = Literal["activity.update", "attributes.update"]
    OfAChannel = Literal["capacity.update", "channel.availability.update"]
    OfAReservation = Literal[
        "reservation.created",
        "reservation.accepted",
        "reservation.rejected",
        "reservation.timeout",
        "reservation.canceled",
        "reservation.rescinded",
        "reservation.completed",
        "reservation.wrapup",
        "reservation.failed",
    ]

    Self = TypeVar("Self", bound="Emitter")


class ClientEvents(Emitter, Generic[R]):
    """The events of every client; `ready` carries the client's own resource.

    A callback may take fewer arguments than it is given: the last form takes any.
    """

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # the same, told more exactly
        def on(self, event: str) -> Callable[[Decorated], Decorated]: ...
        @overload
        def on(
            self: Self, event: Literal["ready"], callback: Callable[[R], Any]
        ) -> Self: ...
        @overload
        def on(self: Self, event: Plain, callback: Callable[[], Any]) -> Self: ...
        @overload
        def on(
            self: Self,
            event: Literal["disconnected"],
            callback: Callable[[Disconnection], Any],
        ) -> Self: ...
        @overload
        def on(
            self: Self,
            event: Literal["error"],
            callback: Callable[[TaskRouterError], Any],
        ) -> Self: ...
        @overload
        def on(self: Self, event: str, callback: Listener) -> Self: ...
        def on(self, event: str, callback: Listener = ...) -> Any: ...

        @overload  # type: ignore[override]  # the same, told more exactly
        def once(self, event: str) -> Callable[[Decorated], Decorated]: ...
        @overload
        def once(
            self: Self, event: Literal["ready"], callback: Callable[[R], Any]
        ) -> Self: ...
        @overload
        def once(self: Self, event: Plain, callback: Callable[[], Any]) -> Self: ...
        @overload
        def once(
            self: Self,
            event: Literal["disconnected"],
            callback: Callable[[Disconnection], Any],
        ) -> Self: ...
        @overload
        def once(
            self: Self,
            event: Literal["error"],
            callback: Callable[[TaskRouterError], Any],
        ) -> Self: ...
        @overload
        def once(self: Self, event: str, callback: Listener) -> Self: ...
        def once(self, event: str, callback: Listener = ...) -> Any: ...


class WorkerEvents(ClientEvents[WorkerResource]):
    """The events of a Worker."""

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # the same, told more exactly
        def on(self, event: str) -> Callable[[Decorated], Decorated]: ...
        @overload
        def on(
            self: Self, event: OfAReservation, callback: Callable[[Reservation], Any]
        ) -> Self: ...
        @overload
        def on(
            self: Self, event: OfTheWorker, callback: Callable[[WorkerResource], Any]
        ) -> Self: ...
        @overload
        def on(
            self: Self, event: OfAChannel, callback: Callable[[WorkerChannel], Any]
        ) -> Self: ...
        @overload
        def on(
            self: Self,
            event: Literal["ready"],
            callback: Callable[[WorkerResource], Any],
        ) -> Self: ...
        @overload
        def on(self: Self, event: Plain, callback: Callable[[], Any]) -> Self: ...
        @overload
        def on(
            self: Self,
            event: Literal["disconnected"],
            callback: Callable[[Disconnection], Any],
        ) -> Self: ...
        @overload
        def on(
            self: Self,
            event: Literal["error"],
            callback: Callable[[TaskRouterError], Any],
        ) -> Self: ...
        @overload
        def on(self: Self, event: str, callback: Listener) -> Self: ...
        def on(self, event: str, callback: Listener = ...) -> Any: ...

        @overload  # type: ignore[override]  # the same, told more exactly
        def once(self, event: str) -> Callable[[Decorated], Decorated]: ...
        @overload
        def once(
            self: Self, event: OfAReservation, callback: Callable[[Reservation], Any]
        ) -> Self: ...
        @overload
        def once(
            self: Self, event: OfTheWorker, callback: Callable[[WorkerResource], Any]
        ) -> Self: ...
        @overload
        def once(
            self: Self, event: OfAChannel, callback: Callable[[WorkerChannel], Any]
        ) -> Self: ...
        @overload
        def once(
            self: Self,
            event: Literal["ready"],
            callback: Callable[[WorkerResource], Any],
        ) -> Self: ...
        @overload
        def once(self: Self, event: Plain, callback: Callable[[], Any]) -> Self: ...
        @overload
        def once(
            self: Self,
            event: Literal["disconnected"],
            callback: Callable[[Disconnection], Any],
        ) -> Self: ...
        @overload
        def once(
            self: Self,
            event: Literal["error"],
            callback: Callable[[TaskRouterError], Any],
        ) -> Self: ...
        @overload
        def once(self: Self, event: str, callback: Listener) -> Self: ...
        def once(self, event: str, callback: Listener = ...) -> Any: ...
