"""The open sockets of the event bridge, by channel, and what is sent down them.

Owns: who is connected where, and each socket's queue of outgoing frames; which event
goes to which channels, and its payload as client v1.21 gets it. Knows no network: a
socket takes its frames from its queue. For the emulator's thread alone.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain

from .engine import Event
from .engine.model import Task, Worker, WorkerChannel
from .journal import Journal


# A socket whose queue is full is dead or hopelessly slow.
MAX_WAITING = 1000
MAX_WAITING_CHARACTERS = 16 * 1024 * 1024

# Close codes are not published; clients of v1 do not look at them.
GOING_AWAY = 1001


def abort(transport: asyncio.Transport) -> None:
    """Cut a connection, also if a process that was forked has a copy of its socket."""
    # A TypeError is uvloop's, whose sockets can't be shut down.
    with suppress(OSError, TypeError):
        transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    transport.abort()


@dataclass(frozen=True)
class Close:
    """The last thing to send: a close frame."""

    code: int
    reason: str


ANOTHER_SESSION = Close(1000, "Closed by another session")


@dataclass(eq=False)
class Connection:
    """One socket.

    Args:
        channel: WK…, WQ… or WS….
        transport: the socket itself; None if it is gone already.
        disconnect_activity_sid: the worker's activity once the socket is gone.
    """

    channel: str
    transport: asyncio.Transport | None
    disconnect_activity_sid: str | None = None
    closing: bool = False
    # How many of the next frames are sent twice.
    duplicates: int = 0
    _queue: asyncio.Queue[str | Close] = field(
        default_factory=lambda: asyncio.Queue(MAX_WAITING)
    )
    _characters: int = 0
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flowing.set()

    def send(self, item: str | Close) -> None:
        """Queue a frame; cut the socket if the queue is full."""
        if self.closing:
            return
        if isinstance(item, Close):
            self.closing = True
        else:
            self._characters += len(item)
        if self._queue.full() or self._characters > MAX_WAITING_CHARACTERS:
            self.cut()
        else:
            self._queue.put_nowait(item)

    def send_frame(self, text: str) -> None:
        """Queue an event's frame, twice if frames are to be duplicated."""
        self.send(text)
        if self.duplicates:
            self.duplicates -= 1
            self.send(text)

    def duplicate(self, times: int) -> None:
        """Send the next so many frames twice."""
        self.duplicates = times

    def cut(self) -> None:
        """Cut the socket at once, without a close frame."""
        if self.transport is not None:
            abort(self.transport)

    def stall(self) -> None:
        """Let nothing through in either direction."""
        self._flowing.clear()
        if self.transport is not None:
            self.transport.pause_reading()

    def resume(self) -> None:
        """Let it flow again."""
        self._flowing.set()
        if self.transport is not None:
            self.transport.resume_reading()

    async def next(self) -> str | Close:
        """Wait for the next thing to send."""
        item = await self._queue.get()
        if isinstance(item, str):
            self._characters -= len(item)
        await self._flowing.wait()
        return item


class Channels:
    """All open sockets, counted in a journal as well."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open: dict[str, list[Connection]] = {}

    def add(self, connection: Connection) -> None:
        """Let the connection have the frames of its channel from now on."""
        self._open.setdefault(connection.channel, []).append(connection)
        self._journal.connected(connection.channel, +1)

    def remove(self, connection: Connection) -> bool:
        """Forget the connection; return whether it was still counted."""
        connections = self._open.get(connection.channel, [])
        if connection not in connections:
            return False
        connections.remove(connection)
        if not connections:
            del self._open[connection.channel]
        self._journal.connected(connection.channel, -1)
        return True

    def evict(self, channel: str, last: Close = ANOTHER_SESSION) -> None:
        """Close all sockets of the channel (empty: all); they are gone at once."""
        for connection in self.of(channel):
            self.remove(connection)
            connection.send(last)

    def counts(self) -> dict[str, int]:
        """Return the number of open sockets of each channel that has any."""
        return {channel: len(each) for channel, each in self._open.items()}

    def of(self, channel: str) -> list[Connection]:
        """Return the open connections of a channel (empty: of all)."""
        if channel:
            return list(self._open.get(channel, ()))
        return list(chain.from_iterable(self._open.values()))

    def each(self, channel: str, act: Callable[[Connection], object]) -> int:
        """Apply `act` to the sockets of a channel (empty: all); return their number."""
        connections = self.of(channel)
        for connection in connections:
            act(connection)
        return len(connections)


# Frames.

# What the clients know of task.*; workflow and queue events have no frames.
_TASK_EVENTS = frozenset(
    {"task.updated", "task.canceled", "task.completed", "task.wrapup"}
)
_WORKER_EVENTS = frozenset({"worker.activity.update", "worker.attributes.update"})
_CHANNEL_EVENTS = frozenset(
    {"worker.capacity.update", "worker.channel.availability.update"}
)


def frame(event: Event, account_sid: str) -> str | None:
    """Return the text of the event's frame for its workers' channels, None without one.

    Channels of task queues and workspaces get no events of the service, as the docs
    list none for them.
    """
    about = _about(event) if event.worker_sids else None
    if about is None:
        return None
    owner = {"account_sid": account_sid, "workspace_sid": event.workspace_sid}
    document = {"event_type": event.event_type, "payload": owner | about}
    return json.dumps(document, separators=(",", ":"))


def _about(event: Event) -> dict[str, object] | None:
    kind = event.event_type
    if kind.startswith("reservation.") and event.task and event.reservation:
        # The client's source calls it a mashup of the task and a reservation_sid.
        task = _task(event.task, event.time)
        return {**task, "reservation_sid": event.reservation.sid}
    if kind in _TASK_EVENTS and event.task:
        return _task(event.task, event.time)
    if kind in _WORKER_EVENTS and event.worker:
        return _worker(event.worker)
    if kind in _CHANNEL_EVENTS and event.worker_channel:
        return _worker_channel(event.worker_channel)
    return None


# Names of event payloads where they differ from REST (queue_sid, queue_name,
# workflow_name), and epoch dates, are those of the later clients' recorded events:
# no full frame of v1 is published.


def _task(task: Task, now: float) -> dict[str, object]:
    names = (
        "sid attributes assignment_status workflow_sid priority reason timeout"
        " task_channel_sid task_channel_unique_name routing_target version"
    )
    return {
        **_properties(task, names, "date_created date_updated virtual_start_time"),
        "workflow_name": task.workflow_friendly_name,
        "queue_sid": task.task_queue_sid,
        "queue_name": task.task_queue_friendly_name,
        "age": int(now - task.date_created),
        "addons": "{}",
    }


def _worker(worker: Worker) -> dict[str, object]:
    names = "sid attributes friendly_name available activity_sid activity_name version"
    return _properties(worker, names, "date_created date_updated date_status_changed")


def _worker_channel(channel: WorkerChannel) -> dict[str, object]:
    names = (
        "sid worker_sid task_channel_sid task_channel_unique_name configured_capacity"
        " assigned_tasks available_capacity_percentage"
    )
    reserved = channel.last_reserved_time
    return {
        **_properties(channel, names, "date_created date_updated available"),
        "last_reserved_time": None if reserved is None else int(reserved * 1000),
    }


def _properties(thing: object, names: str, numbers: str) -> dict[str, object]:
    """Return properties by name; times in whole seconds, and flags as numbers."""
    return {
        **{name: getattr(thing, name) for name in names.split()},
        **{name: int(getattr(thing, name)) for name in numbers.split()},
    }
