"""How long to wait for what, how to wait for it, and when to try again."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

from .errors import (
    ClientClosed,
    ConnectionFailed,
    HttpError,
    RequestTimeout,
    TaskRouterError,
)


T = TypeVar("T")

# Seconds that the main thread waits at once. No signal ends a wait on Windows, nor
# elsewhere if it comes after Python's last look for signals and before the wait itself.
_WAIT = 0.5

# The longest backoff, in seconds.
LONGEST = 30.0


class Timing(NamedTuple):
    """The limits of a client; seconds, unless it says otherwise. Tests pass others.

    Attributes:
        connect: until a connection is made, over all addresses of its name.
        handshake: for a proxy, TLS and the WebSocket upgrade, each.
        response: until the response to a request is here.
        heartbeat: without a frame after which a connection counts as lost; the service
            sends a blank one every 15 s.
        fetch: that the first queued event waits for its details.
        pause: that reading stops when too many events are queued.
        max_events, max_bytes: how many may be queued, and of how many bytes of frames.
        slow_callback: after which a callback that delays others is named in the log.
        renewal: before `token.expired` at which a token provider is asked.
        backoff: scales the waits before further attempts; 0 for none.
    """

    connect: float = 5.0
    handshake: float = 15.0
    response: float = 15.0
    heartbeat: float = 60.0
    fetch: float = 20.0
    pause: float = 5.0
    max_events: int = 10_000
    max_bytes: int = 32 * 1024 * 1024
    slow_callback: float = 10.0
    renewal: float = 25.0
    backoff: float = 1.0

    def delay(self, attempt: int) -> float:
        """Draw the seconds before a further attempt: full jitter, capped.

        Args:
            attempt: how many attempts failed so far, from 1.
        """
        # The exponent is bounded too: an attempt may be the ten-thousandth.
        longest = min(LONGEST, 2.0 ** min(attempt, 10) - 1)
        return random.random() * longest * self.backoff

    def wait_before(self, attempt: int, error: object = None) -> float:
        """Give the seconds until a further attempt: as many as the service asks for.

        Args:
            attempt: as for `delay`.
            error: of the last one; its `Retry-After` counts up to the longest wait.
        """
        asked = error.retry_after if isinstance(error, HttpError) else None
        return max(self.delay(attempt), min(asked or 0.0, LONGEST))


def may_repeat(method: str, error: TaskRouterError) -> bool:
    """Whether a request that failed like this may be sent once more.

    A GET always may, if the failure may pass. A POST or DELETE only if it surely did
    not reach the service, or the service responded with 429, 500 or 503.
    """
    if isinstance(error, HttpError):
        # With these the service refused it before it did anything.
        refused = error.status in (429, 500, 503)
        again = error.status > 500 or error.status == 408
        return refused or (method == "GET" and again)
    if isinstance(error, ConnectionFailed):
        return method == "GET" or not error.reached
    return method == "GET" and isinstance(error, RequestTimeout)


def may_pass(error: TaskRouterError) -> bool:
    """Whether what kept a wish of the client from being fulfilled may pass by itself.

    What makes no sense is seldom the service's own: the next response may make sense.
    """
    if isinstance(error, HttpError):
        # A redirect, or a proxy that wants a password, is none of the service's.
        return error.status < 400 or error.status == 407 or may_repeat("GET", error)
    return not isinstance(error, ClientClosed)


class Condition:
    """A lock, and the wait for what changes under it; both may be used in any thread.

    And in a signal handler, unlike threading's: who waits there looks first and is
    known to `notify_all` only then. A handler that runs in between notifies in vain,
    and the thread that it has interrupted waits for ever.
    """

    def __init__(self) -> None:
        # Reentrant, as a signal handler may interrupt who holds it. No `__exit__` here
        # releases it: Ctrl-C in Python code that does would leave it locked.
        self.lock = threading.RLock()
        self._waiting: list[SimpleQueue[None]] = []

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
                    mine.get(timeout=one_wait(left))
        finally:
            with suppress(ValueError):  # Ctrl-C may come before all this
                self._waiting.remove(mine)
        return found


def one_wait(seconds: float) -> float | None:
    """Give how long this thread may wait at once; None for without a limit."""
    if threading.current_thread() is threading.main_thread():
        return min(seconds, _WAIT)
    return None if math.isinf(seconds) else min(seconds, threading.TIMEOUT_MAX)
