"""HTML of plain values: nothing of a value becomes markup, and everything stays short.

Parsed by a parser that is not ours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync import notebook

from ..strategies import json_values, moderate
from ..support.html import MARKUP, check


@given(st.dictionaries(MARKUP, MARKUP | json_values(MARKUP), max_size=4), MARKUP)
@moderate
def test_nothing_of_names_and_values_becomes_markup(
    values: dict[str, Any], caption: str
) -> None:
    check(notebook.facts(caption, values))
    check(notebook.table(caption, [values, {**values, "sid": caption}]))
    check(notebook.card(caption, values, notebook.folded(caption, "")))


def test_what_is_shown_is_what_was_there() -> None:
    page = check(notebook.facts("Task", {"attributes": {"a": "<b>&amp;"}}))
    assert page.words == ["Task", "attributes", '{"a": "<b>&amp;"}']


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (True, "True"),
        (0, "0"),
        ("", ""),
        ("plain", "plain"),
        ([1, {"x": None}], '[1, {"x": null}]'),
        ({"städte": ["Köln"]}, '{"städte": ["Köln"]}'),
        ("half \ud800", "half ?"),
        ({1, 2}, "{1, 2}"),
    ],
)
def test_a_value_is_shown_as_people_know_it(value: Any, words: str) -> None:
    assert "".join(check(notebook.cell(value)).words) == words


def test_a_long_value_is_cut_and_stands_whole_behind_it() -> None:
    html = notebook.cell("word " * 100)
    assert len("".join(check(html).words)) == notebook.SHORT
    assert "word " * 100 in html
    assert len(notebook.cell("x" * 10**6)) < 3000


def test_what_json_cannot_say_is_named() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert notebook.cell(deep) == "list of 1"
    # Taken apart by hand: to let go of it at once would need as deep a stack.
    while deep:
        deep = deep.pop()


@pytest.fixture
def in_new_york() -> Iterator[None]:
    """Let this process be five hours behind UTC."""
    usual = os.environ.get("TZ")
    os.environ["TZ"] = "EST5"
    time.tzset()
    yield
    if usual is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = usual
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_a_date_is_local_with_its_zone_and_utc_on_hover() -> None:
    date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert notebook.cell(date) == (
        '<time style="white-space:nowrap" title="2026-01-02 03:04:05 UTC">'
        "2026-01-01 22:04:05 EST</time>"
    )


@pytest.mark.usefixtures("in_new_york")
@pytest.mark.parametrize("date", [datetime.min, datetime.max])
def test_a_date_at_the_end_of_time_is_shown_as_it_is(date: datetime) -> None:
    date = date.replace(tzinfo=timezone.utc)
    check(notebook.cell(date))
    assert abs(notebook.local_time(date) - date) == timedelta(0)


def test_columns_are_those_that_people_look_for() -> None:
    row = {f"x{number}": number for number in range(20)}
    row |= {"account_sid": "AC", "age": 5, "friendly_name": "Ann", "sid": "WK"}
    page = check(notebook.table("Workers", [row, {"priority": 1}]))
    heads = page.words[1:9]
    assert heads == ["sid", "friendly_name", "priority", "age", "x0", "x1", "x2", "x3"]


def test_a_table_of_what_has_no_values_is_empty() -> None:
    assert check(notebook.table("Nothing", [])).words == ["Nothing"]
    assert check(notebook.table("Nothing", [{}])).words == ["Nothing"]


def test_a_long_table_says_how_much_is_left_out() -> None:
    rows = [{"n": number} for number in range(notebook.ROWS + 7)]
    words = check(notebook.table("Numbers", rows)).words
    assert words[-1] == "… and 7 more"
    assert str(notebook.ROWS) not in words
