"""No token and no key gets into logs, the journal, or texts of errors."""

from __future__ import annotations

import logging

import pytest
import requests
import websocket

from taskrouter_sync.emulator import Emulator
from tests.emulator.conftest import Desk, OpenDesk, worker_token


def test_neither_logs_nor_the_journal_hold_tokens(
    open_desk: OpenDesk, caplog: pytest.LogCaptureFixture
) -> None:
    # The plain clients of the test log too; the emulator's own loggers count.
    caplog.set_level(logging.DEBUG)
    for name in ("asyncio", "aiohttp", "taskrouter_sync"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    with Emulator() as emulator:
        workspace = emulator.workspace(worker_activity="Available")
        desk = open_desk(emulator, workspace)
        desk.connect(disconnectActivitySid="WA1", closeExistingSessions="true")
        desk.post("GET", f"/Workers/{desk.worker_sid}", {"PageSize": "5"})
        desk.post("GET", f"/Workers/{desk.worker_sid}?token={desk.token}")
        desk.post("GET", "/Activities", {"token": desk.token})
        desk.post("GET", "/Workflows")
        good, desk.token = desk.token, desk.token[:-3] + "abc"
        desk.post("GET", "/Activities")
        with pytest.raises(websocket.WebSocketBadStatusException):
            desk.connect()
        auth = emulator.account_sid, emulator.auth_token
        requests.get(f"{emulator.api_base_url}/Workspaces", auth=auth, timeout=5)
        emulator.faults.cut_sockets()
        emulator.wait_for_connections(desk.worker_sid, 0)
        journal = repr(emulator.requests)
    own = "\n".join(
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("urllib3")
    )
    assert "disconnectActivitySid not applied" in own
    for secret in (good, good.rpartition(".")[2], desk.token, emulator.auth_token):
        assert secret not in own
        assert secret not in journal


def test_refusals_do_not_repeat_the_token(desk: Desk) -> None:
    desk.token = worker_token(desk.emulator, desk.workspace, "WK" + "0" * 32)
    answer = desk.post("GET", "/Activities")
    assert desk.token not in answer.text + answer.reason
    assert answer.status_code == 403


def test_the_journal_tells_what_arrived(emulator: Emulator, desk: Desk) -> None:
    desk.post("GET", "/Activities", {"PageSize": "5"})
    url = f"{emulator.api_base_url}/Workspaces?PageSize=2"
    requests.get(url, auth=("AC", "wrong"), timeout=5)
    upgrade, bridge, rest = emulator.requests
    assert (upgrade.kind, upgrade.status) == ("upgrade", 101)
    assert upgrade.url == desk.channel_url.removeprefix(emulator.url)
    assert (bridge.kind, bridge.method, bridge.status) == ("bridge", "GET", 200)
    assert bridge.url.endswith("/Activities")
    assert bridge.params == {"PageSize": "5"}
    assert (rest.kind, rest.method, rest.status) == ("rest", "GET", 401)
    assert (rest.url, rest.params) == ("/v1/Workspaces?PageSize=2", {"PageSize": "2"})
