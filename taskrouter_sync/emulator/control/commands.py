"""The commands of the control, as one table; ``GET /emulator`` shows it.

Owns: each command's path, fields and effect on an emulator, on the emulator's thread;
searching, sorting and paging the lists of a workspace. Does not depend on HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Protocol, get_args

from .. import plan
from ..api.dispatch import METHODS, VERSION
from ..api.requests import Parameters
from ..engine.calls import Outcome
from ..faults import (
    CLOSE_CODE,
    CLOSE_REASON,
    CODE,
    REFUSAL_STATUS,
    STATUS,
    Faults,
)
from ..fields import (
    DOCUMENT,
    FLAG,
    NULL,
    Field,
    FieldError,
    choice,
    either,
    integer,
    named,
    number,
    text,
)
from ..journal import Request, Search
from ..service import Service
from ..setup import ReadyWorkspace
from . import views
from .changes import Changes
from .views import Json, Views


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
# The same of a workspace's lists.
_ROWS = 50
_MOST_ROWS = 200


class Steered(Protocol):
    """The part of ``Emulator`` that the control uses; see there."""

    @property
    def faults(self) -> Faults: ...
    def advance(self, seconds: float) -> None: ...
    def snapshot(self) -> dict[str, Any]: ...
    def restore(self, snapshot: Mapping[str, Any]) -> None: ...
    @property
    def workspace(self) -> Callable[..., ReadyWorkspace]: ...
    @property
    def create_task(self) -> Callable[..., dict[str, Any]]: ...
    def send_frame(self, channel: str, frame: str | Mapping[str, object]) -> int: ...


@dataclass(frozen=True)
class Context:
    """The objects that a command uses, on the emulator's own thread."""

    emulator: Steered
    service: Service
    views: Views
    changes: Changes


Given = dict[str, Any]
Run = Callable[[Context, Given], "Json | Awaitable[Json]"]


@dataclass(frozen=True)
class Command:
    """A path below /emulator.

    Args:
        method: GET and DELETE take fields from the query, POST from a JSON body.
        path: the path after /emulator.
        run: runs the command with the given fields and returns the response. A list
            in it may be an iterator.
        fields: all fields that the command takes.
    """

    method: str
    path: str
    about: str
    run: Run
    fields: Sequence[Field]
    status: int

    def described(self) -> Json:
        """Return its entry in the list of commands."""
        return {
            "method": self.method,
            "path": self.path,
            "about": self.about,
            "fields": {
                field.name: f"{field.kind}{' (required)' if field.required else ''}: "
                f"{field.about}"
                for field in self.fields
            },
        }


def _command(
    route: str, about: str, run: Run, *fields: Field, status: int = 200
) -> Command:
    method, path = route.split()
    return Command(method, path, about, run, fields, status)


def index() -> Json:
    """List all commands."""
    return {
        "about": "Controls this TaskRouter emulator. All paths are below "
        f"{PREFIX}; GET and DELETE take their fields from the query, POST from a JSON "
        "object. The response is JSON. Invalid input is refused with status 400 and a "
        "message that names the field.",
        "commands": [each.described() for each in COMMANDS],
        "stream": f"{PREFIX}{STREAM} sends server-sent events: 'event' for each event "
        "of the service (with a number as id, so that a client that reconnects misses "
        "none), and 'state' with the response of /state after each change; with "
        "?lists=no, without the lists of /workers, /tasks, /reservations and "
        "/task_queues.",
    }


# Clock, workspaces, tasks, REST and calls


def _advance(context: Context, given: Given) -> Json:
    context.emulator.advance(given["seconds"])
    return context.views.clock()


def _rest(context: Context, given: Given) -> Json:
    path = f"{VERSION}/{given['path'].removeprefix(VERSION).lstrip('/')}"
    params = Parameters.from_json(given.get("params", {}))
    answer = context.service.api.perform(given["method"], path, params)
    return {"status": answer.status, "body": answer.body}


def _telephony(context: Context, given: Given) -> Json:
    settings = context.service.engine.telephony.settings
    for name in ("answer_after", "call_length"):
        if name in given:
            setattr(settings, name, given[name])
    if "outcome" in given:
        settings.outcome(None, given["outcome"])
    for contact_uri, outcome in given.get("outcomes", {}).items():
        settings.outcome(contact_uri, outcome)
    return settings.as_dict()


def _hang_up(context: Context, given: Given) -> Json:
    context.service.engine.telephony.hang_up(given["call_sid"])
    return {}


def _restore(context: Context, given: Given) -> Json:
    try:
        context.emulator.restore(given["snapshot"])
    except ValueError as error:
        raise FieldError("snapshot", f"was refused: {error}") from None
    return context.views.clock()


# Seeing what happens, and waiting for it


