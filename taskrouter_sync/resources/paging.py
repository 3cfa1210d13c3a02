"""One page of a list, and the way to the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..callbacks import ResultCallback
from ..errors import InvalidResponse
from ..naming import BothSpellings
from ..signatures import Signature
from .base import Resource, deliver
from .tabular import Tabular, as_row


if TYPE_CHECKING:
    from ..session import Session

    Self = TypeVar("Self", bound="Page[Any]")

Item = TypeVar("Item")


class Page(Tabular, BothSpellings, Sequence[Item]):
    """The page of a list that was fetched last: a sequence of what is on it.

    Attributes:
        data: the items of this page.
        page, page_size: where this page is, from 0, and how many items fit on one.
        has_next, has_previous: whether there is another one.
    """

    def __init__(
        self,
        session: Session,
        url: str,
        data: Sequence[Item] = (),
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._url = url
        self._meta = meta or {}
        self.data: list[Item] = list(data)

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

    @overload
    def next(self: Self, callback: ResultCallback[Self]) -> None: ...
    @overload
    def next(self: Self, callback: None = None) -> Self: ...
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

    @overload
    def previous(self: Self, callback: ResultCallback[Self]) -> None: ...
    @overload
    def previous(self: Self, callback: None = None) -> Self: ...
    def previous(self, *args: Any, **keywords: Any) -> Any:
        """Get the previous page: ``previous(cb)``; otherwise as `next`."""
        return self._turn("previous", args, keywords)

    def iter_all(self) -> Iterator[Item]:
        """Go through the items of this page and of all that follow.

        One page is in memory at a time; the next is fetched when the walk gets there,
        on the thread that walks.

        Raises:
            TaskRouterError: a page could not be fetched.
        """
        page: Page[Item] = self
        yield from page.data
        while page.has_next:
            page = page.next()
            if not isinstance(page, Page):
                raise InvalidResponse("The service's next page is no list")
            yield from page.data

    @overload
    def all(self, callback: ResultCallback[list[Item]]) -> None: ...
    @overload
    def all(self, callback: None = None) -> list[Item]: ...
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

    @overload
    def __getitem__(self, position: int) -> Item: ...
    @overload
    def __getitem__(self, position: slice) -> list[Item]: ...
    def __getitem__(self, position: int | slice) -> Item | list[Item]:
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
