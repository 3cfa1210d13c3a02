"""The state in a file, change by change, as another process finds it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import calls, model
from taskrouter_sync.emulator.engine.state import Records
from taskrouter_sync.emulator.persistence import Saver
from taskrouter_sync.emulator.state_file import StateError, StateFile

from .story import ACCOUNT, BEGINNING, Step, Story, steps


class Kept:
    """A story whose every step is written to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.story = Story()
        self.saver = Saver(path, self.story.engine, self.story.sids, self.story.clock)
        self.saver.open()

    @property
    def file(self) -> StateFile:
        assert self.saver._file is not None
        return self.saver._file

    def take(self, *steps: Step) -> None:
        for step in steps:
            self.story.take(*step)
            self.write()

    def write(self) -> None:
        self.saver._write(self.file)

    def records(self) -> Records:
        """What is in the file."""
        with self.file.transaction():
            return self.file.read()

    def reopen(self) -> None:
        """Go on as another process that finds the file."""
        self.saver.close()
        self.saver.open()

    def check(self) -> None:
        """See that the file says what the engine does."""
        # May do what is due by now.
        state = self.story.engine.state()
        self.write()
        records = self.records()
        assert records.pop("sids") == self.story.sids.state()
        assert ordered(records) == ordered(state)


def ordered(records: Records) -> dict[str, Any]:
    """Number versions and order deadlines as an engine does that was given these."""
    engine = Story().engine
    engine.put_back(records)
    state = engine.state()
    deadlines = sorted(key for key in state if key.startswith("deadline"))
    return {
        "order": [key for key in state if key not in deadlines],
        "records": json.loads(json.dumps(state)),
    }


@contextmanager
def kept_in(path: Path) -> Iterator[Kept]:
    """Keep a story that has begun."""
    path.unlink(missing_ok=True)
    kept = Kept(path)
    kept.take(*BEGINNING)
    yield kept
    kept.saver.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with kept_in(tmp_path / "state") as kept:
        yield kept


def test_what_is_written_step_by_step_is_the_state(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("files") / "state"

    @settings(deadline=None, max_examples=40)
    @given(before=steps(15), after=steps(15))
    def check(before: list[Step], after: list[Step]) -> None:
        with kept_in(path) as kept:
            kept.take(*before)
            kept.check()
            kept.reopen()
            kept.take(*after)
            kept.check()

    check()


def changes(kept: Kept, act: Callable[[], None]) -> int:
    """Count the rows that are written for an operation."""
    before = kept.file.connection.total_changes
    act()
    kept.write()
    return kept.file.connection.total_changes - before


def test_a_change_costs_the_same_however_much_there_is(kept: Kept) -> None:
    task = ("create task", 1, 2)
    kept.take(task)
    few = changes(kept, lambda: kept.take(task))
    for number in range(200):
        kept.take(("create task", number, 2))
        kept.take(("create worker", number, 0))
    assert changes(kept, lambda: kept.take(task)) == few


def test_old_events_go_with_what_only_they_remembered(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "KEEP_EVENTS", 20)
    for number in range(60):
        kept.take(("create task", number, 2))
    # Events that came and went between two writes are no trouble.
    kept.story.tell([("create task", number, 2) for number in range(60)])
    kept.check()
    records = kept.records()
    kept_events = [records[key] for key in records if key.startswith("event ")]
    assert len(kept_events) == 20
    remembered = {
        f"version {value}"
        for event in kept_events
        for value in event.values()
        if type(value) is int
    }
    assert remembered == {key for key in records if key.startswith("version ")}


def use_phones(kept: Kept, times: int) -> None:
    """Let tasks come, and their reservations be instructed."""
    for number in range(times):
        kept.take(("create worker", number, 1))
        kept.take(("create task", 0, number))
        kept.take(("instruct", number, 2))


def test_old_calls_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "KEEP_CALLS", 3)
    with kept_in(tmp_path / "state") as kept:
        use_phones(kept, 8)
        numbers = [key for key in kept.records() if key.startswith("call ")]
        made = kept.story.engine.telephony.calls[-1].number
    assert made > 3
    assert numbers == [f"call {number}" for number in (made - 2, made - 1, made)]


