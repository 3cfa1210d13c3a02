"""Every public method: what `help` shows of it is what it takes, by name too.

No name that a method documents may ever be sent as a REST parameter.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.emitter import Emitter
from taskrouter_sync.errors import ArgumentError
from taskrouter_sync.naming import camel_case
from taskrouter_sync.resources import lists, models
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.reservation import Reservation, ReservationList
from taskrouter_sync.resources.statistics import Statistics

from ..support.recording_session import WK, WR, WS, WT, RecordingSession


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
WORKER, ANN = f"/Workers/{WK}", {"FriendlyName": "Ann"}


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


class Member(str, Enum):
    """Texts whose `str` is another one."""

    WORKER = WK
    RINGING = "ringing"


@pytest.mark.parametrize(
    ("call", "method", "path", "params"),
    [
        (lambda space, _: space.workers.fetch(Member.WORKER), "GET", WORKER, None),
        (lambda space, _: space.workers.delete(Member.WORKER), "DELETE", WORKER, None),
        (
            lambda space, _: space.workers.update(Member.WORKER, ANN),
            "POST",
            WORKER,
            ANN,
        ),
        (
            lambda _, offer: offer.dequeue(status_callback_events=[Member.RINGING]),
            "POST",
            f"/Tasks/{WT}/Reservations/{WR}",
            {"Instruction": "dequeue", "DequeueStatusCallbackEvent": "ringing"},
        ),
    ],
)
def test_a_member_of_an_enum_is_its_text(
    session: RecordingSession,
    call: Callable[[Any, Any], Any],
    method: str,
    path: str,
    params: Any,
) -> None:
    session.reply(f"{method} {path}", {"sid": WK})
    call(session.make({"sid": WS}), session.make({"sid": WR, "task_sid": WT}))
    assert session.requests == [(method, path, params)]


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
