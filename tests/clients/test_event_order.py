"""Events come in the order in which they were sent, and whole."""

from __future__ import annotations

import threading

import pytest

from taskrouter_sync.clients.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.session import Limits

from ..conftest import ReadyWorker
from ..support.collector import Collector
from .conftest import Marker


def test_events_come_in_the_order_in_which_they_were_sent(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    names = [f"event.{number}" for number in range(100)]
    came = Collector().listen(worker, *names)
    for name in names:
        send(name)
    came.expect(names[-1])
    assert came.names() == names


def test_events_come_in_order_though_their_details_do_not(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    _, came = ready_worker()
    # The first task's answers are the last to come.
    emulator.faults.delay(0.3, method="GET", url="/Tasks/", times=2)
    tasks = [emulator.create_task()["sid"] for _ in range(3)]
    told = [came.expect("reservation.created").task.sid for _ in tasks]
    assert told == tasks


def test_an_event_without_details_waits_for_the_one_before_it(
    emulator: Emulator, ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, came = ready_worker()
    came.listen(worker, "marker")
    emulator.faults.delay(0.2, method="GET", url="/Tasks/", times=2)
    emulator.create_task()
    came_before = len(came.names())
    send("marker")
    came.expect("marker")
    assert came.names()[came_before:] == ["reservation.created", "marker"]


def test_details_are_fetched_side_by_side(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    """All requests of five events are there before the first one is answered."""
    _, came = ready_worker()
    emulator.faults.delay(0.5, method="GET", url="/Tasks/", times=10)
    for _ in range(5):
        emulator.create_task()
    asked = emulator.wait_for_requests(10, url="/Tasks/")
    assert [each.status for each in asked] == [None] * 10
    for _ in range(5):
        came.expect("reservation.created")


def test_one_event_at_a_time(ready_worker: ReadyWorker, send: Marker) -> None:
    worker, _ = ready_worker()
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


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_detail_that_can_t_be_had_is_replaced_by_what_the_frame_held(
    emulator: Emulator, ready_worker: ReadyWorker, status: int
) -> None:
    worker, came = ready_worker()
    emulator.faults.answer(status, method="GET", url="/Tasks/", times=2)
    task_sid = emulator.create_task(attributes={"language": "no"})["sid"]
    reservation = came.expect("reservation.created")
    assert reservation.task.sid == task_sid
    assert reservation.task.attributes.language == "no"
    assert list(worker.reservations) == [reservation.sid]


def test_details_without_an_answer_are_given_up_in_time(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    _, came = ready_worker(_timing=Timing(request=Limits(answer=0.1)))
    emulator.faults.delay(1.0, method="GET", url="/Tasks/", times=2)
    task_sid = emulator.create_task()["sid"]
    assert came.expect("reservation.created").task.sid == task_sid


def test_an_unknown_event_comes_under_its_own_name(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, "something.new")
    send("something.new")
    assert came.expect("something.new").name == "something.new"


def test_the_prefix_of_the_worker_is_cut(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, came = ready_worker()
    emulator.send_frame(
        alice,
        {
            "event_type": "worker.activity.update",
            "payload": {"sid": alice, "activity_name": "Lunch"},
        },
    )
    assert came.expect("activity.update").activityName == "Lunch"
    assert worker.activityName == "Lunch"


def test_a_listener_may_take_no_argument(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    worker, _ = ready_worker()
    came = Collector()
    worker.on("reservation.created", lambda: came.add("called"))
    emulator.create_task()
    came.expect("called")


def test_two_clients_of_a_worker_both_hear(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    _, first = ready_worker()
    _, second = ready_worker()
    emulator.create_task()
    assert (
        first.expect("reservation.created").sid
        == second.expect("reservation.created").sid
    )


def test_many_reservations_are_each_told_once(
    emulator: Emulator, workspace: ReadyWorkspace, ready_worker: ReadyWorker
) -> None:
    _, came = ready_worker()
    tasks = {emulator.create_task()["sid"] for _ in range(30)}
    for _ in range(30):
        came.expect("reservation.created")
    sids = [
        args[0].task.sid for name, args in came.calls() if name == "reservation.created"
    ]
    assert len(sids) == 30
    assert set(sids) == tasks
