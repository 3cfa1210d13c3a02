"""How a task walks through its workflow."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.engine.model import Task, Workflow

from .support import START, Bench, configuration, filter_of, holders, target


NO_MATCH = "Task did not match any workflow filter"
TIMEOUT = "Task canceled on Workflow timeout"


def to(queue: int, **options: Any) -> Any:
    """Write a target; `Steps.lead` knows the queue."""
    return {"queue": queue, **options}


class Steps(Bench):
    """A bench with four queues, which targets name by their places."""

    def __init__(self) -> None:
        super().__init__()
        self.queues = [self.queue() for _ in range(4)]

    def configuration(self, *filters: Any, default: int | None = None) -> str:
        for filter_ in filters:
            for each in filter_["targets"]:
                if "queue" in each:
                    each["queue"] = self.queues[each["queue"]].sid
        queue = None if default is None else self.queues[default]
        return configuration(*filters, default=queue)

    def lead(
        self, *filters: Any, default: int | None = None, **options: Any
    ) -> Workflow:
        """Make the workflow."""
        text = self.configuration(*filters, default=default)
        return self.engine.workflows.create(self.workspace, "Flow", text, **options)

    def at(self, task: Task) -> int:
        """Return the place of the task's queue."""
        return [queue.sid for queue in self.queues].index(task.task_queue_sid or "")

    def walk(self, *seconds: float, **attributes: Any) -> list[int | str | None]:
        """Make a task; tell where it is at these times, or why it was canceled."""
        task, places = self.task(attributes=attributes), list[int | str | None]()
        for each in seconds:
            self.advance(START + each - self.time)
            canceled = task.assignment_status == "canceled"
            places.append(task.reason if canceled else self.at(task))
        return places


@pytest.fixture
def bench() -> Steps:
    return Steps()


def test_the_first_true_filter_is_taken(bench: Steps) -> None:
    bench.lead(
        filter_of(to(0), expression="a == 1"),
        filter_of(to(1), expression="b == 1"),
        filter_of(to(2), expression="a == 1 OR b == 1"),
        default=3,
    )
    assert bench.walk(0, b=1) == [1]
    assert bench.walk(0, c=1) == [3]


def test_deadlines_go_by_the_age_of_the_task_and_add_up(bench: Steps) -> None:
    bench.lead(filter_of(*[to(place, timeout=10) for place in range(3)]))
    places = bench.walk(0, 9.5, 10, 19.5, 20, 29.5, 30)
    assert places == [0, 0, 1, 1, 2, 2, TIMEOUT]


def test_after_the_last_timeout_following_filters_are_tried(bench: Steps) -> None:
    """The default filter does not count then."""
    bench.lead(
        filter_of(to(0, timeout=10)),
        filter_of(to(1), expression="a == 1"),
        filter_of(to(2, timeout=10)),
        default=3,
    )
    assert bench.walk(0, 10, 20) == [0, 2, TIMEOUT]


def test_a_true_skip_if_leads_to_the_next_target_at_once(bench: Steps) -> None:
    bench.lead(filter_of(to(0, timeout=10, skip_if="1==1"), to(1, timeout=10), to(2)))
    assert bench.walk(0, 15, 20) == [1, 1, 2]


def test_after_the_last_skip_the_default_filter_counts(bench: Steps) -> None:
    bench.lead(
        filter_of(to(0, skip_if="1==1")),
        filter_of(to(1), expression="a == 1"),
        default=3,
    )
    assert bench.walk(0, a=1) == [1]
    assert bench.walk(0) == [3]


def test_without_any_match_the_task_is_canceled(bench: Steps) -> None:
    bench.lead(filter_of(to(0), expression="a == 1"))
    bench.told()
    task = bench.task()
    assert task.assignment_status == "canceled"
    assert task.reason == NO_MATCH
    assert bench.told() == ["task.created", "workflow.entered", "task.canceled"]


