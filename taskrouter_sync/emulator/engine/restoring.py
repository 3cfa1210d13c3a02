"""Puts a state back into an engine, and makes all indexes anew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .calls import CallSettings, PhoneCall
from .core import Backlog, Core
from .deadlines import Deadline, Kind
from .entities import Container, Entity
from .errors import ServiceError
from .model import (
    Activity,
    Event,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from .records import Texts, call_of, entity_of, event_of, share
from .snapshots import State


def put_back(core: Core, state: State) -> dict[str, Entity]:
    """Make the engine what it was; return the snapshots in events by their number.

    What was the engine's before is let go. Raises ValueError, and leaves it as it
    is, if the state is not one that `take` has given.
    """
    try:
        restored = _Restored(state)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the state is damaged: {error!r}") from error
    except ServiceError as error:
        raise ValueError(f"the state is damaged: {error.message}") from error
    core.backlog = Backlog()
    core.now = state.now
    core.workspaces = restored.workspaces
    core.reservation_tasks = restored.reservation_tasks
    core.deadlines.current = restored.deadlines
    core.deadlines.count = state.deadlines_set
    core.deadlines.rebuild()
    core.calls.refill(restored.calls, state.calls_made)
    core.call_settings = restored.call_settings
    return restored.versions


class _Restored:
    """A state's objects, connected."""

    def __init__(self, state: State) -> None:
        self.workspaces: Container[Workspace] = Container()
        self.reservation_tasks: dict[str, str] = {}
        self._entities: dict[str, Entity] = {}
        texts = Texts(state.configurations)
        for record in state.entities:
            self._add(entity_of(record, texts))
        self.versions = {
            number: self._version(record, texts)
            for number, record in state.versions.items()
        }
        self._add_events(state)
        for workspace in self.workspaces.values():
            _index(workspace)
        self.deadlines: dict[tuple[Kind, str], Deadline] = {
            (kind, sid): Deadline(when, order, kind, workspace_sid, sid)
            for when, order, kind, workspace_sid, sid in state.deadlines
        }
        self.calls: list[PhoneCall] = [call_of(record) for record in state.calls]
        self.call_settings = CallSettings()
        self.call_settings.set_all(**state.telephony)

    def _add(self, entity: Entity) -> None:
        self._entities[entity.sid] = entity
        if isinstance(entity, Workspace):
            self.workspaces[entity.sid] = entity
            return
        workspace = self.workspaces[entity.workspace_sid]
        if isinstance(entity, Activity):
            workspace.activities[entity.sid] = entity
        elif isinstance(entity, TaskChannel):
            workspace.task_channels[entity.sid] = entity
        elif isinstance(entity, TaskQueue):
            workspace.task_queues[entity.sid] = entity
        elif isinstance(entity, Workflow):
            workspace.workflows[entity.sid] = entity
        elif isinstance(entity, Worker):
            workspace.workers[entity.sid] = entity
        elif isinstance(entity, WorkerChannel):
            worker = workspace.workers[entity.worker_sid]
            worker.channels[entity.sid] = entity
            worker.channels_by_task_channel[entity.task_channel_sid] = entity
        elif isinstance(entity, Task):
            workspace.tasks[entity.sid] = entity
        elif isinstance(entity, Reservation):
            self._add_reservation(workspace, entity)

    def _add_reservation(self, workspace: Workspace, reservation: Reservation) -> None:
        workspace.tasks[reservation.task_sid].reservations[reservation.sid] = (
            reservation
        )
        self.reservation_tasks[reservation.sid] = reservation.task_sid
        worker = workspace.workers.get(reservation.worker_sid)
        # Who had one that is over may have been deleted.
        if worker is not None:
            worker.reservations[reservation.sid] = reservation
            worker.live_reservations += reservation.live

    def _version(self, record: Mapping[str, Any], texts: Texts) -> Entity:
        version = entity_of(record, texts)
        original = self._entities.get(version.sid)
        if original is not None:
            share(version, original)
        return version

    def _add_events(self, state: State) -> None:
        events: dict[str, list[Event]] = {sid: [] for sid in self.workspaces}
        for record in state.events:
            event = event_of(record, self.versions)
            events[event.workspace_sid].append(event)
        since = {
            record["sid"]: record["events_complete_since"]
            for record in state.entities
            if record["kind"] == "workspace"
        }
        for sid, workspace in self.workspaces.items():
            moment = -math.inf if since[sid] is None else since[sid]
            workspace.events.refill(events[sid], moment)


def _index(workspace: Workspace) -> None:
    for worker in workspace.workers.values():
        workspace.worker_names[worker.friendly_name.casefold()] = worker.sid
        for queue in workspace.task_queues.values():
            queue.admit(worker)
        workspace.list_idle(worker)
    for task in workspace.tasks.values():
        if task.assignment_status == "pending":
            workspace.enqueue(task)
