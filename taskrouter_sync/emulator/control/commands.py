"""All that the control can be asked, as one table; ``GET /emulator`` shows it.

Owns: each command's path, fields and what it does with an emulator. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, get_args

from taskrouter_sync.emulator import plan
from taskrouter_sync.emulator.api.dispatch import METHODS, VERSION
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.control import views
from taskrouter_sync.emulator.control.command import Command, Context, Json
from taskrouter_sync.emulator.control.listing import LISTING
from taskrouter_sync.emulator.engine.calls import Outcome
from taskrouter_sync.emulator.fields import (
    Choice,
    Document,
    Each,
    Either,
    Field,
    FieldError,
    Flag,
    Integer,
    Number,
    Text,
)
from taskrouter_sync.emulator.journal import Request, Search


PREFIX = "/emulator"
STREAM = "/stream"

_HOUR = 3600
_TEN_YEARS = 315_360_000
_INT32 = 2**31 - 1
_MANY = 1_000_000_000
_MANY_TIMES = 1_000_000
_MOST_SECONDS = 60
_WAIT = 5.0
# Of what one list holds: by default, and at most.
_LISTED = 1000
_MOST_LISTED = 10_000


def find(path: str) -> dict[str, Command]:
    """Give the commands of a path (what follows /emulator) by method."""
    return {each.method: each for each in COMMANDS if each.path == path}


def index() -> Json:
    """List all commands."""
    return {
        "about": "Steers this emulator of TaskRouter: JSON in and out, paths below "
        f"{PREFIX}. GET and DELETE take fields in the query, POST in a JSON object. "
        "Wrong input is answered 400 with a message that names the field.",
        "commands": [each.described() for each in COMMANDS],
        "stream": f"{PREFIX}{STREAM} sends server-sent events: 'event' for each event "
        "of the service (with a number as id, so that a reader that comes back misses "
        "none), and 'state' with what /state shows, after each change; with ?lists=no, "
        "without what /workers, /tasks, /reservations and /task_queues list.",
    }


# Clock, workspaces, tasks, REST and calls


def _clock(context: Context, given: dict[str, Any]) -> Json:
    return context.views.clock()


def _advance(context: Context, given: dict[str, Any]) -> Json:
    context.emulator.advance(given["seconds"])
    return context.views.clock()


def _workspace(context: Context, given: dict[str, Any]) -> Json:
    return asdict(context.emulator.workspace(**given))


def _task(context: Context, given: dict[str, Any]) -> Json:
    return context.emulator.create_task(**given)


def _rest(context: Context, given: dict[str, Any]) -> Json:
    path = f"{VERSION}/{given['path'].removeprefix(VERSION).lstrip('/')}"
    params: Mapping[str, object] = given.get("params", {})
    answer = context.service.api.perform(
        given["method"], path, Parameters.from_json(params)
    )
    return {"status": answer.status, "body": answer.body}


def _settings(context: Context, given: dict[str, Any]) -> Json:
    return context.emulator.call(lambda engine: engine.telephony.settings.as_dict())


def _telephony(context: Context, given: dict[str, Any]) -> Json:
    telephony = context.emulator.telephony
    if "answer_after" in given:
        telephony.answer_after = given["answer_after"]
    if "call_length" in given:
        telephony.call_length = given["call_length"]
    if "outcome" in given:
        telephony.outcome(None, given["outcome"])
    for contact_uri, outcome in given.get("outcomes", {}).items():
        telephony.outcome(contact_uri, outcome)
    return _settings(context, {})


def _hang_up(context: Context, given: dict[str, Any]) -> Json:
    context.emulator.telephony.hang_up(given["call_sid"])
    return {}


def _snapshot(context: Context, given: dict[str, Any]) -> Json:
    # As /restore takes it.
    return {"snapshot": context.emulator.snapshot()}


def _restore(context: Context, given: dict[str, Any]) -> Json:
    try:
        context.emulator.restore(given["snapshot"])
    except ValueError as error:
        raise FieldError("snapshot", f"is refused: {error}") from None
    return context.views.clock()


_OUTCOME = Choice(get_args(Outcome))

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
    Command("GET", "/snapshot", "Give the whole state, for /restore.", _snapshot),
    Command(
        "POST",
        "/restore",
        "Be what an emulator was at a snapshot; all sockets are closed.",
        _restore,
        (Field("snapshot", Document(), "what /snapshot gave", required=True),),
    ),
)


# Seeing what happens, and waiting for it


def _state(context: Context, given: dict[str, Any]) -> Json:
    return context.views.state()


def _page(
    name: str, found: Iterator[Any], show: Callable[[Any], Json], limit: int
) -> Json:
    """Give a list of so many, and whether there are more after its last."""
    page = list(islice(found, limit + 1))
    return {"more": len(page) > limit, name: map(show, page[:limit])}


def _events(context: Context, given: dict[str, Any]) -> Json:
    wanted = given.get("event_type")
    events = context.service.journal.events_after(given.get("after", 0))
    found = (each for each in events if wanted in (None, each[1].event_type))
    limit = given.get("limit", _LISTED)
    return _page("events", found, lambda each: context.views.event(*each), limit)


def _matches(given: dict[str, Any]) -> Callable[[Request], bool]:
    method, url = given.get("method"), given.get("url", "")
    return lambda entry: method in (None, entry.method) and url in entry.url


def _requests(context: Context, given: dict[str, Any]) -> Json:
    matches = _matches(given)
    requests = context.service.journal.requests_after(given.get("after", 0))
    found = (each for each in requests if matches(each[1]))
    limit = given.get("limit", _LISTED)
    return _page("requests", found, lambda each: views.request(*each), limit)


async def _wait_for_requests(context: Context, given: dict[str, Any]) -> Json:
    count = given.get("count", 1)
    journal = context.service.journal
    search = Search(journal.requests_after, _matches(given), given.get("after", 0))
    await context.changes.until(
        lambda: search.count() >= count,
        given.get("timeout", _WAIT),
        f"{count} requests",
    )
    return _requests(context, given)


def _connections(context: Context, given: dict[str, Any]) -> Json:
    return {"connections": context.views.connections()}


async def _wait_for_connections(context: Context, given: dict[str, Any]) -> Json:
    channel, count = given["channel"], given["count"]
    await context.changes.until(
        lambda: context.service.journal.connections(channel) == count,
        given.get("timeout", _WAIT),
        f"{count} sockets of {channel}",
    )
    return _connections(context, {})


def _calls(context: Context, given: dict[str, Any]) -> Json:
    after = given.get("after", 0)
    found = (each for each in context.emulator.calls if each.number > after)
    return _page("calls", found, views.call, given.get("limit", _LISTED))


_AFTER = Field("after", Integer(0, _MANY), "only what has a higher number")
_LIMIT = Field(
    "limit", Integer(1, _MOST_LISTED), f"the first so many; {_LISTED} by default"
)
_TIMEOUT = Field("timeout", Number(0, _MOST_SECONDS), "seconds; 5 by default")
_METHOD = Field("method", Choice(("GET", "POST", "DELETE")), "only requests of it")
_URL = Field("url", Text(), "only requests with this in their URL")

LOOKING: Sequence[Command] = (
    Command(
        "GET",
        "/state",
        "Show workspaces, workers, task queues, live reservations and statistics.",
        _state,
    ),
    Command(
        "GET",
        "/events",
        "List the service's events, oldest first.",
        _events,
        (Field("event_type", Text(), "only events of it"), _AFTER, _LIMIT),
    ),
    Command(
        "GET",
        "/requests",
        "List the requests that arrived: REST, event bridge, and WebSocket upgrades.",
        _requests,
        (_METHOD, _URL, _AFTER, _LIMIT),
    ),
    Command(
        "GET",
        "/requests/wait",
        "List the matching requests once there are enough; 504 if it takes long.",
        _wait_for_requests,
        (
            Field("count", Integer(1, _MANY), "at least how many; 1 by default"),
            *(_METHOD, _URL, _AFTER, _LIMIT, _TIMEOUT),
        ),
    ),
    Command("GET", "/connections", "Count the open sockets by channel.", _connections),
    Command(
        "GET",
        "/connections/wait",
        "Count the open sockets once a channel has so many; 504 if it takes long.",
        _wait_for_connections,
        (
            Field("channel", Text(), "WK…, WQ… or WS…", required=True),
            Field("count", Integer(0, _MANY), "exactly how many", required=True),
            _TIMEOUT,
        ),
    ),
    Command(
        "GET",
        "/calls",
        "List the calls that instructions made.",
        _calls,
        (_AFTER, _LIMIT),
    ),
)


# Scripted trouble, by the names of the methods of `Faults`


@dataclass(frozen=True)
class _Script:
    method: str

    def __call__(self, context: Context, given: dict[str, Any]) -> Json:
        getattr(context.emulator.faults, self.method)(**given)
        return {}


@dataclass(frozen=True)
class _OnSockets:
    method: str

    def __call__(self, context: Context, given: dict[str, Any]) -> Json:
        return {"sockets": getattr(context.emulator.faults, self.method)(**given)}


def _send(context: Context, given: dict[str, Any]) -> Json:
    return {"sockets": context.emulator.send_frame(given["channel"], given["frame"])}


_TIMES = Field("times", Integer(1, _MANY_TIMES), "how many requests; 1 by default")
_CARRIED_OUT = Field("carried_out", Flag(), "do what was asked all the same")
_MATCH = (_METHOD, _URL, _TIMES)
_CHANNEL = Field("channel", Text(), "WK…, WQ… or WS…; all by default")

FAULTS: Sequence[Command] = (
    Command(
        "POST",
        "/faults/answer",
        "Answer the next matching requests with a status.",
        _Script("answer"),
        (
            Field("status", Integer(200, 599), "the HTTP status", required=True),
            Field(
                "body", Either((Document(), Text())), "by default like the service's"
            ),
            Field("message", Text(1000), "the reason phrase, and in the default body"),
            Field("code", Integer(0, 99_999), "Twilio's code in the default body"),
            Field("delay", Number(0, _HOUR), "seconds until the answer"),
            _CARRIED_OUT,
            *_MATCH,
        ),
    ),
    Command(
        "POST",
        "/faults/malformed",
        "Answer the next matching requests 200 with a body that is no JSON.",
        _Script("malformed"),
        (Field("body", Text(), "half a JSON object by default"), _CARRIED_OUT, *_MATCH),
    ),
    Command(
        "POST",
        "/faults/delay",
        "Let the next matching requests wait before they are carried out.",
        _Script("delay"),
        (Field("seconds", Number(0, _HOUR), "how long", required=True), *_MATCH),
    ),
    Command(
        "POST",
        "/faults/drop",
        "Give the next matching requests no response: their connection is cut.",
        _Script("drop_requests"),
        (_CARRIED_OUT, *_MATCH),
    ),
    Command(
        "POST",
        "/faults/refuse_upgrades",
        "Refuse the next sockets with a status.",
        _Script("refuse_upgrades"),
        (
            Field("status", Integer(300, 599), "the HTTP status", required=True),
            _CHANNEL,
            Field("times", Integer(1, _MANY_TIMES), "how many sockets; 1 by default"),
            Field("delay", Number(0, _HOUR), "seconds until the answer"),
        ),
    ),
    Command(
        "DELETE",
        "/faults",
        "Forget all trouble that has not come yet.",
        _Script("clear"),
    ),
)

SOCKETS: Sequence[Command] = (
    Command(
        "POST",
        "/sockets/close",
        "Close sockets by a close frame.",
        _OnSockets("close_sockets"),
        (
            _CHANNEL,
            Field("code", Integer(1000, 4999), "the close code; 1000 by default"),
            Field("reason", Text(123), "the close reason"),
        ),
    ),
    Command(
        "POST",
        "/sockets/cut",
        "Cut open sockets now, without a close frame.",
        _OnSockets("cut_sockets"),
        (_CHANNEL,),
    ),
    Command(
        "POST",
        "/sockets/stall",
        "Let sockets stay open with nothing coming through, until they are resumed.",
        _OnSockets("stall_sockets"),
        (_CHANNEL,),
    ),
    Command(
        "POST",
        "/sockets/resume",
        "Let stalled sockets flow again, with what waited.",
        _OnSockets("resume_sockets"),
        (_CHANNEL,),
    ),
    Command(
        "POST",
        "/sockets/duplicate",
        "Send the next frames to the open sockets twice.",
        _OnSockets("duplicate_frames"),
        (
            _CHANNEL,
            Field("times", Integer(1, _MANY_TIMES), "how many frames; 1 by default"),
        ),
    ),
    Command(
        "POST",
        "/sockets/send",
        "Send a frame: any text, or an object as JSON.",
        _send,
        (
            Field("channel", Text(), "WK…, WQ… or WS…", required=True),
            Field("frame", Either((Text(), Document())), "the frame", required=True),
        ),
    ),
)

COMMANDS: Sequence[Command] = (*STEERING, *LOOKING, *LISTING, *FAULTS, *SOCKETS)
