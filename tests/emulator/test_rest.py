"""REST as plain HTTP: authentication, what is not there, what is not served."""

from __future__ import annotations

import socket
from contextlib import closing
from functools import partial
from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.api import rendering
from taskrouter_sync.emulator.setup import ReadyWorkspace


def ask(
    emulator: Emulator, method: str, path: str, **options: Any
) -> requests.Response:
    options.setdefault("auth", (emulator.account_sid, emulator.auth_token))
    return requests.request(method, emulator.url + path, timeout=5, **options)


@pytest.mark.parametrize(
    "authorization",
    [None, "Basic", "Basic !", "Basic QUM6eA==", "Bearer x", "Basic \xe4"],
)
def test_without_the_accounts_key_nothing_is_told(
    emulator: Emulator, authorization: str | None
) -> None:
    headers = (
        {"Authorization": authorization.encode("latin-1")} if authorization else {}
    )
    answer = ask(emulator, "GET", "/v1/Workspaces", auth=None, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/v1/Nothing", "/Nothing"),
        ("/v1/Workspaces/{}/Nothing", "/Workspaces/{}/Nothing"),
        ("/v1/Workspaces/WS1", "/Workspaces/WS1"),
        ("/v1/Workspaces/WS1/Tasks", "/Workspaces/WS1"),
        ("/v1/Workspaces/{}/Tasks/WT1", "/Workspaces/{}/Tasks/WT1"),
        ("/v2/Workspaces", "/v2/Workspaces"),
        ("/v1", "/v1"),
    ],
)
def test_what_is_not_there_is_named(
    emulator: Emulator, workspace: ReadyWorkspace, path: str, named: str
) -> None:
    answer = ask(emulator, "GET", path.format(workspace.sid))
    assert answer.status_code == 404
    assert answer.json()["code"] == 20404
    assert answer.json()["message"] == (
        f"The requested resource {named.format(workspace.sid)} was not found"
    )


def test_an_encoded_slash_is_part_of_a_name(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    task_sid = emulator.create_task()["sid"]
    for method, path in (
        ("GET", f"/v1/Workspaces/{workspace.sid}%2FTasks"),
        ("DELETE", f"/v1/Workspaces/{workspace.sid}/Tasks%2f{task_sid}"),
        ("GET", "/v1%2FWorkspaces"),
    ):
        answer = ask(emulator, method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    tasks = f"/v1/Workspaces/{workspace.sid}/T%61sks"
    [task] = ask(emulator, "GET", tasks).json()["tasks"]
    assert task["sid"] == task_sid


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/Workspaces"),
        ("PUT", "/v1/Workspaces/{}"),
        ("POST", "/v1/Workspaces/{}/Events"),
        ("POST", "/v1/Workspaces/{}/Workers/WK1/Reservations"),
        ("DELETE", "/v1/Workspaces/{}/Workers/WK1/Channels/WC1"),
    ],
)
def test_a_method_that_a_resource_does_not_have_is_refused(
    emulator: Emulator, workspace: ReadyWorkspace, method: str, path: str
) -> None:
    answer = ask(emulator, method, path.format(workspace.sid))
    assert (answer.status_code, answer.json()["code"]) == (405, 20004)


@pytest.mark.parametrize(
    ("instruction", "status"), [("accept", "accepted"), ("reject", "rejected")]
)
def test_plain_instructions_are_statuses(
    emulator: Emulator, workspace: ReadyWorkspace, instruction: str, status: str
) -> None:
    task = emulator.create_task()
    path = f"/v1/Workspaces/{workspace.sid}/Tasks/{task['sid']}/Reservations"
    [offer] = ask(emulator, "GET", path).json()["reservations"]
    data = {
        "Instruction": instruction,
        "WorkerActivitySid": workspace.activities["Break"],
    }
    answer = ask(emulator, "POST", f"{path}/{offer['sid']}", data=data)
    assert answer.json()["reservation_status"] == status


