"""Sets up a workspace that is ready to use, in one call.

Owns: what it contains, by names instead of sids. Uses the engine's operations only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from . import plan
from .engine import Engine
from .engine.errors import ServiceError, write_json
from .engine.model import Workspace
from .fields import FieldError, read, text


OFFLINE = "Offline"
ACTIVITIES: Mapping[str, bool] = {
    OFFLINE: False,
    "Available": True,
    "Unavailable": False,
    "Break": False,
}
WORKFLOW = "Default workflow"

_QUEUE_KEYS = ("queue", "task_queue_sid")


class Sids(dict[str, str]):
    """A dict of sids by friendly name; its KeyError lists the known names."""

    def __missing__(self, name: str) -> str:
        raise KeyError(f"{name!r} is not one of {', '.join(map(repr, self)) or 'none'}")


@dataclass(frozen=True)
class ReadyWorkspace:
    """The sids of everything in a workspace, by friendly name."""

    sid: str
    activities: Sids
    workers: Sids
    task_queues: Sids
    workflows: Sids

    @property
    def workflow_sid(self) -> str:
        """The sid of the workspace's workflow."""
        return next(iter(self.workflows.values()))


def contents_of(workspace: Workspace) -> ReadyWorkspace:
    """List what a workspace contains; of several with one name, the latest."""

    def sids(entities: Mapping[str, Any]) -> Sids:
        return Sids((each.friendly_name, each.sid) for each in entities.values())

    return ReadyWorkspace(
        sid=workspace.sid,
        activities=sids(workspace.activities),
        workers=sids(workspace.workers),
        task_queues=sids(workspace.task_queues),
        workflows=sids(workspace.workflows),
    )


def set_up(
    engine: Engine,
    name: str,
    *,
    activities: Mapping[str, bool],
    workers: Mapping[str, Mapping[str, Any]],
    worker_activity: str | None,
    queues: Mapping[str, str],
    workflow: Mapping[str, Any] | None,
    task_reservation_timeout: int,
    multi_task_enabled: bool,
    timeout_activity: str,
) -> ReadyWorkspace:
    """Set up a workspace; see ``Emulator.workspace`` for the arguments.

    Errors name the argument and what in it, as ``queues.Support``; no workspace is
    left behind then.

    Raises:
        ValueError: a value is of the wrong kind, or a name is not among those given.
        ServiceError: the service refuses a value.
    """
    _check(
        activities=dict(activities),
        queues=dict(queues),
        workers={worker: dict(given) for worker, given in workers.items()},
        name=name,
        worker_activity=worker_activity,
        workflow=None if workflow is None else dict(workflow),
        task_reservation_timeout=task_reservation_timeout,
        multi_task_enabled=multi_task_enabled,
        timeout_activity=timeout_activity,
    )
    for key, given in (("activities", activities), ("queues", queues)):
        if not given:
            raise ValueError(f"{key}: a workspace needs at least one")
    # Like the service, new workers are Offline; without such an activity, the
    # first unavailable one stands for it, or else the first.
    unavailable = [name for name, available in activities.items() if not available]
    default = OFFLINE if OFFLINE in activities else [*unavailable, *activities][0]
    if timeout_activity == OFFLINE:
        timeout_activity = default
    for key, activity in (
        ("timeout_activity", timeout_activity),
        ("worker_activity", worker_activity),
    ):
        if activity is not None and activity not in activities:
            raise ValueError(f"{key}: there is no activity named {activity!r}")
    with _naming("name"):
        workspace = engine.workspaces.create(
            name, multi_task_enabled=multi_task_enabled
        )
    try:
        activity_sids = _activities(
            engine, workspace, activities, default, timeout_activity
        )
        queue_sids = {}
        for queue, expression in queues.items():
            with _naming(f"queues.{queue}"):
                queue_sids[queue] = engine.task_queues.create(
                    workspace, queue, target_workers=expression
                ).sid
        if workflow is None:
            workflow = {
                "task_routing": {"default_filter": {"queue": next(iter(queues))}}
            }
        with _naming("workflow"):
            engine.workflows.create(
                workspace,
                WORKFLOW,
                json_of("workflow", _with_sids(workflow, queue_sids)),
                task_reservation_timeout=task_reservation_timeout,
            )
        first = None if worker_activity is None else activity_sids[worker_activity]
        for worker, attributes in workers.items():
            with _naming(f"workers.{worker}"):
                engine.workers.create(
                    workspace,
                    worker,
                    attributes=json_of(f"workers.{worker}", dict(attributes)),
                    activity_sid=first,
                )
        # Those that were there before are not in the order of the argument.
        return replace(contents_of(workspace), activities=Sids(activity_sids))
    except BaseException:
        engine.workspaces.delete(workspace)
        raise


def _check(**given: Any) -> None:
    """Check the kinds of the arguments, which are those of a plan."""
    for key in ("activities", "queues", "workers"):
        for name in given[key]:
            text().check(f"{key}: the name {name!r:.100}", name)
    try:
        read(plan.FIELDS, given)
    except FieldError as error:
        key, _, name = error.field.partition(".")
        value = given[key][name] if name else given[key]
        raise ValueError(f"{error}, not {value!r:.100}") from None


def _activities(
    engine: Engine,
    workspace: Workspace,
    wanted: Mapping[str, bool],
    default: str,
    timeout_activity: str,
) -> dict[str, str]:
    """Make the workspace's activities those that are wanted."""
    kept = {
        activity.friendly_name: activity.sid
        for activity in workspace.activities.values()
        if wanted.get(activity.friendly_name) is activity.available
    }
    sids = {}
    for name, available in wanted.items():
        with _naming(f"activities.{name}"):
            sids[name] = (
                kept.get(name)
                or engine.activities.create(workspace, name, available=available).sid
            )
    engine.workspaces.update(
        workspace,
        default_activity_sid=sids[default],
        timeout_activity_sid=sids[timeout_activity],
    )
    for activity in list(workspace.activities.values()):
        if activity.sid not in sids.values():
            engine.activities.delete(activity)
    return sids


@contextmanager
def _naming(key: str) -> Iterator[None]:
    """Add the name of the argument to the service's errors."""
    try:
        yield
    except ServiceError as error:
        message = f"{key}: {error.message}"
        raise ServiceError(error.status, error.code, message) from None


def json_of(key: str, document: Mapping[str, Any]) -> str:
    """Write an argument as JSON.

    Raises:
        ValueError: it contains what is not JSON; the message begins with `key`.
    """
    try:
        return write_json(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{key} must be a JSON object: {error}") from None


def _with_sids(value: Any, queue_sids: Mapping[str, str]) -> Any:
    """Replace the names of queues with sids."""
    if isinstance(value, Mapping):
        return {
            key: (
                queue_sids.get(item, item)
                if key in _QUEUE_KEYS and isinstance(item, str)
                else _with_sids(item, queue_sids)
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_with_sids(item, queue_sids) for item in value]
    return value
