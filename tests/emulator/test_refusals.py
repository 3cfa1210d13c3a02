"""The event bridge refuses what a token does not allow, with the service's status."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests
import websocket
from twilio.jwt.taskrouter.capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.conftest import Desk, OpenDesk, worker_token


def claims_of(desk: Desk) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        desk.token, options={"verify_signature": False}, algorithms=["HS256"]
    )
    return claims


def signed(desk: Desk, claims: dict[str, Any], key: str | None = None) -> str:
    return jwt.encode(claims, key or desk.emulator.auth_token, algorithm="HS256")


def contradicting(desk: Desk) -> str:
    claims = claims_of(desk)
    refusals = [{**rule, "allow": False} for rule in claims["policies"]]
    return signed(desk, {**claims, "policies": claims["policies"] + refusals})


# The claims that are different, None for those that are missing.
CLAIMS: dict[str, dict[str, object]] = {
    "not yet valid": {"nbf": 9_000_000_000},
    "of another account": {"iss": "AC" + "0" * 32},
    "of another version": {"version": "v2"},
    "without expiry": {"exp": None},
    "without policies": {"policies": None},
    "with bad policies": {"policies": "all"},
}
OTHERS: dict[str, Callable[[Desk], str]] = {
    "with contradicting policies": contradicting,
    "unsigned": lambda desk: jwt.encode(claims_of(desk), None, algorithm="none"),
    "garbage": lambda desk: "not.a.token",
    "of another worker": lambda desk: worker_token(
        desk.emulator, desk.workspace, "WK" + "0" * 32
    ),
}


def is_refused(desk: Desk, post_status: int, upgrade_status: int) -> None:
    """See that the desk's token is refused by post and upgrade."""
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}")
    assert answer.status_code == post_status
    assert answer.json()["code"] == 20003
    assert answer.json()["status"] == post_status
    assert answer.reason == answer.json()["message"]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        desk.connect()
    assert refused.value.status_code == upgrade_status
    body = json.loads(refused.value.resp_body or b"")
    assert body["status"] == upgrade_status


def test_an_expired_token_is_refused(desk: Desk) -> None:
    desk.token = signed(desk, {**claims_of(desk), "exp": 1_000_000_000})
    is_refused(desk, 401, 401)


def test_a_wrongly_signed_token_is_refused(desk: Desk) -> None:
    key = "another account's auth token 0123456789"
    desk.token = signed(desk, claims_of(desk), key)
    is_refused(desk, 401, 403)


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS)
def test_a_token_of_other_claims_is_refused(
    desk: Desk, changes: dict[str, object]
) -> None:
    claims = {**claims_of(desk), **changes}
    present = {name: value for name, value in claims.items() if value is not None}
    desk.token = signed(desk, present)
    is_refused(desk, 403, 403)


@pytest.mark.parametrize("forge", OTHERS.values(), ids=OTHERS)
def test_another_bad_token_is_refused(desk: Desk, forge: Callable[[Desk], str]) -> None:
    desk.token = forge(desk)
    is_refused(desk, 403, 403)


def test_a_socket_needs_a_token(desk: Desk) -> None:
    desk.token = ""
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        desk.connect()
    assert refused.value.status_code == 403


def test_a_request_without_a_policy_is_refused(desk: Desk) -> None:
    answer = desk.post("GET", "/Workflows")
    assert answer.status_code == 403
    assert "No policy" in answer.json()["message"]


def test_a_request_on_another_workers_channel_is_refused(
    desk: Desk, open_desk: OpenDesk
) -> None:
    other = open_desk(desk.emulator, desk.workspace, "WK" + "0" * 32, desk.token)
    assert other.post("GET", f"/Workers/{desk.worker_sid}").status_code == 403
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        other.connect()


