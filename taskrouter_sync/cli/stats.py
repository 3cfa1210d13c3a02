"""``stats``: live statistics of a task queue, or of all of a workspace."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import TaskQueue, TaskRouterError, Workspace
from ..timing import may_pass
from .command import (
    DONE,
    Commands,
    Context,
    add_command,
    duration,
    positive,
    wait_until_ready,
)
from .credentials import TASK_QUEUE, WORKSPACE, Credentials
from .terminal import columns, plain, span


_EXAMPLES = """\
  taskrouter-sync stats                     show live statistics of all task queues
  taskrouter-sync stats WQ0123…             of one task queue
  taskrouter-sync stats --minutes 240       with totals of the last four hours
  taskrouter-sync stats --once              print them once
  taskrouter-sync stats --json --every 1m   print JSON lines, for programs

With the extra `cli`, live tables are updated in place: pip install
'taskrouter_sync[cli]'
"""

_OVERVIEW = ("pending", "reserved", "assigned")
_STATUSES = ("pending", "reserved", "assigned", "wrapping")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "stats", run, "show live statistics of task queues", _EXAMPLES
    )
    parser.add_argument(
        "queue", nargs="?", metavar="WQ…", help="a task queue; default: all"
    )
    parser.add_argument(
        "--every",
        type=duration,
        default=5.0,
        metavar="DURATION",
        help="interval between updates; default: 5s",
    )
    parser.add_argument(
        "--minutes",
        type=positive,
        default=15,
        metavar="N",
        help="period of the totals, in minutes; default: 15",
    )
    parser.add_argument("--once", action="store_true", help="print them once and exit")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a line of JSON each time, with all statistics of each task queue",
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Show statistics until Ctrl-C, or once; a failure that may pass ends nothing."""
    kind = TASK_QUEUE if options.queue else WORKSPACE
    token = Credentials(context.environment).source(kind, options.queue)
    look = _of_a_queue if options.queue else _of_the_workspace
    with kind.client(token, debug=options.verbose, daemon=True) as client:
        wait_until_ready(client, context)
        live = not options.once and not options.json
        with _screen(context, live=live) as screen:
            while True:
                try:
                    statistics, table = look(client, options.minutes)
                except TaskRouterError as error:
                    if options.once or not may_pass(error):
                        raise
                    screen.warn(f"{plain(error)} (still trying)")
                else:
                    if options.json:
                        context.say(json.dumps(statistics, default=str))
                    else:
                        screen.show(table)
                    if options.once:
                        return DONE
                # Not an event's wait, in which Ctrl-C may break the lock.
                time.sleep(options.every)


@dataclass(frozen=True)
class Table:
    """Rows of a table and their headings."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def _of_a_queue(client: TaskQueue, minutes: int) -> tuple[list[Any], Table]:
    """Return the statistics of one task queue, with a row for each figure."""
    found = client.statistics.fetch({"Minutes": minutes})
    now, past = found.realtime, found.cumulative
    rows: list[tuple[Any, ...]] = [
        *((f"tasks {status}", _count(now, status)) for status in _STATUSES),
        ("longest wait", span(now.longest_task_waiting_age or 0)),
        ("eligible workers", now.total_eligible_workers),
        ("available workers", now.total_available_workers),
        *(
            (f"workers in {each.friendly_name}", each.workers)
            for each in now.activity_statistics
        ),
        ("tasks entered", past.tasks_entered),
        ("tasks completed", past.tasks_completed),
        ("tasks canceled", past.tasks_canceled),
        ("reservations accepted", past.reservations_accepted),
        ("reservations rejected", past.reservations_rejected),
        ("reservations timed out", past.reservations_timed_out),
        ("average time to accept", span(past.avg_task_acceptance_time or 0)),
    ]
    name = client.friendly_name
    statistics = [_nested(row, name) for row in found.to_dicts()]
    return statistics, Table(_title(name, minutes), ("figure", "value"), rows)


def _of_the_workspace(client: Workspace, minutes: int) -> tuple[list[Any], Table]:
    """Return the statistics of a workspace's task queues, with a row for each."""
    names = {
        each.sid: each.friendly_name for each in client.taskqueues.fetch().iter_all()
    }
    # One page of statistics holds as many queues as the service lets it: a thousand.
    found = client.taskqueues.statistics.fetch({"Minutes": minutes, "PageSize": 1000})
    # No more than a terminal of 80 columns can hold; the rest is in a queue's own.
    head = ("queue", *_OVERVIEW, "oldest", "workers", "entered", "done")
    rows = [
        (
            names.get(each.task_queue_sid, each.task_queue_sid),
            *(_count(each.realtime, status) for status in _OVERVIEW),
            span(each.realtime.longest_task_waiting_age or 0),
            f"{each.realtime.total_available_workers} of "
            f"{each.realtime.total_eligible_workers}",
            each.cumulative.tasks_entered,
            each.cumulative.tasks_completed,
        )
        for each in found
    ]
    statistics = [
        _nested(row, names.get(row["task_queue_sid"])) for row in found.to_dicts()
    ]
    return statistics, Table(_title(client.friendly_name, minutes), head, rows)


def _title(name: str, minutes: int) -> str:
    return f"{name}: now, and the last {minutes} min"


def _count(realtime: Any, status: str) -> int:
    return int(realtime.tasks_by_status.get(status) or 0)


def _nested(row: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """Turn a row with names such as ``realtime.total_tasks`` into nested objects."""
    made: dict[str, Any] = {"friendly_name": name}
    for path, value in row.items():
        *parents, last = path.split(".")
        place = made
        for each in parents:
            place = place.setdefault(each, {})
        place[last] = value
    return made


class _Printer:
    """Prints each table below the previous one, with the time if there are several."""

    def __init__(self, context: Context, *, timed: bool) -> None:
        self._context = context
        self._timed = timed

    def show(self, table: Table) -> None:
        """Print a table."""
        head, *rows = columns([table.head, *table.rows])
        time = f"  {datetime.now():%H:%M:%S}" if self._timed else ""
        title = self._context.paint("bold", plain(table.title))
        lines = [f"{title}{time}", self._context.paint("dim", head), *rows]
        self._context.say(*lines, *([""] * self._timed))

    def warn(self, line: str) -> None:
        """Print a line to stderr."""
        self._context.warn(line)


class _Display:
    """Replaces each table by the next, with rich."""

    def __init__(self, display: Any) -> None:
        self._display = display

    def show(self, table: Table) -> None:
        """Show a table instead of the previous one."""
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        title = Text(plain(table.title))
        made = RichTable(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for name in table.head:
            made.add_column(name)
        for row in table.rows:
            # Text, as a plain str could hold rich's own markup.
            cells = (
                Text(plain(each), justify="right" if isinstance(each, int) else "left")
                for each in row
            )
            made.add_row(*cells)
        self._display.update(made, refresh=True)

    def warn(self, line: str) -> None:
        """Print a line above the table."""
        from rich.text import Text

        self._display.console.print(Text(line))


@contextmanager
def _screen(context: Context, *, live: bool) -> Iterator[_Printer | _Display]:
    """Open the display: in place on a terminal if the extra ``cli`` is installed."""
    display = _display(context) if live and context.paint.on else None
    if display is None:
        yield _Printer(context, timed=live)
        return
    with display:
        yield _Display(display)


def _display(context: Context) -> Any:
    """Create rich's display on the terminal; None if rich is not installed."""
    try:
        from rich.console import Console
        from rich.live import Live
    except ImportError:
        return None
    console = Console(file=context.stdout, force_terminal=True)
    return Live(console=console, auto_refresh=False)
