"""A Worker client whose every event goes to one function, whatever its name.

May use the clients.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .. import Worker
from ..session import TokenSource


class Heard(NamedTuple):
    """An event: when it came, whose it is (WK…), its name, and what it carries."""

    at: datetime
    channel: str
    event: str
    args: tuple[Any, ...]


class HeardWorker(Worker):
    """A Worker that tells all its events, those that nobody listens for too."""

    def __init__(
        self,
        token: str | TokenSource,
        hear: Callable[[Heard], None],
        **options: Any,
    ) -> None:
        """Open the client.

        Args:
            token: as for Worker.
            hear: gets each event, on the event thread.
            options: Worker's own.
        """
        # First of all: events may come before the constructor has returned.
        self._hear = hear
        super().__init__(token, **options)

    def emit(self, event: str, *args: Any) -> bool:
        """Tell an event; also to those who listen for it."""
        now = datetime.now(timezone.utc)
        self._hear(Heard(now, self._session.token.channel_sid, event, args))
        super().emit(event, *args)
        return True
