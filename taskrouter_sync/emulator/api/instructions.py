"""The parameters of telephony instructions.

Owns: their names and kinds, and what of them is refused whatever the state. Reads
them from a form or from the JSON object of an event bridge envelope.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.api.parameters import Parameters
from taskrouter_sync.emulator.engine import values
from taskrouter_sync.emulator.engine.instructions import (
    RING_SECONDS,
    Instruction,
    Option,
)


_METHODS = ("GET", "POST")
_RECORD = ("record-from-answer", "do-not-record")
_PROGRESS = ("initiated", "ringing", "answered", "completed")
_CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "speaker")
_SUPERVISOR_MODES = ("monitor", "whisper", "barge")
_MAX_TIMEOUT = 999

# What only conferences have. SipAuthPassword is a secret: it is taken, and not kept.
_FLAGS = (
    "Muted",
    "EarlyMedia",
    "StartConferenceOnEnter",
    "EndConferenceOnExit",
    "EndConferenceOnCustomerExit",
    "BeepOnCustomerEntrance",
)
_URLS = (
    "WaitUrl",
    "RecordingStatusCallback",
    "ConferenceStatusCallback",
    "ConferenceRecordingStatusCallback",
)
_CHOICES = {
    "Beep": ("true", "false", "onEnter", "onExit"),
    "WaitMethod": _METHODS,
    "RecordingChannels": ("mono", "dual"),
    "RecordingStatusCallbackMethod": _METHODS,
    "ConferenceStatusCallbackMethod": _METHODS,
    "ConferenceRecordingStatusCallbackMethod": _METHODS,
    "ConferenceRecord": ("true", "false", "record-from-start", "do-not-record"),
    "ConferenceTrim": ("trim-silence", "do-not-trim"),
    "JitterBufferSize": ("small", "medium", "large", "off"),
}
_TEXTS = ("Region", "SipAuthUsername")


def read_instruction(name: str, params: Parameters) -> Instruction:
    """Read an instruction by its name; an empty parameter is not given.

    Raises:
        ServiceError: there is no such instruction, or a parameter is missing or wrong.
    """
    read = _READERS.get(name)
    if read is None:
        raise invalid(f"Instruction {name} is invalid")
    return read(params)


def _dequeue(params: Parameters) -> Instruction:
    # Published is a list of any texts, and the service's own example has a contact
    # URI there: what is no event is passed over.
    events = [
        event
        for event in _words(params, "DequeueStatusCallbackEvent")
        if event in _PROGRESS
    ]
    return Instruction(
        name="dequeue",
        from_=_text(params, "DequeueFrom"),
        to=_text(params, "DequeueTo"),
        record=_choice(params, "DequeueRecord", _RECORD),
        timeout=_timeout(params, "DequeueTimeout"),
        post_work_activity_sid=_text(params, "DequeuePostWorkActivitySid"),
        status_callback=_url(params, "DequeueStatusCallbackUrl"),
        status_callback_events=tuple(events) or ("completed",),
    )


def _call(params: Parameters) -> Instruction:
    return Instruction(
        name="call",
        from_=params.required("CallFrom"),
        url=_required_url(params, "CallUrl"),
        to=_text(params, "CallTo"),
        accept=_flag(params, "CallAccept") is True,
        record=_choice(params, "CallRecord", _RECORD),
        timeout=_timeout(params, "CallTimeout"),
        status_callback=_url(params, "CallStatusCallbackUrl"),
    )


def _redirect(params: Parameters) -> Instruction:
    call_sid = params.required("RedirectCallSid")
    if re.fullmatch("CA[0-9a-fA-F]{32}", call_sid) is None:
        raise invalid(f"RedirectCallSid {call_sid} is not a valid Call sid")
    return Instruction(
        name="redirect",
        call_sid=call_sid,
        url=_required_url(params, "RedirectUrl"),
        accept=_flag(params, "RedirectAccept") is True,
    )


def _conference(params: Parameters) -> Instruction:
    found: dict[str, Option | None] = {}
    found.update((name, _flag(params, name)) for name in _FLAGS)
    found.update((name, _url(params, name)) for name in _URLS)
    found.update((name, _choice(params, name, all_)) for name, all_ in _CHOICES.items())
    found.update((name, _text(params, name)) for name in _TEXTS)
    found["MaxParticipants"] = _number(params, "MaxParticipants", 2, 250)
    events = _events(params, "ConferenceStatusCallbackEvent", _CONFERENCE_EVENTS)
    found["ConferenceStatusCallbackEvent"] = events or None
    return Instruction(
        name="conference",
        from_=_text(params, "From"),
        to=_text(params, "To"),
        record=_flag(params, "Record"),
        timeout=_timeout(params, "Timeout"),
        post_work_activity_sid=_text(params, "PostWorkActivitySid"),
        status_callback=_url(params, "StatusCallback"),
        status_callback_method=_choice(params, "StatusCallbackMethod", _METHODS)
        or "POST",
        status_callback_events=_events(params, "StatusCallbackEvent", _PROGRESS)
        or ("completed",),
        options={
            _snake(name): value for name, value in found.items() if value is not None
        },
    )


def _supervise(params: Parameters) -> Instruction:
    params.required("SupervisorMode")
    mode = _choice(params, "SupervisorMode", _SUPERVISOR_MODES)
    return Instruction(
        name="supervise",
        to=params.required("Supervisor"),
        options={} if mode is None else {"supervisor_mode": mode},
    )


_READERS: Mapping[str, Callable[[Parameters], Instruction]] = {
    "dequeue": _dequeue,
    "call": _call,
    "redirect": _redirect,
    "conference": _conference,
    "supervise": _supervise,
}


def _text(params: Parameters, name: str) -> str | None:
    return params.text(name) or None


def _flag(params: Parameters, name: str) -> bool | None:
    return params.boolean(name) if params.text(name) else None


def _number(params: Parameters, name: str, low: int, high: int) -> int | None:
    value = params.integer(name) if params.text(name) else None
    return None if value is None else values.whole(value, low, high, name)


def _timeout(params: Parameters, name: str) -> int:
    return _number(params, name, 1, _MAX_TIMEOUT) or RING_SECONDS


def _choice(params: Parameters, name: str, allowed: tuple[str, ...]) -> str | None:
    """Give one of the allowed texts; case does not matter: Python's True is true."""
    value = _text(params, name)
    if value is None:
        return None
    for each in allowed:
        if value.lower() == each.lower():
            return each
    return values.one_of(value, allowed, name)


def _url(params: Parameters, name: str) -> str | None:
    value = _text(params, name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        raise invalid(f"{name} is not a valid URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid(f"{name} is not a valid URL")
    return value


def _required_url(params: Parameters, name: str) -> str | None:
    params.required(name)
    return _url(params, name)


def _events(params: Parameters, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(values.one_of(word, allowed, name) for word in _words(params, name))


def _words(params: Parameters, name: str) -> list[str]:
    """Give the words of a list, each once.

    They come as a repeated name, separated by commas or (as in TwiML) by spaces, or
    as the text of a JSON array.
    """
    words: list[str] = []
    for value in params.get(name, ()):
        if value.lstrip().startswith("["):
            try:
                words += map(str, json.loads(value))
            except (ValueError, RecursionError):
                raise invalid(f"{name} is not valid JSON") from None
        else:
            words += re.split(r"[\s,]+", value)
    return list(dict.fromkeys(filter(None, words)))


def _snake(name: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()
