"""Lists: one page of resources, and the way to the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InvalidResponse
from ..naming import BothSpellings
from ..signatures import (
    Parameter,
    Signature,
    read_fetch,
    read_params,
    read_update,
)
from .base import Resource, deliver
from .statistics import HasStatistics
from .tabular import Tabular, as_row


if TYPE_CHECKING:
    from ..session import Session


class ListResource(Tabular, BothSpellings, Sequence[Any]):
    """A list as TaskRouter.js has it, and the page of it that was fetched last.

    Attributes:
        data: the items of this page.
        page, page_size: where this page is, from 0, and how many items fit on one.
    """

    def __init__(
        self,
        session: Session,
        url: str,
        data: Sequence[Any] = (),
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._url = url
        self._meta = meta or {}
        self.data: list[Any] = list(data)

    @property
    def page(self) -> int | None:
        return self._meta.get("page")

    @property
    def page_size(self) -> int | None:
        return self._meta.get("page_size")

    @property
    def has_next(self) -> bool:
        return bool(self._meta.get("next_page_url"))

    @property
    def has_previous(self) -> bool:
        return bool(self._meta.get("previous_page_url"))

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

    def next(self, *args: Any, **keywords: Any) -> Any:
        """Get the next page: ``next(cb)``.

        Args:
            callback: gets ``(error, list)``, on this thread, before this returns.

        Returns:
            The list, if there is no callback.

        Raises:
            LookupError: there is no next page: see `has_next`.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``list.next``.
        """
        return self._turn("next", args, keywords)

    def previous(self, *args: Any, **keywords: Any) -> Any:
        """Get the previous page: ``previous(cb)``; otherwise as `next`."""
        return self._turn("previous", args, keywords)

    def iter_all(self) -> Iterator[Any]:
        """Go through the items of this page and of all that follow.

        One page is in memory at a time; the next is fetched when the walk gets there,
        on the thread that walks.

        Raises:
            TaskRouterError: a page could not be fetched.
        """
        page = self
        yield from page.data
        while page.has_next:
            page = page.next()
            if not isinstance(page, ListResource):
                raise InvalidResponse("The service's next page is no list")
            yield from page.data

    def all(self, *args: Any, **keywords: Any) -> Any:
        """Get the items of this page and of all that follow: ``all(cb)``.

        Args:
            callback: gets ``(error, items)``, on this thread, before this returns.

        Returns:
            The items, if there is no callback.

        Raises:
            TaskRouterError: a page could not be fetched, and there is no callback.
        """
        _, callback = Signature(f"{self._kind()}.all").read(args, keywords)
        return deliver(lambda: list(self.iter_all()), callback)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give the items of this page as plain dicts; see `Tabular.to_dicts`."""
        return [
            item._row() if isinstance(item, Resource) else as_row(item)
            for item in self.data
        ]

    def update_token(self, token: Any) -> None:
        """Give the client a new token: the client's own method."""
        self._session.update_token(token)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        pageSize = page_size
        hasNext = has_next
        hasPrevious = has_previous
        updateToken = update_token
        iterAll = iter_all
        toDicts = to_dicts

    def __getitem__(self, position: Any) -> Any:
        return self.data[position]

    def __len__(self) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        # JavaScript's objects are true; len() tells whether the page is empty.
        return True

    def __repr__(self) -> str:
        more = ", more follow" if self.has_next else ""
        return f"<{type(self).__name__} page={self.page} items={len(self.data)}{more}>"

    def _turn(self, way: str, args: Any, keywords: Mapping[str, Any]) -> Any:
        method = f"{self._kind()}.{way}"
        _, callback = Signature(method).read(args, keywords)
        url = self._meta.get(f"{way}_page_url")
        if not url:
            raise LookupError(f"{method}: there is no {way} page")
        return deliver(lambda: self._session.entity_from("GET", url), callback)

    def _kind(self) -> str:
        name = type(self).__name__
        return name[:1].lower() + name[1:]


class ActivityList(ListResource):
    """Activities: ``worker.activities``, ``workspace.activities``."""


class WorkflowList(ListResource):
    """Workflows: ``workspace.workflows``."""


class TaskQueueList(HasStatistics, ListResource):
    """Task queues: ``workspace.taskqueues``."""


class WorkerList(HasStatistics, ListResource):
    """Workers: ``workspace.workers``."""


class TaskList(ListResource):
    """Tasks: ``workspace.tasks``."""


class ReservationList(ListResource):
    """Reservations: what ``fetchReservations`` delivers."""


class WorkerChannelList(ListResource):
    """A worker's channels: what ``fetchChannels`` delivers."""
