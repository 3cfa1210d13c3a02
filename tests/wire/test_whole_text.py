"""The fast way of reading frames gives what websocket-client gives, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from websocket import ABNF

from taskrouter_sync.wire.whole_text import whole_text

from ..support.raw_server import PING, TEXT, frame


def found(data: bytes, start: int = 0) -> bytes | None:
    span = whole_text(data, start)
    return None if span is None else data[slice(*span)]


@given(
    before=st.binary(max_size=10),
    text=st.text(max_size=300).map(str.encode) | st.binary(min_size=120, max_size=130),
    after=st.binary(max_size=10),
)
def test_a_whole_text_is_found_wherever_it_begins(
    before: bytes, text: bytes, after: bytes
) -> None:
    assert found(before + frame(text) + after, len(before)) == text


@given(st.binary(max_size=20) | st.binary(min_size=126, max_size=130), st.data())
def test_a_text_whose_end_is_missing_is_not_found(
    text: bytes, data: st.DataObject
) -> None:
    whole = frame(text)
    size = data.draw(st.integers(0, len(whole) - 1))
    assert found(whole[:size]) is None


@pytest.mark.parametrize(
    "data",
    [
        frame("", PING),
        frame("part", TEXT, fin=False),
        frame("x" * 70_000),
        b"\xc1\x01x",  # of an extension
        b"\x82\x01x",  # binary
        ABNF.create_frame("masked", ABNF.OPCODE_TEXT).format(),
        ABNF.create_frame("x" * 200, ABNF.OPCODE_TEXT).format(),
    ],
    ids=["ping", "part", "long", "extension", "binary", "masked", "long and masked"],
)
def test_other_frames_are_left_to_the_library(data: bytes) -> None:
    assert found(data) is None
