"""The JavaScript namespace, for ported code: ``Twilio.TaskRouter.Worker``."""

from __future__ import annotations

from .worker import Worker
from .workspace import TaskQueue, Workspace


class _TaskRouter:
    Worker = Worker
    TaskQueue = TaskQueue
    Workspace = Workspace


class Twilio:
    """The namespace of TaskRouter.js: ``Twilio.TaskRouter.Worker`` and so on."""

    TaskRouter = _TaskRouter
