"""Answers: what HTTP brought becomes a result or an error that says what happened."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.errors import HttpError, InvalidResponse
from taskrouter_sync.wire.answers import Answer, read

from ..strategies import json_values, moderate


SECRET = "header.payload.signature"

LIST = {"meta": {"key": "workers", "page": 0}, "workers": [{"sid": "WK1"}]}

RESULTS: list[tuple[int, bytes, Any, str | None]] = [
    # Status, body; the payload and the event type. Any 2xx is a yes.
    (200, b'{"payload":{"sid":"WK1"}}', {"sid": "WK1"}, None),
    (201, b'{"payload":{"sid":"WK1"}}', {"sid": "WK1"}, None),
    (299, b'{"payload":{"sid":"WK1"}}', {"sid": "WK1"}, None),
    (200, b'{"event_type":"ready","payload":{}}', {}, "ready"),
    (200, b'{"event_type":5,"payload":{}}', {}, None),
    (200, b'{"event_type":null,"payload":{}}', {}, None),
    (200, b"{}", None, None),
    (200, b'{"payload":null}', None, None),
    (200, b'{"payload":5}', 5, None),
    (200, b'{"payload":[1]}', [1], None),
    (200, b' {"payload":"text"} ', "text", None),
    (200, b'\xef\xbb\xbf{"payload":"text"}', "text", None),
    (200, json.dumps({"payload": LIST}).encode(), LIST, None),
    (
        200,
        b'{"payload":{"meta":{"key":"workers"},"workers":[]}}',
        {"meta": {"key": "workers"}, "workers": []},
        None,
    ),
    # A sid makes it no list, and a meta that is no object neither.
    (200, b'{"payload":{"sid":"WK1","meta":{}}}', {"sid": "WK1", "meta": {}}, None),
    (200, b'{"payload":{"meta":"text"}}', {"meta": "text"}, None),
]


@pytest.mark.parametrize(("status", "body", "payload", "event_type"), RESULTS)
def test_a_yes(status: int, body: bytes, payload: Any, event_type: str | None) -> None:
    result = read(Answer(status, "OK", body), "GET", SECRET)
    assert (result.payload, result.event_type) == (payload, event_type)


@pytest.mark.parametrize(
    "date", ["Thu, 30 Jul 2015 20:00:00 GMT", "2015-07-30T20:00:00Z"]
)
def test_a_yes_is_of_the_time_that_the_service_says(date: str) -> None:
    result = read(Answer(200, "OK", b"{}", date=date), "GET", SECRET)
    assert result.date == datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("date", [None, "", "just now"])
def test_a_yes_that_says_no_time_is_of_none(date: str | None) -> None:
    assert read(Answer(200, "OK", b"{}", date=date), "GET", SECRET).date is None


INVALID: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b" \r\n", "is empty"),
    (b"not json", "is no JSON object"),
    (b"<html>", "is no JSON object"),
    (b"null", "is no JSON object"),
    (b"[]", "is no JSON object"),
    (b'"text"', "is no JSON object"),
    (b"\xff", "is no JSON object"),
    (b"[" * 100_000, "is no JSON object"),
    (b'{"payload":' + b"9" * 5000 + b"}", "is no JSON object"),
    (b'{"payload":{"meta":{"key":"workers"}}}', "lacks its items"),
    (b'{"payload":{"meta":{"key":"workers"},"workers":{}}}', "lacks its items"),
    (b'{"payload":{"meta":{"key":"workers"},"workers":null}}', "lacks its items"),
    (b'{"payload":{"meta":{"page":0},"workers":[]}}', "lacks its items"),
    (b'{"payload":{"meta":{"key":5},"5":[]}}', "lacks its items"),
]


@pytest.mark.parametrize(
    ("body", "words"), INVALID, ids=[f"{case[0]!r:.60}" for case in INVALID]
)
def test_a_yes_that_makes_no_sense(body: bytes, words: str) -> None:
    with pytest.raises(InvalidResponse, match=words) as caught:
        read(Answer(200, "OK", body), "POST", SECRET)
    assert caught.value.code == 200


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize("body", [b"", b"\r\n"])
def test_a_delete_needs_no_body(status: int, body: bytes) -> None:
    assert read(Answer(status, "No Content", body), "DELETE", SECRET).payload is None


def test_a_delete_whose_body_is_no_json_makes_no_sense() -> None:
    with pytest.raises(InvalidResponse):
        read(Answer(200, "OK", b"gone"), "DELETE", SECRET)


Words = tuple[str, int | None, str | None]

REFUSALS: list[tuple[Any, Words]] = [
    # Body; message, Twilio's code, more info.
    (
        {"code": 20404, "message": "No such worker", "more_info": "https://t/20404"},
        ("No such worker", 20404, "https://t/20404"),
    ),
    (
        {"payload": {"code": 20404, "message": "No such worker", "more_info": "u"}},
        ("No such worker", 20404, "u"),
    ),
    ({"message": "above", "payload": {"message": "below"}}, ("above", None, None)),
    ({"code": 20404}, ("Not Found", 20404, None)),
    ({"message": 5, "code": "20404", "more_info": 5}, ("Not Found", None, None)),
    ({"message": "", "code": True}, ("Not Found", None, None)),
    ({"message": "only"}, ("only", None, None)),
    ({"payload": "text"}, ("Not Found", None, None)),
    ([1], ("Not Found", None, None)),
    (None, ("Not Found", None, None)),
]


@pytest.mark.parametrize(("body", "words"), REFUSALS)
def test_a_no_in_the_words_of_its_body(body: Any, words: Words) -> None:
    answer = Answer(404, "Not Found", json.dumps(body).encode())
    with pytest.raises(HttpError) as caught:
        read(answer, "GET", SECRET)
    error = caught.value
    assert (error.message, error.twilio_code, error.more_info) == words
    assert error.code == error.status == 404


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize(
    ("reason", "message"), [("Not Found", "Not Found"), ("", "HTTP status 404")]
)
def test_a_no_in_the_words_of_the_status_line(
    body: bytes, reason: str, message: str
) -> None:
    with pytest.raises(HttpError) as caught:
        read(Answer(404, reason, body), "GET", SECRET)
    assert caught.value.message == message


@pytest.mark.parametrize("status", [100, 199, 300, 304, 400, 401, 500, 599])
def test_what_is_not_2xx_is_a_no(status: int) -> None:
    with pytest.raises(HttpError, match=f"^{status} "):
        read(Answer(status, "", b'{"payload":{}}'), "DELETE", SECRET)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("2", 2.0),
        ("0", 0.0),
        ("0.5", 0.5),
        (" 3 ", 3.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Thu, 30 Jul 2015 20:00:00 GMT", None),
    ],
)
def test_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    with pytest.raises(HttpError) as caught:
        read(Answer(429, "Too Many Requests", b"", header), "GET", SECRET)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        (f"token={SECRET}", b""),
        ("", json.dumps({"message": f"token={SECRET} is bad"}).encode()),
        ("", json.dumps({"payload": {"message": SECRET}}).encode()),
        ("", json.dumps({"message": "no", "more_info": f"u?{SECRET}"}).encode()),
        ("", f"<html>{SECRET}</html>".encode()),
    ],
)
def test_a_token_that_the_service_echoes_does_not_show(
    reason: str, body: bytes
) -> None:
    with pytest.raises(HttpError) as caught:
        read(Answer(403, reason, body), "GET", SECRET)
    assert SECRET not in f"{caught.value} {caught.value.args} {vars(caught.value)}"


def test_without_a_token_the_words_stay() -> None:
    with pytest.raises(HttpError) as caught:
        read(Answer(403, "Forbidden", b""), "GET", "")
    assert caught.value.message == "Forbidden"


bodies = st.binary() | json_values().map(lambda body: json.dumps(body).encode())


@moderate
@given(
    st.integers(0, 999),
    st.text(max_size=5),
    bodies,
    st.none() | st.text(max_size=5),
    st.sampled_from(["GET", "POST", "DELETE"]),
)
def test_any_answer_is_a_result_or_an_error(
    status: int, reason: str, body: bytes, retry_after: str | None, method: str
) -> None:
    try:
        read(Answer(status, reason, body, retry_after), method, SECRET)
    except HttpError as error:
        assert error.status == status
        assert error.message
    except InvalidResponse as error:
        assert error.code == status


@moderate
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "payload": st.fixed_dictionaries(
                {},
                optional={
                    name: json_values()
                    for name in ("sid", "meta", "message", "code", "workers")
                },
            ),
            "event_type": json_values(),
            "message": json_values(),
            "code": json_values(),
            "more_info": json_values(),
        },
    ),
    st.sampled_from([200, 404]),
)
def test_any_body_is_a_result_or_an_error(body: dict[str, Any], status: int) -> None:
    try:
        result = read(Answer(status, "", json.dumps(body).encode()), "GET", SECRET)
    except HttpError as error:
        assert isinstance(error.message, str)
        assert isinstance(error.twilio_code, int | None)
        assert isinstance(error.more_info, str | None)
    except InvalidResponse:
        assert isinstance(body["payload"]["meta"], dict)
    else:
        assert result.payload == body.get("payload")
