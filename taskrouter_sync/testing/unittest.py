"""For unittest: a test case in which each test has its own service."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..lifecycle import lifecycle
from .local import LocalTaskRouter


# Lets unittest end the traceback of a failure at the test's own line.
__unittest = True


class TaskRouterTestCase(unittest.TestCase):
    """A test case with ``self.taskrouter``, a running `LocalTaskRouter`.

    The report of a failed test shows what happened in the service (Python 3.11 or
    later). An exception in an event callback fails the test, unless
    `taskrouter_options` contain ``"callbacks_may_raise": True``.

    Attributes:
        taskrouter_options: the arguments of `LocalTaskRouter`, such as
            ``{"workers": {"Bob": {}}}``.
        taskrouter: the service of the current test.
    """

    taskrouter_options: ClassVar[Mapping[str, Any]] = {}
    taskrouter: LocalTaskRouter

    def __init__(self, methodName: str = "runTest") -> None:  # unittest's own name
        super().__init__(methodName)
        test = getattr(self, methodName, None)
        if callable(test):
            setattr(self, methodName, self._noted(test))

    def setUp(self) -> None:
        """Start the service; it is stopped after the test."""
        super().setUp()
        # Or a client of another service would keep the process alive.
        lifecycle.end_with_tests()
        service = LocalTaskRouter(**self.taskrouter_options)
        self.taskrouter = service.__enter__()
        self.addCleanup(service.__exit__, None, None, None)

    def _noted(self, test: Callable[[], Any]) -> Callable[[], Any]:
        """Add what happened in the service to the exception of a failed test."""

        @functools.wraps(test)
        def run() -> Any:
            try:
                result = test()
                self.taskrouter.check_callbacks()
                return result
            except Exception as error:
                add_note = getattr(error, "add_note", None)  # from Python 3.11 on
                if add_note is not None and not isinstance(error, unittest.SkipTest):
                    add_note(self.taskrouter.journal())
                raise

        return run
