"""Webhooks when receivers are slow, dead or wrong: nobody else gets to feel it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator, webhook_queue
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.emulator.webhook_queue import Limits
from tests.emulator.conftest import Desk
from tests.support.collector import LIMIT, wait
from tests.support.raw_server import Peer, RawServer
from tests.support.receiver import Receiver, Reply, says


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """The emulator waits neither long for answers nor before it tries again."""
    limits = Limits(event=0.2, assignment=0.2, pauses=(0.0, 0.0), waiting=3)
    monkeypatch.setattr(webhook_queue, "LIMITS", limits)
    return limits


@pytest.fixture
def hurried_emulator(hurried: Limits) -> Iterator[Emulator]:
    """An emulator without patience."""
    with Emulator(seed=1, manual_clock=True) as running:
        yield running


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What slow receivers wait for; opened at the end of the test at the latest."""
    gate = threading.Event()
    yield gate
    gate.set()


def subscribe(
    emulator: Emulator, workspace: ReadyWorkspace, url: str, events_filter: str
) -> None:
    emulator.call(
        lambda engine: engine.workspaces.update(
            engine.workspaces.find(workspace.sid),
            event_callback_url=url,
            events_filter=events_filter,
        )
    )


def assign(
    emulator: Emulator, workspace: ReadyWorkspace, url: str, fallback: str | None = None
) -> None:
    emulator.call(
        lambda engine: engine.workflows.update(
            engine.workflows.find(
                engine.workspaces.find(workspace.sid), workspace.workflow_sid
            ),
            assignment_callback_url=url,
            fallback_assignment_callback_url=fallback,
        )
    )


def silent(peer: Peer) -> None:
    """Take the request and never answer."""
    peer.read_head()
    peer.until_gone()


# Nobody waits


def test_a_silent_receiver_delays_neither_rest_nor_bridge_nor_routing(
    emulator: Emulator, desk: Desk
) -> None:
    with RawServer(*[silent] * 20) as server:
        subscribe(emulator, desk.workspace, f"{server.url}/events", "")
        assign(emulator, desk.workspace, f"{server.url}/assign")
        server.next_head()
        task = emulator.create_task()
        assert desk.frame()["event_type"] == "reservation.created"
        [event] = emulator.wait_for_events("reservation.created")
        path = f"/Tasks/{task['sid']}/Reservations/{event.resource_sid}"
        answer = desk.post("POST", path, {"ReservationStatus": "accepted"})
        assert answer.status_code == 200
        assert desk.frame()["event_type"] == "reservation.accepted"
        workspaces = requests.get(
            f"{emulator.api_base_url}/Workspaces",
            auth=(emulator.account_sid, emulator.auth_token),
            timeout=LIMIT,
        )
        assert workspaces.status_code == 200
        assert emulator.alerts == []
        emulator.stop()


def test_a_slow_receiver_delays_no_other(
    emulator: Emulator, receiver: Receiver, gate: threading.Event
) -> None:
    slow, quick = emulator.workspace("Slow"), emulator.workspace("Quick")
    with Receiver() as other:
        url = other.answers("/events", Reply(204, before=gate.wait))
        subscribe(emulator, slow, url, "task.created")
        subscribe(emulator, quick, receiver.url("/events"), "task.created")
        emulator.create_task(slow)
        other.expect("/events")
        emulator.create_task(quick)
        receiver.expect("/events")
        gate.set()


def test_a_receiver_is_told_one_after_the_other(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    receiver: Receiver,
    gate: threading.Event,
) -> None:
    """Of two workspaces with one receiver, the events keep their order too."""
    second = emulator.workspace("Second")
    url = receiver.answers("/events", Reply(204, before=gate.wait), Reply(204))
    subscribe(emulator, workspace, url, "task.created")
    subscribe(emulator, second, receiver.url("/others"), "task.created")
    tasks = [emulator.create_task(second if n % 2 else workspace) for n in range(6)]
    receiver.expect("/events")
    assert receiver.came("/others") == []
    gate.set()
    receiver.expect("/events", 3)
    receiver.expect("/others", 3)
    sids = [hook.form["TaskSid"] for hook in receiver.hooks()]
    assert sids == [task["sid"] for task in tasks]