def _page(
    name: str, found: Iterator[Any], show: Callable[[Any], Json], given: Given
) -> Json:
    """Return the first entries up to the limit, and whether there are more."""
    limit = given.get("limit", _LISTED)
    page = list(islice(found, limit + 1))
    return {"more": len(page) > limit, name: map(show, page[:limit])}


def _events(context: Context, given: Given) -> Json:
    wanted = given.get("event_type")
    events = context.service.journal.events.after(given.get("after", 0))
    found = (each for each in events if wanted in (None, each[1].event_type))
    return _page("events", found, lambda each: context.views.event(*each), given)


def _matches(given: Given) -> Callable[[Request], bool]:
    method, url = given.get("method"), given.get("url", "")
    return lambda entry: method in (None, entry.method) and url in entry.url


def _requests(context: Context, given: Given) -> Json:
    matches = _matches(given)
    requests = context.service.journal.requests.after(given.get("after", 0))
    found = (each for each in requests if matches(each[1]))
    return _page("requests", found, lambda each: views.request(*each), given)


async def _wait_for_requests(context: Context, given: Given) -> Json:
    count, timeout = given.get("count", 1), given.get("timeout", _WAIT)
    requests = context.service.journal.requests
    search = Search(requests, _matches(given), given.get("after", 0))
    await context.changes.until(
        lambda: search.count() >= count, timeout, f"{count} requests"
    )
    return _requests(context, given)


def _connections(context: Context, given: Given) -> Json:
    return {"connections": context.service.channels.counts()}


async def _wait_for_connections(context: Context, given: Given) -> Json:
    channel, count = given["channel"], given["count"]
    await context.changes.until(
        lambda: context.service.journal.connections(channel) == count,
        given.get("timeout", _WAIT),
        f"{count} sockets of {channel}",
    )
    return _connections(context, {})


def _calls(context: Context, given: Given) -> Json:
    after = given.get("after", 0)
    calls = context.service.engine.telephony.calls
    found = (each for each in calls if each.number > after)
    return _page("calls", found, views.call, given)


# The lists of a workspace

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class _List:
    """A list that can be asked for.

    Args:
        name: the name of the list, in the path and in the response.
        status: the field of a row that ``status`` is compared with.
        orders: by which field rows are sorted, by name; the first one is the default.
            With "-" the greatest comes first; "" is the order of their creation.
    """

    name: str
    about: str
    status: str | None
    orders: Mapping[str, str]

    def read(self, context: Context, given: Given) -> Json:
        """Return one page of what matches."""
        engine = context.service.engine
        engine.run_due()
        workspace = engine.workspaces.find(given["workspace"])
        words = given.get("text", "").casefold().split()
        status = given.get("status")
        rows = list(context.views.rows(self.name, workspace))
        found = [
            row
            for row in rows
            if (status is None or (self.status and row[self.status] == status))
            and _contains(row, words)
        ]
        matching = len(found)
        order = self.orders[given.get("order", next(iter(self.orders)))]
        field = order.removeprefix("-")
        if field:
            found.sort(key=lambda row: _natural(row[field]), reverse=order != field)
        elif order:
            found.reverse()
        offset = given.get("offset", 0)
        page = found[offset : offset + given.get("limit", _ROWS)]
        return {"total": len(rows), "matching": matching, self.name: page}

    def command(self) -> Command:
        """Return the command that reads it."""
        status = Field("status", text(), f"only rows with this {self.status}")
        words = "only rows that contain all of these words (sids: begin with)"
        limit = f"the maximum number; {_ROWS} by default"
        return _command(
            f"GET /{self.name}",
            self.about,
            self.read,
            Field("workspace", text(), "WS…", required=True),
            Field("text", text(), words),
            *([status] if self.status is not None else []),
            Field("order", choice(*self.orders), "the first one by default"),
            Field("offset", integer(0, _MANY), "the first row; 0 by default"),
            Field("limit", integer(1, _MOST_ROWS), limit),
        )


def _contains(row: Json, words: Sequence[str]) -> bool:
    if not words:
        return True
    texts = [
        text
        for name, value in row.items()
        if not name.endswith("sid")  # Any number is in some sid: see below.
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    ]
    whole = "\n".join(texts).casefold()
    sids = [str(row[name]).casefold() for name in row if name.endswith("sid")]
    return all(
        word in whole or any(sid.startswith(word) for sid in sids) for word in words
    )


def _natural(value: object) -> Any:
    """Return what sorts Alice 2 before alice 10."""
    if not isinstance(value, str):
        return value
    return [
        int(part) if at % 2 else part.casefold()
        for at, part in enumerate(_DIGITS.split(value))
    ]


