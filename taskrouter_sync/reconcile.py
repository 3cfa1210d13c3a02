"""Last known state + the service's state -> the events that were missed. Pure.

Frames are not replayed by the service. After a gap the client compares what listeners
were told with what the service says now, and tells the difference in the order in which
it can have happened.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Set
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

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

# What comes before an event on the way to it.
_BEFORE: Mapping[str, tuple[str, ...]] = {
    path[-1]: path[:-1] for path in PATHS.values()
}

# How far along the way an event is: a later one is never followed by an earlier one.
RANKS: Mapping[str, int] = {"created": 1, "accepted": 2, "wrapup": 3}
LAST_RANK = 4


def rank(event: str) -> int:
    """Tell how far along its way a reservation is after ``reservation.<event>``."""
    return RANKS.get(event, LAST_RANK)


def status_rank(status: Any) -> int:
    """Tell how far along its way a reservation of this status is; 0 if unknown."""
    path = PATHS.get(status) if isinstance(status, str) else None
    return rank(path[-1]) if path is not None else 0


class Missed(NamedTuple):
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


class Told(NamedTuple):
    """What listeners know of an open reservation.

    Attributes:
        rank: of the last event.
        task_sid: WT…, if it is known.
        status: the furthest that an answer has shown, if any has.
    """

    rank: int
    task_sid: str | None = None
    status: str | None = None


def missed_reservations(
    told: Mapping[str, Told],
    ended: Container[str],
    present: Iterable[Any],
    since: datetime,
    framed: Mapping[str, Set[str]] = MappingProxyType({}),
) -> list[Missed]:
    """Find the reservation events of a gap.

    Args:
        told: the open reservations, by sid, as listeners know them.
        ended: the sids of those that are known to be over.
        present: the payloads of the worker's reservations, of every status.
        since: when the client first became ready, by the service's clock.
        framed: the events by sid whose frames came after the gap, and wait.

    Returns:
        The events in the order in which they can have happened: in order for each
        reservation, by the service's dates across them.
    """
    found: list[tuple[datetime, Missed]] = []
    seen = _by_sid(present)
    for sid, payload in seen.items():
        if sid in ended:
            continue
        path = PATHS.get(payload["reservation_status"], ())
        known = told.get(sid)
        created = _date(payload.get("date_created"), since)
        updated = max(created, _date(payload.get("date_updated"), created))
        way = _untold(path, known, created, updated, since)
        for event in _unframed(way, known, framed.get(sid)):
            when = created if event == "created" else updated
            found.append((when, Missed(event, sid, payload)))
    for sid, known in told.items():
        if sid not in seen:
            payload = {"sid": sid, "task_sid": known.task_sid}
            rest = _unframed(_forgotten(known), known, framed.get(sid))
            found += [(since, Missed(event, sid, payload)) for event in rest]
    # Stable: what happened in the same second keeps its order.
    found.sort(key=lambda each: each[0])
    return [missed for _, missed in found]


def missed_before(
    event: str, told: Told | None, payload: Mapping[str, Any], since: datetime
) -> tuple[str, ...]:
    """Find what was missed before an event that comes while a gap is still unread.

    Args:
        event: without its prefix.
        told: what listeners know of its reservation, None for nothing.
        payload: the reservation.
        since: when the client first became ready, by the service's clock.
    """
    before = _BEFORE.get(event, ())
    if told is not None:
        return tuple(each for each in before if rank(each) > told.rank)
    return before if _date(payload.get("date_created"), since) >= since else ()


def _unframed(
    way: Iterable[str], known: Told | None, framed: Set[str] | None
) -> Iterator[str]:
    """Leave to the frames what comes from the first of them on: they tell it all."""
    reached = known.rank if known is not None else 0
    # A frame of what was told already is one that came twice.
    ranks = (rank(event) for event in framed or ())
    first = min((each for each in ranks if each > reached), default=LAST_RANK + 1)
    return (event for event in way if rank(event) < first)


def _forgotten(known: Told) -> Iterator[str]:
    """Take the way to the end of what the service has forgotten.

    It does so some minutes after the end, and forgets how it ended, too: what nobody
    had accepted as far as is known counts as withdrawn, what somebody had as done.
    """
    reached = known.rank
    for event in PATHS.get(known.status or "", ()):
        if rank(event) > reached:
            reached = rank(event)
            yield event
    if reached < LAST_RANK:
        yield "canceled" if reached == rank("created") else "completed"


def _by_sid(present: Iterable[Any]) -> dict[str, Mapping[str, Any]]:
    """Sort payloads by sid; of one that came on two pages the further one counts."""
    found: dict[str, Mapping[str, Any]] = {}
    for payload in present:
        if not isinstance(payload, Mapping):
            continue
        sid, status = payload.get("sid"), payload.get("reservation_status")
        if not isinstance(sid, str) or not isinstance(status, str):
            continue
        other = found.get(sid)
        if other is None or status_rank(status) > status_rank(
            other["reservation_status"]
        ):
            found[sid] = payload
    return found


def _untold(
    path: tuple[str, ...],
    known: Told | None,
    created: datetime,
    updated: datetime,
    since: datetime,
) -> tuple[str, ...]:
    """Take of the way of a reservation what its listeners were not told."""
    if known is not None:
        return tuple(event for event in path if rank(event) > known.rank)
    # Dates are whole seconds: what is as old as the first moment is rather told than
    # lost.
    if created >= since or path == ("created",):
        return path
    # Older than the client, and not pending then: what became of it since is told,
    # what was before was never the client's to tell.
    return path[-1:] if updated >= since else ()


def _date(value: Any, default: datetime) -> datetime:
    date = date_value(value)
    return date if isinstance(date, datetime) else default
