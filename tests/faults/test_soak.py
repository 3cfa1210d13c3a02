"""A short soak: what the long one does by hand, for some seconds and one seed."""

from __future__ import annotations

from .fault import Kind
from .soak import Size, soak
from .storm import AT_SERVICE, AT_SOCKETS


def test_nothing_is_lost_doubled_turned_or_leaked_in_trouble() -> None:
    report = soak(Size(seconds=3.0, seed=20, agents=4, happen_every=0.03))
    assert report.good, "\n".join(report.lines())
    assert report.injected >= 50
    assert report.expected >= 50
    kinds = {f"connection: {kind.value}" for kind in Kind}
    kinds |= {f"service: {name}" for name in (*AT_SERVICE, *AT_SOCKETS)}
    assert len(kinds & report.faults.keys()) > 0.75 * len(kinds)
