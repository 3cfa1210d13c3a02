"""REST: workers and worker channels."""

from __future__ import annotations

from typing import Any

from taskrouter_sync.emulator.api.answers import Answer, deleted
from taskrouter_sync.emulator.api.call import Call, given
from taskrouter_sync.emulator.api.filters import equals, matches
from taskrouter_sync.emulator.api.ordering import WORKERS, ordered
from taskrouter_sync.emulator.engine.model import Worker


def list_workers(call: Call) -> Answer:
    """List workers."""
    params, workspace = call.params, call.workspace
    queue_sid, queue_name = params.text("TaskQueueSid"), params.text("TaskQueueName")
    in_queues = [
        queue.worker_sids
        for queue in workspace.task_queues.values()
        if queue_sid in (None, queue.sid) and queue_name in (None, queue.friendly_name)
    ]

    def in_queue(worker: Worker) -> bool:
        if queue_sid is None and queue_name is None:
            return True
        return any(worker.sid in sids for sids in in_queues)

    return call.listed(
        "workers",
        ordered(workspace.workers.values(), params, WORKERS),
        call.render.worker,
        equals(params.text("FriendlyName"), lambda item: item.friendly_name),
        equals(params.text("ActivityName"), lambda item: item.activity_name),
        equals(params.text("ActivitySid"), lambda item: item.activity_sid),
        equals(params.boolean("Available"), lambda item: item.available),
        matches(
            "TargetWorkersExpression", params.text("TargetWorkersExpression"), _context
        ),
        in_queue,
    )


def _context(worker: Worker) -> dict[str, Any]:
    # Which wins where an attribute has the name of a field is not published: here
    # the attribute, as it is what the application wrote.
    return {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": worker.activity_sid,
        "activity_name": worker.activity_name,
        **worker.attributes_value,
    }


def create_worker(call: Call) -> Answer:
    """Create a worker."""
    params = call.params
    worker = call.engine.create_worker(
        call.workspace,
        params.required("FriendlyName"),
        **given(
            activity_sid=params.text("ActivitySid"),
            attributes=params.text("Attributes"),
        ),
    )
    return call.created(call.render.worker(worker), worker)


def fetch_worker(call: Call) -> Answer:
    """Show a worker."""
    worker = call.engine.worker(call.workspace, call.sid)
    return call.found(call.render.worker(worker), worker)


def update_worker(call: Call) -> Answer:
    """Change a worker."""
    params = call.params
    worker = call.engine.worker(call.workspace, call.sid)
    call.check_version(worker)
    call.engine.update_worker(
        worker,
        **given(
            friendly_name=params.text("FriendlyName"),
            activity_sid=params.text("ActivitySid"),
            attributes=params.text("Attributes"),
            reject_pending_reservations=params.boolean("RejectPendingReservations"),
        ),
    )
    return call.found(call.render.worker(worker), worker)


def delete_worker(call: Call) -> Answer:
    """Delete a worker."""
    worker = call.engine.worker(call.workspace, call.sid)
    call.check_version(worker)
    call.engine.delete_worker(worker)
    return deleted()


def list_worker_channels(call: Call) -> Answer:
    """List a worker's channels."""
    channels = call.worker.channels.values()
    return call.listed("channels", channels, call.render.worker_channel)


def fetch_worker_channel(call: Call) -> Answer:
    """Show a worker's channel, by WC sid or the task channel's unique name."""
    channel = call.engine.worker_channel(call.worker, call.sid)
    return call.found(call.render.worker_channel(channel))


def update_worker_channel(call: Call) -> Answer:
    """Change capacity or availability of a worker's channel."""
    params = call.params
    channel = call.engine.update_worker_channel(
        call.engine.worker_channel(call.worker, call.sid),
        **given(
            capacity=params.integer("Capacity"),
            available=params.boolean("Available"),
        ),
    )
    return call.found(call.render.worker_channel(channel))
