"""Twilio TaskRouter for Python: what TaskRouter.js v1 does in a browser.

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
    from .taskqueue import TaskQueue
    from .worker import Worker
    from .workspace import Workspace

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


# Imported when first asked for: few programs need them all. A server that mints tokens
# needs no HTTP and no WebSocket.
_AT_NEED = {
    "TaskQueue": "taskqueue",
    "TaskQueueCapabilityToken": "capability",
    "Twilio": "javascript",
    "Worker": "worker",
    "WorkerCapabilityToken": "capability",
    "Workspace": "workspace",
    "WorkspaceCapabilityToken": "capability",
}


def __getattr__(name: str) -> Any:
    if name not in _AT_NEED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_AT_NEED[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
