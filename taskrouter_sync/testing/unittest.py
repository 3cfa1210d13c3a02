"""For unittest: a test case whose every test has a service of its own."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .local import LocalTaskRouter


# Lets unittest end the traceback of a failure at the test's own line.
__unittest = True


class TaskRouterTestCase(unittest.TestCase):
    """A test case with ``self.taskrouter``, a `LocalTaskRouter` that is ready.

    A failing test's report shows what happened in the service (from Python 3.11 on).
    What an event callback raises fails the test, unless `taskrouter_options` have
    ``"callbacks_may_raise": True``.

    Attributes:
        taskrouter_options: for `LocalTaskRouter`, such as ``{"workers": {"Bob": {}}}``.
        taskrouter: this test's service.
    """

    taskrouter_options: ClassVar[Mapping[str, Any]] = {}
    taskrouter: LocalTaskRouter

    def __init__(self, methodName: str = "runTest") -> None:  # unittest's own name
        super().__init__(methodName)
        test = getattr(self, methodName, None)
        if callable(test):
            setattr(self, methodName, self._noted(test))

    def setUp(self) -> None:
        """Start the service; it stops when the test is over."""
        super().setUp()
        service = LocalTaskRouter(**self.taskrouter_options)
        self.taskrouter = service.__enter__()
        self.addCleanup(service.__exit__, None, None, None)

    def _noted(self, test: Callable[[], Any]) -> Callable[[], Any]:
        """Let what a test raises tell what happened in the service."""

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
