"""Pages of a list.

Owns: the list envelope, its ``meta``, and what the page tokens mean.
Pure: items, parameters and the list's URL are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from taskrouter_sync.emulator.api.errors import invalid, unsupported_page
from taskrouter_sync.emulator.api.parameters import Parameters


DEFAULT_SIZE = 50
MAX_SIZE = 1000

_OWN = frozenset({"PageSize", "Page", "PageToken"})
# The form of the tokens is not published. These name the item that the page comes
# after or before, so a walk neither skips nor repeats when items come, or when
# they stop matching the filter.
_AFTER = "PA"
_BEFORE = "PB"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Listing(Generic[Item]):
    """What there is to list.

    Args:
        key: the name of the array in the envelope.
        items: all items in their order, those that the filter drops included.
        keep: the filter.
        sid: gives the sid of an item.
        render: gives the JSON of an item.
    """

    key: str
    items: Sequence[Item]
    keep: Callable[[Item], bool]
    sid: Callable[[Item], str]
    render: Callable[[Item], dict[str, object]]


def page(
    listing: Listing[Item], params: Parameters, list_url: str
) -> dict[str, object]:
    """Give the page that the parameters ask for, as the list envelope.

    Args:
        listing: what there is to list.
        params: the query: PageSize, Page, PageToken, and the filters.
        list_url: the URL of the list, without query.

    Raises:
        ServiceError: bad PageSize or PageToken, or a Page without its token.
    """
    size, number, token = _asked(params)
    items, has_previous, has_next = _slice(listing, size, token)

    def url(number: int, token: str | None) -> str:
        query = [pair for pair in params.pairs() if pair[0] not in _OWN]
        query += [("PageSize", str(size)), ("Page", str(number))]
        if token is not None:
            query.append(("PageToken", token))
        return f"{list_url}?{urlencode(query)}"

    return {
        "meta": {
            "page": number,
            "page_size": size,
            "first_page_url": url(0, None),
            "previous_page_url": (
                url(max(number - 1, 0), _BEFORE + listing.sid(items[0]))
                if has_previous
                else None
            ),
            "url": url(number, token),
            "next_page_url": (
                url(number + 1, _AFTER + listing.sid(items[-1])) if has_next else None
            ),
            "key": listing.key,
        },
        listing.key: [listing.render(item) for item in items],
    }


def _asked(params: Parameters) -> tuple[int, int, str | None]:
    size = params.integer("PageSize")
    if size is None:
        size = DEFAULT_SIZE
    if not 1 <= size <= MAX_SIZE:
        raise invalid(f"PageSize must be between 1 and {MAX_SIZE}")
    number = params.integer("Page") or 0
    token = params.text("PageToken")
    if number < 0:
        raise invalid("Page must not be negative")
    if number > 0 and not token:
        raise unsupported_page()
    return size, number, token or None


def _slice(
    listing: Listing[Item], size: int, token: str | None
) -> tuple[list[Item], bool, bool]:
    """Give the items of the page, and whether some come before and after."""
    before, after = _around(listing, token)
    if token is not None and token.startswith(_BEFORE):
        kept = _take(reversed(before), listing.keep, size + 1)
        items = kept[size - 1 :: -1] if len(kept) > size else kept[::-1]
        has_previous = len(kept) > size
        return items, has_previous, bool(items) and bool(_take(after, listing.keep, 1))
    kept = _take(after, listing.keep, size + 1)
    items = kept[:size]
    has_previous = bool(items) and bool(_take(before, listing.keep, 1))
    return items, has_previous, len(kept) > size


def _around(
    listing: Listing[Item], token: str | None
) -> tuple[Sequence[Item], Sequence[Item]]:
    """Split all items where the page starts (or ends, for a page before)."""
    if token is None:
        return (), listing.items
    direction, sid = token[:2], token[2:]
    if direction in (_AFTER, _BEFORE):
        for index, item in enumerate(listing.items):
            if listing.sid(item) == sid:
                cut = index + 1 if direction == _AFTER else index
                return listing.items[:cut], listing.items[cut:]
    raise invalid("PageToken is malformed, or names an item that was deleted")


def _take(
    items: Iterable[Item], keep: Callable[[Item], bool], count: int
) -> list[Item]:
    kept: list[Item] = []
    for item in items:
        if keep(item):
            kept.append(item)
            if len(kept) == count:
                break
    return kept
