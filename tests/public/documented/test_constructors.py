"""The documented constructors: their arguments by position and by name."""

from __future__ import annotations

import inspect
import logging
import threading
from typing import Any

import pytest

from taskrouter_sync import (
    ArgumentError,
    HttpError,
    TaskQueue,
    Twilio,
    Worker,
    Workspace,
)
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.center import Center
from ...support.collector import LIMIT, Background, Collector, settle
from ...support.raw_server import unused_port


KINDS = [Worker, TaskQueue, Workspace]
OF_A_WORKER = [
    "connect_activity_sid",
    "disconnect_activity_sid",
    "close_existing_sessions",
]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_order_of_the_arguments(kind: Any) -> None:
    parameters = inspect.signature(kind).parameters.values()
    assert [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY] == [
        "token",
        "debug",
        *(OF_A_WORKER if kind is Worker else []),
        "region",
        "max_retries",
        "api_base_url",
        "event_bridge_base_url",
    ]


def test_by_position(center: Center, kind: Any) -> None:
    """An explicit event bridge wins over the region, and both activities count."""
    emulator, offline = center.emulator, center.sids.activities["Offline"]
    of_a_worker = [center.rest, offline, True] if kind is Worker else []
    constructor = getattr(Twilio.TaskRouter, kind.__name__)
    assert constructor is kind
    with constructor(
        center.token(kind),
        False,
        *of_a_worker,
        "ie1-ix",
        2,
        emulator.api_base_url,
        emulator.event_bridge_url,
    ) as client:
        client.wait_until_ready(LIMIT)
        if kind is Worker:
            emulator.wait_for_requests(method="POST", url="/Workers/")
    (upgrade,) = [each for each in emulator.requests if each.kind == "upgrade"]
    bridged = [each for each in emulator.requests if each.kind == "bridge"]
    assert all(each.url.startswith(emulator.api_base_url) for each in bridged)
    if kind is Worker:
        assert upgrade.params == {
            "closeExistingSessions": "true",
            "disconnectActivitySid": offline,
        }
        emulator.wait_for_requests(2, method="POST", url="/Workers/")
        posts = [params for method, _, params in center.sent() if method == "POST"]
        assert posts == [{"ActivitySid": center.rest}, {"ActivitySid": offline}]


def test_by_name(center: Center, kind: Any) -> None:
    client = center.open(
        kind,
        center.token(kind),
        debug="false",
        region=None,
        max_retries=1,
        api_base_url=None,
    )
    client.wait_until_ready(LIMIT)
    assert client.friendlyName


def test_max_retries(center: Center, kind: Any, no_pauses: None) -> None:
    """In JavaScript it does nothing."""
    client = center.ready(kind, max_retries=2)
    center.emulator.faults.answer(503, method="GET", times=2)
    assert client.fetch().sid == client.sid


def test_it_returns_at_once(center: Center, kind: Any) -> None:
    """The connection is made in the background."""
    url = f"http://127.0.0.1:{unused_port()}"
    opening = Background(lambda: center.open(kind, event_bridge_base_url=url))
    client = opening.result(1.0)
    assert client.sid
    assert client.friendlyName is None


def test_the_environment(
    center: Center, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    """An unmodified script can be pointed at the emulator."""
    emulator = center.emulator
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", emulator.event_bridge_url)
    monkeypatch.setenv("TASKROUTER_API_URL", emulator.api_base_url)
    with kind(center.token(kind)) as client:
        client.wait_until_ready(LIMIT)
    asked = [each.url for each in emulator.requests if each.kind == "bridge"]
    assert asked
    assert all(url.startswith(emulator.api_base_url) for url in asked)


@pytest.mark.parametrize(
    ("debug", "told"), [(True, True), (None, True), (False, False), ("false", False)]
)
def test_debug(
    center: Center,
    caplog: pytest.LogCaptureFixture,
    kind: Any,
    debug: Any,
    told: bool,
) -> None:
    """On unless False or "false"; the token never appears."""
    token = center.token(kind)
    caplog.set_level(logging.DEBUG)
    center.ready(kind, token, debug=debug)
    lines = [each for each in caplog.records if each.name.startswith("taskrouter_sync")]
    assert bool(lines) is told
    assert not any(part in caplog.text for part in token.split("."))


def test_its_threads_are_named_by_it(center: Center, kind: Any) -> None:
    client = center.ready(kind)
    names = {each.name for each in threading.enumerate()}
    assert {
        f"taskrouter-socket-{client.sid}",
        f"taskrouter-events-{client.sid}",
    } <= names
    assert repr(client).startswith(f"<{kind.__name__} {client.sid} open")


# What of it goes to the service.


def upgrade_of(emulator: Emulator) -> dict[str, Any]:
    """Give the query of the last socket, without the token."""
    upgrades = [each for each in emulator.requests if each.kind == "upgrade"]
    return dict(upgrades[-1].params)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (True, "true"),
        ("true", "true"),
        (False, "false"),
        ("false", "false"),
        (None, "false"),
        (1, "false"),
        ("yes", "false"),
    ],
)
def test_close_existing_sessions_is_on_for_true_only(
    emulator: Emulator, ready_worker: ReadyWorker, value: Any, sent: str
) -> None:
    ready_worker(close_existing_sessions=value)
    assert upgrade_of(emulator) == {"closeExistingSessions": sent}


