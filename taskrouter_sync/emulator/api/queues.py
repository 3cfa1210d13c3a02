"""REST: task queues and workflows."""

from __future__ import annotations

from typing import Any

from taskrouter_sync.emulator.api.answers import Answer, deleted
from taskrouter_sync.emulator.api.call import Call, given
from taskrouter_sync.emulator.api.filters import equals
from taskrouter_sync.emulator.api.ordering import TASK_QUEUES, ordered
from taskrouter_sync.emulator.api.render import Json
from taskrouter_sync.emulator.engine.expressions import parse
from taskrouter_sync.emulator.engine.model import TaskQueue
from taskrouter_sync.emulator.engine.values import parse_json


_MAX_ATTRIBUTES = 4096


def list_task_queues(call: Call) -> Answer:
    """List task queues."""
    params, workspace = call.params, call.workspace
    worker_sid = params.text("WorkerSid")
    attributes = params.text("EvaluateWorkerAttributes")
    document = (
        None
        if attributes is None
        else parse_json(attributes, _MAX_ATTRIBUTES, "EvaluateWorkerAttributes")
    )

    def for_attributes(queue: TaskQueue) -> bool:
        return document is None or _accepts(queue, document)

    def for_worker(queue: TaskQueue) -> bool:
        return worker_sid is None or worker_sid in queue.worker_sids

    return call.listed(
        "task_queues",
        ordered(workspace.task_queues.values(), params, TASK_QUEUES),
        lambda queue: call.render.task_queue(queue, workspace),
        equals(params.text("FriendlyName"), lambda item: item.friendly_name),
        for_attributes,
        for_worker,
    )


def _accepts(queue: TaskQueue, attributes: dict[str, Any]) -> bool:
    # The empty expression matches nobody.
    text = queue.target_workers
    return bool(text.strip()) and parse(text).matches(attributes)


def create_task_queue(call: Call) -> Answer:
    """Create a task queue."""
    params = call.params
    queue = call.engine.create_task_queue(
        call.workspace, params.required("FriendlyName"), **_settings(call)
    )
    return call.created(_task_queue(call, queue))


def fetch_task_queue(call: Call) -> Answer:
    """Show a task queue."""
    queue = call.engine.task_queue(call.workspace, call.sid)
    return call.found(_task_queue(call, queue))


def update_task_queue(call: Call) -> Answer:
    """Change a task queue."""
    queue = call.engine.update_task_queue(
        call.engine.task_queue(call.workspace, call.sid),
        **given(friendly_name=call.params.text("FriendlyName")),
        **_settings(call),
    )
    return call.found(_task_queue(call, queue))


def delete_task_queue(call: Call) -> Answer:
    """Delete a task queue."""
    call.engine.delete_task_queue(call.engine.task_queue(call.workspace, call.sid))
    return deleted()


def _settings(call: Call) -> dict[str, Any]:
    params = call.params
    return given(
        target_workers=params.text("TargetWorkers"),
        max_reserved_workers=params.integer("MaxReservedWorkers"),
        task_order=params.text("TaskOrder"),
        reservation_activity_sid=params.text("ReservationActivitySid"),
        assignment_activity_sid=params.text("AssignmentActivitySid"),
    )


def _task_queue(call: Call, queue: TaskQueue) -> Json:
    return call.render.task_queue(queue, call.workspace)


def list_workflows(call: Call) -> Answer:
    """List workflows."""
    return call.listed(
        "workflows",
        call.workspace.workflows.values(),
        call.render.workflow,
        equals(call.params.text("FriendlyName"), lambda item: item.friendly_name),
    )


def create_workflow(call: Call) -> Answer:
    """Create a workflow."""
    params = call.params
    workflow = call.engine.create_workflow(
        call.workspace,
        params.required("FriendlyName"),
        params.required("Configuration"),
        **given(
            assignment_callback_url=params.text("AssignmentCallbackUrl"),
            fallback_assignment_callback_url=params.text(
                "FallbackAssignmentCallbackUrl"
            ),
            task_reservation_timeout=params.integer("TaskReservationTimeout"),
        ),
    )
    return call.created(call.render.workflow(workflow))


def fetch_workflow(call: Call) -> Answer:
    """Show a workflow."""
    workflow = call.engine.workflow(call.workspace, call.sid)
    return call.found(call.render.workflow(workflow))


def update_workflow(call: Call) -> Answer:
    """Change a workflow."""
    params = call.params
    workflow = call.engine.update_workflow(
        call.engine.workflow(call.workspace, call.sid),
        **given(
            friendly_name=params.text("FriendlyName"),
            configuration=params.text("Configuration"),
            assignment_callback_url=params.text("AssignmentCallbackUrl"),
            fallback_assignment_callback_url=params.text(
                "FallbackAssignmentCallbackUrl"
            ),
            task_reservation_timeout=params.integer("TaskReservationTimeout"),
            re_evaluate_tasks=params.boolean("ReEvaluateTasks"),
        ),
    )
    return call.found(call.render.workflow(workflow))


def delete_workflow(call: Call) -> Answer:
    """Delete a workflow."""
    call.engine.delete_workflow(call.engine.workflow(call.workspace, call.sid))
    return deleted()