def test_entering_a_target_sets_queue_priority_and_date(bench: Steps) -> None:
    bench.lead(filter_of(to(0, priority=7, timeout=10), to(1)))
    task = bench.task(priority=2)
    assert (task.priority, task.task_queue_friendly_name) == (7, "Queue 1")
    bench.advance(10)
    assert (task.priority, task.task_queue_friendly_name) == (7, "Queue 2")
    assert task.task_queue_entered_date == START + 10


def test_one_leap_in_time_is_the_same_as_many_steps(bench: Steps) -> None:
    bench.lead(filter_of(to(0, timeout=10), to(1, timeout=10)))
    bench.task()
    bench.told()
    bench.advance(1000)
    assert [(e.event_type, e.time - START) for e in bench.events] == [
        ("task-queue.timeout", 10),
        ("workflow.target-matched", 10),
        ("task-queue.moved", 10),
        ("task-queue.entered", 10),
        ("task-queue.timeout", 20),
        ("workflow.timeout", 20),
        ("task.canceled", 20),
    ]


def test_a_next_target_in_the_same_queue_is_no_move(bench: Steps) -> None:
    bench.lead(filter_of(to(0, timeout=10), {"priority": 9, "timeout": 10}))
    task = bench.task()
    bench.told()
    bench.advance(10)
    assert bench.told() == ["task-queue.timeout", "workflow.target-matched"]
    assert (task.priority, task.task_queue_entered_date) == (9, START)


def test_skip_if_waits_for_no_reservation(bench: Steps) -> None:
    """Where somebody could be reserved nothing is skipped."""
    bench.lead(filter_of(to(0, skip_if="1==1"), to(1)))
    bench.worker("Ann")
    assert bench.at(bench.task()) == 0


@pytest.mark.parametrize(
    ("skip_if", "skips"),
    [
        ("workers.available == 0", False),
        ("workers.available == 1 AND workers.unavailable == 2", True),
        ("workers.unavailable > 2", False),
        ("workers.{offline} == 2", True),
        ("workers.{available} > 1", False),
        ("workers.{unavailable} == 0", True),
    ],
)
def test_skip_if_counts_the_workers_of_the_queue(
    bench: Bench, skip_if: str, skips: bool
) -> None:
    first, second = bench.queue("in_first == true"), bench.queue("1==2")
    text = skip_if.format(
        offline=bench.offline, available=bench.available, unavailable=bench.unavailable
    )
    bench.workflow(filter_of(target(first, skip_if=text), target(second)))
    for name, available in (("Ann", True), ("Bob", False), ("Cid", False)):
        bench.worker(name, available, in_first=True)
    bench.worker("Dan")
    occupied = bench.task()
    bench.accept(occupied)
    assert bench.task().task_queue_sid == (second if skips else first).sid


def test_skipped_to_the_end_the_task_is_canceled(bench: Steps) -> None:
    bench.lead(filter_of(to(0, skip_if="1==1")))
    bench.told()
    task = bench.task()
    assert task.assignment_status == "canceled"
    assert bench.told()[-2:] == ["workflow.skipped", "task.canceled"]


def test_a_pending_reservation_outlasts_the_deadline(bench: Steps) -> None:
    bench.lead(filter_of(to(0, timeout=30)), task_reservation_timeout=30)
    bench.worker("Ann")
    task = bench.task()
    bench.told()
    bench.advance(30)
    assert bench.told() == [
        "reservation.timeout",
        "worker.activity.update",
        "task-queue.timeout",
        "workflow.timeout",
        "task.canceled",
    ]
    assert task.reason == TIMEOUT


