"""Values as the REST API takes them: text. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any


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
            value, default=dict, separators=(",", ":"), ensure_ascii=False
        )
    return value


def parameter_name(keyword: str) -> str:
    """Name a REST parameter as REST does: ``friendly_name`` -> ``FriendlyName``."""
    return "".join(part[:1].upper() + part[1:] for part in keyword.split("_"))
