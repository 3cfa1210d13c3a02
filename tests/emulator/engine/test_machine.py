"""Random operations and clock moves: what always holds of the engine."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from taskrouter_sync.emulator.engine import Event, ServiceError
from taskrouter_sync.emulator.engine.calls import Instruction, InstructionName, Outcome
from taskrouter_sync.emulator.engine.model import Task, Worker

from .support import Bench, configuration, filter_of, target


# Reservation statuses and those that may follow.
NEXT = {
    None: {"pending"},
    "pending": {"accepted", "rejected", "timeout", "canceled", "rescinded"},
    "accepted": {"wrapping", "completed"},
    "wrapping": {"completed"},
}
TASK_NEXT = {
    "pending": {"pending", "reserved", "canceled", "gone"},
    "reserved": {"pending", "reserved", "assigned", "canceled", "gone"},
    "assigned": {"assigned", "wrapping", "completed", "gone"},
    "wrapping": {"wrapping", "completed", "gone"},
    "completed": {"completed", "gone"},
    "canceled": {"canceled", "gone"},
}
RESERVATION_EVENTS = {
    "pending": "reservation.created",
    "wrapping": "reservation.wrapup",
}
CALL_NEXT = {
    None: {"initiated", "redirected"},
    "initiated": {"ringing", "failed", "canceled"},
    "ringing": {"answered", "busy", "no-answer", "canceled"},
    "answered": {"completed"},
}
SKILLS = st.sampled_from(["a", "b", "c"])


class EngineMachine(RuleBasedStateMachine):
    """Everything a user can do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.single = False

    @initialize(multi=st.booleans(), reserved=st.integers(1, 3), lifo=st.booleans())
    def set_up(self, multi: bool, reserved: int, lifo: bool) -> None:
        self.bench = bench = Bench(multi_task_enabled=multi)
        engine, workspace = bench.engine, bench.workspace
        self.reserved = engine.activities.create(workspace, "Reserved").sid
        self.busy = engine.activities.create(workspace, "Busy").sid
        self.told: set[tuple[str, str]] = set()
        self.reservation_status: dict[str, str] = {}
        engine.on_event(self._hear)
        self.queues = [
            bench.queue('skills HAS "a"', max_reserved_workers=reserved),
            bench.queue('skills HAS "b"', task_order="LIFO" if lifo else "FIFO"),
            bench.queue(),
        ]
        first, second, third = self.queues
        self.configurations = [
            configuration(
                filter_of(
                    target(first, timeout=20, priority=5),
                    target(second, timeout=20, skip_if="workers.available == 0"),
                    expression="kind == 1",
                ),
                filter_of(
                    target(first, timeout=10, expression="task.lang IN worker.langs"),
                    target(third, known_worker_friendly_name="task.agent", timeout=10),
                    target(third, order_by="worker.level DESC", timeout=60),
                    expression="kind == 2",
                ),
                default=third,
            ),
            configuration(
                filter_of(
                    target(
                        third, expression="worker.channel.default.assigned_tasks == 0"
                    ),
                    expression="kind == 1",
                ),
                filter_of(
                    target(
                        third,
                        expression="worker.channel.fax.configured_capacity == 1 OR"
                        " worker.channel.default.available_capacity_percentage < 60 OR"
                        " worker.activity_name == 'Ready'",
                    ),
                    expression="kind == 2",
                ),
                filter_of(target(second, timeout=30)),
                default=first,
            ),
        ]
        self.workflow = engine.workflows.create(
            workspace, "Flow", self.configurations[0], task_reservation_timeout=15
        )
        self.task_status: dict[str, str] = {}
        for number in range(2):
            skills = ["a", "b"][number:]
            bench.worker(f"w{number}", skills=skills, level=number, langs=["en"])

    def _hear(self, event: Event) -> None:
        self.told.add((event.resource_sid, event.event_type))
        reservation = event.reservation
        if reservation is None:
            return
        before = self.reservation_status.get(reservation.sid)
        now = reservation.reservation_status
        assert now in NEXT.get(before, set()), (before, now)
        assert event.event_type == RESERVATION_EVENTS.get(now, f"reservation.{now}")
        self.reservation_status[reservation.sid] = now
        if now == "pending":
            self._check_offer(event)

    def _check_offer(self, event: Event) -> None:
        """Nobody is offered a task without room for it."""
        task, reservation = event.task, event.reservation
        assert task is not None
        assert reservation is not None
        worker = self.bench.workspace.workers[reservation.worker_sid]
        if not task.ignore_capacity:
            assert worker.available
            channel = worker.channels_by_task_channel[task.task_channel_sid]
            if self.bench.workspace.multi_task_enabled:
                assert channel.available
                assert channel.load <= channel.configured_capacity
            else:
                assert worker.live_reservations == 1

    def _try(self, verb: Any, *args: Any, **options: Any) -> Any:
        try:
            return verb(*args, **options)
        except ServiceError as error:
            assert 400 <= error.status < 500
            return None

    def _workers(self) -> list[Worker]:
        return list(self.bench.workspace.workers.values())

    def _tasks(self) -> list[Task]:
        return list(self.bench.workspace.tasks.values())

    def _pick(self, things: list[Any], number: int) -> Any:
        return things[number % len(things)] if things else None

    # What users do.

    @rule(
        name=st.integers(0, 9),
        skills=st.lists(SKILLS),
        level=st.one_of(st.integers(0, 3), st.none()),
        available=st.booleans(),
    )
    def create_worker(
        self, name: int, skills: list[str], level: int | None, available: bool
    ) -> None:
        self._try(
            self.bench.worker,
            f"w{name}",
            available,
            skills=skills,
            level=level,
            langs=["en"],
        )

    @rule(
        kind=st.integers(0, 3),
        priority=st.integers(0, 3),
        timeout=st.sampled_from([5, 50, 86400]),
        channel=st.sampled_from(["default", "default", "voice", "fax"]),
        agent=st.integers(0, 9),
        routed=st.sampled_from([None, None, None, "worker", "queue"]),
        careful=st.booleans(),
    )
    def create_task(
        self,
        kind: int,
        priority: int,
        timeout: int,
        channel: str,
        agent: int,
        routed: str | None,
        careful: bool,
    ) -> None:
        routing_target = None
        if routed == "worker" and self._workers():
            routing_target = self._pick(self._workers(), agent).sid
        elif routed == "queue":
            routing_target = self._pick(self.queues, agent).sid
        self._try(
            self.bench.task,
            attributes={
                "kind": kind,
                "lang": "en",
                "agent": f"w{agent}",
                "call_sid": "CA" + "9" * 32,
            },
            priority=priority,
            timeout=timeout,
            task_channel=channel,
            routing_target=routing_target,
            ignore_capacity=False if careful and routing_target else None,
        )

    @rule(
        n=st.integers(0, 99),
        status=st.sampled_from(
            ["accepted"] * 4 + ["rejected", "rejected", "wrapping", "completed"]
        ),
        away=st.booleans(),
        live=st.sampled_from([True, True, True, False]),
    )
    def update_reservation(self, n: int, status: str, away: bool, live: bool) -> None:
        reservations = [
            reservation
            for task in self._tasks()
            for reservation in task.reservations.values()
            if reservation.live or not live
        ]
        reservation = self._pick(reservations, n)
        if reservation is not None:
            self._try(
                self.bench.engine.reservations.update,
                reservation,
                status,
                worker_activity_sid=self.bench.offline if away else None,
            )

    @rule(
        n=st.integers(0, 99),
        name=st.sampled_from(
            ["dequeue", "call", "redirect", "conference", "conference", "supervise"]
        ),
        to=st.sampled_from(["answered", "answered", "busy", "no-answer", "failed"]),
        accept=st.booleans(),
        live=st.sampled_from([True, True, True, False]),
        after=st.sampled_from([None, "offline", "available"]),
    )
    def instruct(
        self,
        n: int,
        name: InstructionName,
        to: Outcome,
        accept: bool,
        live: bool,
        after: str | None,
    ) -> None:
        engine = self.bench.engine
        reservations = [
            reservation
            for task in self._tasks()
            for reservation in task.reservations.values()
            if reservation.live or not live
        ]
        reservation = self._pick(reservations, n)
        if reservation is None:
            return
        engine.telephony.settings.outcome(to, to)
        instruction = Instruction(
            name=name,
            to=to,
            call_sid="CA" + "9" * 32,
            accept=accept and name in ("call", "redirect"),
            timeout=30,
            post_work_activity_sid=after and getattr(self.bench, after),
        )
        self._try(engine.telephony.instruct, reservation, instruction)
        # An answer at once is due now.
        engine.run_due()

    @rule(
        answer_after=st.sampled_from([0, 1, 20, 60]),
        call_length=st.sampled_from([None, 0, 30]),
    )
    def set_telephony(self, answer_after: float, call_length: float | None) -> None:
        telephony = self.bench.engine.telephony.settings
        telephony.answer_after = answer_after
        telephony.call_length = call_length

    @rule(n=st.integers(0, 99))
    def hang_up(self, n: int) -> None:
        call = self._pick(self.bench.engine.telephony.calls, n)
        if call is not None:
            self.bench.engine.telephony.hang_up(call.sid)

    @rule(
        n=st.integers(0, 99),
        status=st.sampled_from(["canceled", "wrapping", "completed", "completed"]),
    )
    def finish_task(self, n: int, status: str) -> None:
        task = self._pick(self._tasks(), n)
        if task is not None:
            self._try(self.bench.engine.tasks.update, task, assignment_status=status)

    @rule(
        n=st.integers(0, 99),
        kind=st.integers(0, 3),
        priority=st.integers(0, 9),
        channel=st.sampled_from(["default", "default", "voice", "fax"]),
        older=st.integers(0, 100),
    )
    def change_task(
        self, n: int, kind: int, priority: int, channel: str, older: int
    ) -> None:
        task = self._pick(self._tasks(), n)
        if task is not None:
            self._try(
                self.bench.engine.tasks.update,
                task,
                attributes=json.dumps({"kind": kind}),
                priority=priority,
                task_channel=channel,
                virtual_start_time=self.bench.time - older,
            )

    @rule(n=st.integers(0, 99))
    def delete_task(self, n: int) -> None:
        task = self._pick(self._tasks(), n)
        if task is not None:
            self._try(self.bench.engine.tasks.delete, task)

    @rule(
        n=st.integers(0, 99),
        skills=st.lists(SKILLS),
        activity=st.sampled_from(["offline", "available", "available", "reserved"]),
        reject=st.booleans(),
    )
    def update_worker(
        self, n: int, skills: list[str], activity: str, reject: bool
    ) -> None:
        worker = self._pick(self._workers(), n)
        if worker is None:
            return
        bench = self.bench
        sid = self.reserved if activity == "reserved" else getattr(bench, activity)
        self._try(
            bench.engine.workers.update,
            worker,
            attributes=json.dumps({"skills": skills}),
            activity_sid=sid,
            reject_pending_reservations=reject,
        )

    @rule(n=st.integers(0, 99), capacity=st.integers(0, 3), available=st.booleans())
    def update_channel(self, n: int, capacity: int, available: bool) -> None:
        worker = self._pick(self._workers(), n)
        if worker is not None:
            channel = worker.channel("default")
            self.bench.engine.workers.update_channel(
                channel, capacity=capacity, available=available
            )

    @rule(n=st.integers(0, 99))
    def delete_worker(self, n: int) -> None:
        worker = self._pick(self._workers(), n)
        if worker is not None:
            self._try(self.bench.engine.workers.delete, worker)

    @rule(
        n=st.integers(0, 2),
        expression=st.sampled_from(["1==1", "", 'skills HAS "a"', "level > 1"]),
        order=st.sampled_from(["FIFO", "LIFO"]),
    )
    def update_queue(self, n: int, expression: str, order: str) -> None:
        self._try(
            self.bench.engine.task_queues.update,
            self.queues[n],
            target_workers=expression,
            task_order=order,
        )

    @rule(n=st.integers(0, 1), again=st.booleans())
    def update_workflow(self, n: int, again: bool) -> None:
        self._try(
            self.bench.engine.workflows.update,
            self.workflow,
            configuration=self.configurations[n],
            re_evaluate_tasks=again,
        )

    @rule(multi=st.booleans(), order=st.sampled_from(["FIFO", "LIFO"]))
    def update_workspace(self, multi: bool, order: Any) -> None:
        self.bench.engine.workspaces.update(
            self.bench.workspace, multi_task_enabled=multi, prioritize_queue_order=order
        )

    @rule(n=st.integers(0, 99))
    def delete_something(self, n: int) -> None:
        engine, workspace = self.bench.engine, self.bench.workspace
        verbs: list[tuple[Any, Any]] = [
            *((engine.task_queues.delete, queue) for queue in self.queues),
            (engine.workflows.delete, self.workflow),
            *((engine.activities.delete, a) for a in workspace.activities.values()),
            *(
                (engine.task_channels.delete, c)
                for c in workspace.task_channels.values()
            ),
        ]
        self._try(*self._pick(verbs, n))

    @rule()
    def create_channel(self) -> None:
        engine = self.bench.engine
        self._try(engine.task_channels.create, self.bench.workspace, "Fax", "fax")

    @rule(name=st.sampled_from(["Available", "Ready"]))
    def rename_activity(self, name: str) -> None:
        activity = self.bench.workspace.activities.get(self.bench.available)
        if activity is not None:
            self.bench.engine.activities.update(activity, friendly_name=name)

    @rule(optimized=st.booleans())
    def optimize_channel(self, optimized: bool) -> None:
        channel = self.bench.engine.task_channels.find(self.bench.workspace, "voice")
        self.bench.engine.task_channels.update(
            channel, channel_optimized_routing=optimized
        )

    @rule(seconds=st.sampled_from([0.5, 5, 10, 15, 60, 400, 90_000]))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)
        deadline = self.bench.engine.next_deadline()
        assert deadline is None or deadline > self.bench.time

    # What always holds.

    @invariant()
    def tasks_and_reservations_agree(self) -> None:
        for task in self._tasks():
            live = sorted(
                r.reservation_status for r in task.reservations.values() if r.live
            )
            if task.assignment_status == "reserved":
                assert set(live) == {"pending"}
            elif task.assignment_status == "assigned":
                assert live == ["accepted"]
            elif task.assignment_status == "wrapping":
                assert live == ["wrapping"]
            else:
                assert live == []

    @invariant()
    def tasks_change_status_legally(self) -> None:
        now = {task.sid: task.assignment_status for task in self._tasks()}
        for sid, before in self.task_status.items():
            status = now.get(sid, "gone")
            if before == "reserved" and status in ("wrapping", "completed"):
                # A conference that was answered and is over already.
                task = self.bench.workspace.tasks[sid]
                assert any(
                    (r, "reservation.accepted") in self.told for r in task.reservations
                )
                before = "assigned"
            # One operation may pass through several statuses.
            assert status in TASK_NEXT[before] or (before, status) == (
                "pending",
                "assigned",
            )
            if status == "canceled":
                assert (sid, "task.canceled") in self.told
            if status == "completed":
                assert (sid, "task.completed") in self.told
        self.task_status = {**now}

    @invariant()
    def reservations_are_told(self) -> None:
        """Each status of each reservation had its event."""
        for task in self._tasks():
            for reservation in task.reservations.values():
                assert (
                    self.reservation_status[reservation.sid]
                    == reservation.reservation_status
                )

    @invariant()
    def loads_are_counted(self) -> None:
        workspace = self.bench.workspace
        for worker in workspace.workers.values():
            live = [r for r in worker.reservations.values() if r.live]
            assert worker.live_reservations == len(live)
            for channel in worker.channels.values():
                here = [
                    r
                    for r in live
                    if workspace.tasks[r.task_sid].task_channel_sid
                    == channel.task_channel_sid
                ]
                assert channel.load == len(here)
                assert channel.assigned_tasks == sum(
                    r.reservation_status == "accepted" for r in here
                )

    @invariant()
    def calls_go_their_way(self) -> None:
        for call in self.bench.engine.telephony.calls:
            before = None
            for status, _ in call.states:
                assert status in CALL_NEXT[before]
                before = status
            times = [time for _, time in call.states]
            assert times == sorted(times)
            if call.status in ("initiated", "ringing"):
                assert self.bench.time < times[0] + 30

    @invariant()
    def nobody_rings_for_nothing(self) -> None:
        """Who is to be connected rings for a live reservation; the rest time out."""
        on_hold = set()
        for call in self.bench.engine.telephony.calls:
            ringing = call.status in ("initiated", "ringing")
            if call.instruction.bridges and ringing:
                task = self.bench.workspace.tasks[call.task_sid]
                assert task.reservations[call.reservation_sid].live
                if call.instruction.name == "conference":
                    on_hold.add(call.reservation_sid)
        for task in self._tasks():
            for reservation in task.reservations.values():
                if reservation.reservation_status == "pending":
                    age = self.bench.time - reservation.date_created
                    assert age < 15 or reservation.sid in on_hold

    @invariant()
    def nothing_waits_in_vain(self) -> None:
        """No pending task has an able worker, for targets without known agents."""
        workspace = self.bench.workspace
        for task in self._tasks():
            standing = task.waiting_key is not None or any(
                task.sid in worker.direct_tasks for worker in self._workers()
            )
            direct = (task.routing_target or "").startswith("WK")
            orphan = direct and task.routing_target not in workspace.workers
            assert standing == (task.assignment_status == "pending" and not orphan)
            if task.waiting_key is None:
                continue
            queue = workspace.task_queues[task.task_queue_sid or ""]
            kind = task.configuration
            assert kind is not None
            filters = kind.filters if task.filter_index is not None else ()
            expression = None
            if filters and task.filter_index is not None:
                step = filters[task.filter_index].targets[task.target_index]
                expression = step.expression
                if step.known_worker:
                    continue
            for sid in queue.worker_sids:
                worker = workspace.workers[sid]
                channel = worker.channels_by_task_channel[task.task_channel_sid]
                if workspace.multi_task_enabled:
                    able = (
                        channel.available and channel.load < channel.configured_capacity
                    )
                else:
                    able = worker.live_reservations == 0
                seen = {"task": task.attributes_value, "worker": _shown(worker)}
                fits = expression is None or expression.matches(seen)
                assert not (worker.available and able and fits)

    @invariant()
    def log_is_in_order(self) -> None:
        times = [event.time for event in self.bench.workspace.events]
        assert times == sorted(times)

    @invariant()
    def members_match(self) -> None:
        workspace = self.bench.workspace
        for queue in workspace.task_queues.values():
            for worker in workspace.workers.values():
                member = worker.sid in queue.worker_sids
                expression = queue.target_workers_value
                belongs = expression and expression.matches(worker.attributes_value)
                assert member == bool(belongs)
                assert member == (queue.sid in worker.queue_sids)


def _shown(worker: Worker) -> dict[str, Any]:
    """Return what the machine's targets say of a worker."""
    return {
        **worker.attributes_value,
        "activity_name": worker.activity_name,
        "channel": {
            channel.task_channel_unique_name: {
                name: getattr(channel, name)
                for name in (
                    "assigned_tasks",
                    "configured_capacity",
                    "available_capacity_percentage",
                )
            }
            for channel in worker.channels.values()
        },
    }


TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
