"""``stats``: tables of queues, that stay in their place where they can."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from taskrouter_sync.cli import stats
from taskrouter_sync.cli.command import Context
from taskrouter_sync.cli.stats import Table
from taskrouter_sync.emulator import Emulator

from .conftest import Run
from .program import terminal
from .test_terminal import Screen


@pytest.mark.usefixtures("account")
def test_the_queues_of_a_workspace_are_rows(run: Run, emulator: Emulator) -> None:
    for _ in range(3):
        emulator.create_task()
    ran = run("stats", "--once")
    assert (ran.status, ran.err) == (0, "")
    title, head, everyone = ran.out.splitlines()
    assert title == "Emulated workspace: now, and the last 15 min"
    assert head.split()[:3] == ["queue", "pending", "reserved"]
    assert everyone.split()[:3] == ["Everyone", "0", "3"]
    assert "1 of 1" in everyone


def test_one_queue_has_a_row_for_each_figure(
    run: Run, account: dict[str, str], emulator: Emulator
) -> None:
    emulator.create_task()
    sid = account["TASKROUTER_TASK_QUEUE_SID"]
    ran = run("stats", sid, "--once", "--minutes", "240")
    lines = [line.rsplit(None, 1) for line in ran.out.splitlines()]
    assert lines[0][0].startswith("Everyone: now, and the last 240")
    assert ["tasks reserved", "1"] in lines
    assert ["workers in Available", "1"] in lines


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("one", [False, True])
def test_programs_get_nested_json(
    run: Run, account: dict[str, str], emulator: Emulator, one: bool
) -> None:
    emulator.create_task()
    queue = account["TASKROUTER_TASK_QUEUE_SID"]
    ran = run("stats", *([queue] if one else []), "--once", "--json")
    [everyone] = json.loads(ran.out)
    assert everyone["friendly_name"] == "Everyone"
    assert everyone["realtime"]["tasks_by_status"]["reserved"] == 1
    assert everyone["realtime"]["activity_statistics"][1]["workers"] == 1
    assert everyone["cumulative"]["tasks_entered"] == 1


def test_on_a_terminal_the_table_stays_in_its_place(
    account: dict[str, str], emulator: Emulator
) -> None:
    with terminal("stats", "--every", "0.05", environment=account) as screen:
        screen.expect("Everyone")
        emulator.create_task()
        # Reserved: one.
        came = screen.expect("0          1")
        screen.process.send_signal(signal.SIGINT)
        assert screen.end() == 130
    assert "\x1b[1A" in came
    # The cursor is back.
    assert screen.shown.rindex("\x1b[?25h") > screen.shown.rindex("\x1b[?25l")


def test_it_goes_on_after_a_failure_that_may_pass(
    account: dict[str, str], emulator: Emulator
) -> None:
    with terminal("stats", "--every", "0.05", environment=account) as screen:
        screen.expect("Everyone")
        emulator.faults.answer(503, url="Statistics")
        screen.expect("503")
        screen.expect("(still trying)")
        emulator.create_task()
        # Reserved: one.
        screen.expect("0          1")
        emulator.faults.answer(404, url="Statistics")
        screen.expect("404")
        assert screen.end() == 1


TABLE = Table("Title [b]", ("name", "value"), [("[red]x", 1)])


def shown(screen: Screen, *, is_live: bool = True) -> str:
    context = Context(sys.stdin, screen, screen, {"TERM": "xterm"})
    with stats._screen(context, live=is_live) as tables:
        tables.show(TABLE)
        tables.show(TABLE)
    return screen.getvalue()


def test_nothing_in_a_table_is_markup() -> None:
    came = shown(Screen())
    assert "Title [b]" in came
    assert "[red]x" in came


def test_without_rich_each_table_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.live", None)
    lines = shown(Screen()).splitlines()
    assert len(lines) == 8
    assert lines[2] == "[red]x      1"
