"""What other threads may see of the emulator.

Owns: the requests that arrived, the service's events and alerts, the numbers of open
sockets, and waiting for them. Bounded in number and in bytes, and free of tokens.
Written by the emulator's thread, read by any.
"""

from __future__ import annotations

import asyncio
import math
import queue
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import unquote

from .engine import Event


Kind = Literal["rest", "bridge", "upgrade"]
Level = Literal["error", "warning"]

# An emulator under load for hours does not fill the memory.
KEEP = 100_000
KEEP_BYTES = 64 * 1024 * 1024
# Characters of a URL, and of what is kept of a request that was refused.
_MAX_URL = 2000
_MAX_REFUSED = 100
_MAX_NAME = 200
_MAX_REFUSED_PARAMETERS = 20
# Bytes of parameters that are looked through for tokens, and kept as a whole (choice).
_MAX_PARAMETERS = 300_000
_MAX_MESSAGE = 500
# Requests among which one that gets its response is looked for.
_RECENT = 1000

# Three parts in base64; the first is a JSON object, in which space may come first.
# Whether there are three is looked at once for a whole word: a long one may have
# thousands of places where a token could begin.
_JWT = re.compile(
    r"(?<![\w-])(?=[\w-]+\.[\w-]{6,}\.)"
    r"([\w-]*?)e(?:y[A-Z]|w[ko0])[\w-]{5,}\.[\w-]{6,}\.[\w-]*"
)
_USER = re.compile(r"(?<=://)[^/?#@]*@")
_TOKEN_NAMES = {"token", "accesstoken", "authtoken", "workertoken"}

Entry = TypeVar("Entry")


@dataclass
class Request:
    """A request that arrived.

    ``status`` is None until there is a response, and stays so when the connection
    was dropped instead. Tokens are left out. Of a request that was refused, or is
    very large, only the beginnings of its parameters are kept.
    """

    time: float
    """Seconds since the epoch, by the service's clock."""
    kind: Kind
    method: str
    url: str
    """Path with query (rest, upgrade), or the URL inside the envelope (bridge)."""
    params: Mapping[str, object] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True)
class Alert:
    """An entry of the console's debugger: an error that no response reports."""

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


class Log(Generic[Entry]):
    """The latest entries, numbered from 1 in the order of arrival."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed  # Guards the rest.
        self._entries: deque[tuple[Entry, int]] = deque()
        self._bytes = 0
        self.count = 0

    def append(self, entry: Entry, size: int) -> None:
        """Add an entry and remove the oldest ones beyond the limits."""
        with self._changed:
            self.count += 1
            self._entries.append((entry, size))
            self._bytes += size
            while len(self._entries) > KEEP or (
                self._bytes > KEEP_BYTES and len(self._entries) > 1
            ):
                self._bytes -= self._entries.popleft()[1]

    def shrink(self, entry: Entry, size: int) -> None:
        """Note that an entry, one of the latest, has become smaller."""
        # Only among the latest: that of an old one is not worth the search.
        latest = islice(reversed(self._entries), _RECENT)
        for place, (found, before) in enumerate(latest, 1):
            if found is entry:
                self._entries[-place] = entry, size
                self._bytes += size - before
                return

    def all(self) -> list[Entry]:
        """Return all entries that are kept."""
        with self._changed:
            return [entry for entry, _ in self._entries]

    def after(self, number: int) -> list[tuple[int, Entry]]:
        """Return the entries after `number`, each with its number."""
        with self._changed:
            # From the end: however much there is, only what is new is looked at.
            new = min(max(self.count - number, 0), len(self._entries))
            latest = [entry for entry, _ in islice(reversed(self._entries), new)]
            return list(enumerate(reversed(latest), self.count - new + 1))


class Search(Generic[Entry]):
    """The entries after a number that match; each entry is checked only once."""

    def __init__(
        self, log: Log[Entry], matches: Callable[[Entry], bool], after: int = 0
    ) -> None:
        self._log = log
        self._matches = matches
        self._seen = after
        self.found: list[Entry] = []

    def count(self) -> int:
        """Search the new entries; return the number of all matches so far."""
        for number, entry in self._log.after(self._seen):
            self._seen = number
            if self._matches(entry):
                self.found.append(entry)
        return len(self.found)


class Journal:
    """Requests, events, alerts and open sockets, with ways to wait for them."""

    def __init__(self) -> None:
        # Guards everything below; notified at each change.
        self._changed = threading.Condition()
        self.requests: Log[Request] = Log(self._changed)
        self.events: Log[Event] = Log(self._changed)
        self.alerts: Log[Alert] = Log(self._changed)
        self._connections: Counter[str] = Counter()
        # Queues of those who follow what happens.
        self._followers: list[queue.Queue[Request | Event | Alert | None]] = []
        # For the emulator's thread alone: set at each change.
        self._waiting: set[asyncio.Event] = set()

    def follow(self, entries: queue.Queue[Request | Event | Alert | None]) -> None:
        """Put each completed request, each event and each alert into a queue.

        Entries are dropped while the queue is full.
        """
        with self._changed:
            self._followers.append(entries)

    @contextmanager
    def watch(self) -> Iterator[asyncio.Event]:
        """Yield an event that is set at each change, on the emulator's thread."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield event
        finally:
            self._waiting.discard(event)

    def connections(self, channel: str) -> int:
        """Return the number of open sockets of a channel."""
        with self._changed:
            return self._connections[channel]

    def arrived(
        self,
        time: float,
        kind: Kind,
        method: str,
        url: str,
        params: Mapping[str, object],
    ) -> Request:
        """Note a request, without its tokens."""
        if _size_of_value(params, _MAX_PARAMETERS) > _MAX_PARAMETERS:
            params = _beginnings(params, _MAX_URL)
        shown = _without_tokens(params)
        request = Request(time, kind, method[:20], without_token(url), shown)
        self.requests.append(request, _size(request))
        self.touched()
        return request

    def answered(self, request: Request, status: int) -> None:
        """Note the status of the response to a request."""
        with self._changed:
            request.status = status
            if status >= 400:
                request.params = _beginnings(request.params, _MAX_REFUSED)
                self.requests.shrink(request, _size(request))
        self._pass_on(request)

    def happened(self, event: Event) -> None:
        """Note an event."""
        self.events.append(event, event.size)
        self._pass_on(event)

    def alerted(self, alert: Alert) -> None:
        """Note an alert."""
        self.alerts.append(alert, 500 + len(alert.message) + len(alert.url))
        self._pass_on(alert)

    def connected(self, channel: str, change: int) -> None:
        """Note that sockets of a channel opened (+1) or closed (-1)."""
        with self._changed:
            self._connections[channel] += change
            if not self._connections[channel]:
                del self._connections[channel]
        self.touched()

    def touched(self) -> None:
        """Notify those who wait of a change, here or in the service."""
        with self._changed:
            self._changed.notify_all()
        for event in self._waiting:
            event.set()

    def _pass_on(self, entry: Request | Event | Alert) -> None:
        with self._changed:
            for entries in self._followers:
                with suppress(queue.Full):
                    entries.put_nowait(entry)
        self.touched()

    def wait_until(
        self, condition: Callable[[], bool], timeout: float, what: str
    ) -> None:
        """Return as soon as the condition holds; it is called again at each change.

        It may read this journal. An infinite timeout waits forever.

        Raises:
            TimeoutError: the condition, named by `what`, did not hold in time.
        """
        with self._changed:
            limit = timeout if timeout <= threading.TIMEOUT_MAX else None
            if not self._changed.wait_for(condition, limit):
                raise TimeoutError(f"{what}: not within {timeout} s")

    def wait_for(
        self, search: Search[Entry], count: int, timeout: float, what: str
    ) -> list[Entry]:
        """Return the matching entries as soon as there are `count` of them.

        Raises:
            TimeoutError: there were fewer in time.
        """
        self.wait_until(lambda: search.count() >= count, timeout, what)
        return search.found


