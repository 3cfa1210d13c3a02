"""Recording the events of a client, and waiting for events."""

from __future__ import annotations

import threading
from typing import Any

from ..errors import ArgumentError
from ..naming import nearest_name
from ..typed_events import WORKER_EVENTS


# Lets unittest end the traceback of a failure at the test's own line.
__unittest = True


class EventLog:
    """Records the events of one client, in order."""

    def __init__(self, client: Any, *others: str) -> None:
        """Start recording; the current state, such as `ready`, is recorded at once.

        Args:
            client: a Worker, TaskQueue or Workspace.
            others: the names of events of your own.
        """
        self._recorded = {*WORKER_EVENTS, *others}
        # Guards both; wait_for waits on it.
        self._came = threading.Condition()
        self._events: list[tuple[str, Any]] = []
        self._taken = 0
        for event in sorted(self._recorded):
            client.on(event, self._recorder(event))

    @property
    def names(self) -> list[str]:
        """A list of the names of all events so far."""
        with self._came:
            return [event for event, _ in self._events]

    def wait_for(self, event: str, timeout: float = 5.0) -> Any:
        """Wait for the next event with a name; earlier events are skipped.

        Args:
            event: the name, such as ``"reservation.created"``.
            timeout: seconds.

        Returns:
            What the event carries, such as a reservation or an error, or None.

        Raises:
            AssertionError: there was no such event in time; the message lists the
                events that there were.
            ArgumentError: events with this name are not recorded.
        """
        __tracebackhide__ = True  # pytest shows the test's line
        self._check(event)
        if isinstance(timeout, bool) or not timeout >= 0:  # NaN would wait for ever
            raise ArgumentError(f"timeout must be a number of seconds, not {timeout!r}")
        with self._came:
            if not self._came.wait_for(lambda: self._next(event), timeout):
                since = [name for name, _ in self._events[self._taken :]]
                raise AssertionError(
                    f"no {event!r} within {timeout:g} s; got {since or 'nothing'}"
                )
            self._taken = self._next(event)
            return self._events[self._taken - 1][1]

    def _check(self, event: str) -> None:
        __tracebackhide__ = True
        if event in self._recorded:
            return
        nearest = nearest_name(str(event), self._recorded)
        meant = "" if nearest is None else f" (did you mean {nearest!r}?)"
        raise ArgumentError(
            f"there is no event {event!r}{meant}; to record events of your own, name "
            "them at the start: events_of(client, 'my.event')"
        )

    def _next(self, event: str) -> int:
        """Return the number of events up to the next with a name; 0 without one."""
        for position in range(self._taken, len(self._events)):
            if self._events[position][0] == event:
                return position + 1
        return 0

    def _recorder(self, event: str) -> Any:
        def record(*args: Any) -> None:
            with self._came:
                self._events.append((event, args[0] if args else None))
                self._came.notify_all()

        return record
