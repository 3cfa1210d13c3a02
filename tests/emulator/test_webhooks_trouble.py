"""Webhooks when receivers are slow, dead or wrong: nobody else gets to feel it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync.emulator import Emulator, webhook_queue
from taskrouter_sync.emulator.webhook_queue import Limits
from tests.emulator.conftest import Desk, OpenDesk
from tests.support.collector import LIMIT, wait
from tests.support.raw_server import Peer, RawServer
from tests.support.receiver import Receiver, Reply

from .application import Application
from .test_webhooks_assignments import ACCEPT


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """The emulator waits neither long for answers nor before it tries again."""
    limits = Limits(event=1.0, assignment=1.0, pauses=(0.0, 0.0), waiting=3)
    monkeypatch.setattr(webhook_queue, "LIMITS", limits)
    return limits


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What slow receivers wait for; opened at the end of the test at the latest."""
    gate = threading.Event()
    yield gate
    gate.set()


def silent(peer: Peer) -> None:
    """Take the request and never answer."""
    peer.read_head()
    peer.until_gone()


# Nobody waits


def test_a_silent_receiver_delays_neither_rest_nor_bridge_nor_routing(
    app: Application, open_desk: OpenDesk
) -> None:
    desk: Desk = open_desk(app.emulator, app.workspace)
    desk.connect()
    with RawServer(*[silent] * 20) as server:
        app.subscribe("", f"{server.url}/events")
        app.assign(f"{server.url}/assign")
        server.next_head()
        task = app.offer()
        offer = desk.frame()
        assert offer["event_type"] == "reservation.created"
        sid = offer["payload"]["reservation_sid"]
        path = f"/Tasks/{task['sid']}/Reservations/{sid}"
        answer = desk.post("POST", path, {"ReservationStatus": "accepted"})
        assert answer.status_code == 200
        assert desk.frame()["event_type"] == "reservation.accepted"
        assert app.rest.get("")["sid"] == app.workspace.sid
        assert app.emulator.alerts == []
        app.emulator.stop()


def test_a_slow_receiver_delays_no_other(
    app: Application, gate: threading.Event
) -> None:
    with Receiver() as other:
        slow = Application(app.emulator, other)
        slow.subscribe("task.created")
        other.answers("/events", Reply(204, before=gate.wait))
        app.subscribe("task.created")
        slow.offer()
        other.expect("/events")
        app.offer()
        app.receiver.expect("/events")
        gate.set()


def test_a_receiver_is_told_one_after_the_other(
    app: Application, gate: threading.Event
) -> None:
    """Of two workspaces with one receiver, the events keep their order too."""
    second = Application(app.emulator, app.receiver)
    app.receiver.answers("/events", Reply(204, before=gate.wait), Reply(204))
    app.subscribe("task.created")
    second.subscribe("task.created", app.receiver.url("/others"))
    tasks = [(second if n % 2 else app).offer() for n in range(6)]
    app.receiver.expect("/events")
    assert app.receiver.came("/others") == []
    gate.set()
    app.receiver.expect("/events", 3)
    app.receiver.expect("/others", 3)
    sids = [hook.form["TaskSid"] for hook in app.receiver.hooks()]
    assert sids == [task["sid"] for task in tasks]


def test_an_assignment_does_not_wait_for_the_answer_to_another(
    emulator: Emulator, receiver: Receiver, gate: threading.Event
) -> None:
    both = emulator.workspace(
        workers={"Alice": {}, "Bob": {}}, worker_activity="Available"
    )
    app = Application(emulator, receiver, both)
    app.answers(Reply(200, ACCEPT.body, ACCEPT.headers, gate.wait), ACCEPT)
    app.offer()
    receiver.expect("/assign")
    second = app.offer()
    [event] = emulator.wait_for_events("reservation.accepted")
    assert event.task is not None
    assert event.task.sid == second["sid"]
    gate.set()
    emulator.wait_for_events("reservation.accepted", 2)


# Trying again


@pytest.mark.usefixtures("hurried")
def test_an_event_is_told_again_after_trouble_that_may_pass(app: Application) -> None:
    app.receiver.answers("/events", Reply(503), Reply(500), Reply(204))
    app.subscribe("task.created")
    tasks = [app.offer() for _ in range(2)]
    first, second = [task["sid"] for task in tasks]
    assert app.sids("/events", 4) == [first, first, first, second]
    assert app.emulator.alerts == []


@pytest.mark.usefixtures("hurried")
def test_after_the_third_time_an_event_is_given_up(app: Application) -> None:
    app.receiver.answers("/events", *[Reply(503)] * 3, Reply(204))
    url = app.subscribe("task.created")
    app.offer()
    second = app.offer()
    alert = app.alert()
    [event, _] = app.emulator.wait_for_events("task.created", 2)
    assert (alert.code, alert.level) == (11200, "error")
    assert alert.message == "the response's status is 503"
    assert (alert.resource_sid, alert.url) == (event.sid, url)
    assert app.sids("/events", 4)[3] == second["sid"]


