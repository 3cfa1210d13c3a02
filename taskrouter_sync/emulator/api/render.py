"""Resources as REST JSON.

Owns: the properties, ``url`` and ``links`` of each resource. Reads the engine's
objects and changes nothing. Events are in event_data.py.
"""

from __future__ import annotations

from datetime import datetime, timezone

from taskrouter_sync.emulator.engine.model import (
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


def iso(seconds: float | None) -> str | None:
    """Give epoch seconds as the service writes a date, without fractions."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


class Renderer:
    """Render resources.

    URLs are made with the emulator's own address: a canonical one would lead
    whoever follows it to the real service.

    Args:
        account_sid: AC….
        base: the address of the REST API, ending in /v1.
    """

    def __init__(self, account_sid: str, base: str) -> None:
        self.account_sid = account_sid
        self.base = base

    def workspace_url(self, sid: str) -> str:
        """Give the URL of a workspace."""
        return f"{self.base}/Workspaces/{sid}"

    def workspace(self, workspace: Workspace) -> Json:
        """Render a workspace."""
        url = self.workspace_url(workspace.sid)
        lists = {
            "activities": "Activities",
            "statistics": "Statistics",
            "real_time_statistics": "RealTimeStatistics",
            "cumulative_statistics": "CumulativeStatistics",
            "task_queues": "TaskQueues",
            "tasks": "Tasks",
            "workers": "Workers",
            "workflows": "Workflows",
            "task_channels": "TaskChannels",
            "events": "Events",
        }
        return {
            "account_sid": self.account_sid,
            "date_created": iso(workspace.date_created),
            "date_updated": iso(workspace.date_updated),
            "default_activity_name": workspace.default_activity_name,
            "default_activity_sid": workspace.default_activity_sid,
            "event_callback_url": workspace.event_callback_url,
            "events_filter": workspace.events_filter,
            "friendly_name": workspace.friendly_name,
            "multi_task_enabled": workspace.multi_task_enabled,
            "prioritize_queue_order": workspace.prioritize_queue_order,
            "sid": workspace.sid,
            "timeout_activity_name": workspace.timeout_activity_name,
            "timeout_activity_sid": workspace.timeout_activity_sid,
            "url": url,
            "links": {name: f"{url}/{step}" for name, step in lists.items()},
        }

    def activity(self, activity: Activity) -> Json:
        """Render an activity."""
        workspace = self.workspace_url(activity.workspace_sid)
        return {
            "account_sid": self.account_sid,
            "available": activity.available,
            "date_created": iso(activity.date_created),
            "date_updated": iso(activity.date_updated),
            "friendly_name": activity.friendly_name,
            "sid": activity.sid,
            "workspace_sid": activity.workspace_sid,
            "url": f"{workspace}/Activities/{activity.sid}",
            "links": {"workspace": workspace},
        }

    def worker(self, worker: Worker) -> Json:
        """Render a worker."""
        workspace = self.workspace_url(worker.workspace_sid)
        workers = f"{workspace}/Workers"
        url = f"{workers}/{worker.sid}"
        return {
            "account_sid": self.account_sid,
            "activity_name": worker.activity_name,
            "activity_sid": worker.activity_sid,
            "attributes": worker.attributes,
            "available": worker.available,
            "date_created": iso(worker.date_created),
            "date_status_changed": iso(worker.date_status_changed),
            "date_updated": iso(worker.date_updated),
            "friendly_name": worker.friendly_name,
            "sid": worker.sid,
            "workspace_sid": worker.workspace_sid,
            "url": url,
            "links": {
                "channels": f"{url}/Channels",
                "activity": f"{workspace}/Activities/{worker.activity_sid}",
                "workspace": workspace,
                "statistics": f"{workers}/Statistics",
                "real_time_statistics": f"{workers}/RealTimeStatistics",
                "cumulative_statistics": f"{workers}/CumulativeStatistics",
                "worker_statistics": f"{url}/Statistics",
                "worker_channels": f"{url}/Channels",
                "reservations": f"{url}/Reservations",
            },
        }

    def worker_channel(self, channel: WorkerChannel) -> Json:
        """Render a worker channel; it has no links."""
        workspace = self.workspace_url(channel.workspace_sid)
        return {
            "account_sid": self.account_sid,
            "assigned_tasks": channel.assigned_tasks,
            "available": channel.available,
            "available_capacity_percentage": channel.available_capacity_percentage,
            "configured_capacity": channel.configured_capacity,
            "date_created": iso(channel.date_created),
            "date_updated": iso(channel.date_updated),
            "sid": channel.sid,
            "task_channel_sid": channel.task_channel_sid,
            "task_channel_unique_name": channel.task_channel_unique_name,
            "worker_sid": channel.worker_sid,
            "workspace_sid": channel.workspace_sid,
            "url": f"{workspace}/Workers/{channel.worker_sid}/Channels/{channel.sid}",
        }

    def task_queue(self, queue: TaskQueue, workspace: Workspace) -> Json:
        """Render a task queue."""
        base = self.workspace_url(queue.workspace_sid)
        queues = f"{base}/TaskQueues"
        url = f"{queues}/{queue.sid}"

        def name(sid: str | None) -> str | None:
            activity = workspace.activities.get(sid) if sid else None
            return activity.friendly_name if activity else None

        def link(sid: str | None) -> str | None:
            return f"{base}/Activities/{sid}" if sid else None

        return {
            "account_sid": self.account_sid,
            "assignment_activity_name": name(queue.assignment_activity_sid),
            "assignment_activity_sid": queue.assignment_activity_sid,
            "date_created": iso(queue.date_created),
            "date_updated": iso(queue.date_updated),
            "friendly_name": queue.friendly_name,
            "max_reserved_workers": queue.max_reserved_workers,
            "reservation_activity_name": name(queue.reservation_activity_sid),
            "reservation_activity_sid": queue.reservation_activity_sid,
            "sid": queue.sid,
            "target_workers": queue.target_workers,
            "task_order": queue.task_order,
            "workspace_sid": queue.workspace_sid,
            "url": url,
            "links": {
                "assignment_activity": link(queue.assignment_activity_sid),
                "reservation_activity": link(queue.reservation_activity_sid),
                "workspace": base,
                "statistics": f"{url}/Statistics",
                "real_time_statistics": f"{url}/RealTimeStatistics",
                "cumulative_statistics": f"{url}/CumulativeStatistics",
                "list_statistics": f"{queues}/Statistics",
                "bulk_real_time_statistics": f"{queues}/RealTimeStatistics",
            },
        }

    def workflow(self, workflow: Workflow) -> Json:
        """Render a workflow."""
        url = f"{self.workspace_url(workflow.workspace_sid)}/Workflows/{workflow.sid}"
        return {
            "account_sid": self.account_sid,
            "assignment_callback_url": workflow.assignment_callback_url,
            "configuration": workflow.configuration,
            "date_created": iso(workflow.date_created),
            "date_updated": iso(workflow.date_updated),
            "document_content_type": "application/json",
            "fallback_assignment_callback_url": (
                workflow.fallback_assignment_callback_url
            ),
            "friendly_name": workflow.friendly_name,
            "sid": workflow.sid,
            "task_reservation_timeout": workflow.task_reservation_timeout,
            "workspace_sid": workflow.workspace_sid,
            "url": url,
            "links": {
                "statistics": f"{url}/Statistics",
                "real_time_statistics": f"{url}/RealTimeStatistics",
                "cumulative_statistics": f"{url}/CumulativeStatistics",
            },
        }

    def task(self, task: Task, now: float) -> Json:
        """Render a task as it is at a moment (epoch seconds)."""
        workspace = self.workspace_url(task.workspace_sid)
        url = f"{workspace}/Tasks/{task.sid}"
        queue = task.task_queue_sid
        return {
            "account_sid": self.account_sid,
            "age": int(now - task.date_created),
            "assignment_status": task.assignment_status,
            "attributes": task.attributes,
            "addons": "{}",
            "date_created": iso(task.date_created),
            "date_updated": iso(task.date_updated),
            "task_queue_entered_date": iso(task.task_queue_entered_date),
            "virtual_start_time": iso(task.virtual_start_time),
            "priority": task.priority,
            "reason": task.reason,
            "sid": task.sid,
            "task_queue_sid": queue,
            "task_queue_friendly_name": task.task_queue_friendly_name,
            "task_channel_sid": task.task_channel_sid,
            "task_channel_unique_name": task.task_channel_unique_name,
            "timeout": task.timeout,
            "workflow_sid": task.workflow_sid,
            "workflow_friendly_name": task.workflow_friendly_name,
            "workspace_sid": task.workspace_sid,
            "ignore_capacity": task.ignore_capacity,
            "routing_target": task.routing_target,
            "url": url,
            "links": {
                "task_queue": f"{workspace}/TaskQueues/{queue}" if queue else None,
                "workflow": f"{workspace}/Workflows/{task.workflow_sid}",
                "workspace": workspace,
                "reservations": f"{url}/Reservations",
            },
        }

    def reservation(self, reservation: Reservation, owner: str) -> Json:
        """Render a reservation.

        Args:
            reservation: what to render.
            owner: the path of the task or worker it is shown under, such as Tasks/WT….
        """
        workspace = self.workspace_url(reservation.workspace_sid)
        return {
            "account_sid": self.account_sid,
            "date_created": iso(reservation.date_created),
            "date_updated": iso(reservation.date_updated),
            "reservation_status": reservation.reservation_status,
            "sid": reservation.sid,
            "task_sid": reservation.task_sid,
            "worker_name": reservation.worker_name,
            "worker_sid": reservation.worker_sid,
            "workspace_sid": reservation.workspace_sid,
            "url": f"{workspace}/{owner}/Reservations/{reservation.sid}",
            "links": {
                "task": f"{workspace}/Tasks/{reservation.task_sid}",
                "worker": f"{workspace}/Workers/{reservation.worker_sid}",
                "workspace": workspace,
            },
        }

    def task_channel(self, channel: TaskChannel) -> Json:
        """Render a task channel."""
        workspace = self.workspace_url(channel.workspace_sid)
        return {
            "account_sid": self.account_sid,
            "date_created": iso(channel.date_created),
            "date_updated": iso(channel.date_updated),
            "friendly_name": channel.friendly_name,
            "sid": channel.sid,
            "unique_name": channel.unique_name,
            "workspace_sid": channel.workspace_sid,
            "channel_optimized_routing": channel.channel_optimized_routing,
            "url": f"{workspace}/TaskChannels/{channel.sid}",
            "links": {"workspace": workspace},
        }
