"""Envelopes in, enveloped answers out."""

from __future__ import annotations

import pytest
import requests
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken

from taskrouter_sync.emulator import Emulator
from tests.emulator.conftest import Desk


def test_a_success_is_200_with_the_payload(desk: Desk) -> None:
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}")
    assert (answer.status_code, answer.reason) == (200, "OK")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert list(body) == ["payload"]
    assert body["payload"]["friendly_name"] == "Alice"


def test_the_event_type_is_repeated(desk: Desk) -> None:
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}", event_type="ready")
    assert answer.json()["event_type"] == "ready"


def test_an_error_is_said_by_status_reason_phrase_and_body(desk: Desk) -> None:
    answer = desk.post("GET", "/Tasks/WT1")
    message = (
        f"The requested resource /Workspaces/{desk.workspace.sid}/Tasks/WT1"
        " was not found"
    )
    assert (answer.status_code, answer.reason) == (404, message)
    assert answer.json() == {
        "code": 20404,
        "message": message,
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    }


def test_a_reason_phrase_is_one_line_of_latin_1(desk: Desk) -> None:
    desk.emulator.faults.answer(400, message="Größe\r\nX: 1 ☎ zu viel\t€")
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}")
    # The client decodes the phrase as it likes; what counts is that it has one.
    assert answer.reason.encode("latin-1", "replace").startswith(b"Gr")
    assert "X" not in answer.headers
    assert answer.json()["message"] == "Größe\r\nX: 1 ☎ zu viel\t€"


@pytest.mark.parametrize(
    "content_type", ["text/plain;charset=UTF-8", "application/json", None]
)
def test_any_content_type_will_do(desk: Desk, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}", headers=headers)
    assert answer.json()["payload"]["sid"] == desk.worker_sid


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '"text"',
        "{}",
        '{"url": "https://taskrouter.twilio.com/v1/Workspaces", "method": "GET"}',
        '{"url": 5, "method": "GET", "token": "x"}',
        '{"url": "x", "method": "GET", "token": "x", "params": []}',
        '{"url": "x", "method": "GET", "token": "x", "event_type": 5}',
        "[" * 100_000,
        "\ud800".encode("utf-8", "surrogatepass"),
    ],
)
def test_what_is_no_envelope_is_refused(desk: Desk, body: str | bytes) -> None:
    answer = requests.post(desk.channel_url, data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["code"] == 20001


def test_an_unknown_method_is_refused(desk: Desk) -> None:
    answer = desk.post("PATCH", f"/Workers/{desk.worker_sid}")
    assert answer.status_code == 405
    assert answer.json()["code"] == 20004


def test_objects_in_params_become_json_text(emulator: Emulator, desk: Desk) -> None:
    task = emulator.create_task()
    attributes = {"Attributes": {"lang": "en"}, "Priority": 7}
    answer = desk.post("POST", f"/Tasks/{task['sid']}", attributes)
    assert answer.json()["payload"]["attributes"] == '{"lang": "en"}'
    assert answer.json()["payload"]["priority"] == 7


def test_a_delete_is_200_without_a_payload(emulator: Emulator, desk: Desk) -> None:
    task = emulator.create_task()
    desk.token = _all_powerful(desk)
    answer = desk.post("DELETE", f"/Tasks/{task['sid']}")
    assert (answer.status_code, answer.json()) == (200, {"payload": None})
    assert desk.post("GET", f"/Tasks/{task['sid']}").status_code == 404


def test_a_create_is_200(desk: Desk) -> None:
    desk.token = _all_powerful(desk)
    answer = desk.post("POST", "/Activities", {"FriendlyName": "Lunch"})
    assert answer.status_code == 200
    assert answer.json()["payload"]["friendly_name"] == "Lunch"


def test_next_page_urls_can_be_asked_for(desk: Desk) -> None:
    first = desk.post("GET", "/Activities", {"PageSize": 2}).json()["payload"]
    answer = desk.post("GET", "", url=first["meta"]["next_page_url"])
    second = answer.json()["payload"]
    expected = ["Unavailable", "Break"]
    assert [item["friendly_name"] for item in second["activities"]] == expected
    assert second["meta"]["next_page_url"] is None


def test_browsers_may_read_the_answers(desk: Desk) -> None:
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert requests.get(desk.channel_url, timeout=5).headers[
        "Access-Control-Allow-Origin"
    ]
    preflight = requests.options(desk.channel_url, timeout=5)
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "If-Match" in preflight.headers["Access-Control-Allow-Headers"]


def _all_powerful(desk: Desk) -> str:
    token = WorkerCapabilityToken(
        desk.emulator.account_sid,
        desk.emulator.auth_token,
        desk.workspace.sid,
        desk.worker_sid,
    )
    for method in ("GET", "POST", "DELETE"):
        token._make_policy(f"{token.workspace_url}/**", method, True)
    jwt: str = token.to_jwt()
    return jwt
