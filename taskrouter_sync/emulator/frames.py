"""What the event bridge sends down a worker's socket.

Owns: which event goes to which channels, and its payload as client v1.21 gets it.
Pure: a service event in, channels and text out.
"""

from __future__ import annotations

import json

from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.engine.model import Task, Worker, WorkerChannel


# What the clients know of task.*; workflow and queue events have no frames.
_TASK_EVENTS = frozenset(
    {"task.updated", "task.canceled", "task.completed", "task.wrapup"}
)
_WORKER_EVENTS = frozenset({"worker.activity.update", "worker.attributes.update"})
_CHANNEL_EVENTS = frozenset(
    {"worker.capacity.update", "worker.channel.availability.update"}
)


def frame(event: Event, account_sid: str) -> tuple[tuple[str, ...], str] | None:
    """Give the channels (WK…) and the text of the event's frame, None if it has none.

    Channels of task queues and workspaces get no events of the service, as the docs
    list none for them.
    """
    payload = _payload(event, account_sid)
    if payload is None or not event.worker_sids:
        return None
    text = json.dumps(
        {"event_type": event.event_type, "payload": payload}, separators=(",", ":")
    )
    return event.worker_sids, text


def _payload(event: Event, account_sid: str) -> dict[str, object] | None:
    kind = event.event_type
    owner: dict[str, object] = {
        "account_sid": account_sid,
        "workspace_sid": event.workspace_sid,
    }
    if kind.startswith("reservation.") and event.task and event.reservation:
        # The client's source calls it a mashup of the task and a reservation_sid.
        return {
            **owner,
            **_task(event.task, event.time),
            "reservation_sid": event.reservation.sid,
        }
    if kind in _TASK_EVENTS and event.task:
        return owner | _task(event.task, event.time)
    if kind in _WORKER_EVENTS and event.worker:
        return owner | _worker(event.worker)
    if kind in _CHANNEL_EVENTS and event.worker_channel:
        return owner | _worker_channel(event.worker_channel)
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
    """Give properties by name; of times, in whole seconds, and flags as numbers."""
    return {
        **{name: getattr(thing, name) for name in names.split()},
        **{name: int(getattr(thing, name)) for name in numbers.split()},
    }