def test_a_token_without_web_sockets_neither_posts_nor_connects(desk: Desk) -> None:
    desk.token = WorkerCapabilityToken(
        desk.emulator.account_sid,
        desk.emulator.auth_token,
        desk.workspace.sid,
        desk.worker_sid,
        allow_web_sockets=False,
    ).to_jwt()
    assert desk.post("GET", f"/Workers/{desk.worker_sid}").status_code == 403
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        desk.connect()


def test_a_filter_of_a_policy_is_looked_at(desk: Desk) -> None:
    """The token may set the activity, and nothing beside it."""
    path = f"/Workers/{desk.worker_sid}"
    activity = {"ActivitySid": desk.workspace.activities["Break"]}
    assert desk.post("POST", path, activity).status_code == 200
    both = {**activity, "Attributes": "{}"}
    assert desk.post("POST", path, both).status_code == 403


def test_the_query_of_the_url_is_looked_at_like_params(desk: Desk) -> None:
    claims = claims_of(desk)
    url = f"https://taskrouter.twilio.com/v1/Workspaces/{desk.workspace.sid}/Workflows"
    rule = {"url": url, "method": "GET", "allow": True}
    rule["query_filter"] = {"FriendlyName": {"required": True, "value": "A"}}
    desk.token = signed(desk, {**claims, "policies": [*claims["policies"], rule]})
    assert desk.post("GET", "/Workflows?FriendlyName=A").status_code == 200
    assert desk.post("GET", "/Workflows", {"FriendlyName": "A"}).status_code == 200
    assert desk.post("GET", "/Workflows?FriendlyName=B").status_code == 403
    assert desk.post("GET", "/Workflows").status_code == 403


def test_rules_that_contradict_each_other_for_a_request_are_refused(desk: Desk) -> None:
    claims, path = claims_of(desk), f"/Workers/{desk.worker_sid}"
    url = f"https://taskrouter.twilio.com/v1/Workspaces/{desk.workspace.sid}{path}"
    rules = [
        {"url": url, "method": "POST", "allow": allow, "post_filter": {"Attributes": c}}
        for allow, c in ((True, {"required": True}), (False, {"required": False}))
    ]
    desk.token = signed(desk, {**claims, "policies": claims["policies"] + rules})
    answer = desk.post("POST", path, {"Attributes": "{}"})
    assert answer.status_code == 403
    assert "contradict" in answer.json()["message"]


def test_a_foreign_host_is_not_this_service(desk: Desk) -> None:
    url = "https://taskrouter.example/v1/Workspaces"
    claims = claims_of(desk)
    rule = {"url": url, "method": "GET", "allow": True}
    desk.token = signed(desk, {**claims, "policies": [*claims["policies"], rule]})
    assert desk.post("GET", "", url=url).status_code == 404


def test_an_account_that_is_not_this_one_has_no_channels(desk: Desk) -> None:
    url = desk.channel_url.replace(desk.emulator.account_sid, "AC" + "0" * 32)
    envelope = {"url": "https://x.example/", "method": "GET", "token": desk.token}
    answer = requests.post(url, data=json.dumps(envelope), timeout=5)
    assert answer.status_code == 403


def test_queue_and_workspace_tokens_are_good_for_their_channels(
    emulator: Emulator, workspace: ReadyWorkspace, open_desk: OpenDesk
) -> None:
    account = emulator.account_sid, emulator.auth_token, workspace.sid
    queue_sid = workspace.task_queues["Everyone"]
    for token, channel, path in (
        (
            TaskQueueCapabilityToken(*account, queue_sid),
            queue_sid,
            f"/TaskQueues/{queue_sid}",
        ),
        # The client of a workspace asks for it with a slash at the end.
        (WorkspaceCapabilityToken(*account), workspace.sid, "/"),
    ):
        desk = open_desk(emulator, workspace, channel, token.to_jwt())
        desk.connect()
        answer = desk.post("GET", path, event_type="ready")
        assert answer.json()["event_type"] == "ready"
        assert answer.json()["payload"]["sid"] == channel
