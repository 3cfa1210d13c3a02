"""An engine with a clock that the test moves and sids that count."""

from __future__ import annotations

import itertools
import json
from typing import Any

from taskrouter_sync.emulator.engine import Alarm, Engine, Event
from taskrouter_sync.emulator.engine.model import (
    Reservation,
    Task,
    TaskQueue,
    Worker,
    Workflow,
    Workspace,
)


START = 1_700_000_000.0


class Bench:
    """A workspace to try things in: an engine, its clock, and what it told."""

    def __init__(self, *, multi_task_enabled: bool = True) -> None:
        self.time = START
        numbers = itertools.count(1)
        self.engine = Engine(
            "AC" + "0" * 32,
            clock=lambda: self.time,
            new_sid=lambda prefix: f"{prefix}{next(numbers):032x}",
        )
        self.events: list[Event] = []
        self.workspace: Workspace = self.engine.workspaces.create(
            "Bench", multi_task_enabled=multi_task_enabled
        )
        self.engine.on_event(self.events.append)
        self.alarms: list[Alarm] = []
        self.engine.on_alarm(self.alarms.append)
        names = {a.friendly_name: a.sid for a in self.workspace.activities.values()}
        self.offline = names["Offline"]
        self.available = names["Available"]
        self.unavailable = names["Unavailable"]

    @property
    def ann(self) -> Worker:
        """The worker Ann."""
        (ann,) = (
            w for w in self.workspace.workers.values() if w.friendly_name == "Ann"
        )
        return ann

    # Setting up.

    def worker(self, name: str, available: bool = True, **attributes: Any) -> Worker:
        """Make a worker, available if nothing else is said."""
        return self.engine.workers.create(
            self.workspace,
            name,
            attributes=json.dumps(attributes),
            activity_sid=self.available if available else self.offline,
        )

    def workers(self, *names: str) -> list[Worker]:
        """Make available workers."""
        return [self.worker(name) for name in names]

    def queue(self, expression: str = "1==1", **options: Any) -> TaskQueue:
        """Make a queue named after its number."""
        name = f"Queue {len(self.workspace.task_queues) + 1}"
        return self.engine.task_queues.create(
            self.workspace, name, target_workers=expression, **options
        )

    def workflow(
        self, *filters: Any, default: TaskQueue | None = None, **options: Any
    ) -> Workflow:
        """Make a workflow of filters, and a default queue."""
        return self.engine.workflows.create(
            self.workspace, "Flow", configuration(*filters, default=default), **options
        )

    def flow(self, expression: str = "1==1", **options: Any) -> TaskQueue:
        """Make a queue, and the workflow that leads every task there."""
        queue = self.queue(expression, **options)
        self.workflow(default=queue)
        return queue

    def task(self, *, attributes: dict[str, Any] | None = None, **options: Any) -> Task:
        """Make a task of these attributes."""
        text = json.dumps(attributes or {})
        return self.engine.tasks.create(self.workspace, attributes=text, **options)

    # Going on.

    def advance(self, seconds: float) -> None:
        """Let time pass, and what is due with it."""
        self.time += seconds
        self.engine.run_due()

    def accept(self, task: Task) -> Reservation:
        """Accept the pending reservation of a task."""
        return self.engine.reservations.update(pending(task), "accepted")

    def reject(self, task: Task, **options: Any) -> Reservation:
        """Reject the pending reservation of a task."""
        return self.engine.reservations.update(pending(task), "rejected", **options)

    def complete(self, task: Task) -> Task:
        """Complete a task."""
        return self.engine.tasks.update(task, assignment_status="completed")

    # Looking.

    def told(self) -> list[str]:
        """Return the types of the events since the last call."""
        types = [event.event_type for event in self.events]
        self.events.clear()
        return types


def configuration(*filters: Any, default: TaskQueue | None = None) -> str:
    """Write a workflow's configuration."""
    routing: dict[str, Any] = {"filters": list(filters)}
    if default is not None:
        routing["default_filter"] = {"queue": default.sid}
    return json.dumps({"task_routing": routing})


def filter_of(*targets: Any, expression: str = "1==1", name: str = "F") -> Any:
    """Write a filter."""
    return {
        "filter_friendly_name": name,
        "expression": expression,
        "targets": list(targets),
    }


def target(queue: TaskQueue, **options: Any) -> Any:
    """Write a target."""
    return {"queue": queue.sid, **options}


def pending(task: Task) -> Reservation:
    """Return the only pending reservation of a task."""
    (reservation,) = (
        r for r in task.reservations.values() if r.reservation_status == "pending"
    )
    return reservation


def holders(task: Task) -> list[str]:
    """Name the workers who have the task offered or assigned."""
    return [r.worker_name for r in task.reservations.values() if r.live]
