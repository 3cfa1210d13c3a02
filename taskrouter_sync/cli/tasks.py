"""``task``: create, list, update and cancel tasks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from .. import TaskRouterError, Workspace
from .command import (
    DONE,
    FAILED,
    USAGE,
    CommandError,
    Commands,
    Context,
    add_command,
    positive,
)
from .credentials import WORKSPACE, Credentials
from .terminal import columns, plain, short, span


_STATUSES = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")

_EXAMPLES = """\
  taskrouter-sync task create language=en      create a task
  taskrouter-sync task list --status pending   list the waiting tasks
  taskrouter-sync task update WT0123… --priority 10
  taskrouter-sync task cancel WT0123…          cancel a task

`taskrouter-sync task COMMAND --help` shows more.
"""
_CREATE = """\
  taskrouter-sync task create                               no attributes
  taskrouter-sync task create language=en priority=3        attributes as text
  taskrouter-sync task create --attributes '{"skills": ["a"]}' --priority 10
  taskrouter-sync task create --json | jq -r .sid           the whole task, as JSON
"""
_LIST = """\
  taskrouter-sync task list                             the first 50 tasks
  taskrouter-sync task list --status pending --status reserved
  taskrouter-sync task list --queue WQ0123… --limit 500
  taskrouter-sync task list --json | jq -r .sid         JSON lines
"""
_UPDATE = """\
  taskrouter-sync task update WT0123… language=de       change one attribute
  taskrouter-sync task update WT0123… --attributes '{}' replace all attributes
  taskrouter-sync task update WT0123… --priority 10
  taskrouter-sync task update WT0123… --status completed --reason 'done by mail'
"""
_CANCEL = """\
  taskrouter-sync task cancel WT0123…
  taskrouter-sync task cancel WT0123… WT4567… --reason 'caller hung up'
  taskrouter-sync task list --status pending --json | jq -r .sid |
      xargs taskrouter-sync task cancel                 cancel all waiting tasks
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "task",
        None,
        "create, list, update or cancel tasks",
        _EXAMPLES,
        verbose=False,
    )
    verbs = parser.add_subparsers(metavar="COMMAND")
    _add_create(verbs)
    _add_list(verbs)
    _add_update(verbs)
    _add_cancel(verbs)


def _add_create(verbs: Commands) -> None:
    parser = add_command(
        verbs, "create", create, "create a task", _CREATE, rest="words"
    )
    _add_attributes(parser, "attributes with string values")
    parser.add_argument(
        "--attributes", metavar="JSON", help="all attributes as a JSON object"
    )
    parser.add_argument(
        "--workflow", metavar="WW…", help="default: the only workflow of the workspace"
    )
    parser.add_argument(
        "--channel", metavar="NAME", help="the task channel, such as voice or chat"
    )
    parser.add_argument(
        "--priority", type=int, metavar="N", help="tasks with a higher one go first"
    )
    parser.add_argument(
        "--timeout",
        type=positive,
        metavar="SECONDS",
        help="the task is canceled after this time",
    )
    _add_json(parser, "print the whole task")


def _add_list(verbs: Commands) -> None:
    parser = add_command(verbs, "list", show, "list tasks", _LIST)
    parser.add_argument(
        "--status",
        action="append",
        choices=_STATUSES,
        help="only tasks with this status; can be repeated",
    )
    parser.add_argument("--queue", metavar="WQ…", help="only tasks in this task queue")
    parser.add_argument("--workflow", metavar="WW…", help="only tasks of this workflow")
    parser.add_argument(
        "--limit",
        type=positive,
        default=50,
        metavar="N",
        help="the maximum number of tasks; default: 50",
    )
    _add_json(parser, "print each task as a line of JSON")


def _add_update(verbs: Commands) -> None:
    parser = add_command(
        verbs, "update", update, "update a task", _UPDATE, rest="words"
    )
    parser.add_argument("sid", metavar="WT…", help="the task's sid")
    _add_attributes(parser, "attributes to change; the others are kept")
    parser.add_argument(
        "--attributes",
        metavar="JSON",
        help="a JSON object that replaces all attributes",
    )
    parser.add_argument(
        "--priority", type=int, metavar="N", help="tasks with a higher one go first"
    )
    parser.add_argument(
        "--status",
        choices=("completed", "wrapping", "canceled"),
        help="the task's new status",
    )
    parser.add_argument(
        "--reason", metavar="TEXT", help="the reason for the new status"
    )
    _add_json(parser, "print the whole task")


def _add_cancel(verbs: Commands) -> None:
    parser = add_command(verbs, "cancel", cancel, "cancel tasks", _CANCEL, rest="sids")
    parser.add_argument("sids", nargs="+", metavar="WT…", help="the tasks' sids")
    parser.add_argument(
        "--reason", metavar="TEXT", help="the reason, stored with the task"
    )
    _add_json(parser, "print each task as a line of JSON")


