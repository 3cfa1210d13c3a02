"""Twilio's own REST client drives every resource; every answer is as published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.conformance import PUBLISHED, CheckedHttpClient, QueueSids


@pytest.fixture
def http(emulator: Emulator) -> Iterator[CheckedHttpClient]:
    client = CheckedHttpClient(emulator.url)
    yield client
    client.session.close()


@pytest.fixture
def client(emulator: Emulator, http: CheckedHttpClient) -> Client:
    return Client(emulator.account_sid, emulator.auth_token, http_client=http)


@pytest.fixture
def ws(client: Client, workspace: ReadyWorkspace) -> Any:
    """The ready workspace, as Twilio's client shows it."""
    return client.taskrouter.v1.workspaces(workspace.sid)


def refusal(call: Callable[[], object]) -> tuple[int, int]:
    """Give status and code of what Twilio's client says the service refused."""
    with pytest.raises(TwilioException) as refused:
        call()
    error = refused.value
    if isinstance(error, TwilioRestException):
        return error.status, error.code
    # Of a list, the client only says what the answer was.
    response = error.args[1]
    return response.status_code, json.loads(response.text)["code"]


def use_everything(client: Client, emulator: Emulator) -> None:
    """Make every request that the emulator serves at least once."""
    workspaces = client.taskrouter.v1.workspaces
    made = workspaces.create("Mine", template="FIFO")
    ws = workspaces(made.sid)
    ws.update(friendly_name="Ours", events_filter="task.created")
    assert ws.fetch().friendly_name == "Ours"
    assert [item.sid for item in workspaces.list(friendly_name="Ours")] == [made.sid]

    lunch = ws.activities.create("Lunch", available=False)
    ws.activities(lunch.sid).update(friendly_name="Dinner")
    assert ws.activities(lunch.sid).fetch().friendly_name == "Dinner"
    ws.activities.list()
    ws.activities(lunch.sid).delete()

    [here] = ws.activities.list(available="true")
    worker = ws.workers.create("Ann", attributes='{"lang": ["en"]}')
    ws.workers(worker.sid).update(activity_sid=here.sid)
    assert ws.workers(worker.sid).fetch().available
    ws.workers.list()
    [channel, *_] = ws.workers(worker.sid).worker_channels.list()
    channels = ws.workers(worker.sid).worker_channels
    assert channels("voice").update(capacity=2).configured_capacity == 2
    assert channels(channel.sid).fetch().configured_capacity == 1

    queue = ws.task_queues.create("English", target_workers='lang HAS "en"')
    ws.task_queues(queue.sid).update(max_reserved_workers=2)
    assert ws.task_queues(queue.sid).fetch().max_reserved_workers == 2
    ws.task_queues.list()
    configuration = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    flow = ws.workflows.create("English", json.dumps(configuration))
    ws.workflows(flow.sid).update(task_reservation_timeout=60)
    assert ws.workflows(flow.sid).fetch().task_reservation_timeout == 60
    ws.workflows.list()

    fax = ws.task_channels.create("Fax", "fax")
    ws.task_channels("fax").update(friendly_name="Telefax")
    assert ws.task_channels(fax.sid).fetch().friendly_name == "Telefax"
    ws.task_channels.list()
    ws.task_channels(fax.sid).delete()

    task = ws.tasks.create(workflow_sid=flow.sid, attributes='{"n": 1}')
    ws.tasks(task.sid).update(attributes='{"n": 2}')
    assert ws.tasks(task.sid).fetch().assignment_status == "reserved"
    ws.tasks.list()
    [offer] = ws.tasks(task.sid).reservations.list()
    ws.tasks(task.sid).reservations(offer.sid).fetch()
    ws.tasks(task.sid).reservations(offer.sid).update(reservation_status="accepted")
    [mine] = ws.workers(worker.sid).reservations.list()
    assert ws.workers(worker.sid).reservations(mine.sid).fetch().sid == offer.sid
    mine.update(reservation_status="completed")
    assert ws.tasks(task.sid).fetch().reason == "All reservations were completed"

    [event, *_] = ws.events.list(minutes=15)
    assert ws.events(event.sid).fetch().event_type == event.event_type

    use_statistics(ws, worker.sid, queue.sid, flow.sid)

    ws.tasks(task.sid).delete()
    ws.workflows(flow.sid).delete()
    ws.task_queues(queue.sid).delete()
    ws.workers(worker.sid).delete()
    ws.delete()


