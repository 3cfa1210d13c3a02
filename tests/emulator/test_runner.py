"""The emulator's life: start, stop, address, clock, and what it can be asked."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import requests

import taskrouter_sync.emulator
from taskrouter_sync.emulator import Emulator, ServiceError
from taskrouter_sync.emulator.clock import MANUAL_START
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.calls import Instruction
from tests.emulator.conftest import OpenDesk
from tests.emulator.rest import Rest
from tests.support.backend import Backend


def named_threads() -> list[str]:
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name == "taskrouter-emulator"
    ]


def test_it_serves_in_a_thread_of_its_own_until_it_is_stopped() -> None:
    emulator = Emulator()
    emulator.start()
    assert named_threads() == ["taskrouter-emulator"]
    assert "TaskRouter emulator" in requests.get(emulator.url, timeout=5).text
    emulator.stop()
    assert named_threads() == []
    with pytest.raises(requests.ConnectionError):
        requests.get(emulator.url, timeout=5)


def test_start_and_stop_may_be_called_twice() -> None:
    emulator = Emulator()
    emulator.stop()
    emulator.start()
    emulator.start()
    emulator.stop()
    emulator.stop()


def test_its_address_is_known_once_it_has_started() -> None:
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = emulator.url
    with emulator:
        assert emulator.url.startswith("http://127.0.0.1:")
        assert emulator.api_base_url == f"{emulator.url}/v1"
        assert emulator.event_bridge_url == emulator.url


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with Emulator() as first:
        port = int(first.url.rpartition(":")[2])
        began = time.monotonic()
        with pytest.raises(OSError, match="in use"):
            Emulator(port=port).start()
        assert time.monotonic() - began < 1


def test_it_stops_at_once_with_sockets_open(open_desk: OpenDesk) -> None:
    with Emulator() as emulator:
        desk = open_desk(emulator, emulator.workspace())
        for _ in range(3):
            desk.connect()
        emulator.faults.delay(30, url="/Activities")

        def ask() -> None:
            with pytest.raises(requests.ConnectionError):
                desk.post("GET", "/Activities")

        waiting = threading.Thread(target=ask)
        waiting.start()
        emulator.wait_for_requests(url="/Activities")
        began = time.monotonic()
        emulator.stop()
        assert time.monotonic() - began < 1
        waiting.join()
    assert desk.socket.recv_data() == (8, b"\x03\xe9stopped")


def test_stopped_and_started_again_it_is_the_same_service() -> None:
    emulator = Emulator()
    with emulator:
        workspace = emulator.workspace(worker_activity="Available")
        url = emulator.url
    with emulator:
        assert emulator.url == url
        task = emulator.create_task(workspace)
        assert task["assignment_status"] == "reserved"


def test_its_stop_is_not_the_workers_leaving(open_desk: OpenDesk) -> None:
    with Emulator() as emulator:
        workspace = emulator.workspace(worker_activity="Available")
        desk = open_desk(emulator, workspace)
        desk.connect(disconnectActivitySid=workspace.activities["Break"])
    assert emulator.connections(desk.worker_sid) == 0
    assert emulator.events[-1].event_type == "worker.created"


def test_it_starts_inside_a_running_event_loop() -> None:
    async def main() -> int:
        with Emulator() as emulator:
            answer = await asyncio.to_thread(requests.get, emulator.url, timeout=5)
            return answer.status_code

    assert asyncio.run(main()) == 200


def test_it_listens_on_ipv6_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Emulator(host="::1") as emulator:
        assert emulator.url.startswith("http://[::1]:")
        assert requests.get(emulator.url, timeout=5).ok


def test_listening_everywhere_it_is_known_by_any_name(open_desk: OpenDesk) -> None:
    """As in a container, where clients know it by a name that it does not."""
    with Emulator(host="0.0.0.0") as emulator:
        assert emulator.url.startswith("http://127.0.0.1:")
        desk = open_desk(emulator, emulator.workspace())
        url = f"http://emulator.example:8123/v1/Workspaces/{desk.workspace.sid}"
        url += f"/Workers/{desk.worker_sid}"
        for host, status in (("emulator.example:8123", 200), ("other.example", 403)):
            answer = desk.post("GET", "", headers={"Host": host}, url=url)
            assert answer.status_code == status


def test_its_repr_shows_no_secret() -> None:
    with Emulator() as emulator:
        assert emulator.auth_token not in repr(emulator)
        assert emulator.url in repr(emulator)
    assert "stopped" in repr(emulator)


def test_a_seed_makes_sids_repeat() -> None:
    def sids() -> list[str]:
        with Emulator(seed=7, manual_clock=True) as emulator:
            workspace = emulator.workspace(worker_activity="Available")
            task = emulator.create_task()
            sids = [event.sid for event in emulator.events]
            return [emulator.account_sid, workspace.sid, task["sid"], *sids]

    assert sids() == sids()


def test_functions_run_on_its_thread() -> None:
    with Emulator() as emulator:
        name = emulator.call(lambda engine: threading.current_thread().name)
        assert name == "taskrouter-emulator"
        # Also from that thread itself.
        assert emulator.call(lambda engine: emulator.call(lambda again: 5)) == 5


def test_exceptions_of_functions_are_raised() -> None:
    with Emulator() as emulator, pytest.raises(ServiceError, match="WS1"):
        emulator.call(lambda engine: engine.workspaces.find("WS1"))


@pytest.mark.parametrize("ran_before", [True, False])
def test_nothing_can_be_asked_of_what_does_not_run(ran_before: bool) -> None:
    emulator = Emulator()
    if ran_before:
        emulator.start()
        emulator.stop()
    with pytest.raises(RuntimeError, match="not running"):
        emulator.workspace()


def test_who_waits_for_a_stopping_emulator_is_told() -> None:
    emulator = Emulator()
    emulator.start()
    entered, answers = threading.Event(), []

    def block(engine: Engine) -> None:
        entered.set()
        stopping.wait(5)

    def ask(function: Callable[[Engine], None]) -> None:
        try:
            emulator.call(function)
        except RuntimeError as error:
            answers.append(str(error))

    stopping = threading.Event()
    first = threading.Thread(target=ask, args=(block,))
    first.start()
    assert entered.wait(5)
    # It can only be looked at once the first is done, when the stop is under way.
    stopper = threading.Thread(target=emulator.stop)
    stopper.start()
    second = threading.Thread(target=ask, args=(lambda engine: None,))
    second.start()
    stopping.set()
    for thread in (first, second, stopper):
        thread.join(5)
        assert not thread.is_alive()
    assert all("stopped" in answer or "not running" in answer for answer in answers)


def test_advancing_lets_each_thing_happen_at_its_own_moment(emulator: Emulator) -> None:
    emulator.workspace(worker_activity="Available", task_reservation_timeout=30)
    emulator.create_task(timeout=100)
    start = emulator.events[-1].time
    emulator.advance(29)
    assert emulator.events[-1].event_type == "reservation.created"
    emulator.advance(971)
    moments = {event.event_type: event.time - start for event in emulator.events}
    assert moments["reservation.timeout"] == 30
    assert moments["task.canceled"] == 100


def test_small_steps_of_a_manual_clock_add_up(emulator: Emulator) -> None:
    emulator.workspace(worker_activity="Available", task_reservation_timeout=1)
    emulator.create_task()
    for _ in range(10):
        emulator.advance(0.1)
    assert [
        event.time for event in emulator.wait_for_events("reservation.timeout")
    ] == [MANUAL_START + 1]


def test_a_call_is_answered_after_a_fraction_of_a_second(emulator: Emulator) -> None:
    emulator.workspace(worker_activity="Available")
    emulator.telephony.answer_after = 0.4
    emulator.create_task()
    asked = Instruction(name="call", from_="+15550100", to="client:a", url="http://a/")

    def instruct(engine: Engine) -> None:
        [workspace] = engine.workspaces.values()
        [worker] = workspace.workers.values()
        [reservation] = worker.reservations.values()
        engine.telephony.instruct(reservation, asked)

    emulator.advance(0.2)
    emulator.call(instruct)
    emulator.advance(0.4)
    [call] = emulator.calls
    assert call.status == "answered"


def test_a_real_clock_cannot_be_advanced() -> None:
    with Emulator() as emulator, pytest.raises(RuntimeError, match="manual clock"):
        emulator.advance(1)


# Setting up


def test_a_ready_workspace_has_what_was_asked_for(emulator: Emulator) -> None:
    ready = emulator.workspace(
        "Support",
        activities={"Away": False, "Here": True, "Offline": True},
        workers={"Ann": {"languages": ["en"]}, "Bob": {}},
        worker_activity="Here",
        queues={"English": 'languages HAS "en"', "Rest": "1==1"},
        workflow={
            "task_routing": {
                "filters": [
                    {"expression": 'lang == "en"', "targets": [{"queue": "English"}]}
                ],
                "default_filter": {"queue": "Rest"},
            }
        },
        task_reservation_timeout=77,
        multi_task_enabled=False,
        timeout_activity="Away",
    )

    rest = Rest(emulator, ready.sid)
    shown = rest.get("")
    assert shown["friendly_name"] == "Support"
    assert shown["multi_task_enabled"] is False
    assert shown["timeout_activity_sid"] == ready.activities["Away"]
    available = {
        each["friendly_name"]: each["available"]
        for each in rest.get("/Activities")["activities"]
    }
    assert available == {"Away": False, "Here": True, "Offline": True}
    workers = rest.get("/Workers")["workers"]
    assert [
        (each["friendly_name"], each["attributes"], each["activity_name"])
        for each in workers
    ] == [("Ann", '{"languages": ["en"]}', "Here"), ("Bob", "{}", "Here")]
    workflow = rest.get(f"/Workflows/{ready.workflow_sid}")
    assert workflow["task_reservation_timeout"] == 77
    assert ready.task_queues["English"] in workflow["configuration"]
    task = emulator.create_task(ready, attributes={"lang": "en"})
    assert task["task_queue_sid"] == ready.task_queues["English"]


@pytest.mark.parametrize(
    ("options", "default"),
    [
        ({}, "Offline"),
        ({"activities": {"Here": True, "Away": False}}, "Away"),
        ({"activities": {"Here": True}}, "Here"),
    ],
)
def test_new_workers_are_offline_or_what_stands_for_it(
    emulator: Emulator, options: Any, default: str
) -> None:
    ready = emulator.workspace(**options)
    worker = Backend(emulator, ready).worker(ready.workers["Alice"])
    assert worker.activity_name == default


def test_a_created_task_is_shown_as_rest_shows_it(emulator: Emulator) -> None:
    ready = emulator.workspace()
    task = emulator.create_task(
        attributes={"n": 1}, priority=5, task_channel="voice", timeout=60
    )
    assert json.loads(task["attributes"]) == {"n": 1}
    assert (task["priority"], task["timeout"]) == (5, 60)
    assert task["task_channel_unique_name"] == "voice"
    assert Rest(emulator, ready.sid).get(f"/Tasks/{task['sid']}") == task
    assert datetime.fromisoformat(task["date_created"].replace("Z", "+00:00"))


def test_attributes_may_have_4096_characters_of_any_alphabet(
    emulator: Emulator,
) -> None:
    attributes = {"name": "é" * (4096 - len('{"name": ""}'))}
    emulator.workspace(workers={"Ann": attributes})
    assert json.loads(emulator.create_task(attributes=attributes)["attributes"]) == (
        attributes
    )


def test_a_task_of_several_workspaces_needs_to_say_which(emulator: Emulator) -> None:
    first, second = emulator.workspace(), emulator.workspace()
    with pytest.raises(ValueError, match="workspace is required: there are 2"):
        emulator.create_task()
    assert emulator.create_task(first)["workspace_sid"] == first.sid
    assert emulator.create_task(second.sid)["workspace_sid"] == second.sid


def test_a_task_that_the_service_refuses_is_an_error(emulator: Emulator) -> None:
    emulator.workspace()
    with pytest.raises(ServiceError, match="Priority"):
        emulator.create_task(priority=-1)


# Watching


def test_waiting_for_sockets_says_what_did_not_come(emulator: Emulator) -> None:
    with pytest.raises(TimeoutError, match="2 sockets of WK1"):
        emulator.wait_for_connections("WK1", 2, timeout=0.01)


def test_waiting_for_requests_gives_them(emulator: Emulator) -> None:
    requests.get(f"{emulator.api_base_url}/Workspaces?PageSize=5", timeout=5)
    [entry] = emulator.wait_for_requests(1, method="GET", url="/Workspaces")
    assert entry.kind == "rest"
    with pytest.raises(TimeoutError, match="1 requests POST"):
        emulator.wait_for_requests(method="POST", timeout=0.01)


@pytest.mark.parametrize("missing", ["aiohttp", "lark"])
def test_without_the_extra_an_import_says_what_to_install(missing: str) -> None:
    script = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from taskrouter_sync.emulator import Emulator"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20
    )
    assert f"ImportError: the emulator needs {missing}" in done.stderr
    assert "pip install 'taskrouter_sync[emulator]'" in done.stderr


def test_what_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Simulator"):
        _ = taskrouter_sync.emulator.Simulator


def test_time_goes_on_when_the_machines_clock_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.time
    with Emulator() as emulator:
        emulator.workspace(worker_activity="Available", task_reservation_timeout=1)
        monkeypatch.setattr(time, "time", lambda: now() - 3600)
        emulator.create_task()
        emulator.wait_for_events("reservation.timeout")
