"""Routing: the way of tasks through their workflow, and who gets what."""

from __future__ import annotations

import json
from typing import Any

from .core import Core
from .expressions import Expression
from .lifecycle import Lifecycle
from .model import Task, TaskQueue, Worker, Workspace
from .workflow import Target, leading_to


MAX_ASSIGNMENTS = 1000

WORKFLOW_TIMEOUT = "Task canceled on Workflow timeout"
TTL_EXCEEDED = "Task TTL Exceeded"
COUNT_EXCEEDED = "Task TTL Exceeded or Max assignment count exceeded"
# Not documented for today's service.
NO_FILTER = "Task did not match any workflow filter"
SKIPPED = "Task skipped to the end of the Workflow"

KNOWN_WORKER_NOT_IN_QUEUE = 40152


# A target of a configuration: its filter (None: the default one), and its place there.
Position = tuple[int | None, int]


class Router:
    """Brings tasks to queues and workers."""

    def __init__(self, core: Core, lifecycle: Lifecycle) -> None:
        self._core = core
        self._lifecycle = lifecycle
        self._matcher = Matcher(core)

    # The way through a workflow.

    def start(self, task: Task) -> None:
        """Send a pending task on its way from the first filter."""
        task.target_timeouts = 0.0
        task.known_worker_sid = None
        target = task.routing_target
        if target is not None and target.startswith("WQ"):
            # That queue and no steps, until the time to live is over (choice).
            task.configuration = leading_to(target)
        else:
            workspace = self._core.workspaces[task.workspace_sid]
            workflow = workspace.workflows[task.workflow_sid]
            task.configuration = workflow.configuration_value
        position = _first_match(task, 0) or _default(task)
        if task.direct:
            self._wait_for_worker(task, position)
        elif position is None:
            self._arrive(task, None)
            self._lifecycle.end(task, "canceled", NO_FILTER)
        else:
            self._walk(task, position)

    def restart(self, task: Task) -> bool:
        """Send a task that waits in its workflow through it again, from the start.

        Returns whether it does; others wait for their routing target.
        """
        target = task.routing_target
        past = target is not None and not target.startswith("WW")
        if past or task.assignment_status != "pending":
            return False
        self._core.workspaces[task.workspace_sid].dequeue(task)
        self._core.deadlines.clear("target", task.sid)
        task.target_deadline = None
        self.start(task)
        return True

    def time_out(self, task: Task) -> None:
        """Leave a target whose deadline is there.

        A reserved task stays: if nobody accepts, it goes on when it is pending again.
        """
        if task.assignment_status == "pending" and self._overdue(task):
            self._emit_timeout(task)
            self._core.workspaces[task.workspace_sid].dequeue(task)
            self._walk(task, _next(task, False))

    def _wait_for_worker(self, task: Task, position: Position | None) -> None:
        """Let the task wait for one worker.

        It belongs to the given queue, else to the first its workflow would lead to;
        the queue's expression, steps and timeouts do not count (choice).
        """
        queue_sid = task.task_queue_sid
        if queue_sid is None and position is not None:
            task.filter_index, task.target_index = position
            target = task.target
            queue_sid = target.queue_sid if target is not None else None
        task.task_queue_sid = None
        self._arrive(task, queue_sid)
        self._core.workspaces[task.workspace_sid].enqueue(task)
        self.place(task)

    def _walk(self, task: Task, position: Position | None) -> None:
        """Enter the target, and go on while targets are skipped or out of time."""
        core = self._core
        workspace = core.workspaces[task.workspace_sid]
        skipped = False
        while position is not None:
            task.filter_index, task.target_index = position
            target = task.target
            if target is None or target.queue_sid not in workspace.task_queues:
                # The queue was deleted after the task had entered this workflow.
                position, skipped = _next(task, True), True
                continue
            self._enter_target(workspace, task, target)
            if self.place(task):
                return
            if _skips(workspace, target):
                position, skipped = _next(task, True), True
            elif self._overdue(task):
                self._emit_timeout(task)
                position, skipped = _next(task, False), False
            else:
                return
            workspace.dequeue(task)
        if core.queue_of(task) is None:
            self._arrive(task, None)
        core.deadlines.clear("target", task.sid)
        name = task.workflow_friendly_name
        if skipped:
            core.emit_task(task, "workflow.skipped", f"skipped Workflow {name}")
            self._lifecycle.end(task, "canceled", SKIPPED)
        else:
            core.emit_task(task, "workflow.timeout", f"timed out of Workflow {name}")
            self._lifecycle.end(task, "canceled", WORKFLOW_TIMEOUT)

    def _enter_target(self, workspace: Workspace, task: Task, target: Target) -> None:
        core = self._core
        if target.priority is not None:
            task.priority = target.priority
        # Deadlines go by the age of the task and add up, whenever a step is entered.
        task.target_deadline = None
        core.deadlines.clear("target", task.sid)
        if target.timeout is not None:
            task.target_timeouts += target.timeout
            task.target_deadline = task.date_created + task.target_timeouts
            core.deadlines.set(task.target_deadline, "target", workspace.sid, task.sid)
        core.note_known_worker(task)
        task.touch(core.now)
        self._arrive(task, target.queue_sid, _names(workspace, task, target))
        self._check_known_worker(workspace, task, target)
        workspace.enqueue(task)

    def _arrive(
        self, task: Task, queue_sid: str | None, details: dict[str, str] | None = None
    ) -> None:
        """Move the task to the queue, if there is one, and record the events.

        `details` are those of the target that was matched; without them none was. Of
        a task that was in no queue before, and so is new, the events say that in their
        midst, in the order that was recorded of the live service.
        """
        core = self._core
        workspace = core.workspaces[task.workspace_sid]
        previous = core.queue_of(task)
        queue = workspace.task_queues.get(queue_sid or "")
        if queue is previous:
            queue = None
        if queue is not None:
            task.task_queue_sid = queue.sid
            task.task_queue_friendly_name = queue.friendly_name
            task.task_queue_entered_date = core.now
            task.touch(core.now)
        if details is not None:
            what = "matched a workflow target"
            core.emit_task(task, "workflow.target-matched", what, details=details)
        if previous is None:
            core.emit_task(task, "task.created", "created")
        if queue is not None:
            if previous is not None:
                what = f"moved from {previous.friendly_name} to {queue.friendly_name}"
                core.emit_task(
                    task, "task-queue.moved", what, details=details, previous=previous
                )
            what = f"entered TaskQueue {queue.friendly_name}"
            core.emit_task(task, "task-queue.entered", what, details=details)
        if previous is None:
            what = f"entered Workflow {task.workflow_friendly_name}"
            core.emit_task(task, "workflow.entered", what)

    def _check_known_worker(
        self, workspace: Workspace, task: Task, target: Target
    ) -> None:
        """Alert that nobody can get the task; null is not an agent."""
        path = target.known_worker
        value = None if path is None else path.value(task.attributes_value)
        if value is None:
            return
        known = self._core.known_worker(task)
        queue = workspace.task_queues[target.queue_sid]
        if known is None:
            problem = f"{json.dumps(value)[:100]} is not a worker of the workspace"
        elif known.sid not in queue.worker_sids:
            problem = f"Worker {known.sid} is not in TaskQueue {queue.sid}"
        else:
            return
        self._core.alarm(task, KNOWN_WORKER_NOT_IN_QUEUE, f"Known agent: {problem}")

    def _emit_timeout(self, task: Task) -> None:
        what = f"timed out of TaskQueue {task.task_queue_friendly_name}"
        self._core.emit_task(task, "task-queue.timeout", what)

    def _overdue(self, task: Task) -> bool:
        deadline = task.target_deadline
        return deadline is not None and deadline <= self._core.now

    # Reserving.

    def place(self, task: Task) -> bool:
        """Reserve the next workers for a pending task; return whether there are any."""
        workers = self._matcher.workers_for(task)
        if workers:
            self._lifecycle.reserve(task, workers)
        return bool(workers)

    def _serve(self, worker: Worker) -> None:
        """Offer waiting tasks to the worker, as long as there is capacity.

        If several were freed at once, a task may go to another with precedence.
        """
        while (task := self._matcher.task_for(worker)) is not None:
            workers = self._matcher.workers_for(task) or [worker]
            self._lifecycle.reserve(task, workers)

    def route(self) -> None:
        """Route everything that the operation left to route."""
        core, backlog = self._core, self._core.backlog
        while backlog.workers or backlog.tasks:
            workers = [
                worker
                for worker in backlog.workers.values()
                if worker.sid in core.workspaces[worker.workspace_sid].workers
            ]
            tasks = [
                task
                for task in backlog.tasks.values()
                if task.assignment_status == "pending"
                and task.sid in core.workspaces[task.workspace_sid].tasks
            ]
            backlog.workers.clear()
            backlog.tasks.clear()
            for worker in workers:
                core.workspaces[worker.workspace_sid].list_idle(worker)
            workers.sort(key=lambda worker: worker.idle_rank)
            waiting = [task for task in tasks if not self._overdue(task)]
            for task in tasks:
                if task.assignment_count >= MAX_ASSIGNMENTS:
                    self._lifecycle.end(task, "canceled", COUNT_EXCEEDED)
                elif not self._overdue(task):
                    core.workspaces[task.workspace_sid].enqueue(task)
            # Who is free again may be wanted by a better task than one of these, so
            # such a worker is not reserved for them before choosing among all.
            for task in waiting:
                if task.assignment_status == "pending":
                    chosen = self._matcher.workers_for(task)
                    if chosen and not any(worker in workers for worker in chosen):
                        self._lifecycle.reserve(task, chosen)
            for worker in workers:
                self._serve(worker)
            for task in waiting:
                if task.assignment_status == "pending":
                    self.place(task)
            for task in tasks:
                self.time_out(task)


