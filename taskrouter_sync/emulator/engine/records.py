"""The engine's objects as plain records for JSON, and back.

A record holds what cannot be rebuilt: no indexes, nothing that is parsed from a
text beside it. Knows the engine's data, none of its verbs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeAlias

from .calls import CallState, Instruction, PhoneCall
from .entities import Entity
from .expressions import Expression
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
from .workflow import (
    Configuration,
    leading_to,
    parse_configuration,
    parsed_expression,
)


Record: TypeAlias = dict[str, Any]

# By kind: the class, what of it is parsed from a text, and what is an index or
# belongs to others. A snapshot shares the latter with the object it is of.
_KINDS: Mapping[str, tuple[type[Entity], set[str], set[str]]] = {
    "workspace": (
        Workspace,
        set(),
        {
            "activities",
            "workers",
            "task_queues",
            "workflows",
            "tasks",
            "task_channels",
            "events",
            "worker_names",
            "waiting_queues",
        },
    ),
    "activity": (Activity, set(), set()),
    "task_channel": (TaskChannel, set(), set()),
    "task_queue": (
        TaskQueue,
        {"target_workers_value"},
        {"worker_sids", "waiting", "idle"},
    ),
    "workflow": (Workflow, {"configuration_value"}, set()),
    "worker": (
        Worker,
        {"attributes_value", "live_reservations"},
        {
            "channels",
            "channels_by_task_channel",
            "reservations",
            "queue_sids",
            "direct_tasks",
        },
    ),
    "worker_channel": (WorkerChannel, set(), set()),
    "task": (
        Task,
        {"attributes_value", "configuration", "waiting_key"},
        {"reservations"},
    ),
    "reservation": (Reservation, set(), set()),
}
_KIND_OF = {each: kind for kind, (each, _, _) in _KINDS.items()}
_FIELDS = {
    each: tuple(
        field.name
        for field in fields(each)
        if not field.name.startswith("_") and field.name not in parsed | shared
    )
    for each, parsed, shared in _KINDS.values()
}
_SHARED = {each: shared for each, _, shared in _KINDS.values()}

_EVENT_TEXTS = (
    "sid",
    "event_type",
    "resource_type",
    "resource_sid",
    "time",
    "workspace_sid",
    "workspace_name",
    "description",
    "worker_sids",
    "details",
)
_EVENT_OBJECTS = tuple(
    field.name for field in fields(Event) if field.name not in _EVENT_TEXTS
)


def entity_record(entity: Entity) -> Record:
    """Give the record of an entity's own fields, as a snapshot in an event needs it."""
    record: Record = {"kind": _KIND_OF[type(entity)]}
    for name in _FIELDS[type(entity)]:
        record[name] = getattr(entity, name)
    return record


def live_record(entity: Entity) -> Record:
    """Give the record of an entity of the state."""
    record = entity_record(entity)
    if isinstance(entity, Task):
        # Its text is kept beside: many tasks have the same.
        chosen = entity.configuration
        record["configuration"] = None if chosen is None else chosen.digest
    elif isinstance(entity, Workspace):
        since = entity.events.complete_since
        record["events_complete_since"] = None if since == -math.inf else since
    return record


def entity_of(record: Mapping[str, Any], texts: Texts) -> Entity:
    """Make the entity of a record; its indexes are empty."""
    values = dict(record)
    kind, _, _ = _KINDS[values.pop("kind")]
    values.pop("events_complete_since", None)
    if kind is Worker or kind is Task:
        # Not as strictly as of a caller: an instruction may have added to it.
        values["attributes_value"] = json.loads(values["attributes"])
    if kind is Task:
        values["configuration"] = texts.entered(values)
    elif kind is Workflow:
        text = values["configuration"]
        values["configuration_value"] = texts.configuration(text)
    elif kind is TaskQueue:
        text = values["target_workers"]
        values["target_workers_value"] = texts.expression(text)
    return kind(**values)


def share(copy: Entity, original: Entity) -> None:
    """Let a snapshot have the containers of the object it is of."""
    for name in _SHARED[type(original)]:
        setattr(copy, name, getattr(original, name))


class Texts:
    """What texts mean, each parsed once.

    `configurations` are texts by digest.
    """

    def __init__(self, configurations: Mapping[str, str]) -> None:
        self._by_digest = configurations
        self._configurations: dict[str, Configuration] = {}
        self._expressions: dict[str, Expression | None] = {}

    def configuration(self, text: str) -> Configuration:
        """Parse a workflow's configuration."""
        known = self._configurations.get(text)
        if known is None:
            known = self._configurations[text] = parse_configuration(text)
        return known

    def entered(self, task: Mapping[str, Any]) -> Configuration | None:
        """Return the configuration that the task of this record goes by."""
        digest = task.get("configuration")
        if digest is None:
            return None
        text = self._by_digest[digest]
        # Only that of a task routed to a queue has no text.
        return self.configuration(text) if text else leading_to(task["routing_target"])

    def expression(self, text: str) -> Expression | None:
        """Parse a queue's expression."""
        if text not in self._expressions:
            parsed = parsed_expression(text.strip(), "TargetWorkers")
            self._expressions[text] = parsed
        return self._expressions[text]


def event_objects(event: Event) -> list[Entity]:
    """List the snapshots that an event holds."""
    objects = (getattr(event, name) for name in _EVENT_OBJECTS)
    return [each for each in objects if each is not None]


def event_record(event: Event, number_of: Callable[[Entity], str]) -> Record:
    """Give the record of an event, with numbers in place of its snapshots."""
    record: Record = {name: getattr(event, name) for name in _EVENT_TEXTS}
    for name in _EVENT_OBJECTS:
        entity = getattr(event, name)
        if entity is not None:
            record[name] = number_of(entity)
    return record


def event_of(record: Mapping[str, Any], versions: Mapping[str, Entity]) -> Event:
    """Make the event of a record, with snapshots by number."""
    values = dict(record)
    for name in _EVENT_OBJECTS:
        if name in values:
            values[name] = versions[values[name]]
    values["worker_sids"] = tuple(values["worker_sids"])
    return Event(**values)


def call_record(call: PhoneCall) -> Record:
    """Give the record of a call."""
    return asdict(call)


def call_of(record: Mapping[str, Any]) -> PhoneCall:
    """Make the call of a record."""
    values = dict(record)
    asked = dict(values["instruction"])
    asked["status_callback_events"] = tuple(asked["status_callback_events"])
    asked["options"] = {
        name: tuple(option) if isinstance(option, list) else option
        for name, option in asked["options"].items()
    }
    values["instruction"] = Instruction(**asked)
    values["states"] = tuple(CallState(*state) for state in values["states"])
    return PhoneCall(**values)
