"""``Emulator(state=...)``: what was answered is there in the next run."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator, persistence
from taskrouter_sync.emulator.clock import MANUAL_START
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.emulator.state_file import StateError, StateFile

from ..support.receiver import Receiver
from .application import Application
from .conftest import OpenDesk
from .rest import Rest


LISTS = (
    "Activities",
    "Workers",
    "TaskQueues",
    "Workflows",
    "Tasks",
    "TaskChannels",
    "Events",
    "Statistics",
    "Workers/Statistics",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


Run = Callable[..., Emulator]
GoOn = Callable[..., AbstractContextManager[Emulator]]


@pytest.fixture
def run(path: Path) -> Run:
    """Makes emulators of one file and of one time."""

    def make(**options: Any) -> Emulator:
        return Emulator(state=path, **{"manual_clock": True, **options})

    return make


@pytest.fixture(params=["file", "snapshot"])
def go_on(request: pytest.FixtureRequest, run: Run) -> GoOn:
    """Makes emulators, each with the state of the one before: by file or snapshot."""
    snapshots: list[dict[str, Any]] = []

    @contextmanager
    def restored(**options: Any) -> Iterator[Emulator]:
        account = {"account_sid": "AC" + "1" * 32, "auth_token": "2" * 32}
        with Emulator(**{"manual_clock": True, **account, **options}) as emulator:
            if snapshots:
                emulator.restore(snapshots.pop())
            yield emulator
            snapshots.append(emulator.snapshot())

    return run if request.param == "file" else restored


def ready(emulator: Emulator, **options: Any) -> ReadyWorkspace:
    return emulator.workspace(worker_activity="Available", **options)


def without_addresses(value: Any, emulator: Emulator) -> Any:
    """Leave out where it was asked."""
    if isinstance(value, dict):
        return {key: without_addresses(each, emulator) for key, each in value.items()}
    if isinstance(value, list):
        return [without_addresses(each, emulator) for each in value]
    return value.replace(emulator.url, "") if isinstance(value, str) else value


def everything(emulator: Emulator) -> Any:
    rest = Rest.of(emulator)
    shown = [rest.get(f"/{each}", PageSize=1000) for each in LISTS]
    return without_addresses(shown, emulator)


def statuses(emulator: Emulator) -> list[str]:
    tasks = Rest.of(emulator).get("/Tasks")["tasks"]
    return [task["assignment_status"] for task in tasks]


def test_the_next_run_answers_the_same(go_on: GoOn) -> None:
    with go_on() as emulator:
        ready(emulator)
        for _ in range(3):
            emulator.create_task(attributes={"language": "en"})
            emulator.advance(7)
        before = everything(emulator)
    with go_on() as emulator:
        assert everything(emulator) == before


def test_the_account_stays_the_same(run: Run) -> None:
    first, second = run(), run()
    assert first.account_sid == second.account_sid
    assert first.auth_token == second.auth_token
    assert run(account_sid=first.account_sid, auth_token="x").auth_token == "x"
    assert run().auth_token == first.auth_token


def test_the_file_of_another_account_is_refused(run: Run) -> None:
    account_sid = run().account_sid
    with pytest.raises(StateError, match=f"state: belongs to account {account_sid}$"):
        run(account_sid="AC" + "0" * 32)


def test_an_emulator_that_starts_again_reads_its_file(run: Run) -> None:
    emulator = run()
    with emulator:
        ready(emulator)
        task = emulator.create_task()
    with run() as other:
        other.create_task()
    with emulator:
        assert len(statuses(emulator)) == 2
        shown = Rest.of(emulator).get(f"/Tasks/{task['sid']}")
        assert without_addresses(shown, emulator) == without_addresses(task, emulator)


def test_a_manual_clock_goes_on(go_on: GoOn) -> None:
    with go_on() as emulator:
        ready(emulator, task_reservation_timeout=60)
        emulator.create_task()
        emulator.advance(59)
    with go_on() as emulator:
        assert statuses(emulator) == ["reserved"]
        emulator.advance(1)
        assert statuses(emulator) == ["pending"]


def test_by_a_real_clock_what_fell_due_happens_at_the_start(go_on: GoOn) -> None:
    with go_on() as emulator:
        ready(emulator, task_reservation_timeout=60)
        emulator.create_task()
        emulator.create_task()
    with go_on(manual_clock=False) as emulator:
        # Before anybody asks.
        told = [
            (event.event_type, event.time - MANUAL_START)
            for event in emulator.events
            if event.event_type in ("reservation.timeout", "task.canceled")
        ]
    assert told == [
        ("reservation.timeout", 60),
        ("task.canceled", 86400),
        ("task.canceled", 86400),
    ]


def test_a_real_clock_goes_on_from_a_later_moment(go_on: GoOn) -> None:
    with go_on() as emulator:
        ready(emulator, task_reservation_timeout=1)
        emulator.advance(315_360_000)
    with go_on(manual_clock=False) as emulator:
        emulator.create_task()
        emulator.wait_for_events("reservation.timeout")


def test_with_a_seed_sids_go_on(run: Run) -> None:
    def sids(emulator: Emulator) -> list[str]:
        return [emulator.create_task()["sid"] for _ in range(2)]

    with Emulator(seed=1, manual_clock=True) as emulator:
        ready(emulator)
        expected = sids(emulator) + sids(emulator)
    with run(seed=1) as emulator:
        ready(emulator)
        first = sids(emulator)
    with run(seed=2) as emulator:
        assert first + sids(emulator) == expected


def test_how_calls_go_is_kept(go_on: GoOn) -> None:
    with go_on() as emulator:
        emulator.telephony.outcome("client:joey", "busy")
        emulator.telephony.answer_after = 3
        emulator.telephony.call_length = 5
    with go_on() as emulator:
        telephony = emulator.telephony
        assert (telephony.answer_after, telephony.call_length) == (3, 5)
        assert emulator.call(lambda engine: engine.telephony.settings.as_dict())[
            "outcomes"
        ]


def test_what_is_restored_is_kept(run: Run) -> None:
    with run() as emulator:
        ready(emulator)
        snapshot = emulator.snapshot()
        emulator.create_task()
        emulator.restore(snapshot)
        emulator.create_task()
        before = everything(emulator)
    with run() as emulator:
        assert everything(emulator) == before
        assert len(statuses(emulator)) == 1


def test_a_file_is_one_emulators(run: Run) -> None:
    with run(), pytest.raises(StateError, match="in use by another process"):
        run()


def test_a_file_that_became_useless_is_told_at_the_start(run: Run, path: Path) -> None:
    emulator = run()
    path.write_text("Dear diary, " * 100, "utf-8")
    with pytest.raises(StateError, match="not a state file"):
        emulator.start()
    # Neither the port nor the file is held.
    port = int(emulator.url.rpartition(":")[2])
    socket.create_server(("127.0.0.1", port)).close()
    path.unlink()
    with emulator:
        ready(emulator)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM records WHERE key LIKE 'version%'",
        "UPDATE records SET value = 'x' WHERE key = 'service'",
    ],
)
def test_a_damaged_state_is_told_at_the_start(
    run: Run, path: Path, damage: str
) -> None:
    with run() as emulator:
        ready(emulator)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)
    emulator = run()
    with pytest.raises(StateError, match="damaged") as caught:
        emulator.start()
    assert str(caught.value).startswith(f"{path}: ")
    # It is free for whoever can repair it.
    StateFile(path).close()


def test_an_emulator_that_stops_itself_has_saved_all(run: Run) -> None:
    emulator = run()
    emulator.start()
    workspace = ready(emulator)

    def stop(engine: Engine) -> None:
        engine.tasks.create(engine.workspaces[workspace.sid])
        emulator.stop()

    thread = emulator._thread
    assert thread is not None
    # Whether its thread still gets to tell us depends.
    with suppress(RuntimeError):
        emulator.call(stop)
    thread.stop()
    with run() as again:
        assert statuses(again) == ["reserved"]


def test_an_emulator_whose_port_is_taken_lets_go_of_the_file(run: Run) -> None:
    with Emulator() as other:
        emulator = run(port=int(other.url.rpartition(":")[2]))
        with pytest.raises(OSError, match="in use"):
            emulator.start()
    with run():
        pass


FORKED = """
import os, signal, sys
from taskrouter_sync.emulator import Emulator

