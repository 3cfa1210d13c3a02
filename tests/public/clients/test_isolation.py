"""What one client waits for, no other client waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from taskrouter_sync import HttpError, Worker, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator

from ...conftest import OpenWorker, ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.collector import Background, Block, Collector, wait
from ...support.internals import FETCH_THREADS, timing
from ...support.raw_server import Peer, RawServer


MANY = FETCH_THREADS + 4  # one client's threads are not enough for so many


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


def send(emulator: Emulator, worker: Worker, event: str = "one") -> None:
    emulator.send_frame(str(worker.sid), {"event_type": event, "payload": {}})


@pytest.mark.parametrize("blocked", [1, MANY - 1])
def test_callbacks_that_block_delay_no_other_client(
    emulator: Emulator, crowd: tuple[ReadyWorkspace, list[Worker]], blocked: int
) -> None:
    """However much waits for them."""
    _, workers = crowd
    slow, others = workers[:blocked], workers[blocked:]
    blocks = [Block() for _ in slow]
    for worker, block in zip(slow, blocks, strict=True):
        worker.on("one", block)
        send(emulator, worker)
        for _ in range(300 // blocked):
            send(emulator, worker, "flood")
    for block in blocks:
        block.wait_until_inside()
    came = Collector()
    for worker in others:
        came.listen(worker, "one")
        send(emulator, worker)
    for _ in others:
        came.expect("one")
    assert others[0].fetch().sid == others[0].sid
    Background(others[0].close).result(1.0)
    for block in blocks:
        block.go_on.set()


def test_each_is_told_of_its_own_reservations_only(
    emulator: Emulator, crowd: tuple[ReadyWorkspace, list[Worker]]
) -> None:
    workspace, workers = crowd
    came = Collector()

    def created(sid: Any, reservation: Any) -> None:
        came.add("created", sid, reservation.workerSid)

    for worker in workers:
        worker.on("reservation.created", partial(created, worker.sid))
    for _ in workers:
        emulator.create_task(workspace)
    pairs = {came.expect("created") for _ in workers}
    assert pairs == {(worker.sid, worker.sid) for worker in workers}


Respond = Callable[[Mapping[str, Any]], tuple[int, Any]]


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set at the end, so that what is stuck ends with the test."""
    event = threading.Event()
    yield event
    event.set()


def stuck(over: threading.Event) -> Respond:
    """Answer no request until all is over."""

    def respond(envelope: Mapping[str, Any]) -> tuple[int, Any]:
        over.wait(10.0)
        return 503, {}

    return respond


def upgrade(peer: Peer) -> None:
    peer.upgrade()
    peer.stall()


def test_services_that_answer_no_request_delay_no_other_client(
    backend: Backend,
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
        quick, told = ready_worker()
        backend.create_task()
        told.expect("reservation.created").accept()
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
    emulator: Emulator, backend: Backend, ready_worker: ReadyWorker
) -> None:
    worker, came = ready_worker()
    emulator.faults.delay(0.5, url="/Activities")
    waiting = Background(worker.activities.fetch)
    emulator.wait_for_requests(url="/Activities")
    backend.create_task()
    came.expect("reservation.created")
    assert worker.fetch().friendlyName == "Alice"
    assert waiting.is_alive()
    waiting.result()


def test_the_end_of_a_client_that_is_stuck_delays_no_other(
    open_worker: OpenWorker, ready_worker: ReadyWorker, over: threading.Event
) -> None:
    with RawServer(upgrade, answer_posts=stuck(over)) as server:
        dead = open_worker(event_bridge_base_url=server.url, _timing=timing(answer=3.0))
        Collector().listen(dead, "connected").expect("connected")
        asking = Background(dead.fetch)
        quick, _ = ready_worker()
        Background(dead.close).result(1.5)
        assert quick.fetch().friendlyName == "Alice"
        over.set()
        with pytest.raises(HttpError):
            asking.result()
