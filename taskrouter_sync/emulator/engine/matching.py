"""Who gets what: workers for a task, and tasks for a worker."""

from __future__ import annotations

from typing import Any

from . import capacity, waiting
from .configuration import OrderClause, Target
from .core import Core
from .expressions import Expression
from .lifecycle import reserve
from .model import Task, TaskQueue, Worker, Workspace


def target_of(task: Task) -> Target | None:
    """Return the routing step in which the task is."""
    configuration = task.configuration
    if configuration is None:
        return None
    if task.filter_index is None:
        chosen = configuration.default_filter
    else:
        chosen = configuration.filters[task.filter_index]
    return None if chosen is None else chosen.targets[task.target_index]


def place(core: Core, workspace: Workspace, task: Task) -> bool:
    """Reserve the workers who are next for a pending task; tell if there are any."""
    workers = workers_for(workspace, task)
    if workers:
        reserve(core, workspace, task, workers)
    return bool(workers)


def serve(core: Core, workspace: Workspace, worker: Worker) -> None:
    """Give the worker what waits for him or her, as long as there is room.

    If several were freed at once, a task may go to another who comes before.
    """
    while (task := task_for(workspace, worker)) is not None:
        workers = workers_for(workspace, task) or [worker]
        reserve(core, workspace, task, workers)


def workers_for(workspace: Workspace, task: Task) -> list[Worker]:
    """List the workers who would get the task now, at most one round of them."""
    if waiting.is_direct(task):
        worker = workspace.workers.get(task.routing_target or "")
        if worker is None or not _open_to(workspace, worker, task):
            return []
        return [worker]
    queue = workspace.task_queues[task.task_queue_sid or ""]
    target = target_of(task)
    if target is None:
        return []
    limit = queue.max_reserved_workers
    if target.known_worker_sid or target.known_worker_friendly_name:
        known = _known_worker(workspace, task, target)
        if known is None or known.sid not in queue.worker_sids:
            return []
        able = capacity.can_take(workspace, known, task.task_channel_sid)
        return [known] if able and suits(task, target, known) else []
    if target.order_by:
        return _ordered(workspace, queue, task, target)[:limit]
    return _longest_idle(workspace, queue, task, target, limit)


def _open_to(workspace: Workspace, worker: Worker, task: Task) -> bool:
    return task.ignore_capacity or capacity.can_take(
        workspace, worker, task.task_channel_sid
    )


def _longest_idle(
    workspace: Workspace, queue: TaskQueue, task: Task, target: Target, limit: int
) -> list[Worker]:
    line = queue.idle.get(task.task_channel_sid)
    if line is None:
        return []
    chosen: list[Worker] = []
    passed: list[tuple[int, str]] = []
    while len(chosen) < limit and (first := line.first()) is not None:
        rank, worker_sid = first
        worker = workspace.workers.get(worker_sid)
        if (
            worker is None
            or worker_sid not in queue.worker_sids
            or not capacity.can_take(workspace, worker, task.task_channel_sid)
        ):
            line.drop_first()
            continue
        true_rank = capacity.idle_rank(workspace, worker, task.task_channel_sid)
        if true_rank != rank:
            line.rank_first(true_rank)
            continue
        line.drop_first()
        passed.append(first)
        if suits(task, target, worker):
            chosen.append(worker)
    for rank, worker_sid in passed:
        line.add(rank, worker_sid)
    return chosen