def test_an_empty_disconnect_activity_goes_into_the_query(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    ready_worker(disconnect_activity_sid="")
    assert upgrade_of(emulator)["disconnectActivitySid"] == ""


def test_an_empty_connect_activity_is_none(center: Center) -> None:
    worker = center.open(Worker, connect_activity_sid="")
    came = Collector().listen(worker, "error", "ready")
    worker.wait_until_ready(LIMIT)
    # It would wait for one that is under way.
    worker.update("ActivitySid", center.rest)
    sent = [params for method, _, params in center.sent() if method == "POST"]
    assert sent == [{"ActivitySid": center.rest}]
    center.settle(worker)
    assert came.names() == ["ready"]


def test_connect_activity_is_applied_at_the_first_connection_only(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    ready_worker: ReadyWorker,
    no_pauses: None,
) -> None:
    worker, came = ready_worker(connect_activity_sid=workspace.activities["Break"])
    assert came.expect("activity.update").activityName == "Break"
    worker.update("ActivitySid", workspace.activities["Available"])
    came.expect("activity.update")
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert worker.fetch().activityName == "Available"


def test_connect_activity_waits_for_what_is_pending(
    emulator: Emulator,
    backend: Backend,
    workspace: ReadyWorkspace,
    open_worker: OpenWorker,
) -> None:
    """A worker with a pending reservation keeps the activity."""
    backend.create_task()
    worker = open_worker(connect_activity_sid=workspace.activities["Break"])
    Collector().listen(worker, "reservation.created").expect("reservation.created")
    settle(emulator, worker)
    assert [each for each in emulator.requests if each.method == "POST"] == []


# What can't be used.

BRIDGE = "event_bridge_base_url"
NO_COUNT = "max_retries must be a non-negative integer"
OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"connect_activity_sid": 5}, ArgumentError, "connect_activity_sid must be a sid"),
    ({"connect_activity_sid": "WA1\n"}, ArgumentError, "must be a sid"),
    ({"disconnect_activity_sid": []}, ArgumentError, "disconnect_activity_sid must be"),
    ({"disconnect_activity_sid": "\ud800"}, ArgumentError, "must be a sid"),
    ({"max_retries": "many"}, ArgumentError, f"{NO_COUNT}, not str 'many'"),
    ({"max_retries": -1}, ArgumentError, f"{NO_COUNT}, not int -1"),
    ({"max_retries": 1.5}, ArgumentError, f"{NO_COUNT}, not float 1.5"),
    ({"max_retries": True}, ArgumentError, NO_COUNT),
    ({"max_retries": "²"}, ArgumentError, NO_COUNT),
    ({"max_retries": "9" * 5000}, ArgumentError, NO_COUNT),
    ({"max_retries": -(10**5000)}, ArgumentError, f"{NO_COUNT}, not int"),
    ({"http_session": "x"}, ArgumentError, "must be a requests.Session, not str"),
    # More of these: clients/test_texts.py.
    ({"region": 5}, ArgumentError, "region must be a string, not int"),
    ({"api_base_url": 5}, ArgumentError, "api_base_url must be a URL, not int"),
    ({"api_base_url": "x"}, ValueError, "api_base_url must be an http.* URL, not .x"),
    ({BRIDGE: ["x"]}, ArgumentError, "event_bridge_base_url must be a URL, not list"),
    ({BRIDGE: "ws://x"}, ValueError, "must be an http:// or https:// URL"),
]


@pytest.mark.parametrize(("options", "error", "words"), OPTIONS)
def test_a_wrong_option_raises_at_once_and_names_itself(
    emulator: Emulator,
    worker_token: MintToken,
    options: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        Worker(worker_token(), **{BRIDGE: emulator.event_bridge_url, **options})
    assert emulator.requests == []


def test_the_emulator_s_options_win_over_the_environment(
    center: Center, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_API_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", "http://127.0.0.1:9")
    with kind(center.token(kind), **center.emulator.client_options) as client:
        client.wait_until_ready(LIMIT)


def test_base_urls_of_two_services_are_named_when_one_refuses(
    center: Center, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_API_URL", "http://127.0.0.1:9/v1")
    with kind(
        center.token(kind), event_bridge_base_url=center.emulator.event_bridge_url
    ) as client:
        with pytest.raises(HttpError, match="403") as caught:
            client.wait_until_ready(LIMIT)
    for words in (
        "the REST API is at 127.0.0.1:9",
        f"the event bridge is at {center.emulator.url.partition('://')[2]}",
        "TASKROUTER_API_URL",
    ):
        assert words in str(caught.value)
