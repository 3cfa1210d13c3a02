"""The answer to an assignment callback.

Owns: reading it, its keys as REST parameters, and the debugger's codes for what is
wrong with it. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from taskrouter_sync.emulator.alerts import Level
from taskrouter_sync.emulator.engine.errors import ServiceError
from taskrouter_sync.emulator.webhook_request import NotAnswered, Reply


NO_INSTRUCTION = 40005
INVALID_INSTRUCTION = 55555
INVALID_CONTENT_TYPE = 12300

_CONFERENCE = (
    "from",
    "to",
    "timeout",
    "post_work_activity_sid",
    "status_callback",
    "status_callback_method",
    "status_callback_event",
    "record",
    "recording_channels",
    "recording_status_callback",
    "recording_status_callback_method",
    "muted",
    "early_media",
    "start_conference_on_enter",
    "end_conference_on_exit",
    "end_conference_on_customer_exit",
    "beep_on_customer_entrance",
    "beep",
    "wait_url",
    "wait_method",
    "max_participants",
    "conference_status_callback",
    "conference_status_callback_method",
    "conference_status_callback_event",
    "conference_record",
    "conference_trim",
    "conference_recording_status_callback",
    "conference_recording_status_callback_method",
    "region",
    "sip_auth_username",
    "sip_auth_password",
    "jitter_buffer_size",
)


def _camel(key: str) -> str:
    return "".join(word.capitalize() for word in key.split("_"))


def _named(prefix: str, *keys: str) -> dict[str, str]:
    return {key: prefix + _camel(key) for key in keys}


# Key of the answer -> REST parameter, by instruction. Other keys are passed over.
_PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "accept": {},
    "reject": {"activity_sid": "WorkerActivitySid"},
    "dequeue": {
        **_named(
            "Dequeue",
            "to",
            "from",
            "post_work_activity_sid",
            "record",
            "timeout",
            "status_callback_url",
        ),
        "status_callback_events": "DequeueStatusCallbackEvent",
    },
    "call": _named(
        "Call",
        "to",
        "from",
        "url",
        "accept",
        "record",
        "timeout",
        "status_callback_url",
    ),
    "redirect": _named("Redirect", "call_sid", "url", "accept"),
    "conference": _named("", *_CONFERENCE),
}

# The debugger's code by instruction, and by what the refusal's message names. A
# reject without activity_sid is none: REST has it as optional, and so has the text
# of the documentation, though its table has not.
_CODES: Mapping[str, Mapping[str, int]] = {
    "reject": {"WorkerActivitySid": 40100},
    "dequeue": {
        "DequeuePostWorkActivitySid": 40130,
        "not currently in a Pending state": 40135,
    },
    "call": {
        "CallTo": 40110,
        "contact_uri": 40110,
        "CallUrl": 40112,
        "not currently in a Pending state": 40114,
    },
    "redirect": {
        "RedirectCallSid": 40121,
        "not currently in a Pending state": 40123,
    },
}


@dataclass(frozen=True)
class Instruction:
    """What an application wants done with a reservation, as REST parameters."""

    name: str
    params: Mapping[str, object]


class NoInstruction(Exception):
    """The application answered, but nothing can be done with it."""

    def __init__(self, code: int, message: str, level: Level = "error") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.level = level


def read(reply: Reply) -> Instruction | None:
    """Read an answer; None is to decide later, by REST.

    Raises:
        NotAnswered: it is no JSON, or far too long: as good as no answer.
        NoInstruction: it is, but without an instruction that can be carried out.
    """
    if reply.text is None:
        raise NotAnswered("the answer is too long", passing=False)
    if not reply.text.strip():
        return None
    if reply.content_type != "application/json":
        raise NotAnswered(
            f"the answer's Content-Type is {reply.content_type}, not application/json",
            passing=False,
            code=INVALID_CONTENT_TYPE,
        )
    try:
        document = json.loads(reply.text)
    except (ValueError, RecursionError):
        raise NotAnswered(
            "the answer is not valid JSON", passing=False, code=NO_INSTRUCTION
        ) from None
    name = document.get("instruction") if isinstance(document, dict) else None
    if name is None:
        raise NoInstruction(NO_INSTRUCTION, "the answer has no instruction", "warning")
    names = _PARAMETERS.get(name) if isinstance(name, str) else None
    if names is None:
        raise NoInstruction(INVALID_INSTRUCTION, f"{name!r} is no instruction")
    params = {names[key]: value for key, value in document.items() if key in names}
    for parameter, value in params.items():
        if not _usable(parameter, value):
            message = f"{parameter} is neither text nor number"
            raise NoInstruction(INVALID_INSTRUCTION, message)
    return Instruction(name, {"Instruction": name, **params})


def _usable(parameter: str, value: object) -> bool:
    """Tell whether it is a text, a number, a boolean, null, or a list of events."""
    if isinstance(value, list) and parameter.endswith("Event"):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, (str, int, float))


def refusal_code(instruction: Instruction, refusal: ServiceError) -> int:
    """Give the debugger's code for a refusal; its own if none is published."""
    for words, code in _CODES.get(instruction.name, {}).items():
        if words in refusal.message:
            return code
    return refusal.code
