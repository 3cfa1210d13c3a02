"""``task create``."""

from __future__ import annotations

import json

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from .conftest import Run


pytestmark = pytest.mark.usefixtures("account")


def test_a_task_is_created_and_named(run: Run, emulator: Emulator) -> None:
    ran = run("task", "create")
    sid = ran.out.strip()
    [created] = emulator.call(
        lambda engine: list(next(iter(engine.workspaces.values())).tasks)
    )
    assert (ran.status, sid) == (0, created)


def test_attributes_come_from_words_and_json(run: Run) -> None:
    ran = run("task", "create", "a=1", "b=x=y", "--attributes", '{"c": [2]}', "--json")
    assert json.loads(json.loads(ran.out)["attributes"]) == {
        "a": "1",
        "b": "x=y",
        "c": [2],
    }


def test_everything_else_of_a_task_can_be_said(
    run: Run, workspace: ReadyWorkspace
) -> None:
    arguments = ["--workflow", workspace.workflow_sid, "--channel", "chat"]
    ran = run(
        "task", "create", *arguments, "--priority", "7", "--timeout", "60", "--json"
    )
    task = json.loads(ran.out)
    assert task["workflow_sid"] == workspace.workflow_sid
    assert (task["task_channel_unique_name"], task["priority"], task["timeout"]) == (
        "chat",
        7,
        60,
    )