with Emulator(state=sys.argv[1]) as emulator:
    emulator.workspace()
    child = os.fork()
    if not child:
        sys.exit()
    os.waitpid(child, 0)
    emulator.create_task()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_process_that_leaves_the_block_takes_nothing_away(
    run: Run, path: Path
) -> None:
    subprocess.run([sys.executable, "-c", FORKED, str(path)], timeout=60, check=False)
    with run() as emulator:
        assert statuses(emulator) == ["pending"]


def connection_of(emulator: Emulator) -> sqlite3.Connection:
    assert emulator._saver is not None
    assert emulator._saver._file is not None
    return emulator._saver._file.connection


def commits(emulator: Emulator, act: Callable[[], object]) -> int:
    """Count the commits for something."""
    statements: list[str] = []
    connection = connection_of(emulator)
    emulator.call(lambda engine: connection.set_trace_callback(statements.append))
    act()
    emulator.call(lambda engine: connection.set_trace_callback(None))
    return statements.count("COMMIT")


def test_what_is_done_in_one_turn_is_committed_once(run: Run) -> None:
    def make_many(engine: Engine) -> None:
        (workspace,) = engine.workspaces.values()
        for _ in range(50):
            engine.tasks.create(workspace)

    with run() as emulator:
        ready(emulator)
        assert commits(emulator, lambda: emulator.call(make_many)) == 1
        assert len(statuses(emulator)) == 50


