"""What all clients are: a resource, an emitter, and a connection that lasts.

Methods named ``_handle_…`` run on the event thread, as all that they call.
"""

from __future__ import annotations

import enum
import inspect
import logging
import math
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from concurrent.futures import Future
from contextlib import ExitStack
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, TypeVar

from . import notebook
from .connection import Connection, Ending, Target
from .dispatcher import Dispatcher, on_event_thread
from .emitter import Emitter, Registration, name_of
from .errors import (
    ArgumentError,
    ClientClosed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    one_line,
    shown,
)
from .http import Http, parse_json
from .lifecycle import INTERRUPTED, is_interactive, lifecycle
from .logs import ClientLog, event_line
from .network import base_urls, channel_url, differing_services, socket_url
from .properties import date_value
from .resources.base import R, Resource
from .session import Session, is_unauthorized, result_of
from .timing import Condition, Timing, may_pass
from .tokens import (
    CLOCK_DIFFERENCE,
    EXPIRY_MARGIN,
    Token,
    TokenProvider,
    hide,
    read_token,
)
from .typed_events import Disconnection


if TYPE_CHECKING:
    import requests

    from .resources.reservation import Reservation

    Self = TypeVar("Self", bound="Client[Any]")

# Seconds that `close` waits for what is running, such as a callback; and how many of
# them for the last request.
_CLOSE = 0.5
_LAST_REQUEST = 0.35

# Seconds that a call waits for its response's event: a listener may wait for the call.
_EVENTS = 1.0

# What the client's own resource shows of itself.
_SHOWN = ("friendly_name", "activity_name")


class State(enum.Enum):
    """What a client is; the one place that says whether it is closed."""

    CONNECTING = "connecting"
    READY = "ready"
    CLOSED = "closed"


class Event(NamedTuple):
    """What one frame or response says: the service's event type and its payload."""

    type: str
    payload: Any


