"""The script of troubles: the same for the same seed, and of all kinds."""

from __future__ import annotations

from itertools import islice

from .fault import Direction, Kind
from .strikes import ACTS, OnLine, strikes


def test_the_same_seed_gives_the_same_script() -> None:
    assert [*islice(strikes(7), 100)] == [*islice(strikes(7), 100)]


def test_another_seed_gives_another_script() -> None:
    assert [*islice(strikes(7), 100)] != [*islice(strikes(8), 100)]


def test_all_kinds_come() -> None:
    names = {strike.name for strike in islice(strikes(7), 1000)}
    assert {f"line: {kind.value}" for kind in Kind} <= names
    assert {f"user: {act}" for act in ACTS} <= names
    assert {
        f"service: {method}"
        for method in (
            "answer",
            "close_sockets",
            "cut_sockets",
            "delay",
            "drop",
            "duplicate_frames",
            "malformed",
            "refuse_upgrades",
            "send_text",
        )
    } <= names


def test_no_request_is_corrupted() -> None:
    """A token with a wrong letter is another token: no trouble of the line."""
    for strike in islice(strikes(7), 1000):
        if isinstance(strike, OnLine) and strike.fault.kind is Kind.CORRUPT:
            assert strike.fault.direction is Direction.DOWN
