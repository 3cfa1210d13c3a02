"""``python -m taskrouter_sync.emulator --state FILE``."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator

from .program import Program, program
from .test_program import complaint


def tasks(run: Program) -> int:
    answer = requests.get(f"{run.workspace_url}/Tasks", auth=run.credentials, timeout=5)
    return len(answer.json()["tasks"])


def test_the_program_goes_on_where_it_was(tmp_path: Path) -> None:
    keep = ("--state", str(tmp_path / "state"), "--print-tokens")
    with program(*keep) as first:
        answer = requests.post(
            f"{first.workspace_url}/Tasks", auth=first.credentials, timeout=5
        )
        assert answer.status_code == 201
    with program(*keep) as second:
        kept = (
            "TASKROUTER_WORKSPACE_SID",
            "TASKROUTER_WORKER_SID",
            "TWILIO_ACCOUNT_SID",
            "TWILIO_AUTH_TOKEN",
        )
        for name in kept:
            assert second.exported[name] == first.exported[name]
        assert tasks(second) == 1


def test_a_file_of_no_use_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "diary"
    path.write_text("Dear diary, today was a day like any other.", "utf-8")
    said = complaint("--state", str(path))
    assert said == f"{path}: not a state file of the emulator\n"


def test_a_file_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with Emulator(state=path):
        said = complaint("--state", str(path))
    assert said == f"{path}: in use by another process\n"


# Killed in the middle of its work.
#
# Two clients create tasks over REST; a worker accepts and completes them over the event
# bridge. After each kill -9 the program is started again, and has to know all that it
# had answered.

# How far a reservation has come.
PROGRESS = ("pending", "accepted", "completed")
CREATORS = 2


@dataclass
class Answered:
    """What the program has answered so far."""

    # Attributes by task sid, progress by reservation sid (with its task).
    tasks: dict[str, str] = field(default_factory=dict)
    reservations: dict[str, tuple[str, int]] = field(default_factory=dict)


class Clients:
    """Those who work with one run of the program until it is killed."""

    def __init__(self, run: Program, answered: Answered) -> None:
        self._run = run
        self._answered = answered
        # Guards `answered`.
        self._lock = threading.Lock()
        self.progressed = threading.Event()

    def work(self, until: Callable[[], None]) -> None:
        """Work until the program is gone, which `until` sees to."""
        with ThreadPoolExecutor(CREATORS + 1) as pool:
            jobs = [
                pool.submit(self._until_gone, self._create, number)
                for number in range(CREATORS)
            ]
            jobs.append(pool.submit(self._until_gone, self._serve, 0))
            until()
            self._run.process.kill()
            for job in jobs:
                job.result()

    def _until_gone(
        self, job: Callable[[requests.Session, int], None], number: int
    ) -> None:
        with requests.Session() as session:
            session.trust_env = False
            try:
                while True:
                    job(session, number)
                    self.progressed.set()
            except requests.ConnectionError:
                return

    def _create(self, session: requests.Session, number: int) -> None:
        attributes = json.dumps({"client": number, "nonce": random.random()})
        answer = session.post(
            f"{self._run.workspace_url}/Tasks",
            data={"Attributes": attributes},
            auth=self._run.credentials,
            timeout=10,
        )
        assert answer.status_code == 201, answer.text
        with self._lock:
            self._answered.tasks[answer.json()["sid"]] = attributes

    def _serve(self, session: requests.Session, number: int) -> None:
        worker = f"Workers/{self._run.exported['TASKROUTER_WORKER_SID']}"
        found = self._run.ask("GET", f"{worker}/Reservations", session)["reservations"]
        for reservation in found:
            status = reservation["reservation_status"]
            if status in PROGRESS[:-1]:
                sid, task_sid = reservation["sid"], reservation["task_sid"]
                following = PROGRESS.index(status) + 1
                for step in range(following, len(PROGRESS)):
                    path = f"{worker}/Reservations/{sid}"
                    change = {"ReservationStatus": PROGRESS[step]}
                    self._run.ask("POST", path, session, **change)
                    with self._lock:
                        self._answered.reservations[sid] = task_sid, step


def check(run: Program, answered: Answered) -> None:
    """See that a run knows all that was answered."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = run.credentials
        tasks = {each["sid"]: each for each in _all(session, run, "Tasks", "tasks")}
        for sid, attributes in answered.tasks.items():
            assert tasks[sid]["attributes"] == attributes, sid
        worker = f"Workers/{run.exported['TASKROUTER_WORKER_SID']}/Reservations"
        reservations = {
            each["sid"]: each for each in _all(session, run, worker, "reservations")
        }
        told = {
            (each["resource_sid"], each["event_type"])
            for each in _all(session, run, "Events", "events")
        }
    for sid, (task_sid, progress) in answered.reservations.items():
        status = reservations[sid]["reservation_status"]
        assert PROGRESS.index(status) >= progress, (sid, status)
        assert reservations[sid]["task_sid"] == task_sid
        assert (sid, f"reservation.{PROGRESS[progress]}") in told, sid


def _all(session: requests.Session, run: Program, path: str, key: str) -> list[Any]:
    found: list[Any] = []
    url: str | None = f"{run.workspace_url}/{path}?PageSize=1000"
    while url:
        page = session.get(url, timeout=10).json()
        found += page[key]
        url = page["meta"]["next_page_url"]
    return found


def rounds(count: int, state: Path, chance: random.Random) -> Answered:
    """Start, work, kill and look, so many times; give all that was answered.

    Tasks that are over are forgotten after five minutes; what was answered is looked
    at for so long.
    """
    answered = Answered()
    keep = ("--state", str(state), "--print-tokens")
    with program(*keep) as run:
        keep = (*keep, "--port", str(run.port))
    never = threading.Event()
    for _ in range(count):
        with program(*keep) as run:
            check(run, answered)
            clients = Clients(run, answered)

            def until(clients: Clients = clients) -> None:
                assert clients.progressed.wait(10)
                never.wait(chance.uniform(0, 0.4))

            clients.work(until)
    with program(*keep) as run:
        check(run, answered)
    return answered


# Five starts of the program; a busy machine takes its time for each.
@pytest.mark.timeout(90)
def test_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    answered = rounds(3, tmp_path / "state", random.Random())
    assert answered.tasks
    assert answered.reservations