@pytest.mark.parametrize("status", [301, 400, 404, 429])
def test_what_will_not_pass_is_given_up_at_once(status: int, app: Application) -> None:
    refusal = Reply(status, headers={"Location": app.receiver.url("/moved")})
    app.receiver.answers("/events", refusal)
    app.subscribe("task.created")
    app.offer()
    alert = app.alert()
    assert alert.message == f"the response's status is {status}"
    assert len(app.receiver.came("/events")) == 1
    assert app.receiver.came("/moved") == []


@pytest.mark.usefixtures("hurried")
def test_a_silent_receiver_is_given_up(app: Application) -> None:
    with RawServer(*[silent] * 3) as server:
        app.subscribe("task.created", server.url)
        app.offer()
        alert = app.alert()
        assert alert.message == "no response within 1 s"
        assert [server.next_head() for _ in range(3)]


@pytest.mark.usefixtures("hurried")
def test_a_silent_application_is_replaced_by_the_fallback(app: Application) -> None:
    fallback = app.receiver.answers("/fallback", ACCEPT)
    with RawServer(silent) as server:
        app.assign(server.url, fallback)
        app.offer()
        app.emulator.wait_for_events("reservation.accepted")
    [alert] = app.emulator.alerts
    assert alert.message == "no response within 1 s"


@pytest.mark.usefixtures("hurried")
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
def test_a_url_of_no_use_is_an_alert(url: str, app: Application) -> None:
    app.subscribe("task.created", url)
    app.offer()
    alert = app.alert()
    assert alert.message in ("the URL is invalid", "the host is unknown")
    assert "pass" not in alert.url


def test_neither_password_nor_query_of_a_url_is_shown(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app.receiver.answers("/events", Reply(400))
    url = f"http://joe:hidden@127.0.0.1:{app.receiver.port}/events?key=hidden#hidden"
    app.subscribe("task.created", url)
    app.offer()
    alert = app.alert()
    assert alert.url == app.receiver.url("/events")
    assert "hidden" not in repr(app.emulator.alerts)
    own = [r for r in caplog.records if not r.name.startswith("urllib3")]
    shown = "".join(record.getMessage() for record in own)
    assert app.receiver.url("/events") in shown
    assert "hidden" not in shown
    assert app.emulator.auth_token not in shown


# Bounds


def test_a_receiver_that_lags_too_far_misses_what_comes_then(
    hurried: Limits, app: Application, gate: threading.Event
) -> None:
    app.receiver.answers("/events", Reply(204, before=gate.wait), Reply(204))
    app.subscribe("task.created")
    tasks = [app.offer()]
    app.receiver.expect("/events")
    tasks += [app.offer() for _ in range(hurried.waiting + 2)]
    alerts = app.emulator.wait_for_alerts(2)
    assert {alert.message for alert in alerts} == {
        "not sent: too many earlier webhooks wait for a response"
    }
    gate.set()
    told = list(dict.fromkeys(app.sids("/events", 1 + hurried.waiting)))
    assert told == [task["sid"] for task in tasks[: len(told)]]


# The stop


def test_a_stop_breaks_off_what_is_under_way(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "taskrouter_sync")
    with RawServer(*[silent] * 3) as server:
        app.subscribe("task.created", f"{server.url}/events")
        app.assign(f"{server.url}/assign")
        app.offer()
        app.offer()
        heads = {server.next_head().split()[1] for _ in range(2)}
        assert heads == {"/events", "/assign"}
        stopper = threading.Thread(target=app.emulator.stop)
        stopper.start()
        stopper.join(2)
        assert not stopper.is_alive(), "the stop waits for receivers"
    assert "3 webhooks were not delivered: stopped" in caplog.messages


def test_a_stop_does_not_wait_for_names_to_be_looked_up(
    app: Application, monkeypatch: pytest.MonkeyPatch
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
    app.subscribe("task.created", "http://slow.invalid/")
    app.offer()
    wait(asked, "the look-up")
    stopper = threading.Thread(target=app.emulator.stop)
    stopper.start()
    stopper.join(2)
    assert not stopper.is_alive(), "the stop waits for the look-up"
    go_on.set()


def test_an_application_may_stop_the_emulator_that_asks_it(app: Application) -> None:
    stopped = threading.Event()

    def stop() -> None:
        app.emulator.stop()
        stopped.set()

    app.assign(app.receiver.answers("/assign", Reply(200, before=stop)))
    app.offer()
    wait(stopped, "the stop")
