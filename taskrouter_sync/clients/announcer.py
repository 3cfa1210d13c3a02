"""From what the line brings to what listeners hear, for every kind of client.

The methods named ``_on_…`` run on the event thread, and so does everything they call;
what they change belongs to that thread.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence, Set
from logging import Logger
from typing import Any, NamedTuple

from .. import logs
from ..emitter import Emitter, Registration
from ..errors import HttpError, InvalidResponse, TaskRouterError
from ..line import Step, Steps
from ..prefetch import Details, Fetching, Job
from ..session import Session
from ..tokens import Token
from ..typed_events import Disconnection
from ..wire import backoff, frames
from ..wire.answers import Result
from ..wire.connection import Ending
from ..wire.frames import Event
from .asking import Asking, outcome_of
from .status import Status
from .token_watch import TokenWatch


class Parts(NamedTuple):
    """What an announcer works with: all of one client.

    Attributes:
        show: lets the client show the properties of a payload.
        proved: tells the connection that it works.
    """

    emitter: Emitter
    session: Session
    delivery: Steps
    prefetcher: Fetching
    status: Status
    show: Callable[[Any], None]
    proved: Callable[[], None]
    log: Logger


class Announcer:
    """Receives openings, frames and endings; makes steps of them."""

    # Events that tell a state: a late listener may have to hear of it.
    _STATES: Set[str] = frozenset({"connected", "ready", "token.expired", "error"})

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._session = parts.session
        self._delivery = parts.delivery
        self._status = parts.status
        # The token of the attempt of the moment; the socket thread's.
        self._tried = parts.session.token
        # All below belong to the event thread.
        self._connected = False
        self._token = TokenWatch(
            parts.session, parts.delivery, self._on_expired, self._on_error
        )
        self._asking = Asking(
            parts.session, self._fetch, parts.delivery.add_first, self._token.renew
        )
        self._ready_entity: Any = None
        self._ready_asked = False
        self._ready_failures = 0
        self._may_refresh = True

    # The line's side: on the socket's thread, and never blocking.

    def token_to_try(self) -> Token:
        """Give the token for the next attempt to connect."""
        self._tried = self._session.token
        return self._tried

    def opened(self) -> None:
        # The request is on its way before anybody hears of the connection.
        ready = self._ready_step()
        self._delivery.add(Step(self._on_connected), ready)

    def frame(self, data: bytes, more: bool) -> None:
        try:
            event = frames.parse(data)
            steps = () if event is None else (self._step(event),)
            self._delivery.add(*steps, more=more)
        except InvalidResponse as error:
            self._delivery.add(_error_step(self._on_odd_frame, error))

    def failed(self, error: TaskRouterError, refused: bool) -> None:
        token = self._tried if refused else None
        self._delivery.add(Step(lambda: self._on_failed(error, token)))

    def ended(self, ending: Ending) -> None:
        self._delivery.add(Step(lambda: self._on_disconnected(ending)))

    def heard(self, event: Event) -> None:
        """Take an event that came with an answer; from any thread."""
        try:
            self._delivery.add(self._step(event))
        except InvalidResponse as error:
            self._delivery.add(_error_step(self._on_error, error))

    def registered(self, registration: Registration) -> None:
        """Tell a new listener the state that still holds; from any thread."""
        if registration.event in self._STATES:
            step = Step(lambda: self._on_registered(registration))
            self._delivery.add_beside(step)

    def token_changed(self) -> None:
        """Hear of a new token; from any thread."""
        self._delivery.add_beside(Step(self._on_token))

    # What events become.

    def _step(self, event: Event) -> Step:
        """Make a step of an event; InvalidResponse if it makes no sense."""
        if event.type.startswith("ready"):
            return Step(lambda: self._on_ready_event(event))
        return Step(lambda: self._on_event(event))

    def _on_event(self, event: Event) -> None:
        self._emit(event.type, self._session.build(event.payload))

    def _on_ready_event(self, event: Event) -> None:
        self._parts.show(event.payload)
        self._emit(event.type, self._session.build(event.payload))

    def _on_connected(self) -> None:
        self._connected = self._ready_asked = True
        self._emit("connected")

    def _on_failed(self, error: TaskRouterError, refused: Token | None) -> None:
        if refused is not None and not self._refreshed(refused):
            self._status.refuse(error, refused)
        self._on_error(error)

    def _on_disconnected(self, ending: Ending) -> None:
        self._connected = False
        self._ready_entity = None
        self._status.set_ready(False)
        self._delivery.clear_timer("ready")
        self._token.check()
        self._refuse_expired()
        self._emit("disconnected", Disconnection(ending.code, ending.reason))

    def on_closed(self) -> None:
        """Say the last word: the connection is over."""
        if self._connected:
            self._on_disconnected(Ending())

    def _on_error(self, error: TaskRouterError) -> None:
        self._status.trouble(error)
        if not self._emit("error", error):
            self._parts.log.error("%s: %s", self._name(), error, exc_info=error)

    def _on_odd_frame(self, error: TaskRouterError) -> None:
        self._on_error(error)

    # Ready.

    def _ready_step(self) -> Step:
        token, url = self._session.token, self._session.resource_url
        details = self._fetch([lambda: self._get(url, event_type="ready")])
        return Step(lambda: self._on_ready(details, token), details)

    def _on_ready(self, details: Details, token: Token) -> None:
        self._ready_asked = False
        outcome = outcome_of(details)
        if not isinstance(outcome, TaskRouterError):
            if isinstance(outcome.payload, Mapping):
                self._on_become_ready(outcome)
                return
            outcome = InvalidResponse("The answer to ready holds no resource")
        self._on_ready_failed(outcome, token)

    def _on_become_ready(self, result: Result) -> None:
        self._ready_failures = 0
        self._may_refresh = True
        self._parts.show(result.payload)
        self._parts.proved()
        self._ready_entity = self._session.build(result.payload)
        self._status.set_ready(True)
        self._emit("ready", self._ready_entity)

    def _on_ready_failed(self, error: TaskRouterError, token: Token) -> None:
        refused = isinstance(error, HttpError) and error.status in (401, 403)
        if refused and self._refreshed(token):
            self._on_ask_ready()
            return
        if self._worth_retrying(error):
            self._ready_failures += 1
            self._retry("ready", self._ready_failures, self._on_ask_ready)
        else:
            self._status.refuse(error, token)
        self._on_error(error)

    def _on_ask_ready(self) -> None:
        self._ready_asked = True
        self._delivery.add_first(self._ready_step())

    def _refreshed(self, refused: Token) -> bool:
        """Whether there is another token than the refused one.

        The user's own source is asked for it: once, until it works again.
        """
        if self._session.token is not refused:
            return True
        if not self._session.has_source or not self._may_refresh:
            return False
        self._may_refresh = False
        return self._token.renew(refused)

    # Tokens.

    def _on_token(self) -> None:
        """Follow a new token: its timers, and a `ready` that the old one was denied."""
        self._token.renewed()
        if self._connected and self._ready_entity is None and not self._ready_asked:
            # Now, not when the next try was due: or `ready` would come twice.
            self._delivery.clear_timer("ready")
            self._on_ask_ready()

    def watch_token(self) -> None:
        """Set the timers of the first token; before the event thread starts."""
        self._token.plan()

    def _on_expired(self) -> None:
        if not self._status.ready:
            self._refuse_expired()
        self._emit("token.expired")

    def _refuse_expired(self) -> None:
        token = self._session.token
        if token.expired(time.time()):
            self._status.refuse(HttpError(401, "The token has expired"), token)

    # Late listeners.

    def _on_registered(self, registration: Registration) -> None:
        if registration.delivered or not self._parts.emitter._is_registered(
            registration
        ):
            return
        held = self._held(registration.event)
        if held is not None:
            self._parts.emitter._emit_to([registration], *held)

    def _held(self, event: str) -> tuple[Any, ...] | None:
        """Tell what an event would carry now, if the state it tells still holds."""
        if event == "connected" and self._connected:
            return ()
        if event == "ready" and self._ready_entity is not None:
            return (self._ready_entity,)
        if event == "token.expired" and self._token.expired:
            return ()
        refusal = self._status.refusal
        # Of an expired token its own event tells.
        if event == "error" and refusal is not None and not self._token.expired:
            return (refusal,)
        return None

    # Tools.

    def _emit(self, event: str, *args: Any) -> bool:
        if self._parts.log.isEnabledFor(logging.INFO):
            self._parts.log.info("%s: %s", self._name(), logs.event_line(event, args))
        return self._parts.emitter.emit(event, *args)

    def _fetch(self, jobs: Sequence[Job]) -> Details:
        return self._parts.prefetcher.fetch(jobs, self._delivery.wake, self._session)

    def _get(self, url: str, *, event_type: str | None = None) -> Result:
        """Get something; on a fetch thread, where no user's code may run."""
        return self._session.request(
            "GET", url, event_type=event_type, may_refresh=False
        )

    def _retry(self, name: str, failures: int, run: Callable[[], None]) -> None:
        wait = backoff.delay(failures, random.random)
        self._delivery.set_timer(name, time.time() + wait, run)

    def _worth_retrying(self, error: TaskRouterError) -> bool:
        # What makes no sense is seldom the service's own: the next answer may be.
        return isinstance(error, InvalidResponse) or backoff.may_repeat("GET", error)

    def _name(self) -> str:
        return self._session.token.channel_sid


def _error_step(run: Callable[[TaskRouterError], None], error: TaskRouterError) -> Step:
    return Step(lambda: run(error))
