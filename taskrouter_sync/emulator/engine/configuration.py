"""Operations on workspaces and what configures them.

These are activities, task channels, task queues and workflows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from .deadlines import TASK_KINDS
from .errors import invalid, name, not_found, one_of, whole
from .expressions import parse
from .model import Activity, QueueOrder, TaskChannel, TaskQueue, Workflow, Workspace
from .operations import Operations
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

    def __getitem__(self, sid: str) -> Workspace:
        return self._core.workspaces[sid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.workspaces)

    def __len__(self) -> int:
        return len(self._core.workspaces)

    def find(self, sid: str) -> Workspace:
        """Return the workspace (WS); raises a 404 ServiceError if there is none."""
        workspace = self.get(sid)
        if workspace is None:
            raise not_found(f"/Workspaces/{sid}")
        return workspace

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
        name(friendly_name)
        one_of(template or "NONE", TEMPLATES, "Template")
        order = _order(prioritize_queue_order or "FIFO", "PrioritizeQueueOrder")
        core = self._core
        sid = core.new_sid("WS")
        workspace = Workspace(
            sid=sid,
            workspace_sid=sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            event_callback_url=event_callback_url or None,
            events_filter=events_filter or None,
            multi_task_enabled=multi_task_enabled is not False,
            prioritize_queue_order=order,
        )
        core.workspaces[sid] = workspace
        for title, available in ACTIVITIES:
            activity = Activity(
                **core.identity("WA", workspace),
                friendly_name=title,
                available=available,
            )
            workspace.activities[activity.sid] = activity
        first = next(iter(workspace.activities))
        workspace.default_activity_sid = workspace.timeout_activity_sid = first
        for unique_name, title in TASK_CHANNELS:
            channel = TaskChannel(
                **core.identity("TC", workspace),
                friendly_name=title,
                unique_name=unique_name,
            )
            workspace.task_channels[channel.sid] = channel
        if template == "FIFO":
            self._add_sample(workspace)
        # There are no events for the task channels that every workspace has.
        core.emit_resource(workspace, "created")
        for container in (
            workspace.activities,
            workspace.task_queues,
            workspace.workflows,
        ):
            for resource in container.values():
                core.emit_resource(resource, "created")
        return workspace

    def _add_sample(self, workspace: Workspace) -> None:
        queue = TaskQueue(
            **self._core.identity("WQ", workspace),
            friendly_name="Sample Queue",
            target_workers="1==1",
            target_workers_value=parse("1==1"),
            max_reserved_workers=1,
            task_order="FIFO",
        )
        workspace.task_queues[queue.sid] = queue
        text = f'{{"task_routing":{{"default_filter":{{"queue":"{queue.sid}"}}}}}}'
        workflow = Workflow(
            **self._core.identity("WW", workspace),
            friendly_name="Default Fifo Workflow",
            configuration=text,
            configuration_value=parse_configuration(text),
            task_reservation_timeout=120,
        )
        workspace.workflows[workflow.sid] = workflow

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
        """Change what is given; the activities are WA sids of this workspace.

        An empty URL or filter takes away what there was.
        """
        workspace = self._begin(workspace)
        if friendly_name is not None:
            name(friendly_name)
        order = prioritize_queue_order
        order = None if order is None else _order(order, "PrioritizeQueueOrder")
        for sid, parameter in (
            (default_activity_sid, "DefaultActivitySid"),
            (timeout_activity_sid, "TimeoutActivitySid"),
        ):
            if sid is not None and sid not in workspace.activities:
                raise invalid(f"{parameter} {sid} is not an activity of the workspace")

        before = workspace.multi_task_enabled
        if event_callback_url is not None:
            workspace.event_callback_url = event_callback_url or None
        if events_filter is not None:
            workspace.events_filter = events_filter or None
        # Going back to single-tasking is for some accounts only; here it is for
        # all, since an account of the emulator stands for any.
        workspace.change(
            self._core.now,
            friendly_name=friendly_name,
            multi_task_enabled=multi_task_enabled,
            prioritize_queue_order=order,
            default_activity_sid=default_activity_sid,
            timeout_activity_sid=timeout_activity_sid,
        )
        self._core.emit_resource(workspace, "updated")
        if workspace.multi_task_enabled != before:
            for worker in workspace.workers.values():
                self._core.backlog.add_worker(worker)
            self._router.route()
        return workspace

    def delete(self, workspace: Workspace) -> None:
        """Delete the workspace and all that is in it; there is one event, the last."""
        workspace = self._begin(workspace)
        core = self._core
        for task in workspace.tasks.values():
            for kind in TASK_KINDS:
                core.deadlines.clear(kind, task.sid)
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


class Activities(Operations):
    """Create, update, delete activities."""

    def find(self, workspace: Workspace, sid: str) -> Activity:
        """Return the activity (WA)."""
        return workspace.find("Activities", workspace.activities, sid)

    def create(
        self, workspace: Workspace, friendly_name: str, *, available: bool | None = None
    ) -> Activity:
        """Create an activity. Two may have the same name (choice)."""
        workspace = self._begin(workspace)
        if len(workspace.activities) >= MAX_ACTIVITIES:
            raise invalid(f"A workspace has at most {MAX_ACTIVITIES} activities")
        activity = Activity(
            friendly_name=name(friendly_name),
            available=available is True,
            **self._core.identity("WA", workspace),
        )
        workspace.activities[activity.sid] = activity
        self._core.emit_resource(activity, "created")
        return activity

    def update(
        self, activity: Activity, *, friendly_name: str | None = None
    ) -> Activity:
        """Rename an activity; whether it is available is fixed for life."""
        workspace = self._begin(activity)
        activity = self.find(workspace, activity.sid)
        if friendly_name is not None:
            activity.friendly_name = name(friendly_name)
            for worker in workspace.workers.values():
                if worker.activity_sid == activity.sid:
                    worker.activity_name = friendly_name
                    worker.refresh()
        activity.touch(self._core.now)
        self._core.emit_resource(activity, "updated")
        return activity

    def delete(self, activity: Activity) -> None:
        """Delete an activity that nothing uses (choice)."""
        workspace = self._begin(activity)
        activity = self.find(workspace, activity.sid)
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


class TaskChannels(Operations):
    """Create, update, delete task channels."""

    def find(self, workspace: Workspace, sid: str) -> TaskChannel:
        """Return the task channel by TC sid or unique name."""
        channel = workspace.task_channel(sid)
        if channel is None:
            raise not_found(f"/Workspaces/{workspace.sid}/TaskChannels/{sid}")
        return channel

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
        name(friendly_name)
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
        workspace.task_channels[channel.sid] = channel
        for worker in workspace.workers.values():
            add_channel(self._core, workspace, worker, channel)
            workspace.list_idle(worker)
        self._core.emit_resource(channel, "created")
        return channel

    def update(
        self,
        task_channel: TaskChannel,
        *,
        friendly_name: str | None = None,
        channel_optimized_routing: bool | None = None,
    ) -> TaskChannel:
        """Change what is given."""
        workspace = self._begin(task_channel)
        channel = self.find(workspace, task_channel.sid)
        if friendly_name is not None:
            channel.friendly_name = name(friendly_name)
        if channel_optimized_routing is not None:
            channel.channel_optimized_routing = channel_optimized_routing
            # The idle are in another order now.
            for queue in workspace.task_queues.values():
                queue.idle.pop(channel.sid, None)
            for worker in workspace.workers.values():
                workspace.list_idle(worker)
        channel.touch(self._core.now)
        self._core.emit_resource(channel, "updated")
        return channel

    def delete(self, task_channel: TaskChannel) -> None:
        """Delete a channel of one's own that no unfinished task uses (choice)."""
        workspace = self._begin(task_channel)
        channel = self.find(workspace, task_channel.sid)
        if channel.unique_name in dict(TASK_CHANNELS):
            raise invalid(f"TaskChannel {channel.unique_name} cannot be deleted")
        for task in workspace.tasks.values():
            if task.task_channel_sid == channel.sid and not task.finished:
                raise invalid(f"TaskChannel {channel.sid} is used by Task {task.sid}")
        del workspace.task_channels[channel.sid]
        for worker in workspace.workers.values():
            gone = worker.channels_by_task_channel.pop(channel.sid)
            del worker.channels[gone.sid]
        for queue in workspace.task_queues.values():
            queue.idle.pop(channel.sid, None)
        self._core.emit_resource(channel, "deleted")


