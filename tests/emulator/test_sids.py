"""Sids: what they look like, and going on where others were."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from taskrouter_sync.emulator.clock import Sids


def test_a_sid_is_its_prefix_and_32_digits() -> None:
    assert re.fullmatch("WT[0-9a-f]{32}", Sids(None)("WT"))


def test_without_a_seed_they_do_not_repeat() -> None:
    assert Sids(None)("") != Sids(None)("")


@pytest.mark.parametrize("made", [0, 1, 9999, 10_000, 25_001])
def test_others_go_on_where_they_were(made: int) -> None:
    first, second = Sids(7), Sids(8)
    for _ in range(made):
        first("WT")
    second.go_on(first.state())
    assert second.state() == first.state()
    assert second("WT") == first("WT")


def test_those_with_a_seed_keep_it_when_the_others_had_none() -> None:
    sids, same = Sids(7), Sids(7)
    sids.go_on(Sids(None).state())
    assert sids("WT") == same("WT")


@pytest.mark.parametrize(
    "state", [{}, {"seed": "7", "made": 1}, {"seed": 7, "made": None}, {"seed": True}]
)
def test_what_is_no_state_is_refused(state: Mapping[str, int | None]) -> None:
    with pytest.raises(ValueError, match="damaged"):
        Sids(7).go_on(state)
