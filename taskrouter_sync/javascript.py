"""The JavaScript namespace, for ported code: ``Twilio.TaskRouter.Worker``."""

from __future__ import annotations

from .taskqueue import TaskQueue
from .worker import Worker
from .workspace import Workspace


class _TaskRouter:
    Worker = Worker
    TaskQueue = TaskQueue
    Workspace = Workspace


class Twilio:
    """What a page that loads TaskRouter.js finds under this name."""

    TaskRouter = _TaskRouter
