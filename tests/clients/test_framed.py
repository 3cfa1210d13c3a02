"""What the frames of a line were about, while the gap before it is not read."""

from __future__ import annotations

from taskrouter_sync.clients.framed import Framed, Topic


def test_what_came_is_known() -> None:
    framed = Framed()
    framed.add(Topic("activity.update", "WK1"))
    framed.add(Topic("activity.update", "WK1"))
    assert framed.topics() == {("activity.update", "WK1")}


def test_events_are_sorted_by_sid() -> None:
    framed = Framed()
    for event, sid in [("created", "WR1"), ("timeout", "WR1"), ("created", "WR2")]:
        framed.add(Topic(f"reservation.{event}", sid))
    framed.add(Topic("activity.update", "WK1"))
    assert framed.events("reservation.") == {
        "WR1": {"created", "timeout"},
        "WR2": {"created"},
    }


def test_once_the_gap_is_read_nothing_is_kept() -> None:
    framed = Framed()
    framed.add(Topic("activity.update", "WK1"))
    framed.close()
    framed.add(Topic("attributes.update", "WK1"))
    assert framed.topics() == set()


def test_what_is_read_is_a_copy() -> None:
    framed = Framed()
    before = framed.topics()
    framed.add(Topic("activity.update", "WK1"))
    assert before == set()
