"""What a client has told its listeners, and waiting for what must still come."""

from __future__ import annotations

import threading
from typing import Any

from ..errors import ArgumentError
from ..naming import nearest_name
from ..typed_events import WORKER_EVENTS


# Lets unittest end the traceback of a failure at the test's own line.
__unittest = True


class EventLog:
    """Records the events of one client, in their order."""

    def __init__(self, client: Any, *others: str) -> None:
        """Listen from now on; the state that still holds comes at once.

        Args:
            client: a Worker, TaskQueue or Workspace.
            others: names of events that are not documented.
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
        """The names of all events so far."""
        with self._came:
            return [event for event, _ in self._events]

    def wait_for(self, event: str, timeout: float = 5.0) -> Any:
        """Wait for the next event of a name; those before it are passed over.

        Args:
            event: such as ``"reservation.created"``.
            timeout: seconds.

        Returns:
            What it carries: a reservation, an error …; None for nothing.

        Raises:
            AssertionError: it did not come; says what came instead.
            ArgumentError: no event of this name is recorded.
        """
        __tracebackhide__ = True  # pytest shows the test's line
        self._check(event)
        if isinstance(timeout, bool) or not timeout >= 0:  # NaN would wait for ever
            raise ArgumentError(f"timeout must be a number of seconds, not {timeout!r}")
        with self._came:
            if not self._came.wait_for(lambda: self._next(event), timeout):
                since = [name for name, _ in self._events[self._taken :]]
                raise AssertionError(
                    f"no {event!r} within {timeout:g} s, but {since or 'nothing'}"
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
            f"there is no event {event!r}{meant}; name events of your own when the "
            "recording begins: events_of(client, 'my.event')"
        )

    def _next(self, event: str) -> int:
        """Count up to and with the next event of a name; 0 if there is none yet."""
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
