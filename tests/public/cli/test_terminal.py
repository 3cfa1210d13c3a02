"""Words for a terminal: colors where they belong, and nothing that drives it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.cli.terminal import Paint, columns, plain, short

from ...strategies import json_values, moderate, texts


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colored"),
    [
        (Screen(), {}, True),
        (Screen(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colors_are_for_terminals(
    stream: Any, environment: dict[str, str], colored: bool
) -> None:
    paint = Paint(stream, environment)
    assert paint("red", "no") == ("\x1b[31mno\x1b[0m" if colored else "no")


@given(texts)
@moderate
def test_nothing_that_is_printed_drives_the_terminal(text: str) -> None:
    assert plain(text).isprintable()
    assert plain(text) == text or not text.isprintable()


@given(json_values(), st.integers(2, 100))
@moderate
def test_a_value_is_short(value: Any, width: int) -> None:
    assert len(short(value, width)) <= width


def test_columns_are_aligned_and_numbers_to_the_right() -> None:
    assert columns([("name", "n"), ("long name", 5), ("x", 1000)], indent=" ") == [
        " name       n",
        " long name     5",
        " x          1000",
    ]
