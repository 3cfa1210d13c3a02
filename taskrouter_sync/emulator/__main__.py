"""The program: ``python -m taskrouter_sync.emulator``.

Owns: its arguments, what it prints and logs, and stopping by Ctrl-C (exit status 130)
or SIGTERM (0).
"""

from __future__ import annotations

import argparse
import errno
import logging
import logging.handlers
import os
import queue
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import Emulator, ServiceError, plan, streams
from .auth import mint_worker_token
from .engine import Engine
from .setup import ReadyWorkspace, contents_of
from .state_file import StateError


_NAME = "python -m taskrouter_sync.emulator"
# Without a file that says otherwise.
DEFAULT_PLAN: dict[str, Any] = {
    "workers": {"Alice": {}},
    "worker_activity": "Available",
}
DEFAULT_PORT = 8123
# Of the tokens that are printed: a working day.
TTL = 12 * 3600
# Seconds of one wait. No signal ends a wait on Windows, nor elsewhere if it comes after
# Python's last look for signals and before the wait itself.
_AT_ONCE = 0.5
# Lines of the log that wait for somebody to read what went before.
_WAITING_LINES = 1000
# Seconds that the last of them have at the end.
_LAST_LINES = 0.5
_STDERR = 2


class ServingError(Exception):
    """The emulator can't run; the message is one line, for the user."""


def main(arguments: list[str] | None = None) -> int:
    """Run the service until a signal arrives; return the exit status."""

    def complain(message: str) -> None:
        print(f"{_NAME}: {message}", file=sys.stderr)

    return streams.run(lambda: _main(arguments), complain)


