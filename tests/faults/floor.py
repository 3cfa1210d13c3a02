"""What happens at the service meanwhile: tasks come, are withdrawn, are done."""

from __future__ import annotations

import random
import threading

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.model import Task

from .ledger import Entry
from .people import EVENTS


class Floor:
    """Tasks of one workspace, by the throw of a seeded die."""

    # How many tasks may be under way.
    MOST = 60

    def __init__(self, emulator: Emulator, workspace_sid: str, seed: int) -> None:
        self._emulator = emulator
        self._workspace_sid = workspace_sid
        self._chance = random.Random(seed)
        self.tasks = 0

    def run(self, stop: threading.Event, interval: float) -> None:
        """Let things happen, one each `interval` seconds, until it is time to stop."""
        while not stop.wait(interval):
            self._emulator.call(self._one)

    def finish(self) -> None:
        """Withdraw all that is still under way: nothing more will happen."""

        def withdraw(engine: Engine) -> None:
            for task in self._under_way(engine):
                self._end(engine, task)

        self._emulator.call(withdraw)

    def log(self) -> list[Entry]:
        """Give the reservation events of the service's own log."""
        return [
            Entry(event.reservation.worker_sid, event.event_type, event.reservation.sid)
            for event in self._emulator.events
            if event.event_type in EVENTS and event.reservation is not None
        ]

    def _one(self, engine: Engine) -> None:
        under_way = self._under_way(engine)
        if len(under_way) < self.MOST and self._chance.random() < 0.75:
            self._emulator.create_task(self._workspace_sid)
            self.tasks += 1
        elif under_way:
            self._end(engine, self._chance.choice(under_way))

    def _under_way(self, engine: Engine) -> list[Task]:
        tasks = engine.workspaces[self._workspace_sid].tasks
        return [task for task in tasks.values() if not task.finished]

    def _end(self, engine: Engine, task: Task) -> None:
        done = task.assignment_status in ("assigned", "wrapping")
        engine.tasks.update(
            task, assignment_status="completed" if done else "canceled", reason="soak"
        )
