"""Tasks and what can be done with them."""

from __future__ import annotations

from typing import Any, overload

from ..callbacks import Callback, ResultCallback
from ..signatures import Parameter, Signature
from .base import Resource, deliver
from .fields import TaskFields


_COMPLETE = Signature(
    "task.complete", (Parameter("reason", "reason", "Reason"),), callback_at=0
)


class Task(TaskFields, Resource["Task"]):
    """A task, as TaskRouter.js's ``task``.

    Its queue is ``task.queue`` and ``task.taskQueue``, whichever sid the payload has.
    """

    _SHOWN = "assignment_status"

    @overload
    def complete(
        self, callback: ResultCallback[Task], reason: str | None = None
    ) -> None: ...
    @overload
    def complete(self, callback: None = None, reason: str | None = None) -> Task: ...
    def complete(self, *args: Any, **keywords: Any) -> Any:
        """Complete the task: ``complete(cb, reason)``.

        Args:
            callback: gets ``(error, task)``, on this thread, before this returns.
            reason: why, in words.

        Returns:
            The completed task, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``task.complete``.
        """
        values, callback = _COMPLETE.read(args, keywords)
        params = {"AssignmentStatus": "completed", **_COMPLETE.wire(values)}
        return self._change(params, callback)

    def _change(self, params: dict[str, Any], callback: Callback | None) -> Any:
        return deliver(
            lambda: self._session.entity_from("POST", self._url, params), callback
        )

    def _neighbor(self, name: str) -> Resource[Any] | None:
        # REST says task_queue_sid, frames say queue_sid.
        found = super()._neighbor(name)
        if found is None and name in ("queue", "task_queue", "taskQueue"):
            return super()._neighbor("task_queue" if name == "queue" else "queue")
        return found
