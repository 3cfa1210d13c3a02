"""The events by name, and what each carries, for type checkers and editors.

The one list of event names. Nothing here runs but the names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NoReturn,
    TypeVar,
    get_args,
    overload,
)

from .emitter import Emitter
from .properties import Record


if TYPE_CHECKING:
    from .errors import TaskRouterError
    from .resources.base import Resource
    from .resources.models import Task, WorkerChannel, WorkerResource
    from .resources.reservation import Reservation

# What a client's `ready` carries: its own resource.
R = TypeVar("R")

# Of every client.
Ready = Literal["ready"]
Plain = Literal["connected", "token.expired"]
Disconnected = Literal["disconnected"]
Error = Literal["error"]
# Of a Worker.
OfTheWorker = Literal["activity.update", "attributes.update"]
OfAChannel = Literal["capacity.update", "channel.availability.update"]
OfATask = Literal["task.updated", "task.canceled", "task.completed", "task.wrapup"]
OfATransfer = Literal[
    "task.transfer-initiated",
    "task.transfer-attempt-failed",
    "task.transfer-failed",
    "task.transfer-canceled",
    "task.transfer-completed",
]
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

CLIENT_EVENTS: tuple[str, ...] = tuple(
    name for kind in (Ready, Plain, Disconnected, Error) for name in get_args(kind)
)
WORKER_EVENTS: tuple[str, ...] = CLIENT_EVENTS + tuple(
    name
    for kind in (OfTheWorker, OfAChannel, OfAReservation, OfATask, OfATransfer)
    for name in get_args(kind)
)


class Disconnection(Record):
    """What `disconnected` carries: a dict with the ``message`` of TaskRouter.js.

    Attributes:
        code, reason: of the service's close frame; None and "" if there was none.
    """

    __slots__ = ("code", "reason")

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__({"message": "Websocket disconnected due to lost connectivity"})
        self.code: int | None = code
        self.reason: str = reason

    def __reduce__(self) -> Any:
        return Disconnection, (self.code, self.reason)


if TYPE_CHECKING:
    C = TypeVar("C")
    T = TypeVar("T")
    Given = TypeVar("Given")
    # The names of a client's own events, by what they carry; NoReturn for none.
    ForReservation = TypeVar("ForReservation")
    ForWorker = TypeVar("ForWorker")
    ForChannel = TypeVar("ForChannel")
    ForTask = TypeVar("ForTask")
    ForTransfer = TypeVar("ForTransfer")

    class Decorator(Generic[T]):
        """What ``@client.on(event)`` is: it gives the listener back as it was."""

        @overload
        def __call__(self, callback: Callable[[T], Given]) -> Callable[[T], Given]: ...
        @overload
        def __call__(self, callback: Callable[[], Given]) -> Callable[[], Given]: ...
        def __call__(self, callback: Any) -> Any: ...

    class Listen(
        Generic[C, R, ForReservation, ForWorker, ForChannel, ForTask, ForTransfer]
    ):
        """The forms of `on` and `once` of a client whose `ready` carries an `R`."""

        @overload
        def __call__(self, event: Ready, callback: Callable[[R], Any]) -> C: ...
        @overload
        def __call__(
            self, event: ForReservation, callback: Callable[[Reservation], Any]
        ) -> C: ...
        @overload
        def __call__(
            self, event: ForWorker, callback: Callable[[WorkerResource], Any]
        ) -> C: ...
        @overload
        def __call__(
            self, event: ForChannel, callback: Callable[[WorkerChannel], Any]
        ) -> C: ...
        @overload
        def __call__(self, event: ForTask, callback: Callable[[Task], Any]) -> C: ...
        @overload
        def __call__(
            self, event: ForTransfer, callback: Callable[[Resource[Any]], Any]
        ) -> C: ...
        @overload
        def __call__(
            self, event: Disconnected, callback: Callable[[Disconnection], Any]
        ) -> C: ...
        @overload
        def __call__(
            self, event: Error, callback: Callable[[TaskRouterError], Any]
        ) -> C: ...
        @overload  # a listener may take less than the event carries
        def __call__(
            self,
            event: Plain
            | Ready
            | Disconnected
            | Error
            | ForReservation
            | ForWorker
            | ForChannel
            | ForTask
            | ForTransfer,
            callback: Callable[[], Any],
        ) -> C: ...
        @overload
        def __call__(  # type: ignore[overload-overlap]
            self, event: Ready
        ) -> Decorator[R]: ...
        @overload
        def __call__(self, event: Plain) -> Decorator[NoReturn]: ...
        @overload
        def __call__(  # type: ignore[overload-overlap]
            self, event: Disconnected
        ) -> Decorator[Disconnection]: ...
        @overload
        def __call__(  # type: ignore[overload-overlap]
            self, event: Error
        ) -> Decorator[TaskRouterError]: ...
        @overload
        def __call__(self, event: ForReservation) -> Decorator[Reservation]: ...
        @overload
        def __call__(self, event: ForWorker) -> Decorator[WorkerResource]: ...
        @overload
        def __call__(self, event: ForChannel) -> Decorator[WorkerChannel]: ...
        @overload
        def __call__(self, event: ForTask) -> Decorator[Task]: ...
        @overload
        def __call__(self, event: ForTransfer) -> Decorator[Resource[Any]]: ...
        def __call__(self, event: Any, callback: Any = None) -> Any: ...

    class ClientListen(Generic[R]):
        """`on` and `once` of a client that has no events of its own."""

        def __get__(
            self, client: C, owner: Any = None
        ) -> Listen[C, R, NoReturn, NoReturn, NoReturn, NoReturn, NoReturn]: ...

    class WorkerListen:
        """`on` and `once` of a Worker."""

        def __get__(
            self, client: C, owner: Any = None
        ) -> Listen[
            C,
            WorkerResource,
            OfAReservation,
            OfTheWorker,
            OfAChannel,
            OfATask,
            OfATransfer,
        ]: ...


class ClientEvents(Emitter, Generic[R]):
    """The events of every client; `ready` carries the client's own resource."""

    _EVENTS = frozenset(CLIENT_EVENTS)

    if TYPE_CHECKING:
        on: ClientListen[R]  # type: ignore[assignment]  # the same, in more detail
        once: ClientListen[R]  # type: ignore[assignment]


class WorkerEvents(ClientEvents["WorkerResource"]):
    """The events of a Worker."""

    _EVENTS = frozenset(WORKER_EVENTS)

    if TYPE_CHECKING:
        on: WorkerListen  # type: ignore[assignment]
        once: WorkerListen  # type: ignore[assignment]
