"""What `debug` means: the story of a client in the log, or silence but for trouble."""

from __future__ import annotations

import logging


log = logging.getLogger("taskrouter_sync")
log.addHandler(logging.NullHandler())

# For clients without debug: warnings and errors still come through to the parent.
_quiet = log.getChild("quiet")
_quiet.setLevel(logging.WARNING)

_FORMAT = "%(asctime)s %(name)s %(message)s"


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
        console.setFormatter(logging.Formatter(_FORMAT))
        log.addHandler(console)
        log.setLevel(logging.DEBUG)
    return log
