"""Last known state + the service's state -> the events that were missed. Pure.

Frames are not replayed by the service. After a gap the client compares what listeners
were told with what the service says now, and tells the difference in the order in which
it can have happened.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .properties import date_value


# How a reservation gets to each status, as the events that tell it.
PATHS: Mapping[str, tuple[str, ...]] = {
    "pending": ("created",),
    "accepted": ("created", "accepted"),
    "rejected": ("created", "rejected"),
    "timeout": ("created", "timeout"),
    "canceled": ("created", "canceled"),
    "rescinded": ("created", "rescinded"),
    "wrapping": ("created", "accepted", "wrapup"),
    # That it was wrapping in between is not to be seen any more.
    "completed": ("created", "accepted", "completed"),
}

# How far along the way an event is: a later one is never followed by an earlier one.
RANKS: Mapping[str, int] = {"created": 1, "accepted": 2, "wrapup": 3}
LAST_RANK = 4


def rank(event: str) -> int:
    """Tell how far along its way a reservation is after ``reservation.<event>``."""
    return RANKS.get(event, LAST_RANK)


@dataclass(frozen=True)
class Missed:
    """One event that was missed.

    Attributes:
        event: without its prefix: ``created``.
        sid: of the reservation, WR….
        payload: the reservation as the service has it now; only its sids where the
            service has it no more.
    """

    event: str
    sid: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What listeners know of an open reservation.

    Attributes:
        rank: of the last event.
        task_sid: WT…, if it is known.
    """

    rank: int
    task_sid: str | None = None


def missed_reservations(
    told: Mapping[str, Told],
    ended: Container[str],
    present: Iterable[Any],
    since: datetime,
) -> list[Missed]:
    """Find the reservation events of a gap.

    Args:
        told: the open reservations, by sid, as listeners know them.
        ended: the sids of those that are known to be over.
        present: the payloads of the worker's reservations, of every status.
        since: when the client first connected, by the service's clock: what is older
            and was not told then was never the client's to tell.

    Returns:
        The events in the order in which they can have happened: in order for each
        reservation, by the service's dates across them.
    """
    found: list[tuple[datetime, Missed]] = []
    seen: set[str] = set()
    for payload in present:
        if not isinstance(payload, Mapping):
            continue
        sid, status = payload.get("sid"), payload.get("reservation_status")
        if not isinstance(sid, str) or not isinstance(status, str):
            continue
        seen.add(sid)
        created = _date(payload.get("date_created"), since)
        known = told.get(sid)
        if sid in ended or (known is None and created < since and status != "pending"):
            continue
        reached = known.rank if known is not None else 0
        for event in PATHS.get(status, ()):
            if rank(event) > reached:
                updated = _date(payload.get("date_updated"), created)
                when = created if event == "created" else max(created, updated)
                found.append((when, Missed(event, sid, payload)))
    for sid, known in told.items():
        if sid not in seen:
            # The service has forgotten it, some minutes after it ended.
            event = "canceled" if known.rank == rank("created") else "completed"
            payload = {"sid": sid, "task_sid": known.task_sid}
            found.append((since, Missed(event, sid, payload)))
    # Stable: what happened in the same second keeps its order.
    found.sort(key=lambda each: each[0])
    return [missed for _, missed in found]


def _date(value: Any, default: datetime) -> datetime:
    date = date_value(value)
    return date if isinstance(date, datetime) else default


def changed(before: Mapping[str, Any], now: Mapping[str, Any], *names: str) -> bool:
    """Whether one of these properties was known and is another one now."""
    return any(
        name in before and name in now and before[name] != now[name] for name in names
    )