@pytest.mark.parametrize(("somebody", "place"), [(True, 1), (False, 2)])
def test_who_times_out_late_goes_through_the_missed_targets(
    bench: Steps, somebody: bool, place: int
) -> None:
    """Each target that is out of time is tried once."""
    bench.queues[1] = bench.queue("level == 1")
    bench.lead(
        filter_of(*[to(place, timeout=10) for place in range(3)]),
        task_reservation_timeout=25,
    )
    bench.worker("Ann")
    task = bench.task()
    bench.advance(24)
    bench.worker("Bob", level=int(somebody), available=somebody)
    bench.told()
    bench.advance(1)
    assert (bench.at(task), holders(task)) == (place, ["Bob"] if somebody else [])
    assert bench.told().count("task-queue.timeout") == place


def test_within_the_deadline_the_target_keeps_looking(bench: Steps) -> None:
    bench.lead(filter_of(to(0, timeout=10), to(1)), task_reservation_timeout=5)
    bench.workers("Ann", "Bob")
    task = bench.task()
    bench.advance(5)
    assert (bench.at(task), holders(task)) == (0, ["Bob"])


def test_a_new_configuration_leaves_waiting_tasks_where_they_are(bench: Steps) -> None:
    flow = bench.lead(filter_of(to(0, timeout=10), to(1, timeout=10)))
    task = bench.task()
    bench.engine.workflows.update(flow, configuration=bench.configuration(default=2))
    bench.advance(10)
    assert bench.at(task) == 1
    assert bench.at(bench.task()) == 2


def test_re_evaluation_starts_again_at_the_first_filter(bench: Steps) -> None:
    flow = bench.lead(filter_of(to(0, timeout=10)))
    task = bench.task()
    other = bench.configuration(filter_of(to(1, timeout=20), to(2, timeout=20)))
    bench.told()
    bench.engine.workflows.update(flow, configuration=other, re_evaluate_tasks=True)
    assert bench.told() == [
        "workflow.updated",
        "workflow.target-matched",
        "task-queue.moved",
        "task-queue.entered",
    ]
    bench.advance(10)
    assert bench.at(task) == 1
    bench.advance(10)
    assert bench.at(task) == 2


def test_with_re_evaluation_new_attributes_choose_another_filter(bench: Steps) -> None:
    flow = bench.lead(filter_of(to(0), expression="a == 1"), default=1)
    task = bench.task()
    bench.engine.tasks.update(task, attributes='{"a": 1}')
    assert bench.at(task) == 1
    bench.engine.workflows.update(flow, re_evaluate_tasks=True)
    assert bench.at(task) == 0
    bench.engine.tasks.update(task, attributes="{}")
    assert bench.at(task) == 1


def test_a_target_whose_queue_is_gone_is_passed_over(bench: Steps) -> None:
    flow = bench.lead(filter_of(to(0, timeout=10), to(1), to(2)))
    task = bench.task()
    bench.engine.workflows.update(flow, configuration=bench.configuration(default=3))
    bench.engine.task_queues.delete(bench.queues[1])
    bench.advance(10)
    assert bench.at(task) == 2


def test_events_name_filter_and_target(bench: Steps) -> None:
    bench.lead(
        filter_of(
            to(0, expression="worker.level > 1"), expression="a == 1", name="Calls"
        )
    )
    bench.task(attributes={"a": 1})
    details = {e.event_type: e.details for e in bench.events}
    expected = {
        "workflow_filter_name": "Calls",
        "workflow_filter_target_name": "Queue 1",
        "workflow_filter_expression": '["a == 1"]',
        "workflow_filter_target_expression": "worker.level > 1",
    }
    assert details["workflow.target-matched"] == expected
    assert details["task-queue.entered"] == expected


def test_events_share_the_text_of_an_expression(bench: Steps) -> None:
    skipped = (to(0, skip_if="1==1") for _ in range(50))
    bench.lead(filter_of(*skipped, expression="a == 1"))
    for _ in range(2):
        bench.task(attributes={"a": 1})
    matched = [e for e in bench.events if e.event_type == "workflow.target-matched"]
    assert len(matched) == 100
    assert len({id(e.details["workflow_filter_expression"]) for e in matched}) == 1
