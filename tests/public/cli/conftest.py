"""The program in this process, with the emulator's account in its environment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from taskrouter_sync.cli.main import main
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace


class Ran(NamedTuple):
    """What a run of the program printed, and how it ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]

OURS = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TASKROUTER_WORKSPACE_SID",
    "TASKROUTER_WORKER_SID",
    "TASKROUTER_TASK_QUEUE_SID",
    "TASKROUTER_TOKEN",
    "TASKROUTER_API_URL",
    "TASKROUTER_EVENT_BRIDGE_URL",
)


@pytest.fixture
def account(
    no_account: None,
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """The environment variables of the emulator's account, which are set."""
    variables = {
        "TWILIO_ACCOUNT_SID": emulator.account_sid,
        "TWILIO_AUTH_TOKEN": emulator.auth_token,
        "TASKROUTER_WORKSPACE_SID": workspace.sid,
        "TASKROUTER_WORKER_SID": alice,
        "TASKROUTER_TASK_QUEUE_SID": workspace.task_queues["Everyone"],
        "TASKROUTER_EVENT_BRIDGE_URL": emulator.event_bridge_url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the program with these arguments, to its end."""
    monkeypatch.setattr(sys, "argv", ["taskrouter-sync"])

    def run_one(*arguments: str) -> Ran:
        try:
            status = main(arguments)
        except SystemExit as ended:  # argparse's way
            status = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run_one
