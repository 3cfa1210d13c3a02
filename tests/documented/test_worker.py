"""The documented lines of Worker: what the callback gets, and what the service does."""

from __future__ import annotations

import json

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.outcome import Outcome
from .conftest import WORKER_TO_OPEN, Mint, OpenWorker
from .held import Held


# update


def test_update_of_one_property(
    worker_with: OpenWorker, workspace: ReadyWorkspace, held: Held, outcome: Outcome
) -> None:
    worker = worker_with("update_activities")
    worker.update("ActivitySid", workspace.activities["Break"], outcome.callback)
    assert outcome.result.activityName == "Break"
    assert held.worker(worker.sid).activity_name == "Break"


def test_update_of_several_properties(
    worker_with: OpenWorker, workspace: ReadyWorkspace, held: Held, outcome: Outcome
) -> None:
    worker = worker_with("update_self")
    properties = {
        "ActivitySid": workspace.activities["Break"],
        "FriendlyName": "Ann",
        "Attributes": {"languages": ["en", "es"]},
    }
    worker.update(properties, outcome.callback)
    assert outcome.result.attributes.languages == ["en", "es"]
    now = held.worker(worker.sid)
    assert (now.activity_name, now.friendly_name) == ("Break", "Ann")
    assert now.attributes_value == {"languages": ["en", "es"]}
    # It went out as JSON text, and the caller's own dict stays as it was.
    assert held.sent()[-1][1]["Attributes"] == '{"languages":["en","es"]}'
    assert properties["Attributes"] == {"languages": ["en", "es"]}


@pytest.mark.parametrize("skills", [{"skill": "chat"}, '{"skill":"chat"}'])
def test_update_of_the_attributes_alone(
    worker_with: OpenWorker, held: Held, outcome: Outcome, skills: object
) -> None:
    worker = worker_with("update_self")
    worker.update("Attributes", skills, outcome.callback)
    assert outcome.result.attributes["skill"] == "chat"
    assert held.worker(worker.sid).attributes_value == {"skill": "chat"}


def test_update_shows_on_the_client_before_its_callback_runs(
    worker_with: OpenWorker, workspace: ReadyWorkspace
) -> None:
    worker = worker_with("update_activities")
    shown: list[str] = []
    worker.update(
        "ActivitySid",
        workspace.activities["Break"],
        lambda error, result: shown.append(worker.activityName),
    )
    assert shown == ["Break"]


def test_update_in_python(
    worker_with: OpenWorker, workspace: ReadyWorkspace, held: Held
) -> None:
    worker = worker_with("update_activities")
    updated = worker.update(activity_sid=workspace.activities["Break"])
    assert updated.activity_name == worker.activity_name == "Break"
    assert held.worker(worker.sid).activity_name == "Break"
    with pytest.raises(HttpError, match="403"):
        worker.update(friendly_name="Ann")
    assert held.worker(worker.sid).friendly_name == "Alice"


# fetch and delete, as every entity has them


def test_fetch_refreshes_the_client(
    worker_with: OpenWorker, held: Held, outcome: Outcome
) -> None:
    worker = worker_with()
    worker.wait_until_ready(5.0)
    held.change_worker(worker.sid, friendly_name="Ann")
    worker.fetch(outcome.callback)
    assert outcome.result.friendlyName == worker.friendlyName == "Ann"
    assert worker.fetch() == outcome.result


def test_delete(
    worker_with: OpenWorker, alice: str, held: Held, outcome: Outcome
) -> None:
    worker = worker_with("delete_self")
    worker.delete(outcome.callback)
    assert outcome.result is None
    assert alice not in held.all("workers")
    with pytest.raises(HttpError, match="404"):
        worker.delete()


# updateToken


def test_update_token(
    worker_with: OpenWorker,
    mint: Mint,
    alice: str,
    workspace: ReadyWorkspace,
    held: Held,
) -> None:
    """What the new token allows is allowed from then on, for the client's own too."""
    worker = worker_with("fetch_activities")
    refused, allowed = Outcome(), Outcome()
    activities = worker.activities
    worker.update("ActivitySid", workspace.activities["Break"], refused.callback)
    worker.updateToken(mint(alice, *WORKER_TO_OPEN, "update_activities"))
    worker.update("ActivitySid", workspace.activities["Break"], allowed.callback)
    assert refused.error.code == 403
    assert allowed.result.activityName == "Break"
    assert held.worker(alice).activity_name == "Break"
    # One token for all that was born of the client: the new one lacks this policy.
    with pytest.raises(HttpError, match="403"):
        activities.fetch()


def test_update_token_of_an_entity_is_the_client_s(
    worker_with: OpenWorker, mint: Mint, alice: str, workspace: ReadyWorkspace
) -> None:
    worker = worker_with("fetch_activities")
    activity = worker.activities.fetch().data[0]
    activity.update_token(mint(alice, *WORKER_TO_OPEN, "update_activities"))
    worker.update(activity_sid=workspace.activities["Break"])
    assert worker.activity_name == "Break"


