"""Operations on workspaces and what configures them.

These are activities, task channels, task queues and workflows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast, get_args

from .errors import (
    check_choice,
    check_name,
    check_text,
    check_whole,
    find,
    invalid,
)
from .expressions import parse
from .model import Activity, QueueOrder, TaskChannel, TaskQueue, Workflow, Workspace
from .operations import Operations, Resources
from .workers import add_channel
from .workflow import Configuration, parse_configuration, parsed_expression


# Of a new workspace (3.2): name, available.
ACTIVITIES = (("Offline", False), ("Available", True), ("Unavailable", False))
TASK_CHANNELS = (
    ("default", "Default"),
    ("voice", "Voice"),
    ("chat", "Programmable Chat"),
    ("sms", "SMS"),
    ("video", "Video"),
)
# EMPTY is not in the list of the documentation, but programs send it.
TEMPLATES = ("NONE", "FIFO", "EMPTY")
MAX_ACTIVITIES = 100
MAX_QUEUES = 5000
MAX_RESERVED = 50
MAX_RESERVATION_TIMEOUT = 86400

_UNIQUE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}")


class Workspaces(Operations, Mapping[str, Workspace]):
    """All workspaces by sid; create, update, delete them."""

    container = "workspaces"

    def __getitem__(self, sid: str) -> Workspace:
        return self._core.workspaces[sid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.workspaces)

    def __len__(self) -> int:
        return len(self._core.workspaces)

    def find(self, sid: str) -> Workspace:
        """Return the workspace (WS); raises a 404 ServiceError if there is none."""
        return find(self, sid, "/Workspaces")

    def create(
        self,
        friendly_name: str,
        *,
        event_callback_url: str | None = None,
        events_filter: str | None = None,
        multi_task_enabled: bool | None = None,
        template: str | None = None,
        prioritize_queue_order: str | None = None,
    ) -> Workspace:
        """Create a workspace with activities and task channels.

        Template FIFO adds a queue for everybody and a workflow that leads to it.
        """
        self._schedule.run_due()
        check_name(friendly_name)
        check_text(event_callback_url, "EventCallbackUrl")
        check_text(events_filter, "EventsFilter")
        check_choice(template or None, TEMPLATES, "Template")
        order = _order(prioritize_queue_order or None, "PrioritizeQueueOrder")
        core = self._core
        sid = core.new_sid("WS")
        workspace = core.workspaces.add(
            Workspace(
                sid=sid,
                workspace_sid=sid,
                date_created=core.now,
                date_updated=core.now,
                friendly_name=friendly_name,
                event_callback_url=event_callback_url or None,
                events_filter=events_filter or None,
                multi_task_enabled=multi_task_enabled is not False,
                prioritize_queue_order=order or "FIFO",
            )
        )
        for title, available in ACTIVITIES:
            identity = core.identity("WA", workspace)
            activity = Activity(**identity, friendly_name=title, available=available)
            workspace.activities.add(activity)
        first = next(iter(workspace.activities))
        workspace.default_activity_sid = workspace.timeout_activity_sid = first
        for unique_name, title in TASK_CHANNELS:
            identity = core.identity("TC", workspace)
            channel = TaskChannel(
                **identity, friendly_name=title, unique_name=unique_name
            )
            workspace.task_channels.add(channel)
        if template == "FIFO":
            self._add_sample(workspace)
        # There are no events for the task channels that every workspace has.
        core.emit_resource(workspace, "created")
        made = (workspace.activities, workspace.task_queues, workspace.workflows)
        for container in made:
            for resource in container.values():
                core.emit_resource(resource, "created")
        return workspace

    def _add_sample(self, workspace: Workspace) -> None:
        queue = workspace.task_queues.add(
            TaskQueue(
                **self._core.identity("WQ", workspace),
                friendly_name="Sample Queue",
                target_workers="1==1",
                target_workers_value=parse("1==1"),
            )
        )
        text = f'{{"task_routing":{{"default_filter":{{"queue":"{queue.sid}"}}}}}}'
        workspace.workflows.add(
            Workflow(
                **self._core.identity("WW", workspace),
                friendly_name="Default Fifo Workflow",
                configuration=text,
                configuration_value=parse_configuration(text),
            )
        )

    def update(
        self,
        workspace: Workspace,
        *,
        friendly_name: str | None = None,
        event_callback_url: str | None = None,
        events_filter: str | None = None,
        multi_task_enabled: bool | None = None,
        prioritize_queue_order: str | None = None,
        default_activity_sid: str | None = None,
        timeout_activity_sid: str | None = None,
    ) -> Workspace:
        """Change what is given; the activities are WA sids of this workspace."""
        workspace = self._begin(workspace)
        check_name(friendly_name)
        check_text(event_callback_url, "EventCallbackUrl")
        check_text(events_filter, "EventsFilter")
        order = _order(prioritize_queue_order, "PrioritizeQueueOrder")
        for sid, parameter in (
            (default_activity_sid, "DefaultActivitySid"),
            (timeout_activity_sid, "TimeoutActivitySid"),
        ):
            if sid is not None:
                workspace.check_activity(sid, parameter)
        before = workspace.multi_task_enabled
        # Going back to single-tasking is for some accounts only; here it is for
        # all, since an account of the emulator stands for any.
        workspace.change(
            self._core.now,
            friendly_name=friendly_name,
            event_callback_url=event_callback_url,
            events_filter=events_filter,
            multi_task_enabled=multi_task_enabled,
            prioritize_queue_order=order,
            default_activity_sid=default_activity_sid,
            timeout_activity_sid=timeout_activity_sid,
        )
        self._core.emit_resource(workspace, "updated")
        if workspace.multi_task_enabled != before:
            self._core.backlog.workers.update(workspace.workers)
            self._router.route()
        return workspace

    def delete(self, workspace: Workspace) -> None:
        """Delete the workspace and all that is in it; there is one event, the last."""
        workspace = self._begin(workspace)
        core = self._core
        for task in workspace.tasks.values():
            core.deadlines.clear_task(task.sid)
            for reservation in task.reservations.values():
                core.deadlines.clear("reservation", reservation.sid)
                core.reservation_tasks.pop(reservation.sid, None)
        for call in core.calls.all_live():
            if call.workspace_sid == workspace.sid:
                core.deadlines.clear("call", call.sid)
                answered = call.status == "answered"
                core.calls.note(call, "completed" if answered else "canceled", core.now)
        del core.workspaces[workspace.sid]
        core.emit_resource(workspace, "deleted")


class Activities(Resources[Activity]):
    """Create, update, delete activities."""

    container = "activities"

    def create(
        self, workspace: Workspace, friendly_name: str, *, available: bool | None = None
    ) -> Activity:
        """Create an activity. Two may have the same name (choice)."""
        workspace = self._begin(workspace)
        if len(workspace.activities) >= MAX_ACTIVITIES:
            raise invalid(f"A workspace has at most {MAX_ACTIVITIES} activities")
        check_name(friendly_name)
        activity = Activity(
            **self._core.identity("WA", workspace),
            friendly_name=friendly_name,
            available=available is True,
        )
        workspace.activities.add(activity)
        self._core.emit_resource(activity, "created")
        return activity

    def update(
        self, activity: Activity, *, friendly_name: str | None = None
    ) -> Activity:
        """Rename an activity; whether it is available is fixed for life."""
        workspace, activity = self._begin_with(activity)
        check_name(friendly_name)
        if friendly_name is not None:
            for worker in workspace.workers.values():
                if worker.activity_sid == activity.sid:
                    worker.activity_name = friendly_name
                    worker.refresh()
                    self._core.backlog.workers[worker.sid] = worker
        activity.change(self._core.now, friendly_name=friendly_name)
        self._core.emit_resource(activity, "updated")
        self._router.route()
        return activity

    def delete(self, activity: Activity) -> None:
        """Delete an activity that nothing uses (choice)."""
        workspace, activity = self._begin_with(activity)
        sid = activity.sid
        if sid in (workspace.default_activity_sid, workspace.timeout_activity_sid):
            raise invalid(f"Activity {sid} is the workspace's default or timeout one")
        if any(worker.activity_sid == sid for worker in workspace.workers.values()):
            raise invalid(f"Activity {sid} has workers in it")
        for queue in workspace.task_queues.values():
            if sid in (queue.reservation_activity_sid, queue.assignment_activity_sid):
                raise invalid(f"Activity {sid} is used by TaskQueue {queue.sid}")
        del workspace.activities[sid]
        self._core.emit_resource(activity, "deleted")


class TaskChannels(Resources[TaskChannel]):
    """Create, update, delete task channels."""

    container = "task_channels"

    def find(self, workspace: Workspace, sid: str) -> TaskChannel:
        """Return the task channel by TC sid or unique name."""
        channel = workspace.task_channel(sid)
        return super().find(workspace, sid if channel is None else channel.sid)

    def create(
        self,
        workspace: Workspace,
        friendly_name: str,
        unique_name: str,
        *,
        channel_optimized_routing: bool | None = None,
    ) -> TaskChannel:
        """Create a task channel; every worker gets a worker channel for it."""
        workspace = self._begin(workspace)
        check_name(friendly_name)
        if not _UNIQUE_NAME.fullmatch(unique_name):
            raise invalid(
                "UniqueName must consist of letters, digits, _ and $,"
                " and must not start with a digit"
            )
        if workspace.task_channel(unique_name) is not None:
            raise invalid(f"TaskChannel with UniqueName {unique_name} already exists")
        channel = TaskChannel(
            **self._core.identity("TC", workspace),
            friendly_name=friendly_name,
            unique_name=unique_name,
            channel_optimized_routing=channel_optimized_routing is True,
        )
        workspace.task_channels.add(channel)
        for worker in workspace.workers.values():
            add_channel(self._core, workspace, worker, channel)
            self._core.backlog.workers[worker.sid] = worker
        self._core.emit_resource(channel, "created")
        self._router.route()
        return channel

    def update(
        self,
        task_channel: TaskChannel,
        *,
        friendly_name: str | None = None,
        channel_optimized_routing: bool | None = None,
    ) -> TaskChannel:
        """Change what is given."""
        workspace, channel = self._begin_with(task_channel)
        check_name(friendly_name)
        channel.change(
            self._core.now,
            friendly_name=friendly_name,
            channel_optimized_routing=channel_optimized_routing,
        )
        if channel_optimized_routing is not None:
            # The idle are in another order now.
            for queue in workspace.task_queues.values():
                queue.idle.pop(channel.sid, None)
            for worker in workspace.workers.values():
                workspace.list_idle(worker)
        self._core.emit_resource(channel, "updated")
        return channel

    def delete(self, task_channel: TaskChannel) -> None:
        """Delete a channel of one's own that no unfinished task uses (choice)."""
        workspace, channel = self._begin_with(task_channel)
        if channel.unique_name in dict(TASK_CHANNELS):
            raise invalid(f"TaskChannel {channel.unique_name} cannot be deleted")
        _check_unused(workspace, "TaskChannel", "task_channel_sid", channel.sid)
        del workspace.task_channels[channel.sid]
        for worker in workspace.workers.values():
            gone = worker.channels_by_task_channel.pop(channel.sid)
            del worker.channels[gone.sid]
            self._core.backlog.workers[worker.sid] = worker
        for queue in workspace.task_queues.values():
            queue.idle.pop(channel.sid, None)
        self._core.emit_resource(channel, "deleted")
        self._router.route()


