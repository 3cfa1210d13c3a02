"""``Emulator.snapshot`` and ``Emulator.restore``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..conftest import ReadyWorker
from .rest import Rest


pytestmark = pytest.mark.usefixtures("workspace")


def pending(emulator: Emulator) -> list[str]:
    """The tasks that are still offered to somebody."""
    return [
        task["sid"]
        for task in Rest.of(emulator).get("/Tasks")["tasks"]
        if task["assignment_status"] == "reserved"
    ]


def test_a_snapshot_is_json(emulator: Emulator) -> None:
    emulator.create_task()
    snapshot = emulator.snapshot()
    assert json.loads(json.dumps(snapshot)) == snapshot


def test_a_snapshot_holds_no_secret(emulator: Emulator) -> None:
    text = json.dumps(emulator.snapshot())
    assert emulator.auth_token not in text
    assert emulator.account_sid not in text


def test_an_emulator_goes_back_to_its_snapshot(emulator: Emulator) -> None:
    first = emulator.create_task()["sid"]
    snapshot = emulator.snapshot()
    emulator.create_task()
    emulator.restore(snapshot)
    assert pending(emulator) == [first]
    emulator.restore(snapshot)
    assert pending(emulator) == [first]


def test_with_a_seed_the_same_sids_come_again() -> None:
    with Emulator(seed=1) as emulator, Emulator(seed=2) as other:
        emulator.workspace()
        snapshot = emulator.snapshot()
        sid = emulator.create_task()["sid"]
        for each in (other, emulator):
            each.restore(snapshot)
            assert each.create_task()["sid"] == sid


def test_requests_and_events_so_far_are_of_the_run(emulator: Emulator) -> None:
    snapshot = emulator.snapshot()
    emulator.create_task()
    before = emulator.events
    emulator.restore(snapshot)
    assert emulator.events == before


def test_clients_come_back_and_look_anew(
    emulator: Emulator, alice: str, ready_worker: ReadyWorker
) -> None:
    snapshot = emulator.snapshot()
    worker, came = ready_worker()
    activity = worker.activity_sid
    emulator.restore(snapshot)
    came.expect("disconnected")
    came.expect("connected")
    emulator.wait_for_connections(alice, 1)
    assert worker.activity_sid == activity
    emulator.create_task()
    came.expect("reservation.created")


def test_nobody_leaves_by_a_restore(
    emulator: Emulator, workspace: ReadyWorkspace, alice: str, ready_worker: ReadyWorker
) -> None:
    ready_worker(disconnect_activity_sid=workspace.activities["Offline"])
    snapshot = emulator.snapshot()
    emulator.restore(snapshot)
    emulator.wait_for_connections(alice, 1)
    worker = Rest.of(emulator).get(f"/Workers/{alice}")
    assert worker["activity_name"] == "Available"


NO_SNAPSHOTS: dict[str, Any] = {
    "nothing": {},
    "a list": [],
    "another document": {"format": "odt"},
}


@pytest.mark.parametrize("value", NO_SNAPSHOTS.values(), ids=NO_SNAPSHOTS)
def test_what_is_no_snapshot_is_refused(emulator: Emulator, value: Any) -> None:
    with pytest.raises(ValueError, match="not a valid snapshot"):
        emulator.restore(value)


def test_a_newer_snapshot_is_refused(emulator: Emulator) -> None:
    snapshot = emulator.snapshot()
    with pytest.raises(ValueError, match="newer version"):
        emulator.restore({**snapshot, "version": snapshot["version"] + 1})


@pytest.mark.parametrize("part", ["sids", "state"])
@pytest.mark.parametrize("damage", [None, {}, {"now": 1.0}, [1]])
def test_a_damaged_snapshot_changes_nothing(
    emulator: Emulator, part: str, damage: Any
) -> None:
    emulator.create_task()
    snapshot = emulator.snapshot()
    with pytest.raises(ValueError, match="damaged"):
        emulator.restore({**snapshot, part: damage})
    assert {**emulator.snapshot(), "state": None} == {**snapshot, "state": None}
    assert pending(emulator)


def test_an_emulator_that_does_not_run_has_no_snapshots() -> None:
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="not running"):
        emulator.snapshot()
    with pytest.raises(RuntimeError, match="not running"):
        emulator.restore({})
