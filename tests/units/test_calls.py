"""Every public method: what `help` shows of it is what it takes, by name too.

No name that a method documents may ever be sent as a REST parameter.
"""

from __future__ import annotations

import functools
import inspect
import re
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.emitter import Emitter
from taskrouter_sync.errors import ArgumentError, HttpError
from taskrouter_sync.naming import camel_case
from taskrouter_sync.resources import lists, models
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.reservation import Reservation, ReservationList
from taskrouter_sync.resources.statistics import Statistics

from ..support.recording_session import WA, WK, WR, WS, WT, RecordingSession


KINDS: list[Any] = [
    *(Worker, TaskQueue, Workspace, Reservation, ReservationList, Statistics),
    *(models.Task, models.WorkerResource, models.WorkspaceResource, lists.WorkerList),
]
# A value for each argument that any method has; those left out are text.
VALUES: dict[str, Any] = {
    "sid": WK,
    "task_sid": WT,
    "activity_sid": "WA1",
    "params": {"Given": "params"},
    "options": {"Given": "options"},
    "name": "FriendlyName",
    "value": "Ann",
}


class EverySession(RecordingSession):
    """Answers everything with a task, and a page with an empty one."""

    def call(self, method: str, url: str, params: Any = None) -> Any:
        self.requests.append((method, url, params))
        if url.endswith("/page"):
            return {"meta": {"key": "workers"}, "workers": []}
        return None if method == "DELETE" else {"sid": WT}


def bare(kind: type) -> Any:
    """Make one without a connection."""
    session: Any = EverySession()
    thing: Any = kind.__new__(kind)
    if issubclass(kind, Resource):
        Resource.__init__(thing, session, {"sid": WK}, session.resource_url)
        thing._dispatcher = SimpleNamespace(call_soon=lambda run: None)
    else:
        meta = dict.fromkeys(("next_page_url", "previous_page_url"), "https://t/page")
        args = ((), meta) if issubclass(kind, lists.ListResource) else ()
        thing.__init__(session, session.resource_url, *args)
    return thing


METHODS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in KINDS
    for name, method in inspect.getmembers(kind, inspect.isfunction)
    if "callback" in inspect.signature(method).parameters
    if name == name.lower() and not hasattr(Emitter, name)
]


def names_of(kind: type, name: str) -> list[str]:
    """The arguments that `help` shows, but for the callback."""
    parameters = inspect.signature(getattr(kind, name)).parameters.values()
    assert all(each.kind is not each.VAR_POSITIONAL for each in parameters)
    named = [each.name for each in parameters if each.kind is not each.VAR_KEYWORD]
    return [each for each in named if each not in ("self", "callback")]


def calls_of(kind: type, name: str) -> list[dict[str, Any]]:
    """Calls that together give each argument by its name."""
    names = names_of(kind, name)
    ways = [names]
    if "name" in names:
        ways = [[each for each in names if each != "params"]]
        ways += [[each for each in names if each not in ("name", "value")]]
    elif {"sid", "params"} <= {*names}:
        ways = [["sid"], ["params"]]
    return [{each: VALUES.get(each, "text") for each in way} for way in ways]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("kind", "name"), METHODS)
class TestMethods:
    """All of them."""

    @pytest.mark.parametrize("callback", ["callback", "cb"])
    def test_every_argument_is_taken_by_its_name(
        self, kind: type, name: str, callback: str
    ) -> None:
        for given in calls_of(kind, name):
            outcomes: list[Any] = []
            thing = bare(kind)
            heard_by = {callback: functools.partial(heard, outcomes)}
            getattr(thing, name)(**given, **heard_by)
            assert [error for error, _ in outcomes] == [None]
            sent = thing._session.requests[0][2] or {}
            assert not {"Sid", "TaskSid", "Params", "Name", "Value", "Cb"} & sent.keys()
            for each in ("params", "options"):
                assert each not in given or sent["Given"] == each

    def test_a_coroutine_function_is_refused(self, kind: type, name: str) -> None:
        async def callback(*args: Any) -> None: ...

        thing, given = bare(kind), calls_of(kind, name)[0]
        method = getattr(thing, name)
        for args, keywords in [
            ((*given.values(), callback), {}),
            ((), {**given, "callback": callback}),
            ((), {**given, "cb": callback}),
        ]:
            with pytest.raises(ArgumentError, match="not the coroutine function"):
                method(*args, **keywords)
        assert thing._session.requests == []

    def test_its_help_says_what_it_takes(self, kind: type, name: str) -> None:
        shown = inspect.getdoc(getattr(kind, name)) or ""
        described = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*): ", shown, re.MULTILINE)
        words = {each for line in described for each in line.split(", ")}
        assert words <= {*names_of(kind, name)}, "a name that the signature lacks"
        assert "It runs on this thread, before the method returns" in shown
        assert camel_case(name) in shown


