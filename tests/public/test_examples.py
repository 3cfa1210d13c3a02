"""Each example runs, as the program that people start."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from taskrouter_sync.emulator import Emulator

from ..support.script import run_python


EXAMPLES = Path(__file__).parents[2] / "examples"


# What each prints, and so what has happened in the emulator, in this order.
FLOWS = {
    "agent.py": ["Alice", "{'topic': 'an agent'}", "reservation accepted", "completed"],
    "dequeue.py": ["reservation dequeued", "the caller and the agent talk: assigned"],
    "conference.py": ["conference initiated", "all are in the conference: assigned"],
    "call.py": [
        "the agent is called: pending",
        "reservation accepted: accepted",
    ],
    "queue_statistics.py": [
        "tasks entered 3",
        "available workers 1",
        "max reserved workers 20",
    ],
    "workspace_tour.py": [
        "workspace Emulated workspace",
        "Cid Offline {'languages': ['en', 'es']}",
        "updated Long lunch",
        "queue English",
        "task deleted",
        "torn down",
    ],
}


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_a_ported_flow_runs_to_its_end(name: str) -> None:
    done = run(name)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line in FLOWS[name]] == FLOWS[name]


def test_every_example_is_run() -> None:
    programs = {path.name for path in EXAMPLES.glob("*.py")}
    assert programs - {"local.py", "quickstart.py"} == set(FLOWS)


def run(name: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_python("-W", "error", EXAMPLES / name, **variables)


def test_quickstart_completes_a_task_and_prints_it() -> None:
    done = run("quickstart.py")

    assert (done.returncode, done.stderr) == (0, "")
    first, *steps = [line.split(":")[0] for line in done.stdout.splitlines()]
    assert first == "emulator"
    # A listener that is added while `ready` is emitted may come after it.
    assert sorted(steps[:2]) == ["connected", "ready"]
    # All of these are printed by callbacks of one thread: no other can come between.
    assert steps[2:] == ["activity", "reserved", "accepted", "completed"]
    assert done.stdout.splitlines()[-1].endswith("is completed")


@pytest.mark.parametrize("known", [True, False])
def test_quickstart_uses_the_account_of_the_environment(known: bool) -> None:
    """A refused token is one line."""
    with Emulator() as emulator:
        workspace = emulator.workspace(workers={"Bob": {}})
        key = emulator.auth_token if known else "of somebody else, and long enough!"
        done = run(
            "quickstart.py",
            TASKROUTER_EVENT_BRIDGE_URL=emulator.event_bridge_url,
            TWILIO_ACCOUNT_SID=emulator.account_sid,
            TWILIO_AUTH_TOKEN=key,
            TASKROUTER_WORKSPACE_SID=workspace.sid,
            TASKROUTER_WORKER_SID=workspace.workers["Bob"],
        )
    if known:
        assert (done.returncode, done.stderr) == (0, "")
        assert "ready:     Bob" in done.stdout
        assert "emulator:" not in done.stdout
    else:
        assert_one_line(done, "it did not work: 40")


_LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


def assert_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 1
    # The log may have a line of its own, if it comes before the end.
    said = [each for each in done.stderr.splitlines() if not _LOGGED.match(each)]
    assert len(said) == 1 and words in said[0]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {
                "TASKROUTER_EVENT_BRIDGE_URL": "http://127.0.0.1:9",
                "TWILIO_AUTH_TOKEN": "0" * 32,
                "TASKROUTER_WORKSPACE_SID": "WS" + "0" * 32,
                "TASKROUTER_WORKER_SID": "WK" + "0" * 32,
            },
            "it did not work: The client was not ready within 5 s",
        ),
        ({}, "TWILIO_AUTH_TOKEN"),
    ],
    ids=["unreachable", "a variable is missing"],
)
def test_quickstart_says_in_one_line_what_is_wrong(
    variables: dict[str, str], words: str
) -> None:
    done = run("quickstart.py", TWILIO_ACCOUNT_SID="AC" + "0" * 32, **variables)
    assert_one_line(done, words)
