"""The JavaScript namespace, for ported code: ``Twilio.TaskRouter.Worker``."""

from __future__ import annotations

from .clients.taskqueue import TaskQueue
from .clients.worker import Worker
from .clients.workspace import Workspace


class _TaskRouter:
    Worker = Worker
    TaskQueue = TaskQueue
    Workspace = Workspace


class Twilio:
    """What a page that loads TaskRouter.js finds under this name."""

    TaskRouter = _TaskRouter
