"""REST: the log of events."""

from __future__ import annotations

from taskrouter_sync.emulator.api.answers import Answer
from taskrouter_sync.emulator.api.call import Call
from taskrouter_sync.emulator.api.event_data import event_data
from taskrouter_sync.emulator.api.filters import equals
from taskrouter_sync.emulator.api.interval import interval
from taskrouter_sync.emulator.api.render import Json, Renderer, iso
from taskrouter_sync.emulator.engine.events import Event


# Where the resources of an event are, below the workspace.
_KINDS = {
    "WA": "Activities",
    "WK": "Workers",
    "WQ": "TaskQueues",
    "WW": "Workflows",
    "WT": "Tasks",
    "TC": "TaskChannels",
}


def list_events(call: Call) -> Answer:
    """List events, newest first (the service's order is not published)."""
    params = call.params
    start, end = interval(call)
    channel = params.text("TaskChannel")

    def in_channel(event: Event) -> bool:
        return channel is None or channel in _task_channels(event)

    data = {
        name: params.text(parameter)
        for parameter, name in (
            ("ReservationSid", "reservation_sid"),
            ("TaskQueueSid", "task_queue_sid"),
            ("TaskSid", "task_sid"),
            ("WorkerSid", "worker_sid"),
            ("WorkflowSid", "workflow_sid"),
        )
    }
    wanted = {name: sid for name, sid in data.items() if sid is not None}

    def about(event: Event) -> bool:
        return not wanted or wanted.items() <= event_data(event).items()

    found = call.workspace.events.between(start, end)
    return call.listed(
        "events",
        reversed(found),
        lambda event: render_event(call.render, event),
        equals(params.text("EventType"), lambda item: item.event_type),
        equals(params.text("Sid"), lambda item: item.sid),
        in_channel,
        about,
    )


def fetch_event(call: Call) -> Answer:
    """Show an event."""
    event = call.engine.event(call.workspace, call.sid)
    return call.found(render_event(call.render, event))


def _task_channels(event: Event) -> tuple[str, ...]:
    data = event_data(event)
    return data.get("task_channel_sid", ""), data.get("task_channel_unique_name", "")


def render_event(render: Renderer, event: Event) -> Json:
    """Render an event.

    Who acted is not kept: it is always said to be the workspace, as in the published
    example.
    """
    workspace = render.workspace_url(event.workspace_sid)
    return {
        "account_sid": render.account_sid,
        "actor_sid": event.workspace_sid,
        "actor_type": "workspace",
        "actor_url": workspace,
        "description": event.description,
        "event_data": event_data(event),
        "event_date": iso(event.time),
        "event_date_ms": int(event.time * 1000),
        "event_type": event.event_type,
        "resource_sid": event.resource_sid,
        "resource_type": event.resource_type,
        "resource_url": _resource_url(workspace, event),
        "sid": event.sid,
        "source": "twilio",
        "source_ip_address": None,
        "workspace_sid": event.workspace_sid,
        "url": f"{workspace}/Events/{event.sid}",
    }


def _resource_url(workspace: str, event: Event) -> str:
    sid = event.resource_sid
    if event.reservation is not None and sid == event.reservation.sid:
        return f"{workspace}/Tasks/{event.reservation.task_sid}/Reservations/{sid}"
    kind = _KINDS.get(sid[:2])
    return f"{workspace}/{kind}/{sid}" if kind else workspace
