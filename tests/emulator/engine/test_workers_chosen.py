"""Which worker gets a task."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync.emulator.engine.calls import Instruction
from taskrouter_sync.emulator.engine.model import Task, Worker

from .support import Bench, filter_of, holders, pending, target


def test_the_queue_expression_chooses(bench: Bench) -> None:
    bench.flow('skills HAS "sales"')
    bench.worker("Ann", skills=["support"])
    bench.worker("Bob", skills=["sales"])
    assert holders(bench.task()) == ["Bob"]


def test_who_no_longer_matches_gets_nothing_more(bench: Bench) -> None:
    bench.flow('skills HAS "sales"')
    ann = bench.worker("Ann", skills=["sales"])
    bench.engine.workers.update(ann, attributes='{"skills": []}')
    assert holders(bench.task()) == []


def test_an_empty_queue_expression_matches_nobody(bench: Bench) -> None:
    bench.flow("")
    bench.worker("Ann")
    assert bench.task().assignment_status == "pending"


def test_unavailable_workers_get_nothing(bench: Bench) -> None:
    bench.flow()
    bench.worker("Ann", available=False)
    assert bench.task().assignment_status == "pending"


def test_the_longest_idle_is_next(bench: Bench) -> None:
    """The clock of idleness starts with a reservation."""
    bench.flow()
    bench.workers("Ann", "Bob", "Cid")
    names = []
    for _ in range(6):
        task = bench.task()
        names += holders(task)
        bench.accept(task)
        bench.complete(task)
    assert names == ["Ann", "Bob", "Cid"] * 2


def test_a_worker_who_came_back_keeps_the_place(bench: Bench) -> None:
    bench.flow()
    ann = bench.worker("Ann")
    bench.worker("Bob")
    bench.engine.workers.update(ann, activity_sid=bench.offline)
    assert holders(bench.task()) == ["Bob"]
    bench.engine.workers.update(ann, activity_sid=bench.available)
    assert holders(bench.task()) == ["Ann"]


@pytest.mark.parametrize(("optimized", "expected"), [(False, "Bob"), (True, "Ann")])
def test_optimized_channels_count_idleness_apart(
    bench: Bench, optimized: bool, expected: str
) -> None:
    bench.flow()
    bench.workers("Ann", "Bob")
    voice = bench.engine.task_channels.find(bench.workspace, "voice")
    bench.engine.task_channels.update(voice, channel_optimized_routing=optimized)
    assert holders(bench.task(task_channel="chat")) == ["Ann"]
    assert holders(bench.task(task_channel="voice")) == [expected]


def test_optimizing_a_channel_sorts_the_idle_anew(bench: Bench) -> None:
    queue = bench.queue()
    bench.workflow(
        filter_of(target(queue, expression="1==2"), expression="nobody == true"),
        default=queue,
    )
    bench.workers("Ann", "Bob")
    for channel in ("voice", "voice", "chat"):
        task = bench.task(task_channel=channel)
        bench.accept(task)
        bench.complete(task)
    bench.task(attributes={"nobody": True}, task_channel="voice")
    voice = bench.engine.task_channels.find(bench.workspace, "voice")
    bench.engine.task_channels.update(voice, channel_optimized_routing=True)
    assert holders(bench.task(task_channel="voice")) == ["Ann"]


@pytest.mark.parametrize("way", ["deleted", "of another queue"])
def test_who_left_does_not_pile_up_among_the_idle(bench: Bench, way: str) -> None:
    queue = bench.flow("here == 1")
    bench.worker("Ann", here=1)
    for number in range(200):
        bob = bench.worker(f"Bob {number}", here=1)
        if way == "deleted":
            bench.engine.workers.delete(bob)
        else:
            bench.engine.workers.update(bob, attributes="{}")
    assert all(len(idle.entries) < 100 for idle in queue.idle.values())
    assert [holders(bench.task()) for _ in range(2)] == [["Ann"], []]


def test_capacity_counts_per_channel(bench: Bench) -> None:
    bench.flow()
    ann = bench.worker("Ann")
    chat = ann.channel("chat")
    bench.engine.workers.update_channel(chat, capacity=2)
    statuses = [
        bench.task(task_channel=name).assignment_status
        for name in ("chat", "chat", "chat", "voice", "voice")
    ]
    assert statuses == ["reserved", "reserved", "pending", "reserved", "pending"]
    assert (chat.load, chat.assigned_tasks) == (2, 0)
    assert chat.available_capacity_percentage == 0


def test_more_capacity_takes_more_at_once(bench: Bench) -> None:
    bench.flow()
    ann = bench.worker("Ann")
    tasks = [bench.task() for _ in range(3)]
    channel = ann.channel("default")
    bench.told()
    bench.engine.workers.update_channel(channel, capacity=2)
    expected = ["reserved", "reserved", "pending"]
    assert [task.assignment_status for task in tasks] == expected
    assert bench.told() == ["worker.capacity.update", "reservation.created"]


def test_less_capacity_than_work_takes_nothing_away(bench: Bench, task: Task) -> None:
    channel = bench.ann.channel("default")
    bench.engine.workers.update_channel(channel, capacity=0)
    assert holders(task) == ["Ann"]
    assert channel.available_capacity_percentage == 0
    bench.accept(task)
    bench.complete(task)
    assert bench.task().assignment_status == "pending"


def test_a_closed_channel_gets_nothing_and_keeps_its_capacity(bench: Bench) -> None:
    bench.flow()
    ann = bench.worker("Ann")
    channel = ann.channel("default")
    bench.engine.workers.update_channel(channel, available=False)
    task = bench.task()
    assert task.assignment_status == "pending"
    bench.told()
    bench.engine.workers.update_channel(channel, available=True)
    told = ["worker.channel.availability.update", "reservation.created"]
    assert bench.told() == told
    assert channel.configured_capacity == 1


def with_target(bench: Bench, **options: Any) -> None:
    """Lead all tasks to a queue of everybody by one target."""
    bench.workflow(filter_of(target(bench.queue(), **options)))


def test_the_target_expression_narrows_the_queue(bench: Bench) -> None:
    with_target(bench, expression="task.lang IN worker.langs")
    bench.worker("Ann", langs=["en"])
    bench.worker("Bob", langs=["no"])
    assert holders(bench.task(attributes={"lang": "no"})) == ["Bob"]
    assert holders(bench.task(attributes={"lang": "fr"})) == []


@pytest.mark.parametrize(
    "expression",
    [
        "worker.friendly_name == 'Bob'",
        "worker.activity_name == 'Available' AND worker.level == 2",
        "worker.channel.default.configured_capacity > 1",
        "worker.channel.default.available_capacity_percentage == 100 AND"
        " worker.channel.default.assigned_tasks == 0 AND worker.level > 1",
    ],
)
def test_target_expressions_know_more_than_attributes(
    bench: Bench, expression: str
) -> None:
    with_target(bench, expression=expression)
    bench.worker("Ann", level=1)
    bob = bench.worker("Bob", level=2)
    channel = bob.channel("default")
    bench.engine.workers.update_channel(channel, capacity=3)
    assert holders(bench.task()) == ["Bob"]


IDLE = "worker.channel.default.assigned_tasks == 0"


@pytest.mark.parametrize(
    ("expression", "happens"),
    [
        (
            "worker.channel.default.available_capacity_percentage < 50",
            lambda bench, first: bench.task(),
        ),
        (
            IDLE,
            lambda bench, first: bench.engine.tasks.update(
                first, assignment_status="wrapping"
            ),
        ),
        (
            IDLE,
            lambda bench, first: bench.engine.reservations.update(
                next(iter(first.reservations.values())), "wrapping"
            ),
        ),
        (
            IDLE,
            lambda bench, first: bench.engine.telephony.hang_up(
                bench.engine.telephony.calls[0].sid
            ),
        ),
        (
            "worker.activity_name == 'Chatting'",
            lambda bench, first: bench.engine.activities.update(
                bench.workspace.activities[bench.available], friendly_name="Chatting"
            ),
        ),
        (
            "worker.channel.fax.configured_capacity == 1",
            lambda bench, first: bench.engine.task_channels.create(
                bench.workspace, "Fax", "fax"
            ),
        ),
        (
            "worker.channel.letters == null",
            lambda bench, first: bench.engine.task_channels.delete(
                bench.engine.task_channels.find(bench.workspace, "letters")
            ),
        ),
    ],
)
def test_a_task_gets_the_worker_once_its_target_expression_holds(
    bench: Bench, expression: str, happens: Callable[[Bench, Task], object]
) -> None:
    bench.engine.task_channels.create(bench.workspace, "Letters", "letters")
    queue = bench.queue()
    bench.workflow(
        filter_of(target(queue, expression=expression), expression="narrow == true"),
        default=queue,
    )
    channel = bench.worker("Ann").channel("default")
    bench.engine.workers.update_channel(channel, capacity=3)
    first = bench.task(attributes={"call_sid": "CA1"})
    conference = Instruction(name="conference", from_="+1", to="client:ann")
    bench.engine.telephony.instruct(pending(first), conference)
    bench.advance(1)
    waiting = bench.task(attributes={"narrow": True})
    assert holders(waiting) == []
    happens(bench, first)
    assert holders(waiting) == ["Ann"]


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ("worker.level DESC", ["Old three", "Young three", "One", "None"]),
        ("worker.level ASC", ["One", "Old three", "Young three", "None"]),
        ("worker.level desc, worker.age", ["Young three", "Old three", "One", "None"]),
        ("worker.age", ["None", "Young three", "Old three", "One"]),
    ],
)
def test_order_by_goes_before_idleness(
    bench: Bench, order_by: str, expected: list[str]
) -> None:
    with_target(bench, order_by=order_by)
    bench.worker("One", level=1, age=50)
    bench.worker("None", age=20)
    bench.worker("Old three", level=3, age=40)
    bench.worker("Young three", level=3, age=30)
    tasks = [bench.task() for _ in range(4)]
    assert [holders(task)[0] for task in tasks] == expected


def test_order_by_is_ignored_if_a_value_is_no_integer(bench: Bench) -> None:
    with_target(bench, order_by="worker.level DESC")
    bench.worker("Ann", level=1)
    bench.worker("Bob", level="9")
    assert holders(bench.task()) == ["Ann"]


@pytest.mark.parametrize(
    "options",
    [{"known_worker_sid": "task.agent"}, {"known_worker_friendly_name": "task.name"}],
)
def test_only_the_known_worker_gets_the_task(
    bench: Bench, options: dict[str, str]
) -> None:
    with_target(bench, **options)
    bench.worker("Ann")
    bob = bench.worker("Bob", available=False)
    task = bench.task(attributes={"agent": bob.sid, "name": "bob"})
    bench.worker("Cid")
    assert task.assignment_status == "pending"
    bench.engine.workers.update(bob, activity_sid=bench.available)
    assert holders(task) == ["Bob"]
    assert bench.alarms == []
    # All events of the task say so, and those of no other.
    known = {
        event.event_type: event.details.get("known_worker_sid")
        for event in bench.events
    }
    assert known["workflow.target-matched"] == bob.sid
    assert known["task.created"] == known["reservation.created"] == bob.sid
    assert known["worker.activity.update"] is None


def test_events_name_the_known_worker_whatever_is_renamed_later(bench: Bench) -> None:
    with_target(bench, known_worker_friendly_name="task.agent")
    ann, _ = bench.workers("Ann", "Bob")
    task = bench.task(attributes={"agent": "Ann"})
    bench.engine.workers.update(ann, friendly_name="Ann Smith")
    bench.accept(task)
    bench.engine.tasks.update(task, attributes='{"agent": "Bob"}')
    bench.engine.put_back(bench.engine.state())
    bench.complete(bench.engine.workspaces[bench.workspace.sid].tasks[task.sid])
    known = [e.details.get("known_worker_sid") for e in bench.events if e.task]
    assert bench.told()[-1] == "reservation.completed"
    assert set(known) == {ann.sid}


def test_a_task_that_waits_is_routed_to_whom_it_names_by_then(bench: Bench) -> None:
    with_target(bench, known_worker_sid="task.agent")
    ann, bob = bench.worker("Ann", available=False), bench.worker("Bob")
    task = bench.task(attributes={"agent": ann.sid})
    bench.engine.tasks.update(task, attributes=json.dumps({"agent": bob.sid}))
    assert holders(task) == ["Bob"]
    assert bench.events[-1].details == {"known_worker_sid": bob.sid}


@pytest.mark.parametrize("agent", [None, 5, "", "WKnobody", ["WK1"], False])
def test_a_wrong_known_worker_leaves_the_task_waiting_and_is_an_alarm(
    bench: Bench, agent: object
) -> None:
    """Only null is no agent: it is skipped in silence."""
    with_target(bench, known_worker_sid="task.agent")
    bench.worker("Ann")
    task = bench.task(attributes={"agent": agent})
    assert task.assignment_status == "pending"
    assert not any("known_worker_sid" in event.details for event in bench.events)
    expected = [] if agent is None else [(40152, task.sid, bench.workspace.sid)]
    assert [(a.code, a.resource_sid, a.workspace_sid) for a in bench.alarms] == expected


def test_a_known_worker_outside_of_the_queue_gets_nothing(bench: Bench) -> None:
    queue = bench.queue("level == 1")
    bench.workflow(filter_of(target(queue, known_worker_sid="task.agent")))
    ann = bench.worker("Ann", level=2)
    task = bench.task(attributes={"agent": ann.sid})
    [alarm] = bench.alarms
    assert (alarm.code, alarm.message) == (
        40152,
        f"Known agent: Worker {ann.sid} is not in TaskQueue {queue.sid}",
    )
    assert task.assignment_status == "pending"
    bench.engine.workers.update(ann, attributes='{"level": 1}')
    assert holders(task) == ["Ann"]


def test_who_rejected_comes_after_those_idle_for_longer(bench: Bench) -> None:
    bench.flow()
    bench.workers("Ann", "Bob")
    task = bench.task()
    bench.reject(task)
    assert holders(task) == ["Bob"]


class TestRoutingTarget:
    """Tasks routed past workflow and queue."""

    def direct(self, bench: Bench, worker: Worker, **options: Any) -> Task:
        return bench.task(routing_target=worker.sid, **options)

    def test_a_worker_gets_it_whatever_capacity_and_activity(
        self, bench: Bench
    ) -> None:
        queue = bench.flow("level == 1")
        ann = bench.worker("Ann", available=False)
        first, second = self.direct(bench, ann), self.direct(bench, ann)
        assert holders(first) == holders(second) == ["Ann"]
        assert first.ignore_capacity
        assert first.task_queue_sid == queue.sid

    def test_capacity_counts_if_one_says_so(self, bench: Bench) -> None:
        bench.flow()
        bench.worker("Bob")
        ann = bench.worker("Ann", available=False)
        task = self.direct(bench, ann, ignore_capacity=False)
        assert holders(task) == []
        bench.engine.workers.update(ann, activity_sid=bench.available)
        assert holders(task) == ["Ann"]

    def test_the_queue_can_be_given(self, bench: Bench) -> None:
        bench.flow()
        other = bench.queue("")
        ann = bench.worker("Ann")
        task = self.direct(bench, ann, task_queue_sid=other.sid)
        assert task.task_queue_sid == other.sid
        assert holders(task) == ["Ann"]

    def test_a_direct_task_takes_its_turn_by_priority(self, bench: Bench) -> None:
        bench.flow()
        ann = bench.worker("Ann", available=False)
        low = self.direct(bench, ann, ignore_capacity=False)
        high = bench.task(priority=1)
        bench.engine.workers.update(ann, activity_sid=bench.available)
        assert (holders(high), holders(low)) == (["Ann"], [])

    def test_a_queue_gets_it_without_steps(self, bench: Bench) -> None:
        queue = bench.flow()
        other = bench.queue("level == 2")
        bench.worker("Ann", level=1)
        bob = bench.worker("Bob", level=2)
        task = bench.task(routing_target=other.sid)
        assert (task.task_queue_sid, holders(task)) == (other.sid, [bob.friendly_name])
        assert queue.waiting == {}

    def test_a_workflow_gets_it(self, bench: Bench) -> None:
        bench.flow()
        queue = bench.queue()
        flow = bench.workflow(default=queue)
        task = bench.task(routing_target=flow.sid)
        assert (task.workflow_sid, task.task_queue_sid) == (flow.sid, queue.sid)

    def test_it_waits_for_a_deleted_worker_until_its_end(self, bench: Bench) -> None:
        bench.flow()
        ann = bench.worker("Ann", available=False)
        task = self.direct(bench, ann, ignore_capacity=False, timeout=60)
        bench.engine.workers.delete(ann)
        bench.worker("Bob")
        assert task.assignment_status == "pending"
        bench.advance(60)
        assert (task.assignment_status, task.reason) == (
            "canceled",
            "Task TTL Exceeded",
        )
