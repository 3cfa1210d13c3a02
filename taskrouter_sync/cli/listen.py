"""``listen``: the events of workers, as lines or as JSON.

Events arrive on the clients' threads and are printed on the main thread.
"""

from __future__ import annotations

import argparse
import difflib
import json
import queue
import time
from contextlib import ExitStack

from .. import Workspace
from ..naming import nearest_name
from ..typed_events import WORKER_EVENTS
from . import events
from .command import (
    DONE,
    FAILED,
    CommandError,
    Commands,
    Context,
    add_command,
    duration,
    positive,
    take,
    wait_until_ready,
)
from .credentials import WORKER, WORKSPACE, Credentials
from .events import EveryEvent
from .terminal import plain, short_sids


_EXAMPLES = """\
  taskrouter-sync listen                       the worker from the environment
  taskrouter-sync listen WK0123… WK4567…       these workers
  taskrouter-sync listen --all                 every worker of the workspace
  taskrouter-sync listen --json | jq .event    one JSON document per line
  taskrouter-sync listen --event reservation.created --count 1
                                               wait for the next reservation
"""


# What the events of the service are about.
_KINDS = ("reservation", "task", "worker")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "listen",
        run,
        "print the events of workers as they happen",
        _EXAMPLES,
        rest="workers",
    )
    parser.add_argument(
        "workers",
        nargs="*",
        metavar="WK…",
        help="the sids of the workers; default: from the environment",
    )
    parser.add_argument(
        "--all", action="store_true", help="all workers that are in the workspace now"
    )
    parser.add_argument(
        "--event",
        action="append",
        type=_event,
        metavar="NAME",
        help="print only these events; can be repeated",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON lines with at, event, channel and payload",
    )
    parser.add_argument(
        "--count", type=positive, metavar="N", help="exit after N events"
    )
    parser.add_argument(
        "--timeout",
        type=duration,
        metavar="DURATION",
        help="exit after a duration such as 90s or 15m; with --count, the exit status "
        "is 1 then",
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Print events until the count or the time is reached."""
    inbox: queue.SimpleQueue[events.Event] = queue.SimpleQueue()
    wanted = frozenset(options.event or ())
    deadline = None if options.timeout is None else time.monotonic() + options.timeout
    left = options.count
    credentials = Credentials(context.environment)
    for name in wanted.difference(WORKER_EVENTS):
        if meant := nearest_name(name, WORKER_EVENTS):
            what = f"{plain(name)} is not an event that this version knows"
            context.warn(f"{what}; did you mean {meant}?")
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                EveryEvent(
                    credentials.source(WORKER, sid),
                    inbox,
                    debug=options.verbose,
                    daemon=True,
                )
            )
            for sid in _sids(options, credentials)
        ]
        for worker in workers:
            wait_until_ready(worker, context)
        while left is None or left > 0:
            try:
                event = take(inbox, deadline)
            except queue.Empty:
                return DONE if options.count is None else FAILED
            if wanted and event.name not in wanted:
                continue
            context.say(_text(event, options, context))
            left = None if left is None else left - 1
    return DONE


def _event(text: str) -> str:
    """Parse the name of an event; return the one that clients emit it by."""
    name = text.removeprefix("worker.")
    if name == "reservation.pending":
        return "reservation.created"
    kind, _, change = text.partition(".")
    # The service may have more events than this version knows.
    if name not in WORKER_EVENTS and not (kind in _KINDS and change):
        similar = difflib.get_close_matches(text, WORKER_EVENTS, 1, 0.5)
        advice = f"use one of {', '.join(WORKER_EVENTS)}"
        if similar:
            advice = f"did you mean {similar[0]}?"
        raise argparse.ArgumentTypeError(f"there is no event {text!r} ({advice})")
    return name


def _sids(
    options: argparse.Namespace, credentials: Credentials
) -> list[str] | list[None]:
    if not options.all:
        return options.workers or [None]
    token = credentials.source(WORKSPACE)
    with Workspace(token, debug=options.verbose, daemon=True) as workspace:
        found = [worker.sid for worker in workspace.workers.fetch().iter_all()]
    if not found:
        raise CommandError("there are no workers in the workspace")
    return found


def _text(event: events.Event, options: argparse.Namespace, context: Context) -> str:
    if options.json:
        return json.dumps(events.document(event), default=str)
    line = events.line(event, context.paint)
    several = options.all or len(options.workers) > 1
    who = context.paint("dim", short_sids(event.channel))
    return f"{who}  {line}" if several else line
