"""Forks: a child process has none of its parent's threads, and must not need them."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from taskrouter_sync.emulator import Emulator

from ..conftest import MintToken
from ..support.front import secure
from ..support.internals import locks_of
from ..support.script import Run, scripts


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


@pytest.mark.parametrize("how", ["plain", "TLS"])
def test_a_child_does_not_keep_the_line_of_a_parent_that_is_killed(
    emulator: Emulator,
    alice: str,
    worker_token: MintToken,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """The service would go on offering tasks to nobody."""
    with ExitStack() as stack:
        url = emulator.event_bridge_url
        if how == "TLS":
            url, bundle = stack.enter_context(secure(url, tmp_path))
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        run = stack.enter_context(scripts(url, worker_token))
        script = run(
            """
worker.wait_until_ready(5)
child = os.fork()
if child == 0:
    print("child", flush=True)
    sys.stdin.readline()  # lasts as long as the test
    print("end", flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
        )
        assert script.line() == "child"
        emulator.wait_for_connections(alice, 1)
        script.process.kill()
        emulator.wait_for_connections(alice, 0)
        script.tell("go on")
        assert script.line() == "end"


_SOCKETS = """
import os, socket, stat, time
from contextlib import suppress
from taskrouter_sync import Worker

def internet_sockets():
    found = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # of the listing itself
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                with socket.socket(fileno=os.dup(int(name))) as each:
                    found += [name] if each.family == socket.AF_INET else []
    return found
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux drops what is too much")
def test_a_child_does_not_keep_what_its_parent_is_connecting(run: Run) -> None:
    script = run(
        """
# Its backlog is full: what comes is swallowed.
full = socket.socket()
full.bind(("127.0.0.2", 0))
full.listen(0)
filling = [socket.socket() for _ in range(3)]
for each in filling:
    each.setblocking(False)
    each.connect_ex(full.getsockname())
before = internet_sockets()
url = "http://127.0.0.2:%d" % full.getsockname()[1]
worker = Worker(os.environ["TOKEN"], False, event_bridge_base_url=url)
while internet_sockets() == before:
    time.sleep(0.01)  # nothing tells that it is connecting
print(len(internet_sockets()) - len(before), flush=True)
child = os.fork()
if child == 0:
    print(len(internet_sockets()) - len(before), flush=True)
    os._exit(0)
os.waitpid(child, 0)
worker.close()
""",
        _SOCKETS,
    )
    assert script.ends()[:2] == (0, "1\n0\n")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_child_does_not_keep_what_its_parent_s_proxy_has_not_answered(
    run: Run,
) -> None:
    script = run(
        """
proxy = socket.create_server(("127.0.0.1", 0))
os.environ["http_proxy"] = "http://127.0.0.1:%d" % proxy.getsockname()[1]
os.environ["no_proxy"] = ""
url = "http://service.example"
worker = Worker(os.environ["TOKEN"], False, event_bridge_base_url=url)
asking, _ = proxy.accept()
print(asking.recv(7).decode(), flush=True)
before = [proxy, asking]
child = os.fork()
if child == 0:
    print(len(internet_sockets()) - len(before), flush=True)
    os._exit(0)
os.waitpid(child, 0)
worker.close()
""",
        _SOCKETS,
    )
    assert [script.line(), script.line()] == ["CONNECT", "0"]
    assert script.ends()[:2] == (0, "")


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