class TaskQueues(Resources[TaskQueue]):
    """Create, update, delete task queues."""

    container = "task_queues"

    def create(
        self,
        workspace: Workspace,
        friendly_name: str,
        *,
        target_workers: str | None = None,
        max_reserved_workers: int | None = None,
        task_order: str | None = None,
        reservation_activity_sid: str | None = None,
        assignment_activity_sid: str | None = None,
    ) -> TaskQueue:
        """Create a queue; `target_workers` is an expression, empty for nobody.

        The activities (WA) are those that single-tasking workers are moved to;
        in a single-tasking workspace they default to those named Reserved and
        Busy, if there are such.
        """
        workspace = self._begin(workspace)
        check_name(friendly_name)
        target_workers = "1==1" if target_workers is None else target_workers
        parsed = parsed_expression(target_workers.strip(), "TargetWorkers")
        check_whole(max_reserved_workers, 1, MAX_RESERVED, "MaxReservedWorkers")
        order = _order(task_order or None, "TaskOrder")
        _check_activities(workspace, reservation_activity_sid, assignment_activity_sid)
        if len(workspace.task_queues) >= MAX_QUEUES:
            raise invalid(f"A workspace has at most {MAX_QUEUES} task queues")
        usual: dict[str, str] = {}
        if not workspace.multi_task_enabled:
            for activity in reversed(workspace.activities.values()):
                usual[activity.friendly_name] = activity.sid
        queue = TaskQueue(
            **self._core.identity("WQ", workspace),
            friendly_name=friendly_name,
            target_workers=target_workers,
            target_workers_value=parsed,
            max_reserved_workers=max_reserved_workers or 1,
            task_order=order or "FIFO",
            reservation_activity_sid=reservation_activity_sid or usual.get("Reserved"),
            assignment_activity_sid=assignment_activity_sid or usual.get("Busy"),
        )
        workspace.task_queues.add(queue)
        for worker in workspace.workers.values():
            queue.admit(worker)
            workspace.list_idle(worker)
        self._core.emit_resource(queue, "created")
        return queue

    def update(
        self,
        task_queue: TaskQueue,
        *,
        friendly_name: str | None = None,
        target_workers: str | None = None,
        max_reserved_workers: int | None = None,
        task_order: str | None = None,
        reservation_activity_sid: str | None = None,
        assignment_activity_sid: str | None = None,
    ) -> TaskQueue:
        """Change what is given. Reservations that exist stay as they are."""
        workspace, queue = self._begin_with(task_queue)
        check_name(friendly_name)
        parsed = parsed_expression((target_workers or "").strip(), "TargetWorkers")
        check_whole(max_reserved_workers, 1, MAX_RESERVED, "MaxReservedWorkers")
        order = _order(task_order, "TaskOrder")
        _check_activities(workspace, reservation_activity_sid, assignment_activity_sid)

        if friendly_name is not None:
            for task in workspace.tasks.values():
                if task.task_queue_sid == queue.sid:
                    task.task_queue_friendly_name = friendly_name
                    task.refresh()
        if order is not None and order != queue.task_order:
            _reorder(workspace, queue, order)
        before = queue.target_workers
        if target_workers is not None:
            queue.target_workers, queue.target_workers_value = target_workers, parsed
        queue.change(
            self._core.now,
            friendly_name=friendly_name,
            max_reserved_workers=max_reserved_workers,
            reservation_activity_sid=reservation_activity_sid,
            assignment_activity_sid=assignment_activity_sid,
        )
        if queue.target_workers != before:
            for worker in workspace.workers.values():
                queue.admit(worker)
            self._core.backlog.workers.update(workspace.workers)
            self._core.emit_resource(queue, "expression.updated")
            self._router.route()
        return queue

    def delete(self, task_queue: TaskQueue) -> None:
        """Delete a queue that no workflow names and no unfinished task is in."""
        workspace, queue = self._begin_with(task_queue)
        for workflow in workspace.workflows.values():
            if queue.sid in workflow.configuration_value.queue_sids():
                raise invalid(
                    f"TaskQueue {queue.sid} is used by Workflow {workflow.sid}"
                )
        _check_unused(workspace, "TaskQueue", "task_queue_sid", queue.sid)
        for worker_sid in queue.worker_sids:
            del workspace.workers[worker_sid].queue_sids[queue.sid]
        del workspace.task_queues[queue.sid]
        self._core.emit_resource(queue, "deleted")


