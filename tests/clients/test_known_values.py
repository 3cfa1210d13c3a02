"""The activity, attributes and capacities that listeners know."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.clients.framed import Topic
from taskrouter_sync.clients.known_values import KnownValues, topic_of


ACTIVITY, ATTRIBUTES = "activity.update", "attributes.update"
CAPACITY, AVAILABILITY = "capacity.update", "channel.availability.update"

WORKER = {
    "sid": "WK1",
    "activity_sid": "WA1",
    "attributes": '{"languages": ["en"], "level": 1}',
    "date_updated": "2026-01-01T12:00:00Z",
}
CHANNEL = {
    "sid": "WC1",
    "configured_capacity": 3,
    "available": True,
    "date_updated": "2026-01-01T12:00:00Z",
}

# A second before, and the same, as frames write it.
BEFORE, SAME, AFTER = 1767268799, 1767268800, 1767268801


@pytest.fixture
def known() -> KnownValues:
    return KnownValues()


@pytest.mark.parametrize(
    ("known", "now", "events"),
    [
        # What is known, what the service says after a gap, the events that tell it.
        (WORKER, {}, []),
        (WORKER, {"activity_sid": "WA2"}, [ACTIVITY]),
        (WORKER, {"attributes": "{}"}, [ATTRIBUTES]),
        (WORKER, {"activity_sid": "WA2", "attributes": "{}"}, [ACTIVITY, ATTRIBUTES]),
        (WORKER, {"friendly_name": "Ann"}, []),
        # The same document in other words, and another one that is equal in Python.
        (WORKER, {"attributes": '{"level":1,"languages":["en"]}'}, []),
        (WORKER, {"attributes": '{"languages": ["en"], "level": true}'}, [ATTRIBUTES]),
        (WORKER, {"attributes": "no JSON"}, [ATTRIBUTES]),
        (WORKER, {"attributes": None}, [ATTRIBUTES]),
        (CHANNEL, {}, []),
        (CHANNEL, {"configured_capacity": 4}, [CAPACITY]),
        (CHANNEL, {"available": False}, [AVAILABILITY]),
        (
            CHANNEL,
            {"available": False, "configured_capacity": 0},
            [CAPACITY, AVAILABILITY],
        ),
        (CHANNEL, {"assigned_tasks": 2}, []),
        # Frames say 1 where REST says true.
        (CHANNEL, {"available": 1}, []),
        (CHANNEL, {"available": 0}, [AVAILABILITY]),
        # Of what it never heard of nothing is told.
        (CHANNEL, {"sid": "WC2", "configured_capacity": 4}, []),
        ({"sid": "WC1"}, {"configured_capacity": 4}, []),
        ({"sid": None, "available": True}, {"sid": None, "available": False}, []),
        ({"sid": "WT1", "available": True}, {"sid": "WT1", "available": False}, []),
    ],
)
def test_what_was_missed(known: Any, now: dict[str, Any], events: list[str]) -> None:
    values = KnownValues()
    values.learn(known)
    present = {**known, **now}
    assert values.missed(present, ()) == events
    assert values.missed(present, ()) == [], "told twice"


def test_what_frames_will_tell_is_left_to_them(known: KnownValues) -> None:
    known.learn(WORKER)
    now = {**WORKER, "activity_sid": "WA3", "attributes": "{}"}
    assert known.missed(now, {Topic(ACTIVITY, "WK1")}) == [ATTRIBUTES]
    assert known.note(ACTIVITY, {**WORKER, "activity_sid": "WA2"})
    assert known.note(ACTIVITY, now)


@pytest.mark.parametrize(
    ("value", "date", "news"),
    [
        # After WA2 of this second was told of the gap: a frame, and whether it is news.
        ("WA2", SAME, False),
        ("WA2", BEFORE, False),
        ("WA3", BEFORE, False),
        ("WA3", SAME, True),
        ("WA3", AFTER, True),
        ("WA2", AFTER, True),
        ("WA2", None, False),
        ("WA3", None, True),
    ],
)
def test_a_late_frame_is_no_news(
    known: KnownValues, value: str, date: int | None, news: bool
) -> None:
    known.learn(WORKER)
    assert known.missed({**WORKER, "activity_sid": "WA2"}, ()) == [ACTIVITY]
    frame = {"sid": "WK1", "activity_sid": value, "date_updated": date}
    assert known.note(ACTIVITY, frame) is news
    assert known.value(ACTIVITY, "WK1") == (value if news else "WA2")


def test_an_answer_that_was_overtaken_tells_nothing(known: KnownValues) -> None:
    before = {**WORKER, "activity_sid": "WA2", "date_updated": BEFORE}
    assert known.missed(WORKER, ()) == []
    assert known.missed(before, ()) == []
    assert known.value(ACTIVITY, "WK1") == "WA1"


def test_an_answer_that_another_one_overtook_tells_nothing(
    known: KnownValues,
) -> None:
    known.learn(WORKER)
    before = {**WORKER, "activity_sid": "WA2", "date_updated": BEFORE}
    assert known.missed(before, ()) == []
    assert known.value(ACTIVITY, "WK1") == "WA1"


def test_an_answer_that_a_frame_overtook_tells_nothing(known: KnownValues) -> None:
    known.learn(WORKER)
    known.note(ACTIVITY, {**WORKER, "activity_sid": "WA2", "date_updated": AFTER})
    assert known.missed(WORKER, ()) == []
    assert known.value(ACTIVITY, "WK1") == "WA2"


def test_after_a_newer_frame_the_gap_is_history(known: KnownValues) -> None:
    known.learn(WORKER)
    known.missed({**WORKER, "activity_sid": "WA2"}, ())
    assert known.note(ACTIVITY, {**WORKER, "activity_sid": "WA3"})
    assert known.note(ACTIVITY, {**WORKER, "activity_sid": "WA2"})


def test_without_a_gap_every_frame_is_news(known: KnownValues) -> None:
    known.learn(WORKER)
    assert known.note(ATTRIBUTES, WORKER)
    assert known.note(ATTRIBUTES, WORKER)


@pytest.mark.parametrize("payload", [None, 5, {}, {"sid": 5}, {"sid": "WK1"}])
def test_an_event_without_a_value_is_news(known: KnownValues, payload: Any) -> None:
    known.learn(payload)
    assert known.note(ACTIVITY, payload)
    assert known.missed(payload, ()) == []


def test_an_answer_takes_no_event_away(known: KnownValues) -> None:
    known.learn(CHANNEL)
    known.learn({**CHANNEL, "configured_capacity": 4})
    assert known.missed({**CHANNEL, "configured_capacity": 4}, ()) == [CAPACITY]


def test_it_tells_whether_it_knows_a_channel(known: KnownValues) -> None:
    known.learn(WORKER)
    assert not known.knows_channels()
    known.note(CAPACITY, CHANNEL)
    assert known.knows_channels()


def test_a_value_that_nobody_told_is_none(known: KnownValues) -> None:
    assert known.value(ACTIVITY, "WK1") is None


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        (ACTIVITY, WORKER, (ACTIVITY, "WK1")),
        (CAPACITY, CHANNEL, (CAPACITY, "WC1")),
        (CAPACITY, WORKER, None),
        ("reservation.created", WORKER, None),
        (ACTIVITY, {"sid": "WK1"}, None),
        (ACTIVITY, None, None),
    ],
)
def test_what_an_event_is_about(
    event: str, payload: Any, expected: tuple[str, str] | None
) -> None:
    assert topic_of(event, payload) == expected