def _main(arguments: list[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog=_NAME,
        description="Run a TaskRouter service on this machine, with a workspace that "
        "is ready to use. TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN set its account and "
        "auth token; by default these are generated.",
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    # Its put() may interrupt its own get(), as a signal handler does.
    statuses: queue.SimpleQueue[int] = queue.SimpleQueue()

    def stop(number: int, frame: object) -> None:
        statuses.put(130 if number == signal.SIGINT else 0)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        with serving(options) as (emulator, workspace):
            print(greeting(emulator, workspace, options.print_tokens), flush=True)
            status: int | None = None
            while status is None:
                with suppress(queue.Empty):
                    status = statuses.get(timeout=_AT_ONCE)
    except ServingError as error:
        print(error, file=sys.stderr)
        return 1
    return status


@contextmanager
def serving(options: argparse.Namespace) -> Iterator[tuple[Emulator, ReadyWorkspace]]:
    """Run the service within the block, with these options.

    Raises:
        ServingError: the port, a file or the workspace can't be used.
    """
    numbers = [seed for seed in options.seed if isinstance(seed, int)]
    files = [seed for seed in options.seed if isinstance(seed, Path)]
    contents = DEFAULT_PLAN
    if files:
        try:
            contents = plan.load(files[-1])
        except OSError as error:
            raise _failed(f"{files[-1]}: {error.strerror}") from None
        except ValueError as error:
            raise _failed(f"{files[-1]}: {error}") from None
    try:
        # With the credentials that the user's own programs find in the environment,
        # these programs work with the emulator as they are.
        try:
            emulator = Emulator(
                host=options.host,
                port=options.port,
                account_sid=os.environ.get("TWILIO_ACCOUNT_SID") or None,
                auth_token=os.environ.get("TWILIO_AUTH_TOKEN") or None,
                seed=numbers[-1] if numbers else None,
                manual_clock=options.manual_clock,
                state=options.state,
            )
        except StateError:
            raise
        except ValueError as error:
            # The other arguments are valid.
            raise _failed(f"TWILIO_AUTH_TOKEN: {error}") from None
        try:
            emulator.start()
        except OSError as error:
            raise _failed(_no_port(options.host, options.port, error)) from None
        with _logging(), emulator:
            try:
                workspace = _workspace(emulator, contents)
            except (ValueError, ServiceError) as error:
                name = files[-1] if files else "workspace"
                raise _failed(f"{name}: {error}") from None
            yield emulator, workspace
    except StateError as error:
        raise _failed(str(error)) from None


def _no_port(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use, perhaps by another emulator: choose "
            "another with --port, or a free one with --port 0"
        )
    return f"can't listen on {host}:{port}: {error.strerror}"


def _workspace(emulator: Emulator, contents: Mapping[str, Any]) -> ReadyWorkspace:
    """Return the oldest workspace from the state file, or else create one."""

    def kept(engine: Engine) -> ReadyWorkspace | None:
        return next((contents_of(each) for each in engine.workspaces.values()), None)

    return emulator.call(kept) or emulator.workspace(**contents)


class _Log(logging.handlers.QueueHandler):
    """Passes lines to a thread; drops them while the queue is full."""

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            return  # A pipe that is full must not stop the service.


@contextmanager
def _logging() -> Iterator[None]:
    """Log warnings to stderr, on a thread that may block there."""
    root = logging.getLogger()
    if root.handlers:
        yield  # Whoever runs this as a function logs as it likes.
        return
    lines: queue.Queue[logging.LogRecord | None] = queue.Queue(_WAITING_LINES)

    def write() -> None:
        while (line := lines.get()) is not None:
            # Past sys.stderr and logging's handlers: at the end the interpreter would
            # wait for the locks of these, which a full pipe keeps.
            text = f"{line.getMessage()}\n".encode(errors="backslashreplace")
            with suppress(OSError):
                os.write(_STDERR, text)

    thread = threading.Thread(target=write, name="taskrouter-emulator-log", daemon=True)
    thread.start()
    handler = _Log(lines)
    handler.setLevel(logging.WARNING)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with suppress(queue.Full):
            lines.put_nowait(None)
        thread.join(_LAST_LINES)


def _failed(message: str) -> ServingError:
    return ServingError(_printable(" ".join(message.split())))


def _printable(text: str) -> str:
    """Return the text in one line, with control characters escaped."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )


def _seed(text: str) -> int | Path:
    """Parse a number, or else the path of a file."""
    try:
        return int(text)
    except ValueError:
        return Path(text)


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(
            f"{_printable(text[:50])!r} is not a port (use 0 to 65535)"
        )
    return port


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the service."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; default: %(default)s",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"the port to listen on; 0 chooses a free one; default: {DEFAULT_PORT}",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        action="append",
        default=[],
        metavar="NUMBER|FILE",
        help="a number: the same number generates the same sids in each run; or a JSON "
        "file that describes the workspace, with the arguments of Emulator.workspace: "
        + ", ".join(field.name for field in plan.FIELDS)
        + "; can be given twice, for both",
    )
    parser.add_argument(
        "--manual-clock",
        action="store_true",
        help="stop the service's clock; the console or an HTTP request advances it",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="keep the workspaces and the generated account in this file between runs, "
        "even after kill -9; created if it does not exist. Whatever became due in the "
        "meantime happens at the start. The file contains the generated auth token: "
        "keep it secret",
    )
    parser.add_argument(
        "--print-tokens",
        action="store_true",
        help="also print the auth token and a token for the worker",
    )


def variables(
    emulator: Emulator, workspace: ReadyWorkspace, *, secrets: bool
) -> dict[str, str]:
    """Return the environment variables that clients and the command line read."""
    worker_sid = next(iter(workspace.workers.values()), None)
    found = {
        "TASKROUTER_EVENT_BRIDGE_URL": emulator.event_bridge_url,
        "TASKROUTER_API_URL": emulator.api_base_url,
        "TASKROUTER_WORKSPACE_SID": workspace.sid,
        "TWILIO_ACCOUNT_SID": emulator.account_sid,
    }
    if worker_sid:
        found["TASKROUTER_WORKER_SID"] = worker_sid
    for sid in list(workspace.task_queues.values())[:1]:
        found["TASKROUTER_TASK_QUEUE_SID"] = sid
    if secrets:
        found["TWILIO_AUTH_TOKEN"] = emulator.auth_token
    if secrets and worker_sid:
        token = mint_worker_token(
            account_sid=emulator.account_sid,
            auth_token=emulator.auth_token,
            workspace_sid=workspace.sid,
            worker_sid=worker_sid,
            ttl=TTL,
        )
        # The second is for programs of one's own that read the token by this name.
        found |= {"TASKROUTER_TOKEN": token, "WORKER_TOKEN": token}
    return found


def greeting(emulator: Emulator, workspace: ReadyWorkspace, secrets: bool) -> str:
    """Return the greeting: the service's URL, what it contains, and how to use it."""
    worker_sid = next(iter(workspace.workers.values()), None)
    exported = variables(emulator, workspace, secrets=secrets)
    title = emulator.call(
        lambda engine: engine.workspaces.find(workspace.sid).friendly_name
    )
    contents = [
        ("Workspace", {title: workspace.sid}),
        ("Activity", workspace.activities),
        ("Worker", workspace.workers),
        ("Task queue", workspace.task_queues),
        ("Workflow", workspace.workflows),
    ]
    lines = [
        f"TaskRouter emulator at {emulator.url} (Ctrl-C stops it)",
        f"Console: {emulator.url}/ (GET {emulator.url}/emulator lists the commands "
        "for controlling it over HTTP)",
        "",
    ]
    for kind, sids in contents:
        lines += [f"{kind:<12}{sid}  {_printable(name)}" for name, sid in sids.items()]
    exports = {name: shlex.quote(value) for name, value in exported.items()}
    lines += ["", *(f"export {name}={value}" for name, value in exports.items()), ""]
    if worker_sid and not secrets:
        lines += [
            "To create a token for the worker with the account's auth token "
            "(--print-tokens prints both):",
            "",
            "    from taskrouter_sync import WorkerCapabilityToken",
            f'    token = WorkerCapabilityToken("{emulator.account_sid}", auth_token,',
            f'        "{workspace.sid}", "{worker_sid}")',
            "    token.allow_update_activities()",
            "    token.allow_update_reservations()",
            "    print(token.to_jwt())",
            "",
        ]
    lines += [
        "To create a task:",
        "",
        '    curl -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" \\',
        f"        {emulator.api_base_url}/Workspaces/{workspace.sid}/Tasks \\",
        '        --data-urlencode \'Attributes={"type": "support"}\'',
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
