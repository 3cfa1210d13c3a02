"""Webhooks: event callbacks, assignment callbacks, and the progress of calls.

Owns: which change causes which webhook, and its parameters; reading the response to an
assignment callback, with the debugger's codes for what is wrong with it, and what is
done then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from functools import partial
from typing import Protocol

from .api.instructions import parameters_of
from .api.rendering import camel, event_data
from .api.requests import Response, snake
from .engine import Engine, Event
from .engine.calls import CallStatus, PhoneCall
from .engine.errors import read_json
from .engine.model import Reservation, Task, Workflow
from .journal import Level
from .webhook_queue import Webhook, WebhookQueue
from .webhook_request import NotAnswered, Reply


# The debugger's code for a call that could not be made.
_DIAL_FAILED = {"call": 40113, "dequeue": 40133, "conference": 40145}

Form = dict[str, str]

# The documented ones. The service may send more.
_ASSIGNMENT = (
    "Timestamp AccountSid WorkspaceSid WorkflowSid TaskQueueSid WorkerSid"
    " WorkerAttributes TaskSid TaskAttributes TaskAge TaskPriority ReservationSid"
).split()

# The one that calls have another word for.
_CALL_STATUS: dict[CallStatus, str] = {"answered": "in-progress"}

# "start end" is what voice conferences have by default.
_CONFERENCE_EVENTS = ("start", "end")


class Performer(Protocol):
    """Who carries out what an application wants to be done."""

    def instruct(self, path: str, params: Mapping[str, object]) -> Response:
        """Carry out a POST to a REST path (starting at /v1) with these parameters."""


class Webhooks:
    """The webhooks of one service, signed with ``X-Twilio-Signature``.

    Event callbacks go to the workspace's ``EventCallbackUrl`` as its ``EventsFilter``
    says, assignment callbacks to the workflow's ``AssignmentCallbackUrl`` or else its
    ``FallbackAssignmentCallbackUrl``, progress to the status callbacks of calls and of
    conferences. They are only queued here: whatever a receiver does, the service goes
    on.
    """

    def __init__(
        self, engine: Engine, queue: WebhookQueue, performer: Performer
    ) -> None:
        self._engine = engine
        self._queue = queue
        self._performer = performer
        engine.on_event(self._on_event)
        engine.telephony.on_call(self._on_call)

    # Listeners: the operation that they hear of is not over, so they only make a
    # note of what is to be sent.

    def _on_event(self, event: Event) -> None:
        workspace = self._engine.workspaces.get(event.workspace_sid, event.workspace)
        if workspace is not None and workspace.event_callback_url:
            if passes(workspace.events_filter, event.event_type):
                form = event_form(event, self._engine.account_sid)
                url = workspace.event_callback_url
                self._queue.send(Webhook(event.workspace_sid, event.sid, url, form))
        if event.event_type == "reservation.created":
            if event.workflow is not None and event.reservation is not None:
                self._assign(event, event.workflow, event.reservation)

    def _on_call(self, call: PhoneCall) -> None:
        instruction = call.instruction
        workspace = self._engine.workspaces.get(call.workspace_sid)
        task = None if workspace is None else workspace.tasks.get(call.task_sid)
        webhook = Webhook(
            call.workspace_sid,
            call.sid,
            instruction.status_callback or "",
            call_form(call, task, self._engine.account_sid),
            "GET" if instruction.status_callback_method == "GET" else "POST",
        )
        if call.status == "failed" and instruction.name in _DIAL_FAILED:
            code = _DIAL_FAILED[instruction.name]
            message = f"the call to {call.to} failed"
            self._queue.alert(replace(webhook, url=""), code, message)
        # Whatever ends a call, it is completed; a redirected one goes on.
        progress = "completed" if call.over else call.status
        wanted = progress in instruction.status_callback_events
        if instruction.status_callback and wanted and call.status != "redirected":
            self._queue.send(webhook)
        url = instruction.options.get("conference_status_callback")
        if instruction.name == "conference" and isinstance(url, str) and url:
            self._on_conference(call, task, url)

    def _on_conference(self, call: PhoneCall, task: Task | None, url: str) -> None:
        """Send the status callbacks of the conference that a call is part of."""
        options = call.instruction.options
        wanted = options.get("conference_status_callback_event") or _CONFERENCE_EVENTS
        method = options.get("conference_status_callback_method")
        for form in conference_forms(call, task, self._engine.account_sid):
            event = form["StatusCallbackEvent"].rpartition("-")[2]
            if isinstance(wanted, tuple) and event in wanted:
                webhook = Webhook(
                    call.workspace_sid,
                    form["ConferenceSid"],
                    url,
                    form,
                    "GET" if method == "GET" else "POST",
                )
                self._queue.send(webhook)

    def _assign(
        self, event: Event, workflow: Workflow, reservation: Reservation
    ) -> None:
        # The fallback stands in for the other one: alone it is not called (choice).
        if not workflow.assignment_callback_url:
            return
        known = event_form(event, self._engine.account_sid)
        form = {name: known[name] for name in _ASSIGNMENT if name in known}
        webhooks = [
            Webhook(event.workspace_sid, reservation.sid, url, form)
            for url in (
                workflow.assignment_callback_url,
                workflow.fallback_assignment_callback_url,
            )
            if url
        ]
        path = (
            f"/v1/Workspaces/{event.workspace_sid}/Tasks/{reservation.task_sid}"
            f"/Reservations/{reservation.sid}"
        )
        job = partial(self._request_instruction, webhooks, path)
        self._queue.run(webhooks[0], job)

    async def _request_instruction(self, webhooks: list[Webhook], path: str) -> None:
        # When both URLs fail, the reservation stays pending until it times out or is
        # answered by REST. The documentation is silent there. Others say that it is
        # canceled; but then the next one would be made at once, and fail as well.
        for webhook in webhooks:
            try:
                params = read_instruction(await self._queue.request(webhook))
            except NotAnswered as trouble:
                self._queue.alert(webhook, trouble.code, trouble.message)
                continue
            except NoInstruction as trouble:
                # It was reached and has answered, so the fallback is not asked.
                code, message = trouble.code, trouble.message
                self._queue.alert(webhook, code, message, trouble.level)
                return
            refusal = params and self._performer.instruct(path, params).error
            if refusal:
                self._queue.alert(webhook, refusal.alert_code, refusal.message)
            return


def passes(events_filter: str | None, event_type: str) -> bool:
    """Return whether a workspace's filter, a comma-separated list, has the event.

    Without one all events pass.
    """
    wanted = [word.strip() for word in (events_filter or "").split(",")]
    return not any(wanted) or event_type in wanted


def conference_forms(
    call: PhoneCall, task: Task | None, account_sid: str
) -> list[dict[str, str]]:
    """Return the parameters of the conference events at a worker's call's new state.

    The conference, named by the task, begins with the worker's answer, when the caller
    is moved in, and is over when the worker's call is. Nobody is muted or put on hold
    here, so there are no other events. Those of voice conferences in general; the sid
    is made of the task's (choice).
    """
    caller = _caller_sid(task)
    people = [call.sid] if caller is None else [call.sid, caller]
    time = int(call.states[-1].time)
    if call.status == "answered":
        events = [("participant-join", sid) for sid in people]
        events.append(("conference-start", people[-1]))
        first = 1
    elif call.over and any(state.status == "answered" for state in call.states):
        events = [("participant-leave", sid) for sid in people]
        events.append(("conference-end", call.sid))
        first = len(people) + 2
    else:
        return []
    common = {
        "AccountSid": account_sid,
        "ConferenceSid": f"CF{call.task_sid[2:]}",
        "FriendlyName": call.task_sid,
        "Timestamp": format_datetime(datetime.fromtimestamp(time, timezone.utc)),
    }
    forms = []
    for place, (event, sid) in enumerate(events, first):
        form = {**common, "StatusCallbackEvent": event, "SequenceNumber": str(place)}
        if event == "conference-end":
            form["CallSidEndingConference"] = sid
            form["ReasonConferenceEnded"] = "last-participant-left"
        elif event != "conference-start":
            form["CallSid"] = sid
        forms.append(_sendable(form))
    return forms


# Parameters.


def event_form(event: Event, account_sid: str) -> Form:
    """Return the parameters of an event callback.

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
    data = {camel(name): value for name, value in event_data(event).items()}
    return _sendable({**data, **common})


