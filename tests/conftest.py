"""An emulator per test, tokens and clients for it, and a look for leaks."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator

from .support import leaks
from .support.backend import Backend, ReadyWorkspace
from .support.center import Center
from .support.collector import Collector
from .support.internals import set_pauses
from .support.outcome import Outcome
from .support.script import Run, scripts


OpenWorker = Callable[..., Worker]
MintToken = Callable[..., str]
ReadyWorker = Callable[..., tuple[Worker, Collector]]
SetProxy = Callable[[str], None]


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell does for what it runs in the background; programs that tests start, and
    # end by Ctrl-C, would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for sockets much of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves a client's thread or an open socket behind."""
    threads, sockets = leaks.threads(), leaks.sockets()
    yield
    left = leaks.left_threads(threads)
    assert not left, f"threads were left behind: {left}"
    unclosed = leaks.left_sockets(sockets)
    assert not unclosed, f"sockets were left open: {unclosed}"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever way this machine has to the world, the tests' servers are here."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def set_proxy(monkeypatch: pytest.MonkeyPatch) -> SetProxy:
    """Let the environment name a proxy, for all hosts."""

    def set_one(url: str) -> None:
        monkeypatch.setenv("HTTP_PROXY", url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)

    return set_one


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator."""
    with Emulator() as running:
        yield running


@pytest.fixture
def workspace(emulator: Emulator) -> ReadyWorkspace:
    """The emulator's workspace: Alice is available, with much capacity."""
    made = emulator.workspace(worker_activity="Available")
    Backend(emulator, made).make_room(100)
    return made


@pytest.fixture
def backend(emulator: Emulator, workspace: ReadyWorkspace) -> Backend:
    """Changes what the workspace holds."""
    return Backend(emulator, workspace)


@pytest.fixture
def center(
    emulator: Emulator, workspace: ReadyWorkspace, backend: Backend
) -> Iterator[Center]:
    """Clients of all kinds, which may do everything; they are closed at the end."""
    with ExitStack() as stack:
        yield Center(emulator, workspace, backend, stack)


@pytest.fixture
def outcome() -> Outcome:
    """A result callback, and what it got."""
    return Outcome()


@pytest.fixture
def alice(workspace: ReadyWorkspace) -> str:
    """Alice's sid, WK…."""
    return workspace.workers["Alice"]


@pytest.fixture
def worker_token(
    emulator: Emulator, workspace: ReadyWorkspace, alice: str
) -> MintToken:
    """Mint a token for Alice, who may do what workers do."""

    def mint(**options: Any) -> str:
        allowed = {
            "allow_update_activities": True,
            "allow_update_reservations": True,
            "allow_fetch_subresources": True,
            **options,
        }
        token = WorkerCapabilityToken(
            emulator.account_sid, emulator.auth_token, workspace.sid, alice, **allowed
        )
        return token.to_jwt()

    return mint


@pytest.fixture
def open_worker(emulator: Emulator, worker_token: MintToken) -> Iterator[OpenWorker]:
    """Open clients for Alice; they are closed at the end."""
    with ExitStack() as stack:

        def open_one(token: Any = None, **options: Any) -> Worker:
            options.setdefault("event_bridge_base_url", emulator.event_bridge_url)
            worker = Worker(token or worker_token(), **options)
            stack.callback(worker.close)
            return worker

        yield open_one


@pytest.fixture
def ready_worker(
    emulator: Emulator, alice: str, open_worker: OpenWorker
) -> ReadyWorker:
    """Open clients for Alice, collect all events, and wait until they are ready.

    They know by then that nothing is pending.
    """

    def open_one(token: Any = None, **options: Any) -> tuple[Worker, Collector]:
        worker = open_worker(token, **options)
        came = Collector().listen(worker)
        came.expect("ready")
        settled = Collector().listen(worker, "settled")
        emulator.send_frame(alice, {"event_type": "settled", "payload": {}})
        settled.expect("settled")
        return worker, came

    return open_one


@pytest.fixture
def hurried_switching() -> Iterator[None]:
    """Let the interpreter change threads at every opportunity."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients do not wait before a further attempt."""
    set_pauses(monkeypatch, 0.0)


@pytest.fixture
def long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients wait half a minute before any further attempt."""
    set_pauses(monkeypatch, 30.0)


@pytest.fixture
def run(emulator: Emulator, worker_token: MintToken) -> Iterator[Run]:
    """Run scripts that begin with an open client of Alice."""
    with scripts(emulator.event_bridge_url, worker_token) as run_one:
        yield run_one
