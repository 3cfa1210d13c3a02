"""What a case's callbacks and listeners hear, recorded when they hear it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from .case import Json
from .recorder import Recorder


# The event of the frames by which a player knows how far a client has come.
MARKER = "golden.marker"


class ScriptedError(Exception):
    """What a case's callbacks and listeners throw."""


class Ears:
    """Makes recording callbacks and listeners, and waits for what they hear."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        # Guards what follows and tells who waits: callbacks come on several threads.
        self._news = threading.Condition()
        self._calls: dict[str, list[Json]] = {}
        self._events: list[Json] = []
        self._delivered: dict[str, list[Any]] = defaultdict(list)
        self._marked = 0

    def callback(self, name: str, throws: str | None) -> Callable[..., None]:
        """Make a result callback; `throws` is the text of what it raises."""

        def callback(*args: Any) -> None:
            recorded = self._record(args)
            with self._news:
                self._calls[name].append(recorded)
                self._delivered[name].append(args[1] if len(args) > 1 else None)
                self._news.notify_all()
            if throws is not None:
                raise ScriptedError(throws)

        self.expect(name)
        return callback

    def expect(self, name: str) -> None:
        """Know a callback by its name, whether or not it will be made."""
        with self._news:
            self._calls.setdefault(name, [])

    def listener(
        self, event: str, label: str | None, throws: str | None
    ) -> Callable[..., None]:
        """Make a listener of an event; `label` tells it from the event's first one."""

        def listener(*args: Any) -> None:
            heard = {"event": event, "args": self._record(args)}
            with self._news:
                self._events.append(heard | ({"listener": label} if label else {}))
                if label is None:
                    self._delivered[event].append(args[0] if args else None)
                self._news.notify_all()
            if throws is not None:
                raise ScriptedError(throws)

        return listener

    def mark(self, payload: Any) -> None:
        """Hear a marker."""
        with self._news:
            self._marked = payload["n"]
            self._news.notify_all()

    def wait_for_marker(self, number: int, seconds: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: self._marked >= number, seconds)

    def wait_for(self, name: str, times: int, seconds: float) -> bool:
        """Wait until a callback or an event has come so many times in all."""
        with self._news:
            return self._news.wait_for(lambda: self._count(name) >= times, seconds)

    def delivered(self, name: str, position: int) -> Any:
        """Give the very object that a callback or an event delivered."""
        with self._news:
            return self._delivered[name][position]

    @property
    def calls(self) -> dict[str, Json]:
        with self._news:
            return {
                name: {"count": len(calls), "calls": list(calls)}
                for name, calls in self._calls.items()
            }

    @property
    def events(self) -> list[Json]:
        with self._news:
            return list(self._events)

    def _record(self, args: tuple[Any, ...]) -> list[Json]:
        try:
            return [self._recorder.record(each) for each in args]
        except (TypeError, AttributeError, LookupError) as error:
            # Raised here it would be the client's to log; so it shows as a difference.
            return [{"$unrecordable": repr(error)}]

    def _count(self, name: str) -> int:
        if name in self._calls:
            return len(self._calls[name])
        return sum(
            event["event"] == name and "listener" not in event for event in self._events
        )
