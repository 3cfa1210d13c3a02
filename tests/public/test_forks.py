"""Forks: a child process has none of its parent's threads, and must not need them."""

from __future__ import annotations

import os

import pytest

from taskrouter_sync.emulator import Emulator

from ..support.internals import locks_of
from ..support.script import Run


pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")


def test_a_child_process_is_not_kept_alive_by_its_parent_s_client(run: Run) -> None:
    script = run(
        """
import multiprocessing
worker.wait_until_ready(5)
child = multiprocessing.get_context("fork").Process(target=print, args=("child",))
child.start()
child.join(2)
print(child.exitcode, flush=True)
child.kill()
worker.close()
"""
    )
    status, out, _ = script.ends()
    assert (status, out) == (0, "child\n0\n")


def test_a_new_client_works_in_a_child_process(run: Run) -> None:
    script = run(
        """
worker.wait_until_ready(5)
threading.Event().wait(0.3)  # by now the parent's fetch threads wait for work
child = os.fork()
if child == 0:
    with Worker(os.environ["TOKEN"], False, daemon=True) as mine:
        mine.wait_until_ready(3)
        print("ready", flush=True)
    os._exit(0)
os.waitpid(child, 0)
worker.close()
"""
    )
    assert script.ends()[:2] == (0, "ready\n")


_ATTEMPTS = [
    "worker.fetch()",
    "worker.update('Attributes', {})",
    "worker.wait_until_ready(5)",
    "worker.fetch_reservations()",
    "worker.activities.fetch()",
    "worker.fetch(lambda error, result: print('ClientClosed', error, flush=True))",
]


def test_a_parent_s_client_says_so_in_a_child_process(run: Run) -> None:
    attempts = "".join(
        f"""
    try:
        {attempt}
    except Exception as error:
        print(type(error).__name__, error, flush=True)"""
        for attempt in _ATTEMPTS
    )
    script = run(
        f"""
worker.wait_until_ready(5)
child = os.fork()
if child == 0:{attempts}
    os._exit(0)
os.waitpid(child, 0)
worker.close()
"""
    )
    line = "The client was opened before this process was forked: open a new one here"
    told = f"ClientClosed {line}\n" * len(_ATTEMPTS)
    assert script.ends()[:2] == (0, told)


def test_a_child_that_closes_its_parent_s_client_leaves_the_parent_s_line(
    run: Run, emulator: Emulator
) -> None:
    script = run(
        """
worker.on("reservation.created", lambda reservation: worker.close())
worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.wait_until_ready(5)
child = os.fork()
if child == 0:
    worker.disconnect()
    worker.close()
    sys.exit(0)
print(os.waitpid(child, 0)[1], flush=True)
"""
    )
    assert script.line() == "0"
    emulator.create_task()
    assert script.ends()[:2] == (0, "disconnected\n")


def test_a_child_is_born_in_an_event_callback(run: Run, emulator: Emulator) -> None:
    script = run(
        """
@worker.on("reservation.created")
def created(reservation):
    child = os.fork()
    if child == 0:
        print("child", flush=True)
        return
    os.waitpid(child, 0)
    print("parent", flush=True)
    worker.close()
worker.wait_until_ready(5)
print("ready", flush=True)
"""
    )
    assert script.line() == "ready"
    emulator.create_task()
    assert script.ends()[:2] == (0, "child\nparent\n")


def test_a_lock_that_a_thread_held_at_the_fork_hinders_nobody(run: Run) -> None:
    script = run(
        """
worker.wait_until_ready(5)
locks = [LOCKS]
held, done = threading.Event(), threading.Event()
def hold():
    for lock in locks:
        lock.acquire()
    held.set()
    done.wait()
    for lock in locks:
        lock.release()
holder = threading.Thread(target=hold)
holder.start()
held.wait()
child = os.fork()
if child == 0:
    worker.on("ready", print)
    worker.close()
    print("closed", flush=True)
    sys.exit(0)
print(os.waitpid(child, 0)[1], flush=True)
done.set()
worker.close()
""".replace("LOCKS", locks_of("worker"))
    )
    assert script.ends()[:2] == (0, "closed\n0\n")