def test_texts_that_no_task_goes_by_go(kept: Kept) -> None:
    def texts() -> int:
        return sum(key.startswith("configuration ") for key in kept.records())

    for number in range(5):
        kept.take(("update workflow", number, 2 * number))
        kept.take(("create task", 0, 1))
    assert texts() > 1
    # No text goes before the last of the tasks that go by it.
    kept.check()
    while kept.story.engine.workspaces:
        kept.story.ask("DELETE", kept.story.inside(""))
    kept.write()
    assert texts() == 0


def test_a_file_of_version_1_is_read(kept: Kept) -> None:
    use_phones(kept, 10)
    state = kept.story.engine.state()
    kept.saver.close()
    tables = tables_of_version_1(state, kept.story.sids.state())
    kept.path.unlink()
    with closing(sqlite3.connect(kept.path)) as connection, connection:
        connection.execute("PRAGMA application_id = 0x54527374")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("CREATE TABLE account (sid TEXT NOT NULL, auth_token TEXT)")
        connection.execute("INSERT INTO account VALUES (?, 'token')", (ACCOUNT,))
        for name, rows in tables.items():
            key = "row" if type(next(iter(rows))) is int else "name"
            connection.execute(f"CREATE TABLE {name} ({key} PRIMARY KEY, value TEXT)")
            texts = [(key, json.dumps(value)) for key, value in rows.items()]
            connection.executemany(f"INSERT INTO {name} VALUES (?, ?)", texts)
    kept.story = Story(seed=2)
    with Emulator(state=kept.path, manual_clock=True) as emulator:
        assert emulator.account_sid == ACCOUNT
        assert ordered(emulator.call(lambda engine: engine.state())) == ordered(state)
    kept.saver.open()


def test_a_snapshot_of_version_1_is_restored() -> None:
    with Emulator(seed=1, manual_clock=True) as emulator:
        emulator.workspace(worker_activity="Available")
        emulator.create_task()
        snapshot = emulator.snapshot()
        state = snapshot["state"]
        tables = tables_of_version_1(state, {})
        general = tables.pop("general")
        versions = {str(each): value for each, value in tables.pop("versions").items()}
        texts = tables.pop("configurations")
        lists = {name: list(rows.values()) for name, rows in tables.items()}
        old = {**general, **lists, "versions": versions, "configurations": texts}
        del old["sids"]
        emulator.create_task()
        emulator.restore({**snapshot, "version": 1, "state": old})
        assert ordered(emulator.snapshot()["state"]) == ordered(state)


def tables_of_version_1(
    state: Records, sids: Mapping[str, Any]
) -> dict[str, dict[Any, Any]]:
    """Give the rows of each table, as version 1.0 had them."""
    tables: dict[str, dict[Any, Any]] = {
        "general": {**state["service"], "sids": sids},
        "configurations": {},
        "entities": {},
        "versions": {},
        "events": {},
        "deadlines": {},
        "calls": {},
    }
    for row, (key, record) in enumerate(state.items(), 1):
        group, _, rest = key.partition(" ")
        if group == "configuration":
            tables["configurations"][rest] = record
        elif group == "version":
            tables["versions"][int(rest)] = record
        elif group == "deadline":
            when, order, workspace_sid = record
            tables["deadlines"][order] = [when, order, *rest.split()]
            tables["deadlines"][order].insert(3, workspace_sid)
        elif group in ("event", "call"):
            tables[f"{group}s"][row] = record
        elif group != "service":
            tables["entities"][row] = record
    return tables


DAMAGE = [
    "UPDATE records SET value = 'x' WHERE key = 'service'",
    "UPDATE records SET value = '[]' WHERE key LIKE 'W%'",
    "UPDATE records SET value = x'00' WHERE key LIKE 'W%'",
    "UPDATE records SET value = '[1]' WHERE key LIKE 'deadline%'",
    "UPDATE records SET value = replace(value, '\"sid\"', '\"sud\"')",
    "UPDATE records SET value = '{\"seed\": 1}' WHERE key = 'sids'",
    "DELETE FROM records WHERE key LIKE 'version%'",
    "DELETE FROM records WHERE key = 'sids'",
    "DELETE FROM records WHERE key = 'service'",
    "INSERT INTO records (key, value) VALUES ('planet 9', '{}')",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(kept: Kept, damage: str) -> None:
    kept.take(("create task", 0, 1))
    kept.saver.close()
    with closing(sqlite3.connect(kept.path)) as connection, connection:
        assert connection.execute(damage).rowcount
    with pytest.raises(StateError, match="damaged"):
        kept.saver.open()