_LISTS = (
    _List(
        "workers",
        "List a workspace's workers.",
        "activity_name",
        {
            "name": "friendly_name",
            "activity": "activity_name",
            "load": "-load",
            "connections": "-connections",
            "longest_in_activity": "date_status_changed",
        },
    ),
    _List(
        "tasks",
        "List a workspace's tasks, including finished ones that are not deleted yet.",
        "assignment_status",
        {"newest": "-", "oldest": "", "priority": "-priority"},
    ),
    _List(
        "reservations",
        "List a workspace's live reservations: pending, accepted and wrapping.",
        "reservation_status",
        {"oldest": "", "newest": "-", "worker": "worker_name"},
    ),
    _List(
        "task_queues",
        "List a workspace's task queues, with their waiting tasks.",
        None,
        {"name": "friendly_name", "waiting": "-waiting"},
    ),
)


# Scripted faults, by the names of the methods of `Faults`


def _fault(method: str, *, on_sockets: bool = False) -> Run:
    def run(context: Context, given: Given) -> Json:
        count = getattr(context.emulator.faults, method)(**given)
        return {"sockets": count} if on_sockets else {}

    return run


# The table

_OUTCOME = choice(*get_args(Outcome))
_AFTER = Field("after", integer(0, _MANY), "only entries with a higher number")
_LIMIT = Field(
    "limit", integer(1, _MOST_LISTED), f"the maximum number; {_LISTED} by default"
)
_TIMEOUT = Field("timeout", number(0, _MOST_SECONDS), "seconds; 5 by default")
_METHOD = Field("method", choice(*METHODS), "only requests with this method")
_URL = Field("url", text(), "only requests with this in their URL")
_TIMES = Field("times", integer(1, _MANY_TIMES), "the number of requests; 1 by default")
_CARRIED_OUT = Field("carried_out", FLAG, "carry out the request nevertheless")
_MATCH = (_METHOD, _URL, _TIMES)
_CHANNEL = Field("channel", text(), "WK…, WQ… or WS…; all by default")
_THE_CHANNEL = Field("channel", text(), "WK…, WQ… or WS…", required=True)
_DELAY = Field("delay", number(0, _HOUR), "seconds until the response")

