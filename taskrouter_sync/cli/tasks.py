"""``task create``: one task, for trials."""

from __future__ import annotations

import argparse
import json
from typing import Any

from .. import Workspace
from .arguments import Commands, add_command, positive
from .context import Context
from .credentials import WORKSPACE
from .outcome import DONE, USAGE, CommandError
from .terminal import plain


_EXAMPLES = """\
  taskrouter-sync task create                               no attributes
  taskrouter-sync task create language=en priority=3        attributes as text
  taskrouter-sync task create --attributes '{"skills": ["a"]}' --priority 10
  taskrouter-sync task create --json | jq -r .sid           all of it, as JSON
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "task", run, "create a task", _EXAMPLES)
    parser.add_argument("verb", choices=["create"])
    parser.add_argument(
        "words", nargs="*", metavar="NAME=VALUE", help="attributes, as text"
    )
    parser.add_argument("--attributes", metavar="JSON", help="attributes, an object")
    parser.add_argument("--workflow", metavar="WW…", help="by default the only one")
    parser.add_argument("--channel", metavar="NAME", help="such as voice or chat")
    parser.add_argument("--priority", type=int, metavar="N")
    parser.add_argument(
        "--timeout", type=positive, metavar="SECONDS", help="until it is canceled"
    )
    parser.add_argument("--json", action="store_true", help="print the whole task")


def run(options: argparse.Namespace, context: Context) -> int:
    """Create the task and print its sid."""
    params = _params(options)
    token = context.credentials.source(WORKSPACE)
    with Workspace(token, debug=options.verbose, daemon=True) as workspace:
        task = workspace.tasks.create(params)
    if options.json:
        context.say(json.dumps(task.payload))
    else:
        context.say(plain(task.sid))
    return DONE


def _params(options: argparse.Namespace) -> dict[str, Any]:
    given = {
        "WorkflowSid": options.workflow,
        "TaskChannel": options.channel,
        "Priority": options.priority,
        "Timeout": options.timeout,
    }
    params = {name: value for name, value in given.items() if value is not None}
    return {"Attributes": _attributes(options), **params}


def _attributes(options: argparse.Namespace) -> dict[str, Any]:
    try:
        attributes = json.loads(options.attributes or "{}")
    except ValueError as error:
        raise CommandError(f"--attributes is no JSON: {error}", USAGE) from None
    if not isinstance(attributes, dict):
        raise CommandError('--attributes must be an object: {"name": …}', USAGE)
    for word in options.words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise CommandError(f"{word!r} is no NAME=VALUE", USAGE)
        attributes[name] = value
    return attributes