class TaskQueues(Operations):
    """Create, update, delete task queues."""

    def find(self, workspace: Workspace, sid: str) -> TaskQueue:
        """Return the task queue (WQ)."""
        return workspace.find("TaskQueues", workspace.task_queues, sid)

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
        name(friendly_name)
        target_workers = "1==1" if target_workers is None else target_workers
        parsed = parsed_expression(target_workers.strip(), "TargetWorkers")
        limit = 1 if max_reserved_workers is None else max_reserved_workers
        whole(limit, 1, MAX_RESERVED, "MaxReservedWorkers")
        order = _order(task_order or "FIFO", "TaskOrder")
        _check_activity(workspace, reservation_activity_sid, "ReservationActivitySid")
        _check_activity(workspace, assignment_activity_sid, "AssignmentActivitySid")
        if len(workspace.task_queues) >= MAX_QUEUES:
            raise invalid(f"A workspace has at most {MAX_QUEUES} task queues")
        queue = TaskQueue(
            **self._core.identity("WQ", workspace),
            friendly_name=friendly_name,
            target_workers=target_workers,
            target_workers_value=parsed,
            max_reserved_workers=limit,
            task_order=order,
            reservation_activity_sid=(
                reservation_activity_sid or _usual_activity(workspace, "Reserved")
            ),
            assignment_activity_sid=(
                assignment_activity_sid or _usual_activity(workspace, "Busy")
            ),
        )
        workspace.task_queues[queue.sid] = queue
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
        """Change what is given, an activity to none by an empty text.

        Reservations that exist stay as they are.
        """
        workspace = self._begin(task_queue)
        queue = self.find(workspace, task_queue.sid)
        if friendly_name is not None:
            name(friendly_name)
        parsed = None
        if target_workers is not None:
            parsed = parsed_expression(target_workers.strip(), "TargetWorkers")
        if max_reserved_workers is not None:
            whole(max_reserved_workers, 1, MAX_RESERVED, "MaxReservedWorkers")
        order = None if task_order is None else _order(task_order, "TaskOrder")
        _check_activity(workspace, reservation_activity_sid, "ReservationActivitySid")
        _check_activity(workspace, assignment_activity_sid, "AssignmentActivitySid")

        if friendly_name is not None:
            for task in workspace.tasks.values():
                if task.task_queue_sid == queue.sid:
                    task.task_queue_friendly_name = friendly_name
                    task.refresh()
        if order is not None and order != queue.task_order:
            _reorder(workspace, queue, order)
        if reservation_activity_sid is not None:
            queue.reservation_activity_sid = reservation_activity_sid or None
        if assignment_activity_sid is not None:
            queue.assignment_activity_sid = assignment_activity_sid or None
        before = queue.target_workers
        if target_workers is not None:
            queue.target_workers_value = parsed
        queue.change(
            self._core.now,
            friendly_name=friendly_name,
            target_workers=target_workers,
            max_reserved_workers=max_reserved_workers,
        )
        if queue.target_workers != before:
            for worker in workspace.workers.values():
                queue.admit(worker)
                self._core.backlog.add_worker(worker)
            self._core.emit_resource(queue, "expression.updated")
            self._router.route()
        return queue

    def delete(self, task_queue: TaskQueue) -> None:
        """Delete a queue that no workflow names and no unfinished task is in."""
        workspace = self._begin(task_queue)
        queue = self.find(workspace, task_queue.sid)
        for workflow in workspace.workflows.values():
            if queue.sid in workflow.configuration_value.queue_sids():
                raise invalid(
                    f"TaskQueue {queue.sid} is used by Workflow {workflow.sid}"
                )
        for task in workspace.tasks.values():
            if task.task_queue_sid == queue.sid and not task.finished:
                raise invalid(f"TaskQueue {queue.sid} is used by Task {task.sid}")
        for worker_sid in queue.worker_sids:
            del workspace.workers[worker_sid].queue_sids[queue.sid]
        del workspace.task_queues[queue.sid]
        self._core.emit_resource(queue, "deleted")