COMMANDS: Sequence[Command] = (
    _command(
        "GET /clock",
        "Show the time and the next deadline.",
        lambda context, given: context.views.clock(),
    ),
    _command(
        "POST /clock/advance",
        "Advance a manual clock; 409 if the clock is real.",
        _advance,
        Field("seconds", number(0, _TEN_YEARS), "the duration", required=True),
    ),
    _command(
        "POST /workspaces",
        "Create a workspace and return the sids of everything in it.",
        lambda context, given: asdict(context.emulator.workspace(**given)),
        *plan.FIELDS,
        status=201,
    ),
    _command(
        "POST /tasks",
        "Create a task and return it as in the REST API.",
        lambda context, given: context.emulator.create_task(**given),
        Field("workspace", text(), "WS…; by default the only one"),
        Field("attributes", DOCUMENT, "the task's attributes; none by default"),
        Field("workflow_sid", text(), "WW…; by default the only one"),
        Field("task_channel", text(), "a unique name or TC…; default by default"),
        Field("task_queue_sid", text(), "WQ…; of a task for a worker"),
        Field("priority", integer(0, _INT32), "0 by default"),
        Field("timeout", integer(1, _INT32), "seconds; a day by default"),
        Field("routing_target", text(), "WK…, WQ… or WW…"),
        Field("ignore_capacity", FLAG, "of a task for a worker"),
        Field("virtual_start_time", text(), "a date, ISO 8601"),
        status=201,
    ),
    _command(
        "POST /rest",
        "Make a REST request; it needs no credentials, and faults don't apply to it.",
        _rest,
        Field("method", choice(*METHODS), "the HTTP method", required=True),
        Field("path", text(), "/Workspaces/…", required=True),
        Field("params", DOCUMENT, "the parameters, with their REST names"),
    ),
    _command(
        "GET /telephony",
        "Show the settings of simulated calls.",
        lambda context, given: context.service.engine.telephony.settings.as_dict(),
    ),
    _command(
        "POST /telephony",
        "Change the settings of simulated calls; omitted ones stay unchanged.",
        _telephony,
        Field("answer_after", number(0, _HOUR), "seconds until a call is answered"),
        Field(
            "call_length",
            either(number(0, _TEN_YEARS), NULL),
            "seconds from answer to end; null: until /calls/hang_up",
        ),
        Field("outcome", _OUTCOME, "the outcome of calls"),
        Field("outcomes", named(_OUTCOME), "the outcome of calls by contact URI"),
    ),
    _command(
        "POST /calls/hang_up",
        "End a call.",
        _hang_up,
        Field("call_sid", text(), "CA…", required=True),
    ),
    _command(
        "GET /snapshot",
        "Return the whole state, for /restore.",
        lambda context, given: {"snapshot": context.emulator.snapshot()},
    ),
    _command(
        "POST /restore",
        "Restore the state of a snapshot; all sockets are closed.",
        _restore,
        Field("snapshot", DOCUMENT, "as returned by /snapshot", required=True),
    ),
    _command(
        "GET /state",
        "Show workspaces, workers, task queues, live reservations and statistics.",
        lambda context, given: context.views.state(),
    ),
    _command(
        "GET /events",
        "List the service's events, oldest first.",
        _events,
        Field("event_type", text(), "only events of this type"),
        _AFTER,
        _LIMIT,
    ),
    _command(
        "GET /requests",
        "List the requests that arrived: REST, event bridge, and WebSocket upgrades.",
        _requests,
        _METHOD,
        _URL,
        _AFTER,
        _LIMIT,
    ),
    _command(
        "GET /requests/wait",
        "Wait for matching requests and list them; 504 if the timeout expires.",
        _wait_for_requests,
        Field("count", integer(1, _MANY), "the minimum number; 1 by default"),
        *(_METHOD, _URL, _AFTER, _LIMIT, _TIMEOUT),
    ),
    _command("GET /connections", "Count the open sockets by channel.", _connections),
    _command(
        "GET /connections/wait",
        "Wait until a channel has exactly `count` sockets; 504 if the timeout expires.",
        _wait_for_connections,
        _THE_CHANNEL,
        Field("count", integer(0, _MANY), "the exact number", required=True),
        _TIMEOUT,
    ),
    _command(
        "GET /calls",
        "List the calls that instructions made.",
        _calls,
        _AFTER,
        _LIMIT,
    ),
    *(each.command() for each in _LISTS),
    _command(
        "POST /faults/answer",
        "Respond to the next matching requests with a status.",
        _fault("answer"),
        Field("status", STATUS, "the HTTP status", required=True),
        Field("body", either(DOCUMENT, text()), "an error body by default"),
        Field("message", text(1000), "reason phrase, message of the default body"),
        Field("code", CODE, "Twilio's code in the default body"),
        _DELAY,
        _CARRIED_OUT,
        *_MATCH,
    ),
    _command(
        "POST /faults/malformed",
        "Respond to the next matching requests with 200 and invalid JSON.",
        _fault("malformed"),
        Field("body", text(), "half a JSON object by default"),
        _CARRIED_OUT,
        *_MATCH,
    ),
    _command(
        "POST /faults/delay",
        "Delay the next matching requests.",
        _fault("delay"),
        Field("seconds", number(0, _HOUR), "the delay", required=True),
        *_MATCH,
    ),
    _command(
        "POST /faults/drop",
        "Drop the connections of the next matching requests without a response.",
        _fault("drop_requests"),
        _CARRIED_OUT,
        *_MATCH,
    ),
    _command(
        "POST /faults/refuse_upgrades",
        "Refuse the next sockets with a status.",
        _fault("refuse_upgrades"),
        Field("status", REFUSAL_STATUS, "the HTTP status", required=True),
        _CHANNEL,
        Field("times", integer(1, _MANY_TIMES), "the number of sockets; 1 by default"),
        _DELAY,
    ),
    _command(
        "DELETE /faults",
        "Remove all faults that have not been used up.",
        _fault("clear"),
    ),
    _command(
        "POST /sockets/close",
        "Close open sockets with a close frame.",
        _fault("close_sockets", on_sockets=True),
        _CHANNEL,
        Field("code", CLOSE_CODE, "the close code; 1000 by default"),
        Field("reason", CLOSE_REASON, "the close reason"),
    ),
    _command(
        "POST /sockets/cut",
        "Cut open sockets now, without a close frame.",
        _fault("cut_sockets", on_sockets=True),
        _CHANNEL,
    ),
    _command(
        "POST /sockets/stall",
        "Stop all traffic on open sockets until they are resumed.",
        _fault("stall_sockets", on_sockets=True),
        _CHANNEL,
    ),
    _command(
        "POST /sockets/resume",
        "Resume stalled sockets and deliver the data held back.",
        _fault("resume_sockets", on_sockets=True),
        _CHANNEL,
    ),
    _command(
        "POST /sockets/duplicate",
        "Send the next frames to the open sockets twice.",
        _fault("duplicate_frames", on_sockets=True),
        _CHANNEL,
        Field("times", integer(1, _MANY_TIMES), "the number of frames; 1 by default"),
    ),
    _command(
        "POST /sockets/send",
        "Send a frame: any string, or an object as JSON.",
        lambda context, given: {"sockets": context.emulator.send_frame(**given)},
        _THE_CHANNEL,
        Field("frame", either(text(), DOCUMENT), "the frame", required=True),
    ),
)
