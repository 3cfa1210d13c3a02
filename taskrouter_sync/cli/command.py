"""What all commands share: arguments, environment, output and exit status.

Of the package, imports only `terminal`, `timing` and the public errors.
"""

from __future__ import annotations

import argparse
import math
import queue
import time
from collections.abc import Callable, Mapping
from typing import IO, Any, Final, NoReturn, TypeVar

from .. import RequestTimeout
from ..timing import one_wait
from .terminal import Paint, plain


T = TypeVar("T")


DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2  # argparse's own
INTERRUPTED: Final = 130  # as shells count Ctrl-C

STATUSES: Final = """\
exit status:
  0    success
  1    failure: of the service, the network or the token
  2    usage error, or missing credentials
  130  interrupted by Ctrl-C
"""

ACCOUNT_SID: Final = "TWILIO_ACCOUNT_SID"
AUTH_TOKEN: Final = "TWILIO_AUTH_TOKEN"
WORKSPACE_SID: Final = "TASKROUTER_WORKSPACE_SID"
WORKER_SID: Final = "TASKROUTER_WORKER_SID"
TASK_QUEUE_SID: Final = "TASKROUTER_TASK_QUEUE_SID"
TOKEN: Final = "TASKROUTER_TOKEN"
API_URL: Final = "TASKROUTER_API_URL"
EVENT_BRIDGE_URL: Final = "TASKROUTER_EVENT_BRIDGE_URL"

VARIABLES: Final = f"""\
environment:
  {ACCOUNT_SID}, {AUTH_TOKEN}
                             the account; its auth token signs capability tokens
  {WORKSPACE_SID}   WS…
  {WORKER_SID}      WK…, the default worker
  {TASK_QUEUE_SID}  WQ…, the default task queue
  {TOKEN}           a ready-made capability token, instead of the account
  {EVENT_BRIDGE_URL}, {API_URL}
                             a service other than Twilio, such as the emulator
"""

# Seconds that a client may take to be ready: without a word, and at all.
_PATIENCE = 3.0
_LIMIT = 30.0

# Seconds; the standard library can't wait for centuries.
_LONGEST = 1e9

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Commands = Any  # what add_subparsers returns has no public type


class CommandError(Exception):
    """The command can't continue; the message is for the user.

    Attributes:
        status: the exit status.
    """

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


class Context:
    """The streams and the environment of a command.

    Passed to each command, so that tests can replace them.
    """

    def __init__(
        self,
        stdin: IO[str],
        stdout: IO[str],
        stderr: IO[str],
        environment: Mapping[str, str],
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.environment = environment
        self.paint = Paint(stdout, environment)

    def say(self, *lines: str) -> None:
        """Print lines and flush: a person or a program may be waiting for them."""
        for line in lines:
            self.stdout.write(f"{line}\n")
        self.stdout.flush()

    def warn(self, *lines: str) -> None:
        """Print lines for people to stderr, because stdout may be read by a program."""
        for line in lines:
            self.stderr.write(f"{line}\n")
        self.stderr.flush()


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that mentions --help."""

    def error(self, message: str) -> NoReturn:
        """Print a usage error and exit."""
        line = f"{self.prog}: error: {plain(message)} (see `{self.prog} --help`)"
        self.exit(USAGE, f"{line}\n")


def take(inbox: queue.SimpleQueue[T], deadline: float | None = None) -> T:
    """Wait for the next item; Ctrl-C interrupts it wherever it comes.

    Raises:
        queue.Empty: the deadline, in seconds of `time.monotonic`, has passed.
    """
    while True:
        left = math.inf if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return inbox.get(timeout=one_wait(left))
        except queue.Empty:
            if left == 0.0:
                raise


def wait_until_ready(client: Any, context: Context) -> None:
    """Wait until a client is ready; if it takes long, print the last error to stderr.

    Raises:
        TaskRouterError: it is not ready after half a minute.
    """
    try:
        client.wait_until_ready(_PATIENCE)
    except RequestTimeout as error:
        context.warn(f"{plain(error)} (still trying)")
        client.wait_until_ready(_LIMIT - _PATIENCE)


def add_command(
    commands: Commands,
    name: str,
    run: Callable[..., int] | None,
    summary: str,
    examples: str,
    *,
    verbose: bool = True,
    rest: str | None = None,
) -> argparse.ArgumentParser:
    """Add a command whose ``--help`` contains examples.

    Args:
        commands: the commands of the program or of the parent command.
        name: the name of the command.
        run: takes the options and the context, returns the exit status. None for a
            command with subcommands, which prints its help without one.
        summary: one line.
        examples: commands with a comment for each.
        verbose: whether the command has an option to log its steps.
        rest: the argument, a list, that takes what follows after options.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{examples}\n{VARIABLES}\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, parser=parser, rest=rest)
    if verbose:
        parser.add_argument(
            "-v", "--verbose", action="store_true", help="log each step to stderr"
        )
    return parser


def duration(text: str) -> float:
    """Parse a duration: ``90``, ``90s``, ``15m``, ``8h`` or ``1d``."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(
            f"invalid duration {text!r} (use 90s, 15m or 8h)"
        )
    return seconds


def positive(text: str) -> int:
    """Parse a positive integer."""
    # More digits than the interpreter converts are none of a sensible argument either.
    if not text.isdecimal() or len(text) > 18 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a positive integer")
    return int(text)
