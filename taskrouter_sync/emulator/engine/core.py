"""What all parts of the engine share: the state, the present moment, the events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .calls import CallLog, Telephony
from .changes import Changes
from .deadlines import Deadlines
from .entities import Container, Entity
from .events import Event
from .model import Task, Worker, Workspace


class Agenda:
    """What the present operation left to do for routing."""

    def __init__(self) -> None:
        # Workers who may be able to take more than before.
        self.freed: dict[str, Worker] = {}
        # Tasks that are pending again.
        self.homeless: dict[str, Task] = {}

    def free(self, worker: Worker) -> None:
        """Note that the worker may be able to take a task."""
        self.freed[worker.sid] = worker

    def place(self, task: Task) -> None:
        """Note that the task needs workers."""
        self.homeless[task.sid] = task


Listener = Callable[[Event], None]


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
        self.agenda = Agenda()
        self.calls = CallLog()
        self.telephony = Telephony()
        self.listeners: list[Listener] = []
        # Told of all that changes in workspaces, deadlines and calls.
        self.changes: Changes | None = None

    def emit(
        self,
        workspace: Workspace,
        event_type: str,
        resource_type: str,
        resource_sid: str,
        description: str,
        /,
        *,
        worker_sids: tuple[str, ...] = (),
        details: dict[str, str] | None = None,
        **objects: Entity | None,
    ) -> None:
        """Record an event, and tell the listeners.

        `objects` are fields of Event; snapshots are taken of them here.
        """
        frozen: dict[str, Any] = {
            name: entity.snapshot()
            for name, entity in objects.items()
            if entity is not None
        }
        event = Event(
            sid=self.new_sid("EV"),
            event_type=event_type,
            resource_type=resource_type,
            resource_sid=resource_sid,
            time=self.now,
            workspace_sid=workspace.sid,
            workspace_name=workspace.friendly_name,
            description=description,
            worker_sids=worker_sids,
            details=details or {},
            **frozen,
        )
        workspace.events.append(event)
        for listener in self.listeners:
            listener(event)
