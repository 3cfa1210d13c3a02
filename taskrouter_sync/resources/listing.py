"""The lists: what is asked of them, and which there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..callbacks import ResultCallback
from ..forms import read_fetch, read_params, read_update
from ..parameters import Params, Value
from ..signatures import Parameter, Signature
from .base import deliver
from .paging import Item, Page
from .statistics import HasStatistics, StatisticsData, StatisticsList


if TYPE_CHECKING:
    from ..session import Session

    # Named in quotes below, as they import this module.
    from .entities import (
        Activity,  # noqa: F401
        TaskQueueResource,  # noqa: F401
        WorkerChannel,  # noqa: F401
        WorkerResource,  # noqa: F401
        Workflow,  # noqa: F401
    )
    from .reservation import Reservation  # noqa: F401
    from .task import Task  # noqa: F401

    Self = TypeVar("Self", bound="ListResource[Any]")


class ListResource(Page[Item]):
    """A list as TaskRouter.js has it, and the page of it that was fetched last."""

    @overload
    def fetch(self: Self, callback: ResultCallback[Self]) -> None: ...
    @overload
    def fetch(self, sid: str, callback: ResultCallback[Item]) -> None: ...
    @overload
    def fetch(
        self: Self, params: Params | None, callback: ResultCallback[Self]
    ) -> None: ...
    @overload
    def fetch(
        self: Self,
        params: Params | None = None,
        *,
        callback: ResultCallback[Self],
        **filters: Value | None,
    ) -> None: ...
    @overload
    def fetch(self, sid: str, callback: None = None) -> Item: ...
    @overload
    def fetch(
        self: Self,
        params: Params | None = None,
        callback: None = None,
        **filters: Value | None,
    ) -> Self: ...
    def fetch(self, *args: Any, **keywords: Any) -> Any:
        """Get the list, or one of it: ``fetch(cb)``, ``(params, cb)``, ``(sid, cb)``.

        Args:
            params: filters of the REST API, such as ``{"Available": "true"}``; in
                Python code they may be keywords.
            sid: of the one to get.
            callback: gets ``(error, list)`` or ``(error, resource)``, on this thread,
                before this returns.

        Returns:
            The list or the resource, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``workspace.workers.fetch`` and the like.
        """
        fetch = read_fetch(f"{self._kind()}.fetch", args, keywords)
        url = self._url if fetch.sid is None else f"{self._url}/{fetch.sid}"
        return deliver(
            lambda: self._session.entity_from("GET", url, fetch.params), fetch.callback
        )

    @overload
    def create(self, params: Params, callback: ResultCallback[Item]) -> None: ...
    @overload
    def create(self, *, callback: ResultCallback[Item], **params: Value) -> None: ...
    @overload
    def create(self, params: Params, callback: None = None) -> Item: ...
    @overload
    def create(self, **params: Value | None) -> Item: ...
    def create(self, *args: Any, **keywords: Any) -> Any:
        """Create one: ``create(params, cb)``.

        Args:
            params: of the REST API, such as ``{"FriendlyName": "Ann"}``; in Python code
                they may be keywords: ``create(friendly_name="Ann")``. Values that are
                dicts or lists are sent as JSON text.
            callback: gets ``(error, resource)``, on this thread, before this returns.

        Returns:
            The new resource, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``workspace.workers.create`` and the like.
        """
        params, callback = read_params(f"{self._kind()}.create", args, keywords)
        return deliver(
            lambda: self._session.entity_from("POST", self._url, params), callback
        )

    @overload
    def update(
        self, sid: str, name: str, value: Value, callback: ResultCallback[Item], /
    ) -> None: ...
    @overload
    def update(
        self, sid: str, params: Params, callback: ResultCallback[Item], /
    ) -> None: ...
    @overload
    def update(
        self, sid: str, *, callback: ResultCallback[Item], **params: Value
    ) -> None: ...
    @overload
    def update(
        self, sid: str, name: str, value: Value, callback: None = None, /
    ) -> Item: ...
    @overload
    def update(self, sid: str, params: Params, callback: None = None, /) -> Item: ...
    @overload
    def update(self, sid: str, **params: Value | None) -> Item: ...
    def update(self, *args: Any, **keywords: Any) -> Any:
        """Change one: ``update(sid, name, value, cb)`` or ``update(sid, dict, cb)``.

        Args:
            sid: of the one to change.
            name, value: a parameter of the REST API; or a dict of them.
            callback: gets ``(error, resource)``, on this thread, before this returns.

        Returns:
            The changed resource, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``workspace.workers.update`` and the like.
        """
        update = read_update(f"{self._kind()}.update", args, keywords, of_one=True)
        url = f"{self._url}/{update.sid}"
        return deliver(
            lambda: self._session.entity_from("POST", url, update.params),
            update.callback,
        )

    @overload
    def delete(self, sid: str, callback: ResultCallback[None]) -> None: ...
    @overload
    def delete(self, sid: str, callback: None = None) -> None: ...
    def delete(self, *args: Any, **keywords: Any) -> Any:
        """Delete one: ``delete(sid, cb)``.

        Args:
            sid: of the one to delete.
            callback: gets ``(error)``, on this thread, before this returns.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``workspace.workers.delete`` and the like.
        """
        signature = Signature(
            f"{self._kind()}.delete",
            (Parameter("sid", "sid", required=True, types=(str,)),),
            callback_at=1,
        )
        values, callback = signature.read(args, keywords)
        return deliver(
            lambda: self._session.delete(f"{self._url}/{values['sid']}"), callback
        )


class ActivityList(ListResource["Activity"]):
    """Activities: ``worker.activities``, ``workspace.activities``."""


class WorkflowList(ListResource["Workflow"]):
    """Workflows: ``workspace.workflows``."""


class TaskQueueList(HasStatistics[StatisticsList], ListResource["TaskQueueResource"]):
    """Task queues: ``workspace.taskqueues``."""


class WorkerList(HasStatistics[StatisticsData], ListResource["WorkerResource"]):
    """Workers: ``workspace.workers``."""


class TaskList(ListResource["Task"]):
    """Tasks: ``workspace.tasks``."""


class ReservationList(ListResource["Reservation"]):
    """Reservations: what ``fetchReservations`` delivers."""


class WorkerChannelList(ListResource["WorkerChannel"]):
    """A worker's channels: what ``fetchChannels`` delivers."""


class WorkspaceLists:
    """Everything in a workspace: ``workspace.workers.fetch(cb)`` and so on."""

    _session: Session

    @property
    def activities(self) -> ActivityList:
        """The workspace's activities."""
        return ActivityList(self._session, f"{self._session.workspace_url}/Activities")

    @property
    def workflows(self) -> WorkflowList:
        """The workspace's workflows."""
        return WorkflowList(self._session, f"{self._session.workspace_url}/Workflows")

    @property
    def taskqueues(self) -> TaskQueueList:
        """The workspace's task queues."""
        return TaskQueueList(self._session, f"{self._session.workspace_url}/TaskQueues")

    @property
    def workers(self) -> WorkerList:
        """The workspace's workers."""
        return WorkerList(self._session, f"{self._session.workspace_url}/Workers")

    @property
    def tasks(self) -> TaskList:
        """The workspace's tasks."""
        return TaskList(self._session, f"{self._session.workspace_url}/Tasks")
