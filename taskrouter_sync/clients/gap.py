"""What a Worker missed while the line was down: reading it, and comparing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidResponse
from ..session import Session


@dataclass(frozen=True)
class Present:
    """The service's state after a gap: payloads of reservations and channels."""

    reservations: list[Any]
    channels: list[Any]


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
