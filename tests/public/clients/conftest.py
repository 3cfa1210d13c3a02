"""What most of the clients' tests need: one that works, and what it told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jwt
import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support import collector
from ...support.collector import EVENTS, Collector
from ...support.internals import EXPIRY_MARGIN


Marker = Callable[[str], None]
Settle = Callable[[Worker], None]
TokenDue = Callable[[float], str]


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


@pytest.fixture
def desk(ready_worker: ReadyWorker) -> tuple[Worker, Collector]:
    return ready_worker()


@pytest.fixture
def worker(desk: tuple[Worker, Collector]) -> Worker:
    return desk[0]


@pytest.fixture
def came(desk: tuple[Worker, Collector]) -> Collector:
    return desk[1]


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
    open_worker: OpenWorker, worker_token: MintToken, token_due: TokenDue
) -> ReadyWorker:
    """Open clients for Alice that connect when all their events are collected."""

    def open_one(token: str | None = None, **options: Any) -> tuple[Worker, Collector]:
        worker = open_worker(token_due(-60), **options)
        Collector().listen(worker, "token.expired").expect("token.expired")
        others = [event for event in EVENTS if event != "token.expired"]
        came = Collector().listen(worker, *others)
        worker.update_token(token or worker_token())
        return worker, came

    return open_one
