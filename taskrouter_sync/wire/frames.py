"""From the text of a frame to an event. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import InvalidResponse
from . import json_text


class Event(NamedTuple):
    """What one frame says: the service's event type and its payload."""

    type: str
    payload: Any


def parse(frame: bytes) -> Event | None:
    """Read a frame of the event bridge.

    Args:
        frame: the payload of a WebSocket frame.

    Returns:
        The event; None for a beat (a blank frame) or a message of no event.

    Raises:
        InvalidResponse: no UTF-8, no JSON, no object, or a type that is no text; its
            `response` is the frame's text.
    """
    if not frame.strip():
        return None
    try:
        message = json_text.parse(frame)
    except UnicodeDecodeError as error:
        raise _odd("is no UTF-8", frame) from error
    except ValueError as error:
        raise _odd("is no JSON", frame) from error
    if not isinstance(message, dict):
        raise _odd("is no object", frame)
    event_type = message.get("event_type")
    if not event_type and (event_type is None or isinstance(event_type, str)):
        return None  # as TaskRouter.js: a frame without a type is nobody's
    if not isinstance(event_type, str):
        raise _odd("has an event_type that is no text", frame)
    return Event(event_type, message.get("payload"))


def _odd(what: str, frame: bytes) -> InvalidResponse:
    return InvalidResponse(
        f"A frame of the event bridge {what}",
        response=frame.decode("utf-8", "replace"),
    )
