"""``worker``: an agent on a real terminal, against the emulator."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from .conftest import Run
from .program import LIMIT, started, terminal


def status(emulator: Emulator, task: dict[str, Any]) -> str:
    """Tell what has become of a task."""
    return emulator.call(
        lambda engine: (
            engine.workspaces[task["workspace_sid"]]
            .tasks[task["sid"]]
            .assignment_status
        )
    )


def activity(emulator: Emulator, workspace: ReadyWorkspace, worker: str) -> str:
    return emulator.call(
        lambda engine: (
            engine.workspaces[workspace.sid]
            .activities[engine.workspaces[workspace.sid].workers[worker].activity_sid]
            .friendly_name
        )
    )


def test_an_agent_accepts_and_completes(
    account: dict[str, str], emulator: Emulator
) -> None:
    with terminal("worker", environment=account) as screen:
        screen.expect("Alice is Available")
        screen.expect("[q]uit")
        task = emulator.create_task(attributes={"language": "en"})
        screen.expect('{"language": "en"}')
        screen.expect("[a]ccept")
        screen.press("a")
        screen.expect("[c]omplete")
        screen.press("c")
        screen.expect("reservation.completed")
        assert status(emulator, task) == "completed"
        screen.press("q")
        assert screen.end() == 0


def test_an_agent_rejects_and_goes_on_a_break(
    account: dict[str, str],
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
) -> None:
    emulator.create_task()
    with terminal("worker", environment=account) as screen:
        screen.expect("[r]eject")
        screen.press("s")
        screen.expect("4  Break")
        screen.press("4")
        screen.expect("activity.update")
        screen.press("r")
        screen.expect("reservation.rejected")
        assert activity(emulator, workspace, alice) == "Break"
        screen.press("q")
        assert screen.end() == 0


def test_what_is_refused_is_shown_and_the_agent_stays(
    account: dict[str, str], emulator: Emulator
) -> None:
    emulator.create_task()
    with terminal("worker", environment=account) as screen:
        screen.expect("[a]ccept")
        emulator.faults.answer(409, method="POST", message="Too late")
        screen.press("a")
        screen.expect("409 Too late")
        screen.press("q")
        assert screen.end() == 0


def test_an_activity_at_the_beginning_and_one_at_the_end(
    account: dict[str, str],
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
) -> None:
    arguments = ["--activity", "Break", "--leave", "Offline"]
    with terminal("worker", *arguments, environment=account) as screen:
        screen.expect("Alice is Break")
        assert activity(emulator, workspace, alice) == "Break"
        screen.process.send_signal(signal.SIGINT)
        assert screen.end() == 130
    # If the goodbye was too slow, the service does it when it sees the socket gone.
    emulator.wait_for_events("worker.activity.update", 2)
    assert activity(emulator, workspace, alice) == "Offline"
    emulator.wait_for_connections(alice, 0)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("option", ["--activity", "--leave"])
def test_an_activity_that_is_not_there_is_refused_with_those_that_are(
    run: Run, option: str
) -> None:
    ran = run("worker", option, "Gone fishing")
    assert ran.status == 1
    assert "no activity is named Gone fishing: there are Offline, Available" in ran.err


def test_keys_come_from_a_pipe_too(account: dict[str, str], emulator: Emulator) -> None:
    emulator.create_task()
    with started(
        "worker",
        environment=account,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        out, err = process.communicate(b"?\n", timeout=LIMIT)
    assert (process.returncode, err) == (0, b"")
    assert b"a  accept" in out
    assert b"\x1b" not in out


def test_other_connections_end_if_the_agent_wants_to_be_alone(
    account: dict[str, str], emulator: Emulator, alice: str, ready_worker: Any
) -> None:
    other, came = ready_worker()
    with terminal("worker", "--alone", environment=account) as screen:
        came.expect("disconnected")
        other.close()
        screen.expect("ready")
        screen.press("q")
        assert screen.end() == 0
