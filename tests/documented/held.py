"""What the emulator holds, for tests that look at what a call has done there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine, model
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.setup import ReadyWorkspace


@dataclass(frozen=True)
class Held:
    """What the emulator holds at this moment, and what it was sent."""

    emulator: Emulator
    sids: ReadyWorkspace

    def workspace(self) -> model.Workspace:
        return self.emulator.call(
            lambda engine: engine.workspaces.find(self.sids.sid).snapshot()
        )

    def worker(self, sid: str) -> model.Worker:
        found: model.Worker = self.all("workers")[sid]
        return found

    def task(self, sid: str) -> model.Task:
        found: model.Task = self.all("tasks")[sid]
        return found

    def task_queue(self, sid: str) -> model.TaskQueue:
        found: model.TaskQueue = self.all("task_queues")[sid]
        return found

    def reservation(self, sid: str) -> model.Reservation:
        """A reservation by its sid, WR…."""

        def find(engine: Engine) -> model.Reservation:
            tasks = engine.workspaces.find(self.sids.sid).tasks.values()
            found = next(t.reservations[sid] for t in tasks if sid in t.reservations)
            return found.snapshot()

        return self.emulator.call(find)

    def all(self, kind: str) -> dict[str, Any]:
        """The snapshots of one kind by sid: ``task_queues``, ``workers`` …"""
        return self.emulator.call(
            lambda engine: {
                sid: each.snapshot()
                for sid, each in getattr(
                    engine.workspaces.find(self.sids.sid), kind
                ).items()
            }
        )

    def sent(self, method: str = "POST") -> list[tuple[str, Mapping[str, object]]]:
        """The path below the workspace and the parameters of each such request."""
        below = f"/Workspaces/{self.sids.sid}"
        return [
            (each.url.partition(below)[2], each.params)
            for each in self.emulator.requests
            if each.kind == "bridge" and each.method == method
        ]

    def instruction(self) -> Mapping[str, object]:
        """The parameters of the one instruction that was sent."""
        ((path, params),) = self.sent()
        assert "/Reservations/WR" in path
        return params

    def call(self) -> PhoneCall:
        """The one phone call that was made."""
        (call,) = self.emulator.calls
        return call

    # What somebody else does meanwhile.

    def change_worker(self, sid: str, **values: Any) -> None:
        def change(engine: Engine) -> None:
            worker = engine.workspaces.find(self.sids.sid).workers[sid]
            engine.workers.update(worker, **values)

        self.emulator.call(change)

    def change_task_queue(self, sid: str, **values: Any) -> None:
        def change(engine: Engine) -> None:
            task_queue = engine.workspaces.find(self.sids.sid).task_queues[sid]
            engine.task_queues.update(task_queue, **values)

        self.emulator.call(change)

    def change_workspace(self, **values: Any) -> None:
        self.emulator.call(
            lambda engine: engine.workspaces.update(
                engine.workspaces.find(self.sids.sid), **values
            )
        )

    def cancel(self, task_sid: str) -> None:
        """Cancel a task, so that its worker is free again."""

        def cancel(engine: Engine) -> None:
            task = engine.workspaces.find(self.sids.sid).tasks[task_sid]
            engine.tasks.update(task, assignment_status="canceled")

        self.emulator.call(cancel)
