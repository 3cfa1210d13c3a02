"""REST as plain HTTP: authentication, what is not there, what is not served."""

from __future__ import annotations

import socket
from contextlib import closing
from functools import partial
from unittest.mock import Mock

import pytest
import requests

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.api import rendering
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.rest import Rest


@pytest.mark.parametrize(
    "authorization",
    [None, "Basic", "Basic !", "Basic QUM6eA==", "Bearer x", "Basic \xe4"],
)
def test_without_the_accounts_key_nothing_is_told(
    emulator: Emulator, authorization: str | None
) -> None:
    url = f"{emulator.api_base_url}/Workspaces"
    headers = authorization and {"Authorization": authorization.encode("latin-1")}
    answer = requests.get(url, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


NOT_THERE = [
    "/v1",
    "/v2/Workspaces",
    "/v1/Nothing",
    "/v1/Workspaces/WS1",
    "{workspace}/Nothing",
    "{workspace}/Activities/WA0",
    "{workspace}/Workers/WK0",
    "{workspace}/TaskQueues/WQ0",
    "{workspace}/Workflows/WW0",
    "{workspace}/Tasks/WT0",
    "{workspace}/TaskChannels/TC0",
    "{workspace}/Events/EV0",
    "{workspace}{task}/Reservations/WR0",
    "{workspace}{worker}/Reservations/WR0",
]


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_is_named(rest: Rest, path: str) -> None:
    rest.emulator.create_task()
    path = path.format(
        workspace=rest.url.removeprefix(rest.emulator.url),
        task=rest.only("/Tasks"),
        worker=rest.only("/Workers"),
    )
    answer = rest.ask("GET", rest.emulator.url + path)
    named = path.removeprefix("/v1") or path
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert answer.json()["message"] == f"The requested resource {named} was not found"


def test_of_a_workspace_that_is_not_there_it_is_named(rest: Rest) -> None:
    answer = rest.ask("GET", f"{rest.emulator.api_base_url}/Workspaces/WS1/Tasks")
    message = "The requested resource /Workspaces/WS1 was not found"
    assert (answer.status_code, answer.json()["message"]) == (404, message)


def test_an_encoded_slash_is_part_of_a_name(rest: Rest) -> None:
    task_sid = rest.emulator.create_task()["sid"]
    for method, path in (
        ("GET", "%2FTasks"),
        ("DELETE", f"/Tasks%2f{task_sid}"),
        ("GET", f"{rest.emulator.url}/v1%2FWorkspaces"),
    ):
        answer = rest.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    [task] = rest.get("/T%61sks")["tasks"]
    assert task["sid"] == task_sid


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "{api}/Workspaces"),
        ("PUT", ""),
        ("POST", "/Events"),
        ("POST", "/Workers/WK1/Reservations"),
        ("DELETE", "/Workers/WK1/Channels/WC1"),
    ],
)
def test_a_method_that_a_resource_does_not_have_is_refused(
    rest: Rest, method: str, path: str
) -> None:
    answer = rest.ask(method, path.format(api=rest.emulator.api_base_url))
    assert (answer.status_code, answer.json()["code"]) == (405, 20004)


@pytest.mark.parametrize(
    ("instruction", "status"), [("accept", "accepted"), ("reject", "rejected")]
)
def test_plain_instructions_are_statuses(
    rest: Rest, workspace: ReadyWorkspace, instruction: str, status: str
) -> None:
    rest.emulator.create_task()
    path = rest.only(rest.only("/Tasks") + "/Reservations")
    activity_sid = workspace.activities["Break"]
    answer = rest.post(path, Instruction=instruction, WorkerActivitySid=activity_sid)
    assert answer.json()["reservation_status"] == status


