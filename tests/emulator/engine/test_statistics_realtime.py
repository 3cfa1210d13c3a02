"""Statistics of the moment, by small stories with known numbers."""

from __future__ import annotations

from typing import Any

from taskrouter_sync.emulator.engine import statistics as realtime
from taskrouter_sync.emulator.engine.model import Task, TaskQueue

from .support import Bench, filter_of, target


def tasks(bench: Bench, **only: Any) -> dict[str, Any]:
    present = realtime.present_tasks(bench.workspace, **only)
    return realtime.task_figures(present, bench.engine.now)


def relative(bench: Bench, queue: TaskQueue) -> dict[str, Any]:
    present = realtime.by_queue(realtime.present_tasks(bench.workspace))
    return realtime.relative_age_figures(present.get(queue.sid, []), bench.engine.now)


def activities(figures: dict[str, Any]) -> dict[str, int]:
    return {
        item["friendly_name"]: item["workers"]
        for item in figures["activity_statistics"]
    }


def test_of_nothing_there_are_zeros(bench: Bench) -> None:
    queue = bench.flow()
    assert tasks(bench) == {
        "longest_task_waiting_age": 0,
        "longest_task_waiting_sid": None,
        "tasks_by_priority": {},
        "tasks_by_status": {"pending": 0, "reserved": 0, "assigned": 0, "wrapping": 0},
        "total_tasks": 0,
    }
    assert relative(bench, queue) == {
        "longest_relative_task_age_in_queue": 0,
        "longest_relative_task_sid_in_queue": None,
    }
    assert realtime.queue_worker_figures(bench.workspace, None) == {
        "activity_statistics": [
            {"sid": bench.offline, "friendly_name": "Offline", "workers": 0},
            {"sid": bench.available, "friendly_name": "Available", "workers": 0},
            {"sid": bench.unavailable, "friendly_name": "Unavailable", "workers": 0},
        ],
        "total_eligible_workers": 0,
        "total_available_workers": 0,
    }


def test_tasks_are_counted_by_status_until_they_are_finished(bench: Bench) -> None:
    bench.flow()
    bench.workers("Ann", "Bob", "Cid")
    offered, taken, wrapped = (bench.task() for _ in range(3))
    bench.accept(taken)
    bench.accept(wrapped)
    bench.engine.tasks.update(wrapped, assignment_status="wrapping")
    waiting, dropped = bench.task(), bench.task()
    bench.engine.tasks.update(dropped, assignment_status="canceled")
    figures = tasks(bench)
    assert figures["tasks_by_status"] == {
        "pending": 1,
        "reserved": 1,
        "assigned": 1,
        "wrapping": 1,
    }
    assert figures["total_tasks"] == 4
    bench.complete(taken)
    assert waiting.assignment_status == "reserved"
    assert tasks(bench)["tasks_by_status"]["assigned"] == 0
    assert tasks(bench)["total_tasks"] == 3
    assert offered.assignment_status == "reserved"


def test_waiting_tasks_are_counted_by_priority(bench: Bench) -> None:
    bench.flow()
    bench.worker("Ann")
    bench.task(priority=99)
    for priority in (10, 0, 10):
        bench.task(priority=priority)
    # Not the reserved one.
    assert tasks(bench)["tasks_by_priority"] == {"0": 1, "10": 2}


def test_the_longest_waiting_task_is_the_oldest_pending_one(
    bench: Bench, task: Task
) -> None:
    assert tasks(bench)["longest_task_waiting_sid"] is None
    queue = bench.workspace.task_queues[task.task_queue_sid or ""]
    assert relative(bench, queue)["longest_relative_task_sid_in_queue"] is None
    bench.advance(10)
    first = bench.task()
    bench.advance(0.9)
    bench.task(priority=9, virtual_start_time=0.0)
    bench.advance(20)
    figures = tasks(bench)
    assert figures["longest_task_waiting_sid"] == first.sid
    assert figures["longest_task_waiting_age"] == 20


def test_of_tasks_of_one_moment_the_first_waits_longest(bench: Bench) -> None:
    queue = bench.flow()
    first = bench.task()
    bench.task()
    assert tasks(bench)["longest_task_waiting_sid"] == first.sid
    assert relative(bench, queue)["longest_relative_task_sid_in_queue"] == first.sid


def test_the_relative_age_counts_from_entering_the_queue(bench: Bench) -> None:
    first, second = bench.queue(), bench.queue()
    bench.workflow(
        filter_of(target(first, timeout=10), target(second), expression="way == 1"),
        default=second,
    )
    moved = bench.task(attributes={"way": 1})
    assert relative(bench, first)["longest_relative_task_sid_in_queue"] == moved.sid
    bench.advance(5)
    direct = bench.task()
    bench.advance(15)
    # At 20: the one entered the second queue at 10, the other at 5.
    assert relative(bench, second) == {
        "longest_relative_task_age_in_queue": 15,
        "longest_relative_task_sid_in_queue": direct.sid,
    }
    assert tasks(bench)["longest_task_waiting_sid"] == moved.sid
    assert tasks(bench)["longest_task_waiting_age"] == 20
    assert relative(bench, first)["longest_relative_task_sid_in_queue"] is None


def test_tasks_of_one_channel_or_workflow_can_be_asked_for(bench: Bench) -> None:
    queue = bench.flow()
    other = bench.engine.workflows.create(
        bench.workspace,
        "Other",
        next(iter(bench.workspace.workflows.values())).configuration,
    )
    flow = next(iter(bench.workspace.workflows))
    bench.task(workflow_sid=flow, task_channel="voice")
    bench.task(workflow_sid=flow)
    bench.task(workflow_sid=other.sid)
    voice = bench.engine.task_channels.find(bench.workspace, "voice").sid
    assert tasks(bench)["total_tasks"] == 3
    assert tasks(bench, task_channel_sid=voice)["total_tasks"] == 1
    assert tasks(bench, workflow_sid=flow)["total_tasks"] == 2
    assert tasks(bench, task_channel_sid=voice, workflow_sid=other.sid) == tasks(
        bench, workflow_sid="WW0"
    )
    by_queue = realtime.by_queue(realtime.present_tasks(bench.workspace))
    assert {sid: len(items) for sid, items in by_queue.items()} == {queue.sid: 3}


def test_workers_are_counted_by_activity(bench: Bench) -> None:
    bench.workers("Ann", "Bob")
    bench.worker("Cid", available=False)
    workers = bench.workspace.workers.values()
    assert activities(realtime.activity_figures(bench.workspace, workers)) == {
        "Offline": 1,
        "Available": 2,
        "Unavailable": 0,
    }


def test_a_queue_counts_the_workers_it_matches(bench: Bench) -> None:
    queue = bench.flow("level > 1")
    bench.worker("Ann", level=2)
    bench.worker("Bob", level=1)
    bench.worker("Cid", available=False, level=3)
    bench.task()
    figures = realtime.queue_worker_figures(bench.workspace, queue)
    # Ann counts as available though her capacity is taken.
    assert figures["total_available_workers"] == 1
    assert figures["total_eligible_workers"] == 2
    assert activities(figures) == {"Offline": 1, "Available": 1, "Unavailable": 0}
