"""The whole state of an engine as records: an ordered mapping of keys to JSON values.

Owns: what belongs to the state, its form as plain data, and making an engine's objects
and indexes of it again. A record holds what cannot be rebuilt: no indexes, nothing that
is parsed from a string beside it. The keys:

- ``service``: the time, the numbers of deadlines and calls made, how calls go
- the sid of a workspace or of anything in it; owners come before what they own
- ``event EV…``, and ``version N`` for the snapshots that events hold
- ``deadline KIND SID``, ``call N``
- ``configuration DIGEST``: a text that tasks go by, which many of them share
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, fields
from functools import cache
from typing import Any, TypeAlias, cast

from .calls import CallLog, CallSettings, CallState, Instruction, PhoneCall
from .containers import Container, Deadline, Entity, Kind
from .core import Backlog, Core
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
from .workflow import Configuration, leading_to, parse_configuration, parsed_expression


Record: TypeAlias = Any
Records: TypeAlias = dict[str, Record]

SERVICE = "service"
# No service's time comes to the year 9999, after which there are no dates.
END_OF_TIME = 253_370_764_800.0

# By kind: the class, and what of it is parsed from a text or counted again.
_KINDS: Mapping[str, tuple[type[Entity], str]] = {
    "workspace": (Workspace, ""),
    "activity": (Activity, ""),
    "task_channel": (TaskChannel, ""),
    "task_queue": (TaskQueue, "target_workers_value"),
    "workflow": (Workflow, "configuration_value"),
    "worker": (Worker, "attributes_value live_reservations"),
    "worker_channel": (WorkerChannel, ""),
    "task": (Task, "attributes_value configuration waiting_key"),
    "reservation": (Reservation, ""),
}
_KIND_OF = {each: kind for kind, (each, _) in _KINDS.items()}
# The indexes, and what belongs to others: all that begins empty. A snapshot shares
# them with the object it is of.
_SHARED = {
    each: [f.name for f in fields(each) if f.default_factory is not MISSING]
    for each in _KIND_OF
}
# The containers of a workspace, owners before what they own.
_CONTAINERS: Mapping[type[Entity], str] = {
    Activity: "activities",
    TaskChannel: "task_channels",
    TaskQueue: "task_queues",
    Workflow: "workflows",
    Worker: "workers",
    Task: "tasks",
}
_FIELDS = {
    each: tuple(
        field.name
        for field in fields(each)
        if field.name[0] != "_" and field.name not in parsed.split() + _SHARED[each]
    )
    for each, parsed in _KINDS.values()
}
# What an event may have or not.
_EVENT_OBJECTS = [field.name for field in fields(Event) if field.default is None]
_EVENT_FIELDS = [
    field.name for field in fields(Event) if field.name not in _EVENT_OBJECTS
]


def records_of_version_1(state: Mapping[str, Any]) -> Records:
    """Return the records of a state in the form that version 1.0 had."""
    records: Records = {
        SERVICE: {
            name: state[name]
            for name in ("now", "deadlines_set", "calls_made", "telephony")
        }
    }
    for digest, text in state["configurations"].items():
        records[f"configuration {digest}"] = text
    for number, record in state["versions"].items():
        records[f"version {number}"] = record
    records |= {record["sid"]: record for record in state["entities"]}
    records |= {f"event {record['sid']}": record for record in state["events"]}
    for when, order, kind, workspace_sid, sid in state["deadlines"]:
        records[f"deadline {kind} {sid}"] = [when, order, workspace_sid]
    records |= {f"call {record['number']}": record for record in state["calls"]}
    return records


class Recorder:
    """Makes records of one engine's state: all of them, then those that changed."""

    def __init__(self, core: Core) -> None:
        self._core = core
        # Those whose records exist.
        self._events: dict[str, Event] = {}
        # The text that each task goes by, as digests, and how many go by each text.
        self._entered: dict[str, str] = {}
        self._configurations: Counter[str] = Counter()
        # Number and uses of the snapshots that events hold.
        self._versions: dict[Entity, list[int]] = {}
        self._versions_made = 0

    def everything(self) -> Records:
        """Return the records of the whole state."""
        return self.changed(dict(_things(self._core)))

    def changed(self, things: Mapping[str, object]) -> Records:
        """Return the records of what `Changes` noted; None is a removal."""
        core = self._core
        records: Records = {
            SERVICE: {
                "now": core.now,
                "deadlines_set": core.deadlines.count,
                "calls_made": core.calls.made,
                "telephony": core.call_settings.as_dict(),
            }
        }
        for key, thing in things.items():
            if isinstance(thing, Event):
                self._events[key] = thing
                records[key] = self._event(thing, records)
            elif isinstance(thing, Task):
                records[key] = self._task(thing, records)
            elif isinstance(thing, Entity):
                records[key] = _entity(thing)
            elif isinstance(thing, Deadline):
                records[key] = [thing.when, thing.order, thing.workspace_sid]
            elif isinstance(thing, PhoneCall):
                records[key] = asdict(thing)
            elif thing is None:
                records[key] = None
                if key in self._events:
                    self._forget(self._events.pop(key), records)
                self._enter(key, None, records)
        return records

    def _task(self, task: Task, records: Records) -> Record:
        record = _entity(task)
        entered = task.configuration
        record["configuration"] = None if entered is None else entered.digest
        self._enter(task.sid, entered, records)
        return record

    def _enter(
        self, sid: str, configuration: Configuration | None, records: Records
    ) -> None:
        """Note the configuration that something goes by now, if it is a task."""
        before = self._entered.pop(sid, None)
        if configuration is not None:
            digest = self._entered[sid] = configuration.digest
            self._configurations[digest] += 1
            if self._configurations[digest] == 1:
                records[f"configuration {digest}"] = configuration.text
        # Last, so that a text that is still gone by stays as it is.
        if before is not None:
            self._configurations[before] -= 1
            if not self._configurations[before]:
                del self._configurations[before]
                records[f"configuration {before}"] = None

    def _event(self, event: Event, records: Records) -> Record:
        record = {name: getattr(event, name) for name in _EVENT_FIELDS}
        for name in _EVENT_OBJECTS:
            snapshot = getattr(event, name)
            if snapshot is None:
                continue
            known = self._versions.get(snapshot)
            if known is None:
                self._versions_made += 1
                known = self._versions[snapshot] = [self._versions_made, 0]
                records[f"version {known[0]}"] = _entity(snapshot)
            known[1] += 1
            record[name] = known[0]
        return record

    def _forget(self, event: Event, records: Records) -> None:
        for snapshot in filter(None, (getattr(event, n) for n in _EVENT_OBJECTS)):
            known = self._versions[snapshot]
            known[1] -= 1
            if not known[1]:
                del self._versions[snapshot]
                records[f"version {known[0]}"] = None
        workspace = self._core.workspaces.get(event.workspace_sid)
        if workspace is not None:
            # It tells since when its events are complete.
            records[workspace.sid] = _entity(workspace)


