"""Wrong names and values in calls of the emulator are errors that say what is right."""

from __future__ import annotations

import copy
import math
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


WRONG: dict[str, tuple[Callable[[Emulator], Any], Exception]] = {
    "a list of workers": (
        lambda emulator: emulator.workspace(workers=["Alice"]),  # type: ignore[arg-type]
        TypeError(r'workers must be a mapping such as {"Alice": .*not a list'),
    ),
    "a worker without attributes": (
        lambda emulator: emulator.workspace(workers={"Bob": None}),  # type: ignore[dict-item]
        TypeError(r"workers\.Bob must be a mapping such as"),
    ),
    "a list of queues": (
        lambda emulator: emulator.workspace(queues=["Q"]),  # type: ignore[arg-type]
        TypeError("queues must be a mapping such as"),
    ),
    "a workflow as text": (
        lambda emulator: emulator.workspace(workflow="{}"),  # type: ignore[arg-type]
        TypeError("workflow must be a mapping such as .*, not a str"),
    ),
    "a worker whose attributes are not JSON": (
        lambda emulator: emulator.workspace(workers={"Ann": {"since": {1}}}),
        ValueError(r"workers\.Ann must be a JSON object: .*set"),
    ),
    "a worker with no number": (
        lambda emulator: emulator.workspace(workers={"Ann": {"level": math.nan}}),
        ValueError(r"workers\.Ann must be a JSON object: "),
    ),
    "a worker whose name is a number": (
        lambda emulator: emulator.workspace(workers={5: {}}),  # type: ignore[dict-item]
        ValueError("workers: the name 5 must be a string"),
    ),
    "a queue that is a number": (
        lambda emulator: emulator.workspace(queues={"Q": 5}),  # type: ignore[dict-item]
        ValueError(r"queues\.Q must be a string .*, not 5"),
    ),
    "an activity that is a word": (
        lambda emulator: emulator.workspace(activities={"A": "no"}),  # type: ignore[dict-item]
        ValueError(r"activities\.A must be true or false, not 'no'"),
    ),
    "an activity whose name is a number": (
        lambda emulator: emulator.workspace(activities={5: True}),  # type: ignore[dict-item]
        ValueError("activities: the name 5 must be a string"),
    ),
    "a workspace without a name": (
        lambda emulator: emulator.workspace(name=None),  # type: ignore[arg-type]
        ValueError("name must be a string .*, not None"),
    ),
    "no activity after a timeout": (
        lambda emulator: emulator.workspace(timeout_activity=None),  # type: ignore[arg-type]
        ValueError("timeout_activity must be a string .*, not None"),
    ),
    "a timeout that is text": (
        lambda emulator: emulator.workspace(task_reservation_timeout="5"),  # type: ignore[arg-type]
        ValueError("task_reservation_timeout must be an integer .*, not '5'"),
    ),
    "a word for several tasks": (
        lambda emulator: emulator.workspace(multi_task_enabled="no"),  # type: ignore[arg-type]
        ValueError("multi_task_enabled must be true or false, not 'no'"),
    ),
    "a workflow that is not JSON": (
        lambda emulator: emulator.workspace(workflow={"task_routing": {1}}),
        ValueError("workflow must be a JSON object: .*set"),
    ),
    "an unknown activity": (
        lambda emulator: emulator.workspace(worker_activity="Availible"),
        ValueError("^worker_activity: there is no activity named 'Availible'"),
    ),
    "an unknown activity for the timeout": (
        lambda emulator: emulator.workspace(timeout_activity="Nowhere"),
        ValueError("^timeout_activity: "),
    ),
    "no queues": (
        lambda emulator: emulator.workspace(queues={}),
        ValueError("^queues: "),
    ),
    "no activities": (
        lambda emulator: emulator.workspace(activities={}),
        ValueError("^activities: "),
    ),
    "an unknown option of a task": (
        lambda emulator: emulator.create_task(prioirty=3),
        TypeError("unknown argument prioirty: did you mean priority"),
    ),
    "a date that is no text": (
        lambda emulator: emulator.create_task(virtual_start_time=date.today()),
        TypeError("virtual_start_time must be a string or a number, not a date"),
    ),
    "attributes as text": (
        lambda emulator: emulator.create_task(attributes="{}"),  # type: ignore[arg-type]
        TypeError("attributes must be a mapping such as .*, not a str"),
    ),
    "attributes that are not JSON": (
        lambda emulator: emulator.create_task(attributes={"since": {1}}),
        ValueError("attributes must be a JSON object: .*set"),
    ),
    "a step back in time": (
        lambda emulator: emulator.advance(-100),
        ValueError("seconds must be 0 to .*, not -100"),
    ),
    "no time at all": (
        lambda emulator: emulator.advance(float("nan")),
        ValueError("seconds must be 0 to .*, not nan"),
    ),
    "a huge step": (
        lambda emulator: emulator.advance(10**400),
        ValueError("must be 0 to"),
    ),
    "a step beyond all dates": (
        lambda emulator: [emulator.advance(315_360_000) for _ in range(800)],
        ValueError(
            "seconds must be less than .*, not 315360000 .*before the year 9999"
        ),
    ),
    "half a character for a channel": (
        lambda emulator: emulator.send_frame("", "x\ud800"),
        ValueError(r"frame must be text, not '\\ud800' at 1"),
    ),
    "an event that does not exist": (
        lambda emulator: emulator.wait_for_events("reservation.acepted"),
        ValueError("not an event type: did you mean reservation.accepted"),
    ),
    "a method that does not exist": (
        lambda emulator: emulator.wait_for_requests(method="PUT"),
        ValueError("method must be one of GET, POST, DELETE, not 'PUT'"),
    ),
    "a worker's name for its channel": (
        lambda emulator: emulator.wait_for_connections("Alice", 1),
        ValueError("'Alice' is not a channel: pass the sid"),
    ),
    "a name whose sockets are cut": (
        lambda emulator: emulator.faults.cut_sockets("Alice"),
        ValueError("'Alice' is not a channel"),
    ),
    "a fault for no requests": (
        lambda emulator: emulator.faults.drop(times=0),
        ValueError("times must be a positive integer, not 0"),
    ),
    "a fault of no method": (
        lambda emulator: emulator.faults.delay(1, method="get"),
        ValueError("method must be one of GET, POST, DELETE, not 'get'"),
    ),
    "a delay of less than nothing": (
        lambda emulator: emulator.faults.delay(-1),
        ValueError("the delay must be 0 to 31536000 seconds, not -1"),
    ),
    "a status that ends no request": (
        lambda emulator: emulator.faults.answer(100),
        ValueError("status must be an integer from 200 to 599, not 100"),
    ),
    "a refusal that is none": (
        lambda emulator: emulator.faults.refuse_upgrades(200),
        ValueError("status must be an integer from 300 to 599, not 200"),
    ),
    "a channel that is no string": (
        lambda emulator: emulator.faults.refuse_upgrades(503, channel=5),  # type: ignore[arg-type]
        ValueError("channel must be a string .*, not 5"),
    ),
    "a body that is a number": (
        lambda emulator: emulator.faults.answer(503, body=5),  # type: ignore[arg-type]
        ValueError("body must be a JSON object or a string .*, not 5"),
    ),
    "a body that is not JSON": (
        lambda emulator: emulator.faults.answer(503, body={"a": {1}}),
        ValueError("body must be a JSON object: .*set"),
    ),
    "a body of half a character": (
        lambda emulator: emulator.faults.answer(503, body="\ud800"),
        ValueError("body must be .*, not '.ud800'"),
    ),
    "half a character that is malformed": (
        lambda emulator: emulator.faults.malformed("\ud800"),
        ValueError("body must be a string .*, not '.ud800'"),
    ),
    "a message that is a number": (
        lambda emulator: emulator.faults.answer(503, message=5),  # type: ignore[arg-type]
        ValueError("message must be a string .*, not 5"),
    ),
    "a code that is text": (
        lambda emulator: emulator.faults.answer(503, code="x"),  # type: ignore[arg-type]
        ValueError("code must be an integer .*, not 'x'"),
    ),
    "a fault for no URL": (
        lambda emulator: emulator.faults.drop(url=None),  # type: ignore[arg-type]
        ValueError("url must be a string .*, not None"),
    ),
    "a fault carried out by a word": (
        lambda emulator: emulator.faults.drop(carried_out="no"),  # type: ignore[arg-type]
        ValueError("carried_out must be true or false, not 'no'"),
    ),
    "a delay that is text": (
        lambda emulator: emulator.faults.delay("1"),  # type: ignore[arg-type]
        ValueError("the delay must be 0 to 31536000 seconds, not '1'"),
    ),
    "a close code that no frame has": (
        lambda emulator: emulator.faults.close_sockets(code=70000),
        ValueError("code must be an integer from 1000 to 4999, not 70000"),
    ),
    "a reason that no frame has room for": (
        lambda emulator: emulator.faults.close_sockets(reason="é" * 62),
        ValueError("reason must be a string of at most 123 bytes"),
    ),
    "no frame at all": (
        lambda emulator: emulator.faults.duplicate_frames(times=0),
        ValueError("times must be a positive integer, not 0"),
    ),
    "a frame of half a character": (
        lambda emulator: emulator.faults.send_text("", "\ud800"),
        ValueError("text must be a string .*, not '.ud800'"),
    ),
    "a port that is none": (
        lambda emulator: Emulator(port=99999),
        ValueError("port must be 0 .* to 65535, not 99999"),
    ),
    "a seed that is a fraction": (
        lambda emulator: Emulator(seed=1.5),  # type: ignore[arg-type]
        TypeError("seed must be an integer, not a float"),
    ),
    "half a character in an auth token": (
        lambda emulator: Emulator(auth_token="x\ud800"),
        ValueError("auth_token must be text that can be encoded as UTF-8"),
    ),
    "no number for heartbeats": (
        lambda emulator: Emulator(heartbeat_interval=math.nan),
        ValueError("heartbeat_interval must be 0 or more seconds, not nan"),
    ),
    "heartbeats in the past": (
        lambda emulator: Emulator(heartbeat_interval=-1),
        ValueError("heartbeat_interval must be 0 or more seconds, not -1"),
    ),
    "heartbeats without a pause": (
        lambda emulator: Emulator(heartbeat_interval=0),
        ValueError("heartbeat_interval must be more than 0 seconds"),
    ),
    "a string for heartbeats": (
        lambda emulator: Emulator(heartbeat_interval="5"),  # type: ignore[arg-type]
        TypeError("heartbeat_interval must be a number of seconds, not a str"),
    ),
    "connections within no number": (
        lambda emulator: emulator.wait_for_connections("WK1", 0, math.nan),
        ValueError("timeout must be 0 or more seconds, not nan"),
    ),
    "requests within no number": (
        lambda emulator: emulator.wait_for_requests(0, timeout=math.nan),
        ValueError("timeout must be 0 or more seconds, not nan"),
    ),
    "events within less than nothing": (
        lambda emulator: emulator.wait_for_events("task.created", 0, -1),
        ValueError("timeout must be 0 or more seconds, not -1"),
    ),
    "alerts within a string": (
        lambda emulator: emulator.wait_for_alerts(0, "5"),  # type: ignore[arg-type]
        TypeError("timeout must be a number of seconds, not a str"),
    ),
}


@pytest.mark.parametrize(("act", "error"), WRONG.values(), ids=WRONG)
def test_it_is_an_error_that_says_what_is_right(
    emulator: Emulator, act: Callable[[Emulator], Any], error: Exception
) -> None:
    with pytest.raises(type(error), match=str(error)):
        act(emulator)
    # Nothing is left of a workspace that was not to be.
    assert emulator.call(lambda engine: len(engine.workspaces)) == 0


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