def test_an_assignment_does_not_wait_for_the_answer_to_another(
    emulator: Emulator, receiver: Receiver, gate: threading.Event
) -> None:
    workspace = emulator.workspace(
        workers={"Alice": {}, "Bob": {}}, worker_activity="Available"
    )
    accept = says({"instruction": "accept"})
    slow = Reply(200, accept.body, accept.headers, gate.wait)
    assign(emulator, workspace, receiver.answers("/assign", slow, accept))
    emulator.create_task()
    receiver.expect("/assign")
    second = emulator.create_task()
    [event] = emulator.wait_for_events("reservation.accepted")
    assert event.task is not None
    assert event.task.sid == second["sid"]
    gate.set()
    emulator.wait_for_events("reservation.accepted", 2)


# Trying again


def test_an_event_is_told_again_after_trouble_that_may_pass(
    hurried_emulator: Emulator, receiver: Receiver
) -> None:
    workspace = hurried_emulator.workspace()
    url = receiver.answers("/events", Reply(503), Reply(500), Reply(204))
    subscribe(hurried_emulator, workspace, url, "task.created")
    tasks = [hurried_emulator.create_task() for _ in range(2)]
    first, second = [task["sid"] for task in tasks]
    sids = [hook.form["TaskSid"] for hook in receiver.expect("/events", 4)]
    assert sids == [first, first, first, second]
    assert hurried_emulator.alerts == []


def test_after_the_third_time_an_event_is_given_up(
    hurried_emulator: Emulator, receiver: Receiver
) -> None:
    workspace = hurried_emulator.workspace()
    url = receiver.answers("/events", *[Reply(503)] * 3, Reply(204))
    subscribe(hurried_emulator, workspace, url, "task.created")
    hurried_emulator.create_task()
    second = hurried_emulator.create_task()
    [alert] = hurried_emulator.wait_for_alerts()
    [event, _] = hurried_emulator.wait_for_events("task.created", 2)
    assert (alert.code, alert.level) == (11200, "error")
    assert alert.message == "the response's status is 503"
    assert (alert.resource_sid, alert.url) == (event.sid, url)
    assert receiver.expect("/events", 4)[3].form["TaskSid"] == second["sid"]


@pytest.mark.parametrize("status", [301, 400, 404, 429])
def test_what_will_not_pass_is_given_up_at_once(
    status: int, emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    refusal = Reply(status, headers={"Location": receiver.url("/moved")})
    url = receiver.answers("/events", refusal)
    subscribe(emulator, workspace, url, "task.created")
    emulator.create_task()
    [alert] = emulator.wait_for_alerts()
    assert alert.message == f"the response's status is {status}"
    assert len(receiver.came("/events")) == 1
    assert receiver.came("/moved") == []


def test_a_silent_receiver_is_given_up(hurried_emulator: Emulator) -> None:
    with RawServer(*[silent] * 3) as server:
        workspace = hurried_emulator.workspace()
        subscribe(hurried_emulator, workspace, server.url, "task.created")
        hurried_emulator.create_task()
        [alert] = hurried_emulator.wait_for_alerts()
        assert alert.message == "no response within 0.2 s"
        assert [server.next_head() for _ in range(3)]


def test_a_silent_application_is_replaced_by_the_fallback(
    hurried_emulator: Emulator, receiver: Receiver
) -> None:
    workspace = hurried_emulator.workspace(worker_activity="Available")
    fallback = receiver.answers("/fallback", says({"instruction": "accept"}))
    with RawServer(silent) as server:
        assign(hurried_emulator, workspace, server.url, fallback)
        hurried_emulator.create_task()
        hurried_emulator.wait_for_events("reservation.accepted")
    [alert] = hurried_emulator.alerts
    assert alert.message == "no response within 0.2 s"


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ftp://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://a b/",
        "http://user:pass@/",
        "http://\u20ac:pass@127.0.0.1/",
        "http://\ud800/",
        "http://" + "a" * 300 + "/",
    ],
)
def test_a_url_of_no_use_is_an_alert(
    url: str, hurried_emulator: Emulator, receiver: Receiver
) -> None:
    workspace = hurried_emulator.workspace()
    subscribe(hurried_emulator, workspace, url, "task.created")
    hurried_emulator.create_task()
    [alert] = hurried_emulator.wait_for_alerts()
    assert alert.message in ("the URL is invalid", "the host is unknown")
    assert "pass" not in alert.url


