"""``python -m taskrouter_sync.emulator``."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jwt
import pytest
import requests

from taskrouter_sync.emulator import Emulator

from .program import program


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 0)])
def test_it_serves_until_a_signal_comes(number: str, status: int) -> None:
    with program("--seed", "1") as run:
        assert set(run.exported) == {
            "TASKROUTER_EVENT_BRIDGE_URL",
            "TASKROUTER_API_URL",
            "TASKROUTER_WORKSPACE_SID",
            "TASKROUTER_WORKER_SID",
            "TASKROUTER_TASK_QUEUE_SID",
            "TWILIO_ACCOUNT_SID",
        }
        assert "WorkerCapabilityToken" in run.greeting
        url = run.exported["TASKROUTER_API_URL"]
        assert requests.get(f"{url}/Workspaces", timeout=5).status_code == 401
        assert run.exported["TWILIO_ACCOUNT_SID"] == Emulator(seed=1).account_sid

        run.process.send_signal(getattr(signal, number))
        assert run.complaint(status) == ""


# Calls the handler between any two instructions of the wait for a signal; the last time
# a signal comes later, when all of them have been passed.
_EACH_STEP = """
import faulthandler, io, itertools, os, signal, sys, threading
from taskrouter_sync.emulator.__main__ import main
faulthandler.dump_traceback_later(40, exit=True)

class Output(io.StringIO):
    def flush(self):  # of the greeting: what is next is the wait
        frame = sys._getframe(1)
        frame.f_trace = trace
        frame.f_trace_opcodes = True
        sys.settrace(trace)
        timer.start()

def trace(frame, event, argument):
    global left
    frame.f_trace_opcodes = True
    if event == "opcode":
        left -= 1
        if left == 0:
            timer.cancel()  # nobody else ends the wait
            sys.settrace(None)
            signal.getsignal(signal.SIGTERM)(signal.SIGTERM, frame)
    return trace

def end_later():
    global is_late
    is_late = True
    os.kill(os.getpid(), signal.SIGTERM)

is_late = False
for number in itertools.count(1):
    left = number
    timer = threading.Timer(1.0, end_later)
    sys.stdout = Output()
    assert main(["--port", "0"]) == 0
    sys.settrace(None)
    if is_late:
        break
sys.stdout = sys.__stdout__
print(number)
"""


def test_it_ends_by_a_signal_between_any_two_instructions_of_its_wait() -> None:
    run = [sys.executable, "-c", _EACH_STEP]
    done = subprocess.run(run, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5


def test_it_prints_secrets_only_when_told_to() -> None:
    with program("--seed", "1", "--print-tokens") as run:
        exported = run.exported
    auth_token = exported["TWILIO_AUTH_TOKEN"]
    # By the name that the command line reads, and by one for programs of one's own.
    assert exported["TASKROUTER_TOKEN"] == exported["WORKER_TOKEN"]
    claims = jwt.decode(exported["WORKER_TOKEN"], auth_token, algorithms=["HS256"])
    assert claims["worker_sid"] == exported["TASKROUTER_WORKER_SID"]


@pytest.mark.parametrize("end", ["", "\n"])
def test_it_is_the_account_of_the_environment(end: str) -> None:
    sid, auth_token = "AC" + "1" * 32, "2" * 32
    account = {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": auth_token + end}
    with program(**account) as run:
        auth = sid, auth_token
        found = requests.get(run.workspace_url, auth=auth, timeout=5)
    assert auth_token not in run.greeting
    assert found.json()["account_sid"] == sid


def test_an_auth_token_that_cannot_be_encoded_is_said_without_a_traceback() -> None:
    said = complaint(TWILIO_AUTH_TOKEN="secret\udce9")
    reason = "auth_token must be text that can be encoded as UTF-8"
    assert said == f"TWILIO_AUTH_TOKEN: {reason}\n"


def test_its_worker_token_is_good_for_work() -> None:
    with program("--print-tokens") as run:
        worker = run.ask("GET", f"Workers/{run.exported['TASKROUTER_WORKER_SID']}")
    assert worker["activity_name"] == "Available"


def test_a_port_that_is_taken_is_said_without_a_traceback() -> None:
    with Emulator() as emulator:
        port = emulator.url.rpartition(":")[2]
        [line] = complaint("--port", port).splitlines()
    assert f"port {port} on 127.0.0.1 is in use" in line
    assert "--port 0" in line


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--help"]])
@pytest.mark.parametrize("is_full", [True, False])
def test_output_that_cannot_be_written_is_no_traceback(
    arguments: list[str], is_full: bool
) -> None:
    if is_full:
        output = os.open("/dev/full", os.O_WRONLY)
        says = "python -m taskrouter_sync.emulator: No space left on device\n"
    else:
        reader, output = os.pipe()
        os.close(reader)
        says = ""
    done = subprocess.run(
        [sys.executable, "-m", "taskrouter_sync.emulator", *arguments],
        env={"PYTHONWARNINGS": "error"},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=20,
    )
    os.close(output)
    assert (done.returncode, done.stderr) == (1, says)


def complaint(*arguments: str, **environment: str) -> str:
    """What the program says when it cannot serve."""
    with program(*arguments, **environment) as run:
        said = run.complaint(1)
        assert run.process.stdout is not None
        assert run.process.stdout.read() == ""
        return said


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The file of a workspace."""
    path = tmp_path / "plan.json"
    contents = {
        "name": "Support",
        "activities": {"Away": False, "Here": True},
        "workers": {"Zoë": {"languages": ["de"]}, "Bob": {}},
        "worker_activity": "Here",
        "queues": {"German": "languages HAS 'de'"},
        "workflow": {"task_routing": {"default_filter": {"queue": "German"}}},
    }
    path.write_text(json.dumps(contents), "utf-8")
    return path


