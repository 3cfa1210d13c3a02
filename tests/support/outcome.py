"""A result callback, and what one call gave it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Outcome:
    """What a call said to its `callback`; read it when the call has returned."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any]] = []
        self._threads: list[threading.Thread] = []

    @property
    def callback(self) -> Callable[[Any, Any], None]:
        """The function (error, result) to pass."""

        def callback(error: Any, result: Any) -> None:
            self.calls.append((error, result))
            self._threads.append(threading.current_thread())

        return callback

    @property
    def result(self) -> Any:
        """What came, once and without an error."""
        error, result = self._only()
        assert error is None, f"the callback got {error!r}"
        return result

    @property
    def error(self) -> Any:
        """The error that came, once and without a result."""
        error, result = self._only()
        assert error is not None, f"the callback got no error, but {result!r}"
        assert result is None, f"the callback got {error!r}, and {result!r} with it"
        return error

    def _only(self) -> tuple[Any, Any]:
        assert len(self.calls) == 1, f"the callback was called {len(self.calls)} times"
        assert self._threads == [threading.current_thread()], (
            "the callback was called on another thread"
        )
        return self.calls[0]
