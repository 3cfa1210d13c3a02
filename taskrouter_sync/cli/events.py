"""Events of workers: as objects in a queue, as sentences, and as JSON documents."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .. import Disconnection, TaskRouterError, Worker
from ..notebook import local_time
from .terminal import Paint, plain, short, short_sids


# By the end of an event's name: its color.
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
# What has become of a reservation or a task, by the end of the event's name.
_OUTCOMES = {
    "created": "is pending",
    "accepted": "was accepted",
    "rejected": "was rejected",
    "timeout": "timed out",
    "canceled": "was canceled",
    "rescinded": "was rescinded",
    "completed": "was completed",
    "wrapup": "is wrapping up",
    "failed": "failed",
    "updated": "was updated",
}
# Activities that one is; one is "on" others, such as a break.
_ADJECTIVES = frozenset(
    {
        *("available", "unavailable", "online", "offline", "busy", "idle", "away"),
        *("ready", "not ready", "reserved", "active", "inactive"),
        *("logged in", "logged out"),
    }
)


class Event(NamedTuple):
    """An event: its time, its worker (WK…), its name and its payload."""

    at: datetime
    channel: str
    name: str
    args: tuple[Any, ...]


class EveryEvent(Worker):
    """A Worker that puts all its events into a queue, with or without a listener."""

    def __init__(
        self,
        token: str | Callable[[], str],
        events: queue.SimpleQueue[Any],
        **options: Any,
    ) -> None:
        """Open the client; its event thread puts an `Event` for each into the queue."""
        # Set first: events may come before the constructor has returned.
        self._events_queue = events
        super().__init__(token, **options)

    def emit(self, event: str, *args: Any) -> bool:
        """Queue an event, and call its listeners."""
        now = datetime.now(timezone.utc)
        self._events_queue.put(Event(now, str(self.sid), event, args))
        super().emit(event, *args)
        return True


def line(event: Event, paint: Paint, *, named: bool = True) -> str:
    """Return a line for people: local time, name (if `named`), and a sentence."""
    style = _STYLES.get(event.name.rpartition(".")[2], "cyan")
    time = paint("dim", local_time(event.at).strftime("%H:%M:%S"))
    words = sentence(event)
    if not named:
        return f"{time}  {paint(style, words)}"
    return f"{time}  {paint(style, f'{plain(event.name):<22}')}  {words}".rstrip()


def sentence(event: Event) -> str:
    """Return a sentence that says what happened, with short sids."""
    value = event.args[0] if event.args else None
    kind, _, last = event.name.rpartition(".")
    if kind in ("reservation", "task") and isinstance(value, Mapping):
        words = _of_work(kind, last, value)
    elif event.name in ("ready", "activity.update", "attributes.update"):
        words = _of_a_worker(event.name, value)
    elif isinstance(value, Mapping) and value.get("task_channel_unique_name"):
        words = _of_a_channel(value)
    elif event.name == "connected":
        words = "Connected"
    elif event.name == "disconnected":
        words = _of_a_disconnection(value)
    elif event.name == "token.expired":
        words = "The token has expired"
    elif isinstance(value, TaskRouterError):
        words = f"Error: {plain(value)}"
    else:
        words = "" if value is None else short(_document(value))
    return short_sids(words)


def document(event: Event) -> dict[str, Any]:
    """Return an event for JSON: ``at`` in UTC, ``event``, ``channel``, ``payload``."""
    return {
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "event": event.name,
        "channel": event.channel,
        "payload": _document(event.args[0]) if event.args else None,
    }


def _of_work(kind: str, change: str, value: Mapping[str, Any]) -> str:
    task = value.get("task") if kind == "reservation" else value
    if not isinstance(task, Mapping):
        task = {"sid": value.get("task_sid")}
    task_sid = task.get("sid")
    about = f"Task {plain(task_sid)}"
    if kind == "reservation":
        about = f"Reservation {plain(value.get('sid'))} of task {plain(task_sid)}"
    words = f"{about} {_OUTCOMES.get(change, plain(change))}"
    attributes = task.get("attributes")
    # Once is enough: what follows is about the same task.
    if attributes and change in ("created", "updated"):
        return f"{words}: {short(attributes)}"
    return words


def _of_a_worker(name: str, value: Any) -> str:
    worker = value if isinstance(value, Mapping) else {}
    who = plain(worker.get("friendly_name") or worker.get("sid") or "The worker")
    if name == "attributes.update":
        return f"{who} now has the attributes {short(worker.get('attributes'))}"
    activity = plain(worker.get("activity_name") or "")
    if not activity:
        return f"{who} is ready" if name == "ready" else f"{who} has no activity"
    being = "is" if name == "ready" else "is now"
    preposition = "" if activity.lower() in _ADJECTIVES else "on "
    return f"{who} {being} {preposition}{activity}"


def _of_a_channel(value: Mapping[str, Any]) -> str:
    available = "available" if value.get("available") else "unavailable"
    capacity = plain(value.get("configured_capacity"))
    name = plain(value["task_channel_unique_name"])
    return f"Channel {name} is {available}, with a capacity of {capacity}"


def _of_a_disconnection(value: Any) -> str:
    reason = value.get("message") if isinstance(value, Mapping) else None
    detail = getattr(value, "reason", "")
    return " ".join(filter(None, ["Disconnected:", plain(reason or ""), plain(detail)]))


def _document(value: Any) -> Any:
    payload = getattr(value, "payload", None)
    if isinstance(payload, Mapping):
        if "task" not in value or "reservation_status" not in payload:
            return payload
        task = value["task"]
        return {**payload, "task": None if task is None else task.payload}
    if isinstance(value, TaskRouterError):
        return {"code": value.code, "message": value.message}
    if isinstance(value, Disconnection):
        return {**value, "code": value.code, "reason": value.reason}
    if isinstance(value, Mapping):
        return dict(value)
    return value
