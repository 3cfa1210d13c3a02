"""Threads: when none can be started, and when there are very many."""

from __future__ import annotations

import sys
import threading

import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ..conftest import MintToken, ReadyWorker
from ..support.backend import Backend
from ..support.collector import Background, Collector
from ..support.internals import end_fetch_threads
from ..support.script import BEGINNING, Run


REFUSAL = "can't start new thread"


def refuse(patch: pytest.MonkeyPatch, name: str, times: int = 1000) -> list[int]:
    """Let threads of this name not start, so many times; gives what is left of it."""
    start, left = threading.Thread.start, [1] * times

    def start_others(thread: threading.Thread) -> None:
        if left and thread.name.startswith(name):
            left.pop()
            raise RuntimeError(REFUSAL)
        start(thread)

    patch.setattr(threading.Thread, "start", start_others)
    return left


@pytest.mark.parametrize("name", ["taskrouter-events-", "taskrouter-socket-"])
def test_a_constructor_that_gets_no_thread_leaves_nothing_behind(
    emulator: Emulator,
    worker_token: MintToken,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    before = threading.active_count()
    with monkeypatch.context() as patch:
        refuse(patch, name)
        for _ in range(3):
            with pytest.raises(RuntimeError, match=REFUSAL):
                Worker(worker_token(), event_bridge_base_url=emulator.url)
    while threading.active_count() > before:
        for thread in threading.enumerate():
            if thread.name.startswith("taskrouter-"):
                thread.join(5)
    with Worker(worker_token(), event_bridge_base_url=emulator.url) as worker:
        worker.wait_until_ready(5)


def test_an_event_comes_without_what_no_thread_could_load(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    ready_worker: ReadyWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An `error` says why; the connection stays, and all is well when it has passed."""
    _, came = ready_worker()
    end_fetch_threads()
    with monkeypatch.context() as patch:
        refuse(patch, "taskrouter-fetch")
        sid = backend.create_task()
        assert "No thread could be started" in came.expect("error").message
        assert came.expect("reservation.created").task.sid == sid
    sid = backend.create_task()
    assert came.expect("reservation.created").task.assignment_status == "reserved"
    assert "disconnected" not in came.names()


def test_a_call_needs_no_thread_for_what_it_loads(
    backend: Backend,
    ready_worker: ReadyWorker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker, came = ready_worker()
    worker.set_skip_fetch_reservation()
    sids = {backend.create_task() for _ in range(3)}
    for _ in sids:
        came.expect("reservation.created")
    end_fetch_threads()
    refuse(monkeypatch, "taskrouter-fetch")
    found = worker.fetch_reservations()
    assert {each.task.sid for each in found} == sids
    assert {each.task.assignment_status for each in found} == {"reserved"}
    assert not any("could not be loaded" in each for each in caplog.messages)


def test_ready_is_tried_again_until_there_is_a_thread(
    emulator: Emulator,
    worker_token: MintToken,
    monkeypatch: pytest.MonkeyPatch,
    no_pauses: None,
) -> None:
    left = refuse(monkeypatch, "taskrouter-fetch", times=5)
    with Worker(worker_token(), event_bridge_base_url=emulator.url) as worker:
        worker.wait_until_ready(5)
    assert left == []


def test_the_first_client_of_a_program_may_be_opened_after_the_main_thread(
    run: Run,
) -> None:
    script = run(
        """
import os, threading
from taskrouter_sync import Worker

def late():
    threading.main_thread().join()
    with Worker(os.environ["TOKEN"], False) as worker:
        worker.wait_until_ready(5)
        print(worker.fetch().friendly_name, flush=True)

threading.Thread(target=late).start()
""",
        beginning="",
    )
    assert script.ends() == (0, "Alice\n", "")


@pytest.mark.parametrize("first", ["", "open_one().close()"])
def test_a_client_that_a_late_thread_leaves_open_is_closed(
    run: Run, emulator: Emulator, alice: str, first: str
) -> None:
    """Also if the main thread had clients, whose end was its own."""
    script = run(
        f"""
import os, threading
from taskrouter_sync import Worker

def open_one():
    return Worker(os.environ["TOKEN"], False)

def late():
    threading.main_thread().join()
    worker = open_one()
    worker.on("disconnected", lambda: print("disconnected", flush=True))
    worker.wait_until_ready(5)
    print("ready", flush=True)

{first}
threading.Thread(target=late).start()
""",
        beginning="",
    )
    assert script.ends() == (0, "ready\ndisconnected\n", "")


@pytest.mark.parametrize("last", ["", "sys.exit(3)"])
def test_a_script_that_has_ended_says_what_it_waits_for(
    run: Run, emulator: Emulator, alice: str, last: str
) -> None:
    script = run(
        f"""
worker.on("end", worker.close)
worker.wait_until_ready(5)
print("last line", flush=True)
{last}
""",
        BEGINNING.replace("False)", "True)"),
    )
    assert script.line() == "last line"
    err = script.process.stderr
    assert err is not None
    lines = iter(err.readline, "")
    line = next(each for each in lines if "The script has ended" in each)
    assert "while these clients are open: <Worker" in line and "daemon=True" in line
    emulator.send_frame(alice, {"event_type": "end", "payload": {}})
    assert script.process.wait(10) == (3 if last else 0)


def test_forty_busy_threads_make_no_warning(
    ready_worker: ReadyWorker, caplog: pytest.LogCaptureFixture
) -> None:
    worker, _ = ready_worker()
    calls = [Background(worker.fetch_reservations) for _ in range(40)]
    assert [each.result(20).data for each in calls] == [[]] * 40
    assert [each for each in caplog.records if each.levelname == "WARNING"] == []


def test_an_event_callback_can_t_wait_for_ever(
    emulator: Emulator, alice: str, ready_worker: ReadyWorker
) -> None:
    worker, _ = ready_worker()
    another, _ = ready_worker()
    found = Collector()

    def wait() -> None:
        for each in (worker, another):
            with pytest.raises(RuntimeError, match="run forever"):
                each.run_forever()
        found.add("refused")

    worker.on("mark", wait)
    emulator.send_frame(alice, {"event_type": "mark", "payload": {}})
    found.expect("refused")


def test_versions_that_can_t_start_threads_late_are_excluded() -> None:
    """In 3.12.0 to 3.12.2 no thread starts any more once the main thread has ended."""
    assert sys.version_info[:3] not in [(3, 12, 0), (3, 12, 1), (3, 12, 2)]
    with open("setup.cfg") as setup:
        assert "python_requires = >=3.10,!=3.12.0,!=3.12.1,!=3.12.2" in setup.read()
    with open("README.rst") as readme:
        assert "Python 3.10 or later, but not 3.12.0 to 3.12.2" in readme.read()