def _things(core: Core) -> Iterator[tuple[str, object]]:
    """Walk through all that has a record, owners first, each kind as it was made."""
    tasks: dict[str, Task] = {}
    for workspace in core.workspaces.values():
        yield workspace.sid, workspace
        for name in _CONTAINERS.values():
            for sid, entity in getattr(workspace, name).items():
                yield sid, entity
                if isinstance(entity, Worker):
                    yield from entity.channels.items()
        tasks.update(workspace.tasks)
    # In the order of all reservations: workers have them from several tasks.
    for sid, task_sid in core.reservation_tasks.items():
        yield sid, tasks[task_sid].reservations[sid]
    for workspace in core.workspaces.values():
        for event in workspace.events:
            yield f"event {event.sid}", event
    for (kind, sid), deadline in core.deadlines.current.items():
        yield f"deadline {kind} {sid}", deadline
    for call in core.calls:
        yield f"call {call.number}", call


def _entity(entity: Entity) -> Record:
    record: Record = {"kind": _KIND_OF[type(entity)]}
    for name in _FIELDS[type(entity)]:
        record[name] = getattr(entity, name)
    if isinstance(entity, Workspace):
        since = entity.events.complete_since
        record["events_complete_since"] = None if since == -math.inf else since
    return record


def put_back(core: Core, records: Mapping[str, Record]) -> None:
    """Replace the state; raises ValueError, and changes nothing, if it is damaged."""
    try:
        restored = _Restored(records)
        service = dict(records[SERVICE])
        now = float(service["now"])
        deadlines_set, calls_made = service["deadlines_set"], service["calls_made"]
        if type(deadlines_set) is not int or type(calls_made) is not int:
            raise TypeError("deadlines_set and calls_made must be integers")
        if not 0 <= now < END_OF_TIME:
            raise ValueError("now is not a valid time")
        call_settings = CallSettings(**service["telephony"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValueError(f"the state is damaged: {error!r}") from error
    except ServiceError as error:
        raise ValueError(f"the state is damaged: {error.message}") from error
    core.backlog = Backlog()
    core.now = now
    core.workspaces = restored.workspaces
    core.reservation_tasks = restored.reservation_tasks
    core.deadlines.current = restored.deadlines
    core.deadlines.count = deadlines_set
    core.deadlines.rebuild()
    restored.calls.made = calls_made
    restored.calls.listeners = core.calls.listeners
    core.calls = restored.calls
    core.call_settings = call_settings


class _Restored:
    """The objects of records, connected."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self.workspaces: Container[Workspace] = Container()
        self.reservation_tasks: dict[str, str] = {}
        self.deadlines: dict[tuple[Kind, str], Deadline] = {}
        self.calls = CallLog()
        # Each text is parsed once.
        self._parse_configuration = cache(parse_configuration)
        self._parse_expression = cache(parsed_expression)
        groups: dict[str, list[tuple[str, Record]]] = defaultdict(list)
        for key, record in records.items():
            group, space, rest = key.partition(" ")
            groups[group if space else "entity"].append((rest or key, record))
        self._by_digest: dict[str, str] = dict(groups.pop("configuration", ()))
        entities: dict[str, Entity] = {}
        for sid, record in groups.pop("entity"):
            if sid == SERVICE:
                continue
            entity = entities[sid] = self._entity(record)
            self._add(entity)
            if isinstance(entity, Workspace):
                since = record["events_complete_since"]
                if since is not None:
                    entity.events.complete_since = float(since)
        versions: dict[int, Entity] = {}
        for number, record in groups.pop("version", ()):
            version = versions[int(number)] = self._entity(record)
            original = entities.get(version.sid)
            if original is not None:
                for name in _SHARED[type(version)]:
                    setattr(version, name, getattr(original, name))
        for _, record in groups.pop("event", ()):
            event = _event_of(record, versions)
            self.workspaces[event.workspace_sid].events.append(event)
        for workspace in self.workspaces.values():
            _index(workspace)
        for key, (when, order, workspace_sid) in groups.pop("deadline", ()):
            name, _, sid = key.partition(" ")
            kind = cast(Kind, name)
            deadline = Deadline(float(when), order, kind, workspace_sid, sid)
            self.deadlines[kind, sid] = deadline
        for _, record in groups.pop("call", ()):
            self.calls.keep(_call_of(record))
        if groups:
            raise ValueError(f"{next(iter(groups))!r} is not a valid kind of record")

    def _entity(self, record: Record) -> Entity:
        """Make the entity of a record; its indexes are empty."""
        values = dict(record)
        kind, _ = _KINDS[values.pop("kind")]
        values.pop("events_complete_since", None)
        if kind is Worker or kind is Task:
            # Not as strictly as of a caller: an instruction may have added to it.
            values["attributes_value"] = json.loads(values["attributes"])
        if kind is Task:
            values["configuration"] = self._entered(values)
        elif kind is Workflow:
            text = values["configuration"]
            values["configuration_value"] = self._parse_configuration(text)
        elif kind is TaskQueue:
            text = values["target_workers"].strip()
            values["target_workers_value"] = self._parse_expression(
                text, "TargetWorkers"
            )
        return kind(**values)

    def _entered(self, task: Mapping[str, Any]) -> Configuration | None:
        """Return the configuration that the task of this record goes by."""
        digest = task.get("configuration")
        if digest is None:
            return None
        text = self._by_digest[digest]
        # Only that of a task routed to a queue has no text.
        if not text:
            return leading_to(task["routing_target"])
        return self._parse_configuration(text)

    def _add(self, entity: Entity) -> None:
        if isinstance(entity, Workspace):
            self.workspaces.add(entity)
            return
        workspace = self.workspaces[entity.workspace_sid]
        if isinstance(entity, WorkerChannel):
            worker = workspace.workers[entity.worker_sid]
            worker.channels.add(entity)
            worker.channels_by_task_channel[entity.task_channel_sid] = entity
        elif isinstance(entity, Reservation):
            workspace.tasks[entity.task_sid].reservations.add(entity)
            self.reservation_tasks[entity.sid] = entity.task_sid
            holder = workspace.workers.get(entity.worker_sid)
            # Who had one that is over may have been deleted.
            if holder is not None:
                holder.reservations[entity.sid] = entity
                holder.live_reservations += entity.live
        else:
            getattr(workspace, _CONTAINERS[type(entity)]).add(entity)


def _index(workspace: Workspace) -> None:
    for worker in workspace.workers.values():
        workspace.worker_names[worker.friendly_name.casefold()] = worker.sid
        for queue in workspace.task_queues.values():
            queue.admit(worker)
        workspace.list_idle(worker)
    for task in workspace.tasks.values():
        if task.assignment_status == "pending":
            workspace.enqueue(task)


def _event_of(record: Record, versions: Mapping[int, Entity]) -> Event:
    values = dict(record)
    for name in _EVENT_OBJECTS:
        if name in values:
            values[name] = versions[int(values[name])]
    values["worker_sids"] = tuple(values["worker_sids"])
    return Event(**values)


def _call_of(record: Record) -> PhoneCall:
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
