"""Refusals as the service words them, and checks of the values that callers give.

Parsing of form text is the REST layer's, which turns refusals into error bodies.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeVar


T = TypeVar("T")

INVALID_PARAMETER = 20001
NOT_FOUND = 20404
# Not published; formed like the service's other codes (20404, 20429).
GONE = 20410


class ServiceError(Exception):
    """A refusal: HTTP `status`, the service's error `code`, and its `message`.

    `alert_code` is the debugger's number for it where that is another one: some of
    the published codes are for alerts only.
    """

    def __init__(
        self, status: int, code: int, message: str, alert_code: int | None = None
    ) -> None:
        # All arguments: with these copies and pickles are made.
        super().__init__(status, code, message, alert_code)
        self.status = status
        self.code = code
        self.message = message
        self.alert_code = code if alert_code is None else alert_code

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"ServiceError({self.status}, {self.code}, {self.message!r})"


def invalid(
    message: str, code: int = INVALID_PARAMETER, *, alert_code: int | None = None
) -> ServiceError:
    """Make the refusal of a parameter or of a step that the state forbids."""
    return ServiceError(400, code, message, alert_code)


def not_found(path: str) -> ServiceError:
    """Make the answer for an unknown resource; `path` starts at /Workspaces."""
    return ServiceError(404, NOT_FOUND, f"The requested resource {path} was not found")


def find(container: Mapping[str, T], sid: str, path: str) -> T:
    """Return what has this sid in the container at `path`; refuse an unknown sid."""
    found = container.get(sid)
    if found is None:
        raise not_found(f"{path}/{sid}")
    return found


MAX_NAME = 64
MAX_ATTRIBUTES = 4096
MAX_CONFIGURATION = 1_000_000
# Characters of a URL, a reason and other texts without a published limit (choice):
# logs keep them.
MAX_TEXT = 4096
# Levels of a JSON document (choice). Python reads more of them than it can write.
MAX_LEVELS = 200


# Checks of arguments; None is an omitted one.


def check_name(value: str | None) -> None:
    """Refuse an invalid friendly name (1 to 64 characters)."""
    if value is not None and not value.strip():
        raise invalid("FriendlyName field is required")
    if value is not None and len(value) > MAX_NAME:
        raise invalid(f"FriendlyName must not be longer than {MAX_NAME} characters")


def check_text(value: str | None, parameter: str) -> None:
    """Refuse a text that is too long to be kept."""
    if value is not None and len(value) > MAX_TEXT:
        raise invalid(f"{parameter} must not be longer than {MAX_TEXT} characters")


def check_choice(value: str | None, allowed: tuple[str, ...], parameter: str) -> None:
    """Refuse a value that is not one of `allowed`."""
    if value is not None and value not in allowed:
        raise invalid(f"{parameter} must be one of {', '.join(allowed)}")


def check_whole(value: int | None, low: int, high: int, parameter: str) -> None:
    """Refuse a value that is not an integer from `low` to `high`."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{parameter} must be an integer")
    if not low <= value <= high:
        raise invalid(f"{parameter} must be between {low} and {high}")


def read_json(text: str, **options: Any) -> Any:
    """Parse JSON; `options` are those of `json.loads`.

    Raises:
        ValueError: it is not valid JSON, or nested too deeply.
    """
    try:
        value = json.loads(text, **options)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level: list[Any] = [[value]]
    for _ in range(MAX_LEVELS + 1):
        level = [
            each
            for outer in level
            for each in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(each, dict | list)
        ]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def write_json(value: Any, separators: tuple[str, str] | None = None) -> str:
    """Write JSON without escapes that it does not need.

    Args:
        value: the value.
        separators: those of `json.dumps`.

    Raises:
        TypeError: it contains what JSON has no form for.
        ValueError: it contains a number that JSON has not, or itself.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators)
    # Halves of characters, which no text can hold, stay as they came.
    return text.encode("utf-8", "backslashreplace").decode()


def _no_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not valid JSON")


def _finite(digits: str) -> float:
    # 1e400 is JSON, but could not be written again.
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits} is too large")
    return value


def parse_json(text: str, limit: int, parameter: str) -> dict[str, Any]:
    """Parse the JSON object in `text`, of at most `limit` characters."""
    if len(text) > limit:
        raise invalid(f"{parameter} must not be longer than {limit} characters")
    try:
        value = read_json(text, parse_constant=_no_constant, parse_float=_finite)
    except ValueError as exc:
        raise invalid(f"{parameter} is not valid JSON") from exc
    # The service's attributes are documents; what it says to `[]` or `1` is
    # not published, so they are refused like bad JSON.
    if not isinstance(value, dict):
        raise invalid(f"{parameter} must be a JSON object")
    return value


def parse_attributes(text: str) -> dict[str, Any]:
    """Parse the attributes of a worker or a task."""
    return parse_json(text, MAX_ATTRIBUTES, "Attributes")
