"""What webhooks say: event callbacks, assignment callbacks, the progress of calls.

Pure: an event or a call in, texts out.
"""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import format_datetime
from functools import cache

from taskrouter_sync.emulator.api.event_data import event_data
from taskrouter_sync.emulator.engine.calls import CallStatus, PhoneCall
from taskrouter_sync.emulator.engine.events import Event
from taskrouter_sync.emulator.engine.model import Task


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
