"""Values as the REST API takes them: text. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any, TypeAlias

from .errors import ArgumentError


# What `text` takes, for type checkers.
Value: TypeAlias = str | float | date | Mapping[str, Any] | Sequence[Any]
# The parameters of a request, as a dict.
Params: TypeAlias = Mapping[str, Any]


def as_text(params: Mapping[str, Any]) -> dict[str, Any]:
    """Say values as the REST API does: objects as JSON text, the rest as text.

    The caller's own dict is left as it is; None is "not given".
    """
    return {name: text(value) for name, value in params.items() if value is not None}


def as_given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Leave values of a query as they are, as TaskRouter.js does, but for dates."""
    return {
        name: text(value) if isinstance(value, date) else value
        for name, value in params.items()
        if value is not None
    }


def text(value: Any) -> Any:
    """Say one value as JavaScript's strings: ``"true"``, ``"20"``, JSON text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        # As JSON.stringify writes it.
        return json.dumps(
            value, default=_plain, separators=(",", ":"), ensure_ascii=False
        )
    return value


def checked(method: str, params: Mapping[Any, Any]) -> dict[str, Any]:
    """Give the parameters of a call, if they can be sent.

    Raises:
        ArgumentError: a name is no text, or a value nothing that JSON can say.
    """
    for name, value in params.items():
        if not isinstance(name, str):
            raise ArgumentError(
                f"{method}: the name of a parameter must be text, not "
                f"{type(name).__name__} {name!r:.80}"
            )
        if not _can_be_sent(value):
            raise ArgumentError(
                f"{method}: the value of {name} must be text, a number, a boolean, "
                "a date, or a dict or list of these, not "
                f"{type(value).__name__} {value!r:.80}"
            )
    return dict(params)


def _can_be_sent(value: Any) -> bool:
    if value is None or isinstance(value, str | int | float | date):
        return True
    if not isinstance(value, Mapping | list | tuple):
        return False
    try:
        json.dumps(value, default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _plain(value: Any) -> Any:
    """Say what `json` does not know; TypeError for what nobody knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return text(value)
    raise TypeError(f"{type(value).__name__} can't be sent")


def parameter_name(keyword: str) -> str:
    """Name a REST parameter as REST does: ``friendly_name`` -> ``FriendlyName``."""
    return "".join(part[:1].upper() + part[1:] for part in keyword.split("_"))
