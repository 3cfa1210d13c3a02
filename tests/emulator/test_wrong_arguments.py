"""Wrong names and values in calls of the emulator are errors that say what is right."""

from __future__ import annotations

import copy
import math
import operator
import pickle
import socket
import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator, ServiceError
from taskrouter_sync.emulator.setup import ReadyWorkspace

from .conftest import worker_token


DAY = date(2026, 1, 1)
# What is called, which argument is wrong, and what is said after its name.
Row = tuple[str, str, Any, str]
TYPES: list[Row] = [
    ("workspace", "workers", ["A"], ' must be a mapping such as {"Alice": .*a list'),
    ("workspace", "workers", {"Bob": None}, r"\.Bob must be a mapping such as"),
    ("workspace", "queues", ["Q"], " must be a mapping such as"),
    ("workspace", "workflow", "{}", " must be a mapping such as .*, not a str"),
    ("create_task", "virtual_start_time", DAY, " must be a string or .*, not a date"),
    ("create_task", "attributes", "{}", " must be a mapping such as .*, not a str"),
    ("Emulator", "seed", 1.5, " must be an integer, not a float"),
    ("Emulator", "heartbeat_interval", "5", " must be a number of seconds, not a str"),
    ("wait_for_alerts", "timeout", "5", " must be a number of seconds, not a str"),
]
VALUES: list[Row] = [
    ("workspace", "workers", {"A": {"b": {1}}}, r"\.A must be a JSON object: .*set"),
    ("workspace", "workers", {"A": {"b": math.nan}}, r"\.A must be a JSON object: "),
    ("workspace", "workers", {5: {}}, ": the name 5 must be a string"),
    ("workspace", "queues", {"Q": 5}, r"\.Q must be a string .*, not 5"),
    ("workspace", "queues", {}, ": "),
    ("workspace", "activities", {"A": "no"}, r"\.A must be true or false, not 'no'"),
    ("workspace", "activities", {5: True}, ": the name 5 must be a string"),
    ("workspace", "activities", {}, ": "),
    ("workspace", "name", None, " must be a string .*, not None"),
    ("workspace", "worker_activity", "Here", ": there is no activity named 'Here'"),
    ("workspace", "timeout_activity", None, " must be a string .*, not None"),
    ("workspace", "timeout_activity", "Nowhere", ": "),
    ("workspace", "task_reservation_timeout", "5", " must be an integer .*, not '5'"),
    ("workspace", "multi_task_enabled", "no", " must be true or false, not 'no'"),
    ("workspace", "workflow", {"task_routing": {1}}, " must be a JSON object: .*set"),
    ("create_task", "attributes", {"since": {1}}, " must be a JSON object: .*set"),
    ("advance", "seconds", -100, " must be 0 to .*, not -100"),
    ("advance", "seconds", math.nan, " must be 0 to .*, not nan"),
    ("advance", "seconds", 10**400, " must be 0 to"),
    ("send_frame", "frame", "x\ud800", r" must be text, not '\\ud800' at 1"),
    ("wait_for_requests", "method", "PUT", " must be one of GET, .*, not 'PUT'"),
    ("wait_for_requests", "timeout", math.nan, " must be 0 or more seconds, not nan"),
    ("wait_for_connections", "timeout", math.nan, " must be 0 or more .*, not nan"),
    ("wait_for_events", "timeout", -1, " must be 0 or more seconds, not -1"),
    ("faults.drop", "times", 0, " must be a positive integer, not 0"),
    ("faults.drop", "url", None, " must be a string .*, not None"),
    ("faults.drop", "carried_out", "no", " must be true or false, not 'no'"),
    ("faults.delay", "method", "get", " must be one of GET, POST, DELETE, not 'get'"),
    ("faults.answer", "status", 100, " must be an integer from 200 to 599, not 100"),
    ("faults.answer", "body", 5, " must be a JSON object or a string .*, not 5"),
    ("faults.answer", "body", {"a": {1}}, " must be a JSON object: .*set"),
    ("faults.answer", "body", "\ud800", " must be .*, not '.ud800'"),
    ("faults.answer", "message", 5, " must be a string .*, not 5"),
    ("faults.answer", "code", "x", " must be an integer .*, not 'x'"),
    ("faults.malformed", "body", "\ud800", " must be a string .*, not '.ud800'"),
    ("faults.refuse_upgrades", "status", 200, " must be .* from 300 to 599, not 200"),
    ("faults.refuse_upgrades", "channel", 5, " must be a string .*, not 5"),
    ("faults.close_sockets", "code", 70000, " must be .* from 1000 to 4999, not 70000"),
    ("faults.close_sockets", "reason", "é" * 62, " must be .* of at most 123 bytes"),
    ("faults.duplicate_frames", "times", 0, " must be a positive integer, not 0"),
    ("faults.send_text", "text", "\ud800", " must be a string .*, not '.ud800'"),
    ("Emulator", "port", 99999, " must be 0 .* to 65535, not 99999"),
    ("Emulator", "auth_token", "x\ud800", " must be text that .* encoded as UTF-8"),
    ("Emulator", "heartbeat_interval", math.nan, " must be 0 or more .*, not nan"),
    ("Emulator", "heartbeat_interval", -1, " must be 0 or more seconds, not -1"),
    ("Emulator", "heartbeat_interval", 0, " must be more than 0 seconds"),
]
# What a call needs besides.
NEEDED: dict[str, dict[str, Any]] = {
    "send_frame": {"channel": ""},
    "wait_for_connections": {"channel": "WK1", "count": 0},
    "wait_for_events": {"event_type": "task.created", "count": 0},
    "wait_for_requests": {"count": 0},
    "wait_for_alerts": {"count": 0},
    "faults.answer": {"status": 503},
    "faults.delay": {"seconds": 1},
    "faults.refuse_upgrades": {"status": 503},
    "faults.send_text": {"channel": ""},
}
CASES = [(TypeError, *row) for row in TYPES] + [(ValueError, *row) for row in VALUES]


