"""The logger of the package, and what the `debug` argument of a client means."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from . import notebook
from .errors import one_line


log = logging.getLogger("taskrouter_sync")

# Characters of an event's line.
_LONGEST_EVENT = 200


class _TrueInScripts:
    """The default of `debug`; `help` shows it as what it is in most programs."""

    def __repr__(self) -> str:
        return "True"


# True, but for notebooks: there the log would bury what cells print.
TRUE_IN_SCRIPTS: object = _TrueInScripts()

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class ConsoleFormatter(logging.Formatter):
    """Writes lines for people: short sids, and URLs without their beginning.

    A program's own handlers get the whole sids, to search for.
    """

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        text = re.sub(r"https?://[^/\s]+/v1/Workspaces/WS[0-9a-f]{32}/?", "/", text)
        return re.sub(
            r"\b([A-Z]{2}[0-9a-f]{4})[0-9a-f]{24}([0-9a-f]{4})\b", r"\1…\2", text
        )


class _Console(logging.Handler):
    """The console of a program that has not configured logging."""

    def emit(self, record: logging.LogRecord) -> None:
        # Looked up for each line: a program may replace it, as notebooks do, and by one
        # that is strict.
        stream: Any = sys.stderr
        encoding = getattr(stream, "encoding", None) or "utf-8"
        # A line that can't be written is left out: a signal handler that logs may have
        # interrupted the writing of another one.
        with suppress(Exception):
            text = f"{self.format(record)}\n"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()


@cache
def _console() -> logging.Handler:
    console = _Console()
    console.setFormatter(ConsoleFormatter())
    return console


class ClientLog(_Adapter):
    """The log of one client: all of it with `debug`, else warnings and errors.

    If the program has configured logging, its handlers and levels decide. If not, yet
    or at all, lines go to stderr, as TaskRouter.js's go to the browser's console.
    """

    def __init__(self, debug: object) -> None:
        """Read `debug` as TaskRouter.js does: off for False and "false".

        In IPython, and so in notebooks, it is on only if the program says so.
        """
        super().__init__(log, {})
        if debug is TRUE_IN_SCRIPTS:
            debug = notebook.shell() is None
        self._debug = debug is not False and debug != "false"

    def isEnabledFor(self, level: int) -> bool:
        if level < logging.WARNING and not self._debug:
            return False
        root = logging.getLogger()
        if _is_configured() or log.level or root.level != logging.WARNING:
            return log.isEnabledFor(level)
        # The root's default level: it says nothing of what the program wants.
        return not log.disabled and log.manager.disable < level

    def log(self, level: int, msg: object, *args: object, **keywords: Any) -> None:
        if not self.isEnabledFor(level):
            return
        text = one_line(str(msg) % args if args else str(msg))
        exc_info = keywords.get("exc_info")
        if exc_info is True:
            exc_info = sys.exc_info()
        elif isinstance(exc_info, BaseException):
            exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
        # As logging says what it does not know: a program's factory may read it.
        where = "(unknown file)", 0, text, (), exc_info, "(unknown function)"
        try:
            record = log.makeRecord(log.name, level, *where)
            if exc_info:
                # As handlers would format it.
                lines = logging.Formatter().formatException(exc_info)
                record.exc_text = _indented(lines)
            if _is_configured():
                log.handle(record)
            elif passed := log.filter(record):
                # Since Python 3.12 a filter may return another record.
                if isinstance(passed, logging.LogRecord):
                    record = passed
                _console().handle(record)
        except Exception:  # noqa: BLE001 - of a handler; it must not end a thread
            if logging.raiseExceptions:  # as logging's own handlers do
                with suppress(Exception):  # there may be no console
                    sys.stderr.write(f"{_indented(traceback.format_exc())}\n")


def _indented(text: str) -> str:
    """Make lines harmless: a message of several can't forge a line of the log."""
    return "\n".join(f"  {one_line(line)}" for line in text.split("\n"))


def _is_configured() -> bool:
    return bool(logging.getLogger().handlers or log.handlers)


# For what is of no client, or does not know which.
package_log = ClientLog(True)


def event_line(event: str, args: Sequence[Any]) -> str:
    """Describe an event for the log, with the sid that its requests name too."""
    payload = getattr(args[0], "payload", None) if args else None
    sid = payload.get("sid") if isinstance(payload, Mapping) else None
    return one_line(event if sid is None else f"{event} {sid}", _LONGEST_EVENT)