class Workflows(Resources[Workflow]):
    """Create, update, delete workflows."""

    container = "workflows"

    def create(
        self,
        workspace: Workspace,
        friendly_name: str,
        configuration: str,
        *,
        assignment_callback_url: str | None = None,
        fallback_assignment_callback_url: str | None = None,
        task_reservation_timeout: int | None = None,
    ) -> Workflow:
        """Create a workflow; `configuration` is JSON text, the timeout is in seconds.

        The queues it names must exist (choice).
        """
        workspace = self._begin(workspace)
        check_name(friendly_name)
        _check_urls(assignment_callback_url, fallback_assignment_callback_url)
        parsed = _configuration(workspace, configuration)
        _check_timeout(task_reservation_timeout)
        workflow = Workflow(
            **self._core.identity("WW", workspace),
            friendly_name=friendly_name,
            configuration=configuration,
            configuration_value=parsed,
            task_reservation_timeout=task_reservation_timeout or 120,
            assignment_callback_url=assignment_callback_url or None,
            fallback_assignment_callback_url=fallback_assignment_callback_url or None,
        )
        workspace.workflows.add(workflow)
        self._core.emit_resource(workflow, "created")
        return workflow

    def update(
        self,
        workflow: Workflow,
        *,
        friendly_name: str | None = None,
        configuration: str | None = None,
        assignment_callback_url: str | None = None,
        fallback_assignment_callback_url: str | None = None,
        task_reservation_timeout: int | None = None,
        re_evaluate_tasks: bool | None = None,
    ) -> Workflow:
        """Change what is given.

        Waiting tasks go on by the configuration they came with, unless
        `re_evaluate_tasks` sends them through the workflow from its first filter.
        """
        workspace, workflow = self._begin_with(workflow)
        check_name(friendly_name)
        _check_urls(assignment_callback_url, fallback_assignment_callback_url)
        parsed = None
        if configuration is not None:
            parsed = _configuration(workspace, configuration)
        _check_timeout(task_reservation_timeout)

        tasks = [
            task
            for task in workspace.tasks.values()
            if task.workflow_sid == workflow.sid
        ]
        if friendly_name is not None:
            for task in tasks:
                task.workflow_friendly_name = friendly_name
                task.refresh()
        workflow.change(
            self._core.now,
            friendly_name=friendly_name,
            configuration=configuration,
            configuration_value=parsed,
            assignment_callback_url=assignment_callback_url,
            fallback_assignment_callback_url=fallback_assignment_callback_url,
            task_reservation_timeout=task_reservation_timeout,
            re_evaluate_tasks=re_evaluate_tasks is True,
        )
        self._core.emit_resource(workflow, "updated")
        if re_evaluate_tasks:
            for task in sorted(tasks, key=lambda task: task.place_in("FIFO")):
                self._router.restart(task)
            self._router.route()
        return workflow

    def delete(self, workflow: Workflow) -> None:
        """Delete a workflow that no unfinished task goes by (choice)."""
        workspace, workflow = self._begin_with(workflow)
        _check_unused(workspace, "Workflow", "workflow_sid", workflow.sid)
        del workspace.workflows[workflow.sid]
        self._core.emit_resource(workflow, "deleted")


