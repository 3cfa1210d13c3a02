"""The lists that a workspace has, as a client and as a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .listing import (
    ActivityList,
    TaskList,
    TaskQueueList,
    WorkerList,
    WorkflowList,
)


if TYPE_CHECKING:
    from ..session import Session


class WorkspaceLists:
    """Everything in a workspace: ``workspace.workers.fetch(cb)`` and so on."""

    _session: Session

    @property
    def activities(self) -> ActivityList:
        """The workspace's activities."""
        return ActivityList(self._session, f"{self._session.workspace_url}/Activities")

    @property
    def workflows(self) -> WorkflowList:
        """The workspace's workflows."""
        return WorkflowList(self._session, f"{self._session.workspace_url}/Workflows")

    @property
    def taskqueues(self) -> TaskQueueList:
        """The workspace's task queues."""
        return TaskQueueList(self._session, f"{self._session.workspace_url}/TaskQueues")

    @property
    def workers(self) -> WorkerList:
        """The workspace's workers."""
        return WorkerList(self._session, f"{self._session.workspace_url}/Workers")

    @property
    def tasks(self) -> TaskList:
        """The workspace's tasks."""
        return TaskList(self._session, f"{self._session.workspace_url}/Tasks")
