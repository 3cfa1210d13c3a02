"""Whatever a listener does, it disturbs nobody else."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync.timing import Timing
from taskrouter_sync.emulator import Emulator

from ...conftest import ReadyWorker
from ...support.collector import Background, Collector, wait
from .conftest import Marker


def test_a_listener_that_raises_disturbs_nobody(
    ready_worker: ReadyWorker, send: Marker, caplog: pytest.LogCaptureFixture
) -> None:
    def clumsy() -> None:
        raise ValueError("a mistake of the program's")

    worker, _ = ready_worker()
    worker.on("one", clumsy)
    came = Collector().listen(worker, "one", "two")
    send("one")
    send("two")
    came.expect("one")
    came.expect("two")
    assert "clumsy" in caplog.text
    assert "a mistake of the program's" in caplog.text


@pytest.mark.parametrize(
    "exit_",
    [lambda: sys.exit(3), lambda: sys.exit("words")],
    ids=["status", "words"],
)
def test_a_listener_that_exits_ends_itself_only(
    ready_worker: ReadyWorker, send: Marker, exit_: Callable[[], Any]
) -> None:
    worker, _ = ready_worker()
    worker.on("one", exit_)
    came = Collector().listen(worker, "one", "two")
    send("one")
    send("two")
    came.expect("one")
    came.expect("two")


@pytest.mark.parametrize(
    "kind", [asyncio.CancelledError, GeneratorExit, KeyboardInterrupt]
)
def test_nothing_that_a_listener_raises_ends_the_event_thread(
    ready_worker: ReadyWorker, send: Marker, kind: type[BaseException]
) -> None:
    def raising() -> None:
        raise kind

    worker, _ = ready_worker()
    worker.on("one", raising)
    came = Collector().listen(worker, "two")
    send("one")
    send("two")
    came.expect("two")


def test_a_listener_that_blocks_delays_its_own_client_only(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    slow, _ = ready_worker()
    quick, other = ready_worker()
    other.listen(quick, "one")
    inside, go_on = threading.Event(), threading.Event()

    def block() -> None:
        inside.set()
        wait(go_on, "the test's word")

    slow.on("one", block)
    came = Collector().listen(slow, "one", "two")
    send("one")
    send("two")
    wait(inside, "the listener's call")
    other.expect("one")
    # Nor its client's requests.
    assert slow.fetch().friendlyName == "Alice"
    assert came.names() == []
    go_on.set()
    came.expect("two")
    assert came.names() == ["one", "two"]


def test_a_listener_that_blocks_does_not_keep_beats_from_being_heard(
    ready_worker: ReadyWorker, emulator: Emulator, alice: str
) -> None:
    worker, came = ready_worker(_timing=Timing(heartbeat=0.7))
    inside, go_on = threading.Event(), threading.Event()

    def block() -> None:
        inside.set()
        wait(go_on, "the test's word")

    worker.on("one", block)
    emulator.send_frame(alice, {"event_type": "one", "payload": {}})
    wait(inside, "the listener's call")
    for _ in range(9):
        emulator.send_frame(alice, " ")
        assert not go_on.wait(0.1)
    worker.on("two", came.callback("two"))
    emulator.send_frame(alice, {"event_type": "two", "payload": {}})
    go_on.set()
    came.expect("two")
    assert "disconnected" not in came.names()


def test_listeners_may_be_added_and_removed_while_events_come(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            worker.on("one", print_nothing)
            worker.off("one", print_nothing)

    def print_nothing() -> None:
        return

    came = Collector().listen(worker, "one")
    churning = [Background(churn) for _ in range(3)]
    for _ in range(50):
        send("one")
    for _ in range(50):
        came.expect("one")
    stop.set()
    for each in churning:
        each.result()
    assert len(worker.listeners("one")) == 1


def test_once_is_once(ready_worker: ReadyWorker, send: Marker) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, "marker")
    worker.once("one", came.callback("once"))
    send("one")
    send("one")
    send("marker")
    came.expect("marker")
    assert came.names() == ["once", "marker"]


def test_a_listener_may_take_itself_off(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, "marker")

    def listener() -> None:
        came.add("called")
        worker.removeListener("one", listener)

    worker.on("one", listener)
    for event in ("one", "one", "marker"):
        send(event)
    came.expect("marker")
    assert came.names() == ["called", "marker"]


def test_decorators_register(ready_worker: ReadyWorker, send: Marker) -> None:
    worker, _ = ready_worker()
    came = Collector()

    @worker.on("one")
    def one(payload: Any) -> None:
        came.add("one", payload.name)

    send("one")
    assert came.expect("one") == "one"
    assert worker.listeners("one") == [one]
