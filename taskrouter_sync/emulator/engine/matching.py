"""Who gets what: workers for a task, and tasks for a worker. Changes nothing."""

from __future__ import annotations

from typing import Any

from .core import Core
from .expressions import Expression
from .model import QueueOrder, Task, TaskQueue, Worker, Workspace
from .workflow import OrderClause, Target


class Matcher:
    """Chooses by queues, targets and capacity, in the order of the service."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def workers_for(self, task: Task) -> list[Worker]:
        """List the workers who would get the task now, at most one round of them."""
        workspace = self._core.workspaces[task.workspace_sid]
        if task.direct:
            worker = workspace.workers.get(task.routing_target or "")
            return [worker] if worker and _open_to(workspace, worker, task) else []
        queue = workspace.task_queues[task.task_queue_sid or ""]
        target = task.target
        if target is None:
            return []
        if target.known_worker is not None:
            known = self._core.known_worker(task)
            if known is None or known.sid not in queue.worker_sids:
                return []
            able = workspace.can_take(known, task.task_channel_sid)
            return [known] if able and _suits(task, target, known) else []
        limit = queue.max_reserved_workers
        if target.order_by:
            return _ordered(workspace, queue, task, target)[:limit]
        return _longest_idle(workspace, queue, task, target, limit)

    def task_for(self, worker: Worker) -> Task | None:
        """Return the task that the worker should get next, or None."""
        workspace = self._core.workspaces[worker.workspace_sid]
        best: tuple[Any, str] | None = None
        first, second = worker.queue_sids, workspace.waiting_queues
        if len(second) < len(first):
            first, second = second, first
        for queue_sid in first:
            if queue_sid not in second:
                continue
            queue = workspace.task_queues[queue_sid]
            later = queue.task_order != workspace.prioritize_queue_order
            for task_channel_sid, waiting in queue.waiting.items():
                if not workspace.can_take(worker, task_channel_sid):
                    continue
                found = self._first_suited(workspace, waiting.entries, worker)
                if found is not None:
                    candidate = ((later, found[0]), found[1])
                    if best is None or (candidate[0], "") < best:
                        best = candidate
        # Tasks routed to the worker alone are in no queue; they go by FIFO.
        order: QueueOrder = "FIFO"
        for task_sid in worker.direct_tasks:
            task = workspace.tasks[task_sid]
            later = workspace.prioritize_queue_order != order
            key = (later, task.place_in(order))
            if (best is None or (key, "") < best) and _open_to(workspace, worker, task):
                best = (key, task_sid)
        return None if best is None else workspace.tasks[best[1]]

    def _first_suited(
        self, workspace: Workspace, entries: list[tuple[Any, str]], worker: Worker
    ) -> tuple[Any, str] | None:
        checks: dict[Target, _Check] = {}
        for entry in entries:
            task = workspace.tasks[entry[1]]
            target = task.target
            if target is None:
                continue
            check = checks.get(target)
            if check is None:
                check = checks[target] = _Check(self._core, target, worker)
            if check.fits(task):
                return entry
        return None


class _Check:
    """Whether one worker can get the tasks of a target; asked for many tasks."""

    def __init__(self, core: Core, target: Target, worker: Worker) -> None:
        self._core = core
        self._target = target
        self._worker = worker
        self._view: dict[str, Any] | None = None
        # What holds for all tasks, if the target says nothing of the task.
        self._always: bool | None = None
        if target.expression is None:
            self._always = True
        else:
            self._view = _worker_view(worker, target.expression)
            if not target.expression.mentions("task"):
                self._always = target.expression.matches({"worker": self._view})

    def fits(self, task: Task) -> bool:
        """Tell whether the worker can get `task`."""
        if self._target.known_worker is not None:
            if self._core.known_worker(task) is not self._worker:
                return False
        if self._always is not None:
            return self._always
        return _suits(task, self._target, self._worker, self._view)


def _open_to(workspace: Workspace, worker: Worker, task: Task) -> bool:
    return task.ignore_capacity or workspace.can_take(worker, task.task_channel_sid)


def _longest_idle(
    workspace: Workspace, queue: TaskQueue, task: Task, target: Target, limit: int
) -> list[Worker]:
    idle = queue.idle.get(task.task_channel_sid)
    if idle is None:
        return []
    chosen: list[Worker] = []
    passed: list[tuple[int, str]] = []
    while len(chosen) < limit and (first := idle.first()) is not None:
        rank, worker_sid = first
        worker = workspace.workers.get(worker_sid)
        if (
            worker is None
            or worker_sid not in queue.worker_sids
            or not workspace.can_take(worker, task.task_channel_sid)
        ):
            idle.drop_first()
            continue
        true_rank = workspace.idle_rank(worker, task.task_channel_sid)
        if true_rank != rank:
            idle.rank_first(true_rank)
            continue
        idle.drop_first()
        passed.append(first)
        if _suits(task, target, worker):
            chosen.append(worker)
    for rank, worker_sid in passed:
        idle.add(rank, worker_sid)
    return chosen


def _ordered(
    workspace: Workspace, queue: TaskQueue, task: Task, target: Target
) -> list[Worker]:
    """List all who can take the task by `order_by`, the longest idle first."""
    channel = task.task_channel_sid
    workers = [
        worker
        for worker_sid in queue.worker_sids
        if workspace.can_take(worker := workspace.workers[worker_sid], channel)
        and _suits(task, target, worker)
    ]
    workers.sort(key=lambda worker: workspace.idle_rank(worker, channel))
    values = {
        worker.sid: [_value(worker, clause) for clause in target.order_by]
        for worker in workers
    }
    if any(not _is_integer(v) for row in values.values() for v in row):
        # One value that is no integer, and `order_by` does not count.
        return workers

    def order(worker: Worker) -> list[tuple[bool, int]]:
        return [
            (
                value is None,
                0 if value is None else -value if clause.descending else value,
            )
            for clause, value in zip(target.order_by, values[worker.sid], strict=True)
        ]

    workers.sort(key=order)
    return workers


def _value(worker: Worker, clause: OrderClause) -> Any:
    return clause.path.value(worker.attributes_value)


def _is_integer(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _suits(
    task: Task, target: Target, worker: Worker, view: dict[str, Any] | None = None
) -> bool:
    """Tell whether the target's own expression is true of task and worker.

    `view` is what `_worker_view` makes of them, if it is there already.
    """
    expression = target.expression
    if expression is None:
        return True
    if view is None:
        view = _worker_view(worker, expression)
    return expression.matches({"task": task.attributes_value, "worker": view})


def _worker_view(worker: Worker, expression: Expression) -> dict[str, Any]:
    """Return what `worker.` means in a target: the attributes, and the service's own.

    Where an attribute has the name of one of the service's, the service's wins.
    """
    view = {
        **worker.attributes_value,
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": worker.activity_sid,
        "activity_name": worker.activity_name,
    }
    if expression.mentions("worker", "channel"):
        view["channel"] = {
            channel.task_channel_unique_name: {
                "configured_capacity": channel.configured_capacity,
                "assigned_tasks": channel.assigned_tasks,
                "available_capacity_percentage": channel.available_capacity_percentage,
            }
            for channel in worker.channels.values()
        }
    return view
