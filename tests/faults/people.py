"""Who uses the service while trouble goes on: agents who work, visitors who drop in."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from taskrouter_sync import TaskQueue, Worker
from taskrouter_sync.clients.base import Client
from taskrouter_sync.timing import Timing

from .ledger import Entry


EVENTS = tuple(
    f"reservation.{each}"
    for each in (
        "created",
        "accepted",
        "rejected",
        "timeout",
        "canceled",
        "rescinded",
        "completed",
        "wrapup",
    )
)

# Far shorter than in earnest, so that a minute sees much trouble.
TIMING = Timing(connect=0.3, response=0.4, heartbeat=0.8)

MintToken = Callable[[], str]


class Notes:
    """What all agents were told, in the order in which each was."""

    def __init__(self) -> None:
        # Guards _entries; settled waits on it.
        self._came = threading.Condition()
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        with self._came:
            self._entries.append(entry)
            self._came.notify_all()

    def entries(self) -> list[Entry]:
        with self._came:
            return list(self._entries)

    def wait_until(
        self, condition: Callable[[list[Entry]], bool], limit: float
    ) -> bool:
        """Wait until the entries are as wanted, for at most `limit` seconds."""
        with self._came:
            return self._came.wait_for(lambda: condition(self._entries), limit)


class Agent:
    """A worker who takes most of what is offered, by the throw of a seeded die."""

    def __init__(
        self, worker_sid: str, mint: MintToken, url: str, seed: int, notes: Notes
    ) -> None:
        self.worker_sid = worker_sid
        self.mint = mint
        self._seed = seed
        self._notes = notes
        self.failed_actions = 0
        self.client = Worker(
            mint,
            debug=False,
            max_retries=1,
            event_bridge_base_url=url,
            daemon=True,
            _timing=TIMING,
        )
        for event in EVENTS:
            self.client.on(event, self._listener(event))
        self.client.on("error", lambda error: None)

    def _listener(self, event: str) -> Callable[[Any], None]:
        def listener(reservation: Any) -> None:
            sid = reservation.sid
            self._notes.add(Entry(self.worker_sid, event, sid))
            die = random.Random(f"{self._seed} {sid}").random()
            if event == "reservation.created" and die < 0.55:
                reservation.accept(self._result)
            elif event == "reservation.created" and die < 0.7:
                reservation.reject(self._result)
            elif event == "reservation.accepted" and die < 0.45:
                reservation.task.complete(self._result)

        return listener

    def _result(self, error: Any, result: Any) -> None:
        # The service refused or could not be reached: the reservation stays as it is,
        # and times out.
        self.failed_actions += error is not None


class Visitors:
    """Open clients and close them again, at whatever they are just then."""

    def __init__(
        self, worker: MintToken, queue: MintToken, url: str, seed: int
    ) -> None:
        self._tokens: tuple[tuple[type[Client], MintToken], ...] = (
            (Worker, worker),
            (TaskQueue, queue),
        )
        self._url = url
        self._chance = random.Random(seed)
        self.visits = 0
        self.slowest_close = 0.0

    def run(self, stop: threading.Event) -> None:
        """Come and go until it is time to stop."""
        while not stop.is_set():
            kind, mint = self._chance.choice(self._tokens)
            client: Any = kind(  # type: ignore[call-arg]  # those who visit take these
                mint,
                debug=False,
                event_bridge_base_url=self._url,
                daemon=True,
                _timing=TIMING,
            )
            client.on("error", lambda error: None)
            stop.wait(self._chance.choice((0.0, 0.01, 0.1, 0.4)))
            started = time.monotonic()
            client.close()
            self.slowest_close = max(self.slowest_close, time.monotonic() - started)
            self.visits += 1
