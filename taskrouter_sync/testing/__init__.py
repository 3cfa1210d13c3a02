"""Testing programs that use TaskRouter: each test gets its own service.

With pytest, use the fixtures ``taskrouter`` and ``taskrouter_worker``; with unittest
`TaskRouterTestCase`; elsewhere ``with LocalTaskRouter() as taskrouter:``.
"""

from __future__ import annotations

from .events import EventLog
from .local import LocalTaskRouter
from .unittest import TaskRouterTestCase


__all__ = ["EventLog", "LocalTaskRouter", "TaskRouterTestCase"]
