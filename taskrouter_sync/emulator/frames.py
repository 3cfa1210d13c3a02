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
    return {
        "sid": task.sid,
        "date_created": int(task.date_created),
        "date_updated": int(task.date_updated),
        "attributes": task.attributes,
        "assignment_status": task.assignment_status,
        "workflow_sid": task.workflow_sid,
        "workflow_name": task.workflow_friendly_name,
        "queue_sid": task.task_queue_sid,
        "queue_name": task.task_queue_friendly_name,
        "priority": task.priority,
        "reason": task.reason,
        "timeout": task.timeout,
        "task_channel_sid": task.task_channel_sid,
        "task_channel_unique_name": task.task_channel_unique_name,
        "age": int(now - task.date_created),
        "addons": "{}",
        "routing_target": task.routing_target,
        "version": task.version,
        "virtual_start_time": int(task.virtual_start_time),
    }


def _worker(worker: Worker) -> dict[str, object]:
    return {
        "sid": worker.sid,
        "date_created": int(worker.date_created),
        "date_updated": int(worker.date_updated),
        "attributes": worker.attributes,
        "friendly_name": worker.friendly_name,
        "available": worker.available,
        "activity_sid": worker.activity_sid,
        "activity_name": worker.activity_name,
        "date_status_changed": int(worker.date_status_changed),
        "version": worker.version,
    }


def _worker_channel(channel: WorkerChannel) -> dict[str, object]:
    reserved = channel.last_reserved_time
    return {
        "sid": channel.sid,
        "worker_sid": channel.worker_sid,
        "task_channel_sid": channel.task_channel_sid,
        "task_channel_unique_name": channel.task_channel_unique_name,
        "configured_capacity": channel.configured_capacity,
        "available": int(channel.available),
        "assigned_tasks": channel.assigned_tasks,
        "available_capacity_percentage": channel.available_capacity_percentage,
        "date_created": int(channel.date_created),
        "date_updated": int(channel.date_updated),
        "last_reserved_time": None if reserved is None else int(reserved * 1000),
    }
