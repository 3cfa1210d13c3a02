"""Workspaces in which a worker has one task at a time."""

from __future__ import annotations

import pytest

from taskrouter_sync.emulator.engine.model import Task, Worker

from .support import Bench, holders, pending


@pytest.fixture
def bench() -> Bench:
    bench = Bench(multi_task_enabled=False)
    for name in ("Reserved", "Busy"):
        bench.engine.activities.create(bench.workspace, name)
    return bench


@pytest.fixture
def task(bench: Bench, ann: Worker) -> Task:
    bench.told()
    return bench.task()


def test_queues_default_to_the_activities_reserved_and_busy(bench: Bench) -> None:
    queue = bench.queue()
    names = [
        bench.workspace.activities[sid or ""].friendly_name
        for sid in (queue.reservation_activity_sid, queue.assignment_activity_sid)
    ]
    assert names == ["Reserved", "Busy"]


def test_an_offer_moves_the_worker_to_reserved(bench: Bench, task: Task) -> None:
    assert bench.ann.activity_name == "Reserved"
    assert pending(task).worker_previous_activity_sid == bench.available
    assert bench.told()[-2:] == ["reservation.created", "worker.activity.update"]


def test_acceptance_moves_to_busy(bench: Bench, ann: Worker, task: Task) -> None:
    bench.told()
    bench.accept(task)
    assert ann.activity_name == "Busy"
    assert bench.told() == ["reservation.accepted", "worker.activity.update"]


def test_rejection_moves_back(bench: Bench, ann: Worker, task: Task) -> None:
    bench.told()
    bench.reject(task)
    assert bench.told() == [
        "reservation.rejected",
        "worker.activity.update",
        "reservation.created",
        "worker.activity.update",
    ]


def test_rejection_moves_to_the_given_activity(bench: Bench, task: Task) -> None:
    bench.reject(task, worker_activity_sid=bench.unavailable)
    assert bench.ann.activity_name == "Unavailable"


def test_timeout_moves_to_the_timeout_activity(bench: Bench, task: Task) -> None:
    bench.advance(120)
    assert bench.ann.activity_name == "Offline"


def test_cancellation_moves_back(bench: Bench, ann: Worker, task: Task) -> None:
    bench.told()
    bench.engine.tasks.update(task, assignment_status="canceled")
    assert ann.activity_name == "Available"
    told = ["task.canceled", "reservation.canceled", "worker.activity.update"]
    assert bench.told() == told


def test_an_activity_changed_by_hand_stays(bench: Bench, task: Task) -> None:
    bench.engine.workers.update(bench.ann, activity_sid=bench.unavailable)
    bench.engine.tasks.update(task, assignment_status="canceled")
    assert bench.ann.activity_name == "Unavailable"


def test_the_rescinded_move_back(bench: Bench) -> None:
    bench.flow(max_reserved_workers=2)
    ann, bob = bench.workers("Ann", "Bob")
    task = bench.task()
    bench.told()
    bench.engine.reservations.update(next(iter(task.reservations.values())), "accepted")
    assert (ann.activity_name, bob.activity_name) == ("Busy", "Available")
    assert bench.told() == [
        "reservation.accepted",
        "reservation.rescinded",
        "worker.activity.update",
        "worker.activity.update",
    ]


def test_completion_leaves_the_activity_to_the_application(
    bench: Bench, ann: Worker, task: Task
) -> None:
    waiting = bench.task()
    bench.accept(task)
    bench.complete(task)
    assert (ann.activity_name, holders(waiting)) == ("Busy", [])
    bench.engine.workers.update(ann, activity_sid=bench.available)
    assert holders(waiting) == ["Ann"]


def test_nobody_gets_a_second_task_of_any_channel(bench: Bench, task: Task) -> None:
    """Not even when the activity is available again."""
    bench.engine.workers.update(bench.ann, activity_sid=bench.available)
    assert holders(bench.task(task_channel="voice")) == []


def test_channels_do_not_count(bench: Bench, ann: Worker) -> None:
    channel = ann.channel("default")
    bench.engine.workers.update_channel(channel, available=False, capacity=0)
    assert holders(bench.task()) == ["Ann"]


def test_switching_to_multi_tasking_brings_more(bench: Bench, task: Task) -> None:
    bench.engine.workers.update(bench.ann, activity_sid=bench.available)
    waiting = bench.task(task_channel="voice")
    bench.engine.workspaces.update(bench.workspace, multi_task_enabled=True)
    assert holders(waiting) == ["Ann"]
