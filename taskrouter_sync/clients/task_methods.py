"""What a Worker does with a task by its sid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ..arguments import Parameter, Params, Signature, Value, read_update, takes
from ..emitter import ResultCallback
from ..resources.base import deliver
from ..resources.models import Task, WorkerResource
from .base import Client


_COMPLETE_TASK = Signature(
    "worker.completeTask",
    (
        Parameter("taskSid", "task_sid", required=True, types=(str,), sid=True),
        Parameter("reason", "reason", "Reason"),
    ),
    callback_at=1,
)


class TaskMethods(Client[WorkerResource]):
    """A client with ``updateTask`` and ``completeTask``."""

    @overload
    def update_task(
        self, task_sid: str, params: Params, callback: ResultCallback[Task], /
    ) -> None: ...
    @overload
    def update_task(
        self, task_sid: str, *, callback: ResultCallback[Task], **params: Value
    ) -> None: ...
    @overload
    def update_task(
        self, task_sid: str, params: Params, callback: None = None, /
    ) -> Task: ...
    @overload
    def update_task(self, task_sid: str, **params: Value | None) -> Task: ...
    @takes(
        "task_sid",
        "name",
        "value",
        "callback",
        "*",
        "params",
        required=1,
        more="parameters",
    )
    def update_task(self, *args: Any, **keywords: Any) -> Any:
        """Change a task: ``updateTask(taskSid, params, cb)``.

        Args:
            task_sid: WT….
            params: of the REST API, such as ``{"Attributes": {…}}``; values that are
                dicts or lists are sent as JSON text.

        Returns:
            The task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``worker.updateTask``.
        """
        update = read_update(
            "worker.updateTask", args, keywords, of_one=True, sid_name="task_sid"
        )
        url = f"{self._session.workspace_url}/Tasks/{update.sid}"
        return deliver(
            lambda: self._session.perform("POST", url, update.params),
            update.callback,
        )

    @overload
    def complete_task(
        self, task_sid: str, callback: ResultCallback[Task], reason: str | None = None
    ) -> None: ...
    @overload
    def complete_task(
        self, task_sid: str, callback: None = None, reason: str | None = None
    ) -> Task: ...
    @_COMPLETE_TASK.shown
    def complete_task(self, *args: Any, **keywords: Any) -> Any:
        """Complete a task: ``completeTask(taskSid, cb, reason)``.

        Args:
            task_sid: WT….
            reason: why, in words.

        Returns:
            The task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``worker.completeTask``.
        """
        values, callback = _COMPLETE_TASK.read(args, keywords)
        params = {"AssignmentStatus": "completed", **_COMPLETE_TASK.wire(values)}
        url = f"{self._session.workspace_url}/Tasks/{values['task_sid']}"
        return deliver(lambda: self._session.perform("POST", url, params), callback)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        updateTask = update_task
        completeTask = complete_task