def test_who_only_looks_commits_nothing(run: Run) -> None:
    with run() as emulator:
        ready(emulator)
        assert commits(emulator, lambda: everything(emulator)) == 0


# When nothing can be written any more


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is tried again soon."""
    monkeypatch.setattr(persistence, "RETRY", 0.02)


def fill_up(emulator: Emulator, pages: int) -> None:
    """Let the file have no more than so many pages."""
    connection, limited = connection_of(emulator), threading.Event()

    def limit() -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")
        limited.set()

    assert emulator._thread is not None
    assert emulator._thread._loop is not None
    # Not by `call`: that waits until all is saved.
    emulator._thread._loop.call_soon_threadsafe(limit)
    assert limited.wait(5)


def create_tasks(rest: Rest, while_status: int) -> requests.Response:
    """Create tasks as long as that is answered so; give the first other answer."""
    text = '{"text": "' + "x" * 4000 + '"}'
    while (answer := rest.post("/Tasks", Attributes=text)).status_code == while_status:
        pass
    return answer


@pytest.mark.usefixtures("hasty")
def test_what_cannot_be_saved_is_not_answered(run: Run, path: Path) -> None:
    with run() as emulator:
        rest = Rest(emulator, ready(emulator).sid)
        fill_up(emulator, 1)
        refused = create_tasks(rest, while_status=201)
        assert refused.status_code == 500
        assert refused.json()["message"] == f"{path}: database or disk is full"
        with pytest.raises(StateError, match="disk is full"):
            emulator.create_task()
        # Room again: all that was done is saved after all.
        fill_up(emulator, 1_000_000)
        assert create_tasks(rest, while_status=500).status_code == 201
        before = everything(emulator)
    with run() as emulator:
        assert everything(emulator) == before


@pytest.mark.usefixtures("hasty")
def test_sockets_hear_of_nothing_that_is_not_saved(
    run: Run, open_desk: OpenDesk
) -> None:
    with run() as emulator:
        workspace = ready(emulator)
        desk = open_desk(emulator, workspace)
        desk.connect()
        fill_up(emulator, 1)
        attributes = {"text": "x" * 4000}
        with pytest.raises(StateError, match="disk is full"):
            while True:
                emulator.create_task(attributes=attributes)
        alice = workspace.workers["Alice"]
        # What was saved was told; then the socket was cut instead.
        emulator.wait_for_connections(alice, 0)
        fill_up(emulator, 1_000_000)


@pytest.mark.usefixtures("hasty")
def test_webhooks_tell_of_nothing_that_is_not_saved(
    run: Run, receiver: Receiver
) -> None:
    with run() as emulator:
        app = Application(emulator, receiver)
        app.subscribe()
        fill_up(emulator, 1)
        create_tasks(app.rest, while_status=201)
        # They count as not answered; later ones are brought.
        emulator.wait_for_alerts(1, timeout=10)
        assert "disk is full" in emulator.alerts[0].message
        fill_up(emulator, 1_000_000)


@pytest.mark.usefixtures("hasty")
def test_an_answer_waits_for_no_good_when_saving_breaks(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    def rename(name: Any) -> Callable[[Engine], None]:
        def change(engine: Engine) -> None:
            (one,) = engine.workspaces.values()
            one.friendly_name = name

        return change

    with run() as emulator:
        ready(emulator)
        # What no file can hold.
        with pytest.raises(StateError, match="not written"):
            emulator.call(rename(object()))
        assert "TypeError in" in caplog.text
        emulator.call(rename("Named again"))
    with run() as emulator:
        assert Rest.of(emulator).get("")["friendly_name"] == "Named again"


def test_what_cannot_be_saved_at_the_end_is_told(run: Run) -> None:
    emulator = run()
    emulator.start()
    workspace = ready(emulator)
    fill_up(emulator, 1)
    create_tasks(Rest(emulator, workspace.sid), while_status=201)
    with pytest.raises(StateError, match="disk is full"):
        emulator.stop()
    with run() as again:
        assert again.call(lambda engine: list(engine.workspaces)) == [workspace.sid]
