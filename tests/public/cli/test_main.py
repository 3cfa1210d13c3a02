"""The program: its help, its exit statuses, and what it is called."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import taskrouter_sync
from taskrouter_sync.cli import emulator_command, main as program
from taskrouter_sync.emulator import Emulator

from ...support.script import run_python
from .conftest import Run
from .program import LIMIT, PROGRAM, finished, started


COMMANDS = [
    *(["token"], ["listen"], ["worker"], ["stats"], ["doctor"], ["emulator"]),
    *(["task"], ["task", "create"], ["task", "list"]),
    *(["task", "update"], ["task", "cancel"], ["completion"]),
]
ROOT = Path(__file__).parents[3]
SETUP = ROOT / "setup.cfg"


def test_it_has_a_name_of_its_own() -> None:
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    [line] = setup["options.entry_points"]["console_scripts"].split("\n")[1:]
    name, _, target = line.partition(" = ")
    module, _, function = target.partition(":")
    assert name == "taskrouter-sync"
    assert getattr(import_module(module), function) is program.main


def test_it_is_a_module_too() -> None:
    assert finished("--version") == (0, f"{taskrouter_sync.__version__}\n", "")


@pytest.mark.parametrize("command", [[], *COMMANDS])
def test_help_teaches_by_examples(run: Run, command: list[str]) -> None:
    ran = run(*command, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert "examples:\n  taskrouter-sync " in ran.out
    assert "exit status:" in ran.out
    assert "TWILIO_AUTH_TOKEN" in ran.out


def examples(text: str) -> list[list[str]]:
    """Find the commands of this program in a text, without what a shell reads."""
    lines = re.findall(r"^ +taskrouter-sync (.*)$", text, re.MULTILINE)
    commands = (re.split(r"  +| [|<>#] |$", line)[0] for line in lines)
    return [shlex.split(command) for command in commands]


def test_every_example_can_be_typed(run: Run) -> None:
    texts = [run(*command, "--help").out for command in [[], *COMMANDS]]
    texts += [
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("README.rst", "docs/command_line.rst")
    ]
    found = [words for text in texts for words in examples(text)]
    assert len(found) > 50
    for words in found:
        if words[0] == "COMMAND":
            continue
        own, _ = emulator_command.split(words)
        parser = program._parser("taskrouter-sync")
        assert program._parse(parser, own).run is not None, words


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-command"], "invalid choice: 'no-command'"),
        (["task", "no-command"], "invalid choice: 'no-command'"),
        (["token"], "specify one of worker, taskqueue, workspace; or --decode"),
        (["token", "nobody"], "invalid choice: 'nobody'"),
        (["token", "worker", "--ttl", "soon"], "invalid duration 'soon'"),
        (["token", "worker", "--ttl", "-5"], "invalid duration '-5'"),
        (["token", "taskqueue", "--allow", "update-activities"], "of workers only"),
        (["listen", "--timeout", "5x"], "invalid duration '5x' (use 90s, 15m or 8h)"),
        (["listen", "--timeout", "1e9d"], "invalid duration '1e9d' (use 90s"),
        (["listen", "--count", "0"], "'0' must be a positive integer"),
        (["listen", "--count", "9" * 5000], "must be a positive integer"),
        (["listen", "--coun", "1"], "unrecognized arguments: --coun"),
        (["listen", "--event", "nosuch"], "use one of ready, connected, "),
        (["listen", "--event", "task."], "there is no event 'task.'"),
        (
            ["listen", "--event", "reservations.created"],
            "there is no event 'reservations.created' (did you mean "
            "reservation.created?)",
        ),
        (["emulator", "--port", "99999"], "'99999' is not a port (use 0 to 65535)"),
        (["emulator", "--"], "specify a command after --"),
        (["task", "create", "x"], "'x' is not of the form NAME=VALUE"),
        (["task", "create", "--attributes", "[1]"], "must be a JSON object"),
        (["task", "create", "--attributes", "{"], "--attributes is not valid JSON"),
        (["task", "update", "WT1"], "specify what to update"),
        (["task", "update", "WT1", "--reason", "x"], "is the reason of a --status"),
        (["task", "cancel"], "arguments are required: "),
        (["task", "list", "--status", "lost"], "invalid choice: 'lost'"),
        (["completion", "cmd"], "invalid choice: 'cmd'"),
    ],
)
def test_a_usage_error_is_one_line_that_says_what_is_right(
    run: Run, arguments: list[str], says: str
) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    [line] = ran.err.splitlines()
    assert line.startswith("taskrouter-sync")
    assert says in line


@pytest.mark.parametrize("command", [[], ["task"]])
def test_without_a_command_it_shows_its_help(run: Run, command: list[str]) -> None:
    ran = run(*command)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == run(*command, "--help").out


@pytest.mark.parametrize("command", [[], ["listen"], ["task", "list"], ["emulator"]])
def test_usage_and_errors_name_the_command_that_was_typed(command: list[str]) -> None:
    for called, name in (
        (["-m", "taskrouter_sync"], "python -m taskrouter_sync"),
        (["-c", INSTALLED], "taskrouter-sync"),
    ):
        done = run_python(*called, *command, "--no-such-option")
        typed = " ".join([name, *command])
        assert done.stderr.startswith(f"{typed}: error: ")
        assert f"(see `{typed} --help`)" in done.stderr


INSTALLED = """
import sys
from taskrouter_sync.cli.main import main
sys.argv[0] = "/usr/local/bin/taskrouter-sync"
sys.exit(main())
"""


@pytest.mark.parametrize("command", [["listen"], ["worker"], ["task", "create"]])
def test_a_variable_that_is_missing_is_named(run: Run, command: list[str]) -> None:
    ran = run(*command)
    assert ran.status == 2
    assert "TWILIO_ACCOUNT_SID is not set" in ran.err


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("command", [["listen"], ["worker"], ["task", "list"]])
@pytest.mark.parametrize(
    "variable", ["TASKROUTER_EVENT_BRIDGE_URL", "TASKROUTER_API_URL"]
)
def test_an_address_that_is_none_ends_with_2(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str], variable: str
) -> None:
    for url in (
        "here",
        "http://secret word",
        "http://user:secret@host",
        "http://host?secret",
        "http://host#secret",
        "http://user:1234#secret@host",
        "http://user:1234/secret@host",
    ):
        monkeypatch.setenv(variable, url)
        ran = run(*command)
        assert (ran.status, ran.out) == (2, "")
        assert f"{variable} must be a URL such as" in ran.err
        assert len(ran.err.splitlines()) == 1
        assert "secret" not in ran.err


@pytest.mark.parametrize(
    "name", ["TWILIO_ACCOUNT_SID", "TASKROUTER_WORKSPACE_SID", "TASKROUTER_WORKER_SID"]
)
def test_a_variable_that_is_no_sid_is_named_and_not_repeated(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "my secret")
    ran = run("listen")
    assert ran.status == 2
    assert f"{name} must be a sid that begins with {account[name][:2]}" in ran.err
    assert "secret" not in ran.err


@pytest.mark.usefixtures("account")
def test_a_token_that_is_none_is_named_by_its_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", "eyJhb.secret.part")
    ran = run("listen")
    assert ran.status == 2
    assert "TASKROUTER_TOKEN: " in ran.err
    assert "secret" not in ran.err


@pytest.mark.usefixtures("account")
def test_a_service_that_is_not_there_is_named_by_its_variable(
    run: Run, emulator: Emulator
) -> None:
    emulator.stop()
    ran = run("task", "create")
    assert ran.status == 1
    assert f"TASKROUTER_EVENT_BRIDGE_URL is {emulator.event_bridge_url}" in ran.err


def test_what_the_service_refuses_ends_with_1(
    run: Run, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    for command in (["listen"], ["worker"], ["task", "create"], ["stats"]):
        ran = run(*command)
        assert (ran.status, ran.out) == (1, "")
        assert "signature" in ran.err
        said = f"probably not the auth token of {account['TWILIO_ACCOUNT_SID']}"
        assert f"TWILIO_AUTH_TOKEN is {said}" in ran.err
        assert "doctor" in ran.err
        assert len(ran.err.splitlines()) == 1


def test_ctrl_c_ends_it_without_a_word(account: dict[str, str]) -> None:
    with started("listen", environment=account) as process:
        assert process.stdout is not None
        assert b"connected" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (130, b"")


LOADING = """
import importlib.abc, signal, sys
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "requests":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from taskrouter_sync.cli.main import main
sys.exit(main(["listen"]))
"""


def test_ctrl_c_while_libraries_are_loaded_ends_it_without_a_word() -> None:
    done = run_python("-c", LOADING)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_it_waits_for_is_said(account: dict[str, str], emulator: Emulator) -> None:
    emulator.stop()
    with started("listen", environment=account) as process:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == 130
    assert "was not ready within 3 s" in line
    assert line.endswith("(still trying)\n")


def test_a_reader_who_leaves_ends_it_without_a_word(account: dict[str, str]) -> None:
    with started("stats", "--json", "--every", "0.01", environment=account) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"[")
        process.stdout.close()
        assert process.wait(LIMIT) == 1
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_verbose_tells_each_step(account: dict[str, str]) -> None:
    _, _, err = finished("listen", "--count", "2", "-v", environment=account)
    assert "connecting" in err
    assert account["TWILIO_AUTH_TOKEN"] not in err


@pytest.mark.parametrize(
    "encoding",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "ascii:surrogateescape"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["strict", "surrogateescape", "locale"],
)
@pytest.mark.parametrize(
    "command",
    [
        ["doctor"],
        ["listen", "--count", "3"],
        ["stats", "--once"],
        ["task", "list"],
        ["task", "create", "naïve=yes", "--json"],
        ["--help"],
    ],
)
def test_output_never_fails_for_an_encoding(
    account: dict[str, str],
    emulator: Emulator,
    alice: str,
    command: list[str],
    encoding: dict[str, str],
) -> None:
    emulator.call(
        lambda engine: engine.workers.update(
            next(iter(engine.workspaces.values())).workers[alice],
            friendly_name="Zoë 李",
        )
    )
    emulator.create_task(attributes={"name": "Zoë 李"})
    variables = {**account, "PYTHONUTF8": "0", **encoding}
    status, out, err = finished(*command, environment=variables)
    assert (status, err) == (0, "")
    assert out.isascii()


@pytest.mark.parametrize(
    ("command", "redirection", "status", "says"),
    [
        (["--help"], ">/dev/full", 1, b"No space left on device"),
        (["task"], ">/dev/full", 1, b"No space left on device"),
        (["task", "list"], ">/dev/full", 1, b"No space left on device"),
        (["emulator", "--port", "0"], ">/dev/full", 1, b"No space left on device"),
        (["--help"], ">&-", 0, b""),
        (["task", "list"], ">&-", 0, b""),
        (["listen", "--count", "1", "-v"], "2>&-", 0, b"connected"),
        (["token"], "2>/dev/full", 1, b""),
        (["token", "--decode"], "<&-", 1, b"A token is required"),
        (["task", "list"], "<&- >&- 2>&-", 0, b""),
    ],
)
def test_a_stream_that_is_missing_or_full_is_no_traceback(
    account: dict[str, str],
    command: list[str],
    redirection: str,
    status: int,
    says: bytes,
) -> None:
    done = subprocess.run(
        [
            *("sh", "-c", f'exec "$@" {redirection}', "sh"),
            *(*PROGRAM, *command),
        ],
        # A buffer fails only when it is flushed, which may be at the very end.
        env={**os.environ, **account, "PYTHONUNBUFFERED": ""},
        capture_output=True,
        check=False,
        timeout=LIMIT,
    )
    assert done.returncode == status, done.stderr
    printed = done.stdout + done.stderr
    assert says in printed
    assert b"Traceback" not in printed
    assert len(done.stderr.splitlines()) <= 1


def test_input_never_fails_for_an_encoding() -> None:
    encoding = {"PYTHONIOENCODING": "utf-8:strict"}
    given = b"\xff\xfe\n"
    status, _, err = finished("token", "--decode", environment=encoding, given=given)
    assert status == 1
    assert "The token is not a valid JWT" in err
    assert len(err.splitlines()) == 1


def test_an_error_never_fails_for_an_encoding(account: dict[str, str]) -> None:
    ascii_only = {**account, "PYTHONIOENCODING": "ascii"}
    status, _, err = finished("worker", "--activity", "Pausé", environment=ascii_only)
    assert status == 1
    assert r"there is no activity Paus\xe9" in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_shells_complete_commands_and_options(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert (ran.status, ran.err) == (0, "")
    for word in ("taskrouter-sync", "cancel", "print-tokens", "read-only"):
        assert word in ran.out


def test_bash_completes_what_was_typed(run: Run) -> None:
    script = f"""
        {run("completion", "bash").out}
        complete_line() {{
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _shtab_taskrouter_sync
            echo "${{COMPREPLY[@]}}"
        }}
        complete_line taskrouter-sync task up
        complete_line taskrouter-sync emulator --l
    """
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    assert done.stdout.split() == ["update", "--log"]


def test_without_shtab_completion_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    ran = run("completion", "bash")
    assert (ran.status, ran.out) == (1, "")
    assert "pip install 'taskrouter_sync[cli]'" in ran.err
