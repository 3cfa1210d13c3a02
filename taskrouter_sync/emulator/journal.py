"""What other threads may see of the emulator.

Owns: the requests that arrived, the service's events and alerts, the numbers of open
sockets, and waiting for them. Written by the emulator's thread, read by any.
"""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Literal, TypeVar

from taskrouter_sync.emulator.alerts import Alert


Kind = Literal["rest", "bridge", "upgrade"]

# An emulator under load for hours does not fill the memory.
KEEP = 100_000

_TOKEN = re.compile(r"(?<=[?&]token=)[^&]*")

E = TypeVar("E")
Entry = TypeVar("Entry")


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


class _Log(Generic[Entry]):
    """The latest entries, numbered from 1 in the order they came."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEEP)
        self.count = 0

    def append(self, entry: Entry) -> None:
        self.count += 1
        self.entries.append(entry)

    def after(self, number: int) -> list[tuple[int, Entry]]:
        first = self.count - len(self.entries) + 1
        skipped = max(0, number + 1 - first)
        left = islice(self.entries, skipped, None)
        return list(enumerate(left, first + skipped))


class Journal(Generic[E]):
    """Requests, events, alerts and open sockets, with ways to wait for them."""

    def __init__(self) -> None:
        # Guards everything below; notified at each change.
        self._changed = threading.Condition()
        self._requests: _Log[Request] = _Log()
        self._events: _Log[E] = _Log()
        self._alerts: _Log[Alert] = _Log()
        self._connections: Counter[str] = Counter()
        # Queues of those who follow what happens.
        self._followers: list[queue.Queue[Request | E | Alert | None]] = []
        # Called after each change, by the emulator's thread.
        self.watchers: list[Callable[[], None]] = []

    @property
    def requests(self) -> list[Request]:
        """All requests so far, in the order they arrived."""
        with self._changed:
            return list(self._requests.entries)

    @property
    def events(self) -> list[E]:
        """All events of the service so far."""
        with self._changed:
            return list(self._events.entries)

    @property
    def alerts(self) -> list[Alert]:
        """All alerts so far."""
        with self._changed:
            return list(self._alerts.entries)

    def requests_after(self, number: int) -> list[tuple[int, Request]]:
        """Give the requests after that number, with theirs."""
        with self._changed:
            return self._requests.after(number)

    def events_after(self, number: int) -> list[tuple[int, E]]:
        """Give the events after that number, with theirs."""
        with self._changed:
            return self._events.after(number)

    def counts(self) -> tuple[int, int]:
        """Give the numbers of the latest request and of the latest event."""
        with self._changed:
            return self._requests.count, self._events.count

    def follow(self, entries: queue.Queue[Request | E | Alert | None]) -> None:
        """Put each request into a queue when it is answered, and events and alerts.

        What comes while the queue is full is left out: the service waits for nobody.
        """
        with self._changed:
            self._followers.append(entries)

    def connections(self, channel: str) -> int:
        """Give the number of open sockets of a channel."""
        with self._changed:
            return self._connections[channel]

    def arrived(self, request: Request) -> None:
        """Note a request."""
        with self._changed:
            self._requests.append(request)
        self.touched()

    def answered(self, request: Request, status: int) -> None:
        """Note the answer to a request."""
        with self._changed:
            request.status = status
            self._tell_followers(request)
        self.touched()

    def happened(self, event: E) -> None:
        """Note an event."""
        with self._changed:
            self._events.append(event)
            self._tell_followers(event)
        self.touched()

    def alerted(self, alert: Alert) -> None:
        """Note an alert."""
        with self._changed:
            self._alerts.append(alert)
            self._tell_followers(alert)
        self.touched()

    def connected(self, channel: str, change: int) -> None:
        """Note that sockets of a channel opened (+1) or closed (-1)."""
        with self._changed:
            self._connections[channel] += change
        self.touched()

    def touched(self) -> None:
        """Say that something changed, here or in the service."""
        with self._changed:
            self._changed.notify_all()
        for watcher in tuple(self.watchers):
            watcher()

    def _tell_followers(self, entry: Request | E | Alert) -> None:
        for entries in self._followers:
            with contextlib.suppress(queue.Full):
                entries.put_nowait(entry)

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
