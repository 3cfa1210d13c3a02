"""``worker``: an agent in the terminal.

Events and keys arrive on other threads and are handled on the main thread.
"""

from __future__ import annotations

import argparse
import json
import queue
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .. import TaskRouterError
from . import events
from .command import (
    DONE,
    CommandError,
    Commands,
    Context,
    add_command,
    take,
    wait_until_ready,
)
from .credentials import WORKER, Credentials
from .events import Event, EveryEvent
from .terminal import END, REDRAW, Paint, handling, keys, plain, short, short_sids


_KEYS = """\
  a  accept      r  reject      c  complete
  1…9  choose one of several reservations for the next a, r or c
  s  switch to another activity           ?  this help      q  quit"""

_EXAMPLES = f"""\
  taskrouter-sync worker                    the worker from the environment
  taskrouter-sync worker WK0123…            another worker
  taskrouter-sync worker --activity Available
                                            start in the activity Available
  taskrouter-sync worker --activity Available --leave Offline
                                            and end in the activity Offline

keys:
{_KEYS}
"""

_PENDING = ("pending",)
_OPEN = ("accepted", "wrapping")

Verb = Literal[
    "accept", "reject", "complete", "activities", "activity", "quit", "help", "redraw"
]
_VERBS: Mapping[str, Verb] = {
    "s": "activities",
    "q": "quit",
    END: "quit",
    REDRAW: "redraw",
}


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "worker", run, "work as an agent in this terminal", _EXAMPLES
    )
    parser.add_argument(
        "sid",
        nargs="?",
        metavar="WK…",
        help="the worker's sid; default: from the environment",
    )
    parser.add_argument(
        "--activity",
        metavar="NAME",
        help="the worker's activity when the command starts",
    )
    parser.add_argument(
        "--leave", metavar="NAME", help="the worker's activity when the command ends"
    )
    parser.add_argument(
        "--alone", action="store_true", help="close the worker's other connections"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print events as JSON lines with their full payload; the keys still work",
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Run the worker until `q` or Ctrl-C, SIGTERM or the end of its terminal."""
    inbox: queue.SimpleQueue[Event | str] = queue.SimpleQueue()

    def end(number: int, frame: object) -> None:
        inbox.put(END)

    ends = [getattr(signal, each, None) for each in ("SIGTERM", "SIGHUP")]
    # `nohup` has the second one ignored.
    handlers = {
        each: end for each in ends if each and signal.getsignal(each) != signal.SIG_IGN
    }
    with EveryEvent(
        Credentials(context.environment).source(WORKER, options.sid),
        inbox,
        debug=options.verbose,
        close_existing_sessions=options.alone,
        daemon=True,
    ) as worker:
        wait_until_ready(worker, context)
        agent = _Agent(worker, context, as_json=options.json)
        # Both looked up now: a typing error must not come out at the end.
        first, last = agent.activity(options.activity), agent.activity(options.leave)
        with handling(handlers):
            try:
                if first is not None:
                    worker.update("ActivitySid", first)
                with keys(context.stdin, inbox):
                    while agent.take(take(inbox)):
                        if inbox.empty():
                            agent.show()
            finally:
                if last is not None:
                    worker.update("ActivitySid", last)
    return DONE


class _Agent:
    """The worker, its events and its keys."""

    def __init__(self, worker: EveryEvent, context: Context, *, as_json: bool) -> None:
        self._worker = worker
        self._context = context
        self._as_json = as_json
        self._menu = Menu()
        self._shown: list[str] = []

    def take(self, item: Event | str) -> bool:
        """Handle an event or a key; return False to quit."""
        self._menu.update(self._worker.reservations)
        if isinstance(item, Event):
            self._print(item)
            return True
        meant = self._menu.press(item)
        if isinstance(meant, str):
            self._context.warn(meant)
        elif meant.verb == "quit":
            return False
        else:
            try:
                self._do(meant)
            except TaskRouterError as error:
                self._context.warn(self._context.paint("red", plain(error)))
        return True

    def show(self) -> None:
        """Show the open reservations and the keys, if they have changed."""
        self._menu.update(self._worker.reservations)
        lines = self._menu.lines(self._context.paint)
        if lines != self._shown and not self._as_json:
            self._shown = lines
            self._context.say(*lines)

    def activity(self, name: str | None) -> str | None:
        """Find an activity's sid by its name, or by the sid itself; None for None.

        Raises:
            CommandError: there is no such activity.
            TaskRouterError: the request failed.
        """
        if name is None:
            return None
        found = self._worker.activities.fetch().all()
        for each in found:
            if name in (each.friendly_name, each.sid):
                return str(each.sid)
        raise CommandError(
            f"there is no activity {name} (use "
            f"{', '.join(each.friendly_name for each in found)})"
        )

    def _print(self, event: Event) -> None:
        if self._as_json:
            self._context.say(json.dumps(events.document(event), default=str))
        else:
            self._context.say(events.line(event, self._context.paint, named=False))

    def _do(self, action: Action) -> None:
        if action.verb == "accept":
            action.subject.accept()
        elif action.verb == "reject":
            action.subject.reject()
        elif action.verb == "complete":
            action.subject.task.complete()
        elif action.verb == "activity":
            self._worker.update("ActivitySid", action.subject.sid)
        elif action.verb == "activities":
            found = self._worker.activities.fetch().all()
            self._context.warn(*self._menu.offer(found))
        elif action.verb == "redraw":
            self._shown = []
        else:
            self._context.warn(_KEYS)


@dataclass(frozen=True)
class Action:
    """The action that a key stands for.

    Attributes:
        verb: what to do.
        subject: a reservation or an activity; None if the verb needs none.
    """

    verb: Verb
    subject: Any = None


class Menu:
    """What the keys mean: the open reservations, and which is chosen. Pure.

    Only reads properties of the reservations.
    """

    def __init__(self) -> None:
        self._reservations: dict[str, Any] = {}
        self._chosen: str | None = None
        # What a digit chooses from; empty: from the reservations.
        self._activities: Sequence[Any] = ()

    def update(self, reservations: Mapping[str, Any]) -> None:
        """Set the open reservations, by sid, the oldest first."""
        self._reservations = dict(reservations)
        if self._chosen not in self._reservations:
            self._chosen = None

    def offer(self, activities: Sequence[Any]) -> list[str]:
        """Let the next digit choose an activity; return the lines with the choices."""
        self._activities = activities[:9]
        return [
            f"  {number}  {plain(each.friendly_name)}"
            for number, each in enumerate(self._activities, 1)
        ]

    def press(self, key: str) -> Action | str:
        """Return what a key means now: an action, or a message for the agent."""
        activities, self._activities = self._activities, ()
        if key in "123456789" and key:
            return self._digit(int(key), activities)
        if key == "a":
            return self._on_one("accept", _PENDING)
        if key == "r":
            return self._on_one("reject", _PENDING)
        if key == "c":
            return self._on_one("complete", _OPEN)
        return Action(_VERBS.get(key, "help"))

    def lines(self, paint: Paint) -> list[str]:
        """Return lines with the open reservations and the keys."""
        shown = []
        for number, (sid, each) in enumerate(self._reservations.items(), 1):
            mark = ">" if sid == self._chosen else " "
            status = plain(each.reservation_status)
            style = "yellow" if status in _PENDING else "green"
            task = each.get("task") or {}
            about = short(task.get("attributes", ""))
            painted = paint(style, f"{status:<9}")
            name = short_sids(plain(sid))
            shown.append(f"{mark} {number}  {painted}  {name}  {about}".rstrip())
        return [*shown, paint("dim", self._hint())]

    def _hint(self) -> str:
        words = []
        if self._find(_PENDING) is not None:
            words += ["[a]ccept", "[r]eject"]
        if self._find(_OPEN) is not None:
            words.append("[c]omplete")
        return "  ".join([*words, "[s]witch activity", "[?] help", "[q]uit"])

    def _digit(self, number: int, activities: Sequence[Any]) -> Action | str:
        if activities:
            if number > len(activities):
                return f"there is no activity {number}"
            return Action("activity", activities[number - 1])
        sids = list(self._reservations)
        if number > len(sids):
            return f"there is no reservation {number}"
        self._chosen = sids[number - 1]
        return f"reservation {number} is chosen"

    def _on_one(self, verb: Verb, statuses: Sequence[str]) -> Action | str:
        found = self._find(statuses)
        if found is None:
            return f"no reservation to {verb}"
        return Action(verb, found)

    def _find(self, statuses: Sequence[str]) -> Any:
        """Find the reservation for a verb: the chosen one, or else the oldest."""
        fitting = {
            sid: each
            for sid, each in self._reservations.items()
            if each.reservation_status in statuses
        }
        return fitting.get(self._chosen or "", next(iter(fitting.values()), None))
