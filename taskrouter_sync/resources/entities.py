"""The resources without verbs of their own."""

from __future__ import annotations

from .base import Resource
from .statistics import HasStatistics, Statistics


class Activity(Resource):
    """A state that workers can be in, as TaskRouter.js's ``activity``."""

    FIELDS = (
        "available",
        "account_sid",
        "date_created",
        "date_updated",
        "friendly_name",
        "sid",
        "workspace_sid",
    )


class WorkerChannel(Resource):
    """A worker's capacity on one task channel, as ``fetchChannels`` delivers it."""

    FIELDS = (
        "task_channel_unique_name",
        "account_sid",
        "assigned_tasks",
        "available",
        "available_capacity_percentage",
        "configured_capacity",
        "date_created",
        "date_updated",
        "sid",
        "task_channel_sid",
        "worker_sid",
        "workspace_sid",
    )


class Workflow(HasStatistics, Resource):
    """The rules by which tasks find queues, as TaskRouter.js's ``workflow``."""

    FIELDS = (
        "account_sid",
        "assignment_callback_url",
        "configuration",
        "date_created",
        "date_updated",
        "document_content_type",
        "fallback_assignment_callback_url",
        "friendly_name",
        "sid",
        "task_reservation_timeout",
        "workspace_sid",
    )


class WorkerResource(Resource):
    """A worker as a resource; the client that is one is `taskrouter_sync.Worker`."""

    FIELDS = (
        "activity_name",
        "account_sid",
        "activity_sid",
        "attributes",
        "available",
        "date_created",
        "date_status_changed",
        "date_updated",
        "friendly_name",
        "sid",
        "workspace_sid",
    )

    @property
    def statistics(self) -> Statistics:
        """The worker's statistics over a span of time."""
        return Statistics(self._session, f"{self._url}/Statistics")


class TaskQueueResource(HasStatistics, Resource):
    """A task queue as a resource; the client is `taskrouter_sync.TaskQueue`."""

    FIELDS = (
        "target_workers",
        "account_sid",
        "assignment_activity_name",
        "assignment_activity_sid",
        "date_created",
        "date_updated",
        "friendly_name",
        "max_reserved_workers",
        "reservation_activity_name",
        "reservation_activity_sid",
        "sid",
        "task_order",
        "workspace_sid",
    )


class WorkspaceResource(HasStatistics, Resource):
    """A workspace as a resource; the client is `taskrouter_sync.Workspace`."""

    FIELDS = (
        "account_sid",
        "date_created",
        "date_updated",
        "default_activity_name",
        "default_activity_sid",
        "event_callback_url",
        "events_filter",
        "friendly_name",
        "multi_task_enabled",
        "prioritize_queue_order",
        "sid",
        "timeout_activity_name",
        "timeout_activity_sid",
    )