@pytest.mark.parametrize("path", ["/v1/Workspaces", "/v1/Workspaces/WS1"])
def test_answers_have_headers_about_origins_and_limits(
    emulator: Emulator, path: str
) -> None:
    headers = requests.get(emulator.url + path, timeout=5).headers
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
    rest: Rest, workspace: ReadyWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_sid = rest.emulator.create_task()["sid"]
    worker_sid = workspace.workers["Alice"]
    rest.post(f"/Workers/{worker_sid}/Channels/voice", Capacity=3)
    rest.emulator.create_task(task_channel="voice")
    [offer] = rest.get(f"/Tasks/{task_sid}/Reservations")["reservations"]
    everything = rest.get("/Events")["events"]
    voice_sid = everything[0]["event_data"]["task_channel_sid"]
    queue_sid = workspace.task_queues["Everyone"]
    shown = Mock(wraps=rendering._task_data)
    monkeypatch.setattr(rendering, "_task_data", shown)
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
        shown.reset_mock()
        found = rest.get("/Events", **{parameter: value})["events"]
        assert found == [e for e in everything if e["event_data"].get(name) == value]
        assert bool(found) == (value != "WT1")
        # What all the others show was not made.
        assert shown.call_count <= len(found)


def test_a_walk_goes_on_where_time_has_removed_its_place(rest: Rest) -> None:
    """Events leave the window of 15 minutes; finished tasks go after five."""
    emulator = rest.emulator
    emulator.advance(3600)
    sids = [emulator.create_task()["sid"] for _ in range(6)]
    for sid in sids[1:3]:
        rest.post(f"/Tasks/{sid}", AssignmentStatus="canceled")
    following = {
        key: rest.get(f"/{key.capitalize()}", PageSize=2)["meta"]["next_page_url"]
        for key in ("tasks", "events")
    }
    emulator.advance(901)
    emulator.create_task()
    left = {key: rest.get(url)[key] for key, url in following.items()}
    assert [task["sid"] for task in left["tasks"]] == sids[3:5]
    assert left["events"] == []


def test_urls_lead_back_to_the_emulator(rest: Rest) -> None:
    body = rest.get("")
    assert rest.get(body["url"]) == body
    for url in body["links"].values():
        rest.get(url)


def test_a_url_in_a_form_is_kept_and_cleared(rest: Rest) -> None:
    for url in ("https://example.com/?a=1&b=2", ""):
        shown = rest.post("", EventCallbackUrl=url).json()
        assert shown["event_callback_url"] == (url or None)


def test_the_combined_statistics_have_more_than_the_separate_ones(rest: Rest) -> None:
    """As answers of the live service were recorded."""
    more = {"tasks_assigned", "reservations_wrapup", "reservations_completed"}
    for path, own in (
        ("", set[str]()),
        ("/Workers", set[str]()),
        (rest.only("/TaskQueues"), {"task_queue_sid"}),
        (rest.only("/Workflows"), {"workflow_sid"}),
    ):
        shown = rest.get(f"{path}/Statistics")
        assert more <= shown["cumulative"].keys(), path
        assert {"account_sid", "workspace_sid", *own} <= shown["realtime"].keys(), path
        separate = rest.get(f"{path}/CumulativeStatistics")
        assert not more & separate.keys(), path
        if "tasks_by_status" in shown["realtime"]:
            assert len(shown["realtime"]["tasks_by_status"]) == 6
            present = rest.get(f"{path}/RealTimeStatistics")
            assert len(present["tasks_by_status"]) == 4
    shown = rest.get(f"{rest.only('/Workers')}/Statistics")
    assert more <= shown["cumulative"].keys()
    [item] = rest.get("/TaskQueues/Statistics")["task_queues_statistics"]
    assert more <= item["cumulative"].keys()


def test_an_empty_workspace_has_no_sample_queue(rest: Rest) -> None:
    url = f"{rest.emulator.api_base_url}/Workspaces"
    made = rest.post(url, FriendlyName="Bare", Template="EMPTY").json()
    for kind, key in (("TaskQueues", "task_queues"), ("Workflows", "workflows")):
        assert rest.get(f"{url}/{made['sid']}/{kind}")[key] == []
