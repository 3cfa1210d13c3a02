"""REST: reservations, of a task and of a worker, and their instructions.

Owns: the names and kinds of an instruction's parameters, and what of them is refused
whatever the state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import get_args
from urllib.parse import urlsplit

from ..engine.calls import RING_SECONDS, Instruction, Option
from ..engine.errors import (
    INVALID_PARAMETER,
    ServiceError,
    check_choice,
    check_whole,
    invalid,
)
from ..engine.model import Reservation, ReservationStatus, Task, Worker
from .pages import equals, listed
from .rendering import Json
from .requests import Parameters, Request, Response, snake


# Instructions without a call: what they do, said as a status.
_PLAIN_INSTRUCTIONS = {"accept": "accepted", "reject": "rejected"}

# The codes of the error pages for parameters. The documentation says of some that they
# are for alerts; refusals have the others too.
BAD_CALL_FROM = 40111
BAD_REDIRECT_URL = 40120
BAD_CONFERENCE_FROM = 40141
# What this one is for is not published: here for all other parameters of a conference.
BAD_CONFERENCE = 40149
BAD_CALL_URL_ALERT = 40112
BAD_CALL_SID_ALERT = 40121

_METHODS = ("GET", "POST")
_RECORD = ("record-from-answer", "do-not-record")
# The documentation of TaskRouter.js has `false` in place of the other.
_CALL_RECORD = (*_RECORD, "false")
_PROGRESS = ("initiated", "ringing", "answered", "completed")
_CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "speaker")
_SUPERVISOR_MODES = ("monitor", "whisper", "barge")
_MAX_TIMEOUT = 999
# A number, or the address of a client or a SIP endpoint.
_CALLER = re.compile(r"[+(]?[0-9][0-9 ().-]*|(?:client|sips?):\S+", re.IGNORECASE)

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


def list_reservations(request: Request) -> Response:
    """List the reservations of a task or a worker."""
    params = request.params
    status = params.text("ReservationStatus")
    check_choice(status, get_args(ReservationStatus), "ReservationStatus")
    # Only the list of a task can be asked for one worker's.
    worker_sid = params.text("WorkerSid") if "task" in request.sids else None
    return listed(
        request,
        "reservations",
        _owner(request).reservations.values(),
        _render(request),
        equals(status, "reservation_status"),
        equals(worker_sid, "worker_sid"),
    )


def fetch_reservation(request: Request) -> Response:
    """Show a reservation."""
    return request.shown(_find(request), _render(request))


def update_reservation(request: Request) -> Response:
    """Accept, reject, wrap up or complete a reservation, or instruct it."""
    params = request.params
    reservation = request.check_version(_find(request))
    instruction = params.text("Instruction")
    status = params.text("ReservationStatus")
    if instruction is not None:
        if instruction not in _PLAIN_INSTRUCTIONS:
            return _instruct(request, reservation, instruction)
        status = _PLAIN_INSTRUCTIONS[instruction]
    # Every parameter is optional: without a status, nothing is changed.
    request.engine.reservations.update(
        reservation, status, worker_activity_sid=params.text("WorkerActivitySid")
    )
    return request.shown(reservation, _render(request))


def _instruct(request: Request, reservation: Reservation, name: str) -> Response:
    if name == "supervise" and "task" not in request.sids:
        # Its parameters are published for the path of the task alone.
        raise invalid(f"Instruction {name} is invalid")
    instruction = read_instruction(name, request.params)
    # The call has only begun: the response shows the reservation as it was.
    before = request.engine.telephony.instruct(reservation, instruction)
    return request.shown(before, _render(request))


def _owner(request: Request) -> Task | Worker:
    return request.task if "task" in request.sids else request.worker


def _find(request: Request) -> Reservation:
    return request.engine.reservations.find(_owner(request), request.sid)


def _render(request: Request) -> Callable[[Reservation], Json]:
    kind = "task" if "task" in request.sids else "worker"
    owner = f"{kind.capitalize()}s/{request.sids[kind]}"
    return lambda reservation: request.render.reservation(reservation, owner)


# Instructions.


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
    words = _words(params, "DequeueStatusCallbackEvent")
    events = tuple(word for word in words if word in _PROGRESS)
    return Instruction(
        name="dequeue",
        from_=_text(params, "DequeueFrom"),
        to=_text(params, "DequeueTo"),
        record=_choice(params, "DequeueRecord", _RECORD),
        timeout=_timeout(params, "DequeueTimeout"),
        post_work_activity_sid=_text(params, "DequeuePostWorkActivitySid"),
        status_callback=_url(params, "DequeueStatusCallbackUrl"),
        # Documented: "asynchronous webhook GET requests".
        status_callback_method="GET",
        status_callback_events=events or ("completed",),
    )


def _call(params: Parameters) -> Instruction:
    from_ = _caller(params, "CallFrom", BAD_CALL_FROM)
    if from_ is None:
        raise invalid("CallFrom field is required", BAD_CALL_FROM)
    return Instruction(
        name="call",
        from_=from_,
        url=_required_url(params, "CallUrl", alert_code=BAD_CALL_URL_ALERT),
        to=_text(params, "CallTo"),
        accept=_flag(params, "CallAccept") is True,
        record=_choice(params, "CallRecord", _CALL_RECORD),
        timeout=_timeout(params, "CallTimeout"),
        status_callback=_url(params, "CallStatusCallbackUrl"),
    )


def _redirect(params: Parameters) -> Instruction:
    call_sid = _text(params, "RedirectCallSid")
    if call_sid is None:
        raise invalid(
            "RedirectCallSid field is required", alert_code=BAD_CALL_SID_ALERT
        )
    if re.fullmatch("CA[0-9a-fA-F]{32}", call_sid) is None:
        raise invalid(
            f"RedirectCallSid {call_sid} is not a valid Call sid",
            alert_code=BAD_CALL_SID_ALERT,
        )
    return Instruction(
        name="redirect",
        call_sid=call_sid,
        url=_required_url(params, "RedirectUrl", BAD_REDIRECT_URL),
        accept=_flag(params, "RedirectAccept") is True,
    )


def _conference(params: Parameters) -> Instruction:
    from_ = _caller(params, "From", BAD_CONFERENCE_FROM)
    try:
        return _other_conference(params, from_)
    except ServiceError as error:
        raise invalid(error.message, BAD_CONFERENCE) from None


def _other_conference(params: Parameters, from_: str | None) -> Instruction:
    found: dict[str, Option | None] = {}
    found.update((name, _flag(params, name)) for name in _FLAGS)
    found.update((name, _url(params, name)) for name in _URLS)
    found.update((name, _choice(params, name, all_)) for name, all_ in _CHOICES.items())
    found.update((name, _text(params, name)) for name in _TEXTS)
    found["MaxParticipants"] = _number(params, "MaxParticipants", 2, 250)
    events = _events(params, "ConferenceStatusCallbackEvent", _CONFERENCE_EVENTS)
    found["ConferenceStatusCallbackEvent"] = events or None
    method = _choice(params, "StatusCallbackMethod", _METHODS)
    return Instruction(
        name="conference",
        from_=from_,
        to=_text(params, "To"),
        record=_flag(params, "Record"),
        timeout=_timeout(params, "Timeout"),
        post_work_activity_sid=_text(params, "PostWorkActivitySid"),
        status_callback=_url(params, "StatusCallback"),
        status_callback_method=method or "POST",
        status_callback_events=_events(params, "StatusCallbackEvent", _PROGRESS)
        or ("completed",),
        options={
            snake(name): value for name, value in found.items() if value is not None
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


def _caller(params: Parameters, name: str, code: int) -> str | None:
    value = _text(params, name)
    if value is not None and _CALLER.fullmatch(value) is None:
        raise invalid(f"{name} {value} is not a valid phone number", code)
    return value


def _flag(params: Parameters, name: str) -> bool | None:
    return params.boolean(name) if params.text(name) else None


def _number(params: Parameters, name: str, low: int, high: int) -> int | None:
    value = params.integer(name) if params.text(name) else None
    check_whole(value, low, high, name)
    return value


def _timeout(params: Parameters, name: str) -> int:
    return _number(params, name, 1, _MAX_TIMEOUT) or RING_SECONDS


def _choice(params: Parameters, name: str, allowed: tuple[str, ...]) -> str | None:
    """Give one of the allowed texts; case does not matter: Python's True is true."""
    value = _text(params, name)
    for each in allowed:
        if value is not None and value.lower() == each.lower():
            return each
    check_choice(value, allowed, name)
    return None


def _url(
    params: Parameters,
    name: str,
    code: int = INVALID_PARAMETER,
    alert_code: int | None = None,
) -> str | None:
    value = _text(params, name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise invalid(f"{name} is not a valid URL", code, alert_code=alert_code)
    return value


def _required_url(
    params: Parameters,
    name: str,
    code: int = INVALID_PARAMETER,
    alert_code: int | None = None,
) -> str:
    value = _url(params, name, code, alert_code)
    if value is None:
        raise invalid(f"{name} field is required", code, alert_code=alert_code)
    return value


def _events(params: Parameters, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    words = _words(params, name)
    for word in words:
        check_choice(word, allowed, name)
    return tuple(words)


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
