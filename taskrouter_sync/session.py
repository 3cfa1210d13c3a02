"""What everything born of one client shares: its token, its URLs, its way to ask."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .errors import ClientClosed, HttpError, TaskRouterError, TokenError
from .tokens import Token, check_same_client
from .wire import answers, backoff
from .wire.answers import Result
from .wire.frames import Event
from .wire.requester import (
    ANSWER_TIMEOUT,
    CONNECT_TIMEOUT,
    Endpoint,
    Requester,
)


log = logging.getLogger("taskrouter_sync")

TokenSource = Callable[[], str]


class Factory(Protocol):
    """How payloads become resources; passed in, as resources know their session."""

    def make(self, session: Session, payload: Any, url: str | None = None) -> Any: ...
    def neighbor(
        self, session: Session, sid: Any, context: Mapping[str, Any]
    ) -> Any: ...


class Limits:
    """Time limits of one request, in seconds."""

    def __init__(
        self,
        connect: float = CONNECT_TIMEOUT,
        answer: float = ANSWER_TIMEOUT,
    ) -> None:
        self.connect = connect
        self.answer = answer


class Session:
    """Performs requests for one client, on whichever thread asks."""

    def __init__(
        self,
        *,
        requester: Requester,
        endpoint: Endpoint,
        api_url: str,
        path: str,
        token: Token,
        read: Callable[[Any], Token],
        source: TokenSource | None,
        max_retries: int,
        limits: Limits,
        factory: Factory,
        hear: Callable[[Event], None],
        notice: Callable[[Any], None],
        token_changed: Callable[[], None],
        logger: logging.Logger = log,
    ) -> None:
        """Make it; for the client.

        Args:
            requester, endpoint: HTTP, and the client's channel on the event bridge.
            api_url: base of the REST URLs inside the envelopes.
            path: of the client's resource in the workspace.
            token: the first one.
            read: checks a token's text.
            source: gives a fresh token, if the client has one that does.
            max_retries: further attempts of a request that may be repeated.
            limits: time limits of a request that names none.
            factory: makes resources of payloads.
            hear: takes an event that came with an answer.
            notice: sees each entity that an answer brought.
            token_changed: is told of each new token, on the thread that brought it.
            logger: takes a line for each request.
        """
        self._requester = requester
        self._endpoint = endpoint
        self._read = read
        self._source = source
        self._max_retries = max_retries
        self._factory = factory
        self._limits = limits
        self._hear = hear
        self._notice = notice
        self._token_changed = token_changed
        self._log = logger
        # Replaced as a whole; may be read by any thread at any time.
        self._token = token
        # Set once, by the client's close(); wakes whoever waits between attempts.
        self._closed = threading.Event()
        self._farewell = ClientClosed().message
        self.workspace_url: str = f"{api_url}/Workspaces/{token.workspace_sid}"
        self.resource_url: str = self.workspace_url + path

    @property
    def token(self) -> Token:
        return self._token

    @property
    def has_source(self) -> bool:
        """Whether a fresh token can be asked for."""
        return self._source is not None

    def update_token(self, text: Any) -> None:
        """Use another token from now on, everywhere.

        Raises:
            TokenError: it can't be used, or is one of another client.
        """
        token = self._read(text)
        check_same_client(self._token, token)
        self._token = token
        self._log.debug("%s: new token %s", token.channel_sid, token.fingerprint)
        self._token_changed()

    def refresh(self, refused: Token) -> None:
        """Ask the source for a fresh token, unless another thread just did.

        Raises:
            TokenError: it raised, with what it raised as the cause; or what it gave
                can't be used.
        """
        if self._source is None or self._token is not refused:
            return
        try:
            text = self._source()
        except Exception as error:  # the user's own code
            raise TokenError(f"The source of tokens raised {error!r:.200}") from error
        self.update_token(text)

    def close(self) -> None:
        """Refuse requests from now on, and end the waits between attempts."""
        self._closed.set()

    def orphan(self) -> None:
        """Refuse requests in a child process, whoever held a lock at the fork."""
        self._closed = threading.Event()
        self._closed.set()
        self._farewell = ClientClosed.FORKED

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        event_type: str | None = None,
        limits: Limits | None = None,
        max_retries: int | None = None,
        may_refresh: bool = True,
    ) -> Result:
        """Perform a request through the event bridge, on this thread.

        Args:
            method: GET, POST or DELETE.
            url: of the REST API.
            params: query or form; None sends none.
            event_type: a tag that the answer repeats.
            limits: time limits of each attempt; None for the client's.
            max_retries: further attempts; None for the client's.
            may_refresh: whether a 401 may ask the token's source, which is the user's
                code, for a fresh one.

        Raises:
            TaskRouterError: the last attempt's error; `ClientClosed` if the client was
                closed before or meanwhile.
        """
        body: dict[str, Any] = {"url": url, "method": method}
        if params is not None:
            body["params"] = dict(params)
        if event_type is not None:
            body["event_type"] = event_type
        retries = self._max_retries if max_retries is None else max_retries
        failures = 0
        while True:
            if self._closed.is_set():
                raise ClientClosed(self._farewell)
            token = self._token
            try:
                return self._once(body, token, limits or self._limits)
            except TaskRouterError as error:
                if _is_unauthorized(error) and may_refresh and self._source:
                    may_refresh = False
                    self.refresh(token)
                    continue
                failures += 1
                if failures > retries or not backoff.may_repeat(method, error):
                    raise
                self._wait(failures, error)

    def call(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        """Perform the request of a user's call; an event may come with the answer."""
        result = self._ask(method, url, params)
        return None if method == "DELETE" else result.payload

    def build(self, payload: Any, url: str | None = None) -> Any:
        """Make of a payload what it is, without asking for more."""
        return self._factory.make(self, payload, url)

    def result(self, payload: Any, url: str | None = None) -> Any:
        """Make of a payload what it is, with what belongs to it loaded."""
        entity = self.build(payload, url)
        load = getattr(type(entity), "_load", None)
        if load is not None:
            load(entity)
        self._notice(entity)
        return entity

    def perform(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        """Perform a request and make a result of what comes."""
        return self.result(self.call(method, url, params), url)

    def get_all(self, urls: Sequence[str]) -> list[Any]:
        """GET each: payloads or errors."""
        if len(urls) == 1 or self.fetch_all is None:
            return [self._payload_or_error(url) for url in urls]
        return self.fetch_all(urls)

    # Set by the client.
    fetch_all: Callable[[Sequence[str]], list[Any]] | None = None

    def _payload_or_error(self, url: str) -> Any:
        try:
            return self.request("GET", url).payload
        except TaskRouterError as error:
            return error

    def neighbor(self, sid: Any, context: Mapping[str, Any]) -> Any:
        """Make what a sid points to, before it is fetched; None for no resource."""
        return self._factory.neighbor(self, sid, context)

    def _ask(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Result:
        """Do what a user's call asks for; an event may come with the answer."""
        result = self.request(method, url, params)
        if result.event_type is not None:
            self._hear(Event(result.event_type, result.payload))
        return result

    def _once(self, body: Mapping[str, Any], token: Token, limits: Limits) -> Result:
        started = time.monotonic()
        answer = self._requester.post(
            self._endpoint,
            {**body, "token": token.text},
            connect_timeout=limits.connect,
            answer_timeout=limits.answer,
        )
        self._log.debug(
            "%s: %s %s -> %d in %.0f ms",
            token.channel_sid,
            body["method"],
            body["url"],
            answer.status,
            (time.monotonic() - started) * 1000,
        )
        return answers.read(answer, str(body["method"]), token.text)

    def _wait(self, failures: int, error: TaskRouterError) -> None:
        wait = backoff.delay(failures, random.random)
        if isinstance(error, HttpError) and error.retry_after is not None:
            wait = max(wait, min(error.retry_after, backoff.CAP))
        if self._closed.wait(wait):
            raise ClientClosed from error


def _is_unauthorized(error: TaskRouterError) -> bool:
    return isinstance(error, HttpError) and error.status == 401
