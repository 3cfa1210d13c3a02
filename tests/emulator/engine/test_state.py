"""The state as a whole: read, put back, watched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from taskrouter_sync.emulator.api.rendering import event_data
from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.calls import Instruction
from taskrouter_sync.emulator.engine.containers import Changes
from taskrouter_sync.emulator.engine.errors import MAX_ATTRIBUTES
from taskrouter_sync.emulator.engine.model import Task
from taskrouter_sync.emulator.engine.state import Records

from ..story import BEGINNING, Step, Story, Told, steps
from .support import Bench


def as_text(state: Records) -> str:
    return json.dumps(state, allow_nan=False)


def heard(engine: Engine) -> list[Event]:
    events: list[Event] = []
    engine.on_event(events.append)
    return events


def plain(events: list[Event]) -> list[Any]:
    return [
        (event.sid, event.event_type, event.worker_sids, event_data(event))
        for event in events
    ]


def go_on(story: Story, following: list[Step]) -> tuple[list[Told], list[Any], Records]:
    """Take further steps; give the answers, the events, and the state then."""
    events = heard(story.engine)
    answers = story.tell(following)
    # Which events share a snapshot is nobody's business.
    state = {
        key: record
        for key, record in story.engine.state().items()
        if not key.startswith(("event ", "version "))
    }
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
        story.engine.put_back(json.loads(kept))
        story.sids.go_on(sids)
        assert as_text(story.engine.state()) == kept
        assert go_on(story, after) == outcome


def test_a_state_that_was_read_no_longer_changes(bench: Bench, task: Task) -> None:
    state = bench.engine.state()
    text = as_text(state)
    bench.accept(task)
    assert as_text(state) == text


def test_indexes_are_not_kept(bench: Bench, task: Task) -> None:
    for key, record in bench.engine.state().items():
        if " " not in key and key != "service":
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


def test_what_a_worker_did_who_is_gone_comes_back(bench: Bench, task: Task) -> None:
    reservation = bench.accept(task)
    bench.complete(task)
    bench.engine.workers.delete(bench.ann)
    bench.engine.put_back(bench.engine.state())
    again = bench.engine.workspaces[bench.workspace.sid].tasks[task.sid]
    assert list(again.reservations) == [reservation.sid]


DAMAGE: dict[str, Records] = {
    "an entity without an owner": {"WTx": {"kind": "task"}},
    "an entity of no kind": {"WTx": {"kind": "planet"}},
    "an entity of no kind of values": {"WTx": None},
    "an event without a workspace": {"event EVx": {"worker_sids": []}},
    "a call that is none": {"call 1": {"instruction": {}}},
    "a deadline that is none": {"deadline ttl WTx": [1.0]},
    "telephony that is none": {
        "service": {
            "now": 1.0,
            "deadlines_set": 1,
            "calls_made": 1,
            "telephony": {"answer_after": -1},
        }
    },
    "no service": {"service": {}},
    "a version that is none": {"version 99": {}},
    "something else": {"planet 9": {}},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_changes_nothing(
    bench: Bench, damage: Records, task: Task
) -> None:
    before = bench.engine.state()
    with pytest.raises(ValueError, match="the state is damaged"):
        bench.engine.put_back({**before, **damage})
    assert bench.engine.state() == before


def test_an_expression_of_another_language_is_damage(bench: Bench) -> None:
    bench.flow()
    before = bench.engine.state()
    text = as_text(before).replace('"1==1"', '"1=="')
    with pytest.raises(ValueError, match="TargetWorkers"):
        bench.engine.put_back(json.loads(text))
    assert bench.engine.state() == before


@pytest.mark.parametrize("leave", ["watch no more", "put back"])
def test_who_no_longer_watches_notes_nothing(bench: Bench, leave: str) -> None:
    before, changes = bench.worker("Alice"), Changes(lambda: None)
    bench.engine.watch(changes)
    if leave == "put back":
        bench.engine.put_back(bench.engine.state())
    else:
        bench.engine.watch(None)
    changes.take()
    before.touch(bench.time)
    assert not changes.take()
