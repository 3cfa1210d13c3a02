"""The kinds of resources, with their documented properties.

The classes named ``…Fields`` only contain annotations, in both spellings, for editors
and type checkers; the clients share them. At run time a property is read from the
payload, or is None if the payload does not contain it. A test compares the spellings.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .base import Resource, callback_first
from .lists import WorkspaceLists
from .statistics import HasStatistics, Statistics, StatisticsData


class CommonFields:
    """The properties that all resources have."""

    account_sid: str
    accountSid: str
    date_created: datetime
    dateCreated: datetime
    date_updated: datetime
    dateUpdated: datetime
    sid: str


class InWorkspaceFields(CommonFields):
    """The properties of everything that belongs to a workspace."""

    workspace: WorkspaceResource
    workspace_sid: str
    workspaceSid: str


class WorkerFields(InWorkspaceFields):
    """A worker's properties, in both spellings."""

    activity: Activity | None
    activity_name: str
    activityName: str
    activity_sid: str
    activitySid: str
    attributes: Any
    available: bool
    date_status_changed: datetime
    dateStatusChanged: datetime
    friendly_name: str
    friendlyName: str


class TaskFields(InWorkspaceFields):
    """A task's properties; its task queue has two names."""

    addons: Any
    age: int
    assignment_status: str
    assignmentStatus: str
    attributes: Any
    ignore_capacity: bool
    ignoreCapacity: bool
    priority: int
    queue: TaskQueueResource | None
    reason: str | None
    routing_target: str | None
    routingTarget: str | None
    task_channel_sid: str
    taskChannelSid: str
    task_channel_unique_name: str
    taskChannelUniqueName: str
    task_queue: TaskQueueResource | None
    taskQueue: TaskQueueResource | None
    task_queue_entered_date: datetime | None
    taskQueueEnteredDate: datetime | None
    task_queue_friendly_name: str | None
    taskQueueFriendlyName: str | None
    task_queue_sid: str | None
    taskQueueSid: str | None
    timeout: int
    virtual_start_time: datetime
    virtualStartTime: datetime
    workflow: Workflow | None
    workflow_friendly_name: str | None
    workflowFriendlyName: str | None
    workflow_sid: str | None
    workflowSid: str | None


class ReservationFields(InWorkspaceFields):
    """A reservation's properties; its task is loaded."""

    reservation_status: str
    reservationStatus: str
    task: Task
    task_sid: str
    taskSid: str
    worker: WorkerResource
    worker_name: str
    workerName: str
    worker_sid: str
    workerSid: str


class ActivityFields(InWorkspaceFields):
    """An activity's properties."""

    available: bool
    friendly_name: str
    friendlyName: str


class WorkerChannelFields(InWorkspaceFields):
    """A worker channel's properties."""

    assigned_tasks: int
    assignedTasks: int
    available: bool
    available_capacity_percentage: int
    availableCapacityPercentage: int
    configured_capacity: int
    configuredCapacity: int
    task_channel_sid: str
    taskChannelSid: str
    task_channel_unique_name: str
    taskChannelUniqueName: str
    worker: WorkerResource
    worker_sid: str
    workerSid: str


class WorkflowFields(InWorkspaceFields):
    """A workflow's properties."""

    assignment_callback_url: str | None
    assignmentCallbackUrl: str | None
    configuration: Any
    document_content_type: str
    documentContentType: str
    fallback_assignment_callback_url: str | None
    fallbackAssignmentCallbackUrl: str | None
    friendly_name: str
    friendlyName: str
    task_reservation_timeout: int
    taskReservationTimeout: int


class TaskQueueFields(InWorkspaceFields):
    """A task queue's properties."""

    assignment_activity: Activity | None
    assignmentActivity: Activity | None
    assignment_activity_name: str | None
    assignmentActivityName: str | None
    assignment_activity_sid: str | None
    assignmentActivitySid: str | None
    friendly_name: str
    friendlyName: str
    max_reserved_workers: int
    maxReservedWorkers: int
    reservation_activity: Activity | None
    reservationActivity: Activity | None
    reservation_activity_name: str | None
    reservationActivityName: str | None
    reservation_activity_sid: str | None
    reservationActivitySid: str | None
    target_workers: str
    targetWorkers: str
    task_order: str
    taskOrder: str


class WorkspaceFields(CommonFields):
    """A workspace's properties."""

    default_activity: Activity | None
    defaultActivity: Activity | None
    default_activity_name: str
    defaultActivityName: str
    default_activity_sid: str
    defaultActivitySid: str
    event_callback_url: str | None
    eventCallbackUrl: str | None
    events_filter: str | None
    eventsFilter: str | None
    friendly_name: str
    friendlyName: str
    multi_task_enabled: bool
    multiTaskEnabled: bool
    prioritize_queue_order: str
    prioritizeQueueOrder: str
    timeout_activity: Activity | None
    timeoutActivity: Activity | None
    timeout_activity_name: str
    timeoutActivityName: str
    timeout_activity_sid: str
    timeoutActivitySid: str


class Activity(ActivityFields, Resource["Activity"]):
    """An activity: a state that workers can be in, such as Offline."""


class WorkerChannel(WorkerChannelFields, Resource["WorkerChannel"]):
    """A worker's capacity on one task channel, from ``fetchChannels``."""

    _SHOWN = "task_channel_unique_name"


class Workflow(WorkflowFields, HasStatistics[StatisticsData], Resource["Workflow"]):
    """A workflow: the rules that assign tasks to task queues."""


class WorkerResource(WorkerFields, Resource["WorkerResource"]):
    """A worker in a list or a result; the client is `taskrouter_sync.Worker`."""

    _SHOWN = "activity_name"

    @property
    def statistics(self) -> Statistics[StatisticsData]:
        """The worker's statistics over a period."""
        return Statistics(self._session, f"{self._url}/Statistics")


class TaskQueueResource(
    TaskQueueFields, HasStatistics[StatisticsData], Resource["TaskQueueResource"]
):
    """A task queue in a list or a result; the client is `taskrouter_sync.TaskQueue`."""


class WorkspaceResource(
    WorkspaceFields,
    WorkspaceLists,
    HasStatistics[StatisticsData],
    Resource["WorkspaceResource"],
):
    """A workspace as a result; the client is `taskrouter_sync.Workspace`."""


class Task(TaskFields, Resource["Task"]):
    """A task.

    Its task queue is both ``task.queue`` and ``task.taskQueue``.
    """

    _SHOWN = "assignment_status"

    @callback_first
    def complete(self, reason: str | None = None) -> Task:
        """Complete the task: ``complete(cb, reason)``.

        The result is the completed task.

        Args:
            reason: text that is stored with the task.
        """
        params = {"AssignmentStatus": "completed"}
        if reason is not None:
            params["Reason"] = reason
        found: Task = self._session.perform("POST", self._url, params)
        return found

    def _neighbor(self, name: str) -> Resource[Any] | None:
        # REST says task_queue_sid, frames say queue_sid.
        found = super()._neighbor(name)
        if found is None and name in ("queue", "task_queue", "taskQueue"):
            return super()._neighbor("task_queue" if name == "queue" else "queue")
        return found
