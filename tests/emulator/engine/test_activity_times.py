"""How long workers were in which activity, by small stories with known numbers."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.engine import model
from taskrouter_sync.emulator.engine.model import Worker
from taskrouter_sync.emulator.engine.statistics import activity_durations

from .support import START, Bench


def durations(
    bench: Bench, start: float, end: float, *workers: Worker
) -> dict[str, tuple[int, int, int, int]]:
    """Give min, max, avg and total by activity, as far as there are."""
    sids = {worker.sid for worker in workers} or None
    found: Any = activity_durations(bench.workspace, START + start, START + end, sids)
    return {
        item["friendly_name"]: (item["min"], item["max"], item["avg"], item["total"])
        for item in found["activity_durations"]
        if item["total"]
    }


def move(bench: Bench, worker: Worker, activity_sid: str) -> None:
    bench.engine.workers.update(worker, activity_sid=activity_sid)


@pytest.fixture
def ann(bench: Bench) -> Worker:
    """Ann, who is available from 0, unavailable from 10 and offline from 40."""
    ann = bench.worker("Ann")
    bench.advance(10)
    move(bench, ann, bench.unavailable)
    bench.advance(30)
    move(bench, ann, bench.offline)
    return ann


def test_activities_that_nobody_was_in_have_zeros(bench: Bench) -> None:
    assert activity_durations(bench.workspace, START, START + 60) == {
        "activity_durations": [
            {
                "sid": activity.sid,
                "friendly_name": activity.friendly_name,
                "min": 0,
                "max": 0,
                "avg": 0,
                "total": 0,
            }
            for activity in bench.workspace.activities.values()
        ]
    }


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # From before she was made, until now: the running stay counts so far.
        (-900, 60, {"Available": 10, "Unavailable": 30, "Offline": 20}),
        (0, 40, {"Available": 10, "Unavailable": 30}),
        (5, 15, {"Available": 5, "Unavailable": 5}),
        (10, 40, {"Unavailable": 30}),
        # Without a move in it: where she was is known by what came after.
        (12, 20, {"Unavailable": 8}),
        (1, 2, {"Available": 1}),
        (45, 60, {"Offline": 15}),
        (-900, -1, {}),
        (20, 20, {}),
        (30, 20, {}),
    ],
)
def test_a_stay_counts_with_its_part_in_the_interval(
    bench: Bench, ann: Worker, start: float, end: float, expected: dict[str, int]
) -> None:
    bench.advance(20)
    seconds = {name: item[3] for name, item in durations(bench, start, end).items()}
    assert seconds == expected


def test_fifteen_minutes_of_six_workers_are_5400_seconds(bench: Bench) -> None:
    for number in range(6):
        bench.worker(f"Worker {number}", available=False)
    bench.advance(3600)
    assert durations(bench, 2700, 3600) == {"Offline": (900, 900, 900, 5400)}


def test_each_stay_of_a_worker_counts_by_itself(bench: Bench) -> None:
    ann = bench.worker("Ann")
    for seconds in (5, 3, 10):
        bench.advance(seconds)
        away = ann.activity_sid == bench.offline
        move(bench, ann, bench.available if away else bench.offline)
    bench.advance(2.5)
    # Available 5 and 10 seconds, Offline 3 and 2.5.
    assert durations(bench, 0, 20.5) == {
        "Available": (5, 10, 7, 15),
        "Offline": (2, 3, 2, 5),
    }


def test_a_stay_of_no_length_is_none(bench: Bench) -> None:
    ann = bench.worker("Ann")
    bench.advance(10)
    move(bench, ann, bench.offline)
    move(bench, ann, bench.available)
    bench.advance(10)
    assert durations(bench, 0, 20) == {"Available": (10, 10, 10, 20)}


def test_some_of_the_workers_can_be_asked_for(bench: Bench, ann: Worker) -> None:
    bob = bench.worker("Bob")
    bench.advance(5)
    move(bench, bob, bench.offline)
    bench.advance(5)
    assert durations(bench, 0, 50, bob) == {
        "Available": (5, 5, 5, 5),
        "Offline": (5, 5, 5, 5),
    }
    assert durations(bench, 0, 50, ann)["Offline"] == (10, 10, 10, 10)
    assert durations(bench, 0, 50)["Available"] == (5, 10, 7, 15)


@pytest.mark.parametrize("end", [30, 40, 100])
def test_a_worker_who_is_gone_counts_while_there(bench: Bench, end: float) -> None:
    ann = bench.worker("Ann")
    bench.advance(40)
    bench.engine.workers.delete(ann)
    bench.advance(60)
    seconds = min(end, 40) - 10
    assert durations(bench, 10, end)["Available"][3] == seconds


def test_a_worker_who_came_back_is_another(bench: Bench) -> None:
    bench.engine.workers.delete(bench.worker("Ann"))
    bench.advance(10)
    bench.worker("Ann", available=False)
    bench.advance(10)
    assert durations(bench, 0, 20) == {"Offline": (10, 10, 10, 10)}


def test_an_activity_that_is_gone_is_not_shown(bench: Bench, ann: Worker) -> None:
    activity = bench.workspace.activities[bench.unavailable]
    bench.engine.activities.delete(activity)
    assert durations(bench, 0, 40) == {"Available": (10, 10, 10, 10)}


def test_an_activity_has_its_present_name(bench: Bench, ann: Worker) -> None:
    activity = bench.workspace.activities[bench.unavailable]
    bench.engine.activities.update(activity, friendly_name="Lunch")
    assert durations(bench, 0, 40)["Lunch"] == (30, 30, 30, 30)


def test_what_the_log_no_longer_tells_is_not_counted(
    bench: Bench, ann: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "KEEP_EVENTS", 1)
    bench.advance(20)
    move(bench, ann, bench.available)
    bench.advance(5)
    # Of the move at 60 is known where she was before, since the move at 40.
    assert durations(bench, 0, 65) == {
        "Offline": (20, 20, 20, 20),
        "Available": (5, 5, 5, 5),
    }


def test_offers_move_single_tasking_workers() -> None:
    bench = Bench(multi_task_enabled=False)
    bench.engine.activities.create(bench.workspace, "Reserved")
    bench.engine.activities.create(bench.workspace, "Busy")
    bench.flow()
    bench.worker("Ann")
    bench.advance(1)
    task = bench.task()
    bench.advance(2)
    bench.accept(task)
    bench.advance(4)
    seconds = {name: item[3] for name, item in durations(bench, 0, 7).items()}
    assert seconds == {"Available": 1, "Reserved": 2, "Busy": 4}