def _ordered(
    workspace: Workspace, queue: TaskQueue, task: Task, target: Target
) -> list[Worker]:
    """List all who can take the task by `order_by`, the longest idle first."""
    channel = task.task_channel_sid
    workers = [
        worker
        for worker_sid in queue.worker_sids
        if capacity.can_take(
            workspace, worker := workspace.workers[worker_sid], channel
        )
        and suits(task, target, worker)
    ]
    workers.sort(key=lambda worker: capacity.idle_rank(workspace, worker, channel))
    values = {
        worker.sid: [_view(worker, clause) for clause in target.order_by]
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


def _view(worker: Worker, clause: OrderClause) -> Any:
    return clause.path.value(worker.attributes_value)


def _is_integer(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _known_worker(workspace: Workspace, task: Task, target: Target) -> Worker | None:
    if target.known_worker_sid is not None:
        sid = target.known_worker_sid.value(task.attributes_value)
        return workspace.workers.get(sid) if isinstance(sid, str) else None
    if target.known_worker_friendly_name is not None:
        name = target.known_worker_friendly_name.value(task.attributes_value)
        if isinstance(name, str):
            return workspace.workers.get(
                workspace.worker_names.get(name.casefold(), "")
            )
    return None


def suits(
    task: Task, target: Target, worker: Worker, view: dict[str, Any] | None = None
) -> bool:
    """Tell whether the target's own expression is true of task and worker.

    `view` is what `worker_view` makes of them, if it is there already.
    """
    expression = target.expression
    if expression is None:
        return True
    if view is None:
        view = worker_view(worker, expression)
    return expression.matches({"task": task.attributes_value, "worker": view})


def worker_view(worker: Worker, expression: Expression) -> dict[str, Any]:
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


def task_for(workspace: Workspace, worker: Worker) -> Task | None:
    """Return the task that the worker should get next, or None."""
    best: tuple[Any, str] | None = None
    first, second = worker.queue_sids, workspace.waiting_queues
    if len(second) < len(first):
        first, second = second, first
    for queue_sid in first:
        if queue_sid not in second:
            continue
        queue = workspace.task_queues[queue_sid]
        later = queue.task_order != workspace.prioritize_queue_order
        for task_channel_sid, line in queue.waiting.items():
            if not capacity.can_take(workspace, worker, task_channel_sid):
                continue
            found = _first_suited(workspace, line.entries, worker)
            if found is not None and (best is None or ((later, found[0]), "") < best):
                best = ((later, found[0]), found[1])
    # Tasks routed to the worker alone stand in no queue; they go by FIFO.
    for task_sid in worker.direct_tasks:
        task = workspace.tasks[task_sid]
        later = workspace.prioritize_queue_order != "FIFO"
        key = (later, waiting.key_of(task, "FIFO"))
        if (best is None or (key, "") < best) and _open_to(workspace, worker, task):
            best = (key, task_sid)
    return None if best is None else workspace.tasks[best[1]]


def _first_suited(
    workspace: Workspace, entries: list[tuple[Any, str]], worker: Worker
) -> tuple[Any, str] | None:
    questions: dict[Target, _Question] = {}
    for entry in entries:
        task = workspace.tasks[entry[1]]
        target = target_of(task)
        if target is None:
            continue
        question = questions.get(target)
        if question is None:
            question = questions[target] = _Question(workspace, target, worker)
        if question.fits(task):
            return entry
    return None


class _Question:
    """Whether one worker can get the tasks of a target; asked for many tasks."""

    def __init__(self, workspace: Workspace, target: Target, worker: Worker) -> None:
        self._workspace = workspace
        self._target = target
        self._worker = worker
        self._known = bool(target.known_worker_sid or target.known_worker_friendly_name)
        self._view: dict[str, Any] | None = None
        # What holds for all tasks, if the target says nothing of the task.
        self._answer: bool | None = None
        if target.expression is None:
            self._answer = True
        else:
            self._view = worker_view(worker, target.expression)
            if not target.expression.mentions("task"):
                self._answer = target.expression.matches({"worker": self._view})

    def fits(self, task: Task) -> bool:
        """Tell whether the worker can get `task`."""
        if self._known:
            known = _known_worker(self._workspace, task, self._target)
            if known is not self._worker:
                return False
        if self._answer is not None:
            return self._answer
        return suits(task, self._target, self._worker, self._view)
