"""Values given by callers: the UNSET mark, and checks that a value makes sense.

Raises only ServiceError. Parsing of form text is the REST layer's.
"""

from __future__ import annotations

import enum
import json
from typing import Any, Final

from .errors import invalid


class Unset(enum.Enum):
    """The type of UNSET, which says "parameter not given" (None is a value)."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

MAX_NAME = 64
MAX_ATTRIBUTES = 4096
MAX_CONFIGURATION = 1_000_000


def name(value: str, parameter: str = "FriendlyName") -> str:
    """Return `value` if it can be a friendly name (1 to 64 characters)."""
    if not value.strip():
        raise invalid(f"{parameter} field is required")
    if len(value) > MAX_NAME:
        raise invalid(f"{parameter} must not be longer than {MAX_NAME} characters")
    return value


def one_of(value: str, allowed: tuple[str, ...], parameter: str) -> str:
    """Return `value` if it is one of `allowed`."""
    if value not in allowed:
        raise invalid(f"{parameter} must be one of {', '.join(allowed)}")
    return value


def whole(value: int, low: int, high: int, parameter: str) -> int:
    """Return `value` if it is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{parameter} must be an integer")
    if not low <= value <= high:
        raise invalid(f"{parameter} must be between {low} and {high}")
    return value


def text_or_none(value: str | None) -> str | None:
    """Return `value`; an empty text clears, like None."""
    return value or None


def _no_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def parse_json(text: str, limit: int, parameter: str) -> dict[str, Any]:
    """Parse the JSON object in `text`, of at most `limit` characters."""
    if len(text) > limit:
        raise invalid(f"{parameter} must not be longer than {limit} characters")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:
        raise invalid(f"{parameter} is not valid JSON") from exc
    # The service's attributes are documents; what it says to `[]` or `1` is
    # not published, so they are refused like bad JSON.
    if not isinstance(value, dict):
        raise invalid(f"{parameter} must be a JSON object")
    return value


def attributes(text: str) -> dict[str, Any]:
    """Parse the attributes of a worker or a task."""
    return parse_json(text, MAX_ATTRIBUTES, "Attributes")
