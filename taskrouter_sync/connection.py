"""The connection to the event bridge: one thread that connects, reads and reconnects.

Runs no user code and no HTTP.
"""

from __future__ import annotations

import enum
import math
import threading
import time
from contextlib import suppress
from logging import LoggerAdapter
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol, TypeAlias

from .errors import ConnectionFailed, TaskRouterError
from .network import Route
from .timing import Timing
from .tokens import Secret
from .transport import Aborted, Closed, Transport


# A connection that lasted so many seconds was no failure: the next attempt is the first
# one again. Clients that evict each other back off.
_LASTED = 60.0


class State(enum.Enum):
    """What the connection is doing, in words."""

    NEW = "new"
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting for the next attempt"
    IDLE = "idle"
    CLOSED = "closed"


# Where to connect to, with the token of this moment, and how to get there.
Target: TypeAlias = tuple[Secret, Route]


class Ending(NamedTuple):
    """How a connection, or the attempt to open one, ended.

    Attributes:
        code, reason: of the service's close frame, if it sent one.
        lost: whether it was lost, and not ended by us.
    """

    code: int | None = None
    reason: str = ""
    lost: bool = False


class ConnectionListener(Protocol):
    """Follows the connection, on its thread; must not raise.

    `_target` is asked before each attempt; None: there is nothing to try until
    `Connection.retry`.
    """

    def _target(self) -> Target | None: ...
    def _on_open(self) -> None: ...
    def _on_message(self, data: bytes) -> None: ...
    def _on_close(self, ending: Ending) -> None: ...
    def _on_error(self, error: TaskRouterError) -> None: ...


class Connection:
    """Keeps a WebSocket open as long as it is wanted.

    Attributes:
        is_wanted: whether there is to be a connection: by `connect` and `disconnect`.
        state: what it is doing; written by the socket thread.
    """

    def __init__(
        self,
        name: str,
        listener: ConnectionListener,
        timing: Timing,
        log: LoggerAdapter[Any],
    ) -> None:
        """Create it; `start` starts its thread, which gets the name."""
        self._listener = listener
        self._timing = timing
        self._log = log
        # Written by `connect`, `disconnect` and `close`, on any thread; the socket
        # thread waits for a message here between attempts. No lock: a signal handler
        # may call them while they are running.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self.is_wanted = True
        self._paused = False
        self._ends = False
        # Another object for each `_try_now`: an attempt from before it is out of date.
        self._newest_retry = object()
        self.state = State.NEW
        # The socket thread's, read by others.
        self._transport: Transport | None = None
        self._retry: object = None
        self._failures = 0
        self._next_attempt = 0.0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Connect in the background, for the first time."""
        self._thread.start()

    def connect(self) -> None:
        """Connect now, and again whenever the connection is lost; returns at once."""
        self.is_wanted = True
        self._try_now()

    def retry(self) -> None:
        """Try at once, if a connection is wanted and there is none; returns at once."""
        # While one is open, the attempt after its loss keeps its backoff.
        if self._transport is None or self.state is not State.OPEN:
            self._try_now()

    def _try_now(self) -> None:
        self._newest_retry = object()
        self._wake.put(None)

    @property
    def backs_off(self) -> float:
        """Seconds until the next attempt, if the last ones failed in a row; else 0."""
        return max(0.0, self._next_attempt - time.monotonic()) * (self._failures > 1)

    def succeeded(self) -> None:
        """Take the current connection for a good one: the backoff starts over."""
        self._failures = 0

    def drop(self) -> None:
        """End the current connection; another one is made; returns at once."""
        transport = self._transport
        if transport is not None:
            transport.abort()

    def disconnect(self) -> None:
        """End the connection, and make none until `connect`; returns at once."""
        self.is_wanted = False
        self._wake.put(None)
        self.drop()

    def pause(self) -> None:
        """End the connection, and make none until `resume`; returns at once.

        Whether one is wanted is another question, which `disconnect` may answer too.
        """
        self._paused = True
        self._wake.put(None)
        self.drop()

    def resume(self) -> None:
        """End a `pause`; returns at once."""
        self._paused = False
        self._try_now()

    def close(self) -> None:
        """End the connection and the thread; returns at once."""
        self._ends = True
        self.disconnect()

    def forked(self) -> None:
        """Be closed in a child process; the parent's connection stays open."""
        self._wake = SimpleQueue()
        self._ends, self.is_wanted = True, False
        self.state = State.CLOSED
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.forked()

    def join(self, timeout: float) -> None:
        """Wait until the thread has ended, for `timeout` seconds at most."""
        thread = self._thread
        if thread.ident is not None and threading.current_thread() is not thread:
            thread.join(timeout)

    def _run(self) -> None:
        while (transport := self._next_transport()) is not None:
            self._attempt_safely(transport)
        self._set_state(State.CLOSED)

    def _attempt_safely(self, transport: Transport) -> None:
        try:
            self._attempt(transport)
        except Exception:  # noqa: BLE001 - the top of the thread
            self._log.exception("%s failed unexpectedly", self._thread.name)
            self._plan()

    def _next_transport(self) -> Transport | None:
        """Wait until it is time to connect; None when the thread is to end."""
        while not self._ends:
            if self._retry is not self._newest_retry:
                self._retry = self._newest_retry
                self._failures = 0
                self._next_attempt = 0.0
            is_wanted = self.is_wanted and not self._paused
            left = self._next_attempt - time.monotonic() if is_wanted else math.inf
            if left > 0:
                rests = math.isinf(left)
                self._set_state(State.IDLE if rests else State.WAITING)
                with suppress(Empty):
                    self._wake.get(timeout=None if rests else left)
                continue
            self._set_state(State.CONNECTING)
            transport = self._transport = Transport(self._timing)
            if self.is_wanted and not self._paused:
                return transport
        return None

    def _attempt(self, transport: Transport) -> None:
        """Connect and read until the connection ends, and plan the next attempt."""
        listener = self._listener
        opened_at = None
        ending = Ending()
        try:
            target = listener._target()
            if target is None:
                self._transport = None
                self._next_attempt = math.inf  # until `retry`
                return
            transport.open(*target)
            opened_at = time.monotonic()
            self._retry = self._newest_retry
            self._set_state(State.OPEN)
            listener._on_open()
            for data in transport:
                listener._on_message(data)
        except Aborted:
            pass
        except Closed as closed:
            ending = Ending(closed.code, closed.reason, lost=True)
        except (TaskRouterError, ValueError) as error:
            if not isinstance(error, TaskRouterError):
                error = ConnectionFailed(str(error))
            self._plan(error)
            listener._on_error(error)
            listener._on_close(Ending(lost=True))
            return
        finally:
            transport.close()
        if opened_at is not None and time.monotonic() - opened_at > _LASTED:
            self._failures = 0
        self._plan()
        if opened_at is not None:
            listener._on_close(ending)

    def _plan(self, error: TaskRouterError | None = None) -> None:
        """Plan the next attempt; a `_try_now` since the last one makes it at once."""
        self._transport = None
        self._failures += 1
        wait = self._timing.wait_before(self._failures, error)
        self._next_attempt = time.monotonic() + wait

    def _set_state(self, state: State) -> None:
        # Only this connection's thread calls it.
        if state is not self.state:
            name, old = self._thread.name, self.state.value
            self._log.debug("%s: %s -> %s", name, old, state.value)
            self.state = state
