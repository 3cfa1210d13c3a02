"""What the console's debugger would show: trouble that no request is told of.

Plain data; imports nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


Level = Literal["error", "warning"]

_MAX_MESSAGE = 500


@dataclass(frozen=True)
class Alert:
    """One entry of the debugger."""

    time: float
    """Seconds since the epoch, by the service's clock."""
    level: Level
    code: int
    """Twilio's debugger code, or the error code of the refusal if it has none."""
    message: str
    workspace_sid: str
    resource_sid: str
    """What it is about: WR… of an assignment, EV… of an event callback, CA…."""
    url: str = ""
    """The webhook's URL without password and query."""


def printable(message: str) -> str:
    """Give the message as one line that any log can take, cut if it is long."""
    line = "".join(c if c.isprintable() else " " for c in message[: _MAX_MESSAGE + 1])
    return line if len(line) <= _MAX_MESSAGE else f"{line[:_MAX_MESSAGE]}…"
