"""What a Worker missed while the line was down: reading it, and comparing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidResponse
from ..session import Session


# Pages of a list that are read: a list without end is no list.
_MOST_PAGES = 1000


class Present:
    """The service's state after a gap: payloads of reservations and channels."""

    def __init__(
        self,
        reservations: list[Any],
        channels: list[Any],
    ) -> None:
        self.reservations = reservations
        self.channels = channels


class Gap:
    """Asks for the worker's reservations and channels; on a fetch thread.

    The service has a log of events too (``/Events``), which a worker's token may not
    read; so what the two lists no longer show is lost: that a reservation was wrapping
    before it was completed, or that there was one that the service has forgotten.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def pending(self) -> list[Any]:
        """Get the pending reservations' payloads."""
        return self._pages("Reservations", {"ReservationStatus": "pending"})

    def present(self, with_channels: bool) -> Present:
        """Get what may have changed."""
        return Present(
            self._pages("Reservations", {"PageSize": 1000}),
            self._pages("Channels", None) if with_channels else [],
        )

    def _pages(self, name: str, params: Mapping[str, Any] | None) -> list[Any]:
        url = f"{self._session.resource_url}/{name}"
        key = name.lower()
        found: list[Any] = []
        for _ in range(_MOST_PAGES):
            payload = self._session.request(
                "GET", url, params, may_refresh=False
            ).payload
            items = payload.get(key) if isinstance(payload, Mapping) else None
            if not isinstance(items, list):
                # As an empty one it would mean that nothing is open any more.
                raise InvalidResponse(f"The worker's {key} came as no list")
            found += filter(_has_sid, items)
            # The next page's URL has the parameters in it.
            meta, params = payload.get("meta"), None
            next_url = meta.get("next_page_url") if isinstance(meta, Mapping) else None
            if not isinstance(next_url, str) or not next_url:
                return found
            url = next_url
        raise InvalidResponse(f"The worker's {key} have more pages than can be")


def _has_sid(payload: Any) -> bool:
    return isinstance(payload, Mapping) and isinstance(payload.get("sid"), str)
