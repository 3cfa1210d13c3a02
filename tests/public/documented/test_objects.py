"""Objects behave as JavaScript's do: user data, data to take along, own names."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import ArgumentError, Worker

from ...support.center import Center


def test_an_absent_attribute_is_none_and_an_absent_key_an_error(center: Center) -> None:
    attributes = center.reservation.task.attributes
    assert attributes.language == "es"
    assert attributes.selected_language is None
    with pytest.raises(KeyError):
        _ = attributes["selected_language"]


def test_what_is_set_by_name_is_what_update_sends(center: Center) -> None:
    task = center.task
    task.attributes.checked = True
    task.attributes.from_ = "+1555"
    task.attributes.lines = [{"item": 1}]
    task.attributes.lines.append({"item": 2})
    assert task.attributes.lines[1].price is None
    updated = task.update("Attributes", task.attributes)
    assert dict(updated.attributes) == dict(task.attributes)
    assert updated.attributes["from"] == "+1555"
    assert updated.attributes.lines[1].item == 2
    fetched = center.workspace.tasks.fetch(task.sid)
    assert fetched.attributes == json.loads(json.dumps(task.attributes))


def test_a_reservation_is_data_with_its_task(center: Center) -> None:
    reservation = center.reservation
    shown = json.loads(reservation.to_json())
    assert shown["reservationStatus"] == "pending"
    assert shown["task"]["attributes"]["language"] == "es"
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", shown["dateCreated"])
    data = reservation.to_dict(snake_case=True)
    assert data["task"]["assignment_status"] == "reserved"
    assert pickle.loads(pickle.dumps(data)) == copy.deepcopy(data) == data


def test_a_list_and_statistics_are_data(center: Center) -> None:
    shown = json.loads(center.page.to_json())
    assert (len(shown["data"]), shown["pageSize"], shown["hasNext"]) == (2, 2, True)
    assert center.page.to_dict(snake_case=True)["page_size"] == 2
    statistics = center.workspace.statistics.fetch()
    assert json.loads(statistics.to_json()) == statistics == statistics.to_dict()
    assert "reservations_created" in statistics.to_dict(snake_case=True)["cumulative"]
    assert pickle.loads(pickle.dumps(statistics)) == statistics


@pytest.mark.parametrize("again", [pickle.dumps, copy.deepcopy])
def test_what_belongs_to_a_client_says_what_to_take_along(
    center: Center, again: Callable[[Any], Any]
) -> None:
    for thing in (center.worker, center.reservation, center.page):
        with pytest.raises(TypeError, match="to_dict"):
            again(thing)


@pytest.mark.parametrize("name", ["activityName", "activity_name", "attributes"])
def test_a_property_of_the_service_cannot_be_assigned(
    center: Center, name: str
) -> None:
    for thing in (center.worker, center.worker.fetch()):
        with pytest.raises(AttributeError, match=f"'{name}' .* worker.update"):
            setattr(thing, name, "Break")
        assert thing.activityName == "Available"
        thing.panel = "left"
        assert thing.panel == "left"


def test_a_client_has_its_sids_at_once(center: Center) -> None:
    """Also where the service can't be reached."""
    worker = center.open(Worker, event_bridge_base_url="http://127.0.0.1:9")
    assert worker.workerSid == worker.worker_sid == worker.sid == center.alice
    assert worker.workspaceSid == worker.workspace_sid == center.sids.sid
    assert worker.accountSid == center.emulator.account_sid


def test_every_page_of_reservations_has_its_tasks(center: Center) -> None:
    center.backend.make_room(9)
    for number in range(4):
        center.backend.create_task(number=number)
    first = center.worker.fetch_reservations(page_size=2)
    numbers = [each.task.attributes.number for each in [*first, *first.next()]]
    assert sorted(numbers) == [0, 1, 2, 3]
    assert sorted(each.task.attributes.number for each in first.all()) == [0, 1, 2, 3]


def test_a_coroutine_function_is_no_callback(center: Center) -> None:
    async def callback(*args: Any) -> None: ...

    worker, reservation = center.worker, center.reservation
    before = len(center.sent())
    for call in (
        lambda: worker.on("ready", callback),
        lambda: worker.once("ready")(callback),
        lambda: worker.update("ActivitySid", center.rest, callback),
        lambda: reservation.accept(callback=callback),
        lambda: reservation.conference(None, None, None, None, callback, {}),
    ):
        with pytest.raises(ArgumentError, match="not the coroutine function"):
            call()
    assert len(center.sent()) == before
