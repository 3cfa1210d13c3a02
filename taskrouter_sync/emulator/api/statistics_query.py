"""What a request for statistics asks for: which time, channel, thresholds, workers.

Owns: reading these parameters. Raises the service's errors.
"""

from __future__ import annotations

from taskrouter_sync.emulator.api.call import Call
from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.api.interval import interval
from taskrouter_sync.emulator.engine import statistics_cumulative as cumulative
from taskrouter_sync.emulator.engine.base import find_task_channel
from taskrouter_sync.emulator.engine.events import Event
from taskrouter_sync.emulator.engine.model import Worker


def task_channel_sid(call: Call) -> str | None:
    """Give the sid of the TaskChannel, given by sid or unique name."""
    name = call.params.text("TaskChannel")
    if not name:
        return None
    channel = find_task_channel(call.workspace, name)
    if channel is None:
        raise invalid(f"TaskChannel {name} is not in the workspace")
    return channel.sid


def thresholds(call: Call) -> list[int]:
    """Give the SplitByWaitTime in seconds, each once, in their order."""
    texts = call.params.choices("SplitByWaitTime")
    for text in texts:
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise invalid("SplitByWaitTime must be seconds, separated by commas")
    return list(dict.fromkeys(int(text) for text in texts))


def task_events(call: Call, workflow_sid: str | None = None) -> list[Event]:
    """List what happened to tasks in the interval, as far as it is asked for."""
    events = call.workspace.events.between(*interval(call))
    return cumulative.of_tasks(events, task_channel_sid(call), workflow_sid)


def chosen_workers(call: Call) -> list[Worker] | None:
    """List the workers that the query names, None if it names none.

    What is not in the workspace just matches nobody, as in the list of workers.
    """
    params, workspace = call.params, call.workspace
    name = params.text("FriendlyName")
    queue_sid, queue_name = params.text("TaskQueueSid"), params.text("TaskQueueName")
    if name is None and queue_sid is None and queue_name is None:
        return None
    workers = list(workspace.workers.values())
    if queue_sid is not None or queue_name is not None:
        eligible = {
            sid
            for queue in workspace.task_queues.values()
            if queue_sid in (None, queue.sid)
            and queue_name in (None, queue.friendly_name)
            for sid in queue.worker_sids
        }
        workers = [worker for worker in workers if worker.sid in eligible]
    return [worker for worker in workers if name in (None, worker.friendly_name)]
