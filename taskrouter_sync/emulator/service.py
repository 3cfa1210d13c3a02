"""The emulated service without its wire: REST, the event bridge and its sockets.

Owns: how engine, REST API, sockets, faults and journal work together; who may do what;
the envelopes of the event bridge. Knows neither HTTP server nor thread; everything here
runs on the emulator's thread.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from .api.dispatch import METHODS, Api
from .api.rendering import Renderer
from .api.requests import (
    AUTHENTICATION_FAILED,
    Parameters,
    Response,
    forbidden,
    method_not_allowed,
    refused,
)
from .auth import (
    Addresses,
    InvalidPolicies,
    Policies,
    TokenExpired,
    TokenRefused,
    Verifier,
    channel_url,
)
from .channels import Channels, Connection, frame
from .clock import Clock, DeadlineTimer, RealClock
from .engine import Alarm, Engine, Event, ServiceError
from .engine.errors import invalid, not_found, read_json
from .faults import Fault, Faults
from .journal import Alert, Journal, Kind, Request, printable
from .persistence import Saver
from .webhook_queue import WebhookQueue
from .webhooks import Webhooks


_log = logging.getLogger(__name__)

# Names of the emulator that clients used lately, and that it remembers. Clients say
# what they like: few are kept, however many come.
_HOSTS = 16


@dataclass(frozen=True)
class Envelope:
    """A request inside a POST to a channel."""

    url: str
    method: str
    token: str = field(repr=False)
    params: Mapping[str, object]
    event_type: str | None


class Service:
    """A TaskRouter service at an address, http://HOST:PORT.

    `clock` is the engine's; `saver` keeps the engine's state, if something does.
    """

    def __init__(
        self,
        url: str,
        *,
        auth_token: str,
        engine: Engine,
        clock: Clock,
        journal: Journal,
        faults: Faults,
        saver: Saver | None,
    ) -> None:
        self.engine = engine
        self.journal = journal
        self.channels = Channels(journal)
        # Runs what falls due; None when a test moves the clock, and while it is closed.
        self._timer: DeadlineTimer | None = None
        # A service that stops is not a worker who leaves.
        self.stopping = False
        self._credentials = f"{engine.account_sid}:{auth_token}".encode()
        self.clock = clock
        self._faults = faults
        self._saver = saver
        self.render = Renderer(engine, f"{url}/v1")
        self.api = Api(engine, self.render)

        def addresses(host: str) -> tuple[Addresses, Verifier]:
            known = Addresses(url, host)
            return known, Verifier(engine.account_sid, auth_token, known.canonical)

        # By the host (and port) that a client knows this service by.
        self._addresses = lru_cache(_HOSTS)(addresses)
        engine.on_event(self._send)
        engine.on_alarm(self._alarm)
        self._webhook_queue = WebhookQueue(auth_token, clock, journal, saver)
        self._webhooks = Webhooks(engine, self._webhook_queue, self)

    def open(self) -> None:
        """Do by itself what falls due, save and send webhooks: on the running loop."""
        loop = asyncio.get_running_loop()
        self.stopping = False
        if self._saver is not None:
            self._saver.serve(loop)
        self._webhook_queue.open()
        if isinstance(self.clock, RealClock):
            self._timer = DeadlineTimer(loop, self.engine, self.clock)
            # A state loaded from a file may be old.
            self.engine.run_due()
        self.settle()

    async def close(self) -> None:
        """Do nothing by itself any more."""
        self.stopping = True
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        await self._webhook_queue.close()

    def settle(self) -> None:
        """Note that the engine and its next deadline may have changed."""
        self.journal.touched()
        if self._timer is not None:
            self._timer.rearm()

    async def saved(self) -> None:
        """Return when nothing is lost any more of what was done so far.

        Whoever tells the outside world of it waits for that.

        Raises:
            StateError: it could not be saved.
        """
        if self._saver is not None:
            await self._saver.saved()

    # Requests. A request arrives, then its fault (if any) decides whether and when
    # it is performed.

    def arrived(
        self, kind: Kind, method: str, url: str, params: Mapping[str, object]
    ) -> tuple[Request, Fault | None]:
        """Note a request and give what shall go wrong with it."""
        entry = self.journal.arrived(self.clock.now(), kind, method, url, params)
        return entry, self._faults.take(method, url)

    def upgrading(
        self, path: str, channel: str, options: Mapping[str, object]
    ) -> tuple[Request, Fault | None]:
        """Note a new socket and give what shall go wrong with it."""
        now = self.clock.now()
        entry = self.journal.arrived(now, "upgrade", "GET", path, options)
        return entry, self._faults.take_upgrade(channel)

    def rest(
        self,
        method: str,
        path: str,
        params: Parameters,
        *,
        authorization: str,
        if_match: str | None,
    ) -> Response:
        """Answer a REST request; only the API asks who it is."""
        if path.startswith("/v1/") and not self.authorized(authorization):
            return refused(ServiceError(401, AUTHENTICATION_FAILED, "Authenticate"))
        answer = self.api.perform(method, path, params, if_match=if_match)
        self.settle()
        return answer

    def authorized(self, authorization: str) -> bool:
        """Return whether the header Authorization has the account's credentials."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(
            given, self._credentials
        )

    def instruct(self, path: str, params: Mapping[str, object]) -> Response:
        """Carry out the response to an assignment callback."""
        answer = self.api.perform("POST", path, Parameters.from_json(params))
        self.settle()
        return answer

    # The event bridge

    def envelope(
        self,
        text: str,
        *,
        host: str,
        path: str,
        account_sid: str,
        channel: str,
        if_match: str | None,
    ) -> tuple[Request, Fault | None, Callable[[], Response]]:
        """Note a POST to a channel; give its fault, and what performs it.

        `host` (with its port) is what the client knows this service by.
        """
        try:
            envelope = read_envelope(text)
        except ServiceError as error:
            answer = refused(error)
            return (*self.arrived("bridge", "POST", path, {}), lambda: answer)

        def perform() -> Response:
            try:
                url = channel_url(account_sid, channel)
                answer = self._perform(envelope, host, url, if_match)
            except ServiceError as error:
                return refused(error)
            self.settle()
            if answer.status >= 400:
                return answer
            # Success is always 200.
            body: dict[str, object] = {"payload": answer.body}
            if envelope.event_type is not None:
                body["event_type"] = envelope.event_type
            return Response(200, body, answer.headers)

        entry, fault = self.arrived(
            "bridge", envelope.method, envelope.url, envelope.params
        )
        return entry, fault, perform

    def _perform(
        self, envelope: Envelope, host: str, channel: str, if_match: str | None
    ) -> Response:
        """Carry out the request in an envelope that was POSTed to a channel's URL."""
        addresses, verifier = self._addresses(host)
        try:
            policies = verifier.policies(envelope.token)
        except TokenRefused as refusal:
            raise ServiceError(
                refusal.status, AUTHENTICATION_FAILED, refusal.message
            ) from None
        _check(policies, "POST", channel)
        method, url = envelope.method, envelope.url
        if method not in METHODS:
            raise method_not_allowed(method)
        params = Parameters.from_json(envelope.params)
        query, form = Parameters(query_pairs(url)), Parameters()
        if method == "POST":
            form = params
        else:
            query = Parameters([*query.pairs(), *params.pairs()])
        _check(policies, method, url, query, form)
        path = addresses.api_path(url)
        if path is None:
            raise not_found(url.partition("?")[0])
        given = form if method == "POST" else query
        return self.api.perform(method, path, given, if_match=if_match)

    # Sockets

    def admit(
        self, host: str, account_sid: str, channel: str, token: str
    ) -> Response | None:
        """Check the request for a socket; None accepts it, a response refuses it.

        Whether there is such a worker is not asked: the first request will tell.
        """
        try:
            policies = self._addresses(host)[1].policies(token)
            _check(policies, "GET", channel_url(account_sid, channel))
        except TokenExpired as expired:
            error = ServiceError(401, AUTHENTICATION_FAILED, expired.message)
            return refused(error)
        except TokenRefused as refusal:
            return refused(forbidden(refusal.message))
        except ServiceError as error:
            return refused(error)
        return None

    def join(self, connection: Connection, *, close_existing: bool) -> None:
        """Take a socket in, in place of the channel's others if it wants so."""
        if close_existing:
            # It does not count as the worker's leaving: a new socket is there.
            self.channels.evict(connection.channel)
        self.channels.add(connection)

    def leave(self, connection: Connection) -> None:
        """Let a socket go, and the worker with it if it was the last."""
        counted = self.channels.remove(connection)
        activity_sid = connection.disconnect_activity_sid
        # The service's grace delay is not published: here there is none. A worker
        # who is still connected elsewhere stays.
        if (
            counted
            and activity_sid
            and not self.stopping
            and not self.channels.of(connection.channel)
        ):
            self._change_activity(connection.channel, activity_sid)

    def _change_activity(self, worker_sid: str, activity_sid: str) -> None:
        for workspace in self.engine.workspaces.values():
            worker = workspace.workers.get(worker_sid)
            if worker is None:
                continue
            try:
                self.engine.workers.update(worker, activity_sid=activity_sid)
            except ServiceError as error:
                message = printable(error.message)
                _log.warning("disconnectActivitySid not applied: %s", message)
            self.settle()
            return

    # Listeners of the engine

    def _alarm(self, alarm: Alarm) -> None:
        time, code, message, workspace_sid, sid = alarm
        alert = Alert(time, "error", code, printable(message), workspace_sid, sid)
        self.journal.alerted(alert)

    def _send(self, event: Event) -> None:
        self.journal.happened(event)
        text = frame(event, self.engine.account_sid)
        if text is not None:
            for channel in event.worker_sids:
                for connection in self.channels.of(channel):
                    connection.send_frame(text)


