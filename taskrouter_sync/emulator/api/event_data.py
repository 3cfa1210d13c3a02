"""What the service tells about an event.

Owns: the fields of ``event_data`` (snake_case; webhooks say the same in CamelCase).
Pure: a service event in, texts out.
"""

from __future__ import annotations

from taskrouter_sync.emulator.api.render import iso
from taskrouter_sync.emulator.engine.events import Event
from taskrouter_sync.emulator.engine.model import (
    Reservation,
    Task,
    TaskChannel,
    Worker,
    WorkerChannel,
)


_Fields = dict[str, object]


def event_data(event: Event) -> dict[str, str]:
    """Give all fields of the event as texts; what is null is left out."""
    fields: _Fields = {
        "workspace_sid": event.workspace_sid,
        "workspace_name": event.workspace_name,
    }
    if event.task is not None:
        fields |= _task(event.task, event.time)
    if event.task_queue is not None:
        fields["task_queue_sid"] = event.task_queue.sid
        fields["task_queue_name"] = event.task_queue.friendly_name
        fields["task_queue_target_expression"] = event.task_queue.target_workers
    if event.previous_task_queue is not None:
        fields["previous_task_queue_sid"] = event.previous_task_queue.sid
        fields["previous_task_queue_name"] = event.previous_task_queue.friendly_name
    if event.workflow is not None:
        fields["workflow_sid"] = event.workflow.sid
        fields["workflow_name"] = event.workflow.friendly_name
    if event.reservation is not None:
        fields |= _reservation(event.reservation)
    if event.worker is not None:
        fields |= _worker(event.worker)
    if event.previous_activity is not None:
        fields["worker_previous_activity_sid"] = event.previous_activity.sid
        fields["worker_previous_activity_name"] = event.previous_activity.friendly_name
    if event.worker_channel is not None:
        fields |= _worker_channel(event.worker_channel)
    if event.task_channel is not None:
        fields |= _task_channel(event.task_channel)
    if event.activity is not None and event.resource_type == "activity":
        fields["activity_sid"] = event.activity.sid
        fields["activity_name"] = event.activity.friendly_name
        fields["activity_available"] = event.activity.available
    fields |= event.details
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _task(task: Task, now: float) -> _Fields:
    status = task.assignment_status
    return {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_age": int(now - task.date_created),
        "task_priority": task.priority,
        "task_assignment_status": status,
        "task_canceled_reason": task.reason if status == "canceled" else None,
        "task_completed_reason": task.reason if status == "completed" else None,
        "task_date_created": int(task.date_created),
        "task_version": task.version,
        "task_virtual_start_time": iso(task.virtual_start_time),
        "task_ignore_capacity": task.ignore_capacity,
        "task_routing_target": task.routing_target,
        "task_channel_sid": task.task_channel_sid,
        "task_channel_unique_name": task.task_channel_unique_name,
        "task_queue_sid": task.task_queue_sid,
        "task_queue_name": task.task_queue_friendly_name,
        "task_queue_entered_date": (
            None
            if task.task_queue_entered_date is None
            else int(task.task_queue_entered_date)
        ),
        "workflow_sid": task.workflow_sid,
        "workflow_name": task.workflow_friendly_name,
    }


def _reservation(reservation: Reservation) -> _Fields:
    return {
        "reservation_sid": reservation.sid,
        "reservation_version": reservation.version,
    }


def _worker(worker: Worker) -> _Fields:
    return {
        "worker_sid": worker.sid,
        "worker_name": worker.friendly_name,
        "worker_attributes": worker.attributes,
        "worker_activity_sid": worker.activity_sid,
        "worker_activity_name": worker.activity_name,
        "worker_version": worker.version,
    }


def _worker_channel(channel: WorkerChannel) -> _Fields:
    return {
        "worker_channel_available": channel.available,
        "worker_channel_available_capacity": channel.available_capacity_percentage,
        "worker_channel_task_count": channel.assigned_tasks,
        "task_channel_sid": channel.task_channel_sid,
        "task_channel_unique_name": channel.task_channel_unique_name,
    }


def _task_channel(channel: TaskChannel) -> _Fields:
    return {
        "task_channel_sid": channel.sid,
        "task_channel_name": channel.friendly_name,
        "task_channel_unique_name": channel.unique_name,
        "task_channel_optimized_routing": channel.channel_optimized_routing,
    }
