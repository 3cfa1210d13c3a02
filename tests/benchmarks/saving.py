"""What it costs to keep the emulator's state in a file.

``python -m tests.benchmarks.saving``: tasks that are created, accepted and completed,
without a file and with one; then how long a change takes, and a start, when there is
much in the file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.model import Workspace


CLIENTS = 8


def furnish(emulator: Emulator, workers: int) -> str:
    """Set up a workspace with available workers."""
    return emulator.workspace(
        workers={f"w{number}": {} for number in range(workers)},
        worker_activity="Available",
    ).sid


def over_http(emulator: Emulator, clients: int, seconds: float) -> float:
    """Create and delete tasks over REST; give requests per second."""
    url = f"{emulator.api_base_url}/Workspaces/{furnish(emulator, 50)}/Tasks"
    end = time.perf_counter() + seconds

    def work(_: int) -> int:
        done = 0
        with requests.Session() as session:
            session.trust_env = False
            session.auth = (emulator.account_sid, emulator.auth_token)
            while time.perf_counter() < end:
                sid = session.post(url, timeout=10).json()["sid"]
                session.delete(f"{url}/{sid}", timeout=10)
                done += 2
        return done

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(work, range(clients))) / seconds


def one_by_one(emulator: Emulator, count: int) -> float:
    """Create, accept and complete tasks, each by a call of its own; ms for one."""

    def create(engine: Engine) -> None:
        (workspace, *_) = engine.workspaces.values()
        engine.tasks.create(workspace)

    def accept(engine: Engine) -> None:
        (workspace, *_) = engine.workspaces.values()
        task = list(workspace.tasks.values())[-1]
        (reservation,) = (each for each in task.reservations.values() if each.live)
        engine.reservations.update(reservation, "accepted")
        engine.reservations.update(reservation, "completed")

    begun = time.perf_counter()
    for _ in range(count):
        emulator.call(create)
        emulator.call(accept)
    return (time.perf_counter() - begun) / count * 1000


def fill(emulator: Emulator, tasks: int) -> None:
    """Let very many tasks wait, a thousand in a turn."""

    def create(engine: Engine) -> None:
        workspace = _waiting_room(engine)
        for _ in range(1000):
            engine.tasks.create(workspace, attributes='{"text": "' + "x" * 200 + '"}')

    for _ in range(tasks // 1000):
        emulator.call(create)


def _waiting_room(engine: Engine) -> Workspace:
    for workspace in engine.workspaces.values():
        if workspace.friendly_name == "Waiting room":
            return workspace
    workspace = engine.workspaces.create("Waiting room", template="FIFO")
    return workspace


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.saving")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--tasks", type=int, default=5_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        for name, path in (("no file", None), ("a file", Path(directory) / "http")):
            for clients in (1, CLIENTS):
                with Emulator(state=path) as emulator:
                    rate = over_http(emulator, clients, options.seconds)
                print(f"{name}, {clients} clients: {rate:.0f} requests/s over HTTP")
        path = Path(directory) / "large"
        with Emulator() as emulator:
            furnish(emulator, 5)
            print(f"no file: {one_by_one(emulator, 300):.2f} ms for a task's life")
        with Emulator(state=path) as emulator:
            furnish(emulator, 5)
            print(f"empty file: {one_by_one(emulator, 300):.2f} ms for a task's life")
            fill(emulator, options.tasks)
            print(f"{options.tasks} tasks: {one_by_one(emulator, 300):.2f} ms")
        size = path.stat().st_size / 1e6
        begun = time.perf_counter()
        with Emulator(state=path):
            took = time.perf_counter() - begun
        print(f"to start with {options.tasks} tasks ({size:.0f} MB): {took:.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