def use_statistics(ws: Any, worker: str, queue: str, flow: str) -> None:
    """Ask for all kinds of statistics of everything."""
    for subject in (ws, ws.task_queues(queue), ws.workflows(flow)):
        subject.statistics().fetch()
        subject.real_time_statistics().fetch()
        subject.cumulative_statistics().fetch()
    ws.workers.statistics().fetch()
    ws.workers.real_time_statistics().fetch()
    ws.workers.cumulative_statistics().fetch()
    ws.workers(worker).statistics().fetch()
    ws.task_queues.statistics.list()
    ws.task_queues.bulk_real_time_statistics.create(QueueSids([queue]))


def test_every_published_operation_answers_as_published(
    emulator: Emulator, client: Client, http: CheckedHttpClient
) -> None:
    use_everything(client, emulator)
    published = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in PUBLISHED["paths"].items()
        for method in methods
    }
    checked = {
        (method, re.sub("/(voice|fax)$", "/{}", path)) for method, path in http.checked
    }
    unused = sorted(published - checked)
    assert not unused, "add a call of each of these to use_everything"


def test_pages_are_walked(ws: Any) -> None:
    names = [item.friendly_name for item in ws.activities.stream(page_size=1)]
    assert names == ["Offline", "Available", "Unavailable", "Break"]


def test_a_page_knows_its_neighbors(ws: Any) -> None:
    first = ws.activities.page(page_size=3)
    second = first.next_page()
    assert [item.friendly_name for item in second] == ["Break"]
    assert second.next_page() is None
    assert len(list(second.previous_page())) == 3
    assert first.previous_page() is None


def test_wrong_credentials_are_refused(
    emulator: Emulator, http: CheckedHttpClient
) -> None:
    client = Client(emulator.account_sid, "wrong", http_client=http)
    assert refusal(client.taskrouter.v1.workspaces.list) == (401, 20003)


# Filters


@pytest.mark.parametrize(
    ("resource", "filters", "names"),
    [
        ("workers", {}, ["Alice", "Bob"]),
        ("workers", {"friendly_name": "Bob"}, ["Bob"]),
        ("workers", {"activity_name": "Available"}, ["Alice"]),
        ("workers", {"activity_sid": "Offline"}, ["Bob"]),
        ("workers", {"available": "false"}, ["Bob"]),
        ("workers", {"available": "true"}, ["Alice"]),
        ("workers", {"target_workers_expression": "level > 3"}, ["Bob"]),
        ("workers", {"target_workers_expression": "friendly_name = 'Bob'"}, ["Bob"]),
        ("workers", {"task_queue_name": "Everyone"}, ["Alice", "Bob"]),
        ("workers", {"task_queue_name": "Nobody"}, []),
        ("workers", {"task_queue_sid": "Everyone"}, ["Alice", "Bob"]),
        ("task_queues", {"friendly_name": "English"}, ["English"]),
        ("task_queues", {"worker_sid": "Alice"}, ["Everyone"]),
        ("task_queues", {"evaluate_worker_attributes": "{}"}, ["Everyone"]),
        (
            "task_queues",
            {"evaluate_worker_attributes": '{"lang": ["en"]}'},
            ["Everyone", "English"],
        ),
    ],
)
def test_workers_and_task_queues_are_filtered(
    ws: Any,
    workspace: ReadyWorkspace,
    resource: str,
    filters: dict[str, str],
    names: list[str],
) -> None:
    """Those of sids are written with the names."""
    ws.workers.create("Bob", attributes='{"level": 5}')
    ws.task_queues.create("English", target_workers='lang HAS "en"')
    ws.task_queues.create("Nobody", target_workers="")
    sids = {**workspace.activities, **workspace.workers, **workspace.task_queues}
    given = {
        name: sids[value] if name.endswith("_sid") else value
        for name, value in filters.items()
    }
    listed = getattr(ws, resource).list(**given)
    assert [item.friendly_name for item in listed] == names


