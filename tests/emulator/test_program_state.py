"""``python -m taskrouter_sync.emulator --state FILE``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import requests

from taskrouter_sync.emulator import Emulator

from .killing import rounds
from .program import Program, program
from .test_program import complaint


def tasks(run: Program) -> int:
    answer = requests.get(f"{run.workspace_url}/Tasks", auth=run.credentials, timeout=5)
    return len(answer.json()["tasks"])


def test_the_program_goes_on_where_it_was(tmp_path: Path) -> None:
    keep = ("--state", str(tmp_path / "state"), "--print-tokens")
    with program(*keep) as first:
        answer = requests.post(
            f"{first.workspace_url}/Tasks", auth=first.credentials, timeout=5
        )
        assert answer.status_code == 201
    with program(*keep) as second:
        kept = (
            "TASKROUTER_WORKSPACE_SID",
            "TASKROUTER_WORKER_SID",
            "TWILIO_ACCOUNT_SID",
            "TWILIO_AUTH_TOKEN",
        )
        for name in kept:
            assert second.exported[name] == first.exported[name]
        assert tasks(second) == 1


# Five starts of the program; a busy machine takes its time for each.
@pytest.mark.timeout(90)
def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    answered = rounds(3, tmp_path / "state", random.Random())
    assert answered.tasks
    assert answered.reservations


def test_a_file_of_no_use_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "diary"
    path.write_text("Dear diary, today was a day like any other.", "utf-8")
    said = complaint("--state", str(path))
    assert said == f"{path}: not a state file of the emulator\n"


def test_a_file_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with Emulator(state=path):
        said = complaint("--state", str(path))
    assert said == f"{path}: in use by another process\n"
