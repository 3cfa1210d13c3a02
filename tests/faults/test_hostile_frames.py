"""Frames that are none of the service's: what they do to a client that stays open."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from taskrouter_sync.clients import intake
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.errors import InvalidResponse

from ..conftest import ReadyWorker
from ..support.collector import LIMIT, Collector, wait
from .fault import Fault, Kind
from .proxy import Proxy


@pytest.fixture
def proxy(emulator: Emulator) -> Iterator[Proxy]:
    with Proxy(int(emulator.url.rpartition(":")[2])) as between:
        yield between


def test_what_an_odd_frame_should_have_said_is_told_all_the_same(
    emulator: Emulator, proxy: Proxy, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    """A frame that makes no sense is a gap: the state is read as after one."""
    _, came = ready_worker(event_bridge_base_url=proxy.url)
    proxy.strike(Fault(Kind.CORRUPT, after=40), role="GET")
    task = emulator.create_task()
    assert isinstance(came.expect("error"), InvalidResponse)
    assert came.expect("reservation.created").task.sid == task["sid"]


def test_an_odd_frame_that_ends_a_reservation_is_made_up_for(
    emulator: Emulator, proxy: Proxy, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    _, came = ready_worker(event_bridge_base_url=proxy.url)
    task = emulator.create_task()
    created = came.expect("reservation.created")
    proxy.strike(Fault(Kind.CORRUPT, after=40), role="GET")
    emulator.call(
        lambda engine: engine.update_task(
            next(iter(engine.workspaces.values())).tasks[task["sid"]],
            assignment_status="canceled",
        )
    )
    assert came.expect("reservation.canceled").sid == created.sid


# Floods.


def test_a_flood_while_a_callback_blocks_is_bounded_and_made_up_for(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What there was no room for is lost, but for what the state still tells."""
    monkeypatch.setattr(intake, "MOST_FRAMES", 300)
    worker, came = ready_worker()
    running, end = threading.Event(), threading.Event()

    def block(_: object) -> None:
        running.set()
        end.wait(LIMIT)

    worker.once("block", block)
    flood = Collector().listen(worker, "flood")
    emulator.send_frame(alice, {"event_type": "block", "payload": {}})
    wait(running, "the callback")
    for number in range(400):
        emulator.send_frame(alice, {"event_type": "flood", "payload": number})
    emulator.wait_for_connections(alice, 0)
    task = emulator.create_task()
    end.set()
    assert came.expect("reservation.created").task.sid == task["sid"]
    assert flood.names() == ["flood"] * len(flood.names())
    assert [args[0] for _, args in flood.calls()] == [*range(len(flood.calls()))]
    assert 200 <= flood.count("flood") <= 300
    assert came.count("reservation.created") == 1
    assert "too many events wait" in caplog.text


def test_a_flood_that_nobody_blocks_comes_whole(
    emulator: Emulator, alice: str, ready_worker: ReadyWorker
) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, "flood", "end")
    for number in range(500):
        emulator.send_frame(alice, {"event_type": "flood", "payload": number})
    emulator.send_frame(alice, {"event_type": "end", "payload": {}})
    came.expect("end")
    assert [args[0] for name, args in came.calls() if name == "flood"] == [*range(500)]
