"""What the parts of the engine share: the state, the present moment, the events."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from .calls import CallLog, CallSettings, PhoneCall
from .containers import Container, Deadlines, Entity, Kind
from .model import (
    Activity,
    Event,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    Workflow,
    Workspace,
)


Resource = Workspace | Activity | TaskChannel | TaskQueue | Workflow


@cache
def _resource_type(kind: str) -> str:
    """Return what events call a resource of this class, as task-queue."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "-", kind).lower()


class Alarm(NamedTuple):
    """Trouble that no request is answered with: what the debugger shows."""

    time: float
    code: int
    message: str
    workspace_sid: str
    resource_sid: str


@dataclass
class Backlog:
    """What the present operation left to route, by sid."""

    # Workers who may be able to take more than before.
    workers: dict[str, Worker] = field(default_factory=dict)
    # Tasks that are pending again.
    tasks: dict[str, Task] = field(default_factory=dict)


class Core:
    """The state with its clock. `now` stands still during an operation."""

    def __init__(
        self,
        account_sid: str,
        clock: Callable[[], float],
        new_sid: Callable[[str], str],
    ) -> None:
        self.account_sid = account_sid
        self.clock = clock
        self.new_sid = new_sid
        self.now = clock()
        self.workspaces: Container[Workspace] = Container()
        self.deadlines = Deadlines()
        # Task sid by reservation sid.
        self.reservation_tasks: dict[str, str] = {}
        self.backlog = Backlog()
        self.calls = CallLog()
        self.call_settings = CallSettings()
        self.event_listeners: list[Callable[[Event], None]] = []
        self.alarm_listeners: list[Callable[[Alarm], None]] = []

    def task_of(self, reservation: Reservation) -> Task:
        """Return the task that a reservation is of."""
        return self.workspaces[reservation.workspace_sid].tasks[reservation.task_sid]

    def queue_of(self, task: Task) -> TaskQueue | None:
        """Return the queue that a task is in."""
        queues = self.workspaces[task.workspace_sid].task_queues
        return queues.get(task.task_queue_sid or "")

    def set_deadline(self, seconds: float, kind: Kind, of: Entity | PhoneCall) -> None:
        """Let something be due in so many seconds."""
        self.deadlines.set(self.now + seconds, kind, of.workspace_sid, of.sid)

    def identity(self, prefix: str, workspace: Workspace) -> dict[str, Any]:
        """Return the fields that every new entity begins with."""
        return {
            "sid": self.new_sid(prefix),
            "workspace_sid": workspace.sid,
            "date_created": self.now,
            "date_updated": self.now,
        }

    def known_worker(self, task: Task) -> Worker | None:
        """Return the worker whom the task names, if its target asks for one."""
        target = task.target
        if target is None or target.known_worker is None or task.direct:
            return None
        workspace = self.workspaces[task.workspace_sid]
        value = target.known_worker.value(task.attributes_value)
        if not isinstance(value, str):
            return None
        if target.by_name:
            value = workspace.worker_names.get(value.casefold(), "")
        return workspace.workers.get(value)

    def note_known_worker(self, task: Task) -> None:
        """Let the task's events name its known worker from now on."""
        known = self.known_worker(task)
        task.known_worker_sid = None if known is None else known.sid

    # Events. All are recorded when what they say holds.

    def emit(
        self,
        resource: Entity,
        event_type: str,
        description: str,
        /,
        *,
        worker_sids: tuple[str, ...] = (),
        details: dict[str, str] | None = None,
        **objects: Entity | None,
    ) -> None:
        """Record an event about a resource, and pass it to the listeners.

        `objects` are other fields of Event; snapshots are taken of them here.
        """
        resource_type = _resource_type(type(resource).__name__)
        objects[resource_type.replace("-", "_")] = resource
        frozen: dict[str, Any] = {
            name: entity.snapshot()
            for name, entity in objects.items()
            if entity is not None
        }
        if isinstance(resource, Workspace):
            # It may have been deleted just now.
            workspace = resource
        else:
            workspace = self.workspaces[resource.workspace_sid]
        event = Event(
            sid=self.new_sid("EV"),
            event_type=event_type,
            resource_type=resource_type,
            resource_sid=resource.sid,
            time=self.now,
            workspace_sid=workspace.sid,
            workspace_name=workspace.friendly_name,
            description=description,
            worker_sids=worker_sids,
            details=details or {},
            **frozen,
        )
        workspace.events.append(event)
        for listener in self.event_listeners:
            listener(event)

    def emit_resource(self, resource: Resource, what: str) -> None:
        """Record `<resource>.<what>`."""
        kind = type(resource).__name__
        description = f"{kind} {resource.friendly_name} {what.replace('.', ' ')}"
        self.emit(resource, f"{_resource_type(kind)}.{what}", description)

    def emit_worker(
        self, worker: Worker, event_type: str, what: str, **more: Any
    ) -> None:
        """Record an event about a worker: `Worker <name> <what>`."""
        workspace = self.workspaces[worker.workspace_sid]
        self.emit(
            worker,
            event_type,
            f"Worker {worker.friendly_name} {what}",
            worker_sids=(worker.sid,),
            activity=workspace.activities.get(worker.activity_sid),
            **more,
        )

    def emit_task(
        self,
        task: Task,
        event_type: str,
        what: str,
        worker_sids: tuple[str, ...] = (),
        *,
        description: str | None = None,
        details: dict[str, str] | None = None,
        previous: TaskQueue | None = None,
    ) -> None:
        """Record an event about a task: `Task WT... <what>`.

        It has the task's queue and workflow, and the worker who has the task. Also
        the events of workflows and of queues are about the task: so they were
        recorded of the live service.
        """
        workspace = self.workspaces[task.workspace_sid]
        worked_on = task.with_status("accepted", "wrapping", "completed")
        self.emit(
            task,
            event_type,
            description or f"Task {task.sid} {what}",
            worker_sids=worker_sids,
            details={**(details or {}), **_known_worker_details(task)},
            worker=(
                workspace.workers.get(worked_on[-1].worker_sid) if worked_on else None
            ),
            task_queue=self.queue_of(task),
            previous_task_queue=previous,
            workflow=workspace.workflows.get(task.workflow_sid),
        )

    def emit_reservation(self, task: Task, reservation: Reservation, what: str) -> None:
        """Record `reservation.<what>` for its worker."""
        workspace = self.workspaces[task.workspace_sid]
        self.emit(
            reservation,
            f"reservation.{what}",
            f"Reservation {reservation.sid} {what}",
            worker_sids=(reservation.worker_sid,),
            details=_known_worker_details(task),
            task=task,
            worker=workspace.workers.get(reservation.worker_sid),
            task_queue=self.queue_of(task),
            workflow=workspace.workflows.get(task.workflow_sid),
        )

    def alarm(self, task: Task, code: int, message: str) -> None:
        """Show trouble with a task in the debugger."""
        alarm = Alarm(self.now, code, message, task.workspace_sid, task.sid)
        for listener in self.alarm_listeners:
            listener(alarm)


def _known_worker_details(task: Task) -> dict[str, str]:
    known = task.known_worker_sid
    return {} if known is None else {"known_worker_sid": known}
