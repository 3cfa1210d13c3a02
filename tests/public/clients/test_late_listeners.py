"""Listeners that come late are told the state that still holds."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from taskrouter_sync.emulator import Emulator

from ...conftest import OpenWorker, ReadyWorker
from ...support.collector import Collector
from .conftest import Marker


@pytest.mark.parametrize("event", ["connected", "ready"])
def test_a_late_listener_of_a_state_is_told_once(
    ready_worker: ReadyWorker, send: Marker, event: str
) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, event, "marker")
    came.expect(event)
    send("marker")
    came.expect("marker")
    assert came.names() == [event, "marker"]


def test_a_late_listener_is_told_on_the_event_thread(
    ready_worker: ReadyWorker, alice: str
) -> None:
    worker, _ = ready_worker()
    came = Collector()
    worker.on("ready", lambda: came.add("on", threading.current_thread().name))
    assert came.expect("on") == f"taskrouter-events-{alice}"


def test_a_late_once_listener_is_told_and_used_up(
    ready_worker: ReadyWorker, emulator: Emulator, no_pauses: None
) -> None:
    worker, came = ready_worker()
    once = Collector()
    worker.once("ready", once.callback("ready"))
    once.expect("ready")
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert once.names() == ["ready"]


def test_what_no_longer_holds_is_not_told(
    ready_worker: ReadyWorker, emulator: Emulator, alice: str
) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    late = Collector().listen(worker, "connected", "ready", "disconnected", "error")
    worker.connect()
    came.expect("ready")
    late.expect("ready")
    assert late.names() == ["connected", "ready"]


def test_a_refusal_is_told_to_late_listeners_as_long_as_it_lasts(
    emulator: Emulator, open_worker: OpenWorker, worker_token: Callable[..., str]
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker()
    Collector().listen(worker, "error").expect("error")
    assert Collector().listen(worker, "error").expect("error").code == 403
    worker.updateToken(worker_token(ttl=7200))
    worker.wait_until_ready(5.0)
    late = Collector().listen(worker, "error", "ready")
    late.expect("ready")
    assert late.names() == ["ready"]


def test_a_passing_trouble_is_not_told_to_late_listeners(
    emulator: Emulator, open_worker: OpenWorker, no_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker = open_worker()
    worker.wait_until_ready(5.0)
    late = Collector().listen(worker, "error", "ready")
    late.expect("ready")
    assert late.names() == ["ready"]


def test_pending_reservations_that_nobody_heard_of_are_told_late(
    emulator: Emulator, open_worker: OpenWorker, send: Marker
) -> None:
    emulator.create_task()
    worker = open_worker()
    known = Collector().listen(worker, "marker")
    worker.wait_until_ready(5.0)
    emulator.create_task()
    send("marker")
    known.expect("marker")
    first = Collector().listen(worker, "reservation.created")
    told = {first.expect("reservation.created").sid for _ in range(2)}
    assert told == set(worker.reservations)
    second = Collector().listen(worker, "reservation.created", "marker")
    send("marker")
    second.expect("marker")
    assert second.names() == ["marker"]


def test_a_reservation_that_is_no_longer_pending_is_not_told_late(
    emulator: Emulator, open_worker: OpenWorker, send: Marker
) -> None:
    worker = open_worker()
    worker.wait_until_ready(5.0)
    came = Collector().listen(worker, "reservation.accepted")
    emulator.create_task()
    emulator.wait_for_requests(2, url="/Tasks/")
    worker.fetchReservations().data[0].accept()
    came.expect("reservation.accepted")
    late = Collector().listen(worker, "reservation.created", "marker")
    send("marker")
    late.expect("marker")
    assert late.names() == ["marker"]


def test_a_late_listener_waits_for_nothing_that_is_under_way(
    emulator: Emulator, open_worker: OpenWorker, alice: str
) -> None:
    emulator.faults.delay(1.0, url=f"/Workers/{alice}")
    worker = open_worker()
    emulator.wait_for_requests(url=f"/Workers/{alice}")
    Collector().listen(worker, "connected").expect("connected", 0.5)


def test_late_listeners_are_told_in_the_order_in_which_they_came(
    ready_worker: ReadyWorker,
) -> None:
    worker, _ = ready_worker()
    late = Collector()
    for number in range(20):
        worker.on("ready", late.callback(f"ready {number}"))
    late.expect("ready 19")
    assert late.names() == [f"ready {number}" for number in range(20)]


def test_a_listener_that_is_added_in_a_callback_is_told_what_holds(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    late = Collector()
    worker.on("one", lambda: late.listen(worker, "ready"))
    send("one")
    late.expect("ready")


def test_a_listener_that_is_taken_off_at_once_is_not_told(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    late = Collector().listen(worker, "marker")
    told = late.callback("ready")

    def change_its_mind() -> None:
        worker.on("ready", told)
        worker.off("ready", told)

    worker.on("one", change_its_mind)
    send("one")
    send("marker")
    late.expect("marker")
    assert late.names() == ["marker"]


def test_a_late_listener_of_ready_gets_the_present_state(
    ready_worker: ReadyWorker,
) -> None:
    worker, came = ready_worker()
    worker.update("FriendlyName", "Ally")
    late = Collector().listen(worker, "ready")
    assert came.last("ready").friendly_name == "Alice"
    assert late.expect("ready").friendly_name == "Ally"


def test_a_refused_ready_is_told_to_late_listeners(
    emulator: Emulator, open_worker: OpenWorker, alice: str
) -> None:
    emulator.faults.answer(404, url=f"/Workers/{alice}")
    worker = open_worker()
    Collector().listen(worker, "error").expect("error")
    assert Collector().listen(worker, "error").expect("error").code == 404


def test_a_late_listener_of_disconnected_is_told_nothing(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    late = Collector().listen(worker, "disconnected", "ready")
    worker.connect()
    late.expect("ready")
    assert late.names() == ["ready"]


def test_who_has_heard_the_event_meanwhile_is_not_told_again(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    late = Collector().listen(worker, "marker")

    def listen_and_emit() -> None:
        worker.on("ready", late.callback("ready"))
        worker.emit("ready", worker)

    worker.on("one", listen_and_emit)
    send("one")
    send("marker")
    late.expect("marker")
    assert late.names() == ["ready", "marker"]
