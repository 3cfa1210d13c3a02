"""The lists, which consist of pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import notebook
from ..arguments import (
    Parameter,
    Params,
    Signature,
    Value,
    read_fetch,
    read_params,
    read_update,
    takes,
)
from ..emitter import ResultCallback
from ..errors import InvalidResponse
from ..properties import json_text, plain
from .base import ClientObject, Resource, as_row, callback_first, deliver
from .statistics import HasStatistics, StatisticsData, StatisticsList


if TYPE_CHECKING:
    from ..session import Session

    # Named in quotes below, as it imports this module.
    from . import models  # noqa: F401

    Self = TypeVar("Self", bound="ListResource[Any]")

Item = TypeVar("Item")


class ListResource(ClientObject, Sequence[Item]):
    """One page of a list, as a sequence of its items.

    Attributes:
        data: the items of this page.
        page, page_size: the number of this page, from 0, and the items per page.
        has_next, has_previous: whether there is a next or a previous page.
    """

    def __init__(
        self,
        session: Session,
        url: str,
        data: Sequence[Item] = (),
        meta: Mapping[str, Any] | None = None,
        requested: bool = True,
    ) -> None:
        """Create it; without a page if it is not fetched yet.

        Args:
            session: the session of the client.
            url: the URL of its requests.
            data, meta: the page, from the factory.
            requested: whether the request was for a list of this kind.
        """
        self._session = session
        self._url = url
        self._meta = meta or {}
        self._requested = requested
        self.data: list[Item] = list(data)

    @property
    def page(self) -> int | None:
        number = self._meta.get("page")
        return number if isinstance(number, int) else None

    @property
    def page_size(self) -> int | None:
        return self._meta.get("page_size")

    @property
    def has_next(self) -> bool:
        return self._page_url("next") is not None

    @property
    def has_previous(self) -> bool:
        return self._page_url("previous") is not None

    @overload
    def fetch(self, sid: str, callback: None = None) -> Item: ...
    @overload
    def fetch(
        self: Self,
        params: Params | None = None,
        callback: None = None,
        **filters: Value | None,
    ) -> Self: ...
    @overload
    def fetch(self: Self, callback: ResultCallback[Self]) -> None: ...
    @overload
    def fetch(self, sid: str, callback: ResultCallback[Item]) -> None: ...
    @overload
    def fetch(
        self: Self,
        params: Params | None = None,
        callback: ResultCallback[Self] = ...,
        **filters: Value | None,
    ) -> None: ...
    @takes("params", "callback", "*", "sid", more="filters")
    def fetch(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the list or one item: ``fetch(cb)``, ``(params, cb)``, ``(sid, cb)``.

        The result is the first page of the list, or the item with that sid.

        Args:
            params: a dict of filters of the REST API, such as
                ``{"Available": "true"}``. Filters may also be keywords:
                ``available="true"``.
            sid: the sid of the item.
        """
        fetch = read_fetch(f"{self._kind()}.fetch", args, keywords)
        url = self._url if fetch.sid is None else f"{self._url}/{fetch.sid}"
        return deliver(
            lambda: self._session.perform("GET", url, fetch.params), fetch.callback
        )

    @overload
    def create(self, params: Params, callback: ResultCallback[Item]) -> None: ...
    @overload
    def create(self, *, callback: ResultCallback[Item], **params: Value) -> None: ...
    @overload
    def create(self, params: Params, callback: None = None) -> Item: ...
    @overload
    def create(self, **params: Value | None) -> Item: ...
    @takes("params", "callback", more="parameters")
    def create(self, *args: Any, **keywords: Any) -> Any:
        """Create an item: ``create(params, cb)``.

        The result is the new resource.

        Args:
            params: a dict of parameters of the REST API, such as
                ``{"FriendlyName": "Ann"}``. They may also be keywords:
                ``create(friendly_name="Ann")``. Dicts and lists are sent as JSON.
        """
        params, callback = read_params(f"{self._kind()}.create", args, keywords)
        return deliver(
            lambda: self._session.perform("POST", self._url, params), callback
        )

    @overload
    def update(
        self, sid: str, name: str, value: Value, callback: ResultCallback[Item]
    ) -> None: ...
    @overload
    def update(
        self, sid: str, params: Params, callback: ResultCallback[Item]
    ) -> None: ...
    @overload
    def update(
        self, sid: str, *, callback: ResultCallback[Item], **params: Value
    ) -> None: ...
    @overload
    def update(
        self, sid: str, name: str, value: Value, callback: None = None
    ) -> Item: ...
    @overload
    def update(self, sid: str, params: Params, callback: None = None) -> Item: ...
    @overload
    def update(self, sid: str, **params: Value | None) -> Item: ...
    @takes(
        "sid", "name", "value", "callback", "*", "params", required=1, more="parameters"
    )
    def update(self, *args: Any, **keywords: Any) -> Any:
        """Update an item: ``update(sid, name, value, cb)`` or ``(sid, dict, cb)``.

        The result is the updated resource.

        Args:
            sid: the sid of the item.
            name, value: a parameter of the REST API and its value.
            params: a dict of several parameters. They may also be keywords.
        """
        update = read_update(f"{self._kind()}.update", args, keywords, of_one=True)
        url = f"{self._url}/{update.sid}"
        return deliver(
            lambda: self._session.perform("POST", url, update.params), update.callback
        )

    @overload
    def delete(self, sid: str, callback: ResultCallback[None]) -> None: ...
    @overload
    def delete(self, sid: str, callback: None = None) -> None: ...
    @takes("sid", "callback", required=1)
    def delete(self, *args: Any, **keywords: Any) -> Any:
        """Delete an item: ``delete(sid, cb)``; the callback gets ``(error)``.

        Args:
            sid: the sid of the item.
        """
        signature = Signature(
            f"{self._kind()}.delete",
            (Parameter("sid", "sid", required=True, types=(str,), sid=True),),
            callback_at=1,
        )
        values, callback = signature.read(args, keywords)
        url = f"{self._url}/{values['sid']}"
        return deliver(lambda: self._session.call("DELETE", url), callback)

    @overload
    def next(self: Self, callback: ResultCallback[Self]) -> None: ...
    @overload
    def next(self: Self, callback: None = None) -> Self: ...
    @takes("callback")
    def next(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the next page: ``next(cb)``.

        Raises:
            LookupError: there is no next page; see `has_next`.
        """
        return self._turn("next", args, keywords)

    @overload
    def previous(self: Self, callback: ResultCallback[Self]) -> None: ...
    @overload
    def previous(self: Self, callback: None = None) -> Self: ...
    @takes("callback")
    def previous(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the previous page: ``previous(cb)``; otherwise like `next`."""
        return self._turn("previous", args, keywords)

    @callback_first
    def all(self) -> list[Item]:
        """Fetch the items of this page and of all later pages: ``all(cb)``.

        For a list that was not fetched that is every item.
        """
        return list(self.iter_all())

    def iter_all(self) -> Iterator[Item]:
        """Iterate over the items of this page and of all later pages.

        A list that was not fetched begins with its first page. One page is in memory at
        a time. The next page is fetched when the iteration reaches it, on the thread
        that iterates.

        Raises:
            TaskRouterError: a page could not be fetched; `InvalidResponse` if the
                service returned the same page twice.
        """
        page: ListResource[Item] = self if self._meta else self.fetch()
        if not isinstance(page, ListResource):
            raise InvalidResponse("The service's response is not a list")
        visited: set[int | str | None] = set()
        while True:
            visited |= {page.page, page._page_url("")}
            yield from page.data
            following = page._page_url("next")
            if following is None:
                return
            if following not in visited:
                visited.add(following)
                page = page.next()
                if not isinstance(page, ListResource):
                    raise InvalidResponse("The service's next page is not a list")
                if page.page is None or page.page not in visited:
                    continue
            raise InvalidResponse("The service's next page repeats an earlier one")

    def to_dict(self, snake_case: bool = False) -> dict[str, Any]:
        """Return this page as a plain dict, to be copied, pickled or changed.

        Args:
            snake_case: True uses the names of the REST API instead of TaskRouter.js's.

        Returns:
            A dict with ``data``, ``page``, ``pageSize``, ``hasNext``, ``hasPrevious``.
        """
        return {
            "data": [
                item.to_dict(snake_case)
                if isinstance(item, Resource)
                else plain(item, snake_case)
                for item in self.data
            ],
            "page": self.page,
            "page_size" if snake_case else "pageSize": self.page_size,
            "has_next" if snake_case else "hasNext": self.has_next,
            "has_previous" if snake_case else "hasPrevious": self.has_previous,
        }

    def to_json(self) -> str:
        """Return the same JSON text as ``JSON.stringify`` in JavaScript."""
        return json_text(self.to_dict())

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the items of this page as rows for `pandas` or `csv.DictWriter`.

        Returns:
            A list with a dict for each item, with the names of the REST API. Dates are
            datetimes; attributes are parsed.
        """
        return [as_row(item) for item in self.data]

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        pageSize = page_size
        hasNext = has_next
        hasPrevious = has_previous
        iterAll = iter_all
        toDict = to_dict
        toJson = to_json
        toDicts = to_dicts

    @overload
    def __getitem__(self, position: int) -> Item: ...
    @overload
    def __getitem__(self, position: slice) -> list[Item]: ...
    def __getitem__(self, position: int | slice) -> Item | list[Item]:
        return self.data[position]

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        if not self._meta:
            return f"<{type(self).__name__}, not fetched>"
        more = ", more follow" if self.has_next else ""
        return f"<{type(self).__name__} page={self.page} items={len(self.data)}{more}>"

    def _repr_html_(self) -> str:
        return notebook.table(repr(self)[1:-1], self.to_dicts())

    def _turn(self, way: str, args: Any, keywords: Mapping[str, Any]) -> Any:
        method = f"{self._kind()}.{way}"
        _, callback = Signature(method).read(args, keywords)
        url = self._page_url(way)
        if url is None:
            raise LookupError(f"{method}: there is no {way} page")
        return deliver(lambda: self._session.perform("GET", url), callback)

    def _page_url(self, way: str) -> str | None:
        """Return the URL of the next, the previous or this page."""
        url = self._meta.get(f"{way}_page_url" if way else "url")
        return url if isinstance(url, str) and url else None


class ActivityList(ListResource["models.Activity"]):
    """Activities: ``worker.activities``, ``workspace.activities``."""


class WorkflowList(ListResource["models.Workflow"]):
    """Workflows: ``workspace.workflows``."""


class TaskQueueList(
    HasStatistics[StatisticsList], ListResource["models.TaskQueueResource"]
):
    """Task queues: ``workspace.taskqueues``."""


class WorkerList(HasStatistics[StatisticsData], ListResource["models.WorkerResource"]):
    """Workers: ``workspace.workers``."""


class TaskList(ListResource["models.Task"]):
    """Tasks: ``workspace.tasks``."""


class WorkerChannelList(ListResource["models.WorkerChannel"]):
    """A worker's channels, from ``fetchChannels``."""


class WorkspaceLists(ClientObject):
    """Everything in a workspace: ``workspace.workers.fetch(cb)`` and so on."""

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
