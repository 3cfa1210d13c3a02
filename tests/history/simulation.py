"""Clients whose connection and requests are in the test's hand.

The service is an emulator. What a worker's channel sends is tapped, and arrives at the
client when the test says so, or never; and so are the requests that the client makes in
the background. Everything that decides what listeners are told is the product's own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import websocket

from taskrouter_sync import TaskRouterError, Worker, WorkerCapabilityToken
from taskrouter_sync.connection import Ending, State
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.http import Http

from ..support.backend import Backend, ReadyWorkspace
from ..support.collector import EVENTS, LIMIT
from ..support.internals import timing


# No time limit ends what a test holds back.
TIMING = timing(answer=60.0)._replace(backoff=0.0)

CHANNEL_EVENTS = ("capacity.update", "channel.availability.update")


class Frame:
    """One frame of the service, and with that one entry of its log."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        message = json.loads(text)
        self.type: str = message["event_type"].removeprefix("worker.")
        self.payload: Any = message["payload"]

    @property
    def reservation_sid(self) -> str | None:
        """The reservation that it is about, if it is about one."""
        if not self.type.startswith("reservation."):
            return None
        sid: str = self.payload["reservation_sid"]
        return sid


class Request:
    """A request in the background, on its way there or back."""

    def __init__(self, send: Callable[[], Any], text: str) -> None:
        self._send = send
        self._arrived = threading.Event()
        self.is_ready = '"event_type"' in text
        self.reads_state = "/Reservations" in text and "/Tasks/" not in text
        self.performed = False
        self._result: Any = None
        self._error: TaskRouterError | None = None
        # The frames that it shows while they are still under way.
        self.ahead_of: list[Frame] = []

    def perform(self) -> None:
        """Let the service respond, without the client's knowing it yet."""
        self.performed = True
        try:
            self._result = self._send()
        except TaskRouterError as error:
            self._error = error

    def settle(self) -> None:
        """Let the response arrive."""
        self._arrived.set()

    def wait(self) -> Any:
        assert self._arrived.wait(60.0), "nobody let the response arrive"
        if self._error is not None:
            raise self._error
        return self._result


