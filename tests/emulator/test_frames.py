"""Which event sends which frame: literal payloads, dates as epoch seconds."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.clock import MANUAL_START
from tests.emulator.conftest import Desk
from tests.support.backend import Backend


NOW = int(MANUAL_START)


def answer_offer(desk: Desk, offer: Any, status: str, **params: str) -> None:
    payload = offer["payload"]
    path = f"/Tasks/{payload['sid']}/Reservations/{payload['reservation_sid']}"
    params["ReservationStatus"] = status
    assert desk.post("POST", path, params).status_code == 200


def test_an_offer_is_the_task_with_a_reservation_sid(desk: Desk) -> None:
    desk.emulator.advance(5)
    task = desk.emulator.create_task(attributes={"n": 1}, priority=3)
    offer = desk.frame()
    reservation_sid = offer["payload"]["reservation_sid"]
    assert reservation_sid.startswith("WR")
    assert offer == {
        "event_type": "reservation.created",
        "payload": {
            "account_sid": desk.emulator.account_sid,
            "workspace_sid": desk.workspace.sid,
            "sid": task["sid"],
            "reservation_sid": reservation_sid,
            "date_created": NOW + 5,
            "date_updated": NOW + 5,
            "attributes": '{"n": 1}',
            "assignment_status": "reserved",
            "workflow_sid": desk.workspace.workflow_sid,
            "workflow_name": "Default workflow",
            "queue_sid": desk.workspace.task_queues["Everyone"],
            "queue_name": "Everyone",
            "priority": 3,
            "reason": None,
            "timeout": 86400,
            "task_channel_sid": task["task_channel_sid"],
            "task_channel_unique_name": "default",
            "age": 0,
            "addons": "{}",
            "routing_target": None,
            "version": offer["payload"]["version"],
            "virtual_start_time": NOW + 5,
        },
    }


def test_a_changed_activity_is_the_worker(emulator: Emulator, desk: Desk) -> None:
    emulator.advance(5)
    activity_sid = desk.workspace.activities["Break"]
    desk.post("POST", f"/Workers/{desk.worker_sid}", {"ActivitySid": activity_sid})
    frame = desk.frame()
    assert frame == {
        "event_type": "worker.activity.update",
        "payload": {
            "account_sid": emulator.account_sid,
            "workspace_sid": desk.workspace.sid,
            "sid": desk.worker_sid,
            "date_created": NOW,
            "date_updated": NOW + 5,
            "attributes": "{}",
            "friendly_name": "Alice",
            "available": False,
            "activity_sid": activity_sid,
            "activity_name": "Break",
            "date_status_changed": NOW + 5,
            "version": frame["payload"]["version"],
        },
    }


def test_changed_attributes_are_the_worker(desk: Desk, backend: Backend) -> None:
    backend.update_worker(desk.worker_sid, attributes='{"level": 2}')
    frame = desk.frame()
    assert frame["event_type"] == "worker.attributes.update"
    assert frame["payload"]["attributes"] == '{"level": 2}'


@pytest.mark.parametrize(
    ("change", "event_type", "shown"),
    [
        ({"capacity": 4}, "worker.capacity.update", ("configured_capacity", 4)),
        ({"available": False}, "worker.channel.availability.update", ("available", 0)),
    ],
)
def test_a_changed_channel_is_the_worker_channel(
    emulator: Emulator, desk: Desk, change: Any, event_type: str, shown: Any
) -> None:
    def update(engine: Any) -> Any:
        worker = engine.workspaces.find(desk.workspace.sid).workers[desk.worker_sid]
        return engine.workers.update_channel(worker.channel("voice"), **change)

    channel = emulator.call(update)
    expected = {
        "account_sid": emulator.account_sid,
        "workspace_sid": desk.workspace.sid,
        "sid": channel.sid,
        "worker_sid": desk.worker_sid,
        "task_channel_sid": channel.task_channel_sid,
        "task_channel_unique_name": "voice",
        "configured_capacity": 1,
        "available": 1,
        "assigned_tasks": 0,
        "available_capacity_percentage": 100,
        "date_created": NOW,
        "date_updated": NOW,
        "last_reserved_time": None,
    }
    expected[shown[0]] = shown[1]
    assert desk.frame() == {"event_type": event_type, "payload": expected}


def test_a_canceled_task_tells_of_itself_and_of_the_offer(
    desk: Desk, backend: Backend
) -> None:
    task = desk.emulator.create_task()
    desk.frame()
    backend.update_task(task["sid"], assignment_status="canceled", reason="caller left")
    canceled, withdrawn = desk.frame(), desk.frame()
    assert canceled["event_type"] == "task.canceled"
    assert canceled["payload"]["reason"] == "caller left"
    assert "reservation_sid" not in canceled["payload"]
    assert withdrawn["event_type"] == "reservation.canceled"
    assert withdrawn["payload"]["assignment_status"] == "canceled"


def test_a_tasks_life_is_told_in_order(desk: Desk, backend: Backend) -> None:
    task = desk.emulator.create_task()
    frames = [desk.frame()]
    backend.update_task(task["sid"], attributes='{"n": 2}')
    answer_offer(desk, frames[0], "accepted")
    backend.update_task(task["sid"], assignment_status="wrapping")
    backend.update_task(task["sid"], assignment_status="completed", reason="done")
    frames += [desk.frame() for _ in range(6)]
    told = [
        (each["event_type"], each["payload"]["assignment_status"]) for each in frames
    ]
    assert told == [
        ("reservation.created", "reserved"),
        ("task.updated", "reserved"),
        ("reservation.accepted", "assigned"),
        ("task.wrapup", "wrapping"),
        ("reservation.wrapup", "wrapping"),
        ("task.completed", "completed"),
        ("reservation.completed", "completed"),
    ]


def test_a_task_that_nobody_holds_is_nobodys_news(desk: Desk, backend: Backend) -> None:
    """After a rejection the worker hears no more of the task."""
    task = desk.emulator.create_task()
    offer = desk.frame()
    answer_offer(
        desk, offer, "rejected", WorkerActivitySid=desk.workspace.activities["Break"]
    )
    backend.update_task(task["sid"], attributes='{"n": 2}')
    desk.emulator.send_frame(desk.worker_sid, {"event_type": "marker", "payload": None})
    kinds = [desk.frame()["event_type"] for _ in range(3)]
    assert kinds == ["reservation.rejected", "worker.activity.update", "marker"]


def test_rest_shows_what_a_frame_tells(emulator: Emulator, desk: Desk) -> None:
    """A client that reads the task on hearing of it sees it reserved."""
    emulator.create_task()
    payload = desk.frame()["payload"]
    task = desk.post("GET", f"/Tasks/{payload['sid']}").json()["payload"]
    assert task["assignment_status"] == "reserved"
    path = f"/Tasks/{payload['sid']}/Reservations/{payload['reservation_sid']}"
    reservation = desk.post("GET", path).json()["payload"]
    assert reservation["reservation_status"] == "pending"
