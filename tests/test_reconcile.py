"""From the last known state and the service's to the events that were missed."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.reconcile import (
    LAST_RANK,
    PATHS,
    RANKS,
    Missed,
    Told,
    missed_before,
    missed_reservations,
    rank,
    status_rank,
)


# When the client first became ready.
SINCE = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

CREATED, ACCEPTED, WRAPUP = Told(1, "WT1"), Told(2, "WT1"), Told(3, "WT1")


def at(seconds: float) -> str:
    """Write a moment so many seconds after SINCE as the service does."""
    return (SINCE + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def payload(
    sid: str, status: Any, created: float = 10, updated: float | None = None
) -> dict[str, Any]:
    return {
        "sid": sid,
        "task_sid": "WT1",
        "reservation_status": status,
        "date_created": at(created),
        "date_updated": at(created if updated is None else updated),
    }


def missed(
    present: list[Any], told: dict[str, Told] | None = None, *ended: str
) -> list[str]:
    """Name the missed events, as ``WR1 created``."""
    found = missed_reservations(told or {}, ended, present, SINCE)
    return [f"{each.sid} {each.event}" for each in found]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("created", 1),
        ("accepted", 2),
        ("wrapup", 3),
        ("rejected", 4),
        ("timeout", 4),
        ("canceled", 4),
        ("rescinded", 4),
        ("completed", 4),
        ("failed", 4),
        ("of.a.future.version", 4),
    ],
)
def test_how_far_an_event_is(event: str, expected: int) -> None:
    assert rank(event) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("pending", 1),
        ("accepted", 2),
        ("wrapping", 3),
        ("rejected", 4),
        ("completed", 4),
        ("of a future version", 0),
        (None, 0),
        (5, 0),
        (["pending"], 0),
    ],
)
def test_how_far_a_status_is(status: Any, expected: int) -> None:
    assert status_rank(status) == expected


# One reservation.


@pytest.mark.parametrize(
    ("status", "events"),
    [
        ("pending", "created"),
        ("accepted", "created accepted"),
        ("rejected", "created rejected"),
        ("timeout", "created timeout"),
        ("canceled", "created canceled"),
        ("rescinded", "created rescinded"),
        ("wrapping", "created accepted wrapup"),
        ("completed", "created accepted completed"),
        ("of a future version", ""),
    ],
)
def test_of_a_reservation_of_the_gap_all_is_told(status: str, events: str) -> None:
    expected = [f"WR1 {event}" for event in events.split()]
    assert missed([payload("WR1", status)]) == expected


@pytest.mark.parametrize(
    ("told", "status", "events"),
    [
        # What listeners know, what the service says, what is told.
        (CREATED, "pending", ""),
        (CREATED, "accepted", "accepted"),
        (CREATED, "rejected", "rejected"),
        (CREATED, "timeout", "timeout"),
        (CREATED, "canceled", "canceled"),
        (CREATED, "rescinded", "rescinded"),
        (CREATED, "wrapping", "accepted wrapup"),
        (CREATED, "completed", "accepted completed"),
        (ACCEPTED, "accepted", ""),
        (ACCEPTED, "wrapping", "wrapup"),
        (ACCEPTED, "completed", "completed"),
        (WRAPUP, "wrapping", ""),
        (WRAPUP, "completed", "completed"),
        # The service's list may lag behind its frames.
        (ACCEPTED, "pending", ""),
        (WRAPUP, "accepted", ""),
        (WRAPUP, "of a future version", ""),
    ],
)
def test_of_a_known_reservation_the_rest_is_told(
    told: Told, status: str, events: str
) -> None:
    expected = [f"WR1 {event}" for event in events.split()]
    assert missed([payload("WR1", status)], {"WR1": told}) == expected
    # However old it is.
    assert missed([payload("WR1", status, -99, -99)], {"WR1": told}) == expected


@pytest.mark.parametrize("status", PATHS)
def test_of_what_is_over_nothing_is_told(status: str) -> None:
    assert missed([payload("WR1", status)], None, "WR1") == []


@pytest.mark.parametrize(
    ("status", "updated", "events"),
    [
        # Of reservations older than the client that nobody was told of.
        ("pending", -5, "created"),
        ("accepted", -5, ""),
        ("wrapping", -5, ""),
        ("completed", -5, ""),
        ("rejected", -5, ""),
        # What became of it since.
        ("accepted", 5, "accepted"),
        ("wrapping", 5, "wrapup"),
        ("completed", 5, "completed"),
        ("rejected", 5, "rejected"),
        # In the very second: rather told than lost.
        ("completed", 0, "completed"),
    ],
)
def test_what_was_before_the_client_is_not_told(
    status: str, updated: float, events: str
) -> None:
    expected = [f"WR1 {event}" for event in events.split()]
    assert missed([payload("WR1", status, -10, updated)]) == expected


def test_of_a_reservation_of_the_first_second_all_is_told() -> None:
    found = missed([payload("WR1", "rejected", 0)])
    assert found == ["WR1 created", "WR1 rejected"]


@pytest.mark.parametrize(
    ("told", "events"),
    [
        # What listeners and answers told of it, how it counts as ended.
        (Told(1), "canceled"),
        (Told(2), "completed"),
        (Told(3), "completed"),
        (Told(1, status="pending"), "canceled"),
        (Told(1, status="accepted"), "accepted completed"),
        (Told(1, status="wrapping"), "accepted wrapup completed"),
        (Told(2, status="accepted"), "completed"),
        (Told(2, status="wrapping"), "wrapup completed"),
        # Its own answer told how it ended.
        (Told(1, status="rejected"), "rejected"),
        (Told(1, status="completed"), "accepted completed"),
        (Told(3, status="completed"), "completed"),
    ],
)
def test_what_the_service_has_forgotten_is_over(told: Told, events: str) -> None:
    assert missed([], {"WR1": told}) == [f"WR1 {event}" for event in events.split()]


def test_of_what_the_service_has_forgotten_the_sids_are_left() -> None:
    found = missed_reservations({"WR1": CREATED}, (), [], SINCE)
    assert found == [Missed("canceled", "WR1", {"sid": "WR1", "task_sid": "WT1"})]


def test_each_event_has_the_reservation_as_it_is_now() -> None:
    now = payload("WR1", "timeout")
    found = missed_reservations({}, (), [now], SINCE)
    assert found == [Missed("created", "WR1", now), Missed("timeout", "WR1", now)]


# Frames that came after the gap, and wait.


@pytest.mark.parametrize(
    ("told", "status", "framed", "events"),
    [
        # What listeners know, what the service says, what waits, what is told before.
        (None, "accepted", "accepted", "created"),
        (None, "completed", "wrapup completed", "created accepted"),
        (None, "completed", "accepted wrapup completed", "created"),
        (None, "completed", "created accepted completed", ""),
        # The frame of the end is still on its way.
        (None, "completed", "wrapup", "created accepted"),
        (CREATED, "completed", "completed", "accepted"),
        (CREATED, "rejected", "rejected", ""),
        (ACCEPTED, "completed", "wrapup", ""),
        # A frame that came twice says nothing of the gap.
        (CREATED, "completed", "created", "accepted completed"),
        (ACCEPTED, "completed", "created accepted", "completed"),
    ],
)
def test_what_frames_will_tell_is_left_to_them(
    told: Told | None, status: str, framed: str, events: str
) -> None:
    known = {} if told is None else {"WR1": told}
    waiting = {"WR1": set(framed.split())}
    found = missed_reservations(
        known, (), [payload("WR1", status)], SINCE, framed=waiting
    )
    assert [each.event for each in found] == events.split()


def test_what_was_forgotten_but_has_a_frame_is_left_to_it() -> None:
    waiting = {"WR1": {"completed"}}
    assert missed_reservations({"WR1": WRAPUP}, (), [], SINCE, waiting) == []


# Several.


def test_events_are_told_in_the_order_of_the_service_s_dates() -> None:
    present = [
        payload("WR1", "completed", 1, 9),
        payload("WR2", "timeout", 2, 8),
        payload("WR3", "pending", 5),
    ]
    assert missed(present) == [
        "WR1 created",
        "WR2 created",
        "WR3 created",
        "WR2 timeout",
        "WR1 accepted",
        "WR1 completed",
    ]


def test_of_one_that_is_on_two_pages_the_further_one_counts() -> None:
    pages = [payload("WR1", "accepted", 1, 2), payload("WR1", "completed", 1, 3)]
    expected = ["WR1 created", "WR1 accepted", "WR1 completed"]
    assert missed(pages) == missed(pages[::-1]) == expected


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "WR1",
        {},
        {"sid": "WR2"},
        {"sid": None, "reservation_status": "pending"},
        {"sid": "WR2", "reservation_status": None},
        {"sid": "WR2", "reservation_status": ["pending"]},
    ],
)
def test_what_is_no_reservation_is_passed_over(odd: Any) -> None:
    assert missed([odd, payload("WR1", "pending")]) == ["WR1 created"]


@pytest.mark.parametrize("date", [None, "yesterday", True])
def test_without_dates_it_is_told_all_the_same(date: Any) -> None:
    undated = {**payload("WR1", "timeout"), "date_created": date, "date_updated": None}
    assert missed([undated]) == ["WR1 created", "WR1 timeout"]


def test_epoch_dates_are_dates_too() -> None:
    dated = payload("WR1", "timeout")
    dated["date_created"] = dated["date_updated"] = SINCE.timestamp() - 1
    assert missed([dated]) == []


def test_a_reservation_that_ended_before_it_began_is_told_in_order() -> None:
    assert missed([payload("WR1", "timeout", 5, 1)]) == ["WR1 created", "WR1 timeout"]


# Before an event that comes while the gap is unread.


@pytest.mark.parametrize(
    ("event", "told", "before"),
    [
        ("created", None, ""),
        ("accepted", None, "created"),
        ("timeout", None, "created"),
        ("wrapup", None, "created accepted"),
        ("completed", None, "created accepted"),
        ("accepted", CREATED, ""),
        ("rescinded", CREATED, ""),
        ("wrapup", CREATED, "accepted"),
        ("completed", CREATED, "accepted"),
        ("completed", ACCEPTED, ""),
        ("completed", WRAPUP, ""),
        ("failed", None, ""),
        ("of.a.future.version", CREATED, ""),
    ],
)
def test_what_led_to_an_event_was_missed(
    event: str, told: Told | None, before: str
) -> None:
    found = missed_before(event, told, payload("WR1", "accepted"), SINCE)
    assert found == tuple(before.split())


def test_what_led_there_before_the_client_is_not_told() -> None:
    old = payload("WR1", "completed", -1, 5)
    assert missed_before("completed", None, old, SINCE) == ()
    assert missed_before("completed", CREATED, old, SINCE) == ("accepted",)


def test_of_a_reservation_without_dates_it_is_told() -> None:
    assert missed_before("accepted", None, {"sid": "WR1"}, SINCE) == ("created",)


# Whatever the state.

SIDS = st.sampled_from([f"WR{number}" for number in range(6)])
STATUSES = st.sampled_from([*PATHS, "of a future version"])
PAYLOADS = st.builds(
    payload, SIDS, STATUSES, st.integers(-9, 9), st.none() | st.integers(-9, 9)
)
PRESENT = st.lists(PAYLOADS, unique_by=lambda each: str(each["sid"]))
TOLD = st.dictionaries(
    SIDS, st.builds(Told, st.integers(1, 3), st.none(), st.none() | STATUSES)
)
ENDED = st.sets(SIDS)


def apply(
    told: dict[str, Told], ended: set[str], found: list[Missed]
) -> tuple[dict[str, Told], set[str]]:
    """Note what was told, as the client does."""
    told, ended = dict(told), set(ended)
    for each in found:
        if rank(each.event) == LAST_RANK:
            told.pop(each.sid, None)
            ended.add(each.sid)
        else:
            told[each.sid] = Told(rank(each.event))
    return told, ended


@given(TOLD, ENDED, PRESENT)
def test_nothing_is_told_twice(
    told: dict[str, Told], ended: set[str], present: list[Any]
) -> None:
    told = {sid: known for sid, known in told.items() if sid not in ended}
    found = missed_reservations(told, ended, present, SINCE)
    assert not {each.sid for each in found} & ended
    told, ended = apply(told, ended, found)
    assert missed_reservations(told, ended, present, SINCE) == []


@given(TOLD, ENDED, PRESENT)
def test_each_reservation_goes_forward(
    told: dict[str, Told], ended: set[str], present: list[Any]
) -> None:
    told = {sid: known for sid, known in told.items() if sid not in ended}
    ways: dict[str, list[int]] = defaultdict(list)
    for each in missed_reservations(told, ended, present, SINCE):
        ways[each.sid].append(rank(each.event))
    for sid, way in ways.items():
        way = [told[sid].rank if sid in told else 0, *way]
        assert way == sorted(set(way))


@given(TOLD, PRESENT)
def test_afterwards_listeners_know_what_the_service_says(
    told: dict[str, Told], present: list[Any]
) -> None:
    found = missed_reservations(told, (), present, SINCE)
    told, ended = apply(told, set(), found)
    for each in present:
        sid, reached = each["sid"], status_rank(each["reservation_status"])
        if sid in told:
            assert told[sid].rank >= reached
        elif sid not in ended:
            # Nobody was told, and nobody is: it is older than the client.
            assert not reached or max(each["date_created"], each["date_updated"]) < at(
                0
            )
    assert told.keys() <= {each["sid"] for each in present}


@given(TOLD, ENDED, PRESENT, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter_to_a_reservation(
    told: dict[str, Told], ended: set[str], present: list[Any], chance: Any
) -> None:
    shuffled = list(present)
    chance.shuffle(shuffled)
    found = missed_reservations(told, ended, present, SINCE)
    other = missed_reservations(told, ended, shuffled, SINCE)
    assert sorted(map(repr, found)) == sorted(map(repr, other))


def test_every_rank_is_on_a_way() -> None:
    assert {event for path in PATHS.values() for event in path} >= RANKS.keys()