@pytest.mark.parametrize(
    ("kind", "call", "argument", "value", "said"),
    CASES,
    ids=[f"{call}-{argument}-{value!a:.30}" for _, call, argument, value, _ in CASES],
)
def test_it_is_an_error_that_says_what_is_right(
    emulator: Emulator,
    kind: type[Exception],
    call: str,
    argument: str,
    value: Any,
    said: str,
) -> None:
    act = Emulator if call == "Emulator" else operator.attrgetter(call)(emulator)
    with pytest.raises(kind, match=f"^{argument}{said}"):
        act(**{**NEEDED.get(call, {}), argument: value})
    # Nothing is left of a workspace that was not to be.
    assert emulator.call(lambda engine: len(engine.workspaces)) == 0


# The errors that say another name than the argument's.
OTHERS: dict[str, tuple[Callable[[Emulator], Any], Exception]] = {
    "an unknown option of a task": (
        lambda emulator: emulator.create_task(prioirty=3),
        TypeError("unknown argument prioirty: did you mean priority"),
    ),
    "a step beyond all dates": (
        lambda emulator: [emulator.advance(315_360_000) for _ in range(800)],
        ValueError("seconds must be less than .*, not 315360000 .*the year 9999"),
    ),
    "an event that does not exist": (
        lambda emulator: emulator.wait_for_events("reservation.acepted"),
        ValueError("not an event type: did you mean reservation.accepted"),
    ),
    "a worker's name for its channel": (
        lambda emulator: emulator.wait_for_connections("Alice", 1),
        ValueError("'Alice' is not a channel: pass the sid"),
    ),
    "a name whose sockets are cut": (
        lambda emulator: emulator.faults.cut_sockets("Alice"),
        ValueError("'Alice' is not a channel"),
    ),
    "a delay of less than nothing": (
        lambda emulator: emulator.faults.delay(-1),
        ValueError("the delay must be 0 to 31536000 seconds, not -1"),
    ),
    "a delay that is text": (
        lambda emulator: emulator.faults.delay("1"),  # type: ignore[arg-type]
        ValueError("the delay must be 0 to 31536000 seconds, not '1'"),
    ),
}


@pytest.mark.parametrize(("act", "error"), OTHERS.values(), ids=OTHERS)
def test_an_error_may_say_more_than_the_argument(
    emulator: Emulator, act: Callable[[Emulator], Any], error: Exception
) -> None:
    with pytest.raises(type(error), match=str(error)):
        act(emulator)


@pytest.mark.parametrize(
    "copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))]
)
@pytest.mark.parametrize(
    "act",
    [
        lambda emulator: emulator.create_task("WS1"),
        lambda emulator: emulator.workspace(workers={5: {}}),
    ],
)
def test_errors_can_be_copied_and_pickled(
    emulator: Emulator, act: Callable[[Emulator], Any], copied: Callable[[Any], Any]
) -> None:
    with pytest.raises((ServiceError, ValueError)) as raised:
        act(emulator)
    again = copied(raised.value)
    assert type(again) is type(raised.value)
    assert str(again) == str(raised.value)
    assert vars(again) == vars(raised.value)


def test_an_infinite_timeout_waits_for_requests(emulator: Emulator) -> None:
    later = threading.Timer(
        0.2, requests.get, [f"{emulator.api_base_url}/Workspaces"], {"timeout": 5}
    )
    later.start()
    (request,) = emulator.wait_for_requests(timeout=math.inf)
    later.join()
    assert request.method == "GET"


@pytest.mark.parametrize("broken", ["thread", "loop"])
def test_start_raises_the_error_of_a_thread_that_cannot_start(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no more threads")

    emulator = Emulator()
    with monkeypatch.context() as patch:
        if broken == "thread":
            patch.setattr(threading.Thread, "start", fail)
        else:
            patch.setattr("taskrouter_sync.emulator.server.Server.start", fail)
        with pytest.raises(RuntimeError, match="no more threads"):
            emulator.start()
    address = urlsplit(emulator.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), 5)
    with emulator:
        assert emulator.url == address.geturl()


def test_drop_is_about_requests_and_cut_sockets_about_sockets(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    assert emulator.faults.drop == emulator.faults.drop_requests
    emulator.faults.drop_requests(url="/Workspaces")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{emulator.api_base_url}/Workspaces", timeout=5)
    assert emulator.faults.cut_sockets() == 0


def test_an_auth_token_may_come_from_a_file() -> None:
    auth_token = "0123456789abcdef0123456789abcdef\n"
    with Emulator(auth_token=auth_token) as emulator:
        workspace = emulator.workspace()
        token = WorkerCapabilityToken(
            emulator.account_sid, auth_token, workspace.sid, workspace.workers["Alice"]
        )
        with Worker(token.to_jwt(), debug=False, **emulator.client_options) as worker:
            worker.wait_until_ready(5)


def test_client_options_win_over_the_environment(
    emulator: Emulator, workspace: ReadyWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_API_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", "http://127.0.0.1:9")
    alice = workspace.workers["Alice"]
    token = worker_token(emulator, workspace, alice)
    with Worker(token, debug=False, **emulator.client_options) as worker:
        worker.wait_until_ready(5)
        assert worker.sid == alice
