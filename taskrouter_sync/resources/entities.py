"""The resources without verbs of their own."""

from __future__ import annotations

from .base import Resource
from .fields import (
    ActivityFields,
    TaskQueueFields,
    WorkerChannelFields,
    WorkerFields,
    WorkflowFields,
    WorkspaceFields,
)
from .listing import WorkspaceLists
from .statistics import HasStatistics, Statistics, StatisticsData


class Activity(ActivityFields, Resource["Activity"]):
    """A state that workers can be in, as TaskRouter.js's ``activity``."""


class WorkerChannel(WorkerChannelFields, Resource["WorkerChannel"]):
    """A worker's capacity on one task channel, as ``fetchChannels`` delivers it."""

    _SHOWN = "task_channel_unique_name"


class Workflow(WorkflowFields, HasStatistics[StatisticsData], Resource["Workflow"]):
    """The rules by which tasks find queues, as TaskRouter.js's ``workflow``."""


class WorkerResource(WorkerFields, Resource["WorkerResource"]):
    """A worker as a resource; the client that is one is `taskrouter_sync.Worker`."""

    _SHOWN = "activity_name"

    @property
    def statistics(self) -> Statistics[StatisticsData]:
        """The worker's statistics over a span of time."""
        return Statistics(self._session, f"{self._url}/Statistics")


class TaskQueueResource(
    TaskQueueFields, HasStatistics[StatisticsData], Resource["TaskQueueResource"]
):
    """A task queue as a resource; the client is `taskrouter_sync.TaskQueue`."""


class WorkspaceResource(
    WorkspaceFields,
    WorkspaceLists,
    HasStatistics[StatisticsData],
    Resource["WorkspaceResource"],
):
    """A workspace as a resource; the client is `taskrouter_sync.Workspace`."""
