"""JSON from anybody: a value or a ValueError, and never too deep."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.wire.json_text import MOST_LEVELS, parse

from ..strategies import json_values, texts


def nested(levels: int, start: str, end: str) -> bytes:
    return (start * levels + "1" + end * levels).encode()


@pytest.mark.parametrize(
    ("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")]
)
def test_as_deep_as_it_may_be(start: str, end: str) -> None:
    levels = MOST_LEVELS // (start.count("[") + start.count("{"))
    assert parse(nested(levels, start, end)) == json.loads(nested(levels, start, end))


@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 900, 5_000, 1_000_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_too_deep(levels: int, start: str, end: str) -> None:
    with pytest.raises(ValueError, match="too deep"):
        parse(nested(levels, start, end))


def test_many_brackets_side_by_side_are_not_deep() -> None:
    text = b"[" + b",".join([b'{"a":[]}'] * 1000) + b"]"
    assert parse(text) == [{"a": []}] * 1000


def test_brackets_in_a_text_are_none() -> None:
    assert parse(b'"' + b"[" * 1000 + b'"') == "[" * 1000


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"nul", b"[1] [2]"])
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse(text)


@given(json_values(texts))
def test_what_is_json_comes_as_it_is(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_a_value_or_a_value_error(text: bytes) -> None:
    try:
        parse(text)
    except ValueError:
        return
