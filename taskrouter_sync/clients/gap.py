"""What a Worker missed while the line was down: reading it, and comparing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import InvalidResponse
from ..reconcile import Missed, missed_reservations
from ..session import Session
from .known import KnownChannels, KnownReservations


@dataclass(frozen=True)
class Present:
    """The service's state after a gap: payloads of reservations and channels."""

    reservations: list[Any]
    channels: list[Any]


class Gap:
    """Reads the present state, and turns it into the events that were missed."""

    def __init__(
        self, session: Session, known: KnownReservations, channels: KnownChannels
    ) -> None:
        self._session = session
        self._known = known
        self._channels = channels

    def pending(self) -> list[Any]:
        """Get the pending reservations' payloads; on a fetch thread."""
        return self._pages("Reservations", {"ReservationStatus": "pending"})

    def present(self) -> Present:
        """Get what may have changed; on a fetch thread."""
        return Present(
            self._pages("Reservations", {"PageSize": 1000}),
            self._pages("Channels", None) if self._channels else [],
        )

    def missed(self, present: Present, since: datetime) -> list[Missed]:
        """Find the reservation events that were missed."""
        told, ended = self._known.told()
        return missed_reservations(told, ended, present.reservations, since)

    def changed_channels(self, present: Present) -> list[tuple[str, Mapping[str, Any]]]:
        """Find the channels' events that were missed, with the channels' payloads."""
        return [
            (event, payload)
            for payload in present.channels
            for event in self._channels.changed(payload)
        ]

    def _pages(self, name: str, params: Mapping[str, Any] | None) -> list[Any]:
        url: Any = f"{self._session.resource_url}/{name}"
        key = name.lower()
        found: list[Any] = []
        while url:
            payload = self._session.request(
                "GET", url, params, may_refresh=False
            ).payload
            if not isinstance(payload, Mapping):
                raise InvalidResponse(f"The worker's {key} came as no list")
            found += filter(_has_sid, payload.get(key) or ())
            # The next page's URL has the parameters in it.
            meta, params = payload.get("meta"), None
            url = meta.get("next_page_url") if isinstance(meta, Mapping) else None
        return found


def _has_sid(payload: Any) -> bool:
    return isinstance(payload, Mapping) and isinstance(payload.get("sid"), str)
