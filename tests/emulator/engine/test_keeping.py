"""The state as a whole: read, put back, watched."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings

from taskrouter_sync.emulator.api.rendering import event_data
from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.calls import Instruction
from taskrouter_sync.emulator.engine.changes import Changes
from taskrouter_sync.emulator.engine.errors import MAX_ATTRIBUTES
from taskrouter_sync.emulator.engine.snapshots import State

from ..story import BEGINNING, Step, Story, Told, steps
from .support import Bench


def as_text(state: State) -> str:
    return json.dumps(asdict(state), allow_nan=False)


def from_text(text: str) -> State:
    return State(**json.loads(text))


def heard(engine: Engine) -> list[Event]:
    events: list[Event] = []
    engine.on_event(events.append)
    return events


def plain(events: list[Event]) -> list[Any]:
    return [
        (event.sid, event.event_type, event.worker_sids, event_data(event))
        for event in events
    ]


def go_on(story: Story, following: list[Step]) -> tuple[list[Told], list[Any], State]:
    """Take further steps; give the answers, the events, and the state then."""
    events = heard(story.engine)
    answers = story.tell(following)
    # Which events share a snapshot is nobody's business.
    state = replace(story.engine.state(), events=[], versions={})
    return answers, plain(events), state


@settings(deadline=None, max_examples=30)
@given(before=steps(20), after=steps(20))
def test_who_is_put_back_does_the_same_again(
    before: list[Step], after: list[Step]
) -> None:
    first = Story()
    first.tell([*BEGINNING, *before])
    kept, sids = as_text(first.engine.state()), first.sids.state()
    begun = first.clock.now()
    outcome = go_on(first, after)

    other = Story(seed=2)
    other.tell(BEGINNING)
    for story in (first, other):
        story.clock.put(begun)
        story.engine.put_back(from_text(kept))
        story.sids.go_on(sids)
        assert as_text(story.engine.state()) == kept
        assert go_on(story, after) == outcome


def test_a_state_that_was_read_no_longer_changes(bench: Bench) -> None:
    bench.flow()
    bench.worker("Alice")
    task = bench.task()
    state = bench.engine.state()
    text = as_text(state)
    bench.accept(task)
    assert as_text(state) == text


def test_indexes_are_not_kept(bench: Bench) -> None:
    bench.flow()
    bench.worker("Alice")
    bench.task()
    for record in bench.engine.state().entities:
        assert not any(isinstance(value, dict | list) for value in record.values())


def test_snapshots_in_events_stay_snapshots(bench: Bench) -> None:
    bench.flow()
    worker = bench.worker("Alice")
    bench.engine.workers.update(worker, friendly_name="Bob")
    bench.engine.put_back(bench.engine.state())
    workspace = bench.engine.workspaces[bench.workspace.sid]
    (created,) = (e for e in workspace.events if e.event_type == "worker.created")
    assert created.worker is not None
    assert created.worker.friendly_name == "Alice"
    # As before: their containers are the live ones.
    assert created.worker.channels is workspace.workers[worker.sid].channels


def test_what_is_due_since_happens_in_order(bench: Bench) -> None:
    bench.flow()
    bench.worker("Alice")
    bench.task(timeout=60)
    bench.task(timeout=30)
    state = bench.engine.state()
    bench.time += 1000
    bench.engine.put_back(state)
    bench.told()
    bench.engine.run_due()
    canceled = [e.time for e in bench.events if e.event_type == "task.canceled"]
    assert canceled == [state.now + 30, state.now + 60]


def test_attributes_that_outgrew_their_limit_come_back(bench: Bench) -> None:
    """An instruction may add a call's sid to as much as a caller may give."""
    bench.flow()
    bench.worker("Alice", contact_uri="client:alice")
    task = bench.task(attributes={"text": "x" * 4050, "call_sid": "CA1"})
    (reservation,) = task.reservations.values()
    bench.engine.telephony.instruct(reservation, Instruction(name="dequeue"))
    bench.advance(1)
    assert len(task.attributes) > MAX_ATTRIBUTES
    bench.engine.put_back(bench.engine.state())
    again = bench.engine.workspaces[bench.workspace.sid].tasks[task.sid]
    assert again.attributes_value == task.attributes_value