def call_form(call: PhoneCall, task: Task | None, account_sid: str) -> Form:
    """Return the parameters of a status callback: those of voice calls in general.

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
    caller = _caller_sid(task)
    if caller is not None:
        form["taskCallSid"] = caller
    return _sendable(form)


def _caller_sid(task: Task | None) -> str | None:
    sid = None if task is None else task.attributes_value.get("call_sid")
    return sid if isinstance(sid, str) else None


def _sendable(form: Form) -> Form:
    """Replace halves of characters: JSON can hold them, a form cannot."""
    return {
        name: value.encode("utf-8", "replace").decode() for name, value in form.items()
    }


# Responses to assignment callbacks.

NO_INSTRUCTION = 40005
INVALID_INSTRUCTION = 55555
INVALID_CONTENT_TYPE = 12300


def _keys(name: str) -> dict[str, str]:
    """Return the REST parameters of an instruction by the keys of a response."""
    prefix = "" if name == "conference" else name.capitalize()
    keys = {snake(each.removeprefix(prefix)): each for each in parameters_of(name)}
    if name == "dequeue":
        keys["status_callback_events"] = keys.pop("status_callback_event")
    return keys


# Other keys are passed over.
_KEYS: Mapping[str, Mapping[str, str]] = {
    "accept": {},
    "reject": {"activity_sid": "WorkerActivitySid"},
    **{name: _keys(name) for name in ("dequeue", "call", "redirect", "conference")},
}


class NoInstruction(Exception):
    """The application's response has no valid instruction."""

    def __init__(self, code: int, message: str, level: Level = "error") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.level = level


