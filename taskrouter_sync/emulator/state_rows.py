"""The state as rows of a database.

Owns: the tables, reading a state from them, and writing what changed since; so many
rows as there are changes, however large the state is. Opens and ends nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.calls import KEEP_CALLS
from taskrouter_sync.emulator.engine.changes import Changes
from taskrouter_sync.emulator.engine.entities import Entity
from taskrouter_sync.emulator.engine.model import Task
from taskrouter_sync.emulator.engine.records import (
    call_record,
    entity_record,
    event_objects,
    event_record,
    live_record,
)
from taskrouter_sync.emulator.engine.snapshots import State


# Everything is JSON. Rows are numbered in the order in which things came to be:
# deadlines by their order, calls by their number, the others as they are written.
_LISTS = ("entities", "versions", "events", "deadlines", "calls")
TABLES = (
    "CREATE TABLE general (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE configurations (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    *(
        f"CREATE TABLE {name} (row INTEGER PRIMARY KEY, value TEXT NOT NULL)"
        for name in _LISTS
    ),
)

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Rows:
    """The rows of one state, and which thing is in which of them.

    Who gets an error from it has to roll the database back, and to begin anew with
    another one.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._entities: dict[str, int] = {}
        self._events: dict[str, int] = {}
        self._deadlines: dict[tuple[str, str], int] = {}
        self._configurations: set[str] = set()
        self._general: dict[str, str] = {}
        # Row and number of events that hold it.
        self._versions: dict[Entity, list[int]] = {}
        self._next_entity = count(1)
        self._next_event = count(1)
        self._next_version = count(1)

    # Reading

    def read(self) -> tuple[State, Mapping[str, int | None]] | None:
        """Read the state, and that of the sids; None if there is none yet.

        Raises:
            ValueError: it is damaged.
        """
        try:
            general = self._named("general")
            if not general:
                return None
            lists = {name: self._list(name) for name in _LISTS}
            versions = {str(row): record for row, record in lists.pop("versions")}
            sids = general.pop("sids")
            self._place(lists, versions)
            plain: dict[str, Any] = {
                name: [value for _, value in rows] for name, rows in lists.items()
            }
            texts = self._named("configurations")
            state = State(**general, **plain, configurations=texts, versions=versions)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the state is damaged: {error!r}") from error
        return state, sids

    def _place(
        self, lists: Mapping[str, list[tuple[int, Any]]], versions: Mapping[str, Any]
    ) -> None:
        self._entities = {record["sid"]: row for row, record in lists["entities"]}
        self._configurations = {
            record["configuration"]
            for _, record in lists["entities"]
            if record.get("kind") == "task" and record["configuration"] is not None
        }
        self._events = {record["sid"]: row for row, record in lists["events"]}
        self._deadlines = {
            (kind, sid): row for row, (_, _, kind, _, sid) in lists["deadlines"]
        }
        self._next_entity = count(_after(self._entities.values()))
        self._next_event = count(_after(self._events.values()))
        self._next_version = count(_after(int(number) for number in versions))

    def adopt(self, events: Iterable[Event], versions: Mapping[str, Entity]) -> None:
        """Learn which snapshots the engine made of the rows that were read."""
        self._versions = {entity: [int(row), 0] for row, entity in versions.items()}
        for event in events:
            for version in event_objects(event):
                self._versions[version][1] += 1

    def _named(self, table: str) -> dict[str, Any]:
        found = self._all(f"SELECT name, value FROM {table}")
        return {name: _decode(value) for name, value in found}

    def _list(self, table: str) -> list[tuple[int, Any]]:
        found = self._all(f"SELECT row, value FROM {table} ORDER BY row")
        return [(row, _decode(value)) for row, value in found]

    def _all(self, question: str) -> Iterator[tuple[Any, str]]:
        # Row by row: the texts need not all be there at a time.
        return self._connection.execute(question)

    # Writing

    def tidy(self) -> None:
        """Delete texts that no task goes by any more, after reading.

        While the service runs they stay: a workflow may go back to one.
        """
        unused = self._named("configurations").keys() - self._configurations
        self._connection.executemany(
            "DELETE FROM configurations WHERE name = ?", ((name,) for name in unused)
        )

    def clear(self) -> None:
        """Delete all rows."""
        for table in ("general", "configurations", *_LISTS):
            self._connection.execute(f"DELETE FROM {table}")

    def write(
        self, engine: Engine, changes: Changes, sids: Mapping[str, int | None]
    ) -> None:
        """Write what changed since the last time, of an engine and of the sids."""
        versions: list[tuple[int, str]] = []
        self._put("events", self._new_events(changes, versions))
        self._put("versions", versions)
        self._put("entities", self._changed_entities(engine, changes))
        self._put("calls", [(c.number, _encode(call_record(c))) for c in changes.calls])
        self._drop("entities", self._removed_entities(changes))
        self._drop_events(changes)
        self._write_deadlines(changes)
        self._write_general({**engine.general_state(), "sids": sids})
        if changes.calls:
            newest = max(call.number for call in changes.calls)
            self._connection.execute(
                "DELETE FROM calls WHERE row <= ?", (newest - KEEP_CALLS,)
            )

    def _new_events(
        self, changes: Changes, versions: list[tuple[int, str]]
    ) -> Iterator[tuple[int, str]]:
        def number_of(version: Entity) -> str:
            known = self._versions.get(version)
            if known is None:
                known = self._versions[version] = [next(self._next_version), 0]
                versions.append((known[0], _encode(entity_record(version))))
            known[1] += 1
            return str(known[0])

        for event in changes.events:
            row = self._events[event.sid] = next(self._next_event)
            yield row, _encode(event_record(event, number_of))

    def _drop_events(self, changes: Changes) -> None:
        rows = [self._events.pop(event.sid) for event in changes.old_events]
        versions = []
        for event in changes.old_events:
            for version in event_objects(event):
                known = self._versions[version]
                known[1] -= 1
                if not known[1]:
                    versions.append(known[0])
                    del self._versions[version]
        self._drop("events", rows)
        self._drop("versions", versions)

    def _changed_entities(
        self, engine: Engine, changes: Changes
    ) -> list[tuple[int, str]]:
        changed = dict(changes.entities)
        # Their records tell since when their events are complete.
        for sid in {event.workspace_sid for event in changes.old_events}:
            if sid in engine.workspaces:
                changed[engine.workspaces[sid]] = None
        rows = []
        for entity in changed:
            row = self._entities.get(entity.sid)
            if row is None:
                row = self._entities[entity.sid] = next(self._next_entity)
            if isinstance(entity, Task):
                self._write_configuration(entity)
            rows.append((row, _encode(live_record(entity))))
        return rows

    def _removed_entities(self, changes: Changes) -> list[int]:
        # What came and went between two looks has no row.
        rows = (self._entities.pop(entity.sid, None) for entity in changes.removed)
        return [row for row in rows if row is not None]

    def _write_configuration(self, task: Task) -> None:
        entered = task.configuration
        if entered is not None and entered.digest not in self._configurations:
            self._configurations.add(entered.digest)
            self._put_named("configurations", {entered.digest: _encode(entered.text)})

    def _write_deadlines(self, changes: Changes) -> None:
        old, new = [], []
        for key, deadline in changes.deadlines.items():
            if key in self._deadlines:
                old.append(self._deadlines.pop(key))
            if deadline is not None:
                self._deadlines[key] = deadline.order
                new.append((deadline.order, _encode(deadline)))
        self._drop("deadlines", old)
        self._put("deadlines", new)

    def _write_general(self, general: Mapping[str, object]) -> None:
        texts = {name: _encode(value) for name, value in general.items()}
        changed = {
            name: text
            for name, text in texts.items()
            if self._general.get(name) != text
        }
        self._put_named("general", changed)
        self._general |= changed

    def _put(self, table: str, rows: Iterable[tuple[int, str]]) -> None:
        self._connection.executemany(
            f"INSERT OR REPLACE INTO {table} (row, value) VALUES (?, ?)", rows
        )

    def _put_named(self, table: str, values: Mapping[str, str]) -> None:
        self._connection.executemany(
            f"INSERT OR REPLACE INTO {table} (name, value) VALUES (?, ?)",
            values.items(),
        )

    def _drop(self, table: str, rows: Iterable[int]) -> None:
        self._connection.executemany(
            f"DELETE FROM {table} WHERE row = ?", ((row,) for row in rows)
        )


def _after(rows: Iterable[int]) -> int:
    return max(rows, default=0) + 1


def _decode(value: object) -> Any:
    if not isinstance(value, str):
        raise TypeError("a value is no text")
    return json.loads(value)
