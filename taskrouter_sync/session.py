"""What everything born of one client shares: its token, its URLs, its requests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from logging import LoggerAdapter
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from .emitter import is_ctrl_c
from .errors import (
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    TokenError,
    one_line,
    quoted,
)
from .fetcher import Fetcher, NoThread
from .http import Http, Response
from .resources import factory
from .timing import Condition, Timing, may_repeat
from .tokens import Secret, Token, TokenProvider, check_same_client, hide, read_token


# Seconds that the last request waits for the one before it.
_BEFORE_LAST = 0.2

# Pages of a list that are read for a sync.
_MAX_PAGES = 1000


class SessionListener(Protocol):
    """The client: it knows whether it is closed, and follows what requests brought.

    `_check_open` raises `ClientClosed`; so does `_pause`, if the client is closed
    before the seconds have passed. The others are called on the thread of the request.
    """

    def _check_open(self) -> None: ...
    def _pause(self, seconds: float) -> None: ...
    def _on_new_token(self) -> None: ...
    def _on_response_event(self, event_type: str, payload: Any) -> None: ...
    def _wait_for_events(self) -> None: ...
    def _on_posted(
        self, url: str, params: Mapping[str, Any], since: float, payload: Any
    ) -> None: ...
    def _on_result(self, result: Any) -> None: ...


class Session:
    """Performs requests for one client, on whichever thread calls.

    Attributes:
        token: the current one; replaced as a whole, so that any thread may read it.
        workspace_url, resource_url: REST URLs of the workspace and of the client's own
            resource.
    """

    def __init__(
        self,
        listener: SessionListener,
        *,
        http: Http,
        fetcher: Fetcher,
        token: Token,
        provider: TokenProvider | None,
        sid_claim: str,
        channel_url: str,
        api_url: str,
        path: str,
        max_retries: int,
        timing: Timing,
        log: LoggerAdapter[Any],
    ) -> None:
        """Create it; for the client.

        Args:
            sid_claim: the claim of its tokens that names the client's resource.
            path: of that resource in the workspace.
            max_retries: further attempts of a request that may be repeated.
        """
        self._listener = listener
        self._http = http
        self._fetcher = fetcher
        self.token = token
        self._provider = provider
        self._sid_claim = sid_claim
        self._channel_url = channel_url
        self._max_retries = max_retries
        self._timing = timing
        self._log = log
        # Guards _asking, the thread that calls the provider; never held during that.
        self._provider_done = Condition()
        self._asking: int | None = None
        # Threads in `get_all`, where a signal handler may interrupt them.
        self._waiting: set[int] = set()
        self.workspace_url: str = f"{api_url}/Workspaces/{token.workspace_sid}"
        self.resource_url: str = self.workspace_url + path

    # Tokens.

    @property
    def has_provider(self) -> bool:
        """Whether a fresh token can be asked for."""
        return self._provider is not None

    def update_token(self, token: Any) -> None:
        """Use another token from now on, for everything.

        Raises:
            TokenError: it can't be used, or is one of another client.
        """
        new = read_token(token := hide(token), self._sid_claim)
        check_same_client(self.token, new)
        self.token = new
        self._log.debug("%s: new token %s", new.channel_sid, new.fingerprint)
        self._listener._on_new_token()

    def refresh_token(self, refused: Token) -> None:
        """Ask the provider for a fresh token, unless there is another one already.

        One thread at a time asks; the others wait for what it gets.

        Raises:
            TokenError: the provider raised, or gave what can't be used.
        """
        me, provider = threading.get_ident(), self._provider
        if self._asking == me:
            raise TokenError("The token provider is already running")
        if provider is None:
            return
        try:  # around the claim as well, which Ctrl-C may follow
            while self._asking != me:
                self._provider_done.wait_for(lambda: self._asking is None)
                with self._provider_done.lock:
                    if self.token is not refused:
                        return
                    if self._asking is None:
                        self._asking = me
            self._ask_provider(provider)
        finally:
            if self._asking == me:
                self._asking = None
                self._provider_done.notify_all()

    def _ask_provider(self, provider: TokenProvider) -> None:
        try:
            token = hide(provider())
        except BaseException as error:  # user code, and SystemExit would end a thread
            if is_ctrl_c(error):
                raise
            # It may quote what the program got instead of a token, or a token.
            text = quoted(error, None) or type(error).__name__
            words = one_line(self.token.secret.hidden_in(text), 200)
            raise TokenError(f"The token provider raised {words}") from error
        now = time.time()
        is_expired = read_token(token, self._sid_claim).is_expired(now)
        if not is_expired or self.token.is_expired(now):
            # Even an expired one, as the own clock may be wrong.
            self.update_token(token)
        if is_expired:
            raise TokenError("The token provider returned an expired token")

    def forked(self) -> None:
        """Hold no lock in a child process that another thread had at the fork."""
        self._provider_done = Condition()
        self._asking = None

    # Requests.

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        event_type: str | None = None,
        may_refresh: bool = True,
        closing: bool = False,
    ) -> Response:
        """Perform a request through the event bridge, on this thread.

        A 401 is answered with a fresh token, once, if there is a provider. An event
        that comes with the response is emitted, unless this is what asked for it.

        Args:
            method, url, params: of the REST API; None sends no parameters.
            event_type: a tag that the response repeats.
            may_refresh: whether the provider, which is user code, may be called here.
            closing: whether it is the last request of a client that is closed already:
                once, and soon.

        Raises:
            TaskRouterError: the last attempt's error; `ClientClosed` if the client was
                closed before or meanwhile.
        """
        envelope: dict[str, Any] = {"url": url, "method": method}
        if params is not None:
            envelope["params"] = dict(params)
        if event_type is not None:
            envelope["event_type"] = event_type
        retries, timing = self._max_retries, self._timing
        if closing:
            retries, timing = 0, timing._replace(connect=0.3, response=0.5)
        failures = 0
        while True:
            if not closing:
                self._listener._check_open()
            token = self.token
            try:
                response = self._attempt(envelope, token, timing)
            except TaskRouterError as error:
                if may_refresh and self._provider and is_unauthorized(error):
                    may_refresh = False
                    self.refresh_token(token)
                    continue
                failures += 1
                if failures > retries or not may_repeat(method, error):
                    raise
                self._listener._pause(self._timing.wait_before(failures, error))
            else:
                event = response.event_type
                if event_type is None and event is not None:
                    self._listener._on_response_event(event, response.payload)
                return response

    def _attempt(
        self, envelope: Mapping[str, Any], token: Token, timing: Timing
    ) -> Response:
        started = time.monotonic()
        method, url, status = envelope["method"], self._channel_url, 200
        try:
            body = _sealed(envelope, token)
            return self._http.post(url, body, method, token.secret, timing)
        except TaskRouterError as error:
            status = error.code
            raise
        finally:
            self._log.info(
                "%s: %s %s -> %d in %.0f ms",
                token.channel_sid,
                method,
                envelope["url"],
                status,
                (time.monotonic() - started) * 1000,
            )

    def fetch(self, url: str, **how: Any) -> Future[Response]:
        """Start a GET on a fetch thread, for the event thread; returns at once."""
        return self.start("GET", url, **how)

    def start(
        self, method: str, url: str, params: Mapping[str, Any] | None = None, **how: Any
    ) -> Future[Response]:
        """Start a `request` on a fetch thread, where no user code may run."""
        job = partial(self.request, method, url, params, may_refresh=False, **how)
        return self._fetcher.submit(self, job, lasts=method != "GET")

    def start_last(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any],
        after: Future[Any] | None,
    ) -> Future[Response]:
        """Start the last request of a client, which is sent once, and soon.

        On a fetch thread, as this may be a signal handler that interrupted a request.

        Args:
            method, url, params: of the REST API.
            after: what must not arrive at the service after it.
        """

        def send() -> Response:
            if after is not None and not after.cancel():
                wait_for([after], _BEFORE_LAST)
            return self.request(method, url, params, may_refresh=False, closing=True)

        return self._fetcher.submit(self, send, lasts=True)

    def fetch_pages(
        self, url: str, key: str, params: Mapping[str, Any] | None
    ) -> Future[list[Any]]:
        """Start reading all pages of a list on a fetch thread; gives its payloads."""
        return self._fetcher.submit(self, partial(self._pages, url, key, params))

    def _pages(self, url: str, key: str, params: Mapping[str, Any] | None) -> list[Any]:
        found: list[Any] = []
        visited: set[str] = set()
        while url not in visited and len(visited) < _MAX_PAGES:
            visited.add(url)
            payload = self.request("GET", url, params, may_refresh=False).payload
            items = payload.get(key) if isinstance(payload, Mapping) else None
            if not isinstance(items, list):
                # As an empty list it would mean that nothing is open any more.
                raise InvalidResponse(f"The worker's {key} are not a list")
            found += [each for each in items if has_sid(each)]
            # The next page's URL has the parameters in it.
            params, meta = None, payload.get("meta")
            next_url = meta.get("next_page_url") if isinstance(meta, Mapping) else None
            if not isinstance(next_url, str) or not next_url:
                return found
            url = next_url
        raise InvalidResponse(f"The pages of the worker's {key} never end")

    def get_all(self, urls: Sequence[str]) -> list[Any]:
        """GET resources side by side, and wait; gives for each its payload or error."""
        me = threading.get_ident()
        if len(urls) == 1 or me in self._waiting:
            # In a signal handler, too: the threads may wait for what it interrupted.
            return [self._get(url) for url in urls]
        self._waiting.add(me)
        try:
            futures = [self.fetch(url) for url in urls]
            wait_for(futures, self._timing.fetch)
        finally:
            self._waiting.discard(me)
        return [
            self._get(url)
            if is_unauthorized(found) or isinstance(found, NoThread)
            else found
            for url, found in zip(urls, map(result_of, futures), strict=True)
        ]

    def _get(self, url: str) -> Any:
        try:
            return self.request("GET", url).payload
        except TaskRouterError as error:
            return error

    # Resources.

    def call(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        """Perform the request of a user's call; gives the payload."""
        started = time.monotonic()
        response = self.request(method, url, params)
        if response.event_type is not None:
            self._listener._wait_for_events()  # its own comes before the callback
        if method == "POST" and params:
            self._listener._on_posted(url, params, started, response.payload)
        return None if method == "DELETE" else response.payload

    def build(self, payload: Any, url: str | None = None) -> Any:
        """Make of a payload what it is, without requests."""
        return factory.make(self, payload, url)

    def result(self, payload: Any, url: str | None = None) -> Any:
        """Make of a payload what it is, with what belongs to it loaded."""
        result = self.build(payload, url)
        load = getattr(type(result), "_load", None)
        if load is not None:
            load(result)
        self._listener._on_result(result)
        return result

    def perform(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        """Perform the request of a user's call; gives the resource."""
        return self.result(self.call(method, url, params), url)

    def neighbor(self, sid: Any, context: Mapping[str, Any]) -> Any:
        """Make what a sid points to, before it is fetched; None for no resource."""
        return factory.neighbor(self, sid, context)


def wait_for(futures: Sequence[Future[Any]], seconds: float) -> None:
    """Wait until all are done, for so long at most.

    Not by `concurrent.futures.wait`: its event has a lock that a signal handler, which
    ends what waits, could find held by what it has interrupted.
    """
    done: SimpleQueue[object] = SimpleQueue()
    for each in futures:
        each.add_done_callback(done.put)
    deadline = time.monotonic() + seconds
    with suppress(Empty):
        for _ in futures:
            done.get(timeout=max(0.0, deadline - time.monotonic()))


def result_of(future: Future[Any]) -> Any:
    """Give a future's payload or list, or its error; for one that has waited enough.

    None for one that was cancelled: its connection was lost.
    """
    if future.cancelled():
        return None
    if not future.done():
        return RequestTimeout("The service did not respond in time")
    error = future.exception()
    if error is not None:
        return error
    result = future.result()
    return result.payload if isinstance(result, Response) else result


def has_sid(payload: Any) -> bool:
    return isinstance(payload, Mapping) and isinstance(payload.get("sid"), str)


def is_unauthorized(error: Any) -> bool:
    """Whether this is the error of a token that a fresh one could help."""
    return isinstance(error, HttpError) and error.status == 401


def _sealed(envelope: Mapping[str, Any], token: Token) -> Secret:
    # Apart, and first: what can't be sent is an error of the encoder, while no frame
    # has the token.
    head = json.dumps(envelope)[:-1]
    return Secret(f'{head}, "token": {json.dumps(token.secret.reveal())}}}')
