"""The line to the event bridge: one thread that connects, reads and connects again.

Runs no user code and no HTTP.
"""

from __future__ import annotations

import enum
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from ..errors import HttpError, TaskRouterError
from . import backoff
from .bridge_socket import BridgeSocket, Ended, Interrupted


log = logging.getLogger("taskrouter_sync")

# Seconds without a frame after which a connection counts as dead; the service sends a
# blank frame every 15 s.
SILENCE = 60.0


class State(enum.Enum):
    """What the connection is at."""

    NEW = "new"
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting for the next attempt"
    RESTING = "resting until it is told to connect"
    CLOSED = "closed"


class Ending(NamedTuple):
    """How a connection, or the attempt to make one, ended.

    Attributes:
        code, reason: of the service's close frame, if it sent one.
    """

    code: int | None = None
    reason: str = ""


class Receiver(Protocol):
    """Who hears of the connection, on its thread: nobody may block or raise here.

    With a frame comes whether the next one follows at once.
    """

    def opened(self) -> None: ...
    def frame(self, data: bytes, more: bool) -> None: ...
    def failed(self, error: TaskRouterError, refused: bool) -> None: ...
    def ended(self, ending: Ending) -> None: ...


class Connection:
    """Keeps a WebSocket open as long as it is wanted."""

    def __init__(
        self,
        name: str,
        url: Callable[[], str],
        *,
        may_connect: Callable[[], bool] = lambda: True,
        ca_bundle: str | None = None,
        proxy_url: str | None = None,
        silence: float = SILENCE,
        logger: logging.Logger = log,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Make the connection's thread; `start` starts it.

        Args:
            name: of the thread.
            url: gives the address, with the token of the moment.
            may_connect: whether an attempt makes sense; asked again at `retry`.
            ca_bundle: path of the certificates to trust; None for the system's.
            proxy_url: of the proxy to go through; None for the straight way.
            silence: seconds without a frame that mean a dead line.
            logger: takes a line for each change of state.
            chance: a number from 0 to 1, for the waits between attempts.
        """
        self._url = url
        self._receiver: Receiver  # from start on
        self._may_connect = may_connect
        self._ca_bundle = ca_bundle
        self._proxy_url = proxy_url
        self._silence = silence
        self._log = logger
        self._chance = chance
        # Guards everything below; the thread waits on it between attempts. Never held
        # during I/O.
        self._condition = threading.Condition()
        self._state = State.NEW
        self._wanted = False
        self._refused = False
        # Whether the attempt of the moment is out of date: how it ends tells nothing.
        self._anew = False
        self._closed = False
        self._socket: BridgeSocket | None = None
        self._failures = 0
        self._next_attempt = 0.0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def state(self) -> State:
        return self._state

    def start(self, receiver: Receiver) -> None:
        """Connect in the background, for the first time.

        Args:
            receiver: hears of openings, frames and endings.
        """
        self._receiver = receiver
        self._wanted = True
        self._thread.start()

    def connect(self) -> None:
        """Connect now, and again whenever the connection is lost; returns at once."""
        with self._condition:
            if self._closed:
                return
            self._anew = self._anew or not self._wanted
            self._wanted = True
        self.retry()

    def retry(self) -> None:
        """Try at once, if a connection is wanted and there is none: a token is new."""
        with self._condition:
            self._anew = self._anew or self._state is State.CONNECTING
            self._refused = False
            self._failures = 0
            self._next_attempt = 0.0
            self._condition.notify_all()

    def drop(self) -> None:
        """End the connection that stands; another one is made; returns at once."""
        with self._condition:
            open_socket = self._socket
        if open_socket is not None:
            open_socket.hang_up()

    def disconnect(self) -> None:
        """End the connection, and make none until `connect`; returns at once."""
        self._end(closed=False)

    def close(self) -> None:
        """End the connection for good; returns at once."""
        self._end(closed=True)

    def orphan(self) -> None:
        """Be closed in a child process, whoever held the lock at the fork.

        The socket is the parent's as well: it must not be ended here.
        """
        self._condition = threading.Condition()
        self._closed = True
        self._wanted = False
        self._socket = None
        self._state = State.CLOSED

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; False if it has not within `timeout` s."""
        if self._thread.ident is None or threading.current_thread() is self._thread:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def proved(self) -> None:
        """Hear that this connection works: the next trouble is a first one again."""
        with self._condition:
            self._failures = 0

    def _end(self, *, closed: bool) -> None:
        with self._condition:
            self._wanted = False
            self._closed = self._closed or closed
            open_socket = self._socket
            self._condition.notify_all()
        if open_socket is not None:
            open_socket.hang_up()

    def _run(self) -> None:
        while (socket := self._turn()) is not None:
            self._attempt_safely(socket)
        self._set_state(State.CLOSED)

    def _attempt_safely(self, socket: BridgeSocket) -> None:
        try:
            self._attempt(socket)
        except Exception:  # the top of the thread: a mistake here must not end the line
            log.exception("%s: failed unexpectedly", self._thread.name)
            self._plan(refused=False)

    def _turn(self) -> BridgeSocket | None:
        """Wait until it is time to connect; None when there is nothing more to do."""
        with self._condition:
            while not self._closed:
                if not self._wanted or self._refused or not self._may_connect():
                    self._set_state(State.RESTING)
                    self._condition.wait()
                    continue
                wait = self._next_attempt - time.monotonic()
                if wait <= 0:
                    self._set_state(State.CONNECTING)
                    self._anew = False
                    self._socket = BridgeSocket(self._silence)
                    return self._socket
                self._set_state(State.WAITING)
                self._condition.wait(wait)
            return None

    def _attempt(self, socket: BridgeSocket) -> None:
        """Connect and read until the connection ends, and plan the next attempt."""
        try:
            socket.open(self._url(), self._ca_bundle, self._proxy_url)
            self._set_state(State.OPEN)
            self._receiver.opened()
            for data in socket:
                self._receiver.frame(data, socket.more)
        except Interrupted:
            ending = Ending()
        except Ended as ended:
            ending = Ending(ended.code, ended.reason)
        except TaskRouterError as error:
            refused = isinstance(error, HttpError) and error.status in (401, 403)
            refused = self._plan(refused=refused)
            self._receiver.failed(error, refused)
            self._receiver.ended(Ending())
            return
        finally:
            socket.close()
        was_open = self.state is State.OPEN
        self._plan(refused=False)
        if was_open:
            self._receiver.ended(ending)

    def _plan(self, *, refused: bool) -> bool:
        """Plan the next attempt; tell whether it must wait for another token."""
        with self._condition:
            self._socket = None
            if self._anew:
                return False  # it was told to try at once, maybe with another token
            self._failures += 1
            wait = backoff.delay(self._failures, self._chance)
            self._next_attempt = time.monotonic() + wait
            # The same token would be refused again: wait for another one.
            self._refused = refused
            return refused

    def _set_state(self, state: State) -> None:
        # Only this connection's thread calls it.
        if state is not self._state:
            self._log.debug(
                "%s: %s -> %s", self._thread.name, self._state.value, state.value
            )
            self._state = state
