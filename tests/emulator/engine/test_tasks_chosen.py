"""Which task a worker gets who becomes able to take one."""

from __future__ import annotations

import pytest

from taskrouter_sync.emulator.engine.model import QueueOrder, Task

from .support import START, Bench, filter_of, holders, target


def given_in_order(bench: Bench, tasks: list[Task]) -> list[int]:
    """Let one worker work off the tasks; list their places in `tasks`."""
    ann = bench.worker("Ann")
    order = []
    for _ in tasks:
        (number,) = (n for n, task in enumerate(tasks) if holders(task) == ["Ann"])
        order.append(number)
        bench.accept(tasks[number])
        bench.complete(tasks[number])
    assert ann.live_reservations == 0
    return order


def test_fifo_goes_by_priority_then_age(bench: Bench) -> None:
    bench.flow()
    tasks = [bench.task(priority=p) for p in (0, 5, 0, 5)]
    assert given_in_order(bench, tasks) == [1, 3, 0, 2]


def test_age_is_counted_from_the_virtual_start(bench: Bench) -> None:
    bench.flow()
    tasks = [
        bench.task(),
        bench.task(virtual_start_time=START - 10),
        bench.task(virtual_start_time=START - 20),
    ]
    assert given_in_order(bench, tasks) == [2, 1, 0]


def test_lifo_goes_newest_first_and_ignores_priority(bench: Bench) -> None:
    bench.flow(task_order="LIFO")
    tasks = [bench.task(priority=p) for p in (9, 0, 5)]
    assert given_in_order(bench, tasks) == [2, 1, 0]


def test_queues_of_one_kind_are_one_line(bench: Bench) -> None:
    first, second = bench.queue(), bench.queue()
    bench.workflow(filter_of(target(first), expression="q == 1"), default=second)
    tasks = [
        bench.task(attributes={"q": 1}),
        bench.task(attributes={"q": 2}, priority=3),
        bench.task(attributes={"q": 1}, priority=4),
    ]
    assert given_in_order(bench, tasks) == [2, 1, 0]


@pytest.mark.parametrize(("first", "order"), [("FIFO", [0, 1]), ("LIFO", [1, 0])])
def test_the_workspace_says_which_kind_of_queue_goes_first(
    bench: Bench, first: QueueOrder, order: list[int]
) -> None:
    bench.engine.workspaces.update(bench.workspace, prioritize_queue_order=first)
    fifo, lifo = bench.queue(), bench.queue(task_order="LIFO")
    bench.workflow(filter_of(target(fifo), expression="q == 1"), default=lifo)
    tasks = [bench.task(attributes={"q": 1}), bench.task(attributes={"q": 2})]
    assert given_in_order(bench, tasks) == order


def test_an_order_can_change_while_tasks_wait(bench: Bench) -> None:
    queue = bench.flow()
    tasks = [bench.task() for _ in range(3)]
    bench.engine.task_queues.update(queue, task_order="LIFO")
    assert given_in_order(bench, tasks) == [2, 1, 0]


def test_a_priority_can_change_while_tasks_wait(bench: Bench) -> None:
    bench.flow()
    tasks = [bench.task() for _ in range(3)]
    bench.engine.tasks.update(tasks[2], priority=1)
    assert given_in_order(bench, tasks) == [2, 0, 1]


def test_tasks_for_others_are_passed_over(bench: Bench) -> None:
    queue = bench.queue()
    bench.workflow(filter_of(target(queue, expression="task.lang IN worker.langs")))
    waiting = bench.task(attributes={"lang": "fr"}, priority=9)
    mine = bench.task(attributes={"lang": "en"})
    bench.worker("Ann", langs=["en"])
    assert (holders(waiting), holders(mine)) == ([], ["Ann"])


def test_a_rejected_task_lets_a_better_one_go_first(bench: Bench) -> None:
    bench.flow()
    bench.worker("Ann")
    low = bench.task()
    high = bench.task(priority=7)
    bench.reject(low)
    assert (holders(high), holders(low)) == (["Ann"], [])


def test_new_attributes_open_other_queues(bench: Bench) -> None:
    bench.flow("level == 2")
    ann = bench.worker("Ann", level=1)
    task = bench.task()
    bench.engine.workers.update(ann, attributes='{"level": 2}')
    assert holders(task) == ["Ann"]


def test_a_new_queue_expression_calls_other_workers(bench: Bench) -> None:
    queue = bench.flow("level == 2")
    bench.worker("Ann", level=1)
    task = bench.task()
    bench.told()
    bench.engine.task_queues.update(queue, target_workers="level == 1")
    assert holders(task) == ["Ann"]
    assert bench.told() == ["task-queue.expression.updated", "reservation.created"]


def test_new_task_attributes_are_tried_at_once(bench: Bench) -> None:
    queue = bench.queue()
    bench.workflow(filter_of(target(queue, expression="task.lang IN worker.langs")))
    bench.worker("Ann", langs=["en"])
    task = bench.task(attributes={"lang": "fr"})
    bench.engine.tasks.update(task, attributes='{"lang": "en"}')
    assert holders(task) == ["Ann"]
