"""``listen``: the events of workers, as lines or as JSON.

Events come on the clients' threads and are printed on the main one.
"""

from __future__ import annotations

import argparse
import json
import queue
import time
from contextlib import ExitStack

from .. import Workspace
from . import events
from .arguments import Commands, add_command, positive, seconds
from .context import Context
from .credentials import WORKER, WORKSPACE
from .heard import Heard, HeardWorker
from .outcome import DONE, FAILED


_EXAMPLES = """\
  taskrouter-sync listen                       the worker of the environment
  taskrouter-sync listen WK0123… WK4567…       these workers
  taskrouter-sync listen --all                 every worker of the workspace
  taskrouter-sync listen --json | jq .event    one JSON document a line
  taskrouter-sync listen --event reservation.created --count 1
                                               wait for the next reservation
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "listen", run, "show the events of workers as they come", _EXAMPLES
    )
    parser.add_argument("workers", nargs="*", metavar="WK…", help="worker sids")
    parser.add_argument(
        "--all", action="store_true", help="all workers that the workspace has now"
    )
    parser.add_argument(
        "--event", action="append", metavar="NAME", help="only these; may be repeated"
    )
    parser.add_argument(
        "--json", action="store_true", help="JSON lines: at, event, channel, payload"
    )
    parser.add_argument(
        "--count", type=positive, metavar="N", help="end after so many events"
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="TIME",
        help="end after so long, as 90s or 15m; with --count, status 1 then",
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Print events until it is enough."""
    inbox: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    wanted = frozenset(options.event or ())
    deadline = None if options.timeout is None else time.monotonic() + options.timeout
    left = options.count
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                HeardWorker(
                    context.credentials.source(WORKER, sid),
                    inbox.put,
                    debug=options.verbose,
                    daemon=True,
                )
            )
            for sid in _sids(options, context)
        ]
        for worker in workers:
            worker.wait_until_ready(30)
        while left is None or left > 0:
            try:
                heard = inbox.get(timeout=_remaining(deadline))
            except queue.Empty:
                return DONE if options.count is None else FAILED
            if wanted and heard.event not in wanted:
                continue
            context.say(_text(heard, options, context))
            left = None if left is None else left - 1
    return DONE


def _sids(options: argparse.Namespace, context: Context) -> list[str | None]:
    if not options.all:
        return options.workers or [None]
    token = context.credentials.source(WORKSPACE)
    with Workspace(token, debug=options.verbose, daemon=True) as workspace:
        return [worker.sid for worker in workspace.workers.fetch().iter_all()]


def _text(heard: Heard, options: argparse.Namespace, context: Context) -> str:
    if options.json:
        return json.dumps(events.document(heard), default=str)
    line = events.line(heard, context.paint)
    several = options.all or len(options.workers) > 1
    return f"{context.paint('dim', heard.channel)}  {line}" if several else line


def _remaining(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
