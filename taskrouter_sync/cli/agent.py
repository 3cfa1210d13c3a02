"""``worker``: an agent on the terminal.

Events and keys come on threads of their own; everything is done on the main one.
"""

from __future__ import annotations

import argparse
import queue

from .. import TaskRouterError
from . import events
from .arguments import Commands, add_command
from .context import Context
from .credentials import WORKER
from .desk import HELP, Action, Desk
from .heard import Heard, HeardWorker
from .keyboard import keys
from .outcome import DONE, CommandError
from .terminal import plain


_EXAMPLES = """\
  taskrouter-sync worker                    the worker of the environment
  taskrouter-sync worker WK0123…            another one
  taskrouter-sync worker --activity Available
                                            and take up work at once
  taskrouter-sync worker --activity Available --leave Offline
                                            and go when this command ends

keys:
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "worker", run, "be an agent, on this terminal", f"{_EXAMPLES}{HELP}\n"
    )
    parser.add_argument("sid", nargs="?", metavar="WK…", help="the worker's sid")
    parser.add_argument(
        "--activity", metavar="NAME", help="the worker's activity, at the beginning"
    )
    parser.add_argument("--leave", metavar="NAME", help="the same, at the end")
    parser.add_argument(
        "--alone", action="store_true", help="end the worker's other connections"
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Be the worker until `q` or Ctrl-C."""
    inbox: queue.SimpleQueue[Heard | str] = queue.SimpleQueue()
    with HeardWorker(
        context.credentials.source(WORKER, options.sid),
        inbox.put,
        debug=options.verbose,
        close_existing_sessions=options.alone,
        daemon=True,
    ) as worker:
        worker.wait_until_ready(30)
        agent = _Agent(worker, context)
        # Both looked up now: a slip of the pen must not come out at the end.
        first, last = agent.activity(options.activity), agent.activity(options.leave)
        try:
            if first is not None:
                worker.update("ActivitySid", first)
            name, activity = worker.friendly_name, worker.activity_name
            context.say(f"{plain(name)} is {plain(activity)}")
            with keys(context.stdin, inbox.put):
                while agent.take(inbox.get()):
                    if inbox.empty():
                        agent.show()
        finally:
            if last is not None:
                worker.update("ActivitySid", last)
    return DONE


class _Agent:
    """One worker at their desk."""

    def __init__(self, worker: HeardWorker, context: Context) -> None:
        self._worker = worker
        self._context = context
        self._desk = Desk()
        self._shown: list[str] = []

    def take(self, item: Heard | str) -> bool:
        """Do what an event or a key asks for; False when that is to end."""
        self._desk.lay(self._worker.reservations)
        if isinstance(item, Heard):
            self._context.say(events.line(item, self._context.paint))
            return True
        meant = self._desk.press(item)
        if isinstance(meant, str):
            self._context.say(meant)
        elif meant is not None:
            if meant.verb == "quit":
                return False
            try:
                self._do(meant)
            except TaskRouterError as error:
                self._context.say(self._context.paint("red", plain(error)))
        return True

    def show(self) -> None:
        """Show what is on the desk, if that has changed."""
        self._desk.lay(self._worker.reservations)
        lines = self._desk.lines(self._context.paint)
        if lines != self._shown:
            self._shown = lines
            self._context.say(*lines)

    def activity(self, name: str | None) -> str | None:
        """Find an activity's sid by its name, or by the sid itself; None for None.

        Raises:
            CommandError: there is none of that name.
            TaskRouterError: the service refuses.
        """
        if name is None:
            return None
        found = self._worker.activities.fetch().all()
        for each in found:
            if name in (each.friendly_name, each.sid):
                return str(each.sid)
        raise CommandError(
            f"no activity is named {name}: there are "
            f"{', '.join(each.friendly_name for each in found)}"
        )

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
            self._context.say(*self._desk.offer(found))
        else:
            self._context.say(HELP)
