"""What one client waits for, no other client waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from taskrouter_sync import HttpError, Worker, WorkerCapabilityToken
from taskrouter_sync.clients.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.prefetch import MOST_THREADS
from taskrouter_sync.session import Limits

from ..conftest import OpenWorker, ReadyWorker
from ..support.collector import Background, Collector, wait
from ..support.raw_server import Peer, RawServer


MANY = MOST_THREADS + 4  # one client's threads are not enough for so many


@pytest.fixture
def crowd(emulator: Emulator) -> Iterator[tuple[ReadyWorkspace, list[Worker]]]:
    """Clients of many workers of a workspace, all ready."""
    workspace = emulator.workspace(
        "Crowd",
        workers={f"Worker {number}": {} for number in range(MANY)},
        worker_activity="Available",
    )
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                Worker(
                    WorkerCapabilityToken(
                        emulator.account_sid, emulator.auth_token, workspace.sid, sid
                    ).to_jwt(),
                    event_bridge_base_url=emulator.event_bridge_url,
                )
            )
            for sid in workspace.workers.values()
        ]
        for worker in workers:
            worker.wait_until_ready(5.0)
        yield workspace, workers


class Block:
    """A listener that blocks until it may go on."""

    def __init__(self) -> None:
        self.inside, self.go_on = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.inside.set()
        wait(self.go_on, "the test's word")


def test_a_callback_that_blocks_delays_no_other_client(
    emulator: Emulator, crowd: tuple[ReadyWorkspace, list[Worker]]
) -> None:
    _, (slow, *others) = crowd
    block = Block()
    slow.on("one", block)
    came = Collector()
    for worker in others:
        came.listen(worker, "one")
    for worker in (slow, *others):
        emulator.send_frame(str(worker.sid), {"event_type": "one", "payload": {}})
    wait(block.inside, "the listener's call")
    for _ in others:
        came.expect("one")
    assert not block.go_on.is_set()
    block.go_on.set()


def test_many_callbacks_that_block_delay_no_other_client(
    emulator: Emulator, crowd: tuple[ReadyWorkspace, list[Worker]]
) -> None:
    _, (quick, *slow) = crowd
    blocks = [Block() for _ in slow]
    for worker, block in zip(slow, blocks, strict=True):
        worker.on("one", block)
        emulator.send_frame(str(worker.sid), {"event_type": "one", "payload": {}})
    for block in blocks:
        wait(block.inside, "a listener's call")
    came = Collector().listen(quick, "one", "disconnected")
    emulator.send_frame(str(quick.sid), {"event_type": "one", "payload": {}})
    came.expect("one")
    assert quick.fetch().sid == quick.sid
    Background(quick.close).result(1.0)
    for block in blocks:
        block.go_on.set()


def test_each_hears_its_own_reservations_only(
    emulator: Emulator, crowd: tuple[ReadyWorkspace, list[Worker]]
) -> None:
    workspace, workers = crowd
    came = Collector()
    for worker in workers:
        worker.on(
            "reservation.created",
            lambda reservation, sid=worker.sid: came.add(
                "created", sid, reservation.workerSid
            ),
        )
    for _ in workers:
        emulator.create_task(workspace)
    pairs = [came.expect("created") for _ in workers]
    assert all(sid == worker_sid for sid, worker_sid in pairs)
    assert {sid for sid, _ in pairs} == {worker.sid for worker in workers}


Answer = Callable[[Mapping[str, Any]], tuple[int, Any]]


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set at the end, so that what is stuck ends with the test."""
    event = threading.Event()
    yield event
    event.set()


def stuck(over: threading.Event) -> Answer:
    """Answer no request until all is over."""

    def answer(envelope: Mapping[str, Any]) -> tuple[int, Any]:
        over.wait(10.0)
        return 503, {}

    return answer


def upgrade(peer: Peer) -> None:
    peer.upgrade()
    peer.stall()


def test_services_that_answer_no_request_delay_no_other_client(
    emulator: Emulator,
    open_worker: OpenWorker,
    ready_worker: ReadyWorker,
    over: threading.Event,
) -> None:
    """Not its `ready`, not its reservations, not its calls."""
    with RawServer(*[upgrade] * MANY, answer_posts=stuck(over)) as server:
        dead = [open_worker(event_bridge_base_url=server.url) for _ in range(MANY)]
        came = Collector()
        for worker in dead:
            came.listen(worker, "connected")
        for _ in dead:
            came.expect("connected")
        quick, heard = ready_worker()
        emulator.create_task()
        heard.expect("reservation.created").accept()
        assert len(quick.fetchReservations().data) == 1
        over.set()
        for worker in dead:
            worker.close()


def test_services_that_answer_no_handshake_delay_no_other_client(
    open_worker: OpenWorker,
) -> None:
    with RawServer(*[Peer.stall] * MANY) as server:
        dead = [open_worker(event_bridge_base_url=server.url) for _ in range(MANY)]
        wait(server.stalled, "an attempt")
        open_worker().wait_until_ready(5.0)
        for worker in dead:
            Background(worker.close).result(1.0)


def test_a_call_that_waits_delays_neither_events_nor_other_calls(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, came = ready_worker()
    emulator.faults.delay(0.5, url="/Activities")
    waiting = Background(worker.activities.fetch)
    emulator.wait_for_requests(url="/Activities")
    emulator.create_task()
    came.expect("reservation.created")
    assert worker.fetch().friendlyName == "Alice"
    assert waiting.is_alive()
    waiting.result()


def test_a_flood_for_one_delays_no_other(
    emulator: Emulator, crowd: tuple[ReadyWorkspace, list[Worker]]
) -> None:
    _, (flooded, quick, *_) = crowd
    block = Block()
    flooded.on("flood", block)
    for _ in range(300):
        emulator.send_frame(str(flooded.sid), {"event_type": "flood", "payload": {}})
    wait(block.inside, "the listener's call")
    came = Collector().listen(quick, "one")
    emulator.send_frame(str(quick.sid), {"event_type": "one", "payload": {}})
    came.expect("one")
    block.go_on.set()


def test_the_end_of_a_client_that_is_stuck_delays_no_other(
    open_worker: OpenWorker,
    ready_worker: ReadyWorker,
    over: threading.Event,
) -> None:
    timing = Timing(request=Limits(answer=3.0))
    with RawServer(upgrade, answer_posts=stuck(over)) as server:
        dead = open_worker(event_bridge_base_url=server.url, _timing=timing)
        Collector().listen(dead, "connected").expect("connected")
        asking = Background(dead.fetch)
        quick, _ = ready_worker()
        Background(dead.close).result(1.5)
        assert quick.fetch().friendlyName == "Alice"
        over.set()
        with pytest.raises(HttpError):
            asking.result()
