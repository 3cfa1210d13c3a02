"""Pages of a list.

Owns: the list envelope, its ``meta``, what the page tokens mean, filters and order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from taskrouter_sync.emulator.api.rendering import Json
from taskrouter_sync.emulator.api.requests import (
    UNSUPPORTED_PAGE,
    Parameters,
    Request,
    Response,
)
from taskrouter_sync.emulator.engine.errors import invalid
from taskrouter_sync.emulator.engine.expressions import ExpressionError, parse


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
    render: Callable[[Item], Json]


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
        # Halves of characters, which JSON can hold and a URL cannot.
        return f"{list_url}?{urlencode(query, errors='replace')}"

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
        raise invalid("Page is not supported without its PageToken", UNSUPPORTED_PAGE)
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


Test = Callable[[Item], bool]
# What an attribute sorts by.
Keys = Mapping[str, Callable[[Any], "float | str"]]


def listed(
    request: Request,
    key: str,
    items: Iterable[Any],
    render: Callable[[Any], Json],
    *tests: Test[Any],
) -> Response:
    """Respond with a page of those items that pass all tests."""
    listing = Listing(
        key=key,
        items=list(items),
        keep=lambda item: all(test(item) for test in tests),
        sid=lambda item: str(item.sid),
        render=render,
    )
    url = request.render.base + request.path
    return Response(200, page(listing, request.params, url))


def equals(wanted: object, attribute: str) -> Test[Any]:
    """Pass items whose attribute is the wanted one; None wants nothing."""
    return lambda item: wanted is None or getattr(item, attribute) == wanted


def matches(
    params: Parameters, name: str, context: Callable[[Item], Mapping[str, Any]]
) -> Test[Item]:
    """Pass items whose context the expression in a parameter matches.

    Raises:
        ServiceError: the text is no expression.
    """
    text = params.text(name)
    if text is None:
        return lambda item: True
    try:
        expression = parse(text)
    except ExpressionError as error:
        raise invalid(f"{name}: {error}") from None
    return lambda item: expression.matches(context(item))


def ordered(
    items: Iterable[Item],
    params: Parameters,
    keys: Keys,
    *,
    apart: frozenset[str] = frozenset(),
) -> list[Item]:
    """Sort the items of a list as ``Ordering`` says: ``Name:asc,Name:desc``.

    Args:
        items: in their order of creation: the default, which decides between equals.
        params: the query.
        keys: what may be sorted by.
        apart: attributes that must not come together.

    Raises:
        ServiceError: the order makes no sense.
    """
    clauses = []
    for text in params.choices("Ordering") if keys else ():
        name, _, direction = text.partition(":")
        if name not in keys or direction not in ("", "asc", "desc"):
            raise invalid(f"Ordering cannot be {text}")
        clauses.append((name, direction == "desc"))
    if len(apart & {name for name, _ in clauses}) > 1:
        raise invalid(f"Ordering cannot have {' together with '.join(sorted(apart))}")
    result = list(items)
    for name, descending in reversed(clauses):
        result.sort(key=keys[name], reverse=descending)
    return result
