"""Wrong names and values in calls of the emulator are errors that say what is right."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator
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
    "attributes as text": (
        lambda emulator: emulator.create_task(attributes="{}"),  # type: ignore[arg-type]
        TypeError("attributes must be a mapping such as .*, not a str"),
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
    "a port that is none": (
        lambda emulator: Emulator(port=99999),
        ValueError("port must be 0 .* to 65535, not 99999"),
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
            patch.setattr("taskrouter_sync.emulator.thread.Server.start", fail)
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
