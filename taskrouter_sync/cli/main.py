"""The program: its commands, errors and exit statuses.

An error is one line on stderr and an exit status, never a traceback. Modules that take
long to load are imported where they are used, so that Ctrl-C works in the meantime.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import ConnectionFailed, RequestTimeout, TaskRouterError, __version__
from ..emulator import streams
from .command import (
    DONE,
    FAILED,
    INTERRUPTED,
    STATUSES,
    VARIABLES,
    CommandError,
    Context,
    Parser,
    add_command,
)
from .terminal import Paint, plain


_NAME = "taskrouter-sync"

_EXAMPLES = """\
examples:
  taskrouter-sync emulator --print-tokens     run a TaskRouter service on this machine
  taskrouter-sync emulator -- pytest          run a command against such a service
  taskrouter-sync doctor                      check credentials, network and service
  taskrouter-sync worker                      work as an agent in this terminal
  taskrouter-sync listen --json               print a worker's events, for programs
  taskrouter-sync task create language=en     create a task for an agent
  taskrouter-sync stats                       show live statistics of task queues
  taskrouter-sync token worker --ttl 8h       make a capability token for a working day

`taskrouter-sync COMMAND --help` shows more.
"""
_COMPLETION = """\
  taskrouter-sync completion bash > ~/.taskrouter-sync.bash
                                     with `source ~/.taskrouter-sync.bash` in ~/.bashrc
  taskrouter-sync completion zsh > ~/.zfunc/_taskrouter-sync
                                     with `fpath+=~/.zfunc` before compinit in ~/.zshrc
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    Args:
        arguments: without the program's name; None uses those of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    return streams.run(
        lambda: _main(words), lambda message: _complain(_typed_name(), message)
    )


def _main(words: list[str]) -> int:
    name = _typed_name()
    try:
        from . import emulator_command

        own, command = emulator_command.split(words)
        parser = _parser(name, whole=own[:1] == ["emulator"])
        options = _parse(parser, own)
        options.program = command
        if not getattr(options, "verbose", False):
            # What the clients would log is in what the commands say.
            logging.getLogger("taskrouter_sync").addHandler(logging.NullHandler())
        context = Context(sys.stdin, sys.stdout, sys.stderr, os.environ)
        if options.run is None:
            context.say(options.parser.format_help().rstrip("\n"))
            return DONE
        name = options.parser.prog
        status: int = options.run(options, context)
    except KeyboardInterrupt:
        return INTERRUPTED
    except CommandError as error:
        _complain(name, str(error))
        return error.status
    except TaskRouterError as error:
        _complain(name, f"{error}{_hint(error)}")
        return FAILED
    return status


def _parse(parser: Parser, words: list[str]) -> argparse.Namespace:
    """Parse the arguments; errors name the command, and options may be between others.

    By itself, argparse would report positional arguments after an option as unknown,
    and its error would name only the program.
    """
    options, unknown = parser.parse_known_args(words)
    if options.rest is not None:
        late = [word for word in unknown if not word.startswith("-")]
        getattr(options, options.rest).extend(late)
        unknown = [word for word in unknown if word.startswith("-")]
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def _typed_name() -> str:
    """Return the program's name as it was typed, for usage lines and errors."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"python -m {called.parent.name}"
    return _NAME


def _parser(name: str, *, whole: bool = True) -> Parser:
    """Create the parser; if `whole`, with the emulator's arguments."""
    from . import agent, doctor, emulator_command, listen, stats, tasks, token_command

    parser = Parser(
        prog=name,
        description="Work with Twilio TaskRouter on the command line.",
        epilog=f"{_EXAMPLES}\n{VARIABLES}\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=None, parser=parser, rest=None)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND")
    emulator_command.add(commands, whole=whole)
    for each in (token_command, listen, agent, tasks, stats, doctor):
        each.add(commands)
    completion = add_command(
        commands,
        "completion",
        _complete,
        "print a shell completion script",
        _COMPLETION,
        verbose=False,
    )
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return parser


def _complete(options: argparse.Namespace, context: Context) -> int:
    """Print a shell script that completes commands and options."""
    try:
        import shtab
    except ImportError:
        raise CommandError(
            "completion needs shtab: pip install 'taskrouter_sync[cli]'"
        ) from None
    try:
        parser = _parser(_NAME)
    except CommandError:  # the extra `emulator` is not installed
        parser = _parser(_NAME, whole=False)
    context.say(shtab.complete(parser, options.shell))
    return DONE


def _hint(error: TaskRouterError) -> str:
    """Say which setting is probably wrong, and how to find out more."""
    from .credentials import Credentials, is_refused_signature

    credentials = Credentials(os.environ)
    doctor_words = "`taskrouter-sync doctor` finds out more"
    if isinstance(error, ConnectionFailed | RequestTimeout):
        return f" ({'; '.join(filter(None, [credentials.where(), doctor_words]))})"
    if is_refused_signature(error):
        return f" ({credentials.refusal()}; {doctor_words})"
    return f" ({doctor_words})"


def _complain(name: str, message: str) -> None:
    paint = Paint(sys.stderr, os.environ)
    sys.stderr.write(f"{paint('red', f'{name}:')} {plain(message)}\n")
