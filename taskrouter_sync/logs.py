"""What `debug` means: the story of a client in the log, or silence but for trouble."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any


log = logging.getLogger("taskrouter_sync")
log.addHandler(logging.NullHandler())

# For clients without debug: warnings and errors still come through to the parent.
_quiet = log.getChild("quiet")
_quiet.setLevel(logging.WARNING)

_FORMAT = "%(asctime)s %(message)s"

# Characters of an event's line.
_LONGEST_EVENT = 200

_SID = r"\b([A-Z]{2}[0-9a-f]{4})[0-9a-f]{24}([0-9a-f]{4})\b"
_WORKSPACE = r"https?://[^/\s]+/v1/Workspaces/WS[0-9a-f]{32}/?"


class StoryFormatter(logging.Formatter):
    """Writes lines that a person reads: short sids, and URLs without their beginning.

    A program's own handlers get the whole sids, to search for.
    """

    def __init__(self) -> None:
        super().__init__(_FORMAT)
        self.default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        text = re.sub(_WORKSPACE, "/", super().format(record))
        return re.sub(_SID, r"\1…\2", text)


def is_on(debug: object) -> bool:
    """Read the constructor's `debug` as TaskRouter.js does: off for False, "false"."""
    return debug is not False and debug != "false"


def logger(debug: object) -> logging.Logger:
    """Give a client its logger.

    With `debug` on, and logging not configured by the program, the story goes to the
    console (stderr), as TaskRouter.js's goes to the browser's. A program that has
    configured logging sees what its own levels let through.
    """
    if not is_on(debug):
        return _quiet
    configured = (
        logging.getLogger().handlers
        or log.level != logging.NOTSET
        or any(not isinstance(each, logging.NullHandler) for each in log.handlers)
    )
    if not configured:
        console = logging.StreamHandler()
        console.setFormatter(StoryFormatter())
        log.addHandler(console)
        log.setLevel(logging.DEBUG)
    return log


def event_line(event: str, args: Sequence[Any]) -> str:
    """Write an event with the sid that the requests for it name, too.

    Both are whatever a frame says: one short line is made of it.
    """
    payload = getattr(args[0], "payload", None) if args else None
    sid = payload.get("sid") if isinstance(payload, Mapping) else None
    line = (event if sid is None else f"{event} {sid}")[:_LONGEST_EVENT]
    return line if line.isprintable() else line.encode("unicode_escape").decode()
