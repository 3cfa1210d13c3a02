"""The log of events, and what listeners are told."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable

import pytest

from taskrouter_sync.emulator.api.rendering import event_data
from taskrouter_sync.emulator.engine import Event, model
from taskrouter_sync.emulator.engine.containers import Changes
from taskrouter_sync.emulator.engine.model import Task

from .support import START, Bench


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))]
)
def test_an_event_can_be_copied_without_what_lives_on(
    bench: Bench, task: Task, copied: Callable[[Event], Event]
) -> None:
    bench.queue("level < 5")
    bench.accept(task)
    changes = Changes(lambda: None)
    bench.engine.watch(changes)
    changes.take()
    for event in bench.workspace.events:
        assert event_data(copied(event)) == event_data(event)
    assert not changes.take()
    again = copied(event)
    assert again.task is not None
    assert again.task.attributes_value == task.attributes_value
    assert task.reservations
    assert not again.task.reservations


def test_snapshots_keep_the_values_of_the_moment(bench: Bench, task: Task) -> None:
    bench.accept(task)
    bench.complete(task)
    bench.engine.workers.update(bench.ann, activity_sid=bench.offline)
    seen = [
        (e.event_type, e.task.assignment_status, e.reservation.reservation_status)
        for e in bench.workspace.events
        if e.task is not None and e.reservation is not None
    ]
    assert seen == [
        ("reservation.created", "reserved", "pending"),
        ("reservation.accepted", "assigned", "accepted"),
        ("reservation.completed", "completed", "completed"),
    ]
    (created,) = (e for e in bench.workspace.events if e.event_type == "worker.created")
    assert created.worker is not None
    assert created.worker.activity_name == "Available"


def test_an_event_tells_all_about_its_objects(bench: Bench, task: Task) -> None:
    queue = bench.workspace.task_queues[task.task_queue_sid or ""]
    *_, event = bench.workspace.events
    assert (event.resource_type, event.resource_sid[:2]) == ("reservation", "WR")
    assert event.workspace_sid == bench.workspace.sid
    assert event.workspace_name == "Bench"
    assert event.worker_sids == (bench.ann.sid,)
    for found, expected in (
        (event.task, task),
        (event.worker, bench.ann),
        (event.task_queue, queue),
        (event.workflow, next(iter(bench.workspace.workflows.values()))),
    ):
        assert found is not None
        assert found.sid == expected.sid
    assert bench.engine.event(bench.workspace, event.sid) is event


def test_the_log_can_be_asked_for_a_stretch_of_time(bench: Bench) -> None:
    for name in ("Ann", "Bob", "Cid"):
        bench.advance(10)
        bench.worker(name)
    found = bench.workspace.events.between(START + 15, START + 30)
    assert [event.time - START for event in found] == [20, 30]
    assert len(bench.workspace.events.between(0, START + 100)) == len(
        bench.workspace.events
    )


def test_old_events_are_forgotten(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.worker("Ann")
    bench.advance(30 * 86400 + 1)
    bench.worker("Bob")
    assert [e.description for e in bench.workspace.events] == ["Worker Bob created"]
    monkeypatch.setattr(model, "KEEP_EVENTS", 2)
    bench.workers("Cid", "Dan")
    expected = ["Worker Cid created", "Worker Dan created"]
    assert [e.description for e in bench.workspace.events] == expected


def test_the_log_knows_since_when_it_is_complete(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = bench.workspace.events
    assert log.complete_since == -math.inf
    monkeypatch.setattr(model, "KEEP_EVENTS", 3)
    # Often enough that what was let go is also taken out of the list.
    for number in range(1100):
        bench.advance(1)
        bench.worker(f"Worker {number}")
    assert [event.time - START for event in log] == [1098, 1099, 1100]
    assert log.complete_since == START + 1097
    assert log.between(START, START + 1098) == [next(iter(log))]
    assert log.between(START + 1101, START + 2000) == []


def test_a_clock_set_back_does_not_take_the_service_back(bench: Bench) -> None:
    bench.advance(10)
    bench.time -= 1000
    ann = bench.worker("Ann")
    assert ann.date_created == bench.engine.now == START + 10


def test_events_of_a_task_are_about_it_with_its_queue_and_worker(bench: Bench) -> None:
    """As they were recorded of the live service."""
    queue = bench.flow()
    ann = bench.worker("Ann")
    task = bench.task()
    bench.accept(task)
    bench.engine.tasks.update(task, assignment_status="wrapping")
    bench.complete(task)
    events = {e.event_type: e for e in bench.events if e.task is not None}
    assert [each for each in events if not each.startswith("reservation.")] == [
        "workflow.target-matched",
        "task.created",
        "task-queue.entered",
        "workflow.entered",
        "task.wrapup",
        "task.completed",
    ]
    for event_type, event in events.items():
        assert event.task_queue is not None, event_type
        assert event.task_queue.sid == queue.sid
        if event.resource_type == "task":
            assert event.resource_sid == task.sid
            done = event_type in ("task.wrapup", "task.completed")
            assert (event.worker and event.worker.sid) == (ann.sid if done else None)
    assert events["workflow.entered"].description == (
        f"Task {task.sid} entered Workflow Flow"
    )
    assert events["workflow.target-matched"].description == (
        f"Task {task.sid} matched a workflow target"
    )