def read_instruction(reply: Reply) -> dict[str, object] | None:
    """Parse a response into REST parameters; None if it is empty.

    Raises:
        NotAnswered: it is not valid JSON, or too long.
        NoInstruction: it is valid JSON, but not a valid instruction.
    """
    if reply.text is None:
        raise NotAnswered("the response is too long", passing=False)
    if not reply.text.strip():
        return None
    if reply.content_type != "application/json":
        raise NotAnswered(
            f"the response's Content-Type is {reply.content_type}, "
            "not application/json",
            passing=False,
            code=INVALID_CONTENT_TYPE,
        )
    try:
        document = read_json(reply.text)
    except ValueError:
        raise NotAnswered(
            "the response is not valid JSON", passing=False, code=NO_INSTRUCTION
        ) from None
    name = document.get("instruction") if isinstance(document, dict) else None
    if name is None:
        raise NoInstruction(
            NO_INSTRUCTION, "the response has no instruction", "warning"
        )
    names = _KEYS.get(name) if isinstance(name, str) else None
    if names is None:
        raise NoInstruction(INVALID_INSTRUCTION, f"{name!r} is not a valid instruction")
    params = {names[key]: value for key, value in document.items() if key in names}
    for parameter, value in params.items():
        if not _usable(parameter, value):
            message = f"{parameter} must be a string or a number"
            raise NoInstruction(INVALID_INSTRUCTION, message)
    return {"Instruction": name, **params}


def _usable(parameter: str, value: object) -> bool:
    """Return whether it is a string, number, boolean, null or list of events."""
    if isinstance(value, list) and parameter.endswith("Event"):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, (str, int, float))
