"""Random histories: statistics equal a recount that never looks at the log.

The recount compares the state before and after every operation, second by second.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from taskrouter_sync.emulator.engine import ServiceError, statistics
from taskrouter_sync.emulator.engine.model import Reservation, Task
from taskrouter_sync.emulator.engine.statistics import activity_durations

from .support import START, Bench, configuration, filter_of, target


FIELDS = {
    "rejected": "reservations_rejected",
    "timeout": "reservations_timed_out",
    "canceled": "reservations_canceled",
    "rescinded": "reservations_rescinded",
    "accepted": "reservations_accepted",
    # Reached by way of accepted, at once or in between.
    "wrapping": "reservations_accepted",
    "completed": "reservations_accepted",
}
CHANNELS = ("default", "voice")
SPLITS = (0, 1, 2, 4)

# What was counted: (second, field, queue, workflow, channel, worker or "", wait).
Fact = tuple[int, str, str | None, str, str, str, int]


class Recount(RuleBasedStateMachine):
    """Workers and tasks come, work and go; time passes by whole seconds."""

    @initialize(reserved=st.integers(1, 2))
    def set_up(self, reserved: int) -> None:
        self.bench = bench = Bench()
        self.queues = [
            bench.queue("level > 0", max_reserved_workers=reserved),
            bench.queue(),
        ]
        first, second = self.queues
        self.workflows = [
            bench.engine.workflows.create(
                bench.workspace, f"Flow {number}", text, task_reservation_timeout=5
            )
            for number, text in enumerate(
                [
                    configuration(
                        filter_of(target(first, timeout=4), target(second, timeout=7))
                    ),
                    configuration(default=first),
                ]
            )
        ]
        bench.worker("Ann", level=1)
        bench.worker("Bob", level=0)
        self.facts: list[Fact] = []
        # Where every worker was in each second.
        self.sampled: list[Counter[str]] = []
        self.tasks: dict[str, tuple[Task, str]] = {}
        self.reservations: dict[str, tuple[Reservation, Task, str | None, str]] = {}

    @property
    def second(self) -> int:
        return int(self.bench.time - START)

    def fact(self, field: str, task: Task, queue: str | None, worker: str = "") -> None:
        wait = self.second - int(task.date_created - START)
        flow, channel = task.workflow_sid, task.task_channel_sid
        self.facts.append((self.second, field, queue, flow, channel, worker, wait))

    def look(self) -> None:
        """Note what is different from the last look."""
        for task in self.bench.workspace.tasks.values():
            if task.sid not in self.tasks:
                self.tasks[task.sid] = (task, "pending")
                self.fact("tasks_created", task, task.task_queue_sid)
            for held in task.reservations.values():
                if held.sid not in self.reservations:
                    queue = task.task_queue_sid
                    self.reservations[held.sid] = (held, task, queue, "pending")
                    self.fact("reservations_created", task, queue, held.worker_sid)
        for sid, (task, before) in list(self.tasks.items()):
            now = task.assignment_status
            if now != before and now in ("completed", "canceled"):
                self.fact(f"tasks_{now}", task, task.task_queue_sid)
            self.tasks[sid] = (task, now)
        for sid, (held, task, queue, before) in list(self.reservations.items()):
            status = held.reservation_status
            field = FIELDS.get(status)
            if field is not None and FIELDS.get(before) != field:
                self.fact(field, task, queue, held.worker_sid)
            self.reservations[sid] = (held, task, queue, status)

    def attempt(self, verb: Any, *args: Any, **options: Any) -> None:
        try:
            verb(*args, **options)
        except ServiceError as error:
            assert error.status == 400
        self.look()

    def pick(self, things: Any, number: int) -> Any:
        things = list(things)
        return things[number % len(things)] if things else None

    @rule(level=st.integers(0, 1), available=st.booleans())
    def add_worker(self, level: int, available: bool) -> None:
        name = f"Worker {len(self.bench.workspace.events)}"
        self.bench.worker(name, available, level=level)
        self.look()

    @rule(number=st.integers(0, 9), activity=st.integers(0, 2))
    def move(self, number: int, activity: int) -> None:
        worker = self.pick(self.bench.workspace.workers.values(), number)
        if worker is not None:
            chosen = self.pick(self.bench.workspace.activities, activity)
            self.attempt(self.bench.engine.workers.update, worker, activity_sid=chosen)

    @rule(number=st.integers(0, 9))
    def remove_worker(self, number: int) -> None:
        worker = self.pick(self.bench.workspace.workers.values(), number)
        if worker is not None:
            self.attempt(self.bench.engine.workers.delete, worker)

    @rule(
        workflow=st.integers(0, 1),
        channel=st.sampled_from(CHANNELS),
        priority=st.integers(0, 2),
    )
    def add_task(self, workflow: int, channel: str, priority: int) -> None:
        self.bench.task(
            workflow_sid=self.workflows[workflow].sid,
            task_channel=channel,
            priority=priority,
            timeout=20,
        )
        self.look()

    @rule(
        number=st.integers(0, 9),
        status=st.sampled_from(["canceled", "wrapping", "completed"]),
    )
    def change_task(self, number: int, status: str) -> None:
        task = self.pick(self.bench.workspace.tasks.values(), number)
        if task is not None:
            self.attempt(self.bench.engine.tasks.update, task, assignment_status=status)

    @rule(number=st.integers(0, 9))
    def delete_task(self, number: int) -> None:
        task = self.pick(self.bench.workspace.tasks.values(), number)
        if task is not None:
            self.fact("tasks_deleted", task, task.task_queue_sid)
            self.attempt(self.bench.engine.tasks.delete, task)

    @rule(seconds=st.integers(0, 3), then=st.sampled_from(["accepted", "rejected"]))
    def answer_after_a_while(self, seconds: int, then: str) -> None:
        self.wait(seconds)
        for held, *_ in list(self.reservations.values()):
            if held.reservation_status == "pending":
                # Who rejects goes away, else there would be no end of offers.
                options = (
                    {"worker_activity_sid": self.bench.offline}
                    if then == "rejected"
                    else {}
                )
                self.attempt(
                    self.bench.engine.reservations.update, held, then, **options
                )

    @rule(number=st.integers(0, 9), status=st.sampled_from(["wrapping", "completed"]))
    def finish(self, number: int, status: str) -> None:
        held = self.pick(
            [
                held
                for held, *_ in self.reservations.values()
                if held.reservation_status in ("accepted", "wrapping")
            ],
            number,
        )
        if held is not None:
            self.attempt(self.bench.engine.reservations.update, held, status)

    @rule(seconds=st.integers(1, 6))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            workers = self.bench.workspace.workers.values()
            self.sampled.append(Counter(worker.activity_sid for worker in workers))
            self.bench.advance(1)
            self.look()

    # The comparison.

    @rule(begin=st.floats(0, 1), length=st.floats(0, 1))
    def compare_some(self, begin: float, length: float) -> None:
        start = round(begin * self.second)
        self.compare(start, start + round(length * (self.second - start)))

    def teardown(self) -> None:
        self.compare(-5, self.second)

    def compare(self, start: int, end: int) -> None:
        workspace = self.bench.workspace
        events = workspace.events.between(START + start, START + end)
        facts = [fact for fact in self.facts if start <= fact[0] <= end]
        every = statistics.of_tasks(events)
        check(statistics.tally(every), statistics.WORKSPACE, facts)
        tallies = statistics.tally_by_queue(every)
        for queue in self.queues:
            tally = tallies.get(queue.sid, statistics.Tally())
            mine = [fact for fact in facts if fact[2] == queue.sid]
            check(tally, statistics.TASK_QUEUE, mine)
        for workflow in self.workflows:
            tally = statistics.tally(statistics.of_tasks(events, None, workflow.sid))
            mine = [fact for fact in facts if fact[3] == workflow.sid]
            check(tally, statistics.WORKFLOW, mine)
        for name in CHANNELS:
            channel = self.bench.engine.task_channels.find(workspace, name)
            tally = statistics.tally(statistics.of_tasks(events, channel.sid))
            mine = [fact for fact in facts if fact[4] == channel.sid]
            check(tally, statistics.WORKSPACE, mine)
        for worker in workspace.workers.values():
            tally = statistics.tally(statistics.of_workers(events, {worker.sid}))
            mine = [fact for fact in facts if fact[5] == worker.sid]
            counts = Counter(fact[1] for fact in mine)
            assert tally.counts(statistics.WORKERS) == {
                field: counts[field] for field in statistics.WORKERS
            }
        self.compare_activities(start, end)

    def compare_activities(self, start: int, end: int) -> None:
        seconds: Counter[str] = Counter()
        for sample in self.sampled[max(start, 0) : max(end, 0)]:
            seconds.update(sample)
        interval = START + start, START + end
        found: Any = activity_durations(self.bench.workspace, *interval)
        for item in found["activity_durations"]:
            assert item["total"] == seconds[item["sid"]]
            assert item["min"] <= item["avg"] <= item["max"] <= item["total"]

    @invariant()
    def the_moment_is_right(self) -> None:
        bench = self.bench
        for queue in self.queues:
            tasks = [
                task
                for task in bench.workspace.tasks.values()
                if task.task_queue_sid == queue.sid and not task.finished
            ]
            waiting = [task for task in tasks if task.assignment_status == "pending"]
            present = statistics.by_queue(statistics.present_tasks(bench.workspace))
            mine = present.get(queue.sid, [])
            figures: Any = statistics.task_figures(mine, bench.time)
            assert figures["total_tasks"] == len(tasks)
            assert sum(figures["tasks_by_status"].values()) == len(tasks)
            assert sum(figures["tasks_by_priority"].values()) == len(waiting)
            ages = [bench.time - task.date_created for task in waiting]
            assert figures["longest_task_waiting_age"] == max(ages, default=0)
            relative: Any = statistics.relative_age_figures(mine, bench.time)
            ages = [
                bench.time - (each.task_queue_entered_date or 0) for each in waiting
            ]
            longest = relative["longest_relative_task_age_in_queue"]
            assert longest == max(ages, default=0)


def check(
    tally: statistics.Tally, fields: statistics.Fields, facts: list[Fact]
) -> None:
    """Compare all that the recount knows of."""
    counts = Counter(fact[1] for fact in facts)
    found = tally.counts(fields)
    known = {*FIELDS.values(), "reservations_created", "tasks_canceled"}
    known |= {"tasks_completed", "tasks_deleted"}
    if fields is statistics.WORKSPACE:
        known.add("tasks_created")
    assert {field: found[field] for field in known} == {
        field: counts[field] for field in known
    }
    if fields is statistics.WORKFLOW:
        assert found["tasks_entered"] == counts["tasks_created"]
    waits: Any = tally.waits(SPLITS)
    accepted = [fact[6] for fact in facts if fact[1] == "reservations_accepted"]
    canceled = [fact[6] for fact in facts if fact[1] == "tasks_canceled"]
    assert waits["wait_duration_until_accepted"] == spread(accepted)
    assert waits["wait_duration_until_canceled"] == spread(canceled)
    assert waits["avg_task_acceptance_time"] == spread(accepted)["avg"]
    for limit in SPLITS:
        late = len([wait for wait in accepted if wait > limit])
        lost = len([wait for wait in canceled if wait > limit])
        assert waits["split_by_wait_time"][str(limit)] == {
            "above": {"tasks_canceled": lost, "reservations_accepted": late},
            "below": {
                "tasks_canceled": len(canceled) - lost,
                "reservations_accepted": len(accepted) - late,
            },
        }


def spread(waits: list[int]) -> dict[str, int]:
    if not waits:
        return dict.fromkeys(("avg", "min", "max", "total"), 0)
    ordered = sorted(waits)
    return {
        "avg": sum(waits) // len(waits),
        "min": ordered[0],
        "max": ordered[-1],
        "total": sum(waits),
    }


TestRecount = Recount.TestCase
TestRecount.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
