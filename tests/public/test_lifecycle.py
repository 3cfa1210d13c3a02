"""A script's life: it lasts while a client is open, and ends as it should."""

from __future__ import annotations

import signal
import time

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.script import BEGINNING, WATCHED, Run


def test_a_script_lasts_beyond_its_last_line_until_its_client_is_closed(
    run: Run, emulator: Emulator
) -> None:
    script = run(
        """
@worker.on("reservation.created")
def created(reservation):
    print("came", flush=True)
    worker.close()
worker.wait_until_ready(5)
print("last line", flush=True)
"""
    )
    assert script.line() == "last line"
    emulator.create_task()
    assert script.ends() == (0, "came\n", "")


def test_a_script_with_two_clients_lasts_until_both_are_closed(
    run: Run, emulator: Emulator, alice: str
) -> None:
    script = run(
        """
other = Worker(os.environ["TOKEN"], False)
worker.on("one", lambda: (worker.close(), print("one", flush=True)))
other.on("two", lambda: (print("two", flush=True), other.close()))
worker.wait_until_ready(5)
other.wait_until_ready(5)
print("last line", flush=True)
"""
    )
    assert script.line() == "last line"
    emulator.send_frame(alice, {"event_type": "one", "payload": {}})
    assert script.line() == "one"
    emulator.send_frame(alice, {"event_type": "two", "payload": {}})
    status, out, errors = script.ends()
    assert (status, out) == (0, "two\n")
    # One line names both, with where each was opened, and how to close them.
    [line] = errors.splitlines()
    assert line.count("<Worker WK") == line.count("(opened at <string>:") == 2
    assert "taskrouter_sync.close_all()" in line


def test_a_daemon_s_script_ends_with_its_last_line(
    run: Run, emulator: Emulator, alice: str
) -> None:
    script = run(
        "worker.wait_until_ready(5)\nprint('last line')",
        BEGINNING.replace("False)", "False, daemon=True)"),
    )
    assert script.ends() == (0, "last line\n", "")
    emulator.wait_for_connections(alice, 0)


def test_an_uncaught_exception_ends_the_script(run: Run) -> None:
    script = run("worker.wait_until_ready(5)\nraise ValueError('a mistake')")
    status, _, errors = script.ends()
    assert status == 1
    assert errors.rstrip().endswith("ValueError: a mistake")


def test_a_client_is_closed_when_its_script_ends(run: Run) -> None:
    script = run(
        """
worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.wait_until_ready(5)
raise ValueError
"""
    )
    assert script.ends()[:2] == (1, "disconnected\n")


@pytest.mark.parametrize(
    ("last_line", "function"),
    [("", "_at_end"), ("worker.run_forever()", "run_forever")],
    ids=["last line", "run_forever"],
)
def test_ctrl_c_ends_the_script_quickly_and_quietly(
    run: Run,
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    last_line: str,
    function: str,
) -> None:
    offline = workspace.activities["Offline"]
    script = run(
        f"worker.wait_until_ready(5)\n{WATCHED % function}\n{last_line}",
        BEGINNING.replace("False)", f"False, disconnect_activity_sid='{offline}')"),
    )
    # The last line is not the end: the interpreter goes on to wait for the client.
    assert script.line() == "waits"
    emulator.wait_for_connections(alice, 1)
    started = time.monotonic()
    script.interrupt()
    assert script.ends() == (130, "", "")
    assert time.monotonic() - started < 1.5
    emulator.wait_for_connections(alice, 0)
    assert _activity(emulator, workspace, alice) == offline
    # By the client itself, not only by the service when the line was gone.
    (request,) = emulator.wait_for_requests(method="POST", url=f"/Workers/{alice}")
    assert request.params == {"ActivitySid": offline}


def _activity(emulator: Emulator, workspace: ReadyWorkspace, worker: str) -> str:
    return emulator.call(
        lambda engine: engine.workspaces[workspace.sid].workers[worker].activity_sid
    )


