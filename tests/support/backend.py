"""What happens at the service without the client: tasks come, workers are changed."""

from __future__ import annotations

import json
from typing import Any

from taskrouter_sync.emulator import Emulator, ServiceError
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.setup import ReadyWorkspace


__all__ = ["Backend", "ReadyWorkspace", "ServiceError"]


class Backend:
    """Changes what the emulator holds; only this class knows the emulator's engine."""

    def __init__(self, emulator: Emulator, workspace: ReadyWorkspace) -> None:
        self._emulator = emulator
        self._workspace = workspace
        self._sid = workspace.sid

    def make_room(self, capacity: int) -> None:
        """Let every worker take so many tasks at once."""

        def change(engine: Any) -> None:
            for worker in engine.workspaces[self._sid].workers.values():
                for channel in worker.channels.values():
                    engine.workers.update_channel(channel, capacity=capacity)

        self._emulator.call(change)

    def create_task(self, **attributes: Any) -> str:
        """Create a task; gives its sid."""
        sid: str = self._emulator.create_task(self._sid, attributes=attributes)["sid"]
        return sid

    def update_task(self, sid: str, **values: Any) -> None:
        self._emulator.call(
            lambda engine: engine.tasks.update(self._space(engine).tasks[sid], **values)
        )

    def delete_task(self, sid: str) -> None:
        self._emulator.call(
            lambda engine: engine.tasks.delete(self._space(engine).tasks[sid])
        )

    def cancel(self, *sids: str) -> None:
        """Cancel these tasks; without any, all that are not finished."""
        for sid in sids or self.open_tasks():
            self.update_task(sid, assignment_status="canceled")

    def open_tasks(self) -> list[str]:
        """List the tasks that are not finished."""
        return self._emulator.call(
            lambda engine: [
                sid
                for sid, task in self._space(engine).tasks.items()
                if not task.finished
            ]
        )

    def update_reservation(self, sid: str, status: str) -> None:
        self._emulator.call(
            lambda engine: engine.reservations.update(
                self._reservations(engine)[sid], status
            )
        )

    def reservations(self, worker_sid: str) -> dict[str, Any]:
        """Copy a worker's reservations, by sid, the latest last."""
        return self._emulator.call(
            lambda engine: {
                sid: each.snapshot()
                for sid, each in self._reservations(engine).items()
                if each.worker_sid == worker_sid
            }
        )

    def listed(self, worker_sid: str) -> dict[str, Any]:
        """Give the list of a worker's reservations as the service would now."""
        path = f"/v1/Workspaces/{self._sid}/Workers/{worker_sid}/Reservations"
        # Over HTTP a scripted fault could meet it.
        answer = self._emulator._with_service(
            lambda service: service.api.perform(
                "GET", path, Parameters.from_json({"PageSize": 1000})
            )
        )
        found: dict[str, Any] = json.loads(json.dumps(answer.body))
        return found

    def update_workspace(self, **values: Any) -> None:
        self._emulator.call(
            lambda engine: engine.workspaces.update(self._space(engine), **values)
        )

    def update_workflow(self, **values: Any) -> None:
        """Change the only workflow."""

        def change(engine: Any) -> None:
            workflow = self._space(engine).workflows[self._workspace.workflow_sid]
            engine.workflows.update(workflow, **values)

        self._emulator.call(change)

    def worker(self, sid: str) -> Any:
        """Copy a worker as it is now."""
        return self._emulator.call(
            lambda engine: self._space(engine).workers[sid].snapshot()
        )

    def update_worker(self, sid: str, **values: Any) -> None:
        self._emulator.call(
            lambda engine: engine.workers.update(
                self._space(engine).workers[sid], **values
            )
        )

    def update_channel(self, worker_sid: str, name: str, **values: Any) -> None:
        def change(engine: Any) -> None:
            worker = self._space(engine).workers[worker_sid]
            channel = worker.channel(name)
            engine.workers.update_channel(channel, **values)

        self._emulator.call(change)

    def create_task_queue(self, name: str) -> str:
        """Create a queue that no workflow leads to; gives its sid."""
        return self._emulator.call(
            lambda engine: engine.task_queues.create(self._space(engine), name).sid
        )

    def workspaces(self) -> list[str]:
        """List the sids of all workspaces."""
        return self._emulator.call(lambda engine: list(engine.workspaces))

    def _space(self, engine: Any) -> Any:
        return engine.workspaces[self._sid]

    def _reservations(self, engine: Any) -> dict[str, Any]:
        return {
            sid: each
            for task in self._space(engine).tasks.values()
            for sid, each in task.reservations.items()
        }