def test_accepting_a_rescinded_reservation_is_gone(emulator: Emulator) -> None:
    workspace = emulator.workspace(
        workers={"Ann": {}, "Bob": {}}, worker_activity="Available"
    )
    queue = f"/v1/Workspaces/{workspace.sid}/TaskQueues"
    queue += f"/{workspace.task_queues['Everyone']}"
    ask(emulator, "POST", queue, data={"MaxReservedWorkers": 2})
    task = emulator.create_task(workspace)
    path = f"/v1/Workspaces/{workspace.sid}/Tasks/{task['sid']}/Reservations"
    first, second = ask(emulator, "GET", path).json()["reservations"]
    data = {"ReservationStatus": "accepted"}
    assert ask(emulator, "POST", f"{path}/{first['sid']}", data=data).ok
    answer = ask(emulator, "POST", f"{path}/{second['sid']}", data=data)
    assert answer.status_code == 410


def test_a_versioned_resource_has_an_etag(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    path = f"/v1/Workspaces/{workspace.sid}/Workers/{workspace.workers['Alice']}"
    before = ask(emulator, "GET", path).headers["ETag"]
    after = ask(emulator, "POST", path, data={"Attributes": "{}"}).headers["ETag"]
    assert before != after
    stale = {"If-Match": before}
    # A delete is tried here: Twilio's client does not send its If-Match.
    for method in ("POST", "DELETE"):
        answer = ask(emulator, method, path, headers=stale)
        assert (answer.status_code, answer.json()["code"]) == (412, 20412)


@pytest.mark.parametrize("path", ["/v1/Workspaces", "/v1/Workspaces/WS1"])
def test_answers_have_headers_about_origins_and_limits(
    emulator: Emulator, path: str
) -> None:
    headers = ask(emulator, "GET", path).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert int(headers["X-Rate-Limit-Remaining"]) < int(headers["X-Rate-Limit-Limit"])
    assert headers["X-Rate-Limit-Config"]


@pytest.mark.parametrize(
    ("expectation", "begins"),
    [(b"100-continue", b"HTTP/1.1 100 "), (b"secret", b"HTTP/1.1 400 ")],
)
def test_an_expectation_is_met_or_ignored(
    emulator: Emulator, expectation: bytes, begins: bytes
) -> None:
    port = int(emulator.url.rpartition(":")[2])
    with closing(socket.create_connection(("127.0.0.1", port), 5)) as client:
        client.sendall(
            b"POST /v1/wschannels/AC1/WK1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
            b"Connection: close\r\nExpect: " + expectation + b"\r\n\r\n{}"
        )
        answer = b"".join(iter(partial(client.recv, 1000), b""))
    assert answer.startswith(begins)
    assert b'"url field is required"' in answer
    assert b"secret" not in answer


def test_events_are_found_by_what_they_show(
    emulator: Emulator, workspace: ReadyWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_sid = emulator.create_task()["sid"]
    worker_sid = workspace.workers["Alice"]
    account = emulator.account_sid, emulator.auth_token
    path = f"/v1/Workspaces/{workspace.sid}"
    worker = f"{emulator.url}{path}/Workers/{worker_sid}"
    requests.post(f"{worker}/Channels/voice", {"Capacity": 3}, auth=account, timeout=5)
    emulator.create_task(task_channel="voice")
    answer = ask(emulator, "GET", f"{path}/Tasks/{task_sid}/Reservations")
    [offer] = answer.json()["reservations"]
    everything = ask(emulator, "GET", f"{path}/Events").json()["events"]
    voice_sid = everything[0]["event_data"]["task_channel_sid"]
    queue_sid = workspace.task_queues["Everyone"]
    shown: list[object] = []

    task_data = rendering._task_data

    def show(*values: Any) -> dict[str, Any]:
        shown.append(values)
        return task_data(*values)

    monkeypatch.setattr(rendering, "_task_data", show)
    for parameter, value, name in (
        ("TaskSid", task_sid, "task_sid"),
        ("ReservationSid", offer["sid"], "reservation_sid"),
        ("WorkerSid", worker_sid, "worker_sid"),
        ("TaskQueueSid", queue_sid, "task_queue_sid"),
        ("WorkflowSid", workspace.workflow_sid, "workflow_sid"),
        ("TaskChannel", "voice", "task_channel_unique_name"),
        ("TaskChannel", voice_sid, "task_channel_sid"),
        ("TaskSid", "WT1", "task_sid"),
    ):
        shown.clear()
        answer = ask(emulator, "GET", f"{path}/Events", params={parameter: value})
        found = answer.json()["events"]
        assert found == [e for e in everything if e["event_data"].get(name) == value]
        assert bool(found) == (value != "WT1")
        # What all the others show was not made.
        assert len(shown) <= len(found)


def test_a_walk_goes_on_where_time_has_removed_its_place(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    """Events leave the window of 15 minutes; finished tasks go after five."""
    path = f"/v1/Workspaces/{workspace.sid}"
    emulator.advance(3600)
    sids = [emulator.create_task()["sid"] for _ in range(6)]
    for sid in sids[1:3]:
        data = {"AssignmentStatus": "canceled"}
        ask(emulator, "POST", f"{path}/Tasks/{sid}", data=data)
    auth = emulator.account_sid, emulator.auth_token
    following = {
        key: ask(emulator, "GET", f"{path}/{key.capitalize()}?PageSize=2").json()[
            "meta"
        ]["next_page_url"]
        for key in ("tasks", "events")
    }
    emulator.advance(901)
    emulator.create_task()
    left = {
        key: requests.get(url, auth=auth, timeout=5).json()[key]
        for key, url in following.items()
    }
    assert [task["sid"] for task in left["tasks"]] == sids[3:5]
    assert left["events"] == []


def test_urls_lead_back_to_the_emulator(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    body = ask(emulator, "GET", f"/v1/Workspaces/{workspace.sid}").json()
    auth = emulator.account_sid, emulator.auth_token
    assert requests.get(body["url"], auth=auth, timeout=5).json() == body
    for url in body["links"].values():
        assert requests.get(url, auth=auth, timeout=5).status_code == 200


def test_a_url_in_a_form_is_kept_and_cleared(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    path = f"/v1/Workspaces/{workspace.sid}"
    data = {"EventCallbackUrl": "https://example.com/?a=1&b=2"}
    assert ask(emulator, "POST", path, data=data).json()["event_callback_url"] == (
        "https://example.com/?a=1&b=2"
    )
    cleared = ask(emulator, "POST", path, data={"EventCallbackUrl": ""}).json()
    assert cleared["event_callback_url"] is None


def test_the_combined_statistics_have_more_than_the_separate_ones(
    emulator: Emulator, workspace: ReadyWorkspace
) -> None:
    """As answers of the live service were recorded."""
    queue, flow, worker = (
        next(iter(sids.values()))
        for sids in (workspace.task_queues, workspace.workflows, workspace.workers)
    )
    more = {"tasks_assigned", "reservations_wrapup", "reservations_completed"}
    base = f"/v1/Workspaces/{workspace.sid}"
    for path, own in (
        ("", set[str]()),
        ("/Workers", set[str]()),
        (f"/TaskQueues/{queue}", {"task_queue_sid"}),
        (f"/Workflows/{flow}", {"workflow_sid"}),
    ):
        shown = ask(emulator, "GET", f"{base}{path}/Statistics").json()
        assert more <= shown["cumulative"].keys(), path
        assert {"account_sid", "workspace_sid", *own} <= shown["realtime"].keys(), path
        separate = ask(emulator, "GET", f"{base}{path}/CumulativeStatistics").json()
        assert not more & separate.keys(), path
        if "tasks_by_status" in shown["realtime"]:
            assert len(shown["realtime"]["tasks_by_status"]) == 6
            present = ask(emulator, "GET", f"{base}{path}/RealTimeStatistics").json()
            assert len(present["tasks_by_status"]) == 4
    shown = ask(emulator, "GET", f"{base}/Workers/{worker}/Statistics").json()
    assert more <= shown["cumulative"].keys()
    [item] = ask(emulator, "GET", f"{base}/TaskQueues/Statistics").json()[
        "task_queues_statistics"
    ]
    assert more <= item["cumulative"].keys()


def test_an_empty_workspace_has_no_sample_queue(emulator: Emulator) -> None:
    data = {"FriendlyName": "Bare", "Template": "EMPTY"}
    made = ask(emulator, "POST", "/v1/Workspaces", data=data).json()
    for kind, key in (("TaskQueues", "task_queues"), ("Workflows", "workflows")):
        path = f"/v1/Workspaces/{made['sid']}/{kind}"
        assert ask(emulator, "GET", path).json()[key] == []
