"""What webhooks say, and what the responses to assignment callbacks say.

Owns: the parameters of event callbacks, assignment callbacks and the progress of
calls; reading an instruction, and the debugger's codes for what is wrong with it.
Pure: an event, a call or a reply in, texts or an instruction out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import format_datetime
from functools import cache

from taskrouter_sync.emulator.alerts import Level
from taskrouter_sync.emulator.api.rendering import event_data
from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.engine.calls import CallStatus, PhoneCall
from taskrouter_sync.emulator.engine.model import Task
from taskrouter_sync.emulator.webhook_request import NotAnswered, Reply


Form = dict[str, str]

# The documented ones. More may be sent; here are none.
_ASSIGNMENT = (
    "Timestamp",
    "AccountSid",
    "WorkspaceSid",
    "WorkflowSid",
    "TaskQueueSid",
    "WorkerSid",
    "WorkerAttributes",
    "TaskSid",
    "TaskAttributes",
    "TaskAge",
    "TaskPriority",
    "ReservationSid",
)

# The one that calls have another word for.
_CALL_STATUS: dict[CallStatus, str] = {"answered": "in-progress"}


def event_form(event: Event, account_sid: str) -> Form:
    """Give the parameters of an event callback.

    The exact set per event type is not published: what is sent is what the Events
    resource tells, under the documented names. What is null is left out.
    """
    common = {
        "EventType": event.event_type,
        "AccountSid": account_sid,
        "EventDescription": event.description,
        "ResourceType": event.resource_type,
        "ResourceSid": event.resource_sid,
        "Sid": event.sid,
        "Timestamp": str(int(event.time)),
        "TimestampMs": str(int(event.time * 1000)),
    }
    data = {_camel(name): value for name, value in event_data(event).items()}
    return _sendable({**data, **common})


def assignment_form(event: Event, account_sid: str) -> Form:
    """Give the parameters of the assignment callback of a ``reservation.created``."""
    form = event_form(event, account_sid)
    return {name: form[name] for name in _ASSIGNMENT if name in form}


def call_progress(call: PhoneCall) -> str | None:
    """Name the progress event of the state that a call has just entered."""
    status = call.status
    if status == "redirected":
        return None
    # Whatever ends a call, it is completed.
    return "completed" if call.over else status


def call_form(call: PhoneCall, task: Task | None, account_sid: str) -> Form:
    """Give the parameters of a status callback: those of voice calls in general.

    ``taskCallSid`` is the caller's call, if the task has one.
    """
    time = call.states[-1].time
    form = {
        "CallSid": call.sid,
        "AccountSid": account_sid,
        "CallStatus": _CALL_STATUS.get(call.status, call.status),
        "From": call.from_ or "",
        "To": call.to or "",
        "ApiVersion": "2010-04-01",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(len(call.states) - 1),
        "Timestamp": format_datetime(datetime.fromtimestamp(int(time), timezone.utc)),
    }
    answered = [state.time for state in call.states if state.status == "answered"]
    if call.over:
        form["CallDuration"] = str(int(time - answered[0]) if answered else 0)
    caller = None if task is None else task.attributes_value.get("call_sid")
    if isinstance(caller, str):
        form["taskCallSid"] = caller
    return _sendable(form)


# The names are few, and thousands of forms may wait: they share them.
@cache
def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _sendable(form: Form) -> Form:
    """Replace halves of characters: JSON can hold them, a form cannot."""
    return {
        name: value.encode("utf-8", "replace").decode() for name, value in form.items()
    }


# Responses to assignment callbacks.

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


def read_instruction(reply: Reply) -> Instruction | None:
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