def read_envelope(text: str) -> Envelope:
    """Read the body of a POST to a channel.

    Raises:
        ServiceError: it is not a valid envelope.
    """
    try:
        document = read_json(text)
    except ValueError:
        raise invalid("The request body is not valid JSON") from None
    if not isinstance(document, dict):
        raise invalid("The request body must be a JSON object")
    for name in ("url", "method", "token"):
        if not isinstance(document.get(name), str) or not document[name]:
            raise invalid(f"{name} field is required")
    params = document.get("params")
    event_type = document.get("event_type")
    if params is not None and not isinstance(params, dict):
        raise invalid("params must be a JSON object")
    if event_type is not None and not isinstance(event_type, str):
        raise invalid("event_type must be a string")
    return Envelope(
        url=document["url"],
        method=document["method"].upper(),
        token=document["token"],
        params=params or {},
        event_type=event_type,
    )


def query_pairs(url: str) -> list[tuple[str, str]]:
    """Return the query of the URL, decoded, in order, empty values kept."""
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []


def _check(
    policies: Policies,
    method: str,
    url: str,
    query: Parameters | None = None,
    form: Parameters | None = None,
) -> None:
    """Refuse what the token does not allow."""
    try:
        refusal = policies.refusal(method, url, query=query, form=form)
    except InvalidPolicies as problem:
        raise forbidden(f"The token is invalid: {problem}") from None
    if refusal is not None:
        raise forbidden(refusal)
