"""Resources and events as REST JSON.

Owns: the properties, ``url`` and ``links`` of each resource, and the fields of
``event_data`` (snake_case; webhooks have the same in CamelCase). Reads the engine's
objects and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cache, lru_cache

from ..engine import Engine, Event
from ..engine.containers import Entity
from ..engine.model import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)


Json = dict[str, object]

# Links, which lead to their names in CamelCase.
_STATISTICS = "statistics real_time_statistics cumulative_statistics"
_WORKSPACE_LISTS = "activities task_queues tasks workers workflows task_channels events"
# Where the resources of an event are, below the workspace.
_PATHS = {
    "WA": "Activities",
    "WK": "Workers",
    "WQ": "TaskQueues",
    "WW": "Workflows",
    "WT": "Tasks",
    "TC": "TaskChannels",
}
# There are no add-ons here: no task has any.
_NO_ADDONS = "{}"


# The names are few, and thousands of forms of webhooks may wait: they share them.
@cache
def camel(name: str) -> str:
    """Return the CamelCase of a snake_case name."""
    return "".join(word.capitalize() for word in name.split("_"))


def iso(seconds: float | None) -> str | None:
    """Return epoch seconds as the service writes a date, without fractions."""
    return None if seconds is None else _iso(int(seconds))


# Most dates of a response, and of the next ones, are the same.
@lru_cache(maxsize=1024)
def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Renderer:
    """Render resources.

    URLs are made with `base`, the emulator's own address up to /v1: a canonical one
    would lead whoever follows it to the real service.
    """

    def __init__(self, engine: Engine, base: str) -> None:
        self.account_sid = engine.account_sid
        self.base = base
        self._engine = engine

    def _resource(
        self,
        entity: Entity,
        path: str,
        properties: str,
        links: Mapping[str, str | None] | None = None,
        **more: object,
    ) -> Json:
        """Return the common properties of resources and its own, by name.

        Paths start behind the workspace's.
        """
        workspace = f"{self.base}/Workspaces/{entity.workspace_sid}"
        shown: Json = {
            "account_sid": self.account_sid,
            "sid": entity.sid,
            "workspace_sid": entity.workspace_sid,
            "date_created": iso(entity.date_created),
            "date_updated": iso(entity.date_updated),
            **{name: getattr(entity, name) for name in properties.split()},
            **more,
            "url": workspace + path,
        }
        if links is not None:
            shown["links"] = {
                name: None if link is None else workspace + link
                for name, link in links.items()
            }
        return shown

    def workspace(self, workspace: Workspace) -> Json:
        """Render a workspace."""
        shown = self._resource(
            workspace,
            "",
            "default_activity_name default_activity_sid event_callback_url"
            " events_filter friendly_name multi_task_enabled prioritize_queue_order"
            " timeout_activity_name timeout_activity_sid",
            _below("", f"{_WORKSPACE_LISTS} {_STATISTICS}"),
        )
        # The only resource whose workspace is itself.
        del shown["workspace_sid"]
        return shown

    def activity(self, activity: Activity) -> Json:
        """Render an activity."""
        path, properties = f"/Activities/{activity.sid}", "available friendly_name"
        return self._resource(activity, path, properties, {"workspace": ""})

    def worker(self, worker: Worker) -> Json:
        """Render a worker."""
        path = f"/Workers/{worker.sid}"
        return self._resource(
            worker,
            path,
            "activity_name activity_sid attributes available friendly_name",
            {
                "channels": f"{path}/Channels",
                "activity": f"/Activities/{worker.activity_sid}",
                "workspace": "",
                # Those of all workers.
                **_below("/Workers", _STATISTICS),
                "worker_statistics": f"{path}/Statistics",
                "worker_channels": f"{path}/Channels",
                "reservations": f"{path}/Reservations",
            },
            date_status_changed=iso(worker.date_status_changed),
        )

    def worker_channel(self, channel: WorkerChannel) -> Json:
        """Render a worker channel; it has no links."""
        return self._resource(
            channel,
            f"/Workers/{channel.worker_sid}/Channels/{channel.sid}",
            "assigned_tasks available available_capacity_percentage"
            " configured_capacity task_channel_sid task_channel_unique_name worker_sid",
        )

    def task_queue(self, queue: TaskQueue) -> Json:
        """Render a task queue."""
        path = f"/TaskQueues/{queue.sid}"
        activities = self._engine.workspaces[queue.workspace_sid].activities
        names, links = {}, {}
        for role in ("assignment_activity", "reservation_activity"):
            sid = getattr(queue, f"{role}_sid")
            activity = activities.get(sid)
            names[f"{role}_name"] = activity.friendly_name if activity else None
            links[role] = f"/Activities/{sid}" if sid else None
        return self._resource(
            queue,
            path,
            "assignment_activity_sid friendly_name max_reserved_workers"
            " reservation_activity_sid target_workers task_order",
            {
                **links,
                "workspace": "",
                **_below(path, _STATISTICS),
                "list_statistics": "/TaskQueues/Statistics",
                "bulk_real_time_statistics": "/TaskQueues/RealTimeStatistics",
            },
            **names,
        )

    def workflow(self, workflow: Workflow) -> Json:
        """Render a workflow."""
        path = f"/Workflows/{workflow.sid}"
        return self._resource(
            workflow,
            path,
            "assignment_callback_url configuration fallback_assignment_callback_url"
            " friendly_name task_reservation_timeout",
            _below(path, _STATISTICS),
            document_content_type="application/json",
        )

    def task(self, task: Task) -> Json:
        """Render a task as it is now."""
        path, queue = f"/Tasks/{task.sid}", task.task_queue_sid
        return self._resource(
            task,
            path,
            "assignment_status attributes priority reason task_queue_sid"
            " task_queue_friendly_name task_channel_sid task_channel_unique_name"
            " timeout workflow_sid workflow_friendly_name ignore_capacity"
            " routing_target",
            {
                "task_queue": f"/TaskQueues/{queue}" if queue else None,
                "workflow": f"/Workflows/{task.workflow_sid}",
                "workspace": "",
                "reservations": f"{path}/Reservations",
            },
            age=int(self._engine.now - task.date_created),
            addons=_NO_ADDONS,
            task_queue_entered_date=iso(task.task_queue_entered_date),
            virtual_start_time=iso(task.virtual_start_time),
        )

    def reservation(self, reservation: Reservation, owner: Task | Worker) -> Json:
        """Render a reservation below its owner."""
        return self._resource(
            reservation,
            f"/{type(owner).__name__}s/{owner.sid}/Reservations/{reservation.sid}",
            "reservation_status task_sid worker_name worker_sid",
            {
                "task": f"/Tasks/{reservation.task_sid}",
                "worker": f"/Workers/{reservation.worker_sid}",
                "workspace": "",
            },
        )

    def task_channel(self, channel: TaskChannel) -> Json:
        """Render a task channel."""
        return self._resource(
            channel,
            f"/TaskChannels/{channel.sid}",
            "friendly_name unique_name channel_optimized_routing",
            {"workspace": ""},
        )

    def event(self, event: Event) -> Json:
        """Render an event.

        Who acted is not kept: it is always said to be the workspace, as in the
        published example.
        """
        workspace = f"{self.base}/Workspaces/{event.workspace_sid}"
        sid = event.resource_sid
        kind = _PATHS.get(sid[:2])
        resource_url = f"{workspace}/{kind}/{sid}" if kind else workspace
        if event.reservation is not None and sid == event.reservation.sid:
            task = event.reservation.task_sid
            resource_url = f"{workspace}/Tasks/{task}/Reservations/{sid}"
        return {
            "account_sid": self.account_sid,
            "actor_sid": event.workspace_sid,
            "actor_type": "workspace",
            "actor_url": workspace,
            "description": event.description,
            "event_data": event_data(event),
            "event_date": iso(event.time),
            "event_date_ms": int(event.time * 1000),
            "event_type": event.event_type,
            "resource_sid": sid,
            "resource_type": event.resource_type,
            "resource_url": resource_url,
            "sid": event.sid,
            "source": "twilio",
            "source_ip_address": None,
            "workspace_sid": event.workspace_sid,
            "url": f"{workspace}/Events/{event.sid}",
        }


def _below(url: str, names: str) -> dict[str, str]:
    return {name: f"{url}/{camel(name)}" for name in names.split()}


def event_data(event: Event) -> dict[str, str]:
    """Return all fields of the event as strings, without those that are null."""
    fields: Json = {
        "workspace_sid": event.workspace_sid,
        "workspace_name": event.workspace_name,
    }
    if event.task is not None:
        fields |= _task_data(event.task, event.time)
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
        fields["reservation_sid"] = event.reservation.sid
        fields["reservation_version"] = event.reservation.version
    if event.worker is not None:
        fields["worker_name"] = event.worker.friendly_name
        for name in ("sid", "attributes", "activity_sid", "activity_name", "version"):
            fields[f"worker_{name}"] = getattr(event.worker, name)
    if event.previous_activity is not None:
        fields["worker_previous_activity_sid"] = event.previous_activity.sid
        fields["worker_previous_activity_name"] = event.previous_activity.friendly_name
    if event.worker_channel is not None:
        channel = event.worker_channel
        fields |= {
            "worker_channel_available": channel.available,
            "worker_channel_available_capacity": channel.available_capacity_percentage,
            "worker_channel_task_count": channel.assigned_tasks,
            "task_channel_sid": channel.task_channel_sid,
            "task_channel_unique_name": channel.task_channel_unique_name,
        }
    if event.task_channel is not None:
        kind = event.task_channel
        fields |= {
            "task_channel_sid": kind.sid,
            "task_channel_name": kind.friendly_name,
            "task_channel_unique_name": kind.unique_name,
            "task_channel_optimized_routing": kind.channel_optimized_routing,
        }
    if event.activity is not None and event.resource_type == "activity":
        fields["activity_sid"] = event.activity.sid
        fields["activity_name"] = event.activity.friendly_name
        fields["activity_available"] = event.activity.available
    fields |= event.details
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _task_data(task: Task, now: float) -> Json:
    status = task.assignment_status
    entered = task.task_queue_entered_date
    return {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_addons": _NO_ADDONS,
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
        "task_queue_entered_date": None if entered is None else int(entered),
        "workflow_sid": task.workflow_sid,
        "workflow_name": task.workflow_friendly_name,
    }
