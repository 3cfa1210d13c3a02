"""The Workspace client, and the TaskQueue client for one of its queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import public_arguments
from .client import Client
from .logs import TRUE_IN_SCRIPTS
from .resources.base import R
from .resources.lists import WorkspaceLists
from .resources.models import (
    TaskQueueFields,
    TaskQueueResource,
    WorkspaceFields,
    WorkspaceResource,
)
from .resources.statistics import HasStatistics, StatisticsData
from .timing import Timing
from .tokens import TokenProvider, hide
from .typed_events import ClientEvents


if TYPE_CHECKING:
    import requests
else:
    from .http import requests  # for `get_type_hints`


class _StatisticsClient(ClientEvents[R], HasStatistics[StatisticsData], Client[R]):
    """What both have in common: the constructor, and statistics."""

    @public_arguments
    def __init__(
        self,
        token: str | TokenProvider,
        debug: object = TRUE_IN_SCRIPTS,
        region: str | None = None,
        max_retries: int | None = 0,
        api_base_url: str | None = None,
        event_bridge_base_url: str | None = None,
        *,
        daemon: bool = False,
        http_session: requests.Session | None = None,
        _timing: Timing | None = None,
    ) -> None:
        """Open the client; the arguments are in the order of TaskRouter.js.

        Args:
            token: a capability token for the client's task queue or workspace, or a
                function that returns a new one.
            debug, region, max_retries, api_base_url, event_bridge_base_url: as for
                `taskrouter_sync.Worker`.
            daemon, http_session: likewise.

        Raises:
            TokenError: the token can't be used; also a ValueError.
            ArgumentError: an argument is wrong; also a TypeError.

        Source: https://www.twilio.com/docs/taskrouter/js-sdk-v1
        """
        token = hide(token)
        super().__init__(
            token,
            debug=debug,
            region=region,
            max_retries=max_retries,
            api_base_url=api_base_url,
            event_bridge_base_url=event_bridge_base_url,
            daemon=daemon,
            http_session=http_session,
            timing=_timing,
        )


class TaskQueue(TaskQueueFields, _StatisticsClient[TaskQueueResource]):
    """A client for one task queue: ``Twilio.TaskRouter.TaskQueue``.

    Source: https://www.twilio.com/docs/taskrouter/js-sdk-v1/taskqueue
    """

    _SID_CLAIM = "taskqueue_sid"
    _PATH = "/TaskQueues/{sid}"

    @property
    def task_queue_sid(self) -> str:
        """The task queue's sid (WQ…), from the token."""
        return str(self.payload["sid"])

    if TYPE_CHECKING:  # both spellings for editors; at run time by rule
        taskQueueSid = task_queue_sid


class Workspace(WorkspaceFields, WorkspaceLists, _StatisticsClient[WorkspaceResource]):
    """A client for one workspace: ``Twilio.TaskRouter.Workspace``.

    Source: https://www.twilio.com/docs/taskrouter/js-sdk-v1/workspace
    """

    _SID_CLAIM = "workspace_sid"
    # TaskRouter.js writes the slash, and the service takes it.
    _PATH = "/"
