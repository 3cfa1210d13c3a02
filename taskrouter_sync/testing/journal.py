"""The requests and events of a service, as text. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from ..emulator.engine import Event
    from ..emulator.journal import Request

# The last so many of each; what led to a failure is rarely further away.
_SHOWN = 40

_WIDTH = 100


def journal(requests: Sequence[Request], events: Sequence[Event]) -> str:
    """Return the text; requests were recorded without their tokens."""
    return "\n".join(
        [
            *_section("requests", [_request(each) for each in requests]),
            *_section("events", [_event(each) for each in events]),
        ]
    )


def _section(title: str, lines: list[str]) -> list[str]:
    left = len(lines) - _SHOWN
    before = [f"  … {left} earlier"] if left > 0 else []
    return [f"TaskRouter {title}:", *before, *(lines[-_SHOWN:] or ["  none"])]


def _request(request: Request) -> str:
    answered = "no response" if request.status is None else str(request.status)
    path = request.url.partition("/Workspaces/")[2].partition("/")[2] or request.url
    text = f"  {_time(request.time)}  {answered:<11}  {request.method:<6}  {path}"
    if request.params:
        text += f"  {json.dumps(dict(request.params), default=str)}"
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _event(event: Event) -> str:
    text = f"  {_time(event.time)}  {event.event_type:<24}  {event.resource_sid}"
    if event.worker is not None:
        text += f"  {event.worker.friendly_name}"
    return text


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%H:%M:%S}"
