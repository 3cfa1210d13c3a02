"""Whether a client works: what `wait_until_ready` waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..errors import ClientClosed, RequestTimeout, TaskRouterError
from ..tokens import Token


class Status:
    """Shared by the event thread, which writes, and whoever waits."""

    def __init__(self, token: Callable[[], Token]) -> None:
        """Make it; `token` gives the client's token of the moment."""
        self._token = token
        # Guards everything below; those who wait for ready wait on it.
        self._condition = threading.Condition()
        self._ready = False
        self._refusal: TaskRouterError | None = None
        self._trouble: TaskRouterError | None = None
        self._closed = False
        self._farewell = ClientClosed().message

    @property
    def ready(self) -> bool:
        """Whether `ready` was told of the connection that stands."""
        return self._ready

    @property
    def refusal(self) -> TaskRouterError | None:
        """What keeps the client from working until somebody acts."""
        return self._refusal

    @property
    def closed(self) -> bool:
        return self._closed

    def set_ready(self, ready: bool) -> None:
        with self._condition:
            self._ready = ready
            if ready:
                self._refusal = self._trouble = None
            self._condition.notify_all()

    def refuse(self, refusal: TaskRouterError, token: Token) -> None:
        """Note what keeps a token from working, unless another one has come since."""
        with self._condition:
            if self._token() is token:
                self._refusal = refusal
                self._condition.notify_all()

    def renewed(self) -> None:
        """Note that another token has come: it may work."""
        with self._condition:
            self._refusal = None

    def trouble(self, error: TaskRouterError) -> None:
        """Note what went wrong last, and may pass by itself."""
        with self._condition:
            self._trouble = error

    def close(self) -> bool:
        """End all waiting; False if it was closed before."""
        with self._condition:
            was_open = not self._closed
            self._closed = True
            self._ready = False
            self._condition.notify_all()
        return was_open

    def orphan(self) -> None:
        """Be closed in a child process, whoever held the lock at the fork."""
        self._condition = threading.Condition()
        self._closed = True
        self._ready = False
        self._farewell = ClientClosed.FORKED

    def wait_until_ready(self, timeout: float | None) -> None:
        """Wait until the client is ready.

        Raises:
            RequestTimeout: `timeout` seconds have passed; says what went wrong last.
            ClientClosed: it was closed.
            TaskRouterError: what keeps it from becoming ready.
        """
        with self._condition:
            self._condition.wait_for(
                lambda: self._ready or self._closed or self._refusal, timeout
            )
            if self._closed:
                raise ClientClosed(self._farewell)
            if self._ready:
                return
            refusal, trouble = self._refusal, self._trouble
        if refusal is None:
            because = "" if trouble is None else f": {trouble.message}"
            raise RequestTimeout(
                f"The client was not ready within {timeout:g} s{because}"
            ) from trouble
        # Each waiter gets a traceback of its own.
        raise refusal.with_traceback(None)
