"""What most of the clients' tests need: one that works, and what it told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import EVENTS, Collector
from ...support.internals import EXPIRY_MARGIN


Marker = Callable[[str], None]
TokenDue = Callable[[float], str]


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
    """Send an event to Alice's sockets; told last, it proves what did not come."""

    def send_one(event: str) -> None:
        emulator.send_frame(alice, {"event_type": event, "payload": {"name": event}})

    return send_one


@pytest.fixture
def token_due(emulator: Emulator, worker_token: MintToken) -> TokenDue:
    """Mint a token for Alice whose `token.expired` is due in so many seconds."""

    def mint(seconds: float) -> str:
        claims = jwt.decode(worker_token(), options={"verify_signature": False})
        claims["exp"] = time.time() + EXPIRY_MARGIN + seconds
        return jwt.encode(claims, emulator.auth_token, algorithm="HS256")

    return mint


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