@pytest.mark.parametrize(
    ("filters", "priorities"),
    [
        ({}, [1, 3, 2]),
        ({"priority": 3}, [3]),
        ({"assignment_status": ["reserved"]}, [1]),
        ({"assignment_status": ["pending", "reserved"]}, [1, 3, 2]),
        ({"assignment_status": ["pending,canceled"]}, [3, 2]),
        ({"workflow_name": "Default workflow"}, [1, 3, 2]),
        ({"workflow_name": "Other"}, []),
        ({"task_queue_name": "Everyone"}, [1, 3, 2]),
        ({"evaluate_task_attributes": "n >= 2"}, [3, 2]),
        ({"routing_target": "WK1"}, []),
        ({"has_addons": True}, []),
        ({"has_addons": False}, [1, 3, 2]),
        ({"ordering": "Priority:desc"}, [3, 2, 1]),
        ({"ordering": "Priority"}, [1, 2, 3]),
        ({"ordering": "DateCreated:desc"}, [2, 3, 1]),
        ({"ordering": "VirtualStartTime:asc,Priority:desc"}, [2, 1, 3]),
    ],
)
def test_tasks_are_filtered_and_ordered(
    emulator: Emulator, ws: Any, filters: dict[str, Any], priorities: list[int]
) -> None:
    for number, priority in enumerate((1, 3, 2), start=1):
        start = {}
        if priority == 2:
            start["virtual_start_time"] = datetime(2020, 1, 1, tzinfo=timezone.utc)
        attributes = json.dumps({"n": number})
        ws.tasks.create(priority=priority, attributes=attributes, **start)
        emulator.advance(1)
    assert [item.priority for item in ws.tasks.list(**filters)] == priorities


@pytest.mark.parametrize(
    ("resource", "filters"),
    [
        ("tasks", {"ordering": "Age"}),
        ("tasks", {"ordering": "Priority:up"}),
        ("tasks", {"ordering": "DateCreated,VirtualStartTime"}),
        ("workers", {"ordering": "Age"}),
        ("workers", {"ordering": "Priority:asc"}),
        ("workers", {"ordering": "FriendlyName:up"}),
        ("task_queues", {"ordering": "ActivityName"}),
        ("task_queues", {"ordering": "FriendlyName:asc:desc"}),
        ("tasks", {"assignment_status": ["done"]}),
        ("tasks", {"evaluate_task_attributes": "n >"}),
        ("workers", {"target_workers_expression": "skill-level > 3"}),
        ("task_queues", {"evaluate_worker_attributes": "[]"}),
    ],
)
def test_filters_that_make_no_sense_are_refused(
    ws: Any, resource: str, filters: dict[str, Any]
) -> None:
    assert refusal(lambda: getattr(ws, resource).list(**filters)) == (400, 20001)


@pytest.mark.parametrize(
    ("resource", "ordering", "names"),
    [
        ("workers", None, ["Alice", "bob", "Carol"]),
        ("workers", "FriendlyName", ["Alice", "bob", "Carol"]),
        ("workers", "FriendlyName:desc", ["Carol", "bob", "Alice"]),
        ("workers", "DateCreated:desc", ["Carol", "bob", "Alice"]),
        ("workers", "DateUpdated:desc", ["Alice", "Carol", "bob"]),
        ("workers", "DateStatusChanged:asc", ["bob", "Carol", "Alice"]),
        ("workers", "ActivityName:asc,FriendlyName:desc", ["Alice", "Carol", "bob"]),
        ("task_queues", None, ["Everyone", "vip", "Basic"]),
        ("task_queues", "FriendlyName:asc", ["Basic", "Everyone", "vip"]),
        ("task_queues", "DateCreated:desc", ["Basic", "vip", "Everyone"]),
        ("task_queues", "DateUpdated:desc,FriendlyName", ["Everyone", "Basic", "vip"]),
    ],
)
def test_workers_and_task_queues_are_ordered(
    emulator: Emulator, ws: Any, resource: str, ordering: str | None, names: list[str]
) -> None:
    """Alice and the queue of everyone come first, and change last."""
    for worker, queue in (("bob", "vip"), ("Carol", "Basic")):
        emulator.advance(1)
        ws.workers.create(worker)
        ws.task_queues.create(queue)
    emulator.advance(1)
    [alice] = ws.workers.list(friendly_name="Alice")
    [activity] = ws.activities.list(friendly_name="Break")
    alice.update(activity_sid=activity.sid)
    [everyone] = ws.task_queues.list(friendly_name="Everyone")
    everyone.update(max_reserved_workers=2)
    asked = {} if ordering is None else {"ordering": ordering}
    listed = getattr(ws, resource).list(**asked, page_size=1)
    assert [item.friendly_name for item in listed] == names
