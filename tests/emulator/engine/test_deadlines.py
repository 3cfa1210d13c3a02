"""What comes next."""

from __future__ import annotations

from taskrouter_sync.emulator.engine.containers import Deadlines


def test_the_earliest_comes_first_and_equals_in_order_of_setting() -> None:
    deadlines = Deadlines()
    for when, sid in ((5.0, "late"), (1.0, "first"), (1.0, "second")):
        deadlines.set(when, "ttl", "WS", sid)
    due = []
    while (deadline := deadlines.pop_due(5.0)) is not None:
        due.append(deadline.sid)
    assert due == ["first", "second", "late"]
    assert deadlines.next() is None


def test_nothing_is_due_before_its_time() -> None:
    deadlines = Deadlines()
    deadlines.set(5.0, "ttl", "WS", "a")
    assert deadlines.pop_due(4.9) is None
    assert deadlines.next() == 5.0


def test_a_deadline_can_be_moved_and_cleared() -> None:
    deadlines = Deadlines()
    deadlines.set(5.0, "ttl", "WS", "a")
    deadlines.set(9.0, "ttl", "WS", "a")
    deadlines.set(7.0, "target", "WS", "a")
    assert deadlines.next() == 7.0
    deadlines.clear("target", "a")
    deadlines.clear("removal", "a")
    assert deadlines.next() == 9.0


def test_what_was_cleared_does_not_pile_up() -> None:
    deadlines = Deadlines()
    for number in range(10_000):
        deadlines.set(1e9, "ttl", "WS", str(number))
        deadlines.clear("ttl", str(number))
    assert len(deadlines._heap) < 100
