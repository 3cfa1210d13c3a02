"""Events come whole and in order, whatever a listener does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.backend import Backend
from ...support.collector import Background, Block, Collector
from ...support.internals import timing
from .conftest import Marker, Settle


# In order.


def test_events_come_in_the_order_in_which_they_were_sent(
    worker: Worker, send: Marker
) -> None:
    names = [f"event.{number}" for number in range(100)]
    came = Collector().listen(worker, *names)
    for name in names:
        send(name)
    assert came.expect(names[-1]).name == names[-1]
    assert came.names() == names


def test_events_come_in_order_though_their_details_do_not(
    emulator: Emulator, backend: Backend, worker: Worker, came: Collector, send: Marker
) -> None:
    came.listen(worker, "marker")
    # The first task's responses are the last to come.
    emulator.faults.delay(0.3, method="GET", url="/Tasks/", times=2)
    tasks = [backend.create_task() for _ in range(3)]
    send("marker")
    told = [came.expect("reservation.created").task.sid for _ in tasks]
    assert told == tasks
    came.expect("marker")
    assert came.names()[-4:] == [*["reservation.created"] * 3, "marker"]


def test_details_are_fetched_side_by_side(
    emulator: Emulator, backend: Backend, came: Collector
) -> None:
    """All requests of five events are there before the first one is answered."""
    emulator.faults.delay(0.5, method="GET", url="/Tasks/", times=10)
    for _ in range(5):
        backend.create_task()
    asked = emulator.wait_for_requests(10, url="/Tasks/")
    assert [each.status for each in asked] == [None] * 10
    for _ in range(5):
        came.expect("reservation.created")


def test_many_reservations_are_each_told_once_to_each_client(
    backend: Backend, ready_worker: ReadyWorker
) -> None:
    clients = [ready_worker()[1] for _ in range(2)]
    tasks = sorted(backend.create_task() for _ in range(30))
    for came in clients:
        told = [came.expect("reservation.created").task.sid for _ in range(30)]
        assert sorted(told) == tasks


def test_one_event_at_a_time(worker: Worker, send: Marker) -> None:
    inside = threading.Lock()
    came = Collector()

    def listener() -> None:
        came.add("alone" if inside.acquire(blocking=False) else "together")
        inside.release()

    for event in ("one", "two"):
        worker.on(event, listener).on(event, listener)
    for _ in range(20):
        send("one")
        send("two")
    for _ in range(80):
        came.expect("alone")
    assert "together" not in came.names()


@pytest.mark.parametrize("trouble", [403, 404, 500, "no response in time"])
def test_details_that_can_t_be_had_are_replaced_by_what_the_frame_held(
    emulator: Emulator, backend: Backend, ready_worker: ReadyWorker, trouble: Any
) -> None:
    is_refused = isinstance(trouble, int)
    worker, came = ready_worker(_timing=timing(answer=15.0 if is_refused else 0.1))
    if is_refused:
        emulator.faults.answer(trouble, method="GET", url="/Tasks/", times=2)
    else:
        emulator.faults.delay(1.0, method="GET", url="/Tasks/", times=2)
    sid = backend.create_task(language="no")
    reservation = came.expect("reservation.created")
    assert (reservation.task.sid, reservation.task.attributes.language) == (sid, "no")
    assert list(worker.reservations) == [reservation.sid]


# Whatever a listener does.


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a mistake of the program's"),
        SystemExit(3),
        SystemExit("words"),
        asyncio.CancelledError(),
        GeneratorExit(),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_a_listener_that_raises_disturbs_nobody(
    worker: Worker,
    send: Marker,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
) -> None:
    def clumsy() -> None:
        raise error

    worker.on("one", clumsy)
    came = Collector().listen(worker, "one", "two")
    send("one")
    send("two")
    came.expect("one")
    came.expect("two")
    assert "clumsy" in caplog.text
    if isinstance(error, ValueError):
        assert "a mistake of the program's" in caplog.text


def test_a_listener_that_blocks_delays_its_own_client_only(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    slow, _ = ready_worker()
    quick, other = ready_worker()
    other.listen(quick, "one")
    block = Block()
    slow.on("one", block)
    came = Collector().listen(slow, "one", "two")
    send("one")
    send("two")
    block.wait_until_inside()
    other.expect("one")
    # Nor its client's requests.
    assert slow.fetch().friendlyName == "Alice"
    assert came.names() == []
    block.go_on.set()
    came.expect("two")
    assert came.names() == ["one", "two"]


def test_a_listener_that_blocks_does_not_keep_heartbeats_from_being_seen(
    ready_worker: ReadyWorker, emulator: Emulator, alice: str, send: Marker
) -> None:
    worker, came = ready_worker(_timing=timing(heartbeat=1.5))
    block = Block()
    worker.on("one", block)
    send("one")
    block.wait_until_inside()
    for _ in range(18):
        emulator.send_frame(alice, " ")
        assert not block.go_on.wait(0.1)
    came.listen(worker, "two")
    send("two")
    block.go_on.set()
    came.expect("two")
    assert "disconnected" not in came.names()


def test_listeners_may_be_added_and_removed_while_events_come(
    worker: Worker, send: Marker
) -> None:
    stop = threading.Event()

    def nothing() -> None:
        return

    def churn() -> None:
        while not stop.is_set():
            worker.on("one", nothing)
            worker.off("one", nothing)

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


def test_a_listener_may_be_told_once_or_take_itself_off(
    worker: Worker, send: Marker, settle: Settle
) -> None:
    came = Collector()
    worker.once("one", came.callback("once"))

    def listener() -> None:
        came.add("called")
        worker.removeListener("one", listener)

    worker.on("one", listener)
    send("one")
    send("one")
    settle(worker)
    assert came.names() == ["once", "called"]


def test_decorators_register(worker: Worker, send: Marker) -> None:
    came = Collector()

    @worker.on("one")
    def one(payload: Any) -> None:
        came.add("one", payload.name)

    send("one")
    assert came.expect("one") == "one"
    assert worker.listeners("one") == [one]


# Late listeners are told the state that still holds.


def test_a_late_listener_of_a_state_is_told_once_on_the_event_thread(
    worker: Worker, came: Collector, settle: Settle, alice: str
) -> None:
    late = Collector()
    for number in range(20):
        worker.on("ready", late.callback(f"ready {number}"))
    worker.on("connected", lambda: late.add(threading.current_thread().name))
    late.listen(worker, "ready")
    assert late.expect("ready") == came.last("ready")
    settle(worker)
    assert late.names() == [
        *(f"ready {number}" for number in range(20)),
        f"taskrouter-events-{alice}",
        "ready",
    ]


def test_a_late_once_listener_is_told_and_used_up(
    worker: Worker, came: Collector, emulator: Emulator, no_pauses: None
) -> None:
    once = Collector()
    worker.once("ready", once.callback("ready"))
    once.expect("ready")
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert once.names() == ["ready"]


def test_what_no_longer_holds_is_not_told_late(worker: Worker, came: Collector) -> None:
    worker.disconnect()
    came.expect("disconnected")
    late = Collector().listen(worker, "connected", "ready", "disconnected", "error")
    worker.connect()
    late.expect("ready")
    assert late.names() == ["connected", "ready"]


@pytest.mark.parametrize("what", ["handshake", "ready"])
def test_a_refusal_is_told_late_as_long_as_it_lasts(
    emulator: Emulator,
    open_worker: OpenWorker,
    worker_token: MintToken,
    alice: str,
    what: str,
) -> None:
    if what == "handshake":
        emulator.faults.refuse_upgrades(403)
    else:
        emulator.faults.answer(403, url=f"/Workers/{alice}")
    worker = open_worker()
    for _ in range(2):
        assert Collector().listen(worker, "error").expect("error").code == 403
    worker.updateToken(worker_token(ttl=7200))
    worker.wait_until_ready(5.0)
    late = Collector().listen(worker, "error", "ready")
    late.expect("ready")
    assert late.names() == ["ready"]


def test_trouble_that_has_passed_is_not_told_late(
    emulator: Emulator, open_worker: OpenWorker, no_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker = open_worker()
    worker.wait_until_ready(5.0)
    late = Collector().listen(worker, "error", "ready")
    late.expect("ready")
    assert late.names() == ["ready"]


def test_pending_reservations_that_nobody_was_told_of_are_told_late(
    backend: Backend, open_worker: OpenWorker, settle: Settle
) -> None:
    backend.create_task()
    worker = open_worker()
    seen = Collector().listen(worker, "reservation.accepted")
    worker.wait_until_ready(5.0)
    for _ in range(2):
        backend.create_task()
    settle(worker)
    accepted = list(worker.reservations.values())[-1]
    accepted.accept()
    seen.expect("reservation.accepted")
    first = Collector().listen(worker, "reservation.created")
    told = {first.expect("reservation.created").sid for _ in range(2)}
    assert told == worker.reservations.keys() - {accepted.sid}
    second = Collector().listen(worker, "reservation.created")
    settle(worker)
    assert second.names() == []


def test_what_is_told_late_is_the_reservation_as_it_is_now(
    backend: Backend, open_worker: OpenWorker, settle: Settle
) -> None:
    worker = open_worker()
    worker.wait_until_ready(5.0)
    task_sid = backend.create_task(language="en")
    settle(worker)
    worker.fetch_reservations()
    worker.update_task(task_sid, {"Attributes": {"urgent": True}})
    late = Collector().listen(worker, "reservation.created")
    assert late.expect("reservation.created").task.attributes.urgent is True


def test_a_late_listener_waits_for_nothing_that_is_under_way(
    emulator: Emulator, open_worker: OpenWorker, alice: str
) -> None:
    emulator.faults.delay(1.0, url=f"/Workers/{alice}")
    worker = open_worker()
    emulator.wait_for_requests(url=f"/Workers/{alice}")
    Collector().listen(worker, "connected").expect("connected", 0.5)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda worker, callback: worker.on("ready", callback), ["ready"]),
        (
            lambda worker, callback: worker.on("ready", callback).off(
                "ready", callback
            ),
            [],
        ),
        # Who has got the event meanwhile is not told again.
        (
            lambda worker, callback: worker.on("ready", callback).emit("ready", worker),
            ["ready"],
        ),
    ],
    ids=["added", "taken off at once", "told meanwhile"],
)
def test_a_listener_that_is_added_in_a_callback(
    worker: Worker,
    send: Marker,
    settle: Settle,
    act: Callable[[Any, Any], Any],
    told: list[str],
) -> None:
    late = Collector()
    worker.once("one", lambda: act(worker, late.callback("ready")))
    send("one")
    for _ in range(2):
        settle(worker)
    assert late.names() == told


def test_a_listener_of_a_closed_client_is_told_that_nothing_will_come(
    ready_worker: ReadyWorker, caplog: pytest.LogCaptureFixture
) -> None:
    worker, _ = ready_worker()
    worker.close()
    worker.on("mine", print)  # a program may emit what it likes
    assert "client is closed" not in caplog.text
    worker.on("reservation.created", print)
    words = "no 'reservation.created' event will be delivered to print"
    assert f"the client is closed: {words}" in caplog.text
