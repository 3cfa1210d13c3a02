"""``worker``: an agent on a real terminal, against the emulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from .conftest import Run
from .program import LIMIT, controlled, finished, started, terminal


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
        screen.expect(f"of task {task['sid'][:8]}… was completed")
        assert status(emulator, task) == "completed"
        # Sids are short for people.
        assert task["sid"] not in screen.shown
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
        screen.expect("Alice is now on Break")
        screen.press("r")
        screen.expect("was rejected")
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


@pytest.fixture
def hang_ups() -> Iterator[None]:
    """Let a hang-up reach what is started, also if the tests run under ``nohup``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hang_ups")
@pytest.mark.parametrize(
    ("number", "status"), [("SIGINT", 130), ("SIGTERM", 0), ("SIGHUP", 0)]
)
def test_an_activity_at_the_beginning_and_one_at_the_end(
    account: dict[str, str],
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    number: str,
    status: int,
) -> None:
    arguments = ["--activity", "Break", "--leave", "Offline"]
    with terminal("worker", *arguments, environment=account) as screen:
        screen.expect("Alice is now on Break")
        assert activity(emulator, workspace, alice) == "Break"
        screen.process.send_signal(getattr(signal, number))
        assert screen.end() == status
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
    assert "there is no activity Gone fishing (use Offline, Available" in ran.err


def test_keys_come_from_a_pipe_too(account: dict[str, str], emulator: Emulator) -> None:
    emulator.create_task()
    status, out, err = finished("worker", environment=account, given=b"?\n")
    assert status == 0
    assert "a  accept" in err
    assert "Alice is Available" in out
    assert "\x1b" not in out + err


def test_programs_get_everything_as_json(
    account: dict[str, str], emulator: Emulator, alice: str
) -> None:
    ours = started("worker", "--json", environment=account, stdin=subprocess.PIPE)
    with ours as process:
        assert process.stdin is not None
        assert process.stdout is not None
        came: list[dict[str, Any]] = []
        task = emulator.create_task(attributes={"language": "en"})
        while not came or came[-1]["event"] != "reservation.created":
            came.append(json.loads(process.stdout.readline()))
        process.stdin.write(b"a")
        process.stdin.flush()
        came.append(json.loads(process.stdout.readline()))
        out, err = process.communicate(b"q", timeout=LIMIT)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert [each["event"] for each in came] == [
        "connected",
        "ready",
        "reservation.created",
        "reservation.accepted",
    ]
    assert {each["channel"] for each in came} == {alice}
    assert came[-1]["payload"]["task"]["sid"] == task["sid"]


def test_after_ctrl_z_and_fg_the_keys_still_work(
    account: dict[str, str], emulator: Emulator
) -> None:
    shell = (
        '"$@"; echo "shell is back: $(stty -a | grep -o -e "[-]*icanon")"; read line;'
        ' fg >/dev/null; echo "ended with $?: $(stty -a | grep -o -e "[-]*icanon")"'
    )
    arguments = {"environment": account, "shell": shell}
    with controlled("worker", **arguments) as screen:  # type: ignore[arg-type] # of the table
        screen.expect("[q]uit")
        screen.press("\x1a")
        screen.expect("shell is back: icanon")
        screen.press("\n")
        # It shows again what can be done, and does it without Enter.
        screen.expect("[q]uit")
        screen.press("s")
        screen.expect("4  Break")
        screen.press("4")
        screen.expect("Alice is now on Break")
        screen.press("q")
        screen.expect("ended with 0: icanon")


def test_stopped_by_a_signal_and_continued_the_keys_still_work(
    account: dict[str, str],
) -> None:
    with controlled("worker", environment=account) as screen:
        screen.expect("[q]uit")
        for _ in range(2):
            screen.process.send_signal(signal.SIGSTOP)
            os.waitpid(screen.process.pid, os.WUNTRACED)
            # As the shell does that has the terminal meanwhile.
            screen.restore()
            screen.process.send_signal(signal.SIGCONT)
            screen.expect("[q]uit")
        screen.press("?")
        screen.expect("a  accept")
        screen.press("q")
        assert screen.end() == 0


def test_ctrl_l_draws_it_again(account: dict[str, str]) -> None:
    with terminal("worker", environment=account) as screen:
        screen.expect("[q]uit")
        screen.press("\x0c")
        screen.expect("[q]uit")
        screen.press("q")
        assert screen.end() == 0


def test_other_connections_end_if_the_agent_wants_to_be_alone(
    account: dict[str, str], emulator: Emulator, alice: str, ready_worker: Any
) -> None:
    other, came = ready_worker()
    with terminal("worker", "--alone", environment=account) as screen:
        came.expect("disconnected")
        other.close()
        screen.expect("Alice is Available")
        screen.press("q")
        assert screen.end() == 0
