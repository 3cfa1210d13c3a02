"""Seeing what happens in an emulator, and waiting for it.

Owns: the part of ``Emulator`` that only looks. Any thread may use it.
"""

from __future__ import annotations

from taskrouter_sync.emulator.alerts import Alert
from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.journal import Journal, Request
from taskrouter_sync.emulator.telephony import OnEngine


class Watch:
    """Requests, events, open sockets and calls of an emulator."""

    def __init__(self, on_engine: OnEngine) -> None:
        self._on_engine = on_engine
        self._journal: Journal[Event] = Journal()

    @property
    def requests(self) -> list[Request]:
        """All requests so far, to REST and the event bridge, and WebSocket upgrades."""
        return self._journal.requests

    @property
    def events(self) -> list[Event]:
        """All events of the service so far."""
        return self._journal.events

    @property
    def alerts(self) -> list[Alert]:
        """All alerts so far, of what went wrong with webhooks and their answers."""
        return self._journal.alerts

    @property
    def calls(self) -> list[PhoneCall]:
        """All calls so far that instructions made, as they stand.

        Raises:
            RuntimeError: the emulator is not running.
        """
        return self._on_engine(lambda engine: engine.telephony.calls)

    def connections(self, channel: str) -> int:
        """Give the number of open sockets of a channel (WK…, WQ…, WS…)."""
        return self._journal.connections(channel)

    def wait_for_connections(
        self, channel: str, count: int, timeout: float = 5.0
    ) -> None:
        """Return as soon as the channel has exactly so many open sockets.

        Args:
            channel: WK…, WQ… or WS….
            count: how many; 0 to wait until all are gone.
            timeout: seconds.

        Raises:
            TimeoutError: it has another number all the time.
        """
        self._journal.wait_until(
            lambda: self._journal.connections(channel) == count,
            timeout,
            f"{count} sockets of {channel}",
        )

    def wait_for_requests(
        self,
        count: int = 1,
        *,
        method: str | None = None,
        url: str = "",
        timeout: float = 5.0,
    ) -> list[Request]:
        """Return as soon as so many matching requests arrived, and give them.

        Args:
            count: at least how many.
            method: GET, POST or DELETE; None for any.
            url: a part of the URL.
            timeout: seconds.

        Raises:
            TimeoutError: fewer arrived.
        """

        def matching() -> list[Request]:
            return [
                entry
                for entry in self._journal.requests
                if method in (None, entry.method) and url in entry.url
            ]

        self._journal.wait_until(
            lambda: len(matching()) >= count,
            timeout,
            f"{count} requests {method or ''} …{url}",
        )
        return matching()

    def wait_for_events(
        self, event_type: str, count: int = 1, timeout: float = 5.0
    ) -> list[Event]:
        """Return as soon as so many events of a type happened, and give them.

        Args:
            event_type: as ``reservation.accepted``.
            count: at least how many.
            timeout: seconds.

        Raises:
            TimeoutError: fewer happened.
        """

        def matching() -> list[Event]:
            return [
                event
                for event in self._journal.events
                if event.event_type == event_type
            ]

        self._journal.wait_until(
            lambda: len(matching()) >= count, timeout, f"{count} {event_type}"
        )
        return matching()

    def wait_for_alerts(self, count: int = 1, timeout: float = 5.0) -> list[Alert]:
        """Return as soon as there are so many alerts, and give all.

        Args:
            count: at least how many.
            timeout: seconds.

        Raises:
            TimeoutError: there are fewer.
        """
        self._journal.wait_until(
            lambda: len(self._journal.alerts) >= count, timeout, f"{count} alerts"
        )
        return self.alerts
