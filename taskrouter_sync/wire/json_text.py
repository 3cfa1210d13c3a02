"""Reading JSON that anybody may have written. Pure."""

from __future__ import annotations

from json import JSONDecoder
from typing import Any


# How deep arrays and objects may lie in each other: what is made of them, and what
# users do with that, calls itself for each level.
MOST_LEVELS = 100

_BLANKS = b" \t\n\r"

# Without the search for blanks of `json.loads`, which takes a third of its time.
_read = JSONDecoder().raw_decode


def parse(text: bytes) -> Any:
    """Read a JSON text in UTF-8.

    Raises:
        ValueError: it is no UTF-8, no JSON, or deeper than anybody needs.
    """
    trimmed = text.strip(_BLANKS).decode()
    try:
        value, end = _read(trimmed)
    except RecursionError:
        raise ValueError("too deep") from None
    if end < len(trimmed):
        raise ValueError("more than one value")
    # Few brackets can't be deep, which is told far faster than by looking.
    if text.count(b"[") + text.count(b"{") > MOST_LEVELS:
        _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level: list[Any] = [[value]]
    for _ in range(MOST_LEVELS + 1):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError("too deep")
