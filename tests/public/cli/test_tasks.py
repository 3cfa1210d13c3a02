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


def created(run: Run, *arguments: str) -> str:
    return run("task", "create", *arguments).out.strip()


def test_tasks_are_listed_with_their_state(run: Run, emulator: Emulator) -> None:
    assert run("task", "list").out == "no tasks\n"
    first = created(run, "language=en")
    second = created(run, "language=de", "--priority", "7")
    run("task", "cancel", first)
    ran = run("task", "list")
    head, *rows = (line.split() for line in ran.out.splitlines())
    assert head == ["sid", "status", "priority", "age", "queue", "attributes"]
    found = {row[0]: row for row in rows}
    assert found[first][1] == "canceled"
    assert found[second][1:3] == ["reserved", "7"]
    assert found[second][-1] == '{"language":"de"}'


def test_tasks_are_listed_by_status_queue_and_number(
    run: Run, account: dict[str, str]
) -> None:
    sids = [created(run) for _ in range(3)]
    run("task", "cancel", sids[0])

    def listed(*arguments: str) -> set[str]:
        out = run("task", "list", "--json", *arguments).out
        return {json.loads(line)["sid"] for line in out.splitlines()}

    assert listed("--status", "canceled") == {sids[0]}
    assert listed("--status", "reserved", "--status", "canceled") == set(sids)
    assert listed("--queue", account["TASKROUTER_TASK_QUEUE_SID"]) == set(sids)
    assert listed("--queue", "WQ" + "0" * 32) == set()
    few = run("task", "list", "--json", "--limit", "2")
    assert len(few.out.splitlines()) == 2
    assert "more than 2 tasks (use --limit)" in few.err


def test_a_tasks_attributes_are_changed_one_by_one_or_all(run: Run) -> None:
    sid = created(run, "a=1", "b=2")

    def attributes(*arguments: str) -> dict[str, object]:
        ran = run("task", "update", sid, *arguments, "--json")
        found: dict[str, object] = json.loads(json.loads(ran.out)["attributes"])
        return found

    assert attributes("b=3", "c=4") == {"a": "1", "b": "3", "c": "4"}
    assert attributes("--attributes", '{"d": [5]}', "e=6") == {"d": [5], "e": "6"}
    assert attributes("--attributes", "{}") == {}


def test_a_tasks_priority_and_status_are_changed(run: Run) -> None:
    sid = created(run)
    ran = run("task", "update", sid, "--priority", "9")
    assert (ran.status, ran.out) == (0, f"{sid}\n")
    ran = run(
        *("task", "update", sid, "--status", "canceled", "--reason", "nobody there"),
        "--json",
    )
    task = json.loads(ran.out)
    assert (task["priority"], task["assignment_status"], task["reason"]) == (
        9,
        "canceled",
        "nobody there",
    )


def test_tasks_are_canceled_also_after_one_that_is_refused(run: Run) -> None:
    first, last = created(run), created(run)
    unknown = "WT" + "0" * 32
    ran = run("task", "cancel", first, unknown, last, "--reason", "a trial")
    assert (ran.status, ran.out.split()) == (1, [first, last])
    assert ran.err.startswith(f"{unknown}: 404")
    listed = run("task", "list", "--json", "--status", "canceled").out.splitlines()
    assert {json.loads(line)["reason"] for line in listed} == {"a trial"}
    assert len(listed) == 2
