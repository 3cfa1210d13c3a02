"""What most of the clients' tests need: one that works, and what it told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    Worker,
)
from taskrouter_sync.emulator import Emulator

from ..conftest import ReadyWorker
from ..support.collector import Collector


Marker = Callable[[str], None]


class Calls(Collector):
    """A result callback: `calls.back`, and the thread it came on."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[threading.Thread] = []

    def back(self, error: Any, result: Any) -> None:
        self.threads.append(threading.current_thread())
        self.add("called", error, result)

    @property
    def outcome(self) -> tuple[Any, Any]:
        """Give error and result of the one call that there was."""
        assert self.names() == ["called"]
        assert self.threads == [threading.current_thread()]
        error, result = self.expect("called")
        return error, result


@pytest.fixture
def calls() -> Calls:
    return Calls()


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
