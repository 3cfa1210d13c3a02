"""Event callbacks: what a workspace's eventCallbackUrl gets to hear."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from taskrouter_sync.emulator.clock import MANUAL_START

from .application import Application


@pytest.fixture
def ws(app: Application) -> Any:
    """The workspace, as Twilio's client shows it."""
    emulator, http = app.emulator, TwilioHttpClient(pool_connections=False)
    client = Client(emulator.account_sid, emulator.auth_token, http_client=http)
    client.taskrouter.base_url = emulator.url
    return client.taskrouter.v1.workspaces(app.workspace.sid)


def test_every_event_is_told_in_order(app: Application) -> None:
    before = len(app.emulator.events)
    app.subscribe()
    app.emulator.create_task()
    app.emulator.advance(130)
    wanted = [event.sid for event in app.emulator.events[before:]]
    hooks = app.receiver.expect("/events", len(wanted))
    assert [hook.form["Sid"] for hook in hooks] == wanted
    assert "reservation.timeout" in [hook.form["EventType"] for hook in hooks]
    assert app.emulator.alerts == []


def test_an_event_callback_is_a_signed_form(app: Application) -> None:
    url = app.receiver.url("/events") + "?shop=1&name=a%20b"
    app.subscribe("task.created", url)
    app.emulator.create_task(attributes={"name": "Zoë & Ånna = 100 %", "empty": ""})
    [hook] = app.receiver.expect("/events")
    assert hook.method == "POST"
    assert hook.url == url
    kind = hook.headers["Content-Type"].partition(";")[0]
    assert kind == "application/x-www-form-urlencoded"
    assert app.has_signed(hook)
    validator = RequestValidator(app.emulator.auth_token)
    changed = {**hook.form, "TaskPriority": "7"}
    assert not validator.validate(url, changed, hook.signature)


def test_an_event_callback_has_the_documented_parameters(app: Application) -> None:
    app.subscribe("reservation.created")
    app.emulator.advance(20)
    task = app.emulator.create_task(attributes={"lang": "en"}, priority=3)
    [hook] = app.receiver.expect("/events")
    [event] = app.emulator.wait_for_events("reservation.created")
    expected = {
        "EventType": "reservation.created",
        "AccountSid": app.emulator.account_sid,
        "WorkspaceSid": app.workspace.sid,
        "WorkspaceName": "Emulated workspace",
        "EventDescription": f"Reservation {event.resource_sid} created",
        "ResourceType": "reservation",
        "ResourceSid": event.resource_sid,
        "Sid": event.sid,
        "Timestamp": str(int(MANUAL_START) + 20),
        "TimestampMs": f"{int(MANUAL_START) + 20}000",
        "TaskSid": task["sid"],
        "TaskAttributes": '{"lang": "en"}',
        "TaskAge": "0",
        "TaskPriority": "3",
        "TaskAssignmentStatus": "reserved",
        "TaskChannelUniqueName": "default",
        "TaskQueueSid": app.workspace.task_queues["Everyone"],
        "TaskQueueName": "Everyone",
        "TaskQueueTargetExpression": "1==1",
        "WorkflowSid": app.workspace.workflow_sid,
        "WorkflowName": "Default workflow",
        "ReservationSid": event.resource_sid,
        "WorkerSid": app.workspace.workers["Alice"],
        "WorkerName": "Alice",
        "WorkerAttributes": '{"contact_uri": "client:alice"}',
        "WorkerActivitySid": app.workspace.activities["Available"],
        "WorkerActivityName": "Available",
    }
    assert hook.form.items() >= expected.items()


def test_a_change_of_activity_tells_of_the_one_before(
    app: Application, ws: Any
) -> None:
    app.subscribe("worker.activity.update")
    app.emulator.advance(90.5)
    worker = ws.workers(app.workspace.workers["Alice"])
    worker.update(activity_sid=app.workspace.activities["Break"])
    [hook] = app.receiver.expect("/events")
    expected = {
        "EventDescription": "Worker Alice updated to Break Activity",
        "WorkerActivityName": "Break",
        "WorkerPreviousActivitySid": app.workspace.activities["Available"],
        "WorkerPreviousActivityName": "Available",
        "WorkerTimeInPreviousActivity": "90",
        "WorkerTimeInPreviousActivityMs": "90500",
    }
    assert hook.form.items() >= expected.items()


def test_the_filter_lets_only_its_events_through(app: Application) -> None:
    app.subscribe("task.created, reservation.created")
    app.emulator.create_task()
    app.emulator.create_task()
    # The second waits: Alice takes one at a time.
    expected = ["task.created", "reservation.created", "task.created"]
    assert app.receiver.types("/events", 3) == expected


def test_a_workspace_without_a_url_calls_nobody(app: Application) -> None:
    other = app.emulator.workspace("Other")
    app.subscribe("task.created")
    app.emulator.create_task(other)
    task = app.offer()
    assert app.sids("/events") == [task["sid"]]


def test_a_changed_url_is_for_the_events_from_then_on(
    app: Application, ws: Any
) -> None:
    app.subscribe("task.created", app.receiver.url("/old"))
    first = app.emulator.create_task()
    ws.update(event_callback_url=app.receiver.url("/new"))
    second = app.emulator.create_task()
    assert app.sids("/new") == [second["sid"]]
    assert app.sids("/old") == [first["sid"]]


def test_the_end_of_a_workspace_is_told(app: Application, ws: Any) -> None:
    ws.update(
        event_callback_url=app.receiver.url("/events"),
        events_filter="workspace.deleted",
    )
    ws.delete()
    [hook] = app.receiver.expect("/events")
    assert hook.form["WorkspaceSid"] == app.workspace.sid


def test_what_came_before_the_start_again_comes_after_it(app: Application) -> None:
    app.subscribe("task.created")
    app.emulator.stop()
    app.emulator.start()
    task = app.emulator.create_task()
    assert app.sids("/events") == [task["sid"]]


def test_halves_of_characters_are_replaced(app: Application) -> None:
    """JSON can hold them, a form cannot."""
    app.subscribe("workspace.updated")
    app.backend.update_workspace(friendly_name="half \ud800 a name")
    hook = app.receiver.expect("/events", 2)[1]
    assert hook.form["WorkspaceName"] == "half ? a name"
    assert app.has_signed(hook)


def test_a_password_in_the_url_goes_into_a_header(app: Application) -> None:
    url = f"http://joe:s%40cret@127.0.0.1:{app.receiver.port}/events"
    app.subscribe("task.created", url)
    app.emulator.create_task()
    [hook] = app.receiver.expect("/events")
    assert hook.headers["Authorization"] == "Basic am9lOnNAY3JldA=="
    assert app.has_signed(hook)
