"""A short soak: what the long one does by hand, for some seconds and one seed."""

from __future__ import annotations

from .report import Size
from .soak import soak


def test_nothing_is_lost_doubled_turned_or_leaked_in_trouble() -> None:
    report = soak(Size(seconds=3.0, seed=20, agents=4, happen_every=0.03))
    assert report.good, "\n".join(report.lines())
    assert report.injected >= 50
    assert report.expected >= 50
