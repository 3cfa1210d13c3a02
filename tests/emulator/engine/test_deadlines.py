"""What comes next."""

from __future__ import annotations

from taskrouter_sync.emulator.engine.containers import Deadlines


def test_what_was_cleared_does_not_pile_up() -> None:
    deadlines = Deadlines()
    for number in range(10_000):
        deadlines.set(1e9, "ttl", "WS", str(number))
        deadlines.clear("ttl", str(number))
    assert len(deadlines._heap) < 100
