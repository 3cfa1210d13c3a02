"""The program: its commands, and how each of them ends.

Errors become a line on stderr and an exit status; nobody sees a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import TaskRouterError, __version__
from . import agent, doctor, listen, stats, tasks, token_command
from .context import Context
from .credentials import VARIABLES
from .outcome import DONE, FAILED, INTERRUPTED, STATUSES, CommandError
from .terminal import Paint, plain


_EXAMPLES = """\
examples:
  taskrouter-sync emulator --print-tokens     a TaskRouter service on this machine
  taskrouter-sync doctor                      is everything as it must be?
  taskrouter-sync worker                      be an agent, on this terminal
  taskrouter-sync listen --json               a worker's events, for programs
  taskrouter-sync task create language=en     something to do for an agent
  taskrouter-sync stats                       the queues, live
  taskrouter-sync token worker --ttl 8h       a capability token for a working day

`taskrouter-sync COMMAND --help` has more of them.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None for the process's own.

    Returns:
        The exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words[:1] == ["emulator"]:
            return _emulator(words[1:])
        options = _parser().parse_args(words)
        status: int = options.run(options, Context(sys.stdin, sys.stdout, os.environ))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return FAILED
    except CommandError as error:
        _complain(str(error))
        return error.status
    except TaskRouterError as error:
        _complain(f"{error} (`taskrouter-sync doctor` looks for the reason)")
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="taskrouter-sync",
        description="Twilio TaskRouter on the command line.",
        epilog=f"{_EXAMPLES}\n{VARIABLES}\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    # Its arguments are the emulator's own: `main` hands them over.
    commands.add_parser("emulator", help="serve a TaskRouter service on this machine")
    for command in (token_command, listen, agent, tasks, stats, doctor):
        command.add(commands)
    return parser


def _emulator(arguments: list[str]) -> int:
    try:
        from ..emulator.__main__ import main as serve
    except ImportError as error:
        raise CommandError(str(error)) from None
    return serve(arguments) or DONE


def _complain(message: str) -> None:
    paint = Paint(sys.stderr, os.environ)
    sys.stderr.write(f"{paint('red', 'taskrouter-sync:')} {plain(message)}\n")


def _forget_stdout() -> None:
    """Let the interpreter's last flush go nowhere: whoever read it is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
