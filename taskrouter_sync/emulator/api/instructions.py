"""REST: the instructions of reservations.

Owns: the names and kinds of an instruction's parameters, and what of them is refused
whatever the state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..engine.calls import Instruction, Option
from ..engine.errors import (
    INVALID_PARAMETER,
    ServiceError,
    check_choice,
    check_text,
    check_whole,
    invalid,
    read_json,
)
from ..engine.telephony import BAD_CONFERENCE_FROM, BAD_TO_ALERTS
from .requests import Parameters, snake


# The codes of the error pages for parameters. The documentation says of some that they
# are for alerts; refusals have the others too.
BAD_CALL_FROM = 40111
BAD_REDIRECT_URL = 40120
# What this one is for is not published: here for all other parameters of a conference.
BAD_CONFERENCE = 40149
BAD_CALL_URL_ALERT = 40112
BAD_CALL_SID_ALERT = 40121


# A reader takes the parameters and a name; empty is not given.

Reader = Callable[[Parameters, str], Any]

_PROGRESS = ("initiated", "ringing", "answered", "completed")


def _text(params: Parameters, name: str) -> str | None:
    value = params.text(name) or None
    check_text(value, name)
    return value


def _flag(params: Parameters, name: str) -> bool | None:
    return params.boolean(name) if params.text(name) else None


def _number(low: int, high: int) -> Reader:
    def read(params: Parameters, name: str) -> int | None:
        value = params.integer(name) if params.text(name) else None
        check_whole(value, low, high, name)
        return value

    return read


def _choice(*allowed: str) -> Reader:
    """Read one of the texts; case does not matter: Python's True is true."""

    def read(params: Parameters, name: str) -> str | None:
        value = _text(params, name)
        for each in allowed:
            if value is not None and value.lower() == each.lower():
                return each
        check_choice(value, allowed, name)
        return None

    return read


