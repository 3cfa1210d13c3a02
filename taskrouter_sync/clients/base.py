"""What all clients are: an entity, an emitter, and a connection that lasts."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .. import logs, process
from ..delivery import Delivery
from ..emitter import Emitter, Registration
from ..lifecycle import INTERRUPTED, is_interactive, lifecycle
from ..resources import factory
from ..resources.base import R, Resource
from ..session import Session, TokenSource
from ..tokens import Token, read_token
from ..wire.connection import Connection
from . import addresses
from .announcer import Announcer, Parts
from .arguments import read_retries
from .card import Card
from .intake import Intake
from .status import Status
from .timing import Timing


# Seconds that close() gives a thread that is busy with a user's callback or an answer.
_FAREWELL = 0.5


if TYPE_CHECKING:
    Self = TypeVar("Self", bound="Client[Any]")


class Client(Card, Emitter, Resource[R]):
    """A channel of the event bridge, and the resource that it is about.

    Its properties are the latest known of that resource: ``worker.friendlyName``.
    """

    # The claim that names the client's resource, and that resource's path.
    _SID_CLAIM: ClassVar[str]
    _PATH: ClassVar[str]

    def __init__(
        self,
        token: str | TokenSource,
        *,
        debug: object,
        region: str | None,
        max_retries: int | None,
        api_base_url: str | None,
        event_bridge_base_url: str | None,
        daemon: bool,
        close_existing_sessions: bool = False,
        disconnect_activity_sid: str | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Read the arguments and connect in the background; returns at once."""
        Emitter.__init__(self)
        timing = timing or Timing()
        source: TokenSource | None = token if callable(token) else None
        first = self._read_token(source() if source else token)
        retries = read_retries(max_retries)
        api, bridge = addresses.bases(
            region, api_base_url, event_bridge_base_url, os.environ
        )
        channel_sid = first.channel_sid
        channel_url = addresses.channel_url(bridge, first.account_sid, channel_sid)
        log = logs.logger(debug)
        self._shared = process.acquire()
        try:
            endpoint = self._shared.requester.endpoint(channel_url)
        except BaseException:
            process.release()
            raise
        self._status = Status(lambda: self._session.token)
        self._ended = threading.Event()
        self._delivery = Delivery(
            f"taskrouter-events-{channel_sid}", calling=self._running_name
        )
        session = Session(
            requester=self._shared.requester,
            endpoint=endpoint,
            api_url=api,
            path=self._PATH.format(sid=channel_sid),
            token=first,
            read=self._read_token,
            source=source,
            max_retries=retries,
            limits=timing.request,
            factory=factory,
            hear=lambda event: self._announcer.heard(event),
            notice=self._notice,
            token_changed=self._on_token_changed,
            logger=log,
        )
        Resource.__init__(self, session, {"sid": channel_sid}, session.resource_url)
        self._connection = Connection(
            f"taskrouter-socket-{channel_sid}",
            lambda: addresses.socket_url(
                channel_url,
                self._announcer.token_to_try().text,
                close_existing_sessions,
                disconnect_activity_sid,
            ),
            may_connect=self._may_connect,
            ca_bundle=endpoint.ca_bundle,
            proxy_url=endpoint.proxy_url,
            silence=timing.silence,
            logger=log,
        )
        self._announcer = self._make_announcer(
            Parts(
                emitter=self,
                session=session,
                delivery=self._delivery,
                prefetcher=self._shared.prefetcher,
                status=self._status,
                show=lambda payload: self._apply(payload, if_newer=True),
                proved=self._connection.proved,
                log=log,
            )
        )
        self._intake = Intake(
            channel_sid, self._announcer, self._delivery, self._connection, log
        )
        lifecycle.opened(self, daemon=daemon, when_forked=self._orphan)
        self._announcer.watch_token()
        self._delivery.start()
        self._connection.start(self._intake)

    # The connection.

    def connect(self) -> None:
        """Connect again after `disconnect`; does nothing while connected.

        Returns at once: `connected` and `ready` tell when it stands.
        """
        self._connection.connect()

    def disconnect(self) -> None:
        """End the connection until `connect`; the client stays usable for requests.

        Returns at once: `disconnected` tells when it is over.
        """
        self._connection.disconnect()
        self._intake.interrupt()

    def wait_until_ready(self, timeout: float | None = None) -> None:
        """Wait until `ready` has come, on this thread.

        Args:
            timeout: seconds; None waits as long as it takes.

        Raises:
            RequestTimeout: it did not come in time.
            ClientClosed: the client was closed.
            TaskRouterError: what keeps it from coming: a refused token, for one.
            RuntimeError: on the event thread, which would wait for itself.
        """
        if self._delivery.is_current and not self._status.ready:
            raise RuntimeError("an event callback can't wait for a later event")
        self._status.wait_until_ready(timeout)

    def run_forever(self) -> None:
        """Wait until the client is closed: the last line of a script, in words.

        Ctrl-C closes all clients and ends the program with status 130; in a notebook,
        or another interactive session, it ends this wait and nothing else.
        """
        try:
            self._ended.wait()
        except KeyboardInterrupt:
            if is_interactive():
                raise
            lifecycle.close_all()
            raise SystemExit(INTERRUPTED) from None

    def close(self) -> None:
        """End the connection, all waiting and the client's threads, for good.

        May be called from any thread, any callback, and any number of times. When it
        returns no further callback comes, but for one that runs at this moment and the
        `disconnected` that follows it if this is called from a callback.
        """
        was_ready = self._status.ready
        if not self._status.close():
            if not self._delivery.is_current:
                self._ended.wait(2 * _FAREWELL)
            return
        if was_ready:
            self._say_goodbye()
        self._session.close()
        in_callback = self._delivery.is_current
        last = self._last_word if in_callback else self._announcer.on_closed
        self._delivery.close(last)
        self._connection.close()
        self._intake.interrupt(closed=True)
        self._connection.join(_FAREWELL)
        self._delivery.join(_FAREWELL)
        process.release()
        if not in_callback:
            self._let_go()

    def _last_word(self) -> None:
        """End as a callback wanted it: the script lasts until that has returned."""
        self._announcer.on_closed()
        self._let_go()

    def _let_go(self) -> None:
        self._ended.set()
        lifecycle.closed(self)

    def _orphan(self) -> None:
        """Be closed in a child process, which has none of this client's threads.

        Waits for no lock: one of those threads may have held it at the fork.
        """
        self._ended = threading.Event()
        self._ended.set()
        for part in (self._status, self._session, self._delivery, self._connection):
            part.orphan()

    def _say_goodbye(self) -> None:
        """Do what must be done while requests still work."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # Tokens.

    def update_token(self, token: Any) -> None:
        """Use another token from now on, for everything born of this client.

        A connection that waits because its token was refused or has expired is made at
        once; one that stands is not touched. May be called from any thread.

        Args:
            token: a capability token of the same account, workspace and channel.

        Raises:
            TokenError: it can't be used; the old one stays in use.

        Source: TaskRouter.js v1, ``updateToken``.
        """
        self._session.update_token(token)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        updateToken = update_token
        waitUntilReady = wait_until_ready
        runForever = run_forever

    def _read_token(self, text: Any) -> Token:
        return read_token(text, self._SID_CLAIM)

    def _may_connect(self) -> bool:
        return self._intake.has_room and not self._session.token.expired(time.time())

    def _on_token_changed(self) -> None:
        self._status.renewed()
        self._announcer.token_changed()
        self._connection.retry()

    # The entity.

    def _fetch(self) -> Any:
        payload = self._session.call("GET", self._url)
        self._apply(payload)
        return self._session.result(payload, self._url)

    def _notice(self, entity: Any) -> None:
        """See what an answer brought; a Worker keeps its reservations current."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    # Parts.

    def _make_announcer(self, parts: Parts) -> Announcer:
        return Announcer(parts)

    def _may_call(self, registration: Registration) -> bool:
        # After close() only the last word is told; a program may emit what it likes.
        last = registration.event == "disconnected"
        return last or not self._status.closed or not self._delivery.is_current

    def _on_registered(self, registration: Registration) -> None:
        self._announcer.registered(registration)
