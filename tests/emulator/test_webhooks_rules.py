"""The rules of webhooks, without a wire: filter, signature, URL, answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from twilio.request_validator import RequestValidator

from taskrouter_sync.emulator import webhooks
from taskrouter_sync.emulator.journal import printable
from taskrouter_sync.emulator.webhook_request import (
    NotAnswered,
    Reply,
    compose,
    receiver,
    shown,
    sign,
)
from taskrouter_sync.emulator.webhooks import NoInstruction, passes


KEY = "0123456789abcdef"
URL = "https://example.com/events?shop=1"

texts = st.text(st.characters(exclude_categories=["Cs"]))


# The filter


@pytest.mark.parametrize(
    ("events_filter", "event_type", "passed"),
    [
        (None, "task.created", True),
        ("", "task.created", True),
        (" , ", "task.created", True),
        ("task.created", "task.created", True),
        ("task.canceled, task.created", "task.created", True),
        ("task.canceled", "task.created", False),
        ("task", "task.created", False),
        ("task.created.twice", "task.created", False),
    ],
)
def test_the_filter_is_a_list_of_event_types(
    events_filter: str | None, event_type: str, passed: bool
) -> None:
    assert passes(events_filter, event_type) is passed


# The signature


def test_the_published_example_has_its_published_signature() -> None:
    """The example of Twilio's documentation, "Validating Signatures"."""
    signature = sign(
        "12345",
        "https://example.com/myapp.php?foo=1&bar=2",
        {
            "Digits": "1234",
            "To": "+18005551212",
            "From": "+14158675310",
            "Caller": "+14158675310",
            "CallSid": "CA1234567890ABCDE",
        },
    )
    assert signature == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@given(st.dictionaries(texts, texts))
def test_twilios_validator_agrees(params: dict[str, str]) -> None:
    signature = sign(KEY, URL, params)
    assert RequestValidator(KEY).validate(URL, params, signature)
    other = {**params, "Another": "1"}
    assert not RequestValidator(KEY).validate(URL, other, signature)


# URLs


WIRED = [
    ("http://example.com", "http://example.com/"),
    ("HTTPS://Example.COM:443/A?B#c", "https://example.com/A?B"),
    ("http://example.com:80/", "http://example.com/"),
    ("https://example.com:80/", "https://example.com:80/"),
    ("http://[::1]:8000/x", "http://[::1]:8000/x"),
    (
        "http://bücher.example/ä?ö=ü x",
        "http://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC%20x",
    ),
    ("http://a_b.example/%20", "http://a_b.example/%20"),
    ("http://exa\nmple.com/\r\nX: y", "http://example.com/X:%20y"),
]


@pytest.mark.parametrize(("url", "wired"), WIRED)
def test_a_url_is_sent_in_the_form_that_is_signed(url: str, wired: str) -> None:
    post = compose(KEY, url, {"a": "b c"})
    assert (post.url, post.body) == (wired, "a=b+c")
    assert post.signature == sign(KEY, wired, {"a": "b c"})


def test_a_password_is_sent_but_neither_signed_nor_shown() -> None:
    url = "http://joe:pass@Example.com:8080/x?key=pass"
    post = compose(KEY, url, {})
    assert post.url == "http://joe:pass@example.com:8080/x?key=pass"
    assert post.signature == sign(KEY, "http://example.com:8080/x?key=pass", {})
    assert shown(url) == "http://example.com:8080/x"
    assert receiver(url) == "http://example.com:8080"
    assert "pass" not in repr(post)


@given(
    st.one_of(
        st.text(),
        st.text().map("http://{}".format),
        st.text().map("https://user:pass@host{}".format),
        st.text().map("http://example.com:8080/{}".format),
    )
)
def test_any_text_is_a_url_or_none(url: str) -> None:
    try:
        post = compose(KEY, url, {})
    except NotAnswered as trouble:
        assert trouble.message == "the URL is invalid"
        assert (receiver(url), shown(url)) == ("nobody", "an invalid URL")
    else:
        assert post.url.isascii()
        assert post.url.isprintable()
        assert " " not in post.url
        assert compose(KEY, post.url, {}) == post


# Answers


def reply(text: str, content_type: str = "application/json") -> Reply:
    return Reply(200, content_type, text)


# The parameters of REST by the keys of each instruction.
KEYS: dict[str, dict[str, str]] = {
    "accept": {},
    "reject": {"activity_sid": "WorkerActivitySid"},
    "dequeue": {
        "to": "DequeueTo",
        "from": "DequeueFrom",
        "post_work_activity_sid": "DequeuePostWorkActivitySid",
        "record": "DequeueRecord",
        "timeout": "DequeueTimeout",
        "status_callback_url": "DequeueStatusCallbackUrl",
        "status_callback_events": "DequeueStatusCallbackEvent",
    },
    "call": {
        "to": "CallTo",
        "from": "CallFrom",
        "url": "CallUrl",
        "accept": "CallAccept",
        "record": "CallRecord",
        "timeout": "CallTimeout",
        "status_callback_url": "CallStatusCallbackUrl",
    },
    "redirect": {
        "call_sid": "RedirectCallSid",
        "url": "RedirectUrl",
        "accept": "RedirectAccept",
    },
    "conference": {
        "from": "From",
        "post_work_activity_sid": "PostWorkActivitySid",
        "end_conference_on_customer_exit": "EndConferenceOnCustomerExit",
        "conference_status_callback_event": "ConferenceStatusCallbackEvent",
        "sip_auth_username": "SipAuthUsername",
    },
}


@pytest.mark.parametrize("value", ["text", 10, True])
@pytest.mark.parametrize("name", KEYS)
def test_the_keys_of_an_instruction_are_rest_parameters(name: str, value: Any) -> None:
    document = {"instruction": name, **dict.fromkeys(KEYS[name], value)}
    params = {"Instruction": name, **dict.fromkeys(KEYS[name].values(), value)}
    assert webhooks.read_instruction(reply(json.dumps(document))) == params


def test_events_may_be_a_list() -> None:
    events = ["start", "end"]
    document = {"instruction": "conference", "conference_status_callback_event": events}
    params = {"Instruction": "conference", "ConferenceStatusCallbackEvent": events}
    assert webhooks.read_instruction(reply(json.dumps(document))) == params


def test_a_key_that_an_instruction_does_not_have_is_passed_over() -> None:
    read = webhooks.read_instruction(reply('{"instruction": "accept", "to": "x"}'))
    assert read == {"Instruction": "accept"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
names = st.sampled_from([*KEYS])
documents = st.fixed_dictionaries(
    {"instruction": names | json_values},
    optional=dict.fromkeys(
        ("to", "from", "url", "timeout", "status_callback_event", "record"), json_values
    ),
)


@given(st.text() | json_values.map(json.dumps) | documents.map(json.dumps))
def test_any_answer_is_an_instruction_or_is_not(text: str) -> None:
    try:
        read = webhooks.read_instruction(reply(text))
    except NotAnswered as trouble:
        assert trouble.message == "the response is not valid JSON"
    except NoInstruction as trouble:
        assert trouble.code in (40005, 55555)
    else:
        assert read is None or read["Instruction"] in KEYS


@given(st.text())
def test_a_message_is_one_line_for_any_log(message: str) -> None:
    assert printable(message).isprintable()
    assert len(printable(message * 600).encode()) <= 4 * 501
