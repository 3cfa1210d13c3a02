"""The methods of a Worker."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import (
    ClientClosed,
    HttpError,
    Worker,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.collector import Collector
from ..support.outcome import Outcome


def test_update_shows_the_new_properties_before_the_callback(
    worker: Worker, workspace: ReadyWorkspace
) -> None:
    seen: list[Any] = []
    worker.update(
        "ActivitySid",
        workspace.activities["Break"],
        lambda error, updated: seen.extend(
            [error, updated.activityName, worker.activityName, worker.activity_name]
        ),
    )
    assert seen == [None, "Break", "Break", "Break"]


def test_update_by_a_dict_gives_the_worker(
    worker: Worker, workspace: ReadyWorkspace
) -> None:
    params = {"ActivitySid": workspace.activities["Offline"]}
    assert worker.update(params).activityName == "Offline"
    assert params == {"ActivitySid": workspace.activities["Offline"]}


def test_an_update_is_told_too(
    worker: Worker, workspace: ReadyWorkspace, came: Collector
) -> None:
    worker.update("ActivitySid", workspace.activities["Break"])
    assert came.expect("activity.update").activityName == "Break"


def test_an_update_that_is_refused_changes_nothing(
    worker: Worker, outcome: Outcome
) -> None:
    worker.update("ActivitySid", "WA00000000000000000000000000000000", outcome.callback)
    assert isinstance(outcome.error, HttpError)
    assert worker.activityName == "Available"


def test_what_others_change_is_shown(
    emulator: Emulator,
    worker: Worker,
    alice: str,
    workspace: ReadyWorkspace,
    came: Collector,
) -> None:
    def rest(engine: Any) -> None:
        worker_of_engine = engine.workspaces[workspace.sid].workers[alice]
        engine.workers.update(worker_of_engine, attributes='{"team": "blue"}')

    emulator.call(rest)
    updated = came.expect("attributes.update")
    assert updated.attributes.team == "blue"
    assert worker.attributes["team"] == "blue"


def test_fetch_refreshes_the_client(worker: Worker) -> None:
    worker._show({"activity_name": "something old"})
    assert worker.fetch().activityName == "Available"
    assert worker.activityName == "Available"


def test_fetch_reservations_gives_them_with_their_tasks(
    worker: Worker, reservation: Any, outcome: Outcome
) -> None:
    worker.fetchReservations(outcome.callback)
    found = outcome.result
    assert [each.sid for each in found.data] == [reservation.sid]
    assert found.data[0].task.attributes.language == "no"


def test_fetch_reservations_by_status(
    worker: Worker, reservation: Any, outcome: Outcome
) -> None:
    worker.fetchReservations(outcome.callback, {"ReservationStatus": "accepted"})
    assert outcome.result.data == []
    assert len(worker.fetch_reservations(reservation_status="pending")) == 1


def test_fetch_channels_gives_them(worker: Worker) -> None:
    names = {each.taskChannelUniqueName for each in worker.fetchChannels()}
    assert {"default", "voice"} <= names


def test_activities_are_listed_and_filtered(
    worker: Worker, workspace: ReadyWorkspace
) -> None:
    names = {each.friendlyName for each in worker.activities.fetch()}
    assert names == set(workspace.activities)
    available = worker.activities.fetch({"Available": "true"})
    assert [each.friendlyName for each in available] == ["Available"]


def test_statistics_are_fetched(worker: Worker) -> None:
    statistics = worker.statistics.fetch({"Minutes": 5})
    assert statistics.cumulative.reservationsCreated == 0


def test_complete_task_by_its_sid(
    worker: Worker, reservation: Any, outcome: Outcome
) -> None:
    reservation.accept()
    worker.completeTask(reservation.taskSid, outcome.callback, "solved")
    task = outcome.result
    assert (task.assignmentStatus, task.reason) == ("completed", "solved")


def test_update_task_by_its_sid(
    worker: Worker, reservation: Any, outcome: Outcome
) -> None:
    worker.updateTask(
        reservation.taskSid, {"Attributes": {"language": "sv"}}, outcome.callback
    )
    task = outcome.result
    assert task.attributes.language == "sv"


def test_deprecated_methods_warn_and_work(
    worker: Worker, workspace: ReadyWorkspace
) -> None:
    with pytest.warns(DeprecationWarning, match="activities.fetch"):
        assert len(worker.fetchActivityList()) == len(workspace.activities)
    with pytest.warns(DeprecationWarning, match="update"):
        worker.updateActivity(workspace.activities["Break"])
    assert worker.activityName == "Break"


def test_both_spellings_are_the_same_method(worker: Worker) -> None:
    for camel, snake in [
        ("fetchReservations", "fetch_reservations"),
        ("updateToken", "update_token"),
        ("completeTask", "complete_task"),
        ("setSkipFetchReservation", "set_skip_fetch_reservation"),
        ("waitUntilReady", "wait_until_ready"),
        ("removeAllListeners", "remove_all_listeners"),
    ]:
        assert getattr(worker, camel) == getattr(worker, snake)


def test_skipping_the_fetch_tells_what_the_frame_held(
    emulator: Emulator, worker: Worker, came: Collector
) -> None:
    worker.setSkipFetchReservation(True)
    task_sid = emulator.create_task(attributes={"language": "no"})["sid"]
    reservation = came.expect("reservation.created")
    assert reservation.task.sid == task_sid
    assert reservation.task.attributes.language == "no"
    assert not [each for each in emulator.requests if "/Tasks" in each.url]


def test_what_was_told_without_requests_can_be_acted_on(
    emulator: Emulator, worker: Worker, came: Collector
) -> None:
    worker.setSkipFetchReservation(True)
    emulator.create_task()
    accepted = came.expect("reservation.created").accept()
    assert accepted.task.assignmentStatus == "assigned"


def test_skipping_can_be_taken_back(
    emulator: Emulator, worker: Worker, came: Collector
) -> None:
    worker.setSkipFetchReservation(True)
    worker.setSkipFetchReservation(False)
    emulator.create_task()
    reservation = came.expect("reservation.created")
    assert reservation.reservationStatus == "pending"
    assert len([each for each in emulator.requests if "/Tasks" in each.url]) == 2


def test_everything_born_of_a_closed_client_says_so(
    worker: Worker, reservation: Any
) -> None:
    task, activities = reservation.task, worker.activities
    worker.close()
    for ask in (
        worker.fetch,
        worker.fetchReservations,
        reservation.accept,
        reservation.fetch,
        task.complete,
        task.workflow.fetch,
        activities.fetch,
        worker.statistics.fetch,
    ):
        with pytest.raises(ClientClosed):
            ask()


def test_a_closed_client_calls_back_with_the_error(
    worker: Worker, outcome: Outcome
) -> None:
    worker.close()
    worker.fetchReservations(outcome.callback)
    assert isinstance(outcome.error, ClientClosed)
