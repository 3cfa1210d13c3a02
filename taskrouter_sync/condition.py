"""Waiting for what another thread changes, or a signal handler of this one."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar


T = TypeVar("T")

# Seconds of one wait where Ctrl-C can't interrupt a wait without a limit.
WAIT = 0.5 if os.name == "nt" else None


class Condition:
    """A lock, and the wait for what changes under it; both may be used in any thread.

    And in a signal handler, unlike threading's: who waits there looks first and is
    known to `notify_all` only then. A handler that runs in between notifies in vain,
    and the thread that it has interrupted waits for ever.
    """

    def __init__(self) -> None:
        # Reentrant, as a signal handler may interrupt who holds it.
        self._lock = threading.RLock()
        self._waiting: list[SimpleQueue[None]] = []

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()

    def notify_all(self) -> None:
        """Let all who wait look again."""
        for each in tuple(self._waiting):
            each.put(None)

    def wait_for(self, look: Callable[[], T], seconds: float = math.inf) -> T:
        """Wait until `look` gives something true, without holding the lock.

        Args:
            look: called on this thread, at once and after each `notify_all`.
            seconds: how long to wait at most.

        Returns:
            What `look` gave last.
        """
        deadline = time.monotonic() + seconds
        mine: SimpleQueue[None] = SimpleQueue()
        try:
            self._waiting.append(mine)  # before the first look
            while not (found := look()) and (left := deadline - time.monotonic()) > 0:
                with suppress(Empty):
                    mine.get(timeout=_shortest(left))
        finally:
            with suppress(ValueError):  # Ctrl-C may come before all this
                self._waiting.remove(mine)
        return found


def _shortest(seconds: float) -> float | None:
    """Give how long to wait at once; None for without a limit."""
    if WAIT is not None:
        return min(seconds, WAIT)
    return None if math.isinf(seconds) else min(seconds, threading.TIMEOUT_MAX)