def _names(workspace: Workspace, task: Task, target: Target) -> dict[str, str]:
    """Return what events say of filter and target."""
    chosen = task.filter
    if chosen is None:
        return {}
    queue = workspace.task_queues[target.queue_sid]
    names = {
        "workflow_filter_name": chosen.friendly_name,
        # A target has no name of its own; its queue's is shown (choice).
        "workflow_filter_target_name": queue.friendly_name,
    }
    if chosen.expression_shown is not None:
        names["workflow_filter_expression"] = chosen.expression_shown
    if target.expression is not None:
        names["workflow_filter_target_expression"] = target.expression.text
    return names


def _first_match(task: Task, start: int) -> Position | None:
    filters = task.configuration.filters if task.configuration is not None else ()
    for index in range(start, len(filters)):
        expression = filters[index].expression
        if expression is None or expression.matches(task.attributes_value):
            return index, 0
    return None


def _default(task: Task) -> Position | None:
    if task.configuration is None or task.configuration.default_filter is None:
        return None
    return None, 0


def _next(task: Task, skipped: bool) -> Position | None:
    """Return the target after the present one, or None at the end."""
    if task.configuration is None or task.filter_index is None:
        return None
    targets = task.configuration.filters[task.filter_index].targets
    if task.target_index + 1 < len(targets):
        return task.filter_index, task.target_index + 1
    following = _first_match(task, task.filter_index + 1)
    # A filter that was skipped counts as not matched, one that timed out does not.
    return _default(task) if following is None and skipped else following


