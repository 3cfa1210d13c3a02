"""``emulator``: a service on this machine, for people or for one command.

The service, its arguments and its greeting come from the emulator's own program.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from typing import IO, Any
from urllib.parse import urlsplit

from .command import (
    DONE,
    INTERRUPTED,
    USAGE,
    CommandError,
    Commands,
    Context,
    add_command,
    take,
)
from .terminal import Paint, handling, plain


_EXAMPLES = """\
  taskrouter-sync emulator --print-tokens      prints the variables for other commands
  taskrouter-sync emulator -- pytest           runs a command against a new service
                                               and exits with its status
  taskrouter-sync emulator --log               prints requests and events
  taskrouter-sync emulator --seed workspace.json --state state.db
  taskrouter-sync emulator --manual-clock      time passes only when you advance it
"""

# As shells have it.
_NOT_EXECUTABLE = 126
_NOT_FOUND = 127
_KILLED = 128

# Entries of the log that wait to be printed. A reader that is slower loses some, as
# the service waits for nobody.
_WAITING = 10_000


def split(words: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Split the emulator's arguments from the command after ``--``, if there is one."""
    if words[:1] == ["emulator"] and "--" in words:
        place = words.index("--")
        return list(words[:place]), list(words[place + 1 :])
    return list(words), None


