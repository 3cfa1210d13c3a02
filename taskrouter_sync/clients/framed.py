"""What the frames of a line were about, while the gap before it is not read yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import NamedTuple


class Topic(NamedTuple):
    """What an event is about: its type, and the sid of what it tells of."""

    event: str
    sid: str


class Framed:
    """What has come since a line opened: the frames tell it themselves, each once.

    The socket's thread adds, the event thread reads.
    """

    def __init__(self) -> None:
        self._topics: set[Topic] = set()
        # Whether anybody will still ask.
        self.is_open = True

    def add(self, topic: Topic) -> None:
        if self.is_open:
            self._topics.add(topic)

    def close(self) -> None:
        """Forget it: the gap has been read."""
        self.is_open = False
        self._topics = set()

    def topics(self) -> Set[Topic]:
        """Copy what has come so far."""
        return self._topics.copy()

    def events(self, prefix: str) -> Mapping[str, Set[str]]:
        """Sort the events of this prefix by sid, without it."""
        found: dict[str, set[str]] = defaultdict(set)
        for event, sid in self.topics():
            if event.startswith(prefix):
                found[sid].add(event.removeprefix(prefix))
        return found
