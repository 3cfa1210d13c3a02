"""``listen``: events as lines, until it is enough."""

from __future__ import annotations

import pytest

from taskrouter_sync.emulator import Emulator

from .conftest import Run
from .program import terminal


pytestmark = pytest.mark.usefixtures("account")


def test_events_are_lines(run: Run, emulator: Emulator) -> None:
    task = emulator.create_task(attributes={"language": "en"})
    ran = run("listen", "--count", "3")
    assert (ran.status, ran.err) == (0, "")
    connected, ready, created = ran.out.splitlines()
    assert connected.split()[1:] == ["connected", "Connected"]
    assert ready.endswith("ready                   Alice is Available")
    assert created.split()[1:3] == ["reservation.created", "Reservation"]
    said = f'of task {task["sid"][:8]}… is pending: {{"language": "en"}}'
    assert created.endswith(said)


def test_an_event_that_nobody_knows_is_shown(
    account: dict[str, str], emulator: Emulator, alice: str
) -> None:
    with terminal("listen", environment=account) as screen:
        emulator.wait_for_connections(alice, 1)
        emulator.send_frame(alice, {"event_type": "odd", "payload": {"a": "\x1b[2J"}})
        screen.expect("odd")
        came = screen.expect("}")
    assert r'{"a": "\u001b[2J"}' in came
    assert "\x1b[36m" in screen.shown


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("task.odd", "task.odd"),
        ("reservation.odd", "reservation.odd"),
        ("worker.odd", "worker.odd"),
        ("activity.update", "worker.activity.update"),
        ("worker.activity.update", "worker.activity.update"),
        ("reservation.pending", "reservation.created"),
        ("reservation.created", "reservation.pending"),
    ],
)
def test_events_can_be_named_that_nobody_knows_and_as_the_service_names_them(
    account: dict[str, str], emulator: Emulator, alice: str, name: str, type_: str
) -> None:
    words = ["listen", "--event", "ready", "--event", name, "--count", "2"]
    payload = {"sid": "WR" + "1" * 32, "task_sid": "WT" + "1" * 32}
    with terminal(*words, environment=account) as screen:
        screen.expect("is Available")
        emulator.send_frame(alice, {"event_type": type_, "payload": payload})
        assert screen.end() == 0


def test_what_was_probably_meant_is_said(run: Run) -> None:
    ran = run("listen", "--event", "reservation.acepted", "--timeout", "0.05")
    assert ran.status == 0
    assert ran.err == (
        "reservation.acepted is not an event that this version knows; did you mean "
        "reservation.accepted?\n"
    )


def test_several_workers_are_told_apart(
    run: Run, emulator: Emulator, workspace: object, alice: str
) -> None:
    bob = emulator.call(
        lambda engine: (
            engine.workers.create(
                next(iter(engine.workspaces.values())), "Bob", attributes="{}"
            ).sid
        )
    )
    for arguments in (["--all"], [alice, bob]):
        ran = run("listen", *arguments, "--event", "connected", "--count", "2")
        assert {line.split()[0] for line in ran.out.splitlines()} == {
            f"{sid[:8]}…" for sid in (alice, bob)
        }


def test_a_workspace_without_workers_is_said(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = emulator.workspace("Empty", workers={})
    monkeypatch.setenv("TASKROUTER_WORKSPACE_SID", empty.sid)
    ran = run("listen", "--all", "--timeout", "1")
    assert (ran.status, ran.out) == (1, "")
    assert "there are no workers in the workspace" in ran.err


def test_it_ends_when_the_time_is_over(run: Run) -> None:
    ran = run("listen", "--event", "token.expired", "--timeout", "0.05")
    assert (ran.status, ran.out) == (0, "")


def test_too_few_events_in_time_are_a_failure(run: Run) -> None:
    ran = run("listen", "--event", "token.expired", "--timeout", "0.05", "--count", "1")
    assert ran.status == 1


def test_a_ready_made_token_is_enough(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "worker").out)
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    assert run("listen", "--count", "2").out.splitlines()[1].split()[1] == "ready"


def test_a_token_of_another_kind_is_passed_over(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKROUTER_TOKEN", run("token", "workspace").out)
    assert run("listen", "--count", "1").status == 0
