"""Control: clock, workspaces, tasks, REST and calls, as in ``Emulator``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from taskrouter_sync.emulator import plan
from taskrouter_sync.emulator.api.dispatch import METHODS, VERSION
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.control.command import Command, Json
from taskrouter_sync.emulator.control.site import Site
from taskrouter_sync.emulator.engine.calls import Outcome
from taskrouter_sync.emulator.fields import (
    Choice,
    Document,
    Each,
    Either,
    Field,
    Flag,
    Integer,
    Number,
    Text,
)


_HOUR = 3600
_TEN_YEARS = 315_360_000
_INT32 = 2**31 - 1

_OUTCOME = Choice(get_args(Outcome))


def _clock(site: Site, given: dict[str, Any]) -> Json:
    return site.views.clock()


def _advance(site: Site, given: dict[str, Any]) -> Json:
    site.emulator.advance(given["seconds"])
    return site.views.clock()


def _workspace(site: Site, given: dict[str, Any]) -> Json:
    return asdict(site.emulator.workspace(**given))


def _task(site: Site, given: dict[str, Any]) -> Json:
    return site.emulator.create_task(**given)


def _rest(site: Site, given: dict[str, Any]) -> Json:
    path = f"{VERSION}/{given['path'].removeprefix(VERSION).lstrip('/')}"
    params: Mapping[str, object] = given.get("params", {})
    answer = site.service.api.perform(
        given["method"], path, Parameters.from_json(params)
    )
    return {"status": answer.status, "body": answer.body}


def _settings(site: Site, given: dict[str, Any]) -> Json:
    return site.emulator.call(lambda engine: engine.telephony.settings.as_dict())


def _telephony(site: Site, given: dict[str, Any]) -> Json:
    telephony = site.emulator.telephony
    if "answer_after" in given:
        telephony.answer_after = given["answer_after"]
    if "call_length" in given:
        telephony.call_length = given["call_length"]
    if "outcome" in given:
        telephony.outcome(None, given["outcome"])
    for contact_uri, outcome in given.get("outcomes", {}).items():
        telephony.outcome(contact_uri, outcome)
    return _settings(site, {})


def _hang_up(site: Site, given: dict[str, Any]) -> Json:
    site.emulator.telephony.hang_up(given["call_sid"])
    return {}


STEERING: Sequence[Command] = (
    Command("GET", "/clock", "Show the time, and when something will be due.", _clock),
    Command(
        "POST",
        "/clock/advance",
        "Let time pass on a manual clock; 409 on a real one.",
        _advance,
        (Field("seconds", Number(0, _TEN_YEARS), "how long", required=True),),
    ),
    Command(
        "POST",
        "/workspaces",
        "Set up a workspace, and give the sids of what it contains.",
        _workspace,
        plan.FIELDS,
        201,
    ),
    Command(
        "POST",
        "/tasks",
        "Create a task, and give it as REST shows it.",
        _task,
        (
            Field("workspace", Text(), "WS…; by default the only one"),
            Field("attributes", Document(), "the task's attributes; none by default"),
            Field("workflow_sid", Text(), "WW…; by default the only one"),
            Field("task_channel", Text(), "a unique name or TC…; default by default"),
            Field("task_queue_sid", Text(), "WQ…, instead of a way to it"),
            Field("priority", Integer(0, _INT32), "0 by default"),
            Field("timeout", Integer(1, _INT32), "seconds; a day by default"),
            Field("routing_target", Text(), "a worker or queue, past the workflow"),
            Field("ignore_capacity", Flag(), "past the capacity, too"),
            Field("virtual_start_time", Text(), "a date, ISO 8601"),
        ),
        201,
    ),
    Command(
        "POST",
        "/rest",
        "Do anything that REST does, without credentials, past faults and journal.",
        _rest,
        (
            Field("method", Choice(METHODS), "the HTTP method", required=True),
            Field("path", Text(), "/Workspaces/…", required=True),
            Field("params", Document(), "the parameters, as REST names them"),
        ),
    ),
    Command("GET", "/telephony", "Show how simulated calls go.", _settings),
    Command(
        "POST",
        "/telephony",
        "Say how simulated calls go; what is not given stays as it is.",
        _telephony,
        (
            Field("answer_after", Number(0, _HOUR), "seconds until a call is answered"),
            Field(
                "call_length",
                Either((Number(0, _TEN_YEARS), None)),
                "seconds from answer to end; null: until it is hung up",
            ),
            Field("outcome", _OUTCOME, "what comes of calls"),
            Field("outcomes", Each(_OUTCOME), "the same by contact URI"),
        ),
    ),
    Command(
        "POST",
        "/calls/hang_up",
        "End a call.",
        _hang_up,
        (Field("call_sid", Text(), "CA…", required=True),),
    ),
)
