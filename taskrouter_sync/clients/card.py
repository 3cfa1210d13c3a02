"""How a client shows itself: a line for `repr`, a card of its state in notebooks.

Reads what other parts know; asks the service nothing, and never shows a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import notebook
from ..properties import date_value


if TYPE_CHECKING:
    from ..delivery import Delivery
    from ..resources.reservation import Reservation
    from ..session import Session
    from ..wire.connection import Connection
    from .status import Status

# Of the client's own resource: what tells one from another.
_SHOWN = ("friendly_name", "activity_name")


class Card:
    """A client as people see it; a part of `Client`."""

    _connection: Connection
    _delivery: Delivery
    _session: Session
    _status: Status

    if TYPE_CHECKING:  # of the resource that the client is

        def _row(self) -> dict[str, Any]: ...
        def _running_name(self) -> str | None: ...

    def __repr__(self) -> str:
        row = self._row()
        parts = [self._session.token.channel_sid, self._connection.state.value]
        parts += [f"{name}={row[name]!r:.60}" for name in _SHOWN if row.get(name)]
        if count := len(self._open_reservations()):
            parts.append(f"open_reservations={count}")
        return f"<{type(self).__name__} {' '.join(parts)}>"

    def _repr_html_(self) -> str:
        reservations = [
            {
                "sid": each.payload.get("sid"),
                "reservation_status": each.payload.get("reservation_status"),
                "attributes": (each.get("task") or {}).get("attributes"),
                "date_created": each.get("date_created"),
            }
            for each in self._open_reservations().values()
        ]
        below = [notebook.folded("properties", notebook.facts("", self._row()))]
        if reservations:
            below.insert(0, notebook.table("open reservations", reservations))
        caption = f"{type(self).__name__} {self._session.token.channel_sid}"
        return notebook.card(caption, self._state(), *below)

    def _state(self) -> dict[str, Any]:
        row = self._row()
        refusal = self._status.refusal
        calling = self._running_name()
        return {
            **{name: row[name] for name in _SHOWN if name in row},
            "connection": self._connection.state.value,
            "ready": "yes" if self._status.ready else "no",
            **({} if refusal is None else {"refused": str(refusal)}),
            "token expires": date_value(self._session.token.expires_at),
            "open reservations": len(self._open_reservations()),
            "callbacks waiting": self._delivery.waiting,
            **({} if calling is None else {"callback running": calling}),
        }

    def _open_reservations(self) -> Mapping[str, Reservation]:
        """Give the open reservations by sid; a Worker has some."""
        return {}
