"""Statistics as REST JSON: the figures of each kind of subject.

Owns: which figures belong to which subject, of the moment and of an interval. The
numbers are the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from taskrouter_sync.emulator.api.call import Call
from taskrouter_sync.emulator.api.interval import interval
from taskrouter_sync.emulator.api.render import Json, iso
from taskrouter_sync.emulator.api.statistics_query import (
    chosen_workers,
    task_channel_sid,
    task_events,
    thresholds,
)
from taskrouter_sync.emulator.engine import (
    statistics_cumulative as cumulative,
    statistics_realtime as realtime,
)
from taskrouter_sync.emulator.engine.activity_times import activity_durations
from taskrouter_sync.emulator.engine.model import Task, TaskQueue, Worker


OfQueue = Callable[[TaskQueue], Json]


def _span(call: Call) -> Json:
    start, end = interval(call)
    return {"start_time": iso(start), "end_time": iso(end)}


def _tasks(call: Call, workflow_sid: str | None = None) -> list[Task]:
    channel_sid = task_channel_sid(call)
    return realtime.present_tasks(call.workspace, channel_sid, workflow_sid)


def workspace_realtime(call: Call) -> Json:
    """Tell the moment of a workspace."""
    workspace = call.workspace
    return {
        **realtime.activity_figures(workspace, workspace.workers.values()),
        **realtime.task_figures(_tasks(call), call.engine.now),
        "total_workers": len(workspace.workers),
    }


def workspace_cumulative(call: Call) -> Json:
    """Tell the interval of a workspace."""
    tally = cumulative.tally(task_events(call))
    return {
        **_span(call),
        **tally.counts(cumulative.WORKSPACE),
        **tally.waits(thresholds(call)),
    }


def workflow_realtime(call: Call) -> Json:
    """Tell the moment of a workflow."""
    workflow = call.engine.workflow(call.workspace, call.sid)
    return realtime.task_figures(_tasks(call, workflow.sid), call.engine.now)


def workflow_cumulative(call: Call) -> Json:
    """Tell the interval of a workflow."""
    workflow = call.engine.workflow(call.workspace, call.sid)
    tally = cumulative.tally(task_events(call, workflow.sid))
    return {
        **_span(call),
        **tally.counts(cumulative.WORKFLOW),
        **tally.waits(thresholds(call)),
    }


# Only the resource with both kinds can be asked for some of the workers.


def workers_realtime(call: Call) -> Json:
    """Tell the moment of all workers."""
    return _present(call, call.workspace.workers.values())


def workers_cumulative(call: Call) -> Json:
    """Tell the interval of all workers, also of those who are gone (choice)."""
    return _work(call, None)


def chosen_workers_realtime(call: Call) -> Json:
    """Tell the moment of the workers that the query names, or of all."""
    chosen = chosen_workers(call)
    return workers_realtime(call) if chosen is None else _present(call, chosen)


def chosen_workers_cumulative(call: Call) -> Json:
    """Tell the interval of the workers that the query names, or of all."""
    chosen = chosen_workers(call)
    return _work(call, None if chosen is None else {worker.sid for worker in chosen})


def worker_cumulative(call: Call) -> Json:
    """Tell the interval of one worker."""
    return _work(call, {call.engine.worker(call.workspace, call.sid).sid})


def _present(call: Call, workers: Collection[Worker]) -> Json:
    # A TaskChannel must be one, but workers are in an activity with all of theirs.
    task_channel_sid(call)
    return {
        **realtime.activity_figures(call.workspace, workers),
        "total_workers": len(workers),
    }


def _work(call: Call, worker_sids: Collection[str] | None) -> Json:
    # A TaskChannel restricts the reservations only, as activities are of no channel.
    start, end = interval(call)
    events = task_events(call)
    if worker_sids is not None:
        events = cumulative.of_workers(events, worker_sids)
    until = min(end, call.engine.now)
    return {
        **_span(call),
        **activity_durations(call.workspace, start, until, worker_sids),
        **cumulative.tally(events).counts(cumulative.WORKERS),
    }


def queues_realtime(call: Call) -> OfQueue:
    """Sort the tasks once, and give what tells the moment of a queue."""
    workspace, now = call.workspace, call.engine.now
    tasks = realtime.by_queue(_tasks(call))

    def figures(queue: TaskQueue) -> Json:
        mine = tasks.get(queue.sid, [])
        return {
            **realtime.queue_worker_figures(workspace, queue),
            **realtime.task_figures(mine, now),
            **realtime.relative_age_figures(mine, now),
        }

    return figures


def queues_cumulative(call: Call) -> OfQueue:
    """Count the events once, and give what tells the interval of a queue."""
    span, at = _span(call), thresholds(call)
    tallies = cumulative.tally_by_queue(task_events(call))

    def figures(queue: TaskQueue) -> Json:
        tally = tallies.get(queue.sid) or cumulative.Tally()
        return {
            **span,
            **tally.counts(cumulative.TASK_QUEUE),
            **tally.waits(at),
            **tally.waits_in_queue(),
        }

    return figures


def queues_both(call: Call) -> OfQueue:
    """Give what tells the moment and the interval of a queue."""
    of_moment, of_span = queues_realtime(call), queues_cumulative(call)
    return lambda queue: {"realtime": of_moment(queue), "cumulative": of_span(queue)}


def queue_realtime(call: Call) -> Json:
    """Tell the moment of the queue in the path."""
    queue = call.engine.task_queue(call.workspace, call.sid)
    return queues_realtime(call)(queue)


def queue_cumulative(call: Call) -> Json:
    """Tell the interval of the queue in the path."""
    queue = call.engine.task_queue(call.workspace, call.sid)
    return queues_cumulative(call)(queue)


def queues_in_bulk(call: Call, sids: Collection[str]) -> list[Json]:
    """Tell the moment of each queue (WQ); one that is not here has zeros."""
    workspace, now = call.workspace, call.engine.now
    tasks = realtime.by_queue(realtime.present_tasks(workspace))
    return [
        {
            "task_queue_sid": sid,
            **realtime.queue_worker_figures(workspace, workspace.task_queues.get(sid)),
            **realtime.task_figures(tasks.get(sid, []), now),
        }
        for sid in sids
    ]
