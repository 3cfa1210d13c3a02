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


def without_web_sockets(desk: Desk) -> str:
    emulator = desk.emulator
    account = emulator.account_sid, emulator.auth_token
    names = *account, desk.workspace.sid, desk.worker_sid
    jwt: str = WorkerCapabilityToken(*names, allow_web_sockets=False).to_jwt()
    return jwt


def of_another_worker(desk: Desk) -> str:
    return worker_token(desk.emulator, desk.workspace, "WK" + "0" * 32)


def of(**changes: object) -> Callable[[Desk], str]:
    """Make tokens with other claims, None for those that are missing."""

    def forge(desk: Desk) -> str:
        claims = {**claims_of(desk), **changes}
        present = {name: value for name, value in claims.items() if value is not None}
        return signed(desk, present)

    return forge


# The tokens that are refused, and with which status a post and an upgrade are.
TOKENS: dict[str, tuple[Callable[[Desk], str], int, int]] = {
    "expired": (of(exp=1_000_000_000), 401, 401),
    "wrongly signed": (lambda desk: signed(desk, claims_of(desk), "0" * 32), 401, 403),
    "not yet valid": (of(nbf=9_000_000_000), 403, 403),
    "of another account": (of(iss="AC" + "0" * 32), 403, 403),
    "of another version": (of(version="v2"), 403, 403),
    "without expiry": (of(exp=None), 403, 403),
    "without policies": (of(policies=None), 403, 403),
    "with bad policies": (of(policies="all"), 403, 403),
    "with contradicting policies": (contradicting, 403, 403),
    "unsigned": (lambda desk: jwt.encode(claims_of(desk), None, "none"), 403, 403),
    "garbage": (lambda desk: "not.a.token", 403, 403),
    "of another worker": (of_another_worker, 403, 403),
    "without web sockets": (without_web_sockets, 403, 403),
}


@pytest.mark.parametrize(
    ("forge", "post_status", "upgrade_status"), TOKENS.values(), ids=TOKENS
)
def test_a_bad_token_is_refused(
    desk: Desk, forge: Callable[[Desk], str], post_status: int, upgrade_status: int
) -> None:
    desk.token = forge(desk)
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
        for allow, c in ((True, {"required": False}), (False, {"required": True}))
    ]
    desk.token = signed(desk, {**claims, "policies": claims["policies"] + rules})
    assert desk.post("POST", path).status_code == 200
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
