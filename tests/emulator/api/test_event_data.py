"""Each kind of event tells what it is about, in texts."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.api.rendering import event_data

from ..engine.support import Bench, filter_of, target


@pytest.fixture
def events() -> dict[str, dict[str, str]]:
    """What the last event of each type tells, after a busy day."""
    bench = Bench()
    bench.flow()
    engine, workspace = bench.engine, bench.workspace
    engine.workspaces.create("Support")
    engine.activities.create(workspace, "Lunch", available=False)
    engine.task_channels.create(workspace, "Fax", "fax")
    ann = bench.worker("Ann")
    engine.workers.update_channel(ann.channel("voice"), capacity=3)
    canceled = bench.task(attributes={"n": 1}, priority=2)
    engine.tasks.update(canceled, assignment_status="canceled", reason="left")
    done = bench.task()
    bench.accept(done)
    engine.tasks.update(done, assignment_status="completed", reason="solved")
    engine.workers.update(ann, activity_sid=bench.offline)
    first, second = bench.queue(), bench.queue()
    steps = filter_of(target(first, timeout=9), target(second))
    bench.task(workflow_sid=bench.workflow(steps).sid)
    bench.advance(9)
    return {event.event_type: event_data(event) for event in bench.events}


TOLD = [
    ("workspace.created", "workspace_name", "Support"),
    ("activity.created", "activity_name", "Lunch"),
    ("activity.created", "activity_available", "false"),
    ("task-channel.created", "task_channel_name", "Fax"),
    ("task-channel.created", "task_channel_unique_name", "fax"),
    ("task-channel.created", "task_channel_optimized_routing", "false"),
    ("worker.capacity.update", "worker_name", "Ann"),
    ("worker.capacity.update", "worker_channel_available", "true"),
    ("worker.capacity.update", "worker_channel_available_capacity", "100"),
    ("worker.capacity.update", "worker_channel_task_count", "0"),
    ("worker.capacity.update", "worker_channel_previous_capacity", "1"),
    ("worker.capacity.update", "task_channel_unique_name", "voice"),
    ("worker.activity.update", "worker_activity_name", "Offline"),
    ("worker.activity.update", "worker_previous_activity_name", "Available"),
    ("worker.activity.update", "worker_time_in_previous_activity", "0"),
    ("task.canceled", "task_attributes", '{"n": 1}'),
    ("task.canceled", "task_priority", "2"),
    ("task.canceled", "task_age", "0"),
    ("task.canceled", "task_assignment_status", "canceled"),
    ("task.canceled", "task_canceled_reason", "left"),
    ("task.canceled", "task_queue_name", "Queue 1"),
    ("task.canceled", "task_queue_target_expression", "1==1"),
    ("task.canceled", "workflow_name", "Flow"),
    ("task.completed", "task_completed_reason", "solved"),
    ("task.completed", "task_addons", "{}"),
    ("task.completed", "worker_name", "Ann"),
    ("task.completed", "worker_attributes", "{}"),
    ("task.completed", "worker_activity_name", "Available"),
    ("task.completed", "task_queue_name", "Queue 1"),
    ("task-queue.moved", "previous_task_queue_name", "Queue 2"),
    ("task-queue.moved", "task_queue_name", "Queue 3"),
    ("reservation.accepted", "worker_name", "Ann"),
    ("reservation.accepted", "task_assignment_status", "assigned"),
    ("reservation.accepted", "task_addons", "{}"),
]


@pytest.mark.parametrize(("event_type", "field", "value"), TOLD)
def test_an_event_tells_what_it_is_about(
    events: dict[str, Any], event_type: str, field: str, value: str
) -> None:
    assert events[event_type][field] == value


def test_what_is_not_known_is_left_out(events: dict[str, Any]) -> None:
    assert "task_routing_target" not in events["task.completed"]
    assert "task_canceled_reason" not in events["task.completed"]
    assert "activity_name" not in events["worker.activity.update"]
