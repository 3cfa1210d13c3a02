"""Workspaces, activities, workers, queues, workflows, task channels as such."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.model import Task, Worker

from .support import START, Bench, configuration, filter_of, holders, target


def names(container: dict[str, Any]) -> list[str]:
    return [entity.friendly_name for entity in container.values()]


class TestWorkspaces:
    def test_a_new_one_has_activities_and_channels(self, bench: Bench) -> None:
        workspace = bench.workspace
        assert [
            (a.friendly_name, a.available) for a in workspace.activities.values()
        ] == [("Offline", False), ("Available", True), ("Unavailable", False)]
        expected = ["default", "voice", "chat", "sms", "video"]
        assert [c.unique_name for c in workspace.task_channels.values()] == expected
        assert workspace.default_activity_name == "Offline"
        assert workspace.timeout_activity_name == "Offline"
        assert (workspace.task_queues, workspace.workflows) == ({}, {})

    def test_template_fifo_adds_a_queue_and_a_workflow(self, bench: Bench) -> None:
        workspace = bench.engine.workspaces.create("Fifo", template="FIFO")
        (queue,) = workspace.task_queues.values()
        (flow,) = workspace.workflows.values()
        assert (queue.friendly_name, queue.target_workers) == ("Sample Queue", "1==1")
        assert flow.friendly_name == "Default Fifo Workflow"
        assert flow.task_reservation_timeout == 120
        task = bench.engine.tasks.create(workspace)
        assert task.task_queue_sid == queue.sid
        assert bench.told() == [
            "workspace.created",
            *["activity.created"] * 3,
            "task-queue.created",
            "workflow.created",
            "workflow.target-matched",
            "task.created",
            "task-queue.entered",
            "workflow.entered",
        ]

    def test_update_changes_what_is_given(self, bench: Bench) -> None:
        workspace = bench.workspace
        bench.advance(9)
        bench.engine.workspaces.update(
            workspace,
            friendly_name="Other",
            event_callback_url="http://localhost/",
            events_filter="task.created",
            default_activity_sid=bench.available,
        )
        assert workspace.friendly_name == "Other"
        assert workspace.event_callback_url == "http://localhost/"
        assert workspace.default_activity_name == "Available"
        assert workspace.timeout_activity_name == "Offline"
        assert workspace.date_updated == START + 9
        bench.engine.workspaces.update(workspace, event_callback_url="")
        assert workspace.event_callback_url is None
        assert workspace.events_filter == "task.created"

    def test_deleting_takes_everything_along(self, bench: Bench) -> None:
        bench.flow()
        bench.worker("Ann")
        bench.accept(bench.task())
        bench.task()
        bench.told()
        bench.engine.workspaces.delete(bench.workspace)
        assert bench.engine.workspaces == {}
        assert bench.engine.next_deadline() is None
        assert bench.told() == ["workspace.deleted"]
        with pytest.raises(ServiceError) as caught:
            bench.task()
        assert caught.value.status == 404


class TestActivities:
    def test_are_unavailable_by_default(self, bench: Bench) -> None:
        activity = bench.engine.activities.create(bench.workspace, "Lunch")
        assert not activity.available
        assert bench.told() == ["activity.created"]

    def test_a_new_name_shows_at_the_workers(self, bench: Bench) -> None:
        ann = bench.worker("Ann")
        activity = bench.engine.activities.find(bench.workspace, bench.available)
        bench.engine.activities.update(activity, friendly_name="Idle")
        assert ann.activity_name == "Idle"

    def test_one_that_is_used_cannot_be_deleted(self, bench: Bench) -> None:
        bench.worker("Ann")
        bench.queue(reservation_activity_sid=bench.unavailable)
        for sid in (bench.offline, bench.available, bench.unavailable):
            with pytest.raises(ServiceError):
                bench.engine.activities.delete(bench.workspace.activities[sid])
        lunch = bench.engine.activities.create(bench.workspace, "Lunch")
        bench.engine.activities.delete(lunch)
        expected = ["Offline", "Available", "Unavailable"]
        assert names(bench.workspace.activities) == expected

    def test_at_most_a_hundred(self, bench: Bench) -> None:
        for number in range(97):
            bench.engine.activities.create(bench.workspace, f"A{number}")
        with pytest.raises(ServiceError, match="at most 100"):
            bench.engine.activities.create(bench.workspace, "One more")


class TestWorkers:
    def test_start_in_the_default_activity(self, bench: Bench) -> None:
        ann = bench.engine.workers.create(bench.workspace, "Ann")
        assert (ann.activity_name, ann.available) == ("Offline", False)
        assert (ann.attributes, ann.version) == ("{}", 0)
        assert bench.told() == ["worker.created"]

    def test_have_a_channel_for_each_kind_of_task(self, bench: Bench) -> None:
        ann = bench.worker("Ann")
        assert [
            (
                c.task_channel_unique_name,
                c.configured_capacity,
                c.available,
                c.available_capacity_percentage,
            )
            for c in ann.channels.values()
        ] == [(name, 1, True, 100) for name in "default voice chat sms video".split()]

    @pytest.mark.parametrize("name", ["Ann", "ANN"])
    def test_names_are_unique_whatever_their_case(
        self, bench: Bench, name: str
    ) -> None:
        bench.worker("Ann")
        bob = bench.worker("Bob")
        message = "Worker with the same friendly name already exists"
        with pytest.raises(ServiceError, match=message):
            bench.worker(name)
        with pytest.raises(ServiceError, match=message):
            bench.engine.workers.update(bob, friendly_name=name)

    def test_a_name_given_up_is_free(self, bench: Bench) -> None:
        ann = bench.worker("Ann")
        bench.engine.workers.update(ann, friendly_name="ann")
        bench.engine.workers.update(ann, friendly_name="Anna")
        bench.engine.workers.delete(bench.worker("Ann"))
        bench.worker("Ann")

    def test_the_same_activity_again_is_no_change(self, bench: Bench) -> None:
        ann = bench.worker("Ann")
        bench.advance(5)
        bench.told()
        bench.engine.workers.update(ann, activity_sid=bench.available)
        assert bench.told() == []
        assert ann.date_status_changed == START

    def test_a_refused_update_changes_nothing(self, bench: Bench) -> None:
        ann = bench.worker("Ann")
        with pytest.raises(ServiceError, match="ActivitySid WA0"):
            bench.engine.workers.update(ann, friendly_name="Anna", activity_sid="WA0")
        assert (ann.friendly_name, ann.version) == ("Ann", 0)

    def test_deleting_cancels_offers(self, bench: Bench, task: Task) -> None:
        bench.worker("Bob")
        bench.told()
        bench.engine.workers.delete(bench.ann)
        told = ["reservation.canceled", "worker.deleted", "reservation.created"]
        assert bench.told() == told
        assert holders(task) == ["Bob"]

    def test_who_works_on_a_task_cannot_be_deleted(
        self, bench: Bench, ann: Worker, task: Task
    ) -> None:
        bench.accept(task)
        with pytest.raises(ServiceError, match="while Reservation"):
            bench.engine.workers.delete(ann)
        bench.complete(task)
        bench.engine.workers.delete(ann)
        assert names(bench.workspace.workers) == []
        bench.advance(300)
        assert bench.workspace.tasks == {}

    def test_channels_are_found_by_sid_or_name(self, bench: Bench) -> None:
        ann = bench.worker("Ann")
        channel = ann.channel("voice")
        assert ann.channel(channel.sid) is channel
        assert ann.channel(channel.task_channel_sid) is channel
        with pytest.raises(ServiceError, match="/Channels/fax was not found"):
            ann.channel("fax")

    @pytest.mark.parametrize("capacity", [-1, 1001])
    def test_capacity_has_limits(self, bench: Bench, capacity: int) -> None:
        channel = bench.worker("Ann").channel("voice")
        with pytest.raises(ServiceError, match="Capacity must be between"):
            bench.engine.workers.update_channel(channel, capacity=capacity)


class TestTaskQueues:
    def test_defaults(self, bench: Bench) -> None:
        queue = bench.engine.task_queues.create(bench.workspace, "All")
        assert (queue.target_workers, queue.max_reserved_workers) == ("1==1", 1)
        assert (queue.task_order, queue.reservation_activity_sid) == ("FIFO", None)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"target_workers": "skill-level > 3"}, "extraneous input 'evel'"),
            ({"max_reserved_workers": 51}, "MaxReservedWorkers must be between"),
            ({"max_reserved_workers": 0}, "MaxReservedWorkers must be between"),
            ({"task_order": "RANDOM"}, "TaskOrder must be one of FIFO, LIFO"),
            ({"reservation_activity_sid": "WA0"}, "ReservationActivitySid WA0"),
            ({"friendly_name": " "}, "FriendlyName field is required"),
            ({"friendly_name": "n" * 65}, "FriendlyName must not be longer"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, bench: Bench, options: dict[str, Any], message: str
    ) -> None:
        given = {"friendly_name": "Q", **options}
        with pytest.raises(ServiceError, match=message):
            bench.engine.task_queues.create(bench.workspace, **given)
        queue = bench.queue()
        with pytest.raises(ServiceError, match=message):
            bench.engine.task_queues.update(queue, **options)

    def test_a_new_name_shows_at_the_tasks(self, bench: Bench) -> None:
        queue = bench.flow()
        task = bench.task()
        bench.engine.task_queues.update(queue, friendly_name="Other")
        assert task.task_queue_friendly_name == "Other"

    def test_one_that_is_used_cannot_be_deleted(self, bench: Bench) -> None:
        queue, other = bench.flow(), bench.queue()
        task = bench.task()
        with pytest.raises(ServiceError, match="used by Workflow"):
            bench.engine.task_queues.delete(queue)
        (flow,) = bench.workspace.workflows.values()
        bench.engine.workflows.update(flow, configuration=configuration(default=other))
        with pytest.raises(ServiceError, match="used by Task"):
            bench.engine.task_queues.delete(queue)
        bench.engine.tasks.update(task, assignment_status="canceled")
        bench.engine.task_queues.delete(queue)
        assert list(bench.workspace.task_queues) == [other.sid]


class TestWorkflows:
    def test_the_queues_must_exist(self, bench: Bench) -> None:
        text = '{"default_filter": {"queue": "WQ0"}}'
        with pytest.raises(ServiceError, match="TaskQueue WQ0 does not exist"):
            bench.engine.workflows.create(bench.workspace, "Flow", text)

    @pytest.mark.parametrize("seconds", [0, 86401])
    def test_the_reservation_timeout_has_limits(
        self, bench: Bench, seconds: int
    ) -> None:
        with pytest.raises(ServiceError, match="TaskReservationTimeout"):
            bench.workflow(task_reservation_timeout=seconds)

    def test_update_changes_what_is_given(self, bench: Bench) -> None:
        queue = bench.queue()
        flow = bench.workflow(default=queue, assignment_callback_url="http://a/")
        task = bench.task()
        text = configuration(filter_of(target(queue)))
        bench.engine.workflows.update(
            flow, friendly_name="New", configuration=text, task_reservation_timeout=5
        )
        assert (flow.configuration, flow.assignment_callback_url) == (text, "http://a/")
        assert task.workflow_friendly_name == "New"
        bench.worker("Ann")
        bench.advance(5)
        assert [r.reservation_status for r in task.reservations.values()] == ["timeout"]

    def test_one_that_is_used_cannot_be_deleted(self, bench: Bench) -> None:
        bench.flow()
        task = bench.task()
        (flow,) = bench.workspace.workflows.values()
        with pytest.raises(ServiceError, match="used by Task"):
            bench.engine.workflows.delete(flow)
        bench.engine.tasks.delete(task)
        bench.engine.workflows.delete(flow)
        assert bench.told()[-1] == "workflow.deleted"


class TestTaskChannels:
    def test_a_new_one_comes_to_all_workers(self, bench: Bench) -> None:
        bench.flow()
        ann = bench.worker("Ann")
        bench.engine.task_channels.create(bench.workspace, "Fax", "fax")
        assert ann.channel("fax").configured_capacity == 1
        assert holders(bench.task(task_channel="fax")) == ["Ann"]

    @pytest.mark.parametrize("name", ["1st", "a-b", "", "ä", "voice"])
    def test_unique_names_have_rules(self, bench: Bench, name: str) -> None:
        with pytest.raises(ServiceError, match="UniqueName"):
            bench.engine.task_channels.create(bench.workspace, "Fax", name)

    def test_one_of_ones_own_can_be_deleted_when_unused(self, bench: Bench) -> None:
        bench.flow()
        ann = bench.worker("Ann")
        fax = bench.engine.task_channels.create(bench.workspace, "Fax", "fax")
        task = bench.task(task_channel="fax")
        with pytest.raises(ServiceError, match="used by Task"):
            bench.engine.task_channels.delete(fax)
        bench.engine.tasks.delete(task)
        bench.engine.task_channels.delete(fax)
        assert len(ann.channels) == len(ann.channels_by_task_channel) == 5

    def test_the_usual_ones_stay(self, bench: Bench) -> None:
        voice = bench.engine.task_channels.find(bench.workspace, "voice")
        with pytest.raises(ServiceError, match="cannot be deleted"):
            bench.engine.task_channels.delete(voice)


def test_a_refusal_shows_what_it_says() -> None:
    error = ServiceError(400, 20001, "no")
    assert repr(error) == "ServiceError(400, 20001, 'no')"