DAMAGE: dict[str, Any] = {
    "an entity without an owner": {"entities": [{"kind": "task"}]},
    "an entity of no kind": {"entities": [{"kind": "planet"}]},
    "no list": {"entities": None},
    "an event without a workspace": {"events": [{"worker_sids": []}]},
    "a call that is none": {"calls": [{"instruction": {}}]},
    "a deadline that is none": {"deadlines": [[1.0]]},
    "telephony that is none": {"telephony": {"answer_after": -1}},
    "a version that is none": {"versions": {"0": {}}},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_changes_nothing(bench: Bench, damage: dict[str, Any]) -> None:
    bench.flow()
    bench.worker("Alice")
    bench.task()
    before = bench.engine.state()
    with pytest.raises(ValueError, match="the state is damaged"):
        bench.engine.put_back(replace(before, **damage))
    assert bench.engine.state() == before


def test_an_expression_of_another_language_is_damage(bench: Bench) -> None:
    bench.flow()
    before = bench.engine.state()
    text = as_text(before).replace('"1==1"', '"1=="')
    with pytest.raises(ValueError, match="TargetWorkers"):
        bench.engine.put_back(from_text(text))
    assert bench.engine.state() == before


class Watcher:
    """Changes, and how often the first of several was told."""

    def __init__(self, engine: Engine) -> None:
        self.times = 0
        self.changes = Changes(self._first)
        engine.watch(self.changes)
        self.clear()

    def _first(self) -> None:
        self.times += 1

    def clear(self) -> None:
        self.changes.clear()
        self.times = 0


def test_who_watches_is_told_of_all_there_is(bench: Bench) -> None:
    bench.flow()
    bench.worker("Alice")
    bench.task()
    changes = Changes(lambda: None)
    bench.engine.watch(changes)
    state = bench.engine.state()
    assert {each.sid for each in changes.entities} == {
        record["sid"] for record in state.entities
    }
    assert [event.sid for event in changes.events] == [e["sid"] for e in state.events]
    assert len(changes.deadlines) == len(state.deadlines)


def test_who_watches_is_told_once_until_it_looks(bench: Bench) -> None:
    watcher = Watcher(bench.engine)
    bench.flow()
    bench.worker("Alice")
    assert watcher.changes
    assert watcher.times == 1
    watcher.clear()
    assert not watcher.changes
    bench.task()
    assert watcher.times == 1


def test_who_only_looks_changes_nothing(bench: Bench) -> None:
    bench.flow()
    bench.worker("Alice")
    bench.task()
    watcher = Watcher(bench.engine)
    bench.engine.run_due()
    bench.engine.state()
    assert not watcher.changes


def test_what_goes_is_told_with_all_that_belongs_to_it(bench: Bench) -> None:
    bench.flow()
    worker = bench.worker("Alice")
    task = bench.task()
    reservation = bench.accept(task)
    watcher = Watcher(bench.engine)
    bench.engine.tasks.delete(task)
    assert set(watcher.changes.removed) == {task, reservation}
    bench.engine.workers.delete(worker)
    assert set(watcher.changes.removed) > {worker, *worker.channels.values()}
    events = list(bench.workspace.events)
    bench.engine.workspaces.delete(bench.workspace)
    assert bench.workspace in watcher.changes.removed
    assert [e.sid for e in watcher.changes.old_events] == [e.sid for e in events]


def test_who_no_longer_watches_is_left_alone(bench: Bench) -> None:
    watcher = Watcher(bench.engine)
    bench.engine.watch(None)
    watcher.clear()
    bench.flow()
    bench.worker("Alice")
    bench.task()
    assert not watcher.changes


def test_the_objects_of_before_are_nobodys(bench: Bench) -> None:
    before = bench.worker("Alice")
    watcher = Watcher(bench.engine)
    bench.engine.put_back(bench.engine.state())
    watcher.clear()
    before.touch(bench.time)
    assert not watcher.changes
