"""Random steps of users, in any order: what always holds of the engine."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.model import Task, Worker, Workspace

from ..story import BEGINNING, Step, Story, steps


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
# The statuses of the live reservations of a task, by its own; else there are none.
LIVE = {"reserved": {"pending"}, "assigned": {"accepted"}, "wrapping": {"wrapping"}}


class Watch:
    """Listens to an engine, and looks at it after each step."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.told: set[tuple[str, str]] = set()
        self.task_status: dict[str, str] = {}
        self.reservation_status: dict[str, str] = {}
        engine.on_event(self._hear)

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
        workspace = self.engine.workspaces[event.workspace_sid]
        worker = workspace.workers[reservation.worker_sid]
        if not task.ignore_capacity:
            assert worker.available
            channel = worker.channels_by_task_channel[task.task_channel_sid]
            if workspace.multi_task_enabled:
                assert channel.available
                assert channel.load <= channel.configured_capacity
            else:
                assert worker.live_reservations == 1

    def look(self) -> None:
        # An answer at once is due now.
        self.engine.run_due()
        deadline = self.engine.next_deadline()
        assert deadline is None or deadline > self.engine.now
        workspaces = list(self.engine.workspaces.values())
        tasks = [task for each in workspaces for task in each.tasks.values()]
        for task in tasks:
            self._look_at_reservations(task)
        self._look_at_changes(tasks)
        self._look_at_calls(tasks)
        for workspace in workspaces:
            for worker in workspace.workers.values():
                self._look_at_loads(workspace, worker)
            for task in workspace.tasks.values():
                self._look_for_vain_waiting(workspace, task)
            self._look_at_members(workspace)
            times = [event.time for event in workspace.events]
            assert times == sorted(times)

    def _look_at_reservations(self, task: Task) -> None:
        """They agree with the task, and each status had its event."""
        reservations = task.reservations.values()
        live = [r.reservation_status for r in reservations if r.live]
        assert set(live) == LIVE.get(task.assignment_status, set())
        assert len(live) < 2 or task.assignment_status == "reserved"
        for each in reservations:
            assert self.reservation_status[each.sid] == each.reservation_status

    def _look_at_changes(self, tasks: list[Task]) -> None:
        """Tasks change their status legally, and it is told."""
        now = {task.sid: task for task in tasks}
        for sid, before in self.task_status.items():
            status = now[sid].assignment_status if sid in now else "gone"
            if before == "reserved" and status in ("wrapping", "completed"):
                # A conference that was answered and is over already.
                assert any(
                    (r, "reservation.accepted") in self.told
                    for r in now[sid].reservations
                )
                before = "assigned"
            # One operation may pass through several statuses.
            passed = (before, status) == ("pending", "assigned")
            assert status in TASK_NEXT[before] or passed, (before, status)
            if status in ("canceled", "completed"):
                assert (sid, f"task.{status}") in self.told
        self.task_status = {task.sid: task.assignment_status for task in tasks}

    def _look_at_calls(self, tasks: list[Task]) -> None:
        """They go their way; the reservation that one is to connect is live.

        Only a conference keeps a reservation from its timeout.
        """
        reservations = {sid: r for t in tasks for sid, r in t.reservations.items()}
        on_hold = set()
        for call in self.engine.telephony.calls:
            for (before, _), (after, _) in zip(
                ((None, 0.0), *call.states), call.states, strict=False
            ):
                assert after in CALL_NEXT[before]
            times = [time for _, time in call.states]
            assert times == sorted(times)
            if call.status in ("initiated", "ringing"):
                assert self.engine.now < times[0] + call.instruction.timeout
                if call.instruction.bridges:
                    assert reservations[call.reservation_sid].live
                if call.instruction.name == "conference":
                    on_hold.add(call.reservation_sid)
        for sid, each in reservations.items():
            if each.reservation_status == "pending" and sid not in on_hold:
                assert self.engine.now < each.date_created + each.reservation_timeout

    def _look_at_loads(self, workspace: Workspace, worker: Worker) -> None:
        live = [r for r in worker.reservations.values() if r.live]
        assert worker.live_reservations == len(live)
        for channel in worker.channels.values():
            here = [
                r.reservation_status
                for r in live
                if workspace.tasks[r.task_sid].task_channel_sid
                == channel.task_channel_sid
            ]
            assert channel.load == len(here)
            assert channel.assigned_tasks == here.count("accepted")

    def _look_for_vain_waiting(self, workspace: Workspace, task: Task) -> None:
        """No pending task has an able worker, for targets without known agents."""
        standing = task.waiting_key is not None or any(
            task.sid in worker.direct_tasks for worker in workspace.workers.values()
        )
        direct = (task.routing_target or "").startswith("WK")
        orphan = direct and task.routing_target not in workspace.workers
        assert standing == (task.assignment_status == "pending" and not orphan)
        if task.waiting_key is None:
            return
        queue = workspace.task_queues[task.task_queue_sid or ""]
        assert task.configuration is not None
        filters = task.configuration.filters
        expression = None
        if filters and task.filter_index is not None:
            step = filters[task.filter_index].targets[task.target_index]
            expression = step.expression
            if step.known_worker:
                return
        for sid in queue.worker_sids:
            worker = workspace.workers[sid]
            channel = worker.channels_by_task_channel[task.task_channel_sid]
            if workspace.multi_task_enabled:
                able = channel.available and channel.load < channel.configured_capacity
            else:
                able = worker.live_reservations == 0
            seen = {"task": task.attributes_value, "worker": _shown(worker)}
            fits = expression is None or expression.matches(seen)
            assert not (worker.available and able and fits)

    def _look_at_members(self, workspace: Workspace) -> None:
        for queue in workspace.task_queues.values():
            expression = queue.target_workers_value
            for worker in workspace.workers.values():
                belongs = expression and expression.matches(worker.attributes_value)
                assert (worker.sid in queue.worker_sids) == bool(belongs)
                assert (queue.sid in worker.queue_sids) == bool(belongs)


def _shown(worker: Worker) -> dict[str, Any]:
    """Return what the story's targets say of a worker."""
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


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(multi=st.booleans(), following=steps(50, least=40))
def test_what_always_holds(multi: bool, following: list[Step]) -> None:
    story = Story()
    watch = Watch(story.engine)
    # With activities for those who have one task at a time.
    activities = [("change activities", number, 1) for number in range(2)]
    beginning = (("create workspace", 1, int(multi)), *activities, *BEGINNING[1:])
    for step in (*beginning, *following):
        status, _ = story.take(*step)
        assert status < 500
        watch.look()
