"""Verbs for workflows."""

from __future__ import annotations

from . import steps, values, waiting
from .base import Verbs
from .configuration import Configuration, parse_configuration
from .core import Core
from .errors import invalid
from .model import Workflow, Workspace
from .values import UNSET, Unset


MAX_RESERVATION_TIMEOUT = 86400


class WorkflowVerbs(Verbs):
    """Create, update, delete workflows."""

    def create_workflow(
        self,
        workspace: Workspace,
        friendly_name: str,
        configuration: str,
        *,
        assignment_callback_url: str | None = None,
        fallback_assignment_callback_url: str | None = None,
        task_reservation_timeout: int = 120,
    ) -> Workflow:
        """Create a workflow; `configuration` is JSON text, the timeout is in seconds.

        The queues it names must exist (choice).
        """
        workspace = self._begin(workspace)
        values.name(friendly_name)
        parsed = _parsed(workspace, configuration)
        _check_timeout(task_reservation_timeout)
        core = self._core
        workflow = Workflow(
            sid=core.new_sid("WW"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            configuration=configuration,
            configuration_value=parsed,
            task_reservation_timeout=task_reservation_timeout,
            assignment_callback_url=values.text_or_none(assignment_callback_url),
            fallback_assignment_callback_url=values.text_or_none(
                fallback_assignment_callback_url
            ),
        )
        workspace.workflows[workflow.sid] = workflow
        self._tell_workflow(workspace, workflow, "created")
        return workflow

    def update_workflow(
        self,
        workflow: Workflow,
        *,
        friendly_name: str | Unset = UNSET,
        configuration: str | Unset = UNSET,
        assignment_callback_url: str | Unset | None = UNSET,
        fallback_assignment_callback_url: str | Unset | None = UNSET,
        task_reservation_timeout: int | Unset = UNSET,
        re_evaluate_tasks: bool = False,
    ) -> Workflow:
        """Change what is given.

        Waiting tasks go on by the configuration they came with, unless
        `re_evaluate_tasks` sends them through the workflow from its first filter.
        """
        workspace = self._begin(workflow)
        workflow = self.workflow(workspace, workflow.sid)
        if friendly_name is not UNSET:
            values.name(friendly_name)
        parsed = None if configuration is UNSET else _parsed(workspace, configuration)
        if task_reservation_timeout is not UNSET:
            _check_timeout(task_reservation_timeout)

        core = self._core
        if friendly_name is not UNSET:
            workflow.friendly_name = friendly_name
            for task in workspace.tasks.values():
                if task.workflow_sid == workflow.sid:
                    task.workflow_friendly_name = friendly_name
                    task.refresh()
        if configuration is not UNSET and parsed is not None:
            workflow.configuration = configuration
            workflow.configuration_value = parsed
        if assignment_callback_url is not UNSET:
            workflow.assignment_callback_url = values.text_or_none(
                assignment_callback_url
            )
        if fallback_assignment_callback_url is not UNSET:
            workflow.fallback_assignment_callback_url = values.text_or_none(
                fallback_assignment_callback_url
            )
        if task_reservation_timeout is not UNSET:
            workflow.task_reservation_timeout = task_reservation_timeout
        workflow.re_evaluate_tasks = re_evaluate_tasks
        workflow.touch(core.now)
        self._tell_workflow(workspace, workflow, "updated")
        if re_evaluate_tasks:
            _re_evaluate(core, workspace, workflow)
        return workflow

    def delete_workflow(self, workflow: Workflow) -> None:
        """Delete a workflow that no unfinished task goes by (choice)."""
        workspace = self._begin(workflow)
        workflow = self.workflow(workspace, workflow.sid)
        for task in workspace.tasks.values():
            if task.workflow_sid == workflow.sid and not task.finished:
                raise invalid(f"Workflow {workflow.sid} is used by Task {task.sid}")
        del workspace.workflows[workflow.sid]
        self._tell_workflow(workspace, workflow, "deleted")

    def _tell_workflow(
        self, workspace: Workspace, workflow: Workflow, what: str
    ) -> None:
        self._core.emit(
            workspace,
            f"workflow.{what}",
            "workflow",
            workflow.sid,
            f"Workflow {workflow.friendly_name} {what}",
            workflow=workflow,
        )


def _parsed(workspace: Workspace, text: str) -> Configuration:
    configuration = parse_configuration(text)
    for sid in sorted(configuration.queue_sids()):
        if sid not in workspace.task_queues:
            raise invalid(f"Configuration: TaskQueue {sid} does not exist")
    return configuration


def _check_timeout(seconds: int) -> None:
    values.whole(seconds, 1, MAX_RESERVATION_TIMEOUT, "TaskReservationTimeout")


def _re_evaluate(core: Core, workspace: Workspace, workflow: Workflow) -> None:
    tasks = [
        task
        for task in workspace.tasks.values()
        if task.workflow_sid == workflow.sid and steps.can_restart(task)
    ]
    tasks.sort(key=lambda task: waiting.key_of(task, "FIFO"))
    for task in tasks:
        steps.restart(core, workspace, task)