class HeldHttp(Http):
    """Requests of other threads wait for the test; its own go through at once."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._thread = threading.current_thread()

    def post(self, url: str, body: Any, *args: Any) -> Any:
        send = partial(super().post, url, body, *args)
        if threading.current_thread() is self._thread:
            found = send()
            meanwhile, self._desk.meanwhile = self._desk.meanwhile, nothing
            meanwhile()
            return found
        request = Request(send, body.reveal())
        self._desk.hold(request)
        return request.wait()


class HeldConnection:
    """A connection that opens, reads and ends when the test says so."""

    def __init__(self) -> None:
        self.state = State.NEW
        self.is_wanted = True

    def start(self) -> None: ...
    def retry(self) -> None: ...
    def succeeded(self) -> None: ...
    def drop(self) -> None: ...
    def join(self, timeout: float) -> None: ...
    def forked(self) -> None: ...

    def connect(self) -> None:
        self.is_wanted = True

    def disconnect(self) -> None:
        self.is_wanted = False

    close = disconnect


class HeldWorker(Worker):
    """A Worker with both."""

    def __init__(self, desk: Desk, token: Any, **options: Any) -> None:
        self._desk = desk
        super().__init__(token, False, _timing=TIMING, **options)

    def _make_http(self, *_: Any) -> Http:
        return self._desk.http

    def _make_connection(self, *_: Any) -> Any:
        return HeldConnection()


class Desk:
    """One worker's client, and what the service sends it."""

    def __init__(
        self,
        emulator: Emulator,
        workspace: ReadyWorkspace,
        name: str,
        token: Any = None,
        **options: Any,
    ) -> None:
        self.emulator = emulator
        self.sid = workspace.workers[name]
        made = WorkerCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            self.sid,
            allow_fetch_subresources=True,
            allow_update_activities=True,
            allow_update_reservations=True,
        )
        self.mint = made.to_jwt
        url = emulator.event_bridge_url.replace("http:", "ws:")
        path = f"/v1/wschannels/{emulator.account_sid}/{self.sid}"
        self._tap = websocket.create_connection(
            f"{url}{path}?token={self.mint()}", timeout=LIMIT
        )
        # All frames so far; those under way, and those of the gap of the moment.
        self.log: list[Frame] = []
        self.flight: list[Frame] = []
        self.missed: list[Frame] = []
        # Those that never came, and those whose events a response had shown before.
        self.lost: list[Frame] = []
        self.overtaken: list[Frame] = []
        # How long the log was when the `ready` that was told first was performed.
        self.since: int | None = None
        self._ready_performed = 0
        # What else happens before the next response to the test itself is there.
        self.meanwhile: Callable[[], None] = nothing
        self.connected = False
        # What listeners were told: event and argument. Written by the event thread.
        self.told: list[tuple[str, Any]] = []
        # Guards the requests; notified when another one comes.
        self._came = threading.Condition()
        self._requests: list[Request] = []
        self._marks = 0
        self.http = HeldHttp(self)
        self.client = HeldWorker(
            self,
            token or self.mint(),
            event_bridge_base_url=emulator.event_bridge_url,
            **options,
        )
        for event in (*EVENTS, *CHANNEL_EVENTS):
            self.client.on(event, partial(self._tell, event))

    def close(self) -> None:
        """End the client, and everything that waits."""
        closing = threading.Thread(target=self.client.close)
        closing.start()
        while closing.is_alive():
            self._serve_all()
            closing.join(0.001)
        self._serve_all()
        self.http.close()
        self._tap.shutdown()

    def _tell(self, event: str, argument: Any = None) -> None:
        self.told.append((event, argument))
        if event == "ready" and self.since is None:
            self.since = self._ready_performed

    def reservations_told(self) -> list[tuple[str, str]]:
        """List the reservation events that listeners were told of."""
        return [
            (event.removeprefix("reservation."), argument.sid)
            for event, argument in self.told
            if event.startswith("reservation.")
        ]

    # The connection.

    def look(self) -> None:
        """Take in what the service has sent up to this moment."""
        self._marks += 1
        mark = f"mark {self._marks}"
        self.emulator.send_frame(self.sid, {"event_type": mark, "payload": {}})
        while True:
            text = self._tap.recv()
            if not text.strip():
                continue
            frame = Frame(text)
            if frame.type == mark:
                return
            self.log.append(frame)
            (self.flight if self.connected else self.missed).append(frame)

    def open(self, late: int = 0) -> None:
        """Connect; `late` of the frames of the gap still come."""
        self.look()
        if self.connected:
            return
        self.connected = True
        first = len(self.missed) - min(late, len(self.missed))
        self.lost += self.missed[:first]
        self.flight, self.missed = self.missed[first:], []
        self.client._connection.state = State.OPEN
        self.client._on_open()

    def drop(self, arriving: int = 0) -> None:
        """Lose the connection; of the frames under way so many arrive before."""
        if not self.connected:
            return
        self.receive(arriving)
        self.connected = False
        self.missed, self.flight = self.flight, []
        self.client._connection.state = State.WAITING
        self.client._on_close(Ending(lost=True))

    def receive(self, most: int = 1000) -> None:
        """Let the next frames arrive."""
        self.look()
        arrived, self.flight = self.flight[:most], self.flight[most:]
        for frame in arrived:
            self.client._on_message(frame.data)

    def beat(self) -> None:
        """Let a heartbeat arrive, and the event thread do what it leads to."""
        done = threading.Event()
        self.client._on_message(b" ")
        self.client._dispatcher.call_soon(done.set)
        assert done.wait(LIMIT), "the event thread is stuck"

    # Its requests in the background.

    def reads(self) -> int:
        """Count the lists of reservations that are being read."""
        self.wait_for_requests(self._fetching())
        with self._came:
            return sum(each.reads_state for each in self._requests)

    def hold(self, request: Request) -> None:
        """Keep a request until the test lets it go on; for the client's threads."""
        with self._came:
            self._requests.append(request)
            self._came.notify_all()

    def wait_for_requests(self, count: int = 1) -> None:
        with self._came:
            came = self._came.wait_for(lambda: len(self._requests) >= count, LIMIT)
            assert came, f"only {len(self._requests)} requests came"

    def perform(self, which: int = 0) -> None:
        """Let the service perform one of the requests that are on their way to it."""
        with self._came:
            waiting = [each for each in self._requests if not each.performed]
        if not waiting:
            return
        request = waiting[which % len(waiting)]
        self.look()
        if request.is_ready:
            self._ready_performed = len(self.log)
        if request.reads_state:
            request.ahead_of = [*self.flight]
        request.perform()

    def settle(self, which: int = 0) -> None:
        """Let one of the responses arrive."""
        with self._came:
            performed = [each for each in self._requests if each.performed]
            if not performed:
                return
            request = performed[which % len(performed)]
            self._requests.remove(request)
        self.overtaken += [each for each in request.ahead_of if each in self.flight]
        request.settle()

    def _serve_all(self) -> bool:
        """Perform and settle what there is; tell whether there was something."""
        with self._came:
            count = len(self._requests)
        for _ in range(count):
            self.perform()
            self.settle()
        return count > 0

    def serve(self) -> None:
        """Let everything be performed, settled and told that has come so far."""
        for _ in range(2):  # what is told may lead to more
            self._marks += 1
            name = f"served {self._marks}"
            seen = threading.Event()
            self.client.once(name, lambda *_, seen=seen: seen.set())
            self.client._on_message(json.dumps({"event_type": name}).encode())
            while not seen.is_set() or self._fetching():
                if not self._serve_all():
                    self._wait_for_more()

    def _fetching(self) -> int:
        """Count the client's requests under way, some of which may not have come here.

        No more of them at once than there are threads.
        """
        session = self.client._session
        fetcher = session._fetcher
        with fetcher._lock:
            return fetcher._busy[session]

    def _wait_for_more(self) -> None:
        with self._came:
            self._came.wait(0.001)

    def finish(self) -> None:
        """Let everything come to its end on a connection that lasts."""
        self.open()
        for _ in range(2):
            self.receive()
            self.serve()


@contextmanager
def desks(
    emulator: Emulator, workspace: ReadyWorkspace, *names: str, **options: Any
) -> Iterator[list[Desk]]:
    """Put workers at desks; none of them is connected."""
    made = [Desk(emulator, workspace, name, **options) for name in names]
    try:
        yield made
    finally:
        for desk in made:
            desk.close()


class Service:
    """An emulator with a manual clock, and workspaces of two workers each."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def workspace(self, offer: int = 120) -> tuple[ReadyWorkspace, Backend]:
        """Make another workspace, whose offers are withdrawn after some seconds."""
        made = self.emulator.workspace(
            workers={"Alice": {}, "Bob": {}},
            worker_activity="Available",
            task_reservation_timeout=offer,
            timeout_activity="Available",
        )
        backend = Backend(self.emulator, made)
        backend.make_room(3)
        return made, backend


def nothing() -> None:
    """Let nothing happen."""
