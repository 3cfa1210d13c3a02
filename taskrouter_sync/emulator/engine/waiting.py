"""Keeps the lines of the queues: who waits where, and who is idle where."""

from __future__ import annotations

from . import capacity
from .lines import IdleLine, WaitingKey, WaitingLine
from .model import Task, TaskQueue, Worker, Workspace


def key_of(task: Task, order: str) -> WaitingKey:
    """Return the place of a task: FIFO by priority and age, LIFO newest first."""
    if order == "LIFO":
        return (0.0, -task.virtual_start_time, -task.number)
    return (-task.priority, task.virtual_start_time, task.number)


def wait(workspace: Workspace, task: Task) -> None:
    """Put a pending task in the line of its queue, or of its only worker."""
    if is_direct(task):
        worker = workspace.workers.get(task.routing_target or "")
        # Whose worker is gone waits until its time to live is over.
        if worker is not None:
            worker.direct_tasks[task.sid] = None
        return
    queue = workspace.task_queues[task.task_queue_sid or ""]
    task.waiting_key = key_of(task, queue.task_order)
    line = queue.waiting.get(task.task_channel_sid)
    if line is None:
        line = queue.waiting[task.task_channel_sid] = WaitingLine()
    line.add(task.waiting_key, task.sid)
    workspace.waiting_queues[queue.sid] = None


def leave(workspace: Workspace, task: Task) -> None:
    """Take a task out of its line, if it stands in one."""
    if is_direct(task):
        worker = workspace.workers.get(task.routing_target or "")
        if worker is not None:
            worker.direct_tasks.pop(task.sid, None)
    if task.waiting_key is None:
        return
    queue = workspace.task_queues[task.task_queue_sid or ""]
    line = queue.waiting[task.task_channel_sid]
    line.remove(task.waiting_key, task.sid)
    task.waiting_key = None
    if not line:
        del queue.waiting[task.task_channel_sid]
        if not queue.waiting:
            del workspace.waiting_queues[queue.sid]


def is_direct(task: Task) -> bool:
    """Tell whether the task is routed to one worker, past the queues."""
    return task.routing_target is not None and task.routing_target.startswith("WK")


def show_idle(workspace: Workspace, worker: Worker) -> None:
    """See that the worker stands in every line where it can take a task."""
    for task_channel_sid in worker.channels_by_task_channel:
        if capacity.can_take(workspace, worker, task_channel_sid):
            rank = capacity.idle_rank(workspace, worker, task_channel_sid)
            for queue_sid in worker.queue_sids:
                line = workspace.task_queues[queue_sid].idle.get(task_channel_sid)
                if line is None:
                    line = workspace.task_queues[queue_sid].idle[task_channel_sid] = (
                        IdleLine()
                    )
                line.add(rank, worker.sid)


def sort_into_queue(queue: TaskQueue, worker: Worker) -> None:
    """Make the worker a member of the queue if its attributes match, else none."""
    if belongs(queue, worker):
        queue.worker_sids[worker.sid] = None
        worker.queue_sids[queue.sid] = None
    else:
        queue.worker_sids.pop(worker.sid, None)
        worker.queue_sids.pop(queue.sid, None)


def belongs(queue: TaskQueue, worker: Worker) -> bool:
    """Tell whether the queue's expression is true of the worker's attributes.

    An empty expression matches nobody. Only attributes can be named: for queues
    nothing else is documented.
    """
    expression = queue.target_workers_value
    return expression is not None and expression.matches(worker.attributes_value)


def forget_worker(workspace: Workspace, worker: Worker) -> None:
    """Take a worker out of all queues."""
    for queue_sid in worker.queue_sids:
        workspace.task_queues[queue_sid].worker_sids.pop(worker.sid, None)
    worker.queue_sids.clear()
