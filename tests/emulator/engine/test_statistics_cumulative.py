"""Statistics of an interval, by small stories with known numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.emulator.engine import statistics as cumulative
from taskrouter_sync.emulator.engine.model import Task, TaskQueue, Workflow

from .support import START, Bench, configuration, filter_of, pending, target


def workspace(bench: Bench, start: float = 0, end: float = 1e6) -> dict[str, Any]:
    events = bench.workspace.events.between(START + start, START + end)
    tally = cumulative.tally(cumulative.of_tasks(events))
    return {**tally.counts(cumulative.WORKSPACE), **tally.waits([])}


def queue_of(bench: Bench, queue: TaskQueue) -> dict[str, Any]:
    tallies = cumulative.tally_by_queue(cumulative.of_tasks(bench.workspace.events))
    tally = tallies.get(queue.sid, cumulative.Tally())
    return {
        **tally.counts(cumulative.TASK_QUEUE),
        **tally.waits([]),
        **tally.waits_in_queue(),
    }


def workflow_of(bench: Bench, workflow: Workflow) -> dict[str, Any]:
    events = cumulative.of_tasks(bench.workspace.events, workflow_sid=workflow.sid)
    tally = cumulative.tally(events)
    return {**tally.counts(cumulative.WORKFLOW), **tally.waits([])}


def counted(figures: dict[str, Any]) -> dict[str, Any]:
    """Keep the numbers that are not zero."""
    return {
        name: value
        for name, value in figures.items()
        if isinstance(value, int) and value
    }


def split(bench: Bench, *thresholds: int) -> Any:
    tally = cumulative.tally(bench.workspace.events)
    return tally.waits(thresholds)["split_by_wait_time"]


NONE = {"avg": 0, "min": 0, "max": 0, "total": 0}


def test_of_nothing_there_are_zeros(bench: Bench) -> None:
    queue = bench.flow()
    figures = queue_of(bench, queue)
    assert counted(figures) == {}
    assert figures["wait_duration_until_accepted"] == NONE
    assert figures["wait_duration_until_canceled"] == NONE
    assert figures["wait_duration_in_queue_until_accepted"] == NONE
    assert figures["split_by_wait_time"] is None
    assert figures["avg_task_acceptance_time"] == 0


def test_an_accepted_and_completed_task(bench: Bench, task: Task) -> None:
    queue = bench.workspace.task_queues[task.task_queue_sid or ""]
    bench.advance(7)
    bench.accept(task)
    bench.advance(7)
    bench.engine.tasks.update(task, assignment_status="wrapping")
    bench.complete(task)
    expected = {
        "avg_task_acceptance_time": 7,
        "reservations_created": 1,
        "reservations_accepted": 1,
        "tasks_completed": 1,
    }
    assert counted(workspace(bench)) == {**expected, "tasks_created": 1}
    assert counted(queue_of(bench, queue)) == {**expected, "tasks_entered": 1}
    flow = bench.workspace.workflows[task.workflow_sid]
    assert counted(workflow_of(bench, flow)) == {**expected, "tasks_entered": 1}
    tally = cumulative.tally(bench.workspace.events)
    assert tally.counts(cumulative.COMBINED) == {
        "tasks_assigned": 1,
        "reservations_wrapup": 1,
        "reservations_completed": 1,
    }


def test_a_rejected_and_a_timed_out_reservation(bench: Bench, task: Task) -> None:
    bench.reject(task, worker_activity_sid=bench.available)
    bench.advance(120)
    assert counted(workspace(bench)) == {
        "reservations_created": 2,
        "reservations_rejected": 1,
        "reservations_timed_out": 1,
        "tasks_created": 1,
    }


def test_a_rescinded_reservation(bench: Bench) -> None:
    bench.flow(max_reserved_workers=2)
    bench.workers("Ann", "Bob")
    task = bench.task()
    bench.engine.reservations.update(next(iter(task.reservations.values())), "accepted")
    assert counted(workspace(bench)) == {
        "reservations_created": 2,
        "reservations_accepted": 1,
        "reservations_rescinded": 1,
        "tasks_created": 1,
    }


def test_a_canceled_task_with_its_reservation(bench: Bench, task: Task) -> None:
    queue = bench.workspace.task_queues[task.task_queue_sid or ""]
    bench.advance(31.9)
    bench.engine.tasks.update(task, assignment_status="canceled")
    figures = queue_of(bench, queue)
    assert counted(figures) == {
        "reservations_created": 1,
        "reservations_canceled": 1,
        "tasks_canceled": 1,
        "tasks_entered": 1,
    }
    waited = {"avg": 31, "min": 31, "max": 31, "total": 31}
    assert figures["wait_duration_until_canceled"] == waited
    assert figures["wait_duration_until_accepted"] == NONE


@pytest.mark.parametrize("finished", [False, True])
def test_a_task_deleted_by_request(bench: Bench, finished: bool) -> None:
    queue = bench.flow()
    task = bench.task()
    if finished:
        bench.engine.tasks.update(task, assignment_status="canceled")
    bench.engine.tasks.delete(task)
    assert workspace(bench)["tasks_deleted"] == 1
    assert queue_of(bench, queue)["tasks_deleted"] == 1


def test_a_task_deleted_after_a_day_of_work(bench: Bench) -> None:
    bench.flow()
    bench.worker("Ann")
    bench.accept(bench.task())
    bench.advance(86400)
    assert workspace(bench)["tasks_deleted"] == 1


def test_a_finished_task_that_is_cleaned_away_is_not_deleted(bench: Bench) -> None:
    bench.flow()
    task = bench.task()
    bench.engine.tasks.update(task, assignment_status="canceled")
    bench.advance(300)
    assert task.sid not in bench.workspace.tasks
    assert workspace(bench)["tasks_deleted"] == 0


def test_a_moved_task_counts_where_it_left_and_is_an_entry_elsewhere(
    bench: Bench,
) -> None:
    first, second = bench.queue(), bench.queue()
    flow = bench.workflow(
        filter_of(target(first, timeout=10), target(second, timeout=20))
    )
    bench.task()
    bench.advance(10)
    assert counted(queue_of(bench, first)) == {"tasks_entered": 1, "tasks_moved": 1}
    assert counted(queue_of(bench, second)) == {"tasks_entered": 1}
    bench.advance(20)
    assert counted(queue_of(bench, second)) == {"tasks_entered": 1, "tasks_canceled": 1}
    expected = {"tasks_canceled": 1, "tasks_moved": 1, "tasks_timed_out_in_workflow": 1}
    assert counted(workflow_of(bench, flow)) == {**expected, "tasks_entered": 1}
    assert counted(workspace(bench)) == {**expected, "tasks_created": 1}


def test_waiting_in_the_queue_counts_from_entering_it(bench: Bench) -> None:
    first, second = bench.queue("level == 9"), bench.queue()
    bench.workflow(filter_of(target(first, timeout=10), target(second)))
    task = bench.task()
    bench.advance(14)
    bench.worker("Ann")
    bench.accept(task)
    figures = queue_of(bench, second)
    assert figures["wait_duration_until_accepted"]["total"] == 14
    assert figures["wait_duration_in_queue_until_accepted"]["total"] == 4
    assert queue_of(bench, first)["wait_duration_until_accepted"] == NONE


def test_waits_are_cut_to_whole_seconds_after_the_arithmetic(bench: Bench) -> None:
    bench.flow()
    bench.workers("Ann", "Bob", "Cid")
    tasks = [bench.task() for _ in range(3)]
    for task, seconds in zip(tasks, (1.75, 1.0, 4.0), strict=True):
        bench.advance(seconds)
        bench.accept(task)
    # 1.75, 2.75 and 6.75: 11.25 in all.
    figures = workspace(bench)
    assert figures["wait_duration_until_accepted"] == {
        "avg": 3,
        "min": 1,
        "max": 6,
        "total": 11,
    }
    assert figures["avg_task_acceptance_time"] == 3


def test_an_average_is_cut_not_rounded() -> None:
    assert cumulative.spread([1012.0] * 4 + [1013.0] * 4)["avg"] == 1012


def test_waits_are_split_at_thresholds(bench: Bench) -> None:
    bench.flow()
    bench.workers("Ann", "Bob", "Cid")
    tasks = [bench.task() for _ in range(4)]
    for task, seconds in zip(tasks, (4, 1, 1, 24), strict=True):
        bench.advance(seconds)
        if task is tasks[-1]:
            bench.engine.tasks.update(task, assignment_status="canceled")
        else:
            bench.accept(task)
    # Accepted after 4, 5 and 6 seconds, canceled after 30; 5 is not above 5.
    assert split(bench, 5, 29, 30) == {
        "5": {
            "above": {"tasks_canceled": 1, "reservations_accepted": 1},
            "below": {"tasks_canceled": 0, "reservations_accepted": 2},
        },
        "29": {
            "above": {"tasks_canceled": 1, "reservations_accepted": 0},
            "below": {"tasks_canceled": 0, "reservations_accepted": 3},
        },
        "30": {
            "above": {"tasks_canceled": 0, "reservations_accepted": 0},
            "below": {"tasks_canceled": 1, "reservations_accepted": 3},
        },
    }


def test_no_more_than_ten_thousand_are_split() -> None:
    tally = cumulative.Tally(until_accepted=[1.0] * 10_001, until_canceled=[9.0])
    below = {"tasks_canceled": 0, "reservations_accepted": 10_000}
    above = {"tasks_canceled": 1, "reservations_accepted": 0}
    assert tally.waits([5])["split_by_wait_time"] == {
        "5": {"above": above, "below": below}
    }


def test_only_what_happened_in_the_interval_counts_its_edges_included(
    bench: Bench,
) -> None:
    bench.flow()
    bench.worker("Ann")
    task = bench.task()
    bench.advance(10)
    bench.accept(task)
    bench.advance(10)
    bench.complete(task)
    names = ("tasks_created", "reservations_accepted", "tasks_completed")

    def seen(start: float, end: float) -> list[int]:
        figures = workspace(bench, start, end)
        return [figures[name] for name in names]

    assert seen(0, 20) == [1, 1, 1]
    assert seen(0, 10) == [1, 1, 0]
    assert seen(10, 20) == [0, 1, 1]
    assert seen(1, 9) == [0, 0, 0]
    assert seen(11, 19.5) == [0, 0, 0]
    # The wait counts in full where it ends.
    assert workspace(bench, 5, 15)["avg_task_acceptance_time"] == 10


def test_only_tasks_of_the_channel_and_workflow_count(bench: Bench) -> None:
    queue = bench.queue()
    first = bench.workflow(default=queue)
    second = bench.engine.workflows.create(
        bench.workspace, "Second", configuration(default=queue)
    )
    bench.task(workflow_sid=first.sid, task_channel="voice")
    bench.task(workflow_sid=first.sid)
    bench.task(workflow_sid=second.sid, task_channel="voice")
    voice = bench.engine.task_channels.find(bench.workspace, "voice").sid

    def created(*only: str | None) -> int:
        events = cumulative.of_tasks(bench.workspace.events, *only)
        return cumulative.tally(events).events["task.created"]

    assert created() == 3
    assert created(voice) == 2
    assert created(None, first.sid) == 2
    assert created(voice, first.sid) == 1
    assert counted(workflow_of(bench, second)) == {"tasks_entered": 1}


def test_workers_have_the_reservations_that_they_got(bench: Bench) -> None:
    bench.flow()
    ann, bob = bench.workers("Ann", "Bob")
    first, second = bench.task(), bench.task()
    bench.accept(first)
    bench.engine.reservations.update(
        pending(second), "rejected", worker_activity_sid=bench.offline
    )

    def work(*workers: Any) -> dict[str, Any]:
        sids = {worker.sid for worker in workers}
        events = cumulative.of_workers(bench.workspace.events, sids)
        return counted(cumulative.tally(events).counts(cumulative.WORKERS))

    assert work(ann) == {"reservations_created": 1, "reservations_accepted": 1}
    assert work(bob) == {"reservations_created": 1, "reservations_rejected": 1}
    assert work(ann, bob)["reservations_created"] == 2
    assert work() == {}


def test_a_task_that_no_filter_takes_is_canceled_outside_of_queues(
    bench: Bench,
) -> None:
    queue = bench.queue()
    bench.workflow(filter_of(target(queue), expression="kind == 1"))
    bench.task()
    assert workspace(bench)["tasks_canceled"] == 1
    assert queue_of(bench, queue)["tasks_canceled"] == 0


def test_events_of_a_queue_that_is_gone_still_count(bench: Bench) -> None:
    queue = bench.flow()
    task = bench.task()
    bench.engine.tasks.update(task, assignment_status="canceled")
    (flow,) = bench.workspace.workflows.values()
    other = bench.queue()
    bench.engine.workflows.update(flow, configuration=configuration(default=other))
    bench.engine.task_queues.delete(queue)
    bench.engine.tasks.delete(task)
    assert workspace(bench)["tasks_deleted"] == 1
    assert queue_of(bench, queue)["tasks_deleted"] == 1


@given(st.lists(st.floats(0, 1e6)))
def test_a_spread_is_ordered_and_writable(seconds: list[float]) -> None:
    spread = cumulative.spread(seconds)
    assert json.loads(json.dumps(spread)) == spread
    if seconds:
        assert spread["min"] <= spread["max"] <= spread["total"]
        assert spread["min"] - 1 <= spread["avg"] <= spread["max"] + 1