def without_token(url: str) -> str:
    """Return the URL without password and tokens, shortened if it is long.

    A token is the value of a parameter of that name, and whatever looks like a JWT.
    """
    shown = url[:_MAX_URL]
    if "=" in shown:
        # With the separators in between.
        words = re.split("([?&;#])", shown)
        for place, word in enumerate(words):
            name, equals, _ = word.partition("=")
            if equals and _names_a_token(name[:_MAX_NAME]):
                words[place] = f"{name}=…"
        shown = "".join(words)
    if "@" in shown:
        shown = _USER.sub("…@", shown)
    return _without_jwt(shown) + ("…" if len(url) > _MAX_URL else "")


# Names are few, and come with every request.
@lru_cache(1000)
def _names_a_token(name: str) -> bool:
    plain = _unquoted(name).casefold()
    return "".join(filter(str.isalnum, plain)) in _TOKEN_NAMES


def _unquoted(text: str) -> str:
    # Twice: an envelope's URL may be quoted once more inside of another one.
    return unquote(unquote(text)) if "%" in text else text


def _without_jwt(text: str) -> str:
    if "%" in text and _JWT.search(plain := _unquoted(text)):
        text = plain
    return _JWT.sub(r"\1…", text) if "." in text else text


def _without_tokens(value: Any) -> Any:
    """Return a parameter's value, a string or JSON data, without tokens."""
    if isinstance(value, str):
        return _without_jwt(value)
    if isinstance(value, Mapping):
        return {
            _without_jwt(name): _without_tokens(each)
            for name, each in value.items()
            if not _names_a_token(name[:_MAX_NAME])
        }
    if isinstance(value, list | tuple):
        return [_without_tokens(each) for each in value]
    return value


def _beginnings(params: Mapping[str, object], length: int) -> dict[str, object]:
    """Shorten parameters: few of them, and texts to `length` characters."""
    first = islice(params.items(), _MAX_REFUSED_PARAMETERS)
    return {
        _beginning(name, length): _beginning(value, length) for name, value in first
    }


def _beginning(value: Any, length: int) -> Any:
    if not isinstance(value, str):
        if value is None or isinstance(value, int | float):
            return value if abs(value or 0) < 1e15 else "…"
        return value if _size_of_value(value, 1000) < 1000 else "…"
    return value if len(value) <= length else f"{value[:length]}…"


def _size(request: Request) -> int:
    return 500 + len(request.url) + _size_of_value(request.params)


def _size_of_value(value: object, enough: float = math.inf) -> int:
    """Estimate the bytes of a value from JSON, counting no further than `enough`."""
    size = 0
    rest: list[Any] = [value]
    while rest and size <= enough:
        each = rest.pop()
        if isinstance(each, str):
            # At most four bytes each, one if it is ASCII.
            size += 50 + len(each) * (1 if each.isascii() else 4)
        elif isinstance(each, Mapping):
            size += 100
            rest += each
            rest += each.values()
        elif isinstance(each, list | tuple):
            size += 100
            rest += each
        else:
            size += 50
    return size


def printable(message: str) -> str:
    """Return the message as one printable line, shortened if it is long."""
    line = "".join(c if c.isprintable() else " " for c in message[: _MAX_MESSAGE + 1])
    return line if len(line) <= _MAX_MESSAGE else f"{line[:_MAX_MESSAGE]}…"