def test_update_token_refuses_another_worker_s(
    worker_with: OpenWorker, mint: Mint
) -> None:
    worker = worker_with()
    with pytest.raises(ValueError, match="WK"):
        worker.updateToken(mint("WK" + "0" * 32, *WORKER_TO_OPEN))


# activities


def test_activities_fetch(
    worker_with: OpenWorker, held: Held, outcome: Outcome
) -> None:
    worker = worker_with("fetch_activities")
    worker.activities.fetch(outcome.callback)
    names = {activity.sid: activity.friendlyName for activity in outcome.result.data}
    assert names == {
        sid: each.friendly_name for sid, each in held.all("activities").items()
    }


def test_activities_fetch_with_parameters(
    worker_with: OpenWorker, outcome: Outcome
) -> None:
    worker = worker_with("fetch_activities")
    worker.activities.fetch({"Available": "true"}, outcome.callback)
    assert [each.friendlyName for each in outcome.result.data] == ["Available"]


def test_activities_fetch_of_one(
    worker_with: OpenWorker, workspace: ReadyWorkspace, outcome: Outcome
) -> None:
    """The option `allow_fetch_activities` is about the list: one takes a policy."""
    sid = workspace.activities["Break"]
    worker = worker_with(("/Activities/*", "GET"))
    worker.activities.fetch(sid, outcome.callback)
    assert (outcome.result.sid, outcome.result.friendlyName) == (sid, "Break")


def test_activities_fetch_in_python(worker_with: OpenWorker) -> None:
    worker = worker_with("fetch_activities")
    (available,) = worker.activities.fetch(available=True, friendly_name="Available")
    assert available.friendly_name == "Available"
    with pytest.raises(HttpError, match="400"):
        worker.activities.fetch(page_size=0)


def test_fetch_activity_list_is_deprecated(
    worker_with: OpenWorker, workspace: ReadyWorkspace, outcome: Outcome
) -> None:
    worker = worker_with("fetch_activities")
    with pytest.warns(DeprecationWarning, match=r"use activities\.fetch"):
        worker.fetchActivityList(outcome.callback)
    sids = [activity.sid for activity in outcome.result.data]
    assert sorted(sids) == sorted(workspace.activities.values())
    with pytest.warns(DeprecationWarning):
        assert worker.fetch_activity_list().data == outcome.result.data


def test_update_activity_is_deprecated(
    worker_with: OpenWorker, workspace: ReadyWorkspace, held: Held, outcome: Outcome
) -> None:
    worker = worker_with("update_activities")
    with pytest.warns(DeprecationWarning, match='use update\\("ActivitySid"'):
        worker.updateActivity(workspace.activities["Break"], outcome.callback)
    assert outcome.result.activityName == worker.activityName == "Break"
    assert held.worker(worker.sid).activity_name == "Break"
    with pytest.warns(DeprecationWarning):
        worker.update_activity(activity_sid=workspace.activities["Available"])
    assert held.worker(worker.sid).activity_name == "Available"


# fetchChannels, statistics


def test_fetch_channels(worker_with: OpenWorker, held: Held, outcome: Outcome) -> None:
    worker = worker_with("fetch_subresources")
    worker.fetchChannels(outcome.callback)
    channels = {each.sid: each.taskChannelUniqueName for each in outcome.result.data}
    assert channels == {
        sid: channel.task_channel_unique_name
        for sid, channel in held.worker(worker.sid).channels.items()
    }
    assert worker.fetch_channels(page_size=1).data == outcome.result.data[:1]


def test_a_channel_is_changed_by_its_update(
    worker_with: OpenWorker, held: Held, outcome: Outcome
) -> None:
    worker = worker_with("fetch_subresources", "update_subresources")
    channel = worker.fetchChannels().data[0]
    channel.update("Capacity", 3, outcome.callback)
    assert outcome.result.configuredCapacity == channel.configuredCapacity == 3
    assert held.worker(worker.sid).channels[channel.sid].configured_capacity == 3
    assert held.sent()[-1][1] == {"Capacity": "3"}


def test_statistics_fetch(
    worker_with: OpenWorker, emulator: Emulator, outcome: Outcome
) -> None:
    emulator.create_task()
    worker = worker_with("fetch_subresources")
    worker.statistics.fetch(outcome.callback)
    assert outcome.result.cumulative.reservationsCreated == 1
    assert json.loads(json.dumps(outcome.result))["workerSid"] == worker.sid


def test_statistics_fetch_with_parameters(
    worker_with: OpenWorker, emulator: Emulator, outcome: Outcome
) -> None:
    worker = worker_with("fetch_subresources")
    worker.statistics.fetch({"Minutes": "240"}, outcome.callback)
    asked = emulator.wait_for_requests(url=f"{worker.sid}/Statistics")
    assert [each.params for each in asked] == [{"Minutes": "240"}]
    assert outcome.result.cumulative.reservationsCreated == 0
    assert worker.statistics.fetch(minutes=240).cumulative.reservations_created == 0
    with pytest.raises(HttpError, match="400"):
        worker.statistics.fetch(start_date="yesterday")
