"""The program: its help, its exit statuses, and what it is called."""

from __future__ import annotations

import configparser
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import taskrouter_sync
from taskrouter_sync.cli import main as program

from .conftest import Run
from .program import LIMIT, started


COMMANDS = ["token", "listen", "worker", "task", "stats", "doctor"]
SETUP = Path(__file__).parents[3] / "setup.cfg"


def test_it_has_a_name_of_its_own() -> None:
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    [line] = setup["options.entry_points"]["console_scripts"].split("\n")[1:]
    name, _, target = line.partition(" = ")
    module, _, function = target.partition(":")
    assert name == "taskrouter-sync"
    assert getattr(import_module(module), function) is program.main


def test_it_is_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "taskrouter_sync", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert done.stdout.strip() == taskrouter_sync.__version__


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS)])
def test_help_teaches_by_examples(run: Run, command: list[str]) -> None:
    ran = run(*command, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert "examples:\n  taskrouter-sync " in ran.out
    assert "exit status:" in ran.out
    assert "TWILIO_AUTH_TOKEN" in ran.out


def test_the_emulators_help_is_its_own(run: Run) -> None:
    ran = run("emulator", "--help")
    assert ran.status == 0
    assert "--print-tokens" in ran.out
    assert "emulator" in run("--help").out


def test_the_emulator_serves_until_ctrl_c() -> None:
    with started(
        "emulator",
        "--port",
        "0",
        environment={},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert b"TaskRouter emulator at http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (130, b"")


WITHOUT = """
import sys
sys.modules["aiohttp"] = None
from taskrouter_sync.cli.main import main
sys.exit(main(["emulator", "--port", "0"]))
"""


def test_without_the_extra_the_emulator_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 1
    assert "pip install 'taskrouter_sync[emulator]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-command"],
        ["token", "nobody"],
        ["token"],
        ["token", "worker", "--ttl", "soon"],
        ["token", "worker", "--ttl", "-5"],
        ["listen", "--count", "0"],
        ["listen", "--coun", "1"],
        ["task", "create", "not-a-pair"],
        ["task", "create", "--attributes", "[1]"],
        ["task", "create", "--attributes", "{"],
        ["token", "taskqueue", "--allow", "update-activities"],
    ],
)
def test_what_makes_no_sense_ends_with_2(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err


@pytest.mark.parametrize("command", [["listen"], ["worker"], ["task", "create"]])
def test_a_variable_that_is_missing_is_named(run: Run, command: list[str]) -> None:
    ran = run(*command)
    assert ran.status == 2
    assert "TWILIO_ACCOUNT_SID is not set" in ran.err


@pytest.mark.usefixtures("account")
def test_an_address_that_is_none_ends_with_2(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", "here")
    ran = run("listen")
    assert ran.status == 2
    assert "event_bridge_base_url" in ran.err


def test_what_the_service_refuses_ends_with_1(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    for command in (["listen"], ["worker"], ["task", "create"], ["stats"]):
        ran = run(*command)
        assert (ran.status, ran.out) == (1, "")
        assert "signature" in ran.err
        assert "doctor" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_ctrl_c_ends_it_without_a_word(account: dict[str, str]) -> None:
    with started(
        "listen", environment=account, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"connected" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (130, b"")


def test_a_reader_who_leaves_ends_it_without_a_word(account: dict[str, str]) -> None:
    with started(
        "stats",
        "--json",
        "--every",
        "0.01",
        environment=account,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"[")
        process.stdout.close()
        assert process.wait(LIMIT) == 1
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_verbose_tells_each_step(account: dict[str, str]) -> None:
    with started(
        "listen",
        "--count",
        "2",
        "-v",
        environment=account,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        _, err = process.communicate(timeout=LIMIT)
    assert b"connecting" in err
    assert account["TWILIO_AUTH_TOKEN"].encode() not in err