def _skips(workspace: Workspace, target: Target) -> bool:
    if target.skip_if is None:
        return False
    counts: dict[str, Any] = {"available": 0, "unavailable": 0}
    counts.update(dict.fromkeys(workspace.activities, 0))
    for worker_sid in workspace.task_queues[target.queue_sid].worker_sids:
        worker = workspace.workers[worker_sid]
        counts["available" if worker.available else "unavailable"] += 1
        counts[worker.activity_sid] += 1
    return target.skip_if.matches({"workers": counts})


class Matcher:
    """Chooses workers for a task and tasks for a worker. Changes nothing."""

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
            able = able and _Check(self._core, target, known).fits(task)
            return [known] if able else []
        limit = queue.max_reserved_workers
        if target.order_by:
            return self._ordered(queue, task, target)[:limit]
        return self._longest_idle(queue, task, target, limit)

    def task_for(self, worker: Worker) -> Task | None:
        """Return the task that the worker should get next, or None."""
        workspace = self._core.workspaces[worker.workspace_sid]
        candidates: list[tuple[bool, Any, str]] = []
        # Of the two, Python walks through the smaller.
        for queue_sid in worker.queue_sids.keys() & workspace.waiting_queues.keys():
            queue = workspace.task_queues[queue_sid]
            later = queue.task_order != workspace.prioritize_queue_order
            for task_channel_sid, waiting in queue.waiting.items():
                if workspace.can_take(worker, task_channel_sid):
                    found = self._first_suited(workspace, waiting, worker)
                    if found is not None:
                        candidates.append((later, *found))
        # Tasks routed to the worker alone are in no queue; they go by FIFO.
        later = workspace.prioritize_queue_order != "FIFO"
        for task_sid in worker.direct_tasks:
            task = workspace.tasks[task_sid]
            if _open_to(workspace, worker, task):
                candidates.append((later, task.place_in("FIFO"), task_sid))
        return workspace.tasks[min(candidates)[2]] if candidates else None

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

    def _longest_idle(
        self, queue: TaskQueue, task: Task, target: Target, limit: int
    ) -> list[Worker]:
        workspace = self._core.workspaces[task.workspace_sid]
        idle = queue.idle.get(task.task_channel_sid)
        if idle is None:
            return []
        chosen: list[Worker] = []
        passed: list[tuple[int, str]] = []
        while len(chosen) < limit and idle.entries:
            rank, worker_sid = first = idle.entries[0]
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
            if _Check(self._core, target, worker).fits(task):
                chosen.append(worker)
        for rank, worker_sid in passed:
            idle.add(rank, worker_sid)
        return chosen

    def _ordered(self, queue: TaskQueue, task: Task, target: Target) -> list[Worker]:
        """List all who can take the task by `order_by`, the longest idle first."""
        workspace = self._core.workspaces[task.workspace_sid]
        channel = task.task_channel_sid
        workers = [
            worker
            for worker_sid in queue.worker_sids
            if workspace.can_take(worker := workspace.workers[worker_sid], channel)
            and _Check(self._core, target, worker).fits(task)
        ]
        workers.sort(key=lambda worker: workspace.idle_rank(worker, channel))
        values = {
            worker.sid: [
                clause.path.value(worker.attributes_value) for clause in target.order_by
            ]
            for worker in workers
        }
        if not all(_is_integer(v) for row in values.values() for v in row):
            # If one value is not an integer, `order_by` has no effect.
            return workers
        signs = [-1 if clause.descending else 1 for clause in target.order_by]

        def order(worker: Worker) -> list[tuple[bool, int]]:
            row = zip(values[worker.sid], signs, strict=True)
            return [(value is None, sign * (value or 0)) for value, sign in row]

        workers.sort(key=order)
        return workers


class _Check:
    """Whether one worker can get the tasks of a target; asked for many tasks."""

    def __init__(self, core: Core, target: Target, worker: Worker) -> None:
        self._core = core
        self._target = target
        self._worker = worker
        self._view: dict[str, Any] = {}
        # What holds for all tasks; None if the target says something of the task.
        self._always: bool | None = True
        expression = target.expression
        if expression is not None:
            self._view = _worker_view(worker, expression)
            self._always = None
            if not expression.mentions("task"):
                self._always = expression.matches({"worker": self._view})

    def fits(self, task: Task) -> bool:
        """Return whether the worker can get `task`."""
        if self._target.known_worker is not None:
            if self._core.known_worker(task) is not self._worker:
                return False
        expression = self._target.expression
        if self._always is not None or expression is None:
            return self._always is not False
        context = {"task": task.attributes_value, "worker": self._view}
        return expression.matches(context)


def _open_to(workspace: Workspace, worker: Worker, task: Task) -> bool:
    return task.ignore_capacity or workspace.can_take(worker, task.task_channel_sid)


def _is_integer(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


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
