"""The reservations that the listeners of a Worker know."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Container
from itertools import islice

from ..reconcile import LAST_RANK, Told, rank, status_rank
from ..resources.reservation import Reservation


_PREFIX = "reservation."
_CREATED = "reservation.created"

# How many reservations that are over are remembered, so that none is told again: at
# most, and of those that the service does not list any more. It lists them for some
# minutes, in which no worker has so many.
_REMEMBERED = 10_000
_REMEMBERED_UNLISTED = 1000


class KnownReservations:
    """Kept current by the event thread; may be read from any."""

    def __init__(self) -> None:
        # Guards everything below; a reservation is "unheard" until a listener got it.
        self._lock = threading.Lock()
        self._open: dict[str, Reservation] = {}
        self._told: dict[str, Told] = {}
        # How far along its way each of _told is by any event or answer.
        self._reached: dict[str, int] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._unheard: dict[str, Reservation] = {}

    def is_news(self, event: str, sid: str) -> bool:
        """Whether an event says more of a reservation than was told already."""
        told = self._told.get(sid)
        reached = told.rank if told is not None else 0
        return sid not in self._ended and rank(event.removeprefix(_PREFIX)) > reached

    def note(self, event: str, sid: str, reservation: Reservation) -> None:
        """Take over what an event says of a reservation."""
        reached = rank(event.removeprefix(_PREFIX))
        with self._lock:
            self._unheard.pop(sid, None)
            if reached == LAST_RANK:
                for known in (self._open, self._told, self._reached):
                    known.pop(sid, None)
                self._ended[sid] = None
                if len(self._ended) > _REMEMBERED:
                    self._ended.popitem(last=False)
                return
            task = reservation.get("task")
            task_sid = task.payload.get("sid") if task is not None else None
            before = self._told.get(sid)
            status = before.status if before is not None else None
            self._told[sid] = Told(reached, task_sid, status)
            if event == _CREATED:
                self._unheard[sid] = reservation
            self._take(sid, reservation, reached)

    def renew(self, reservation: Reservation) -> None:
        """Take over what an answer says of a reservation that listeners know."""
        with self._lock:
            sid = reservation.payload.get("sid")
            if isinstance(sid, str) and sid in self._told:
                self._take(sid, reservation, 0)

    def _take(self, sid: str, reservation: Reservation, least: int) -> None:
        """Keep the reservation, unless it is older than what is known; locked."""
        status = reservation.payload.get("reservation_status")
        shown = status_rank(status)
        reached = max(least, shown)
        # An answer may come after the event of a later change, and the other way round.
        if reached < self._reached.get(sid, 0):
            return
        self._reached[sid] = reached
        if shown:
            self._told[sid] = self._told[sid]._replace(status=status)
        self._open[sid] = reservation
        if reached == LAST_RANK:
            del self._open[sid]  # its last event is still to come
        if reached > rank("created"):
            self._unheard.pop(sid, None)

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

    def forget(self, listed: Container[str]) -> None:
        """Forget the oldest of those that are over, which the service has forgotten.

        Args:
            listed: the sids that the service has.
        """
        with self._lock:
            too_many = len(self._ended) - _REMEMBERED_UNLISTED
            unlisted = (sid for sid in self._ended if sid not in listed)
            for sid in [*islice(unlisted, max(0, too_many))]:
                del self._ended[sid]

    def told_of(self, sid: str) -> Told | None:
        """Give what was told of one that is open; None if nothing was."""
        with self._lock:
            return self._told.get(sid)

    def told(self) -> tuple[dict[str, Told], frozenset[str]]:
        """Copy what was told of the open ones, and the sids of those that are over."""
        with self._lock:
            return dict(self._told), frozenset(self._ended)
