"""What the parameters of instructions say, and which are refused."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from taskrouter_sync.emulator.api.instructions import read_instruction
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.calls import Instruction


CALL_SID = "CA" + "9" * 32
NEEDED: dict[str, dict[str, Any]] = {
    "dequeue": {},
    "call": {"CallFrom": "+1", "CallUrl": "https://a.b/c"},
    "redirect": {"RedirectCallSid": CALL_SID, "RedirectUrl": "https://a.b/c"},
    "conference": {},
    "supervise": {"Supervisor": "client:boss", "SupervisorMode": "barge"},
}


def read(name: str, params: dict[str, Any]) -> Instruction:
    return read_instruction(name, Parameters.from_json(params))


# The published codes: (of the response, of the alert), by parameter.
CODES = {
    "CallFrom": (40111, 40111),
    "CallTo": (20001, 40110),
    "CallUrl": (20001, 40112),
    "RedirectCallSid": (20001, 40121),
    "RedirectUrl": (40120, 40120),
    "From": (40141, 40141),
}


def refusal(name: str, params: dict[str, Any], about: str = "") -> str:
    """Give the text of a refusal of a parameter, after a look at its codes."""
    with pytest.raises(ServiceError) as caught:
        read(name, params)
    general = 40149 if name == "conference" else 20001
    codes = CODES.get(about, (general, general))
    assert caught.value.status == 400
    assert (caught.value.code, caught.value.alert_code) == codes
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("dequeue", {"status_callback_method": "GET"}),
        ("call", {"from_": "+1", "url": "https://a.b/c"}),
        ("redirect", {"call_sid": CALL_SID, "url": "https://a.b/c"}),
        ("conference", {}),
        ("supervise", {"to": "client:boss", "options": {"supervisor_mode": "barge"}}),
    ],
)
def test_what_is_needed_is_enough(name: Any, fields: dict[str, Any]) -> None:
    expected = Instruction(name=name, **fields)
    assert read(name, NEEDED[name]) == expected
    assert (expected.timeout, expected.accept) == (60, False)
    assert expected.status_callback_events == ("completed",)


def owner(parameter: str) -> str:
    """Name the instruction that a parameter is for."""
    for prefix, name in (
        ("Dequeue", "dequeue"),
        ("Call", "call"),
        ("Redirect", "redirect"),
        ("Supervisor", "supervise"),
    ):
        if parameter.startswith(prefix):
            return name
    return "conference"


@pytest.mark.parametrize(
    "missing",
    "CallFrom CallUrl RedirectCallSid RedirectUrl Supervisor SupervisorMode".split(),
)
@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_needed_is_missed(missing: str, empty: str | None) -> None:
    name = owner(missing)
    params = NEEDED[name] | {missing: empty}
    assert refusal(name, params, missing) == f"{missing} field is required"


# What is given, and the field of the instruction that it becomes.
READ: list[tuple[str, Any, str, Any]] = [
    ("DequeueFrom", "+1", "from_", "+1"),
    ("DequeueTo", "client:joey", "to", "client:joey"),
    ("DequeueRecord", "record-from-answer", "record", "record-from-answer"),
    ("DequeueTimeout", "30", "timeout", 30),
    ("DequeuePostWorkActivitySid", "WA1", "post_work_activity_sid", "WA1"),
    ("DequeueStatusCallbackUrl", "http://a.b/c", "status_callback", "http://a.b/c"),
    ("CallTo", "client:joey", "to", "client:joey"),
    ("CallUrl", "https://a.b/c?d=e", "url", "https://a.b/c?d=e"),
    ("CallRecord", "do-not-record", "record", "do-not-record"),
    ("CallRecord", False, "record", "false"),
    ("CallTimeout", 999, "timeout", 999),
    ("CallStatusCallbackUrl", "http://a.b/c", "status_callback", "http://a.b/c"),
    ("CallAccept", True, "accept", True),
    ("CallAccept", "no", "accept", False),
    ("RedirectAccept", "yes", "accept", True),
    ("RedirectAccept", "false", "accept", False),
    ("From", "+1", "from_", "+1"),
    ("To", "client:joey", "to", "client:joey"),
    ("Timeout", 1, "timeout", 1),
    ("PostWorkActivitySid", "WA1", "post_work_activity_sid", "WA1"),
    ("Record", "true", "record", True),
    ("StatusCallback", "http://a.b/1", "status_callback", "http://a.b/1"),
    ("StatusCallbackMethod", "GET", "status_callback_method", "GET"),
]


@pytest.mark.parametrize(("parameter", "value", "field", "read_as"), READ)
def test_a_parameter_is_read(
    parameter: str, value: Any, field: str, read_as: Any
) -> None:
    name = owner(parameter)
    without = read(name, NEEDED[name])
    expected = dataclasses.replace(without, **{field: read_as})
    assert read(name, NEEDED[name] | {parameter: value}) == expected


# The options of a conference: what is given, and what is read.
OPTIONS: list[tuple[str, object, object]] = [
    ("Muted", False, False),
    ("EarlyMedia", "false", False),
    ("StartConferenceOnEnter", True, True),
    ("EndConferenceOnExit", "yes", True),
    ("EndConferenceOnCustomerExit", "1", True),
    ("BeepOnCustomerEntrance", "no", False),
    ("Beep", "onenter", "onEnter"),
    ("WaitUrl", "http://a.b/2", "http://a.b/2"),
    ("WaitMethod", "get", "GET"),
    ("MaxParticipants", "250", 250),
    ("ConferenceStatusCallback", "http://a.b/3", "http://a.b/3"),
    ("ConferenceStatusCallbackMethod", "POST", "POST"),
    ("ConferenceStatusCallbackEvent", "start end join", ("start", "end", "join")),
    ("ConferenceRecord", True, "true"),
    ("ConferenceTrim", "do-not-trim", "do-not-trim"),
    ("ConferenceRecordingStatusCallback", "http://a.b/4", "http://a.b/4"),
    ("ConferenceRecordingStatusCallbackMethod", "GET", "GET"),
    ("RecordingChannels", "dual", "dual"),
    ("RecordingStatusCallback", "http://a.b/5", "http://a.b/5"),
    ("RecordingStatusCallbackMethod", "POST", "POST"),
    ("Region", "ie1", "ie1"),
    ("SipAuthUsername", "joey", "joey"),
    ("JitterBufferSize", "large", "large"),
]


def test_a_conference_has_options() -> None:
    given = {parameter: value for parameter, value, _ in OPTIONS}
    options = {
        re.sub("(?<!^)([A-Z])", r"_\1", parameter).lower(): value
        for parameter, _, value in OPTIONS
    }
    found = read("conference", {**given, "SipAuthPassword": "secret"})
    assert found == Instruction(name="conference", options=options)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_is_empty_is_not_given(name: str) -> None:
    """The clients send empty texts for what they leave out."""
    optional = (
        "DequeueFrom DequeueTo DequeueRecord DequeueTimeout DequeuePostWorkActivitySid"
        " DequeueStatusCallbackUrl DequeueStatusCallbackEvent CallTo CallRecord"
        " CallTimeout CallStatusCallbackUrl CallAccept RedirectAccept From To Timeout"
        " PostWorkActivitySid StatusCallback StatusCallbackMethod StatusCallbackEvent"
        " Record Muted Beep WaitUrl MaxParticipants ConferenceStatusCallbackEvent"
    )
    empty = dict.fromkeys(optional.split(), "")
    assert read(name, NEEDED[name] | empty) == read(name, NEEDED[name])


@pytest.mark.parametrize(
    "value",
    [
        "initiated,answered",
        " initiated , answered,",
        "initiated answered",
        ["initiated", "answered"],
        ["initiated", "answered", "initiated"],
        '["initiated", "answered"]',
    ],
)
@pytest.mark.parametrize(
    "parameter", ["DequeueStatusCallbackEvent", "StatusCallbackEvent"]
)
def test_lists_come_in_many_forms(parameter: str, value: object) -> None:
    instruction = read(owner(parameter), {parameter: value})
    assert instruction.status_callback_events == ("initiated", "answered")


def test_a_dequeue_passes_over_what_is_no_event() -> None:
    """TaskRouter.js's documented example has a contact URI there."""
    instruction = read("dequeue", {"DequeueStatusCallbackEvent": "client:joey"})
    assert instruction.status_callback_events == ("completed",)
    assert instruction.to is None


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("DequeueTimeout", "0", "must be between 1 and 999"),
        ("DequeueTimeout", "1000", "must be between 1 and 999"),
        ("DequeueTimeout", "soon", "must be an integer"),
        ("DequeueTimeout", 1.5, "must be an integer"),
        ("CallTimeout", -1, "must be between 1 and 999"),
        ("Timeout", 1000, "must be between 1 and 999"),
        ("MaxParticipants", 1, "must be between 2 and 250"),
        ("MaxParticipants", 251, "must be between 2 and 250"),
        ("DequeueRecord", "true", "must be one of record-from-answer, do-not-record"),
        (
            "CallRecord",
            "always",
            "must be one of record-from-answer, do-not-record, false",
        ),
        ("Beep", "loud", "must be one of true, false, onEnter, onExit"),
        ("WaitMethod", "PUT", "must be one of GET, POST"),
        ("RecordingChannels", "5", "must be one of mono, dual"),
        (
            "StatusCallbackEvent",
            "ringing,rung",
            "must be one of initiated, ringing, answered, completed",
        ),
        (
            "ConferenceStatusCallbackEvent",
            "begin",
            "must be one of start, end, join, leave, mute, hold, speaker",
        ),
        ("StatusCallbackEvent", "[ringing", "is not valid JSON"),
        ("SupervisorMode", "shout", "must be one of monitor, whisper, barge"),
        ("CallUrl", "twiml", "is not a valid URL"),
        ("CallUrl", "ftp://a.b/c", "is not a valid URL"),
        ("CallUrl", "http://", "is not a valid URL"),
        ("CallUrl", "http://[", "is not a valid URL"),
        ("RedirectUrl", "/twiml", "is not a valid URL"),
        ("DequeueStatusCallbackUrl", "x", "is not a valid URL"),
        ("WaitUrl", "x", "is not a valid URL"),
        ("CallFrom", "nobody", "nobody is not a valid phone number"),
        ("CallTo", "no number", "no number is not a valid phone number"),
        ("From", "+1 x", "+1 x is not a valid phone number"),
    ],
)
def test_wrong_values(parameter: str, value: object, message: str) -> None:
    name = owner(parameter)
    params = NEEDED[name] | {parameter: value}
    assert refusal(name, params, parameter) == f"{parameter} {message}"


@pytest.mark.parametrize("value", ["+15550100", "(555) 010-0", "client:ann", "sip:a@b"])
def test_who_can_call_and_be_called(value: str) -> None:
    assert read("call", NEEDED["call"] | {"CallFrom": value}).from_ == value
    assert read("call", NEEDED["call"] | {"CallTo": value}).to == value
    assert read("conference", {"From": value}).from_ == value


@pytest.mark.parametrize("sid", ["CA1", "CAxxxx", "WT" + "9" * 32, CALL_SID + "0"])
def test_a_redirect_is_of_a_call(sid: str) -> None:
    params = NEEDED["redirect"] | {"RedirectCallSid": sid}
    message = refusal("redirect", params, "RedirectCallSid")
    assert message == f"RedirectCallSid {sid} is not a valid Call sid"


def test_there_are_no_others() -> None:
    assert refusal("dance", {}) == "Instruction dance is invalid"
