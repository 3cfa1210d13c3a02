"""The state in a file, change by change."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings

from taskrouter_sync.emulator.engine import events
from taskrouter_sync.emulator.engine.changes import Changes
from taskrouter_sync.emulator.engine.snapshots import State
from taskrouter_sync.emulator.state_rows import TABLES, Rows

from .story import BEGINNING, Step, Story, steps


class Kept:
    """A story whose every step is written to a database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.story = Story()
        self.connection = connection
        self.rows = Rows(connection)
        self.changes = Changes(lambda: None)
        self.story.engine.watch(self.changes)

    def take(self, step: Step) -> None:
        self.story.take(*step)
        self.write()

    def write(self) -> None:
        self.rows.write(self.story.engine, self.changes, self.story.sids.state())
        self.changes.clear()

    def read(self) -> State:
        """Read what is there, as another process would."""
        found = Rows(self.connection).read()
        assert found is not None
        assert found[1] == self.story.sids.state()
        return found[0]

    def reopen(self) -> None:
        """Go on as another process that finds the file."""
        self.story.engine.watch(None)
        self.rows = Rows(self.connection)
        found = self.rows.read()
        assert found is not None
        self.rows.tidy()
        engine = self.story.engine
        versions = engine.put_back(found[0])
        self.rows.adopt(
            (each for one in engine.workspaces.values() for each in one.events),
            versions,
        )
        engine.watch(self.changes)
        self.changes.clear()


def ordered(state: State) -> State:
    """Order and number as an engine does that was given this state."""
    engine = Story().engine
    engine.put_back(state)
    state = engine.state()
    return replace(state, deadlines=sorted(state.deadlines))


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in TABLES:
            connection.execute(statement)
        yield connection


@pytest.fixture
def kept() -> Iterator[Kept]:
    with database() as connection:
        kept = Kept(connection)
        for step in BEGINNING:
            kept.take(step)
        yield kept


def check(kept: Kept) -> None:
    # May do what is due by now.
    state = kept.story.engine.state()
    kept.write()
    assert ordered(kept.read()) == replace(state, deadlines=sorted(state.deadlines))


@settings(deadline=None, max_examples=40)
@given(story=steps(30))
def test_what_is_written_step_by_step_is_the_state(story: list[Step]) -> None:
    with database() as connection:
        kept = Kept(connection)
        for step in (*BEGINNING, *story):
            kept.take(step)
        check(kept)


@settings(deadline=None, max_examples=40)
@given(before=steps(15), after=steps(15))
def test_who_reads_it_goes_on_writing_it(before: list[Step], after: list[Step]) -> None:
    with database() as connection:
        kept = Kept(connection)
        kept.story.tell([*BEGINNING, *before])
        kept.write()
        kept.reopen()
        for step in after:
            kept.take(step)
        check(kept)


def test_an_empty_database_has_no_state() -> None:
    with database() as connection:
        assert Rows(connection).read() is None


def statements(kept: Kept, act: Callable[[], None]) -> int:
    """Count what is written for an operation."""
    before = kept.connection.total_changes
    act()
    kept.write()
    return kept.connection.total_changes - before


def test_a_change_costs_the_same_however_much_there_is(kept: Kept) -> None:
    task = ("create task", 1, 2)
    kept.take(task)
    few = statements(kept, lambda: kept.take(task))
    for number in range(200):
        kept.take(("create task", number, 2))
        kept.take(("create worker", number, 0))
    assert statements(kept, lambda: kept.take(task)) == few


def test_nothing_is_written_of_nothing(kept: Kept) -> None:
    assert statements(kept, lambda: None) == 0


def test_old_events_go_with_what_only_they_remembered(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_EVENTS", 20)
    for number in range(60):
        kept.take(("create task", number, 2))
    check(kept)
    state = kept.read()
    assert len(state.events) == 20
    remembered = {
        value
        for event in state.events
        for value in event.values()
        if isinstance(value, str) and value in state.versions
    }
    assert remembered == set(state.versions)


def test_old_events_that_were_never_written_are_no_trouble(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_EVENTS", 20)
    kept.story.tell([("create task", number, 2) for number in range(60)])
    check(kept)


def test_old_calls_go(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskrouter_sync.emulator.state_rows.KEEP_CALLS", 3)
    for number in range(8):
        kept.take(("create worker", number, 1))
        kept.take(("create task", 0, number))
        kept.take(("instruct", number, 2))
    numbers = [call["number"] for call in kept.read().calls]
    made = kept.story.engine.telephony.calls[-1].number
    assert made > 3
    assert numbers == [made - 2, made - 1, made]


def test_texts_that_no_task_goes_by_go(kept: Kept) -> None:
    for number in range(5):
        kept.take(("update workflow", number, 2 * number))
        kept.take(("create task", 0, 1))
    assert len(kept.read().configurations) > 1
    while kept.story.engine.workspaces:
        kept.story.ask("DELETE", kept.story.inside(""))
    kept.write()
    kept.reopen()
    assert kept.read().configurations == {}


DAMAGE = [
    "UPDATE general SET value = 'x' WHERE name = 'now'",
    "UPDATE entities SET value = '[]'",
    "UPDATE entities SET value = x'00'",
    "UPDATE deadlines SET value = '[1]'",
    "DELETE FROM general WHERE name = 'sids'",
    "DELETE FROM general WHERE name = 'telephony'",
    "INSERT INTO general VALUES ('more', '1')",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(kept: Kept, damage: str) -> None:
    kept.connection.execute(damage)
    with pytest.raises(ValueError, match="damaged"):
        kept.read()
