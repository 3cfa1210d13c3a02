"""An event as a line for people, and as a document for programs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import TaskRouterError
from ..notebook import local_time
from ..resources.base import Resource
from ..resources.reservation import Reservation
from .heard import Heard
from .terminal import Paint, plain, short


# By the end of an event's name: how it looks.
_STYLES = {
    "created": "yellow",
    "accepted": "green",
    "completed": "green",
    "ready": "green",
    "connected": "dim",
    "error": "red",
    "disconnected": "red",
    "rejected": "red",
    "timeout": "red",
    "canceled": "red",
    "rescinded": "red",
    "failed": "red",
}


def line(heard: Heard, paint: Paint) -> str:
    """Say an event in a line: local time, name, and what it is about."""
    style = _STYLES.get(heard.event.rpartition(".")[2], "cyan")
    time = local_time(heard.at).strftime("%H:%M:%S")
    name = paint(style, f"{plain(heard.event):<22}")
    about = "  ".join(filter(None, map(_words, heard.args)))
    return f"{paint('dim', time)}  {name}  {about}".rstrip()


def document(heard: Heard) -> dict[str, Any]:
    """Give an event as JSON: ``at`` in UTC, ``event``, ``channel``, ``payload``."""
    payloads = [_document(each) for each in heard.args]
    return {
        "at": heard.at.isoformat().replace("+00:00", "Z"),
        "event": heard.event,
        "channel": heard.channel,
        "payload": payloads[0] if payloads else None,
    }


def _words(value: Any) -> str:
    if isinstance(value, Reservation):
        status = value.get("reservation_status") or ""
        return f"{plain(value.sid)}  {plain(status)}  {_task(value)}".rstrip()
    if isinstance(value, Resource):
        return plain(repr(value)[1:-1])
    if isinstance(value, TaskRouterError):
        return plain(value)
    if isinstance(value, Mapping) and isinstance(value.get("message"), str):
        reason = getattr(value, "reason", "")
        return plain(f"{value['message']} {reason}".strip())
    return short(value)


def _task(reservation: Reservation) -> str:
    task = reservation.get("task")
    if task is None or "attributes" not in task:
        return ""
    return f"{plain(task.sid)}  {short(task['attributes'])}"


def _document(value: Any) -> Any:
    if isinstance(value, Reservation):
        task = value.get("task")
        return {**value.payload, "task": None if task is None else task.payload}
    if isinstance(value, Resource):
        return value.payload
    if isinstance(value, TaskRouterError):
        return {"code": value.code, "message": value.message}
    if isinstance(value, Mapping):
        return dict(value)
    return value
