"""The worker's open reservations, as far as this client knows."""

from __future__ import annotations

import threading

from ..resources.reservation import Reservation


_OPEN = frozenset({"reservation.created", "reservation.accepted", "reservation.wrapup"})


class KnownReservations:
    """Kept current by the event thread; may be read from any."""

    def __init__(self) -> None:
        # Guards both; a reservation is "unheard" until a listener has got it.
        self._lock = threading.Lock()
        self._open: dict[str, Reservation] = {}
        self._unheard: dict[str, Reservation] = {}

    def has(self, sid: str) -> bool:
        """Whether the reservation was told and is not over."""
        return sid in self._open

    def note(self, event: str, sid: str, reservation: Reservation) -> None:
        """Take over what an event says of a reservation."""
        with self._lock:
            if event in _OPEN:
                self._open[sid] = reservation
            else:
                self._open.pop(sid, None)
            self._unheard.pop(sid, None)
            if event == "reservation.created":
                self._unheard[sid] = reservation

    def renew(self, reservation: Reservation) -> None:
        """Take over what an answer says of a reservation that is open."""
        with self._lock:
            sid = reservation.payload.get("sid")
            if isinstance(sid, str) and sid in self._open:
                self._open[sid] = reservation

    def heard(self, sid: str) -> None:
        """Note that a listener got the reservation."""
        with self._lock:
            self._unheard.pop(sid, None)

    def unheard(self) -> dict[str, Reservation]:
        """Copy those that are pending, and that no listener has heard of."""
        with self._lock:
            return dict(self._unheard)

    def open(self) -> dict[str, Reservation]:
        """Copy the open ones, by sid."""
        with self._lock:
            return dict(self._open)
