"""``stats``: a queue, or all queues of a workspace, live."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

from .. import TaskQueue, Workspace
from . import figures, live
from .arguments import Commands, add_command, positive, seconds
from .context import Context
from .credentials import TASK_QUEUE, WORKSPACE
from .figures import Table
from .outcome import DONE


_EXAMPLES = """\
  taskrouter-sync stats                     the queues of the workspace, live
  taskrouter-sync stats WQ0123…             one queue
  taskrouter-sync stats --minutes 240       sums of the last four hours
  taskrouter-sync stats --once              one look
  taskrouter-sync stats --json --every 1m   JSON lines, for a program

Live tables stand still with the extra `cli`: pip install 'taskrouter_sync[cli]'
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "stats", run, "show queues' statistics, live", _EXAMPLES
    )
    parser.add_argument("queue", nargs="?", metavar="WQ…", help="by default all")
    parser.add_argument(
        "--every", type=seconds, default=5.0, metavar="TIME", help="default: 5s"
    )
    parser.add_argument(
        "--minutes", type=positive, default=15, metavar="N", help="default: 15"
    )
    parser.add_argument("--once", action="store_true", help="show them and end")
    parser.add_argument(
        "--json", action="store_true", help="a JSON line each time, with all figures"
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Show statistics until Ctrl-C, or once."""
    source = TASK_QUEUE if options.queue else WORKSPACE
    token = context.credentials.source(source, options.queue)
    kind: type[Any] = TaskQueue if options.queue else Workspace
    look = _of_a_queue if options.queue else _of_the_workspace
    with kind(token, debug=options.verbose, daemon=True) as client:
        client.wait_until_ready(30)
        show_live = not options.once and not options.json
        with live.screen(context, live=show_live) as show:
            while True:
                _show(look(client, options.minutes), options, context, show)
                if options.once:
                    return DONE
                # Not an event's wait, in which Ctrl-C may break the lock.
                time.sleep(options.every)


def _show(
    found: tuple[list[dict[str, Any]], Table],
    options: argparse.Namespace,
    context: Context,
    show: Callable[[Table], None],
) -> None:
    rows, table = found
    if options.json:
        context.say(json.dumps(rows, default=str))
    else:
        show(table)


def _of_a_queue(client: TaskQueue, minutes: int) -> tuple[list[dict[str, Any]], Table]:
    found = client.statistics.fetch({"Minutes": minutes})
    title = f"{client.friendly_name}: now, and the last {minutes} min"
    return found.to_dicts(), figures.of_one(found, title)


def _of_the_workspace(
    client: Workspace, minutes: int
) -> tuple[list[dict[str, Any]], Table]:
    queues = {each.sid: each.friendly_name for each in client.taskqueues.fetch().all()}
    # One page of statistics holds as many queues as the service lets it: a thousand.
    found = client.taskqueues.statistics.fetch({"Minutes": minutes, "PageSize": 1000})
    title = f"{client.friendly_name}: now, and the last {minutes} min"
    return found.to_dicts(), figures.of_queues(queues, found, title)
