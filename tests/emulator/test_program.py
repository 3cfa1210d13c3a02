"""``python -m taskrouter_sync.emulator``."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import jwt
import pytest
import requests

from taskrouter_sync.emulator import Emulator


@contextmanager
def program(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "taskrouter_sync.emulator", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONWARNINGS": "error", **environment},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def greeting(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Attributes=" in line:
            break
    return "".join(lines)


def variables(text: str) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 0)])
def test_it_serves_until_a_signal_comes(number: str, status: int) -> None:
    with program("--seed", "1") as process:
        text = greeting(process)
        exported = variables(text)
        assert set(exported) == {
            "TASKROUTER_EVENT_BRIDGE_URL",
            "TASKROUTER_API_URL",
            "TASKROUTER_WORKSPACE_SID",
            "TASKROUTER_WORKER_SID",
            "TWILIO_ACCOUNT_SID",
        }
        assert "WorkerCapabilityToken" in text
        url = exported["TASKROUTER_API_URL"]
        assert requests.get(f"{url}/Workspaces", timeout=5).status_code == 401
        assert exported["TWILIO_ACCOUNT_SID"] == Emulator(seed=1).account_sid

        process.send_signal(getattr(signal, number))
        assert process.wait(timeout=5) == status
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_prints_secrets_only_when_told_to() -> None:
    with program("--seed", "1", "--print-tokens") as process:
        exported = variables(greeting(process))
    auth_token = exported["TWILIO_AUTH_TOKEN"]
    claims = jwt.decode(exported["WORKER_TOKEN"], auth_token, algorithms=["HS256"])
    assert claims["worker_sid"] == exported["TASKROUTER_WORKER_SID"]


def test_it_is_the_account_of_the_environment() -> None:
    account = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "2" * 32}
    with program(**account) as process:
        text = greeting(process)
        url = variables(text)["TASKROUTER_API_URL"]
        auth = account["TWILIO_ACCOUNT_SID"], account["TWILIO_AUTH_TOKEN"]
        found = requests.get(f"{url}/Workspaces", auth=auth, timeout=5)
    assert account["TWILIO_AUTH_TOKEN"] not in text
    [workspace] = found.json()["workspaces"]
    assert workspace["account_sid"] == account["TWILIO_ACCOUNT_SID"]


def test_its_worker_token_is_good_for_work() -> None:
    with program("--print-tokens") as process:
        exported = variables(greeting(process))
        bridge = exported["TASKROUTER_EVENT_BRIDGE_URL"]
        worker_sid = exported["TASKROUTER_WORKER_SID"]
        channel = f"{bridge}/v1/wschannels/{exported['TWILIO_ACCOUNT_SID']}"
        envelope = {
            "url": f"{exported['TASKROUTER_API_URL']}/Workspaces/"
            f"{exported['TASKROUTER_WORKSPACE_SID']}/Workers/{worker_sid}",
            "method": "GET",
            "token": exported["WORKER_TOKEN"],
        }
        answer = requests.post(f"{channel}/{worker_sid}", json=envelope, timeout=5)
    assert answer.json()["payload"]["activity_name"] == "Available"


def test_a_port_that_is_taken_is_said_without_a_traceback() -> None:
    with Emulator() as emulator:
        port = emulator.url.rpartition(":")[2]
        with program("--port", port) as process:
            assert process.wait(timeout=10) == 1
            assert process.stderr is not None
            error = process.stderr.read()
    assert "in use" in error
    assert "Traceback" not in error
