"""Ctrl-C where it ends no wait of the main thread.

As on Windows, and elsewhere when it comes just before the wait.
"""

from __future__ import annotations

import signal

import pytest

from taskrouter_sync.emulator import Emulator

from ..conftest import MintToken
from ..support.script import BEGINNING, WATCHED, Run


pytestmark = pytest.mark.skipif(
    not hasattr(signal, "pthread_sigmask"), reason="needs masks of signals"
)

# Another thread gets the signal; its handler runs when the main thread's wait is over.
ELSEWHERE = """
import logging.handlers, os, pathlib, shlex, signal, sys, threading
from taskrouter_sync.emulator import Emulator, ServiceError, plan
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
import taskrouter_sync.emulator.__main__
"""


@pytest.mark.parametrize(
    ("last_line", "function"),
    [("", "_at_end"), ("worker.run_forever()", "run_forever")],
    ids=["last line", "run_forever"],
)
def test_it_ends_a_script(run: Run, last_line: str, function: str) -> None:
    script = run(
        f"""
worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.wait_until_ready(5)
{WATCHED % function}
{last_line}
""",
        ELSEWHERE + BEGINNING,
    )
    assert script.line() == "waits"
    script.interrupt()
    assert script.ends() == (130, "disconnected\n", "")


INTERRUPTED = """
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
worker.close()
"""


def test_it_ends_the_wait_for_ready(run: Run, emulator: Emulator) -> None:
    emulator.faults.delay(60, method="GET")
    script = run(
        WATCHED % "wait_until_ready"
        + INTERRUPTED.format(call="worker.wait_until_ready()"),
        ELSEWHERE + BEGINNING,
    )
    assert script.line() == "waits"
    script.interrupt()
    assert script.ends()[:2] == (0, "interrupted\n")


def test_it_ends_the_wait_for_a_token_that_another_thread_asks_for(
    run: Run, emulator: Emulator, worker_token: MintToken
) -> None:
    script = run(
        f"""
from concurrent.futures import Future
tokens = [os.environ["TOKEN"]]
asked, go_on = threading.Event(), threading.Event()

def provide():
    if tokens:
        return tokens.pop()
    asked.set()
    go_on.wait()
    return os.environ["TOKEN"]

worker = Worker(provide, False)
worker.wait_until_ready(5)
print("ready", flush=True)
sys.stdin.readline()
other = threading.Thread(target=worker.activities.fetch)
other.start()
asked.wait()
{WATCHED % "refresh_token"}
{INTERRUPTED.format(call="worker.activities.fetch()")}
go_on.set()
""",
        ELSEWHERE + "from taskrouter_sync import Worker\n",
    )
    assert script.line() == "ready"
    emulator.faults.answer(401, url="/Activities", times=2)
    script.tell("go on")
    assert script.line() == "waits"
    script.interrupt()
    assert script.ends()[:2] == (0, "interrupted\n")


COMMAND = """
os.environ["TASKROUTER_TOKEN"] = os.environ["TOKEN"]
from taskrouter_sync.cli.main import main
sys.exit(main([{arguments}]))
"""


@pytest.mark.parametrize("command", ["listen", "worker"])
def test_it_ends_a_command(
    run: Run, emulator: Emulator, alice: str, command: str
) -> None:
    script = run(COMMAND.format(arguments=repr(command)), ELSEWHERE)
    emulator.wait_for_connections(alice, 1, 10)
    emulator.create_task()
    assert script.line()
    script.interrupt()
    # Before the end of its input, which would end it too.
    assert script.process.wait(10) == 130
    assert script.ends()[2] == ""


@pytest.mark.parametrize(
    "program",
    [
        COMMAND.format(arguments="'emulator', '--port', '0'"),
        "sys.exit(taskrouter_sync.emulator.__main__.main(['--port', '0']))",
    ],
    ids=["command", "module"],
)
def test_it_ends_the_emulator(run: Run, program: str) -> None:
    script = run(program, ELSEWHERE)
    assert script.line()
    script.interrupt()
    assert script.ends()[0] == 130
