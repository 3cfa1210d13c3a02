"""What the listeners of a Worker know: its open reservations and its channels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ..reconcile import LAST_RANK, Told, rank
from ..resources.reservation import Reservation


_PREFIX = "reservation."
_CREATED = "reservation.created"

# How many reservations that are over are remembered, so that none is told again.
_REMEMBERED = 1000


class KnownReservations:
    """Kept current by the event thread; may be read from any."""

    def __init__(self) -> None:
        # Guards everything below; a reservation is "unheard" until a listener got it.
        self._lock = threading.Lock()
        self._open: dict[str, Reservation] = {}
        self._told: dict[str, Told] = {}
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
                self._open.pop(sid, None)
                self._told.pop(sid, None)
                self._ended[sid] = None
                if len(self._ended) > _REMEMBERED:
                    self._ended.popitem(last=False)
                return
            task = reservation.get("task")
            self._open[sid] = reservation
            self._told[sid] = Told(reached, task["sid"] if task is not None else None)
            if event == _CREATED:
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

    def told(self) -> tuple[dict[str, Told], frozenset[str]]:
        """Copy what was told of the open ones, and the sids of those that are over."""
        with self._lock:
            return dict(self._told), frozenset(self._ended)


class KnownChannels:
    """The capacities that this client has heard of; may be used from any thread."""

    _NAMES = ("configured_capacity", "available")

    def __init__(self) -> None:
        # Guards _channels: by sid what was last told or answered.
        self._lock = threading.Lock()
        self._channels: dict[str, dict[str, Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._channels)

    def note(self, payload: Any) -> None:
        """Take over what an event or an answer says of a channel."""
        sid = payload.get("sid") if isinstance(payload, Mapping) else None
        if isinstance(sid, str) and sid.startswith("WC"):
            with self._lock:
                self._channels[sid] = self._read(payload)

    def changed(self, payload: Mapping[str, Any]) -> list[str]:
        """List the events that would tell how a channel differs from what is known."""
        with self._lock:
            known = self._channels.get(str(payload.get("sid")), {})
        now = self._read(payload)
        events = ("capacity.update", "channel.availability.update")
        return [
            event
            for event, name in zip(events, self._NAMES, strict=True)
            if name in known and name in now and known[name] != now[name]
        ]

    def _read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        # Frames say 1 and 0, REST says true and false: equal, and so in Python.
        return {name: payload[name] for name in self._NAMES if name in payload}