def test_a_file_says_what_the_workspace_contains(plan: Path) -> None:
    with program("--seed", str(plan), PYTHONIOENCODING="utf-8") as run:
        control = run.exported["TASKROUTER_EVENT_BRIDGE_URL"] + "/emulator"
        created = requests.post(f"{control}/tasks", json={}, timeout=5).json()
        [shown] = requests.get(f"{control}/state", timeout=5).json()["workspaces"]
    assert re.search(r"^Workspace +WS\w+  Support$", run.greeting, re.MULTILINE)
    assert created["assignment_status"] == "reserved"
    assert [worker["friendly_name"] for worker in shown["workers"]] == ["Zoë", "Bob"]
    assert run.exported["TASKROUTER_WORKER_SID"] == shown["workers"][0]["sid"]


def test_a_number_and_a_file_go_together(plan: Path) -> None:
    with program("--seed", "1", "--seed", str(plan)) as run:
        exported = run.exported
    assert exported["TWILIO_ACCOUNT_SID"] == Emulator(seed=1).account_sid


def test_a_workspace_may_be_without_workers(plan: Path) -> None:
    plan.write_text('{"workers": {}}')
    with program("--seed", str(plan), "--print-tokens") as run:
        exported = run.exported
    assert "TWILIO_AUTH_TOKEN" in exported
    assert (
        not {"TASKROUTER_WORKER_SID", "TASKROUTER_TOKEN", "WORKER_TOKEN"}
        & exported.keys()
    )


def test_a_manual_clock_is_advanced_over_http() -> None:
    with program("--manual-clock") as run:
        bridge = run.exported["TASKROUTER_EVENT_BRIDGE_URL"]
        clock = requests.post(
            f"{bridge}/emulator/clock/advance", json={"seconds": 60}, timeout=5
        ).json()
    assert clock == {"now": 1_767_225_660.0, "manual": True, "next_deadline": None}


def test_what_is_wrong_with_a_file_is_said_in_one_line(plan: Path) -> None:
    plan.write_text('{"queues": {"Q": "a b"}}')
    said = complaint("--seed", str(plan))
    assert said.startswith(f"{plan}: queues.Q: ")
    assert said.count("\n") == 1


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    assert complaint("--seed", str(path)) == f"{path}: No such file or directory\n"
