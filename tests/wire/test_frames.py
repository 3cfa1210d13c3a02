"""Frames: what the event bridge says, and what makes no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.errors import InvalidResponse
from taskrouter_sync.wire.frames import Event, parse

from ..strategies import json_values, moderate, texts


EVENTS: list[tuple[str, Event]] = [
    (
        '{"event_type":"worker.activity.update","payload":{"sid":"WK1"}}',
        Event("worker.activity.update", {"sid": "WK1"}),
    ),
    ('{"payload":[1],"event_type":"x"}', Event("x", [1])),
    ('{"event_type":"x","payload":null}', Event("x", None)),
    ('{"event_type":"x"}', Event("x", None)),
    ('{"event_type":"x","payload":"text"}', Event("x", "text")),
    ('{"event_type":"x","payload":{"name":"Zoë"}}', Event("x", {"name": "Zoë"})),
    ('{"event_type":"x","more":1}', Event("x", None)),
    ('\r\n{"event_type":"x"} ', Event("x", None)),
]

NO_EVENTS = [
    # A blank frame is a beat; a frame without a type is nobody's.
    "",
    " ",
    "\r\n\t ",
    "{}",
    '{"payload":{"sid":"WK1"}}',
    '{"event_type":null,"payload":1}',
    '{"event_type":""}',
]

ODD: list[tuple[bytes, str]] = [
    (b"not json", "is no JSON"),
    (b'{"event_type":', "is no JSON"),
    (b"{'event_type':'x'}", "is no JSON"),
    (b'{"event_type":"x"}{}', "is no JSON"),
    (b"[" * 100_000, "is no JSON"),
    (b'{"event_type":"x","payload":' + b"9" * 5000 + b"}", "is no JSON"),
    (b'\xef\xbb\xbf{"event_type":"x"}', "is no JSON"),
    (b"\xff\xfe", "is no UTF-8"),
    (b'{"event_type":"\xe9"}', "is no UTF-8"),
    (b"null", "is no object"),
    (b"5", "is no object"),
    (b'"ready"', "is no object"),
    (b'[{"event_type":"x"}]', "is no object"),
    (b'{"event_type":5}', "has an event_type that is no text"),
    (b'{"event_type":0}', "has an event_type that is no text"),
    (b'{"event_type":false}', "has an event_type that is no text"),
    (b'{"event_type":["x"]}', "has an event_type that is no text"),
    (b'{"event_type":{}}', "has an event_type that is no text"),
]


@pytest.mark.parametrize(("text", "event"), EVENTS)
def test_an_event(text: str, event: Event) -> None:
    assert parse(text.encode()) == event


@pytest.mark.parametrize("text", NO_EVENTS)
def test_no_event(text: str) -> None:
    assert parse(text.encode()) is None


@pytest.mark.parametrize(
    ("frame", "words"), ODD, ids=[f"{case[0]!r:.40}" for case in ODD]
)
def test_an_odd_frame(frame: bytes, words: str) -> None:
    with pytest.raises(InvalidResponse, match=words) as caught:
        parse(frame)
    assert caught.value.response == frame.decode("utf-8", "replace")


@moderate
@given(st.binary() | st.text('{}[]",:event_typ0 ').map(str.encode))
def test_any_bytes_are_an_event_or_none_or_odd(frame: bytes) -> None:
    try:
        event = parse(frame)
    except InvalidResponse as error:
        assert isinstance(error.response, str)
    else:
        assert event is None or event.type


@moderate
@given(
    st.fixed_dictionaries(
        {}, optional={"event_type": json_values(), "payload": json_values()}
    )
)
def test_any_json_is_an_event_or_none_or_odd(message: dict[str, Any]) -> None:
    try:
        event = parse(json.dumps(message).encode())
    except InvalidResponse:
        assert not isinstance(message["event_type"], str)
    else:
        said = Event(message.get("event_type", ""), message.get("payload"))
        assert event == (said if said.type else None)


@moderate
@given(texts.filter(bool), json_values())
def test_a_payload_comes_as_it_was_sent(event_type: str, payload: Any) -> None:
    frame = json.dumps({"event_type": event_type, "payload": payload}).encode()
    assert parse(frame) == Event(event_type, payload)
