"""The whole state of an engine as plain data.

Owns: what belongs to a state, and reading it out of an engine. `restoring` puts it
back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .core import Core
from .entities import Entity
from .model import Task, Workspace
from .records import (
    Record,
    call_record,
    entity_record,
    event_record,
    live_record,
)


@dataclass
class State:
    """All that an engine has to remember. Its fields are values for JSON."""

    # Epoch seconds.
    now: float
    # Deadlines as their values in order, and how many were set so far.
    deadlines: list[list[Any]]
    deadlines_set: int
    # Workspaces and all that is in them; owners come before what they own.
    entities: list[Record]
    # Texts of the configurations that tasks go by, by digest.
    configurations: dict[str, str]
    # Snapshots in events by number (a text, as JSON wants keys to be).
    versions: dict[str, Record]
    # The events of each workspace in order.
    events: list[Record]
    # The calls of the log, and how many were made so far.
    calls: list[Record]
    calls_made: int
    telephony: Record


def take(core: Core) -> State:
    """Read the state of an engine."""
    numbers: dict[Entity, str] = {}

    def number_of(version: Entity) -> str:
        return numbers.setdefault(version, str(len(numbers)))

    events = [
        event_record(event, number_of)
        for workspace in core.workspaces.values()
        for event in workspace.events
    ]
    return State(
        **general(core),
        deadlines=[list(each) for each in core.deadlines.current.values()],
        entities=[live_record(entity) for entity in entities(core)],
        configurations={
            task.configuration.digest: task.configuration.text
            for task in tasks(core)
            if task.configuration is not None
        },
        versions={
            number: entity_record(version) for version, number in numbers.items()
        },
        events=events,
        calls=[call_record(call) for call in core.calls],
    )


def general(core: Core) -> Record:
    """Read what of the state is small and of no workspace: fields of `State`."""
    return {
        "now": core.now,
        "deadlines_set": core.deadlines.count,
        "calls_made": core.calls.made,
        "telephony": core.call_settings.as_dict(),
    }


def entities(core: Core) -> Iterator[Entity]:
    """Walk through all entities, owners first, each kind as it was made."""
    for workspace in core.workspaces.values():
        yield from _of_workspace(workspace)
    # In the order of all reservations: workers have them from several tasks.
    places = {task.sid: task for task in tasks(core)}
    for sid, task_sid in core.reservation_tasks.items():
        yield places[task_sid].reservations[sid]


def _of_workspace(workspace: Workspace) -> Iterator[Entity]:
    yield workspace
    yield from workspace.activities.values()
    yield from workspace.task_channels.values()
    yield from workspace.task_queues.values()
    yield from workspace.workflows.values()
    for worker in workspace.workers.values():
        yield worker
        yield from worker.channels.values()
    yield from workspace.tasks.values()


def tasks(core: Core) -> Iterator[Task]:
    """Walk through the tasks of all workspaces."""
    for workspace in core.workspaces.values():
        yield from workspace.tasks.values()