def _add_attributes(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE", help=meaning)


def _add_json(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--json", action="store_true", help=meaning)


def create(options: argparse.Namespace, context: Context) -> int:
    """Create the task and print its sid."""
    params = _given(
        WorkflowSid=options.workflow,
        TaskChannel=options.channel,
        Priority=options.priority,
        Timeout=options.timeout,
        Attributes=_attributes(options),
    )
    with _workspace(options, context) as workspace:
        _print([workspace.tasks.create(params)], options, context)
    return DONE


def show(options: argparse.Namespace, context: Context) -> int:
    """List tasks as a table, the first ones first."""
    params = _given(
        AssignmentStatus=",".join(options.status or ()) or None,
        TaskQueueSid=options.queue,
        WorkflowSid=options.workflow,
        PageSize=min(options.limit, 1000),
    )
    with _workspace(options, context) as workspace:
        found = workspace.tasks.fetch(params).iter_all()
        tasks = list(islice(found, options.limit))
        more = next(found, None) is not None
    if options.json:
        _print(tasks, options, context)
    elif not tasks:
        context.say("no tasks")
    else:
        head = ("sid", "status", "priority", "age", "queue", "attributes")
        first, *rows = columns([head, *map(_row, tasks)])
        context.say(context.paint("dim", first), *rows)
    if more:
        context.warn(f"there are more than {options.limit} tasks (use --limit)")
    return DONE


def update(options: argparse.Namespace, context: Context) -> int:
    """Update the task and print its sid."""
    params = _given(
        Priority=options.priority,
        AssignmentStatus=options.status,
        Reason=options.reason,
    )
    changes = _attributes(options)
    if not params and not changes and options.attributes is None:
        raise CommandError("specify what to update (see --help)", USAGE)
    if options.reason is not None and options.status is None:
        raise CommandError("--reason is the reason of a --status", USAGE)
    with _workspace(options, context) as workspace:
        task = workspace.tasks.fetch(options.sid)
        if options.attributes is not None:
            params["Attributes"] = changes
        elif changes:
            params["Attributes"] = {**_parsed(task.payload["attributes"]), **changes}
        _print([task.update(params)], options, context)
    return DONE


def cancel(options: argparse.Namespace, context: Context) -> int:
    """Cancel the tasks and print their sids; continue after a failure."""
    params = _given(AssignmentStatus="canceled", Reason=options.reason)
    with _workspace(options, context) as workspace:
        outcomes = [
            _cancel_one(workspace, sid, params, options, context)
            for sid in options.sids
        ]
    return DONE if all(outcomes) else FAILED


def _cancel_one(
    workspace: Workspace,
    sid: str,
    params: dict[str, Any],
    options: argparse.Namespace,
    context: Context,
) -> bool:
    try:
        task = workspace.tasks.update(sid, params)
    except TaskRouterError as error:
        context.warn(f"{plain(sid)}: {plain(error)}")
        return False
    _print([task], options, context)
    return True


def _workspace(options: argparse.Namespace, context: Context) -> Workspace:
    token = Credentials(context.environment).source(WORKSPACE)
    return Workspace(token, debug=options.verbose, daemon=True)


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _print(tasks: Iterable[Any], options: argparse.Namespace, context: Context) -> None:
    for task in tasks:
        text = json.dumps(task.payload) if options.json else plain(task.sid)
        context.say(text)


def _row(task: Any) -> tuple[Any, ...]:
    payload: Mapping[str, Any] = task.payload
    return (
        payload.get("sid"),
        payload.get("assignment_status"),
        payload.get("priority"),
        span(payload.get("age") or 0),
        payload.get("task_queue_friendly_name") or payload.get("task_queue_sid") or "",
        short(payload.get("attributes")),
    )


def _attributes(options: argparse.Namespace) -> dict[str, Any]:
    """Return the attributes from the command line."""
    attributes: object = {}
    if options.attributes is not None:
        try:
            attributes = json.loads(options.attributes)
        except (ValueError, RecursionError) as error:
            raise CommandError(
                f"--attributes is not valid JSON: {error}", USAGE
            ) from None
    if not isinstance(attributes, dict):
        raise CommandError(
            """--attributes must be a JSON object such as '{"language": "en"}'""",
            USAGE,
        )
    for word in options.words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise CommandError(f"{word!r} is not of the form NAME=VALUE", USAGE)
        attributes[name] = value
    return attributes


def _parsed(attributes: str) -> dict[str, Any]:
    """Parse the attributes of a task, which must be a JSON object."""
    found: Any = json.loads(attributes)
    return found if isinstance(found, dict) else {}
