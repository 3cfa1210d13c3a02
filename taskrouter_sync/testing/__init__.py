"""For the tests of programs that use TaskRouter: a service of their own, per test.

With pytest use the fixtures ``taskrouter`` and ``taskrouter_worker``; with unittest
`TaskRouterTestCase`; elsewhere ``with LocalTaskRouter() as taskrouter:``.
"""

from __future__ import annotations

from .events import EventLog
from .local import LocalTaskRouter
from .unittest import TaskRouterTestCase


__all__ = ["EventLog", "LocalTaskRouter", "TaskRouterTestCase"]
