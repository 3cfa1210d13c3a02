"""Twilio TaskRouter for Python: the API of TaskRouter.js v1, synchronous.

::

    from taskrouter_sync import Worker              # Python code
    from taskrouter_sync import Twilio              # ported code
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


__version__ = "1.0.0"
from .errors import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    TokenError,
)


if TYPE_CHECKING:
    from .capability import (
        TaskQueueCapabilityToken,
        WorkerCapabilityToken,
        WorkspaceCapabilityToken,
    )
    from .javascript import Twilio
    from .lifecycle import close_all
    from .resources.lists import (
        ActivityList,
        TaskList,
        TaskQueueList,
        WorkerChannelList,
        WorkerList,
        WorkflowList,
    )
    from .resources.models import (
        Activity,
        Task,
        TaskQueueResource,
        WorkerChannel,
        WorkerResource,
        Workflow,
        WorkspaceResource,
    )
    from .resources.reservation import Reservation, ReservationList
    from .resources.statistics import StatisticsData, StatisticsList
    from .typed_events import Disconnection
    from .worker import Worker
    from .workspace import TaskQueue, Workspace

__all__ = [
    "Activity",
    "ActivityList",
    "ArgumentError",
    "ClientClosed",
    "ConnectionFailed",
    "Disconnection",
    "HttpError",
    "InvalidResponse",
    "RequestTimeout",
    "Reservation",
    "ReservationList",
    "StatisticsData",
    "StatisticsList",
    "Task",
    "TaskList",
    "TaskQueue",
    "TaskQueueCapabilityToken",
    "TaskQueueList",
    "TaskQueueResource",
    "TaskRouterError",
    "TokenError",
    "Twilio",
    "Worker",
    "WorkerCapabilityToken",
    "WorkerChannel",
    "WorkerChannelList",
    "WorkerList",
    "WorkerResource",
    "Workflow",
    "WorkflowList",
    "Workspace",
    "WorkspaceCapabilityToken",
    "WorkspaceResource",
    "__version__",
    "close_all",
]


# Imported when first asked for: few programs need them all. A server that mints tokens
# needs no HTTP and no WebSocket.
_AT_NEED = {
    "Activity": "resources.models",
    "ActivityList": "resources.lists",
    "Disconnection": "typed_events",
    "Reservation": "resources.reservation",
    "ReservationList": "resources.reservation",
    "StatisticsData": "resources.statistics",
    "StatisticsList": "resources.statistics",
    "Task": "resources.models",
    "TaskList": "resources.lists",
    "TaskQueue": "workspace",
    "TaskQueueCapabilityToken": "capability",
    "TaskQueueList": "resources.lists",
    "TaskQueueResource": "resources.models",
    "Twilio": "javascript",
    "Worker": "worker",
    "WorkerCapabilityToken": "capability",
    "WorkerChannel": "resources.models",
    "WorkerChannelList": "resources.lists",
    "WorkerList": "resources.lists",
    "WorkerResource": "resources.models",
    "Workflow": "resources.models",
    "WorkflowList": "resources.lists",
    "Workspace": "workspace",
    "WorkspaceCapabilityToken": "capability",
    "WorkspaceResource": "resources.models",
    "close_all": "lifecycle",
}


if not TYPE_CHECKING:  # for a checker each wrong name would be right

    def __getattr__(name: str) -> Any:
        if name not in _AT_NEED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_AT_NEED[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
