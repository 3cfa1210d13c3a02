"""Walks tasks through their workflow, and settles what operations leave to route."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import lifecycle, matching, waiting
from .configuration import Target, leading_to
from .core import Core
from .model import Task, Workspace
from .tell import tell_route


MAX_ASSIGNMENTS = 1000

WORKFLOW_TIMEOUT = "Task canceled on Workflow timeout"
TTL_EXCEEDED = "Task TTL Exceeded"
COUNT_EXCEEDED = "Task TTL Exceeded or Max assignment count exceeded"
# Not documented for today's service.
NO_FILTER = "Task did not match any workflow filter"
SKIPPED = "Task skipped to the end of the Workflow"


class Position(NamedTuple):
    """A target of a configuration; filter None is the default filter."""

    filter_index: int | None
    target_index: int


def start(core: Core, workspace: Workspace, task: Task) -> None:
    """Send a new or re-evaluated pending task on its way from the first filter."""
    task.target_timeouts = 0.0
    target = task.routing_target
    if target is not None and target.startswith("WQ"):
        # That queue and no steps, until the time to live is over (choice).
        task.configuration = leading_to(target)
    else:
        workflow = workspace.workflows[task.workflow_sid]
        task.configuration = workflow.configuration_value
    position = _first_match(task, 0) or _default(task)
    if waiting.is_direct(task):
        _go_to_worker(core, workspace, task, position)
    elif position is None:
        lifecycle.cancel(core, workspace, task, NO_FILTER)
    else:
        _walk(core, workspace, task, position)


def _go_to_worker(
    core: Core, workspace: Workspace, task: Task, position: Position | None
) -> None:
    """Let the task wait for one worker.

    It belongs to the given queue, else to the first its workflow would lead to;
    the queue's expression, steps and timeouts do not count (choice).
    """
    queue_sid = task.task_queue_sid
    if queue_sid is None and position is not None:
        _stand_at(task, position)
        target = matching.target_of(task)
        queue_sid = target.queue_sid if target is not None else None
    task.task_queue_sid = None
    if queue_sid in workspace.task_queues:
        _enter_queue(core, workspace, task, str(queue_sid))
    waiting.wait(workspace, task)
    matching.place(core, workspace, task)


def _walk(
    core: Core, workspace: Workspace, task: Task, position: Position | None
) -> None:
    """Enter the target, and go on while targets are skipped or out of time."""
    skipped = False
    while position is not None:
        _stand_at(task, position)
        target = matching.target_of(task)
        if target is None or target.queue_sid not in workspace.task_queues:
            # The queue was deleted after the task had entered this workflow.
            position, skipped = _next(task, True), True
            continue
        _arrive(core, workspace, task, target)
        if matching.place(core, workspace, task):
            return
        if _skips(workspace, target):
            position, skipped = _next(task, True), True
        elif _overdue(core, task):
            _tell_timeout(core, workspace, task)
            position, skipped = _next(task, False), False
        else:
            return
        waiting.leave(workspace, task)
    core.deadlines.clear("target", task.sid)
    if skipped:
        tell_route(core, workspace, task, "workflow.skipped", "skipped the workflow")
        lifecycle.cancel(core, workspace, task, SKIPPED)
    else:
        tell_route(core, workspace, task, "workflow.timeout", "timed out of workflow")
        lifecycle.cancel(core, workspace, task, WORKFLOW_TIMEOUT)


def _stand_at(task: Task, position: Position) -> None:
    task.filter_index = position.filter_index
    task.target_index = position.target_index


def _arrive(core: Core, workspace: Workspace, task: Task, target: Target) -> None:
    if target.priority is not None:
        task.priority = target.priority
    # Deadlines go by the age of the task and add up, whenever a step is entered.
    task.target_deadline = None
    core.deadlines.clear("target", task.sid)
    if target.timeout is not None:
        task.target_timeouts += target.timeout
        task.target_deadline = task.date_created + task.target_timeouts
        core.deadlines.set(task.target_deadline, "target", workspace.sid, task.sid)
    task.touch(core.now)
    details = _names(workspace, task, target)
    tell_route(
        core, workspace, task, "workflow.target-matched", "matched a target", details
    )
    if task.task_queue_sid != target.queue_sid:
        _enter_queue(core, workspace, task, target.queue_sid, details)
    waiting.wait(workspace, task)


def _enter_queue(
    core: Core,
    workspace: Workspace,
    task: Task,
    queue_sid: str,
    details: dict[str, str] | None = None,
) -> None:
    previous = workspace.task_queues.get(task.task_queue_sid or "")
    queue = workspace.task_queues[queue_sid]
    task.task_queue_sid = queue.sid
    task.task_queue_friendly_name = queue.friendly_name
    task.task_queue_entered_date = core.now
    task.touch(core.now)
    if previous is not None:
        what = f"moved from {previous.friendly_name} to {queue.friendly_name}"
        tell_route(core, workspace, task, "task-queue.moved", what, details, previous)
    what = f"entered TaskQueue {queue.friendly_name}"
    tell_route(core, workspace, task, "task-queue.entered", what, details)


def _names(workspace: Workspace, task: Task, target: Target) -> dict[str, str]:
    """Return the names that events give to filter and target."""
    configuration = task.configuration
    if configuration is None:
        return {}
    if task.filter_index is None:
        chosen = configuration.default_filter
    else:
        chosen = configuration.filters[task.filter_index]
    if chosen is None:
        return {}
    names = {
        "workflow_filter_name": chosen.friendly_name,
        # A target has no name of its own; its queue's is shown (choice).
        "workflow_filter_target_name": workspace.task_queues[
            target.queue_sid
        ].friendly_name,
    }
    if chosen.expression is not None:
        names["workflow_filter_expression"] = chosen.expression.text
    if target.expression is not None:
        names["workflow_filter_target_expression"] = target.expression.text
    return names


def _tell_timeout(core: Core, workspace: Workspace, task: Task) -> None:
    what = f"timed out of TaskQueue {task.task_queue_friendly_name}"
    tell_route(core, workspace, task, "task-queue.timeout", what)


def _overdue(core: Core, task: Task) -> bool:
    return task.target_deadline is not None and task.target_deadline <= core.now


def _first_match(task: Task, start: int) -> Position | None:
    filters = task.configuration.filters if task.configuration is not None else ()
    for index in range(start, len(filters)):
        expression = filters[index].expression
        if expression is None or expression.matches(task.attributes_value):
            return Position(index, 0)
    return None


def _default(task: Task) -> Position | None:
    if task.configuration is None or task.configuration.default_filter is None:
        return None
    return Position(None, 0)


def _next(task: Task, skipped: bool) -> Position | None:
    """Return the target after the present one, or None at the end."""
    if task.configuration is None or task.filter_index is None:
        return None
    targets = task.configuration.filters[task.filter_index].targets
    if task.target_index + 1 < len(targets):
        return Position(task.filter_index, task.target_index + 1)
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


def time_out(core: Core, workspace: Workspace, task: Task) -> None:
    """Leave a target whose deadline is there.

    A reserved task stays: if nobody accepts, it goes on when it is pending again.
    """
    if task.assignment_status == "pending" and _overdue(core, task):
        _tell_timeout(core, workspace, task)
        waiting.leave(workspace, task)
        _walk(core, workspace, task, _next(task, False))


def settle(core: Core, workspace: Workspace) -> None:
    """Route all that the operation left free or homeless."""
    agenda = core.agenda
    while agenda.freed or agenda.homeless:
        freed = [w for w in agenda.freed.values() if w.sid in workspace.workers]
        homeless = [
            task
            for task in agenda.homeless.values()
            if task.assignment_status == "pending" and task.sid in workspace.tasks
        ]
        agenda.freed.clear()
        agenda.homeless.clear()
        for worker in freed:
            waiting.show_idle(workspace, worker)
        freed.sort(key=lambda worker: worker.idle_rank)
        overdue: list[Task] = []
        for task in homeless:
            if task.assignment_count >= MAX_ASSIGNMENTS:
                lifecycle.cancel(core, workspace, task, COUNT_EXCEEDED)
            elif _overdue(core, task):
                overdue.append(task)
            else:
                waiting.wait(workspace, task)
        # Who is free again may be wanted by a better task than one of these, so
        # such a worker is not reserved for them before choosing among all.
        for task in homeless:
            if task.assignment_status == "pending" and task not in overdue:
                workers = matching.workers_for(workspace, task)
                if workers and not any(worker in freed for worker in workers):
                    lifecycle.reserve(core, workspace, task, workers)
        for worker in freed:
            matching.serve(core, workspace, worker)
        for task in homeless:
            if task.assignment_status == "pending" and task not in overdue:
                matching.place(core, workspace, task)
        for task in overdue:
            time_out(core, workspace, task)


def can_restart(task: Task) -> bool:
    """Tell whether the task waits in its workflow (not past it, by routing target)."""
    target = task.routing_target
    past = target is not None and not target.startswith("WW")
    return task.assignment_status == "pending" and not past


def restart(core: Core, workspace: Workspace, task: Task) -> None:
    """Send a waiting task through its workflow once more, from the first filter."""
    waiting.leave(workspace, task)
    core.deadlines.clear("target", task.sid)
    task.target_deadline = None
    start(core, workspace, task)
