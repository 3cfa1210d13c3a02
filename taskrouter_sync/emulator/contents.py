"""What an emulator holds, set up from Python.

Owns: the part of ``Emulator`` that makes workspaces and tasks. Any thread may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskrouter_sync.emulator import setup
from taskrouter_sync.emulator.api.dispatch import Api
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.emulator.telephony import OnEngine


class Contents:
    """The workspaces of an emulator, and their tasks."""

    def __init__(self, on_engine: OnEngine, api: Callable[[], Api]) -> None:
        self._on_engine = on_engine
        self._api = api

    def workspace(
        self,
        name: str = "Emulated workspace",
        *,
        activities: Mapping[str, bool] = setup.ACTIVITIES,
        workers: Mapping[str, Mapping[str, Any]] | None = None,
        worker_activity: str | None = None,
        queues: Mapping[str, str] | None = None,
        workflow: Mapping[str, Any] | None = None,
        task_reservation_timeout: int = 120,
        multi_task_enabled: bool = True,
        timeout_activity: str = setup.OFFLINE,
    ) -> ReadyWorkspace:
        """Set up a workspace, and give the sids of what it contains.

        Args:
            name: its friendly name.
            activities: whether each is available, by name.
            workers: attributes by name; one without attributes, Alice, by default.
            worker_activity: the name of the workers' first activity; by default the
                workspace's default activity, Offline.
            queues: expressions by name; Everyone for all by default.
            workflow: the configuration, in which ``queue`` may name a queue instead
                of its sid; by default all tasks go to the first queue.
            task_reservation_timeout: seconds.
            multi_task_enabled: whether workers take several tasks.
            timeout_activity: the name of the activity after a reservation timeout.

        Raises:
            ValueError: a name is not among those given.
            ServiceError: the service refuses a value.
        """
        return self._on_engine(
            lambda engine: setup.set_up(
                engine,
                name,
                activities=activities,
                workers={"Alice": {}} if workers is None else workers,
                worker_activity=worker_activity,
                queues={"Everyone": "1==1"} if queues is None else queues,
                workflow=workflow,
                task_reservation_timeout=task_reservation_timeout,
                multi_task_enabled=multi_task_enabled,
                timeout_activity=timeout_activity,
            )
        )

    def create_task(
        self,
        workspace: ReadyWorkspace | str | None = None,
        *,
        attributes: Mapping[str, Any] | None = None,
        **options: object,
    ) -> dict[str, Any]:
        """Create a task, and give it as REST shows it.

        Args:
            workspace: a workspace or its sid; by default the only one.
            attributes: the task's attributes, a document.
            options: the other REST parameters in snake_case, as workflow_sid, priority.

        Raises:
            ServiceError: the service refuses.
        """
        params = {"Attributes": dict(attributes or {})} | {
            "".join(part.capitalize() for part in name.split("_")): value
            for name, value in options.items()
        }

        def create(engine: Engine) -> Mapping[str, object]:
            if isinstance(workspace, ReadyWorkspace):
                sid = workspace.sid
            else:
                sid = workspace or _only(engine)
            path = f"/v1/Workspaces/{sid}/Tasks"
            answer = self._api().perform("POST", path, Parameters.from_json(params))
            if answer.error is not None:
                raise answer.error
            return answer.body or {}

        return dict(self._on_engine(create))


def _only(engine: Engine) -> str:
    if len(engine.workspaces) != 1:
        raise ValueError(f"workspace: say which of {len(engine.workspaces)} is meant")
    return next(iter(engine.workspaces))
