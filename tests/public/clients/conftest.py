"""What most of the clients' tests need: one that works, and what it told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import jwt
import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support import collector
from ...support.backend import Backend
from ...support.collector import EVENTS, Collector, wait
from ...support.internals import EXPIRY_MARGIN


Marker = Callable[[str], None]
Settle = Callable[[Worker], None]
OpenDesk = Callable[..., "Desk"]
TokenDue = Callable[[float], str]

CHANNEL_EVENTS = ("capacity.update", "channel.availability.update")


class Provider:
    """Gives these one by one, the last one again and again; raises exceptions.

    Attributes:
        threads: those on which it was called.
    """

    def __init__(self, *given: Any) -> None:
        self._given = list(given)
        self.threads: list[str] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread().name)
        given = self._given.pop(0) if len(self._given) > 1 else self._given[0]
        if isinstance(given, BaseException):
            raise given
        return str(given() if callable(given) else given)

    @property
    def count(self) -> int:
        return len(self.threads)


class Desk:
    """Alice's client, all that its listeners are told from its opening on, and what
    becomes of her latest reservation, whoever does it.

    Attributes:
        url: where the list of her reservations is.
    """

    def __init__(
        self, emulator: Emulator, backend: Backend, worker: Worker, came: Collector
    ) -> None:
        self.emulator, self.faults, self.backend = emulator, emulator.faults, backend
        self.worker, self.came = worker, came.listen(worker, *CHANNEL_EVENTS)
        self.alice = str(worker.sid)
        self.url = f"/Workers/{self.alice}/Reservations"

    def do(self, acts: str) -> None:
        """Let these happen: create, cancel, or a status of the reservation."""
        for act in acts.split():
            if act == "create":
                self.backend.create_task()
            elif act == "cancel":
                self.backend.cancel(self._latest().task_sid)
            else:
                self.backend.update_reservation(self._latest().sid, act)

    def _latest(self) -> Any:
        return list(self.backend.reservations(self.alice).values())[-1]

    @contextmanager
    def gap(self) -> Iterator[None]:
        """Be disconnected for a while; by the end all that was missed is told."""
        self.worker.disconnect()
        self.came.expect("disconnected")
        yield
        self.worker.connect()
        self.came.expect("ready")
        self.settle()

    def settle(self) -> None:
        """Wait until everything before this moment is told."""
        collector.settle(self.emulator, self.worker)

    def told(self) -> list[tuple[str, str]]:
        """List the reservation events that listeners got."""
        return [
            (name.partition(".")[2], args[0].sid)
            for name, args in self.came.calls()
            if name.startswith("reservation.")
        ]

    def names(self) -> str:
        return " ".join(event for event, _ in self.told())

    def logged(self) -> list[tuple[str, str]]:
        """List those of the service's log that can be known after a gap."""
        pairs = [
            (event.event_type.partition(".")[2], event.resource_sid)
            for event in self.emulator.events
            if event.event_type.startswith("reservation.")
            and self.alice in event.worker_sids
        ]
        completed = {sid for event, sid in pairs if event == "completed"}
        return [
            (event, sid)
            for event, sid in pairs
            if event != "wrapup" or sid not in completed
        ]


@pytest.fixture
def open_desk(
    emulator: Emulator, backend: Backend, ready_worker: ReadyWorker
) -> OpenDesk:
    """Open Alice's client, and wait until nothing is pending for it."""
    return lambda *args, **options: Desk(
        emulator, backend, *ready_worker(*args, **options)
    )


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


@pytest.fixture
def worker(desk: Desk) -> Worker:
    return desk.worker


@pytest.fixture
def came(desk: Desk) -> Collector:
    return desk.came


@pytest.fixture
def send(emulator: Emulator, alice: str) -> Marker:
    """Send an event to Alice's sockets."""

    def send_one(event: str) -> None:
        emulator.send_frame(alice, {"event_type": event, "payload": {"name": event}})

    return send_one


@pytest.fixture
def settle(emulator: Emulator) -> Settle:
    """Wait until a client has told all that was sent to it before this moment."""
    return partial(collector.settle, emulator)


@pytest.fixture
def token_due(emulator: Emulator, worker_token: MintToken) -> TokenDue:
    """Mint a token for Alice whose `token.expired` is due in so many seconds."""

    def mint(seconds: float) -> str:
        claims = jwt.decode(worker_token(), options={"verify_signature": False})
        claims["exp"] = time.time() + EXPIRY_MARGIN + seconds
        return jwt.encode(claims, emulator.auth_token, algorithm="HS256")

    return mint


class _Rests(logging.Handler):
    """Sets an event when a client's log says that its connection rests."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().endswith("-> idle"):
            self.seen.set()


@pytest.fixture
def rests(caplog: pytest.LogCaptureFixture) -> Iterator[threading.Event]:
    """Is set when a client's connection rests until there is another token."""
    caplog.set_level(logging.DEBUG, "taskrouter_sync")
    log, handler = logging.getLogger("taskrouter_sync"), _Rests()
    log.addHandler(handler)
    yield handler.seen
    log.removeHandler(handler)


@pytest.fixture
def heard_worker(
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    rests: threading.Event,
) -> ReadyWorker:
    """Open clients for Alice that connect when all their events are collected.

    A client that was just about to connect with the old token would do it twice.
    """

    def open_one(token: str | None = None, **options: Any) -> tuple[Worker, Collector]:
        worker = open_worker(token_due(-60), **options)
        Collector().listen(worker, "token.expired").expect("token.expired")
        wait(rests, "the client rests on its expired token")
        rests.clear()
        others = [event for event in EVENTS if event != "token.expired"]
        came = Collector().listen(worker, *others)
        worker.update_token(token or worker_token())
        return worker, came

    return open_one
