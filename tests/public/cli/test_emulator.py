"""``emulator``: a service for people, and one for as long as a command runs."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from taskrouter_sync.emulator import Emulator

from ...support.script import run_python
from .conftest import OURS, Run
from .program import LIMIT, PROGRAM, controlled, finished, started


def test_its_help_has_the_services_own_arguments(run: Run) -> None:
    ran = run("emulator", "--help")
    assert ran.status == 0
    usage = "usage: taskrouter-sync emulator [options] [-- COMMAND [ARGUMENT ...]]"
    assert ran.out.startswith(usage)
    for option in ("--print-tokens", "--state", "--manual-clock", "--log"):
        assert option in ran.out
    assert "emulator" in run("--help").out


@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 0)])
def test_it_serves_until_a_signal_comes(number: str, status: int) -> None:
    with started("emulator", "--port", "0") as process:
        assert process.stdout is not None
        assert b"TaskRouter emulator at http://127.0.0.1:" in process.stdout.readline()
        while b"Attributes=" not in process.stdout.readline():
            pass
        process.send_signal(getattr(signal, number))
        _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (status, b"")


def test_what_it_exports_is_what_the_other_commands_read(run: Run) -> None:
    with started("emulator", "--port", "0", "--print-tokens") as process:
        assert process.stdout is not None
        text = ""
        while "Attributes=" not in text:
            text += process.stdout.readline().decode()
        exported = dict(re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE))
        assert set(OURS) <= set(exported)
        for command in (
            ["listen", "--count", "2"],
            ["task", "create"],
            ["stats", "--once"],
            ["stats", exported["TASKROUTER_TASK_QUEUE_SID"], "--once"],
            ["doctor"],
            ["doctor", "taskqueue"],
        ):
            status, _, err = finished(*command, environment=exported)
            assert (status, err) == (0, "")
        process.send_signal(signal.SIGTERM)


WITHOUT = """
import sys
sys.modules["aiohttp"] = None
from taskrouter_sync.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_without_the_extra_it_says_what_to_install() -> None:
    for arguments, status in (
        (["emulator", "--port", "0"], 1),
        (["emulator", "--", "true"], 1),
        (["--help"], 0),
        (["completion", "bash"], 0),
    ):
        done = run_python("-W", "error", "-c", WITHOUT, *arguments)
        assert done.returncode == status
        assert ("pip install 'taskrouter_sync[emulator]'" in done.stderr) == bool(
            status
        )
        assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_line_with_a_hint(run: Run, emulator: Emulator) -> None:
    port = emulator.url.rpartition(":")[2]
    ran = run("emulator", "--port", port)
    assert (ran.status, ran.out) == (1, "")
    [line] = ran.err.splitlines()
    assert f"port {port} on 127.0.0.1 is in use" in line
    assert "--port 0" in line


def command(*words: str) -> tuple[str, ...]:
    """Return the arguments that run a command."""
    return ("emulator", "--", *words)


def test_a_command_finds_the_service_in_its_environment() -> None:
    ours = ("-m", "taskrouter_sync")
    script = (
        f"{sys.executable} {' '.join(ours)} task create language=en &&"
        f" {sys.executable} {' '.join(ours)} listen --count 3 &&"
        f" {sys.executable} {' '.join(ours)} task list --json"
    )
    # What is left of another account must not count.
    left = dict.fromkeys(OURS, "of another account")
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        del left[name]
    status, out, err = finished(*command("sh", "-c", script), environment=left)
    assert (status, err) == (0, "")
    sid, *events, task = out.splitlines()
    assert re.fullmatch("WT[0-9a-f]{32}", sid)
    assert [line.split()[1] for line in events] == [
        "connected",
        "ready",
        "reservation.created",
    ]
    assert f'"sid": "{sid}"' in task


def test_a_command_finds_the_service_behind_no_proxy() -> None:
    status, out, err = finished(
        *command(*PROGRAM, "task", "create"),
        environment={"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "x"},
    )
    assert (status, out[:2], err) == (0, "WT", "")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -KILL $$"], 137),
        (["no-such-command"], 127),
        (["/"], 126),
        # Only the first two dashes are the emulator's.
        (["sh", "-c", 'test "$1" = -- && exit 9', "sh", "--"], 9),
    ],
)
def test_a_commands_exit_status_is_its_own(words: list[str], status: int) -> None:
    ended, _, err = finished(*command(*words))
    assert ended == status
    assert len(err.splitlines()) == (status in (126, 127))


def test_a_command_ends_with_the_emulator() -> None:
    script = "trap 'echo ended; exit 5' TERM; echo begun; while :; do sleep 0.05; done"
    with started(*command("sh", "-c", script)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (5, b"ended\n")


def test_ctrl_c_is_for_the_command() -> None:
    # Not a shell that reads: bash may miss a signal that comes just before it does.
    script = """if True:
        import signal, sys
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        print("begun", flush=True)
        signal.sigwait({signal.SIGINT})
        print("interrupted", flush=True)
        sys.exit(6)
    """
    ran = command(sys.executable, "-c", script)
    with controlled(*ran, environment={}) as screen:
        screen.expect("begun")
        screen.press("\x03")
        screen.expect("interrupted")
        assert screen.end() == 6


def test_the_log_shows_requests_and_events_as_they_happen() -> None:
    ours = f"{sys.executable} -m taskrouter_sync"
    script = f"{ours} task create && {ours} listen --count 3 >/dev/null; exit 3"
    status, out, log = finished("emulator", "--log", "--", "sh", "-c", script)
    assert status == 3
    # What the command prints is not mixed with the log.
    [sid] = out.split()
    lines = [line.split(None, 1)[1] for line in log.splitlines()]
    created = next(line for line in lines if line.startswith("task.created"))
    assert f"Task {sid} created" in created
    assert any(re.match(r"bridge  POST   200 .* /v1/Work\S+/Tasks$", x) for x in lines)
    assert any(re.match(r"upgrade GET    101 .*/wschannels/AC", x) for x in lines)
    assert any(line.startswith("reservation.created") for line in lines)
    # Tokens are left out.
    assert "eyJ" not in log


def test_the_log_of_a_service_for_people_is_below_its_greeting(
    tmp_path: Path,
) -> None:
    with started("emulator", "--port", "0", "--log") as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().split()[3]
        while b"Attributes=" not in process.stdout.readline():
            pass
        with pytest.raises(Exception, match="401"):
            import urllib.request

            urllib.request.urlopen(f"{address}/v1/Workspaces", timeout=LIMIT)
        line = process.stdout.readline().decode()
        assert re.search(r"rest    GET    401 +/v1/Workspaces$", line.rstrip())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (130, b"")
