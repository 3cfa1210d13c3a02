"""REST: tasks."""

from __future__ import annotations

from typing import get_args

from taskrouter_sync.emulator.api.answers import Answer, deleted
from taskrouter_sync.emulator.api.call import Call, given
from taskrouter_sync.emulator.api.filters import equals, matches, one_of
from taskrouter_sync.emulator.api.ordering import TASKS, TASKS_APART, ordered
from taskrouter_sync.emulator.api.render import Json
from taskrouter_sync.emulator.engine import values
from taskrouter_sync.emulator.engine.model import Task, TaskStatus


def list_tasks(call: Call) -> Answer:
    """List tasks."""
    params = call.params
    statuses = params.choices("AssignmentStatus")
    for status in statuses:
        values.one_of(status, get_args(TaskStatus), "AssignmentStatus")
    # There are no add-ons here: no task has any.
    with_addons = params.boolean("HasAddons") is True
    return call.listed(
        "tasks",
        ordered(call.workspace.tasks.values(), params, TASKS, apart=TASKS_APART),
        lambda task: _task(call, task),
        equals(params.integer("Priority"), lambda item: item.priority),
        one_of(statuses, lambda item: item.assignment_status),
        equals(params.text("WorkflowSid"), lambda item: item.workflow_sid),
        equals(params.text("WorkflowName"), lambda item: item.workflow_friendly_name),
        equals(params.text("TaskQueueSid"), lambda item: item.task_queue_sid),
        equals(
            params.text("TaskQueueName"), lambda item: item.task_queue_friendly_name
        ),
        equals(params.text("RoutingTarget"), lambda item: item.routing_target),
        matches(
            "EvaluateTaskAttributes",
            params.text("EvaluateTaskAttributes"),
            lambda item: item.attributes_value,
        ),
        lambda item: not with_addons,
    )


def create_task(call: Call) -> Answer:
    """Create a task."""
    params = call.params
    task = call.engine.create_task(
        call.workspace,
        **given(
            workflow_sid=params.text("WorkflowSid"),
            attributes=params.text("Attributes"),
            timeout=params.integer("Timeout"),
            priority=params.integer("Priority"),
            task_channel=params.text("TaskChannel"),
            virtual_start_time=params.date("VirtualStartTime"),
            routing_target=params.text("RoutingTarget"),
            ignore_capacity=params.boolean("IgnoreCapacity"),
            task_queue_sid=params.text("TaskQueueSid"),
        ),
    )
    return call.created(_task(call, task), task)


def fetch_task(call: Call) -> Answer:
    """Show a task."""
    task = call.engine.task(call.workspace, call.sid)
    return call.found(_task(call, task), task)


def update_task(call: Call) -> Answer:
    """Change a task."""
    params = call.params
    task = call.engine.task(call.workspace, call.sid)
    call.check_version(task)
    call.engine.update_task(
        task,
        **given(
            attributes=params.text("Attributes"),
            assignment_status=params.text("AssignmentStatus"),
            reason=params.text("Reason"),
            priority=params.integer("Priority"),
            task_channel=params.text("TaskChannel"),
            virtual_start_time=params.date("VirtualStartTime"),
        ),
    )
    return call.found(_task(call, task), task)


def delete_task(call: Call) -> Answer:
    """Delete a task."""
    task = call.engine.task(call.workspace, call.sid)
    call.check_version(task)
    call.engine.delete_task(task)
    return deleted()


def _task(call: Call, task: Task) -> Json:
    return call.render.task(task, call.engine.now)