class Client(Emitter, Resource[R]):
    """What `Worker`, `TaskQueue` and `Workspace` have in common.

    A client has a channel of the event bridge and a resource. Its properties, such as
    ``worker.friendlyName``, are the latest known properties of that resource.
    """

    # The claim that names the client's resource, and that resource's path.
    _SID_CLAIM: ClassVar[str]
    _PATH: ClassVar[str]

    # Events that report a state: a late listener is called with what still holds.
    _STATES: ClassVar[Set[str]] = frozenset(
        {"connected", "ready", "token.expired", "error"}
    )

    def __init__(
        self,
        token: str | TokenProvider,
        *,
        debug: object,
        region: str | None,
        max_retries: int | None,
        api_base_url: str | None,
        event_bridge_base_url: str | None,
        daemon: bool,
        http_session: requests.Session | None,
        close_existing_sessions: bool = False,
        disconnect_activity_sid: str | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Read the arguments and connect in the background; returns at once."""
        Emitter.__init__(self)
        self._check_arguments(debug, http_session)
        provider: TokenProvider | None = token if callable(token) else None
        first = read_token(hide(provider()) if provider else token, self._SID_CLAIM)
        retries = _read_retries(max_retries)
        api, bridge = base_urls(region, api_base_url, event_bridge_base_url, os.environ)
        # Of every token: `update_token` takes no other.
        self._sid = sid = first.channel_sid
        self._timing = timing or Timing()
        self._log = ClientLog(debug)
        self._channel_url = channel_url(bridge, first)
        # What may be the reason when the service refuses the client.
        self._differing_services = differing_services(api, bridge)
        self._close_existing_sessions = close_existing_sessions
        self._disconnect_activity_sid = disconnect_activity_sid
        # Guards the state, the errors and _ended; who waits for ready or the end waits
        # on it. A signal handler may close the client.
        self._changed = Condition()
        self._state = State.CONNECTING
        self._ended = False
        # The thread in `close`, where a signal handler may interrupt it.
        self._closer: int | None = None
        # What lasts until somebody acts, and what went wrong last and may pass.
        self._refusal: TaskRouterError | None = None
        self._last_error: TaskRouterError | None = None
        # The token of the current attempt, and the one that the service refused: no
        # attempt is made with it. Written by the socket thread.
        self._tried = first
        self._refused_token: Token | None = None
        # Requests that mean nothing any more when the connection is lost.
        self._of_connection: set[Future[Any]] = set()
        # The wall clock's distance from the monotonic one when the timers were set.
        self._clock = 0.0
        # New listeners of a state, until the event thread has seen whether it holds.
        self._late: deque[Registration] = deque()
        # All below belong to the event thread.
        self._connected = False
        self._is_ready = False
        self._ready_requested = False
        # The token whose end was reported, until another one has come.
        self._expired: Token | None = None
        # Since when the connection has been down, and whether the log says so.
        self._down_since: float | None = None
        self._is_outage = False
        # Failures in a row, by what is tried again.
        self._failures: dict[str, int] = {}
        shared_http, fetcher = lifecycle.acquire(self)
        self._http = self._make_http(shared_http, http_session)
        session = Session(
            self,
            http=self._http,
            fetcher=fetcher,
            token=first,
            provider=provider,
            sid_claim=self._SID_CLAIM,
            channel_url=self._channel_url,
            api_url=api,
            path=self._PATH.format(sid=sid),
            max_retries=retries,
            timing=self._timing,
            log=self._log,
        )
        known = {
            "sid": sid,
            "account_sid": first.account_sid,
            "workspace_sid": first.workspace_sid,
        }
        Resource.__init__(self, session, known, session.resource_url)
        self._dispatcher = Dispatcher(
            f"taskrouter-events-{sid}", self, self._timing, self._log
        )
        self._connection = self._make_connection(f"taskrouter-socket-{sid}")
        try:
            self._http.route(self._channel_url)  # a wrong proxy is an error here
            lifecycle.opened(self, daemon=daemon)
            self._plan_token()
            self._dispatcher.start()
            self._connection.start()
        except BaseException:
            self._abandon()
            raise

    @classmethod
    def _check_arguments(cls, debug: object, http_session: Any) -> None:
        # The options object that TaskRouter.js takes from version 2 on.
        if isinstance(debug, Mapping):
            names = ", ".join(inspect.signature(cls).parameters).partition(", daemon")
            raise ArgumentError(
                f"{cls.__name__} does not take an options object: pass "
                f"{cls.__name__}({names[0]}), or use keyword arguments"
            )
        if http_session is None or hasattr(http_session, "merge_environment_settings"):
            return
        kind = type(http_session).__name__
        raise ArgumentError(f"http_session must be a requests.Session, not {kind}")

    def _make_http(self, shared: Http, session: requests.Session | None) -> Http:
        return shared if session is None else Http(session)

    def _make_connection(self, name: str) -> Connection:
        return Connection(name, self, self._timing, self._log)

    def _abandon(self) -> None:
        """Leave nothing behind of a client that could not be opened."""
        self._state = State.CLOSED
        self._connection.close()
        self._dispatcher.close()
        lifecycle.closed(self)
        lifecycle.release(self)

    # The connection.

    def connect(self) -> None:
        """Connect again after `disconnect`; do nothing while connected.

        Returns at once. The events `connected` and `ready` follow.
        """
        self._connection.connect()

    def disconnect(self) -> None:
        """Close the connection until `connect` is called; requests still work.

        Returns at once. The event `disconnected` follows.
        """
        self._connection.disconnect()
        self._dispatcher.interrupt()

    def wait_until_ready(self, timeout: float | None = None) -> None:
        """Block this thread until the client is ready.

        That is after `ready`; a Worker has then also fetched its pending reservations.

        Args:
            timeout: seconds to wait; None waits forever.

        Raises:
            ArgumentError: `timeout` is not a number.
            RequestTimeout: the client was not ready in time; the message includes the
                last error.
            ClientClosed: the client was closed.
            TaskRouterError: the client can't become ready, for example because its
                token was refused.
            RuntimeError: called in an event callback, where it would block the event
                that it waits for.
        """
        limit = _read_timeout(timeout)
        if self._dispatcher.is_current and self._is_ready and not self._is_closed:
            return
        if self._dispatcher.is_current:
            raise RuntimeError("An event callback can't wait for a later event")
        found = self._changed.wait_for(self._readiness, limit)
        self._check_open()
        if found is State.READY:
            return
        if isinstance(refusal := found, TaskRouterError):
            # Each waiter gets one of its own, with its own traceback and context.
            raise copy(refusal) from refusal.__cause__
        trouble = self._last_error
        because = "" if trouble is None else f": {trouble.message}"
        raise RequestTimeout(
            f"The client was not ready within {limit:g} s{because}"
        ) from trouble

    def _readiness(self) -> State | TaskRouterError | None:
        """Say how the wait for ready ends; None while it goes on."""
        with self._changed.lock:
            is_over = self._state is not State.CONNECTING
            return self._state if is_over else self._refusal

    def run_forever(self) -> None:
        """Block this thread until the client is closed.

        Ctrl-C closes all clients and ends the program with status 130. In a notebook or
        another interactive session it only ends this call.

        Raises:
            RuntimeError: called in an event callback, where it would block all later
                events.
        """
        if on_event_thread():
            raise RuntimeError("An event callback can't run forever")
        try:
            self._changed.wait_for(lambda: self._ended or self._interrupts_close())
        except KeyboardInterrupt:
            if is_interactive():
                raise
            lifecycle.close_all()
            raise SystemExit(INTERRUPTED) from None

    def close(self) -> None:
        """Close the connection and stop the client's threads, for good.

        May be called any number of times, from any thread, any callback and a signal
        handler. After it has returned no callback is called any more. There are two
        exceptions: a callback that is already running runs to its end, and after a
        `close` in a callback `disconnected` is still emitted.
        """
        started = time.monotonic()
        deadline = started + _CLOSE
        in_callback = self._dispatcher.is_current
        with self._changed.lock:
            was_open, was_ready = not self._is_closed, self._is_ready
            if was_open:
                self._closer = threading.get_ident()
            self._state = State.CLOSED
            self._changed.notify_all()
        if not was_open and (in_callback or not self._interrupts_close()):
            if not in_callback:
                left = deadline - time.monotonic()
                self._changed.wait_for(lambda: self._ended, left)
            return
        last = partial(self._handle_closed, ends=in_callback)
        # From the last to the first, each whatever a signal handler raises in another.
        with ExitStack() as rest:
            if not in_callback:
                rest.callback(self._end)
            rest.callback(lifecycle.release, self)
            rest.callback(self._join, deadline)
            rest.callback(self._connection.close)
            rest.callback(self._dispatcher.close, last)
            if was_open and was_ready:
                self._start_last_request()
                self._wait_for_last_request(started + _LAST_REQUEST)

    def _join(self, deadline: float) -> None:
        for part in (self._connection, self._dispatcher):
            part.join(max(0.0, deadline - time.monotonic()))

    def _interrupts_close(self) -> bool:
        """Whether this is a signal handler that has interrupted `close`.

        It does what is left itself: waiting for what it interrupted would be in vain.
        """
        return self._closer == threading.get_ident() and not self._ended

    def _start_last_request(self) -> None:
        """Start what a page does at `unload`; a Worker changes its activity."""

    def _wait_for_last_request(self, deadline: float) -> None:
        """Wait until it is done, until `deadline` of `time.monotonic` at most."""

    def _handle_closed(self, *, ends: bool) -> None:
        if self._connected:
            self._handle_disconnected(Ending())
        if ends:  # as a callback wanted it: the script lasts until that has returned
            self._end()

    def _end(self) -> None:
        with self._changed.lock:
            self._ended = True
            self._changed.notify_all()
        lifecycle.closed(self)

    def _forked(self) -> None:
        """Be closed in a child process, which has none of this client's threads.

        Waits for no lock: one of those threads may have held it at the fork.
        """
        self._changed = Condition()
        self._state, self._ended = State.CLOSED, True
        self._refusal = ClientClosed(ClientClosed.FORKED)
        for part in (self._session, self._dispatcher, self._connection):
            part.forked()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # Tokens.

    def update_token(self, token: Any) -> None:
        """Use a new token for the client and for every object that came from it.

        If there is no connection because the token was refused or has expired, the
        client connects at once. An open connection stays open. May be called from any
        thread.

        Args:
            token: a capability token for the same account, workspace and channel.

        Raises:
            TokenError: the token can't be used; the old one stays in use.

        Source: TaskRouter.js v1, ``updateToken``.
        """
        token = hide(token)
        self._session.update_token(token)

    if TYPE_CHECKING:  # both spellings for editors; at run time by rule
        updateToken = update_token
        waitUntilReady = wait_until_ready
        runForever = run_forever

    # What the session asks, on any thread.

    @property
    def _is_closed(self) -> bool:
        return self._state is State.CLOSED

    def _check_open(self) -> None:
        if self._is_closed:
            forked = self._refusal if isinstance(self._refusal, ClientClosed) else None
            raise ClientClosed() if forked is None else ClientClosed(forked.message)

    def _pause(self, seconds: float) -> None:
        """Wait; raises ClientClosed if the client is closed meanwhile."""
        self._changed.wait_for(lambda: self._is_closed, seconds)
        self._check_open()

    def _on_new_token(self) -> None:
        with self._changed.lock:
            self._refusal = None
        self._dispatcher.call_soon(self._handle_token)
        self._connection.retry()

    def _on_response_event(self, event_type: str, payload: Any) -> None:
        try:
            self._queue_event(Event(event_type, payload))
        except InvalidResponse as error:
            # Without the frames, in which is what the service may have repeated.
            handle = partial(self._handle_error, error.with_traceback(None))
            self._dispatcher.put(handle)

    def _wait_for_events(self) -> None:
        """Let what is queued be handled first, unless that takes long."""
        if not self._dispatcher.is_current:
            self._wait_until_handled(_EVENTS)

    def _on_posted(
        self, url: str, params: Mapping[str, Any], since: float, payload: Any
    ) -> None:
        """Follow what the program has changed; `since` is when, of `time.monotonic`."""

    def _on_result(self, result: Any) -> None:
        """Keep current what the client shows."""
        if isinstance(result, Resource) and result.payload.get("sid") == self._sid:
            self._apply(result.payload)  # asked for through another object

    # What the connection reports, on the socket thread.

    def _target(self) -> Target | None:
        token = self._tried = self._session.token
        if token.is_expired(time.time()):
            # The wall clock may have been set.
            self._dispatcher.call_soon(self._check_expiry)
            return None
        if token is self._refused_token:
            return None
        url = socket_url(
            self._channel_url,
            token,
            self._close_existing_sessions,
            self._disconnect_activity_sid,
        )
        return url, self._http.route(self._channel_url)

    def _on_open(self) -> None:
        # The request is on its way before any callback runs.
        ready = self._start_ready()
        self._dispatcher.put(self._handle_connected)
        self._dispatcher.put(*ready)

    def _on_message(self, data: bytes) -> None:
        try:
            event = parse_frame(data)
            if event is None:
                self._on_heartbeat()
                return
            queued = self._queue_event(event, len(data))
        except InvalidResponse as error:
            error.response = self._tried.secret.hidden_in(error.response)
            # Without the frames, in which the data is in reach.
            handle = partial(self._handle_bad_frame, error.with_traceback(None))
            queued = self._dispatcher.put(handle, size=len(data))
        if not queued and self._connection.is_wanted and not self._is_closed:
            self._log.warning(
                "%s: a callback is blocking and %d events are queued; the connection "
                "is closed until they have been processed",
                self._sid,
                len(self._dispatcher),
            )
            self._connection.pause()
            self._dispatcher.put(self._connection.resume)

    def _on_heartbeat(self) -> None:
        """Do what can wait until the connection has stood for a while."""
        if self._has_clock_changed():
            self._dispatcher.call_soon(self._check_expiry)

    def _on_close(self, ending: Ending) -> None:
        if ending.lost:
            if self._close_existing_sessions and (wait := self._connection.backs_off):
                self._log.warning(
                    "%s: the connection was closed again soon after it was opened: "
                    "another program may also be using close_existing_sessions; next "
                    "attempt in %.0f s",
                    self._sid,
                    wait,
                )
            # What broke it may have broken the kept connections too.
            self._http.renew()
        for each in tuple(self._of_connection):
            each.cancel()
        self._dispatcher.put(partial(self._handle_disconnected, ending))

    def _on_error(self, error: TaskRouterError) -> None:
        token = self._tried
        if is_refused(error):
            self._refused_token = token
        self._dispatcher.put(partial(self._handle_attempt_failed, error, token))

    def _queue_event(self, event: Event, size: int = 0, topic: Hashable = None) -> bool:
        """Queue an event; InvalidResponse if it makes no sense."""
        is_ready = event.type.startswith("ready")
        handle = self._handle_ready_event if is_ready else self._handle_event
        return self._dispatcher.put(partial(handle, event), size=size, topic=topic)

    # Events.

    def _handle_event(self, event: Event) -> None:
        self._emit(event.type, self._session.build(event.payload))

    def _handle_ready_event(self, event: Event) -> None:
        self._apply(event.payload, if_newer=True)
        self._emit(event.type, self._session.build(event.payload))

    def _handle_connected(self) -> None:
        self._connected = self._ready_requested = True
        if self._is_outage and self._down_since is not None:
            seconds = time.monotonic() - self._down_since
            self._log.warning("%s: reconnected after %.0f s", self._sid, seconds)
        self._down_since, self._is_outage = None, False
        self._emit("connected")

    def _handle_attempt_failed(self, error: TaskRouterError, token: Token) -> None:
        if is_refused(error):
            self._handle_refused(error, token)
            self._handle_error(error)
            return
        # An outage is one warning, however many attempts it takes.
        level = logging.DEBUG if self._is_outage else logging.WARNING
        self._log.log(level, "%s: %s; retrying", self._sid, error)
        self._is_outage = True
        with self._changed.lock:
            self._last_error = error
        self._emit("error", error)

    def _handle_disconnected(self, ending: Ending) -> None:
        self._connected = self._is_ready = False
        if self._down_since is None:
            self._down_since = time.monotonic()
        self._set_state(State.CONNECTING)
        self._dispatcher.cancel("ready")
        self._check_expiry()
        reason = one_line(self._tried.secret.hidden_in(ending.reason), 200)
        self._emit("disconnected", Disconnection(ending.code, reason))

    def _handle_error(self, error: TaskRouterError) -> None:
        if isinstance(error, ClientClosed):
            return  # of a request that was under way
        with self._changed.lock:
            self._last_error = error
        if not self._emit("error", error):
            self._log.error("%s: %s", self._sid, error)

    def _handle_bad_frame(self, error: TaskRouterError) -> None:
        self._handle_error(error)

    # Ready.

    def _start_ready(self) -> tuple[Callable[[], None], Future[Any]]:
        """Start the request for `ready`; gives what to queue."""
        token = self._session.token
        future = self._until_lost(self._session.fetch(self._url, event_type="ready"))
        return partial(self._handle_ready_response, future, token), future

    def _until_lost(self, future: Future[Any]) -> Future[Any]:
        """Cancel a request when the connection that it is for is lost.

        Events wait for it, and what lost the connection may swallow the response.
        """
        self._of_connection.add(future)
        future.add_done_callback(self._of_connection.discard)
        return future

    def _handle_ready_response(self, future: Future[Any], token: Token) -> None:
        self._ready_requested = False
        payload = result_of(future)
        if payload is None and future.cancelled():
            return
        if isinstance(payload, Mapping):
            self._apply(payload)
            self._succeeded("ready", "token")
            self._handle_ready(payload, future.result().date)
            return
        error = payload
        if not isinstance(error, TaskRouterError):
            error = InvalidResponse("The response to ready contains no resource")
        if is_refused(error):
            if self._handle_refused(error, token):
                return
        elif may_pass(error):
            self._retry("ready", self._request_ready, error)
        else:
            self._refuse(error, token)
        self._handle_error(error)

    def _handle_ready(self, payload: Mapping[str, Any], date: Any) -> None:
        if not self._close_existing_sessions:
            # Clients that evict each other must not do so at full speed.
            self._connection.succeeded()
        self._is_ready = True
        with self._changed.lock:
            self._refusal = self._last_error = None
        self._emit("ready", self._session.build(payload))
        self._read_after_ready(payload, date)

    def _read_after_ready(self, payload: Mapping[str, Any], date: Any) -> None:
        """Read what else there is to know; a Worker has reservations."""
        self._set_state(State.READY)

    def _request_ready(self) -> None:
        if self._connected and not self._is_ready and not self._ready_requested:
            self._ready_requested = True
            self._dispatcher.put_first(*self._start_ready())

    # Tokens: one rule for a refused one, one for its end.

    def _handle_refused(self, error: TaskRouterError, token: Token) -> bool:
        """Follow a token that was refused; True if there is another one already.

        What may help is tried until it does: the provider, or waiting for a token that
        is not valid yet. Otherwise the client rests until `update_token`.
        """
        if self._session.token is not token:
            self._try_again()
            return True
        if self._differing_services:
            error.message += f" ({self._differing_services})"
        if self._session.has_provider and not self._failures.get("token"):
            if self._renew_token(token):
                self._failures["token"] = 1
                return True
        elif (seconds := token.valid_in(time.time())) is not None:
            # Of a provider's too: the next one would be as young.
            self._retry("token", self._try_again, error, _least_wait(seconds))
            return False
        self._refuse(error, token)
        if self._session.has_provider:
            self._retry("token", partial(self._ask_again, token))
        return False

    def _retry_when_valid(
        self, name: str, run: Callable[[], None], error: TaskRouterError
    ) -> bool:
        """Try again what was refused, if the token is not valid yet by this clock."""
        seconds = self._session.token.valid_in(time.time()) or 0.0
        if seconds and is_refused(error):
            self._retry(name, run, error, _least_wait(seconds))
            return True
        return False

    def _ask_again(self, token: Token) -> None:
        if self._session.token is token and not self._renew_token(token):
            self._retry("token", partial(self._ask_again, token))

    def _try_again(self) -> None:
        self._refused_token = None
        self._connection.retry()
        self._request_ready()

    def _refuse(self, error: TaskRouterError, token: Token) -> None:
        """Note what keeps a token from working, unless another one has come since."""
        with self._changed.lock:
            if self._session.token is token:
                self._refusal = error
                self._set_state(State.CONNECTING)

    def _renew_token(self, old: Token) -> bool:
        """Ask the provider for a token; its failure is an `error` event."""
        try:
            self._session.refresh_token(old)
        except TaskRouterError as error:
            self._handle_error(error)
            return False
        return True

    def _handle_token(self) -> None:
        """Follow a new token: its timers, and a `ready` that the old one was denied."""
        self._expired = None
        self._plan_token()
        # Now, not when the next attempt was due: or `ready` would come twice.
        self._dispatcher.cancel("ready")
        self._request_ready()

    def _plan_token(self) -> None:
        """Set the timers of the current token."""
        self._clock = time.time() - time.monotonic()
        for name in ("expiry", "renewal"):
            self._dispatcher.cancel(name)
        expires_at = self._session.token.expires_at
        if expires_at is None:
            return
        left = expires_at - EXPIRY_MARGIN - time.time()
        if self._session.has_provider:
            if left > 0:
                # Half way, for a token that does not last as long as the margin.
                seconds = max(left - self._timing.renewal, left / 2)
                self._dispatcher.call_later("renewal", seconds, self._handle_renewal)
            else:
                self._retry("renewal", self._handle_renewal)
        self._dispatcher.call_later("expiry", max(0.0, left), self._check_expiry)

    def _handle_renewal(self) -> None:
        if self._renew_token(self._session.token):
            self._succeeded("renewal")
        else:
            self._retry("renewal", self._handle_renewal)

    def _check_expiry(self) -> None:
        """Emit `token.expired`, once, if it has; take it back if it has not."""
        if self._has_clock_changed():
            self._plan_token()
        token = self._session.token
        if not token.is_expired(time.time()):
            if self._expired is token:
                self._on_new_token()  # as good as one
            return
        # No heartbeat comes to a client that rests, and the clock may be set back.
        again = self._timing.heartbeat / 2
        self._dispatcher.call_later("expiry", again, self._check_expiry)
        if not self._is_ready:
            self._refuse(HttpError(401, "The token has expired"), token)
        if self._expired is None:
            self._expired = token
            self._emit("token.expired")

    def _has_clock_changed(self) -> bool:
        return abs(time.time() - time.monotonic() - self._clock) > 1.0

    # Late listeners.

    def _on_registered(self, registration: Registration) -> None:
        """Call a new listener with the state that still holds; from any thread."""
        if self._is_closed and registration.event in self._EVENTS:
            # A callback that has just closed the client still gets `disconnected`.
            if self._ended or registration.event != "disconnected":
                self._log.warning(
                    "%s: the client is closed: no %r event will be delivered to %s",
                    self._sid,
                    registration.event,
                    name_of(registration.callback),
                )
        elif registration.event in self._STATES:
            self._late.append(registration)
            self._dispatcher.call_soon(self._call_late_listeners)

    def _on_listener_error(
        self, registration: Registration, error: BaseException
    ) -> None:
        super()._on_listener_error(registration, error)
        lifecycle.listener_raised(self, registration.callback, error)

    def _call_late_listeners(self, before: str | None = None) -> None:
        """Call the late listeners; not those of `before`, whose emit comes next."""
        for _ in range(len(self._late)):
            each = self._late.popleft()
            if each.event == before or each.delivered or not self._is_registered(each):
                continue
            args = self._state_of(each.event)
            if args is not None:
                self._emit_to([each], *args)

    def _state_of(self, event: str) -> tuple[Any, ...] | None:
        """Give what an event would carry now, if the state that it reports holds."""
        if event == "connected" and self._connected:
            return ()
        if event == "ready" and self._is_ready:
            return (self._session.build(self.payload),)
        if event == "token.expired" and self._expired is not None:
            return ()
        # An expired token has an event of its own.
        refusal = self._refusal
        if event == "error" and refusal is not None and self._expired is None:
            return (refusal,)
        return None

    # Tools.

    def _fetch(self) -> Any:
        payload = self._session.call("GET", self._url)
        self._apply(payload)
        return self._session.result(payload, self._url)

    def _emit(self, event: str, *args: Any) -> bool:
        # An outage is one warning when it begins: its attempts are details.
        level = logging.INFO
        if self._is_outage and event in ("error", "disconnected"):
            level = logging.DEBUG
        if self._log.isEnabledFor(level):
            self._log.log(level, "%s: %s", self._sid, event_line(event, args))
        if self._late:
            # Who was added just now gets the state first: `ready` before a reservation.
            self._call_late_listeners(before=event)
        return self.emit(event, *args)

    def _wait_until_handled(self, timeout: float) -> None:
        """Wait until what is queued now has been handled."""
        handled = threading.Event()
        self._dispatcher.put(handled.set)
        if not self._is_closed:
            handled.wait(timeout)

    def _retry(
        self,
        name: str,
        run: Callable[[], None],
        error: TaskRouterError | None = None,
        least: float = 0.0,
    ) -> None:
        """Try something again, after a backoff that grows until it has succeeded."""
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        seconds = max(least, self._timing.wait_before(failures, error))
        self._dispatcher.call_later(name, seconds, run)

    def _succeeded(self, *names: str) -> None:
        for name in names:
            self._failures.pop(name, None)

    def _fetch_then(
        self,
        futures: Sequence[Callable[[], Future[Any]]],
        run: Callable[..., None],
        *,
        size: int = 0,
        topic: Hashable = None,
        first: bool = False,
    ) -> bool:
        """Start requests now, and queue what takes their results.

        The one rule for a 401 of the event thread's requests: they are started once
        more with a fresh token, in the place that they have in the queue.

        Args:
            futures: start the requests.
            run: gets their results or errors, on the event thread.
            size, topic: of the frame that they are for.
            first: whether to queue it before everything that waits.
        """
        token = self._session.token
        started = [start() for start in futures]

        def take() -> None:
            results = [result_of(each) for each in started]
            if any(map(is_unauthorized, results)) and self._can_renew(token):
                again = [start() for start in futures]
                self._dispatcher.put_first(
                    lambda: run(*map(result_of, again)), *again, topic=topic
                )
            else:
                run(*results)

        if first:
            self._dispatcher.put_first(take, *started)
            return True
        return self._dispatcher.put(take, *started, size=size, topic=topic)

    def _can_renew(self, token: Token) -> bool:
        """Whether there is another token than the refused one.

        A provider that fails is asked again: `_handle_token` follows what it gives.
        """
        if self._session.token is not token:
            return True
        if not self._session.has_provider:
            return False
        if not self._renew_token(token):
            self._retry("renewal", self._handle_renewal)
            return False
        return True

    def _set_state(self, state: State) -> None:
        with self._changed.lock:
            if not self._is_closed:
                self._state = state
                self._changed.notify_all()

    def _may_call(self, registration: Registration) -> bool:
        # After close() only `disconnected` comes; a program may emit what it likes.
        return (
            self._state is not State.CLOSED
            or registration.event == "disconnected"
            or not self._dispatcher.is_current
        )

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> NoReturn:
        self._refuse_copy("has a connection and can't be copied")

    # How a client shows itself: it asks the service nothing, and shows no token.

    def __repr__(self) -> str:
        if "_connection" not in self.__dict__:
            # Its constructor failed, and an error reporter looks at the frames.
            return f"<{type(self).__name__}, not open>"
        row = self._row()
        parts = [self._sid, self._connection.state.value]
        parts += [f"{name}={row[name]!r:.60}" for name in _SHOWN if row.get(name)]
        if count := len(self._open_reservations() or ()):
            parts.append(f"open_reservations={count}")
        return f"<{type(self).__name__} {' '.join(parts)}>"

    def _repr_html_(self) -> str:
        found = self._open_reservations()
        reservations = [
            {
                "sid": each.payload.get("sid"),
                "reservation_status": each.payload.get("reservation_status"),
                "attributes": (each.get("task") or {}).get("attributes"),
                "date_created": each.get("date_created"),
            }
            for each in (found or {}).values()
        ]
        row, refusal, running = self._row(), self._refusal, self._running_name()
        state = {
            **{name: row[name] for name in _SHOWN if name in row},
            "connection": self._connection.state.value,
            "ready": "yes" if self._is_ready else "no",
            **({} if refusal is None else {"refused": str(refusal)}),
            "token expires": date_value(self._session.token.expires_at),
            **({} if found is None else {"open reservations": len(found)}),
            "events queued": len(self._dispatcher),
            **({} if running is None else {"callback running": running}),
        }
        below = [notebook.folded("properties", notebook.facts("", row))]
        if reservations:
            below.insert(0, notebook.table("open reservations", reservations))
        return notebook.card(f"{type(self).__name__} {self._sid}", state, *below)

    def _open_reservations(self) -> Mapping[str, Reservation] | None:
        """Give the open reservations by sid; None for a client that has none."""
        return None


def parse_frame(frame: bytes) -> Event | None:
    """Read a frame of the event bridge.

    Returns:
        The event; None for a heartbeat (a blank frame) or a message without a type,
        which TaskRouter.js ignores too.

    Raises:
        InvalidResponse: not UTF-8, JSON or an object, or a type that is not text; its
            `response` is the frame's text.
    """
    if not frame.strip():
        return None
    try:
        message = parse_json(frame)
    except UnicodeDecodeError:
        trouble = "is not UTF-8"
    except ValueError:
        trouble = "is not JSON"
    else:
        if not isinstance(message, dict):
            trouble = "is not an object"
        elif (name := message.get("event_type")) is None or isinstance(name, str):
            return Event(name, message.get("payload")) if name else None
        else:
            trouble = "has an event_type that is not text"
    text = frame.decode("utf-8", "replace")
    raise InvalidResponse(f"A frame from the event bridge {trouble}", response=text)


def is_refused(error: Any) -> bool:
    """Whether this is the error of a token that the service does not accept."""
    return isinstance(error, HttpError) and error.status in (401, 403)


def _least_wait(seconds: float) -> float:
    """Give the least wait for a token that is valid in so many seconds.

    Further ahead than clocks usually differ, this machine's own may be the wrong one.
    """
    return seconds if seconds <= CLOCK_DIFFERENCE else 0.0


def _read_retries(value: Any) -> int:
    """Read `max_retries`: an integer from 0, or its text; None for 0."""
    if value is None:
        return 0
    if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ArgumentError(
            f"max_retries must be a non-negative integer, not {shown(value)}"
        )
    return value


def _read_timeout(value: Any) -> float:
    """Read a time limit in seconds; None for none."""
    if value is None:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ArgumentError(
            f"timeout must be a number of seconds or None, not {shown(value)}"
        )
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else 0.0