def test_ctrl_c_in_an_interactive_session_ends_the_wait_alone(run: Run) -> None:
    """As in a notebook, where a cell is interrupted and the next one goes on."""
    script = run(
        WATCHED % "run_forever"
        + """
sys.ps1 = ">>> "
worker.wait_until_ready(5)
try:
    worker.run_forever()
except KeyboardInterrupt:
    print(worker.fetch().friendly_name)
"""
    )
    assert script.line() == "waits"
    script.interrupt()
    assert script.ends() == (0, "Alice\n", "")


def test_close_in_the_handler_of_sigterm_works(run: Run) -> None:
    script = run(
        """
import signal
signal.signal(signal.SIGTERM, lambda *_: worker.close())
worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.wait_until_ready(5)
print("ready", flush=True)
"""
    )
    assert script.line() == "ready"
    script.process.send_signal(signal.SIGTERM)
    assert script.ends() == (0, "disconnected\n", "")


def test_an_exception_that_interrupts_close_does_not_keep_the_script_alive(
    run: Run,
) -> None:
    script = run(
        """
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))

@worker.on("disconnected")  # close waits for it
def disconnected():
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()

worker.wait_until_ready(5)
worker.close()
"""
    )
    assert script.ends() == (3, "", "")


@pytest.mark.parametrize(
    ("status", "expected"), [("", (0, "")), ("3", (3, "")), ("'over'", (1, "over\n"))]
)
def test_a_handler_that_exits_at_the_last_line_says_the_status(
    run: Run, status: str, expected: tuple[int, str]
) -> None:
    script = run(
        f"""
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit({status}))
worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.wait_until_ready(5)
"""
        + WATCHED % "_at_end"
    )
    assert script.line() == "waits"
    script.process.send_signal(signal.SIGTERM)
    assert script.ends() == (expected[0], "disconnected\n", expected[1])


def test_ctrl_c_has_its_status_without_an_output(run: Run) -> None:
    script = run(
        """
worker.on("disconnected", lambda: setattr(sys, "stdout", None))
worker.wait_until_ready(5)
"""
        + WATCHED % "_at_end"
    )
    assert script.line() == "waits"
    script.interrupt()
    assert script.ends() == (130, "", "")


def test_run_forever_ends_with_the_client(run: Run) -> None:
    script = run(
        """
worker.on("ready", worker.close)
worker.run_forever()
print("after run_forever")
"""
    )
    assert script.ends() == (0, "after run_forever\n", "")


def test_a_callback_that_closes_the_client_is_run_to_its_end(run: Run) -> None:
    script = run(
        """
closed = threading.Event()

@worker.on("ready")
def ready():
    worker.close()
    closed.set()
    sys.stdin.readline()
    print("end of the callback", flush=True)

closed.wait(5)
"""
        + WATCHED % "_at_end"
    )
    assert script.line() == "waits"
    script.tell("go on")
    assert script.ends() == (0, "end of the callback\n", "")


def test_disconnected_is_told_when_a_callback_closes_the_client(run: Run) -> None:
    script = run(
        """
worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.on("ready", worker.close)
"""
    )
    assert script.ends() == (0, "disconnected\n", "")


def test_a_callback_may_start_threads_after_the_last_line(
    run: Run, emulator: Emulator, alice: str
) -> None:
    script = run(
        """
@worker.on("work")
def work():
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor() as pool:
        print(pool.submit(lambda: "done").result(), flush=True)
    worker.close()
worker.wait_until_ready(5)
"""
        + WATCHED % "_at_end"
    )
    assert script.line() == "waits"
    emulator.send_frame(alice, {"event_type": "work", "payload": {}})
    assert script.ends() == (0, "done\n", "")


def test_a_callback_that_exits_does_not_end_the_client(
    run: Run, emulator: Emulator, alice: str
) -> None:
    script = run(
        """
worker.on("exit", lambda: sys.exit(3))
worker.on("close", worker.close)
worker.wait_until_ready(5)
print("last line", flush=True)
"""
    )
    assert script.line() == "last line"
    for event in ("exit", "close"):
        emulator.send_frame(alice, {"event_type": event, "payload": {}})
    assert script.ends()[:2] == (0, "")
