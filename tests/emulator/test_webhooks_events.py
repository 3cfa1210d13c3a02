"""Event callbacks: what a workspace's eventCallbackUrl gets to hear."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.clock import MANUAL_START
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.support.receiver import Receiver


@pytest.fixture
def ws(emulator: Emulator, workspace: ReadyWorkspace) -> Any:
    """The workspace, as Twilio's client shows it."""
    http = TwilioHttpClient(pool_connections=False)
    client = Client(emulator.account_sid, emulator.auth_token, http_client=http)
    client.taskrouter.base_url = emulator.url
    return client.taskrouter.v1.workspaces(workspace.sid)


def subscribe(ws: Any, receiver: Receiver, events_filter: str = "") -> None:
    ws.update(event_callback_url=receiver.url("/events"), events_filter=events_filter)


def subscribed(
    emulator: Emulator, workspace: ReadyWorkspace, url: str, events_filter: str = ""
) -> None:
    """Set a workspace's callback; the update itself is told there first."""
    emulator.call(
        lambda engine: engine.workspaces.update(
            engine.workspaces.find(workspace.sid),
            event_callback_url=url,
            events_filter=events_filter,
        )
    )


def test_every_event_is_told_in_order(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    before = len(emulator.events)
    subscribed(emulator, workspace, receiver.url("/events"))
    emulator.create_task()
    emulator.advance(130)
    wanted = [event.sid for event in emulator.events[before:]]
    hooks = receiver.expect("/events", len(wanted))
    assert [hook.form["Sid"] for hook in hooks] == wanted
    assert "reservation.timeout" in [hook.form["EventType"] for hook in hooks]
    assert emulator.alerts == []


def test_an_event_callback_is_a_signed_form(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    url = receiver.url("/events") + "?shop=1&name=a%20b"
    subscribed(emulator, workspace, url, "task.created")
    emulator.create_task(attributes={"name": "Zoë & Ånna = 100 %", "empty": ""})
    [hook] = receiver.expect("/events")
    assert hook.method == "POST"
    assert hook.url == url
    kind = hook.headers["Content-Type"].partition(";")[0]
    assert kind == "application/x-www-form-urlencoded"
    validator = RequestValidator(emulator.auth_token)
    assert validator.validate(url, dict(hook.form), hook.signature)
    changed = {**hook.form, "TaskPriority": "7"}
    assert not validator.validate(url, changed, hook.signature)


def test_an_event_callback_has_the_documented_parameters(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    url = receiver.url("/events")
    subscribed(emulator, workspace, url, "reservation.created")
    emulator.advance(20)
    task = emulator.create_task(attributes={"lang": "en"}, priority=3)
    [hook] = receiver.expect("/events")
    [event] = emulator.wait_for_events("reservation.created")
    queue_name, queue_sid = next(iter(workspace.task_queues.items()))
    workflow_name, workflow_sid = next(iter(workspace.workflows.items()))
    assert (
        hook.form.items()
        >= {
            "EventType": "reservation.created",
            "AccountSid": emulator.account_sid,
            "WorkspaceSid": workspace.sid,
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
            "TaskQueueSid": queue_sid,
            "TaskQueueName": queue_name,
            "TaskQueueTargetExpression": "1==1",
            "WorkflowSid": workflow_sid,
            "WorkflowName": workflow_name,
            "ReservationSid": event.resource_sid,
            "WorkerSid": workspace.workers["Alice"],
            "WorkerName": "Alice",
            "WorkerAttributes": "{}",
            "WorkerActivitySid": workspace.activities["Available"],
            "WorkerActivityName": "Available",
        }.items()
    )


def test_a_change_of_activity_tells_of_the_one_before(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver, ws: Any
) -> None:
    subscribe(ws, receiver, "worker.activity.update")
    emulator.advance(90)
    worker = ws.workers(workspace.workers["Alice"])
    worker.update(activity_sid=workspace.activities["Break"])
    [hook] = receiver.expect("/events")
    assert (
        hook.form.items()
        >= {
            "WorkerActivityName": "Break",
            "WorkerPreviousActivitySid": workspace.activities["Available"],
            "WorkerPreviousActivityName": "Available",
            "WorkerTimeInPreviousActivity": "90",
            "WorkerTimeInPreviousActivityMs": "90000",
        }.items()
    )


def test_the_filter_lets_only_its_events_through(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    wanted = "task.created, reservation.created"
    subscribed(emulator, workspace, receiver.url("/events"), wanted)
    emulator.create_task()
    emulator.create_task()
    # The second waits: Alice takes one at a time.
    assert receiver.types("/events", 3) == [
        "task.created",
        "reservation.created",
        "task.created",
    ]


def test_a_workspace_without_a_url_calls_nobody(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    other = emulator.workspace("Other")
    subscribed(emulator, other, receiver.url("/events"), "task.created")
    emulator.create_task(workspace)
    emulator.create_task(other)
    [hook] = receiver.expect("/events")
    assert hook.form["WorkspaceSid"] == other.sid


def test_a_changed_url_is_for_the_events_from_then_on(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver, ws: Any
) -> None:
    subscribed(emulator, workspace, receiver.url("/old"), "task.created")
    first = emulator.create_task()
    ws.update(event_callback_url=receiver.url("/new"))
    second = emulator.create_task()
    assert [hook.form["TaskSid"] for hook in receiver.expect("/new")] == [second["sid"]]
    assert [hook.form["TaskSid"] for hook in receiver.came("/old")] == [first["sid"]]


def test_the_end_of_a_workspace_is_told(
    workspace: ReadyWorkspace, receiver: Receiver, ws: Any
) -> None:
    subscribe(ws, receiver, "workspace.deleted")
    ws.delete()
    [hook] = receiver.expect("/events")
    assert hook.form["WorkspaceSid"] == workspace.sid


def test_what_came_before_the_start_again_comes_after_it(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    subscribed(emulator, workspace, receiver.url("/events"), "task.created")
    emulator.stop()
    emulator.start()
    task = emulator.create_task()
    [hook] = receiver.expect("/events")
    assert hook.form["TaskSid"] == task["sid"]


def test_halves_of_characters_are_replaced(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    """JSON can hold them, a form cannot."""
    url = receiver.url("/events")
    subscribed(emulator, workspace, url, "workspace.updated")
    emulator.call(
        lambda engine: engine.workspaces.update(
            engine.workspaces.find(workspace.sid), friendly_name="half \ud800 a name"
        )
    )
    hook = receiver.expect("/events", 2)[1]
    assert hook.form["WorkspaceName"] == "half ? a name"
    validator = RequestValidator(emulator.auth_token)
    assert validator.validate(url, dict(hook.form), hook.signature)


def test_a_password_in_the_url_goes_into_a_header(
    emulator: Emulator, workspace: ReadyWorkspace, receiver: Receiver
) -> None:
    url = f"http://joe:s%40cret@127.0.0.1:{receiver.port}/events"
    subscribed(emulator, workspace, url, "task.created")
    emulator.create_task()
    [hook] = receiver.expect("/events")
    assert hook.headers["Authorization"] == "Basic am9lOnNAY3JldA=="
    validator = RequestValidator(emulator.auth_token)
    assert validator.validate(receiver.url("/events"), dict(hook.form), hook.signature)
