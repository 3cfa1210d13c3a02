"""Tasks: made, changed, ended."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.model import Task, Worker

from .support import START, Bench, holders, pending


def update(bench: Bench, task: Task, status: str, **options: Any) -> Task:
    return bench.engine.tasks.update(task, assignment_status=status, **options)


@pytest.fixture(params=["assigned", "wrapping"])
def at_work(request: pytest.FixtureRequest, bench: Bench, task: Task) -> Task:
    """The task, which Ann works on; nothing has happened since."""
    bench.accept(task)
    if request.param == "wrapping":
        update(bench, task, "wrapping")
    bench.told()
    return task


class TestCreate:
    def test_defaults(self, bench: Bench) -> None:
        queue = bench.flow()
        task = bench.engine.tasks.create(bench.workspace)
        assert (task.attributes, task.priority, task.timeout) == ("{}", 0, 86400)
        assert task.task_channel_unique_name == "default"
        assert task.virtual_start_time == task.date_created == START
        assert (task.assignment_status, task.reason) == ("pending", None)
        assert (task.routing_target, task.ignore_capacity) == (None, False)
        assert task.workflow_friendly_name == "Flow"
        assert task.task_queue_sid == queue.sid

    def test_events_in_order(self, bench: Bench, ann: Worker) -> None:
        bench.told()
        bench.task()
        assert bench.told() == [
            "workflow.target-matched",
            "task.created",
            "task-queue.entered",
            "workflow.entered",
            "reservation.created",
        ]

    def test_the_attributes_text_is_kept_as_given(
        self, bench: Bench, ann: Worker
    ) -> None:
        text = '{ "a":1,\n "b" : [ ] }'
        task = bench.engine.tasks.create(bench.workspace, attributes=text)
        assert task.attributes == text

    @pytest.mark.parametrize("workflows", [0, 2])
    def test_the_workflow_is_needed_unless_there_is_just_one(
        self, bench: Bench, workflows: int
    ) -> None:
        for _ in range(workflows):
            bench.flow()
        with pytest.raises(ServiceError, match="WorkflowSid field is required"):
            bench.task()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"workflow_sid": "WW0"}, "WorkflowSid WW0"),
            ({"timeout": 0}, "Timeout must be between 1 and 1209600"),
            ({"timeout": 1_209_601}, "Timeout must be between"),
            ({"priority": -1}, "Priority must be between 0 and 2147483647"),
            ({"task_channel": "fax"}, "TaskChannel fax"),
            ({"virtual_start_time": START + 1}, "future"),
            ({"virtual_start_time": -3e9}, "before 1900"),
            ({"virtual_start_time": float("nan")}, "before 1900"),
            ({"routing_target": "WK0"}, "RoutingTarget WK0"),
            ({"ignore_capacity": True}, "IgnoreCapacity needs"),
            ({"task_queue_sid": "WQ0"}, "TaskQueueSid WQ0"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, bench: Bench, options: dict[str, Any], message: str
    ) -> None:
        bench.flow()
        with pytest.raises(ServiceError, match=message) as caught:
            bench.task(**options)
        assert (caught.value.status, caught.value.code) == (400, 20001)
        assert bench.workspace.tasks == {}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "1",
            "null",
            '"x"',
            '{"a": NaN}',
            "[" * 4000,
            "{}" + " " * 4095,
        ],
    )
    def test_attributes_are_a_json_object_of_limited_size(
        self, bench: Bench, text: str
    ) -> None:
        bench.flow()
        with pytest.raises(ServiceError, match="Attributes"):
            bench.engine.tasks.create(bench.workspace, attributes=text)


class TestUpdate:
    def test_attributes_are_replaced_and_the_version_rises_by_one(
        self, bench: Bench, task: Task
    ) -> None:
        version = task.version
        bench.engine.tasks.update(task, attributes='{"a": 1}')
        assert task.attributes_value == {"a": 1}
        assert task.version == version + 1

    def test_who_holds_a_reservation_hears_of_it(
        self, bench: Bench, ann: Worker, task: Task
    ) -> None:
        bench.engine.tasks.update(task, attributes="{}")
        (event,) = bench.events
        assert event.event_type == "task.updated"
        assert event.worker_sids == (ann.sid,)

    def test_without_parameters_nothing_happens(self, bench: Bench, task: Task) -> None:
        version = task.version
        bench.engine.tasks.update(task)
        assert (task.version, bench.told()) == (version, [])

    def test_a_channel_can_change_while_the_task_waits(
        self, bench: Bench, ann: Worker, task: Task
    ) -> None:
        second = bench.task()
        bench.engine.tasks.update(second, task_channel="voice")
        assert holders(second) == ["Ann"]
        with pytest.raises(ServiceError, match="Cannot change TaskChannel"):
            bench.engine.tasks.update(task, task_channel="voice")
        bench.engine.tasks.update(task, task_channel="default")

    @pytest.mark.parametrize("status", ["wrapping", "completed"])
    def test_status_and_attributes_take_two_requests(
        self, bench: Bench, task: Task, status: str
    ) -> None:
        bench.accept(task)
        with pytest.raises(ServiceError, match="together with AssignmentStatus"):
            update(bench, task, status, attributes="{}")
        assert task.assignment_status == "assigned"

    def test_an_unknown_status_is_refused(self, bench: Bench, task: Task) -> None:
        with pytest.raises(ServiceError, match="AssignmentStatus must be one of"):
            update(bench, task, "reserved")

    def test_attributes_of_finished_tasks_can_change(
        self, bench: Bench, task: Task
    ) -> None:
        update(bench, task, "canceled")
        bench.engine.tasks.update(task, attributes='{"result": 1}')
        assert task.attributes_value == {"result": 1}

    def test_the_past_is_no_trouble(self, bench: Bench, task: Task) -> None:
        bench.engine.tasks.update(task, virtual_start_time=0.0)
        with pytest.raises(ServiceError, match="future"):
            bench.engine.tasks.update(task, virtual_start_time=START + 60)


class TestCancel:
    def test_a_reserved_task(self, bench: Bench, ann: Worker, task: Task) -> None:
        reservation = pending(task)
        update(bench, task, "canceled", reason="gone home")
        assert (task.assignment_status, task.reason) == ("canceled", "gone home")
        assert reservation.reservation_status == "canceled"
        assert bench.events[0].worker_sids == (ann.sid,)
        assert bench.told() == ["task.canceled", "reservation.canceled"]

    def test_a_waiting_task(self, bench: Bench, task: Task) -> None:
        waiting = bench.task()
        bench.told()
        update(bench, waiting, "canceled")
        assert bench.told() == ["task.canceled"]
        bench.accept(task)
        bench.complete(task)
        assert waiting.assignment_status == "canceled"

    def test_an_assigned_task_cannot_be_canceled(
        self, bench: Bench, task: Task
    ) -> None:
        bench.accept(task)
        with pytest.raises(ServiceError) as caught:
            update(bench, task, "canceled")
        assert caught.value.message == (
            f"Cannot cancel task {task.sid} in workspace {bench.workspace.sid}"
            f" for account {bench.engine.account_sid}"
            " because it is not pending or reserved."
        )

    def test_the_worker_is_free_again(self, bench: Bench, task: Task) -> None:
        waiting = bench.task()
        update(bench, task, "canceled")
        assert holders(waiting) == ["Ann"]


class TestWrapAndComplete:
    def test_wrapping(self, bench: Bench, ann: Worker, task: Task) -> None:
        reservation = bench.accept(task)
        bench.told()
        update(bench, task, "wrapping")
        assert reservation.reservation_status == "wrapping"
        assert bench.told() == ["task.wrapup", "reservation.wrapup"]
        assert bench.task().assignment_status == "pending"

    def test_completing(self, bench: Bench, at_work: Task) -> None:
        update(bench, at_work, "completed", reason="done")
        assert (at_work.assignment_status, at_work.reason) == ("completed", "done")
        (reservation,) = at_work.reservations.values()
        assert reservation.reservation_status == "completed"
        assert bench.told() == ["task.completed", "reservation.completed"]

    def test_completing_frees_the_worker(self, bench: Bench, task: Task) -> None:
        waiting = bench.task()
        bench.accept(task)
        bench.complete(task)
        assert holders(waiting) == ["Ann"]

    def test_only_assigned_tasks_wrap_up(self, bench: Bench, task: Task) -> None:
        with pytest.raises(ServiceError) as caught:
            update(bench, task, "wrapping")
        assert caught.value.message == (
            f"Cannot wrap up a task {task.sid} in workspace {bench.workspace.sid}"
            f" for account {bench.engine.account_sid}"
            " because it's not currently assigned"
        )

    def test_only_assigned_tasks_complete(self, bench: Bench, task: Task) -> None:
        with pytest.raises(ServiceError, match="Cannot complete task"):
            bench.complete(task)
        bench.accept(task)
        bench.complete(task)
        with pytest.raises(ServiceError, match="Cannot complete task"):
            bench.complete(task)


class TestDelete:
    def test_an_offered_task(self, bench: Bench, ann: Worker, task: Task) -> None:
        reservation = pending(task)
        bench.engine.tasks.delete(task)
        assert bench.told() == ["task.deleted", "reservation.canceled"]
        assert reservation.reservation_status == "canceled"
        assert bench.workspace.tasks == {}
        assert ann.reservations == {}

    def test_a_task_at_work(self, bench: Bench, at_work: Task) -> None:
        bench.engine.tasks.delete(at_work)
        assert bench.told() == ["task.deleted", "reservation.completed"]

    def test_a_finished_task(self, bench: Bench, task: Task) -> None:
        update(bench, task, "canceled")
        bench.told()
        bench.engine.tasks.delete(task)
        assert bench.told() == ["task.deleted"]
        assert bench.engine.next_deadline() is None

    def test_what_is_deleted_is_not_found(self, bench: Bench, task: Task) -> None:
        bench.engine.tasks.delete(task)
        path = f"/Workspaces/{bench.workspace.sid}/Tasks/{task.sid}"
        for verb in (bench.engine.tasks.delete, bench.engine.tasks.update):
            with pytest.raises(ServiceError) as caught:
                verb(task)
            assert (caught.value.status, caught.value.code) == (404, 20404)
            assert caught.value.message == (
                f"The requested resource {path} was not found"
            )


class TestTime:
    def test_the_time_to_live_ends_waiting_and_offered_tasks(
        self, bench: Bench, ann: Worker
    ) -> None:
        offered, waiting = bench.task(timeout=60), bench.task(timeout=60)
        bench.told()
        bench.advance(60)
        assert offered.assignment_status == waiting.assignment_status == "canceled"
        assert offered.reason == waiting.reason == "Task TTL Exceeded"
        assert bench.events[0].description == "Task TTL Exceeded"
        assert bench.told() == [
            "task.canceled",
            "reservation.canceled",
            "reservation.created",
            "task.canceled",
            "reservation.canceled",
        ]

    def test_it_does_not_count_once_assigned(self, bench: Bench, ann: Worker) -> None:
        task = bench.task(timeout=60)
        bench.accept(task)
        bench.advance(60)
        assert task.assignment_status == "assigned"

    def test_a_day_after_acceptance_the_system_deletes(
        self, bench: Bench, at_work: Task
    ) -> None:
        bench.advance(86399)
        assert at_work.sid in bench.workspace.tasks
        bench.advance(1)
        assert at_work.sid not in bench.workspace.tasks
        assert bench.told() == ["task.system-deleted", "reservation.completed"]

    def test_finished_tasks_go_after_five_minutes_without_a_word(
        self, bench: Bench, ann: Worker, task: Task
    ) -> None:
        bench.accept(task)
        bench.complete(task)
        bench.told()
        bench.advance(299)
        assert bench.engine.tasks.find(bench.workspace, task.sid) is task
        bench.advance(1)
        assert task.sid not in bench.workspace.tasks
        assert ann.reservations == {}
        assert bench.told() == []
        assert bench.engine.next_deadline() is None