def heard(outcomes: list[Any], error: Any, result: Any) -> None:
    """A result callback."""
    outcomes.append((error, result))


RESERVATION = f"/Tasks/{WT}/Reservations/{WR}"
WORKER, TASK, WORKERS = f"/Workers/{WK}", f"/Tasks/{WT}", "/Workers"
ACCEPT, REJECT = ({"ReservationStatus": each} for each in ("accepted", "rejected"))
COMPLETE = {"AssignmentStatus": "completed"}
NAMED, ANN = ("FriendlyName", "Ann"), {"FriendlyName": "Ann"}
MINUTES = {"Minutes": 240}


class Member(str, Enum):
    """Texts whose `str` is another one."""

    WORKER = WK
    RINGING = "ringing"


SENT: list[tuple[str, tuple[Any, ...], dict[str, Any], str, str, Any]] = [
    # The call; its arguments and keywords; the request.
    ("worker.fetch", (), {}, "GET", WORKER, None),
    ("worker.update", NAMED, {}, "POST", WORKER, ANN),
    ("worker.update", (ANN,), {}, "POST", WORKER, ANN),
    ("worker.update", ({},), {}, "POST", WORKER, {}),
    ("worker.update", (WK, *NAMED), {}, "POST", WORKER, ANN),
    ("worker.update", (WK, ANN), {}, "POST", WORKER, ANN),
    ("worker.update", (), {"friendly_name": "Ann"}, "POST", WORKER, ANN),
    ("worker.delete", (None,), {}, "DELETE", WORKER, None),
    ("reservation.accept", (), {}, "POST", RESERVATION, ACCEPT),
    ("reservation.accept", (None,), {}, "POST", RESERVATION, ACCEPT),
    ("reservation.reject", (), {}, "POST", RESERVATION, REJECT),
    ("reservation.reject", (None,), {}, "POST", RESERVATION, REJECT),
    (
        *("reservation.reject", (WA,), {}, "POST", RESERVATION),
        {**REJECT, "WorkerActivitySid": WA},
    ),
    ("task.complete", (), {}, "POST", TASK, COMPLETE),
    ("task.complete", (None, "x"), {}, "POST", TASK, {**COMPLETE, "Reason": "x"}),
    ("task.complete", ("x",), {}, "POST", TASK, {**COMPLETE, "Reason": "x"}),
    ("workers.fetch", (None,), {}, "GET", WORKERS, None),
    ("workers.fetch", (WK,), {}, "GET", WORKER, None),
    ("workers.fetch", (ANN,), {}, "GET", WORKERS, ANN),
    ("workers.fetch", (), {"available": True}, "GET", WORKERS, {"Available": True}),
    ("workers.create", (ANN,), {}, "POST", WORKERS, ANN),
    ("workers.create", (), {"attributes": [1]}, "POST", WORKERS, {"Attributes": "[1]"}),
    ("workers.update", (WK, *NAMED), {}, "POST", WORKER, ANN),
    ("workers.update", (WK, ANN), {}, "POST", WORKER, ANN),
    ("workers.delete", (WK,), {}, "DELETE", WORKER, None),
    ("workers.fetch", (Member.WORKER,), {}, "GET", WORKER, None),
    ("workers.update", (Member.WORKER, ANN), {}, "POST", WORKER, ANN),
    ("workers.delete", (Member.WORKER,), {}, "DELETE", WORKER, None),
    (
        *("reservation.dequeue", (), {"status_callback_events": [Member.RINGING]}),
        *("POST", RESERVATION),
        {"Instruction": "dequeue", "DequeueStatusCallbackEvent": "ringing"},
    ),
    ("worker.statistics.fetch", (), {}, "GET", f"{WORKER}/Statistics", None),
    ("worker.statistics.fetch", (MINUTES,), {}, "GET", f"{WORKER}/Statistics", MINUTES),
    (
        *("workers.realtime_stats.fetch", (), {"minutes": 240}, "GET"),
        *(f"{WORKERS}/RealTimeStatistics", MINUTES),
    ),
]


