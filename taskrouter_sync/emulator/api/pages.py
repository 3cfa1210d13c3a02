"""Pages of a list.

Owns: the list envelope, its ``meta``, what the page tokens mean, filters and order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

from ..engine.errors import invalid
from ..engine.expressions import ExpressionError, parse
from ..engine.model import Event, Task
from .rendering import Json
from .requests import UNSUPPORTED_PAGE, Parameters, Request, Response, snake


DEFAULT_SIZE = 50
MAX_SIZE = 1000

_OWN = frozenset({"PageSize", "Page", "PageToken"})
# The form of the tokens is not published. These name the item that the page comes
# after or before, so a walk neither skips nor repeats when items come, or when
# they stop matching the filter; the item that the page begins or ends with; and the
# place of the first, for when both are gone.
_AFTER = "PA"
_BEFORE = "PB"

Item = TypeVar("Item")
Items = Sequence[Any]
Test = Callable[[Item], bool]


def page(
    key: str,
    items: Items,
    keep: Test[Any],
    render: Callable[[Any], Json],
    params: Parameters,
    list_url: str,
) -> dict[str, object]:
    """Return the requested page as the list envelope, whose array is named `key`.

    `items` are all items (with a `sid`) in their order, also those that are not kept;
    `list_url` has no query. Raises ServiceError on a bad PageSize or PageToken, or a
    Page without its token.
    """
    size, number, token = _asked(params)
    shown, before, after = _slice(items, keep, size, token)
    in_order = params.text("Ordering") is None

    def url(number: int, token: str | None) -> str:
        query = [pair for pair in params.pairs() if pair[0] not in _OWN]
        query += [("PageSize", str(size)), ("Page", str(number))]
        if token is not None:
            query.append(("PageToken", token))
        # Halves of characters, which JSON can hold and a URL cannot.
        return f"{list_url}?{urlencode(query, errors='replace')}"

    previous = following = None
    if before is not None:
        token_before = _token(_BEFORE, shown[0], before, in_order)
        previous = url(max(number - 1, 0), token_before)
    if after is not None:
        following = url(number + 1, _token(_AFTER, shown[-1], after, in_order))
    return {
        "meta": {
            "page": number,
            "page_size": size,
            "first_page_url": url(0, None),
            "previous_page_url": previous,
            "url": url(number, token),
            "next_page_url": following,
            "key": key,
        },
        key: [render(item) for item in shown],
    }


def _asked(params: Parameters) -> tuple[int, int, str | None]:
    size = params.integer("PageSize")
    if size is None:
        size = DEFAULT_SIZE
    if not 1 <= size <= MAX_SIZE:
        raise invalid(f"PageSize must be between 1 and {MAX_SIZE}")
    number = params.integer("Page") or 0
    token = params.text("PageToken") or None
    if number < 0:
        raise invalid("Page must not be negative")
    if number > 0 and not token:
        raise invalid("Page is not supported without its PageToken", UNSUPPORTED_PAGE)
    return size, number, token


def _slice(
    items: Items, keep: Test[Any], size: int, token: str | None
) -> tuple[list[Any], Any, Any]:
    """Return the items of the page, and the ones before and after it, if any."""
    cut = 0 if token is None else _cut(items, token)
    before = filter(keep, reversed(items[:cut]))
    after = filter(keep, items[cut:])
    if token is not None and token.startswith(_BEFORE):
        shown = list(islice(before, size))[::-1]
    else:
        shown = list(islice(after, size))
    if not shown:
        return shown, None, None
    return shown, next(before, None), next(after, None)


def _token(direction: str, item: Any, neighbor: Any, in_order: bool) -> str:
    place = f".{_place(item)}" if in_order else ""
    return f"{direction}{item.sid}.{neighbor.sid}{place}"


def _cut(items: Items, token: str) -> int:
    """Find the place where the page starts (or ends, for a page before)."""
    direction, after = token[:2], token[:2] == _AFTER
    sid, neighbor, place = (*token[2:].split(".", 2), "", "")[:3]
    if direction in (_AFTER, _BEFORE):
        indexes = {item.sid: index for index, item in enumerate(items)}
        if sid in indexes:
            return indexes[sid] + after
        if neighbor in indexes:
            return indexes[neighbor] + (not after)
        with suppress(ValueError):
            return bisect_left(items, float(place), key=_place)
    raise invalid("PageToken is malformed, or names an item that was deleted")


def _place(item: Any) -> float:
    """Return what items are in order of, unless the request has an `Ordering`."""
    if isinstance(item, Event):
        return -item.time  # The newest is the first.
    return item.number if isinstance(item, Task) else item.date_created


def listed(
    request: Request,
    key: str,
    items: Iterable[Any],
    render: Callable[[Any], Json],
    *tests: Test[Any],
) -> Response:
    """Respond with a page of those items that pass all tests."""

    def keep(item: Any) -> bool:
        return all(test(item) for test in tests)

    url = request.render.base + request.path
    body = page(key, list(items), keep, render, request.params, url)
    return Response(200, body)


def equals(wanted: object, attribute: str) -> Test[Any]:
    """Pass items whose attribute is the wanted one; None wants nothing."""
    return lambda item: wanted is None or getattr(item, attribute) == wanted


def matches(
    params: Parameters, name: str, context: Callable[[Item], Mapping[str, Any]]
) -> Test[Item]:
    """Pass items whose context the expression in a parameter matches."""
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
    orders: Sequence[str],
    apart: frozenset[str],
) -> list[Item]:
    """Sort the items of a list as ``Ordering`` says: ``Name:asc,Name:desc``.

    Equals stay in the order of `items`, that of creation. `orders` may be sorted by;
    without any, the parameter does not count. Those `apart` must not come together.
    Raises ServiceError if the order makes no sense.
    """
    clauses = []
    for text in params.choices("Ordering") if orders else ():
        name, _, direction = text.partition(":")
        if name not in orders or direction not in ("", "asc", "desc"):
            raise invalid(f"Ordering cannot be {text}")
        clauses.append((name, direction == "desc"))
    if len(apart & {name for name, _ in clauses}) > 1:
        raise invalid(f"Ordering cannot have {' together with '.join(sorted(apart))}")

    def key(item: Item, attribute: str) -> Any:
        value = getattr(item, attribute)
        return value.casefold() if isinstance(value, str) else value

    result = list(items)
    for name, descending in reversed(clauses):
        result.sort(key=partial(key, attribute=snake(name)), reverse=descending)
    return result