class Workflows(Operations):
    """Create, update, delete workflows."""

    def find(self, workspace: Workspace, sid: str) -> Workflow:
        """Return the workflow (WW)."""
        return workspace.find("Workflows", workspace.workflows, sid)

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
        name(friendly_name)
        parsed = _configuration(workspace, configuration)
        timeout = 120 if task_reservation_timeout is None else task_reservation_timeout
        _check_timeout(timeout)
        workflow = Workflow(
            **self._core.identity("WW", workspace),
            friendly_name=friendly_name,
            configuration=configuration,
            configuration_value=parsed,
            task_reservation_timeout=timeout,
            assignment_callback_url=assignment_callback_url or None,
            fallback_assignment_callback_url=fallback_assignment_callback_url or None,
        )
        workspace.workflows[workflow.sid] = workflow
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
        """Change what is given, a URL to none by an empty text.

        Waiting tasks go on by the configuration they came with, unless
        `re_evaluate_tasks` sends them through the workflow from its first filter.
        """
        workspace = self._begin(workflow)
        workflow = self.find(workspace, workflow.sid)
        if friendly_name is not None:
            name(friendly_name)
        parsed = (
            None if configuration is None else _configuration(workspace, configuration)
        )
        if task_reservation_timeout is not None:
            _check_timeout(task_reservation_timeout)

        if friendly_name is not None:
            for task in workspace.tasks.values():
                if task.workflow_sid == workflow.sid:
                    task.workflow_friendly_name = friendly_name
                    task.refresh()
        if assignment_callback_url is not None:
            workflow.assignment_callback_url = assignment_callback_url or None
        if fallback_assignment_callback_url is not None:
            workflow.fallback_assignment_callback_url = (
                fallback_assignment_callback_url or None
            )
        workflow.change(
            self._core.now,
            friendly_name=friendly_name,
            configuration=configuration,
            configuration_value=parsed,
            task_reservation_timeout=task_reservation_timeout,
            re_evaluate_tasks=re_evaluate_tasks is True,
        )
        self._core.emit_resource(workflow, "updated")
        if re_evaluate_tasks:
            tasks = [
                task
                for task in workspace.tasks.values()
                if task.workflow_sid == workflow.sid and self._router.can_restart(task)
            ]
            tasks.sort(key=lambda task: task.place_in("FIFO"))
            for task in tasks:
                self._router.restart(task)
            self._router.route()
        return workflow

    def delete(self, workflow: Workflow) -> None:
        """Delete a workflow that no unfinished task goes by (choice)."""
        workspace = self._begin(workflow)
        workflow = self.find(workspace, workflow.sid)
        for task in workspace.tasks.values():
            if task.workflow_sid == workflow.sid and not task.finished:
                raise invalid(f"Workflow {workflow.sid} is used by Task {task.sid}")
        del workspace.workflows[workflow.sid]
        self._core.emit_resource(workflow, "deleted")


def _order(value: str, parameter: str) -> QueueOrder:
    one_of(value, get_args(QueueOrder), parameter)
    return "LIFO" if value == "LIFO" else "FIFO"


def _check_activity(workspace: Workspace, sid: str | None, parameter: str) -> None:
    if sid and sid not in workspace.activities:
        raise invalid(f"{parameter} {sid} is not an activity of the workspace")


def _usual_activity(workspace: Workspace, name: str) -> str | None:
    if workspace.multi_task_enabled:
        return None
    for activity in workspace.activities.values():
        if activity.friendly_name == name:
            return activity.sid
    return None


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


def _check_timeout(seconds: int) -> None:
    whole(seconds, 1, MAX_RESERVATION_TIMEOUT, "TaskReservationTimeout")
