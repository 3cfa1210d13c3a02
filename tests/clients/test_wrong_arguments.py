"""Wrong arguments: refused at once, in words that name them, and nothing is sent."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytest

from taskrouter_sync import (
    ArgumentError,
    TaskQueue,
    TaskQueueCapabilityToken,
    TokenError,
    Worker,
    Workspace,
    WorkspaceCapabilityToken,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..conftest import MintToken, ReadyWorker
from ..support.collector import LIMIT
from ..support.outcome import Outcome
from .wrong_calls import CB, GROUPS, SID


RESOURCES = [each for each in GROUPS if each != "list"]


@pytest.fixture(params=GROUPS)
def group(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def subject(
    group: str,
    emulator: Emulator,
    workspace: ReadyWorkspace,
    ready_worker: ReadyWorker,
    request: pytest.FixtureRequest,
) -> Any:
    """What the calls of a group are made on."""
    if group in ("worker", "reservation", "task"):
        emulator.create_task()
        worker, _ = ready_worker()
        reservation = worker.fetchReservations().data[0]
        return {"worker": worker, "reservation": reservation}.get(
            group, reservation.task
        )
    kinds: Any = (Workspace, WorkspaceCapabilityToken, workspace.sid)
    if group == "taskQueue":
        queue = workspace.task_queues["Everyone"]
        kinds = (TaskQueue, TaskQueueCapabilityToken, workspace.sid, queue)
    kind, token_kind, *sids = kinds
    token = token_kind(emulator.account_sid, emulator.auth_token, *sids).to_jwt()
    client = kind(token, event_bridge_base_url=emulator.event_bridge_url)
    request.addfinalizer(client.close)
    client.wait_until_ready(LIMIT)
    return client.workers if group == "list" else client


def sent(emulator: Emulator) -> list[str]:
    return [each.url for each in emulator.requests if each.kind == "bridge"]


def test_wrong_arguments(group: str, subject: Any, emulator: Emulator) -> None:
    """A TypeError that names the method and the argument, what came and what must."""
    before = sent(emulator)
    for method, args, words in GROUPS[group]:
        outcome = Outcome()
        given = [outcome.callback if each is CB else each for each in args]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with pytest.raises(TypeError, match=rf"^\w+\.\w+: .*{words}") as caught:
                attrgetter(method)(subject)(*given)
        assert type(caught.value) is ArgumentError
        assert (caught.value.code, outcome.calls) == (0, [])
    assert sent(emulator) == before


@pytest.mark.parametrize("group", RESOURCES, indirect=True)
def test_another_s_sid(subject: Any, emulator: Emulator) -> None:
    """A ValueError: an instance's own sid may come first, and no other text."""
    before = sent(emulator)
    for args in (("Nobody", "A", "b"), (SID, {"A": "b"}), ("", "A", "b")):
        outcome = Outcome()
        with pytest.raises(ValueError, match=f"{args[0]!r} is not the sid of this"):
            subject.update(*args, outcome.callback)
        assert outcome.calls == []
    assert sent(emulator) == before


KEYWORDS: list[tuple[str, dict[str, Any], str]] = [
    ("accept", {"reason": "x"}, "reservation.accept: there is no argument 'reason'"),
    ("reject", {"sid": "WA1"}, "reservation.reject: there is no argument 'sid'"),
    ("reject", {"callback": 5}, "callback must be a callable, not int 5"),
    ("reject", {"cb": "then"}, "cb must be a callable, not str 'then'"),
    ("dequeue", {"from": "1800"}, "there is no argument 'from'"),
    ("dequeue", {"from_": "a", "dequeueFrom": "b"}, "dequeueFrom came more than once"),
    ("call", {"url": "http://x"}, "callFrom is required"),
    ("conference", {"options": ["x"]}, "options must be a dict, not list"),
    ("conference", {"beep": {1}}, "the value of Beep must be text, .* not set"),
    ("update", {"priority": b"x"}, "the value of Priority must be text, .* not bytes"),
    ("fetch", {"sid": SID}, "there is no argument 'sid'"),
]


@pytest.mark.parametrize("group", ["reservation"], indirect=True)
def test_wrong_keywords(subject: Any, emulator: Emulator) -> None:
    before = sent(emulator)
    for method, keywords, words in KEYWORDS:
        with pytest.raises(ArgumentError, match=words):
            getattr(subject, method)(**keywords)
    assert sent(emulator) == before


@pytest.mark.parametrize("group", ["worker"], indirect=True)
@pytest.mark.parametrize("method", ["on", "once", "addListener", "removeListener"])
def test_wrong_listeners(subject: Any, method: str) -> None:
    register = getattr(subject, method)
    with pytest.raises(TypeError, match=r"event must be the event's name, not int 5"):
        register(5, print)
    with pytest.raises(TypeError, match="callback must be callable, not str 'print'"):
        register("ready", "print")


@pytest.mark.parametrize("group", ["worker", "taskQueue", "workspace"], indirect=True)
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "A token is required"),
        ("", "A token is required"),
        (5, "The token must be text, not int"),
        ("no token", "The token is no JWT"),
    ],
)
def test_wrong_tokens(subject: Any, token: Any, words: str) -> None:
    """A ValueError; the old one stays in use."""
    with pytest.raises(ValueError, match=words) as caught:
        subject.updateToken(token)
    assert type(caught.value) is TokenError
    assert subject.fetch().sid == subject.sid


OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"connect_activity_sid": 5}, TypeError, "connect_activity_sid must be a sid"),
    ({"disconnect_activity_sid": []}, TypeError, "disconnect_activity_sid must be"),
    ({"max_retries": "many"}, TypeError, "max_retries must be a whole .* 'many'"),
    ({"max_retries": -1}, TypeError, "max_retries must be a whole .*, not -1"),
    ({"max_retries": 1.5}, TypeError, "max_retries must be a whole .*, not 1.5"),
    ({"region": 5}, TypeError, "region must be text, not int"),
    ({"api_base_url": 5}, TypeError, "api_base_url must be a URL, not int"),
    ({"api_base_url": "x"}, ValueError, "api_base_url must be a URL .*, not 'x'"),
    ({"event_bridge_base_url": b"x"}, TypeError, "event_bridge_base_url must be a URL"),
    ({"event_bridge_base_url": "ws://x"}, ValueError, "must be a URL of http or https"),
]


@pytest.mark.parametrize(("options", "kind", "words"), OPTIONS)
def test_wrong_options(
    emulator: Emulator,
    worker_token: MintToken,
    options: dict[str, Any],
    kind: type[Exception],
    words: str,
) -> None:
    open_worker: Callable[..., Worker] = Worker
    where = {"event_bridge_base_url": emulator.event_bridge_url}
    with pytest.raises(kind, match=words):
        open_worker(worker_token(), **{**where, **options})
    assert emulator.requests == []
