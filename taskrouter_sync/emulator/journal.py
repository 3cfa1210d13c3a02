"""What other threads may see of the emulator.

Owns: the requests that arrived, the service's events, the numbers of open sockets,
and waiting for them. Written by the emulator's thread, read by any.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar


Kind = Literal["rest", "bridge", "upgrade"]

# An emulator under load for hours does not fill the memory.
KEEP = 100_000

_TOKEN = re.compile(r"(?<=[?&]token=)[^&]*")

E = TypeVar("E")


@dataclass
class Request:
    """A request that arrived.

    ``status`` is None as long as it is not answered, and stays so when the
    connection was dropped instead. Tokens are left out.
    """

    time: float
    """Seconds since the epoch, by the service's clock."""
    kind: Kind
    method: str
    url: str
    """Path with query (rest, upgrade), or the URL inside the envelope (bridge)."""
    params: Mapping[str, object] = field(default_factory=dict)
    status: int | None = None


def without_token(url: str) -> str:
    """Give the URL with the token in its query blotted out."""
    return _TOKEN.sub("…", url)


class Journal(Generic[E]):
    """Requests, events and open sockets, with a way to wait for them."""

    def __init__(self) -> None:
        # Guards everything below; notified at each change.
        self._changed = threading.Condition()
        self._requests: deque[Request] = deque(maxlen=KEEP)
        self._events: deque[E] = deque(maxlen=KEEP)
        self._connections: Counter[str] = Counter()

    @property
    def requests(self) -> list[Request]:
        """All requests so far, in the order they arrived."""
        with self._changed:
            return list(self._requests)

    @property
    def events(self) -> list[E]:
        """All events of the service so far."""
        with self._changed:
            return list(self._events)

    def connections(self, channel: str) -> int:
        """Give the number of open sockets of a channel."""
        with self._changed:
            return self._connections[channel]

    def arrived(self, request: Request) -> None:
        """Note a request."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def answered(self, request: Request, status: int) -> None:
        """Note the answer to a request."""
        with self._changed:
            request.status = status
            self._changed.notify_all()

    def happened(self, event: E) -> None:
        """Note an event."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def connected(self, channel: str, change: int) -> None:
        """Note that sockets of a channel opened (+1) or closed (-1)."""
        with self._changed:
            self._connections[channel] += change
            self._changed.notify_all()

    def wait_until(
        self, condition: Callable[[], bool], timeout: float, what: str
    ) -> None:
        """Return as soon as the condition holds.

        Args:
            condition: asked again at each change; may read this journal.
            timeout: seconds.
            what: names in the error what did not come.

        Raises:
            TimeoutError: it did not hold in time.
        """
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"{what}: not within {timeout} s")