@pytest.mark.parametrize(("call", "args", "keywords", "verb", "path", "params"), SENT)
class TestRequests:
    """What a call asks for, and who gets what comes of it."""

    @pytest.fixture
    def method(self, session: RecordingSession, call: str) -> Any:
        """The method that is called."""
        thing: Any = {
            "worker": session.make({"sid": WK}),
            "reservation": session.make({"sid": WR, "task_sid": WT}),
            "task": session.make({"sid": WT}),
            "workers": session.make({"sid": WS}).workers,
        }[call.partition(".")[0]]
        for name in call.split(".")[1:]:
            thing = getattr(thing, name)
        return thing

    def test_of_a_result(
        self,
        session: RecordingSession,
        method: Any,
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        verb: str,
        path: str,
        params: Any,
    ) -> None:
        payload = None if verb == "DELETE" else {"sid": WK, "a": 1}
        session.reply(f"{verb} {path}", payload)
        outcomes: list[Any] = []
        expected = session.make(payload)
        assert method(*args, **keywords) == expected
        args = tuple(each for each in args if each is not None)
        callback = functools.partial(heard, outcomes)
        assert method(*args, callback, **keywords) is None
        assert outcomes == [(None, expected)]
        assert session.requests == 2 * [(verb, path, params)]

    def test_of_an_error(
        self,
        session: RecordingSession,
        method: Any,
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        verb: str,
        path: str,
        params: Any,
    ) -> None:
        error = HttpError(403, "Forbidden")
        session.reply(f"{verb} {path}", error)
        outcomes: list[Any] = []
        with pytest.raises(HttpError, match="403 Forbidden"):
            method(*args, **keywords)
        args = tuple(each for each in args if each is not None)
        callback = functools.partial(heard, outcomes)
        assert method(*args, cb=callback, **keywords) is None
        assert outcomes == [(error, None)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda task: task.update(task), "task.update: argument 1 must not be the Ta"),
        (lambda task: task.update("A", task), "task.update: argument 2 must not"),
        (lambda task: task.update({"A": task}), "task.update: the value of A must not"),
        (lambda task: task.update(a_b=task), "task.update: a_b must not"),
        (lambda task: task.complete(task), "task.complete: argument 1 must not"),
        (lambda task: task.reservation.dequeue(task), "dequeue: argument 1 must not"),
        (lambda task: task.reservation.call(beep=task), "call: beep must not"),
        (lambda task: task.tasks.fetch(task), "taskList.fetch: argument 1 must not"),
        (lambda task: task.tasks.fetch(params=task), "taskList.fetch: params must not"),
        (lambda task: task.tasks.create(task), "taskList.create: argument 1 must not"),
        (lambda task: task.tasks.update(task, ANN), "taskList.update: argument 1 must"),
        (lambda task: task.tasks.delete(sid=task), "taskList.delete: sid must not"),
        (lambda task: task.statistics.fetch(task), "fetch: argument 1 must not"),
    ],
)
def test_a_resource_in_the_place_of_its_sid_is_refused(
    session: RecordingSession, call: Any, words: str
) -> None:
    things = {
        "reservation": session.make({"sid": WR, "task_sid": WT}),
        "tasks": session.make({"sid": WS}).tasks,
        "statistics": session.make({"sid": WK}).statistics,
    }
    task = session.make({"sid": WT})
    vars(task).update(things)
    with pytest.raises(ArgumentError, match=f"{words}.*: pass its .sid$"):
        call(task)
    assert session.requests == []


def test_a_token_is_the_clients(session: RecordingSession) -> None:
    worker = session.make({"sid": WK, "activity_sid": WA})
    page = session.make({"meta": {"key": "tasks"}, "tasks": []})
    for thing in (worker, worker.activity, page, worker.statistics):
        thing.updateToken("one")
        thing.update_token("two")
    assert session.tokens == ["one", "two"] * 4