def add(commands: Commands, *, whole: bool) -> None:
    """Add the command; the `whole` of it, with its arguments, imports the emulator."""
    parser = add_command(
        commands,
        "emulator",
        run,
        "run a TaskRouter service on this machine",
        _EXAMPLES,
        verbose=False,
    )
    if not whole:
        return
    program = _program()
    parser.description = (
        "Run a TaskRouter service on this machine until Ctrl-C, or until COMMAND\n"
        "ends. COMMAND finds the service through its environment; its exit status is\n"
        "passed on. TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN set the account and the\n"
        "auth token; by default these are generated."
    )
    parser.usage = "%(prog)s [options] [-- COMMAND [ARGUMENT ...]]"
    program.add_arguments(parser)
    # With a command, any free port will do.
    parser.set_defaults(port=None)
    parser.add_argument(
        "--log",
        action="store_true",
        help="print requests, events and alerts as they happen; to stderr with a "
        "command",
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Run the service until a signal arrives, or as long as the command runs."""
    program = _program()
    if options.port is None:
        options.port = program.DEFAULT_PORT if options.program is None else 0
    if options.program is not None and not options.program:
        raise CommandError("specify a command after --", USAGE)
    try:
        with program.serving(options) as (emulator, workspace):
            log = context.stdout if options.program is None else context.stderr
            logging = _logging(emulator, log, context) if options.log else nullcontext()
            with logging:
                if options.program is not None:
                    return _run_command(
                        options.program,
                        program.variables(emulator, workspace, secrets=True),
                    )
                text = program.greeting(emulator, workspace, options.print_tokens)
                return _wait_for_signal(text, context)
    except program.ServingError as error:
        raise CommandError(str(error)) from None


def _program() -> Any:
    """Import the emulator's program.

    Raises:
        CommandError: the extra ``emulator`` is not installed; the message says how to
            install it.
    """
    try:
        from ..emulator import __main__ as program
    except ImportError as error:
        raise CommandError(str(error)) from None
    return program


def _wait_for_signal(greeting: str, context: Context) -> int:
    """Print the greeting, and wait for Ctrl-C or SIGTERM."""
    # Its put() may interrupt its own get(), as a signal handler does.
    statuses: queue.SimpleQueue[int] = queue.SimpleQueue()

    def stop(number: int, frame: object) -> None:
        statuses.put(INTERRUPTED if number == signal.SIGINT else DONE)

    with handling(dict.fromkeys((signal.SIGINT, signal.SIGTERM), stop)):
        context.say(greeting)
        return take(statuses)


def _run_command(command: list[str], variables: dict[str, str]) -> int:
    """Run a command with additional environment variables; return its exit status."""
    environment = {**os.environ, **variables}
    # The service is on this machine: no proxy leads to it.
    host = urlsplit(variables["TASKROUTER_API_URL"]).hostname
    others = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    for name in ("no_proxy", "NO_PROXY"):
        environment[name] = f"{others},{host}".lstrip(",")
    # Found here: Windows looks in the parent's folders only.
    found = shutil.which(command[0]) or command[0]
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []  # signals that came before the command was running

    def forward(number: int, frame: object) -> None:
        if running:
            running[0].send_signal(number)
        else:
            early.append(number)

    def leave_it(number: int, frame: object) -> None:
        """Do nothing: the terminal has sent Ctrl-C to the command as well."""

    handlers: dict[int, Any] = {signal.SIGTERM: forward, signal.SIGINT: leave_it}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = forward
    with handling(handlers):
        try:
            process = subprocess.Popen([found, *command[1:]], env=environment)
        except FileNotFoundError:
            raise CommandError(f"{command[0]}: not found", _NOT_FOUND) from None
        except OSError as error:
            reason = error.strerror or "can't be run"
            raise CommandError(f"{command[0]}: {reason}", _NOT_EXECUTABLE) from None
        running.append(process)
        for number in early:
            process.send_signal(number)
        status = _wait_for(process)
    return status if status >= 0 else _KILLED - status


def _wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command's end; signal handlers run meanwhile.

    Not by `process.wait` on this thread: the handler of a signal that comes just before
    it blocks would run only when the command has ended. Here each signal writes a byte
    that is waited for, and so does the command's end.
    """
    inside, outside = socket.socketpair()

    def wait() -> None:
        process.wait()
        outside.send(b"x")

    with inside, outside:
        outside.setblocking(False)
        before = signal.set_wakeup_fd(outside.fileno(), warn_on_full_buffer=False)
        waiting = threading.Thread(target=wait, name="taskrouter-cli-command")
        try:
            waiting.start()
            while process.returncode is None:
                inside.recv(1)
            waiting.join()
        finally:
            signal.set_wakeup_fd(before)
    return process.returncode


@contextmanager
def _logging(emulator: Any, stream: IO[str], context: Context) -> Iterator[None]:
    """Print what happens in the emulator, on a separate thread."""
    entries: queue.Queue[Any] = queue.Queue(_WAITING)
    paint = Paint(stream, context.environment)

    def print_log() -> None:
        with suppress(OSError, ValueError):  # whoever read it may be gone
            while (entry := entries.get()) is not None:
                stream.write(f"{log_line(entry, paint)}\n")
                stream.flush()

    printer = threading.Thread(target=print_log, name="taskrouter-cli-log", daemon=True)
    emulator.follow(entries)
    printer.start()
    try:
        yield
    finally:
        # A reader that has stopped reading must not keep the program from ending.
        with suppress(queue.Full):
            entries.put(None, timeout=1)
            printer.join(1)


def log_line(entry: Any, paint: Paint) -> str:
    """Return a line for a request, an event or an alert of the emulator."""
    time = paint("dim", datetime.fromtimestamp(entry.time).strftime("%H:%M:%S.%f")[:-3])
    if hasattr(entry, "event_type"):
        name = paint("cyan", f"{plain(entry.event_type):<26}")
        return f"{time}  {name}  {plain(entry.description)}"
    if hasattr(entry, "level"):
        words = f"{entry.level.upper()} {entry.code}"
        about = plain(f"{entry.message} ({entry.resource_sid})")
        return f"{time}  {paint('red', f'{words:<26}')}  {about}"
    status = entry.status
    style = "dim" if status is not None and status < 400 else "red"
    words = f"{entry.kind:<7} {entry.method:<6} {status or 'none'}"
    # Requests in an envelope have whole URLs; all are of this service.
    place = urlsplit(entry.url)._replace(scheme="", netloc="").geturl()
    return f"{time}  {paint(style, f'{words:<26}')}  {plain(place)}"