def test_neither_password_nor_query_of_a_url_is_shown(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers("/events", Reply(400))
    url = f"http://joe:hidden@127.0.0.1:{receiver.port}/events?key=hidden#hidden"
    subscribe(emulator, workspace, url, "task.created")
    emulator.create_task()
    [alert] = emulator.wait_for_alerts()
    assert alert.url == receiver.url("/events")
    assert "hidden" not in repr(emulator.alerts)
    own = [r for r in caplog.records if not r.name.startswith("urllib3")]
    shown = "".join(record.getMessage() for record in own)
    assert receiver.url("/events") in shown
    assert "hidden" not in shown
    assert emulator.auth_token not in shown


# Bounds


def test_a_receiver_that_lags_too_far_misses_what_comes_then(
    hurried_emulator: Emulator,
    hurried: Limits,
    receiver: Receiver,
    gate: threading.Event,
) -> None:
    workspace = hurried_emulator.workspace()
    url = receiver.answers("/events", Reply(204, before=gate.wait), Reply(204))
    subscribe(hurried_emulator, workspace, url, "task.created")
    tasks = [hurried_emulator.create_task()]
    receiver.expect("/events")
    tasks += [hurried_emulator.create_task() for _ in range(hurried.waiting + 2)]
    alerts = hurried_emulator.wait_for_alerts(2)
    assert {alert.message for alert in alerts} == {
        "not sent: too many earlier webhooks wait for a response"
    }
    gate.set()
    hooks = receiver.expect("/events", 1 + hurried.waiting)
    told = list(dict.fromkeys(hook.form["TaskSid"] for hook in hooks))
    assert told == [task["sid"] for task in tasks[: len(told)]]


# The stop


def test_a_stop_breaks_off_what_is_under_way(
    emulator: Emulator, workspace: ReadyWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "taskrouter_sync")
    with RawServer(*[silent] * 3) as server:
        subscribe(emulator, workspace, f"{server.url}/events", "task.created")
        assign(emulator, workspace, f"{server.url}/assign")
        emulator.create_task()
        emulator.create_task()
        heads = {server.next_head().split()[1] for _ in range(2)}
        assert heads == {"/events", "/assign"}
        stopper = threading.Thread(target=emulator.stop)
        stopper.start()
        stopper.join(2)
        assert not stopper.is_alive(), "the stop waits for receivers"
    assert "3 webhooks were not delivered: stopped" in caplog.messages


def test_a_stop_does_not_wait_for_names_to_be_looked_up(
    workspace: ReadyWorkspace, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *rest: Any) -> Any:
        if host != "slow.invalid":
            return real(host, *rest)
        asked.set()
        go_on.wait(LIMIT)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    subscribe(emulator, workspace, "http://slow.invalid/", "task.created")
    emulator.create_task()
    wait(asked, "the look-up")
    stopper = threading.Thread(target=emulator.stop)
    stopper.start()
    stopper.join(2)
    assert not stopper.is_alive(), "the stop waits for the look-up"
    go_on.set()


def test_an_application_may_stop_the_emulator_that_asks_it(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    stopped = threading.Event()

    def stop() -> None:
        emulator.stop()
        stopped.set()

    assign(emulator, workspace, receiver.answers("/assign", Reply(200, before=stop)))
    emulator.create_task()
    wait(stopped, "the stop")