def _url(params: Parameters, name: str) -> str | None:
    value = _text(params, name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise invalid(f"{name} is not a valid URL")
    return value


def _matching(pattern: str, what: str) -> Reader:
    def read(params: Parameters, name: str) -> str | None:
        value = _text(params, name)
        if value is not None and re.fullmatch(pattern, value) is None:
            raise invalid(f"{name} {value} is not a valid {what}")
        return value

    return read


# A number, or the address of a client or a SIP endpoint.
_caller = _matching(r"[+(]?[0-9][0-9 ().-]*|(?i:client|sips?):\S+", "phone number")
_call_sid = _matching("CA[0-9a-fA-F]{32}", "Call sid")


def _needed(
    reader: Reader, code: int = INVALID_PARAMETER, alert_code: int | None = None
) -> Reader:
    """Read what must be there; what is wrong with it has these codes."""

    def read(params: Parameters, name: str) -> Any:
        params.required(name)
        return reader(params, name)

    return _with_code(read, code, alert_code)


def _with_code(
    reader: Reader, code: int = INVALID_PARAMETER, alert_code: int | None = None
) -> Reader:
    def read(params: Parameters, name: str) -> Any:
        try:
            return reader(params, name)
        except ServiceError as error:
            raise invalid(error.message, code, alert_code=alert_code) from None

    return read


def _words(params: Parameters, name: str) -> list[str]:
    """Read the words of a list, each once.

    They come as a repeated name, separated by commas or (as in TwiML) by spaces, or
    as the text of a JSON array.
    """
    words: list[str] = []
    for value in params.get(name, ()):
        if value.lstrip().startswith("["):
            try:
                words += map(str, read_json(value))
            except ValueError:
                raise invalid(f"{name} is not valid JSON") from None
        else:
            words += re.split(r"[\s,]+", value)
    return list(dict.fromkeys(filter(None, words)))


def _events(*allowed: str) -> Reader:
    def read(params: Parameters, name: str) -> tuple[str, ...] | None:
        words = _words(params, name)
        for word in words:
            check_choice(word, allowed, name)
        return tuple(words) or None

    return read


def _dequeue_events(params: Parameters, name: str) -> tuple[str, ...] | None:
    # Published is a list of any texts, and the service's own example has a contact
    # URI there: values that are not events are ignored.
    return tuple(word for word in _words(params, name) if word in _PROGRESS) or None


_RECORD = ("record-from-answer", "do-not-record")
_TIMEOUT = _number(1, 999)
_METHOD = _choice("GET", "POST")

# What of an instruction is read from which parameter, and how, by its name.
_PARAMETERS: Mapping[str, Mapping[str, tuple[str, Reader]]] = {
    "dequeue": {
        "from_": ("DequeueFrom", _text),
        "to": ("DequeueTo", _text),
        "record": ("DequeueRecord", _choice(*_RECORD)),
        "timeout": ("DequeueTimeout", _TIMEOUT),
        "post_work_activity_sid": ("DequeuePostWorkActivitySid", _text),
        "status_callback": ("DequeueStatusCallbackUrl", _url),
        "status_callback_events": ("DequeueStatusCallbackEvent", _dequeue_events),
    },
    "call": {
        "from_": ("CallFrom", _needed(_caller, BAD_CALL_FROM)),
        "url": ("CallUrl", _needed(_url, alert_code=BAD_CALL_URL_ALERT)),
        "to": ("CallTo", _with_code(_caller, alert_code=BAD_TO_ALERTS["call"])),
        "accept": ("CallAccept", _flag),
        # The documentation of TaskRouter.js has `false` in place of the other.
        "record": ("CallRecord", _choice(*_RECORD, "false")),
        "timeout": ("CallTimeout", _TIMEOUT),
        "status_callback": ("CallStatusCallbackUrl", _url),
    },
    "redirect": {
        "call_sid": (
            "RedirectCallSid",
            _needed(_call_sid, alert_code=BAD_CALL_SID_ALERT),
        ),
        "url": ("RedirectUrl", _needed(_url, BAD_REDIRECT_URL)),
        "accept": ("RedirectAccept", _flag),
    },
    "conference": {
        "from_": ("From", _with_code(_caller, BAD_CONFERENCE_FROM)),
        "to": ("To", _text),
        "record": ("Record", _flag),
        "timeout": ("Timeout", _TIMEOUT),
        "post_work_activity_sid": ("PostWorkActivitySid", _text),
        "status_callback": ("StatusCallback", _url),
        "status_callback_method": ("StatusCallbackMethod", _METHOD),
        "status_callback_events": ("StatusCallbackEvent", _events(*_PROGRESS)),
    },
    "supervise": {"to": ("Supervisor", _needed(_text))},
}
# Options that only some have. SipAuthPassword is a secret: it is taken, and not kept.
_OPTIONS: Mapping[str, Mapping[str, Reader]] = {
    "conference": {
        "Muted": _flag,
        "EarlyMedia": _flag,
        "StartConferenceOnEnter": _flag,
        "EndConferenceOnExit": _flag,
        "EndConferenceOnCustomerExit": _flag,
        "BeepOnCustomerEntrance": _flag,
        "Beep": _choice("true", "false", "onEnter", "onExit"),
        "WaitUrl": _url,
        "WaitMethod": _METHOD,
        "MaxParticipants": _number(2, 250),
        "RecordingChannels": _choice("mono", "dual"),
        "RecordingStatusCallback": _url,
        "RecordingStatusCallbackMethod": _METHOD,
        "ConferenceStatusCallback": _url,
        "ConferenceStatusCallbackMethod": _METHOD,
        "ConferenceStatusCallbackEvent": _events(
            "start", "end", "join", "leave", "mute", "hold", "speaker"
        ),
        "ConferenceRecord": _choice(
            "true", "false", "record-from-start", "do-not-record"
        ),
        "ConferenceTrim": _choice("trim-silence", "do-not-trim"),
        "ConferenceRecordingStatusCallback": _url,
        "ConferenceRecordingStatusCallbackMethod": _METHOD,
        "JitterBufferSize": _choice("small", "medium", "large", "off"),
        "Region": _text,
        "SipAuthUsername": _text,
    },
    "supervise": {"SupervisorMode": _needed(_choice("monitor", "whisper", "barge"))},
}
# Documented: "asynchronous webhook GET requests".
_FIXED = {"dequeue": {"status_callback_method": "GET"}}


def parameters_of(name: str) -> list[str]:
    """Name the parameters of an instruction."""
    known = [parameter for parameter, _ in _PARAMETERS[name].values()]
    secret = ["SipAuthPassword"] if name == "conference" else []
    return [*known, *_OPTIONS.get(name, {}), *secret]


def read_instruction(name: str, params: Parameters) -> Instruction:
    """Read an instruction by its name; an empty parameter is not given."""
    if name not in _PARAMETERS:
        raise invalid(f"Instruction {name} is invalid")
    options: dict[str, Option] = {}
    given: dict[str, Any] = {"name": name, "options": options, **_FIXED.get(name, {})}
    try:
        for field, (parameter, read) in _PARAMETERS[name].items():
            value = read(params, parameter)
            if value is not None:
                given[field] = value
        for parameter, read in _OPTIONS.get(name, {}).items():
            value = read(params, parameter)
            if value is not None:
                options[snake(parameter)] = value
    except ServiceError as error:
        if name != "conference" or error.code == BAD_CONFERENCE_FROM:
            raise
        raise invalid(error.message, BAD_CONFERENCE) from None
    return Instruction(**given)
