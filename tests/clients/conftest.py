"""What most of the clients' tests need: one that works, and what it told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ..conftest import ReadyWorker
from ..support.collector import Collector
from ..support.outcome import Outcome


Marker = Callable[[str], None]


@pytest.fixture
def outcome() -> Outcome:
    return Outcome()


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
def reservation(emulator: Emulator, came: Collector) -> Any:
    """A pending reservation, as its event brought it."""
    emulator.create_task(attributes={"language": "no"})
    return came.expect("reservation.created")


@pytest.fixture
def send(emulator: Emulator, alice: str) -> Marker:
    """Send an event to Alice's sockets; told last, it proves what did not come."""

    def send_one(event: str) -> None:
        emulator.send_frame(alice, {"event_type": event, "payload": {"name": event}})

    return send_one
