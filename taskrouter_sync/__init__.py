"""Twilio TaskRouter for Python: what TaskRouter.js v1 does in a browser.

::

    from taskrouter_sync import Worker              # Python code
    from taskrouter_sync import Twilio              # ported code
"""

from ._version import __version__
from .capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)
from .clients.taskqueue import TaskQueue
from .clients.worker import Worker
from .clients.workspace import Workspace
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
from .javascript import Twilio


__all__ = [
    "ArgumentError",
    "ClientClosed",
    "ConnectionFailed",
    "HttpError",
    "InvalidResponse",
    "RequestTimeout",
    "TaskQueue",
    "TaskQueueCapabilityToken",
    "TaskRouterError",
    "TokenError",
    "Twilio",
    "Worker",
    "WorkerCapabilityToken",
    "Workspace",
    "WorkspaceCapabilityToken",
    "__version__",
]
