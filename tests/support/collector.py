"""Callbacks collect, the test's thread asserts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from taskrouter_sync.typed_events import WORKER_EVENTS


LIMIT = 5.0  # seconds for anything that must come

# What a client tells of itself and of reservations; tests of others name them.
EVENTS = tuple(
    event
    for event in WORKER_EVENTS
    if not event.startswith(("capacity.", "channel.", "task."))
)


class Collector:
    """What callbacks got, in the order in which they were called."""

    def __init__(self) -> None:
        # Guards both; expect waits on it.
        self._came = threading.Condition()
        self._all: list[tuple[str, tuple[Any, ...]]] = []
        self._read = 0

    def listen(self, emitter: Any, *events: str) -> Collector:
        """Collect these events of a client; by default all that there are."""
        for event in events or EVENTS:
            emitter.on(event, self.callback(event))
        return self

    def callback(self, name: str) -> Callable[..., None]:
        """Make a callback whose calls are collected under a name."""

        def collect(*args: Any) -> None:
            self.add(name, *args)

        return collect

    def add(self, name: str, *args: Any) -> None:
        """Collect; for callbacks that do more than that."""
        with self._came:
            self._all.append((name, args))
            self._came.notify_all()

    def expect(self, name: str, timeout: float = LIMIT) -> Any:
        """Wait for the next call under a name; what came before it is passed over.

        Gives its argument; several as a tuple, None for none.
        """
        with self._came:
            found = self._came.wait_for(lambda: self._position(name), timeout)
            assert found, (
                f"no {name!r} within {timeout:g} s; since the last one expected: "
                f"{self._all[self._read :]}"
            )
            self._read = found
            args = self._all[found - 1][1]
        return args[0] if len(args) == 1 else args or None

    def last(self, name: str) -> Any:
        """Give the first argument of the last call under a name."""
        with self._came:
            return [args for each, args in self._all if each == name][-1][0]

    def calls(self) -> list[tuple[str, tuple[Any, ...]]]:
        """List all calls so far."""
        with self._came:
            return list(self._all)

    def names(self) -> list[str]:
        """List the names of all calls so far."""
        with self._came:
            return [name for name, _ in self._all]

    def count(self, name: str) -> int:
        return self.names().count(name)

    def _position(self, name: str) -> int:
        for position in range(self._read, len(self._all)):
            if self._all[position][0] == name:
                return position + 1
        return 0


class Block:
    """A listener that stays inside until it may go on."""

    def __init__(self) -> None:
        self.inside, self.go_on = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.inside.set()
        wait(self.go_on, "the test's word")

    def wait_until_inside(self) -> None:
        wait(self.inside, "the listener's call")


def settle(emulator: Any, client: Any) -> None:
    """Wait until a client has told all that was sent to it before this moment."""
    came = Collector().listen(client, "settled")
    emulator.send_frame(client.sid, {"event_type": "settled", "payload": {}})
    came.expect("settled")


def wait(event: threading.Event, what: str, timeout: float = LIMIT) -> None:
    """Wait until an event is set; the message names what did not happen."""
    assert event.wait(timeout), f"{what}: not within {timeout:g} s"


def join(thread: threading.Thread, timeout: float = LIMIT) -> None:
    """Wait until a thread has ended."""
    thread.join(timeout)
    assert not thread.is_alive(), f"{thread.name} still runs after {timeout:g} s"


class Background(threading.Thread):
    """Calls a function on a thread of its own; `result` gives what came of it."""

    def __init__(self, function: Callable[[], Any], name: str = "test-caller") -> None:
        super().__init__(name=name, daemon=True)
        self._function = function
        self._outcome: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._outcome = self._function()
        except BaseException as error:  # noqa: BLE001 - result raises it
            self._error = error

    def result(self, timeout: float = LIMIT) -> Any:
        """Wait for the function's result; raise what it raised."""
        join(self, timeout)
        if self._error is not None:
            raise self._error
        return self._outcome