def _order(value: str | None, parameter: str) -> QueueOrder | None:
    check_choice(value, get_args(QueueOrder), parameter)
    return cast("QueueOrder | None", value)


def _check_activities(
    workspace: Workspace, reservation: str | None, assignment: str | None
) -> None:
    for sid, parameter in (
        (reservation, "ReservationActivitySid"),
        (assignment, "AssignmentActivitySid"),
    ):
        if sid:
            workspace.check_activity(sid, parameter)


def _check_urls(assignment: str | None, fallback: str | None) -> None:
    check_text(assignment, "AssignmentCallbackUrl")
    check_text(fallback, "FallbackAssignmentCallbackUrl")


def _check_unused(workspace: Workspace, kind: str, attribute: str, sid: str) -> None:
    """Refuse to delete what unfinished tasks have in an attribute."""
    for task in workspace.tasks.values():
        if getattr(task, attribute) == sid and not task.finished:
            raise invalid(f"{kind} {sid} is used by Task {task.sid}")


def _reorder(workspace: Workspace, queue: TaskQueue, order: QueueOrder) -> None:
    waiting = [sid for tasks in queue.waiting.values() for _, sid in tasks]
    for task_sid in waiting:
        workspace.dequeue(workspace.tasks[task_sid])
    queue.task_order = order
    for task_sid in waiting:
        workspace.enqueue(workspace.tasks[task_sid])


def _configuration(workspace: Workspace, text: str) -> Configuration:
    configuration = parse_configuration(text)
    for sid in sorted(configuration.queue_sids()):
        if sid not in workspace.task_queues:
            raise invalid(f"Configuration: TaskQueue {sid} does not exist")
    return configuration


def _check_timeout(seconds: int | None) -> None:
    check_whole(seconds, 1, MAX_RESERVATION_TIMEOUT, "TaskReservationTimeout")
