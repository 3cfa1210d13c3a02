"""The emulated service without its wire.

Owns: how engine, REST API, event bridge, sockets, faults and journal work together.
Knows neither HTTP server nor thread; everything here runs on the emulator's thread.
"""

from __future__ import annotations

import base64
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from taskrouter_sync.emulator import bridge, frames
from taskrouter_sync.emulator.alerts import Alert, printable
from taskrouter_sync.emulator.api.addresses import Addresses
from taskrouter_sync.emulator.api.dispatch import Api
from taskrouter_sync.emulator.api.rendering import Renderer
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.api.responses import (
    Response,
    ServiceError,
    bad_auth,
    refused,
)
from taskrouter_sync.emulator.channels import Channels, Connection
from taskrouter_sync.emulator.clock import Clock, DeadlineTimer
from taskrouter_sync.emulator.engine import Alarm, Engine, Event
from taskrouter_sync.emulator.faults import Fault, Faults
from taskrouter_sync.emulator.journal import Journal, Kind, Request
from taskrouter_sync.emulator.persistence import Saver
from taskrouter_sync.emulator.webhook_queue import WebhookQueue
from taskrouter_sync.emulator.webhooks import Webhooks


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Posted:
    """A POST to a channel.

    Args:
        host: the host and port that the client knows this service by.
        path: the path.
        account_sid: the account in the path.
        channel: the channel in the path.
        text: the body.
        if_match: the If-Match header.
    """

    host: str
    path: str
    account_sid: str
    channel: str
    text: str
    if_match: str | None


class Service:
    """A TaskRouter service at an address.

    Args:
        url: its address, http://HOST:PORT.
        account_sid: AC….
        auth_token: the account's key.
        engine: the state.
        clock: the engine's clock.
        journal: where requests, events and sockets are noted.
        faults: the trouble script.
        saver: what keeps the engine's state, if something does.
    """

    def __init__(
        self,
        url: str,
        *,
        account_sid: str,
        auth_token: str,
        engine: Engine,
        clock: Clock,
        journal: Journal,
        faults: Faults,
        saver: Saver | None = None,
    ) -> None:
        self.engine = engine
        self.journal = journal
        self.channels = Channels(journal)
        # Runs what falls due; None when a test moves the clock, and at the stop.
        self.timer: DeadlineTimer | None = None
        # A service that stops is not a worker who leaves.
        self.stopping = False
        self._account_sid = account_sid
        self._credentials = f"{account_sid}:{auth_token}".encode()
        self.clock = clock
        self._faults = faults
        self.saver = saver
        self.render = Renderer(engine, f"{url}/v1")
        self.api = Api(engine, self.render)
        self._bridge = bridge.Bridge(
            self.api, Addresses(url), account_sid=account_sid, auth_token=auth_token
        )
        engine.on_event(self._send)
        engine.on_alarm(self._alarm)
        self.webhook_queue = WebhookQueue(auth_token, clock, journal, saver)
        self.webhooks = Webhooks(engine, self.webhook_queue, self)

    def now(self) -> float:
        """Read the engine's clock, in epoch seconds."""
        return self.clock.now()

    def settle(self) -> None:
        """Say that the engine may have changed, and have another next deadline."""
        self.journal.touched()
        if self.timer is not None:
            self.timer.rearm()

    async def saved(self) -> None:
        """Return when nothing is lost any more of what was done so far.

        Whoever tells the outside world of it waits for that.

        Raises:
            StateError: it could not be saved.
        """
        if self.saver is not None:
            await self.saver.saved()

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
            return refused(bad_auth())
        answer = self.api.perform(method, path, params, if_match=if_match)
        self.settle()
        return answer

    def authorized(self, authorization: str) -> bool:
        """Tell whether the header Authorization names the account with its key."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(
            given, self._credentials
        )

    def envelope(
        self, posted: Posted
    ) -> tuple[Request, Fault | None, Callable[[], Response]]:
        """Note a POST to a channel; give its fault, and what performs it."""
        try:
            envelope = bridge.read(posted.text)
        except ServiceError as error:
            answer = refused(error)
            return (*self.arrived("bridge", "POST", posted.path, {}), lambda: answer)

        def perform() -> Response:
            try:
                answer = self._bridge.known_as(posted.host).perform(
                    posted.account_sid, posted.channel, envelope, posted.if_match
                )
            except ServiceError as error:
                return refused(error)
            self.settle()
            return bridge.dress(answer, envelope)

        entry, fault = self.arrived(
            "bridge", envelope.method, envelope.url, envelope.params
        )
        return entry, fault, perform

    # Sockets

    def admit(
        self, host: str, account_sid: str, channel: str, token: str
    ) -> Response | None:
        """Check who wants a socket: None lets in, an answer refuses."""
        try:
            self._bridge.known_as(host).admit(account_sid, channel, token)
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

    def instruct(self, path: str, params: Mapping[str, object]) -> Response:
        """Do what the answer to an assignment callback says."""
        answer = self.api.perform("POST", path, Parameters.from_json(params))
        self.settle()
        return answer

    def _alarm(self, alarm: Alarm) -> None:
        self.journal.alerted(
            Alert(
                alarm.time,
                "error",
                alarm.code,
                printable(alarm.message),
                alarm.workspace_sid,
                alarm.resource_sid,
            )
        )

    def _send(self, event: Event) -> None:
        self.journal.happened(event)
        framed = frames.frame(event, self._account_sid)
        if framed is not None:
            channels, text = framed
            for channel in channels:
                for connection in self.channels.of(channel):
                    connection.send_frame(text)
