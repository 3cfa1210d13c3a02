"""What listeners know of a worker, and what they missed while disconnected.

The service does not replay frames. After a reconnect the client compares what listeners
know with the service's present state, and emits the difference in the order in
which it can have happened. What the service says now overrides what the client
concluded.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, TypeAlias

from .properties import date_value
from .resources.reservation import Reservation


PREFIX = "reservation."

# How a reservation gets to each status, as the events that report it.
PATHS: Mapping[str, tuple[str, ...]] = {
    "pending": ("created",),
    "accepted": ("created", "accepted"),
    "rejected": ("created", "rejected"),
    "timeout": ("created", "timeout"),
    "canceled": ("created", "canceled"),
    "rescinded": ("created", "rescinded"),
    "wrapping": ("created", "accepted", "wrapup"),
    # That it was wrapping in between can't be seen any more.
    "completed": ("created", "accepted", "completed"),
}

# How far along its way a reservation is after each event.
RANKS: Mapping[str, int] = {
    **{path[-1]: 4 for path in PATHS.values()},
    "failed": 4,
    "created": 1,
    "accepted": 2,
    "wrapup": 3,
}
ENDED = 4

# How far along its way a reservation of each status is.
_STATUS_RANKS = {status: RANKS[path[-1]] for status, path in PATHS.items()}

# What comes before an event on the way to it.
_BEFORE = {path[-1]: path[:-1] for path in PATHS.values()}

# How many ended reservations are remembered, so that none is emitted again: at most,
# and of those that the service does not list any more. It lists them for some minutes.
MAX_REMEMBERED = 10_000
MAX_UNLISTED = 1000

# Seconds after a sync in which a frame may still bring what the sync has emitted.
_LATE_FRAME = 10.0

# How far apart two clocks may be that show the same time: dates have whole seconds.
_CLOCKS_AGREE = timedelta(seconds=2)

# The property that each event is about, by the kind of its payload.
_VALUES: Mapping[str, Mapping[str, str]] = {
    "WK": {"activity.update": "activity_sid", "attributes.update": "attributes"},
    "WC": {
        "capacity.update": "configured_capacity",
        "channel.availability.update": "available",
    },
}


class Topic(NamedTuple):
    """What an event is about: its type, and the sid of its object."""

    event: str
    sid: str


# An event that was missed, and its reservation as the service has it now: only the sids
# of one that the service does not have any more.
Missed: TypeAlias = tuple[str, Mapping[str, Any]]


class _Known:
    """One reservation, as listeners know it.

    Attributes:
        emitted: the events that listeners got.
        rank: how far along its way it is by these, or was when the client opened.
        synced: how far along its way a sync has brought it: a frame from before that
            comes too late.
        shown: how far along its way any response has shown it.
        status: the furthest status that was shown.
        concluded: whether it counts as ended because the service had it no more.
        reservation: the newest, while it is open.
    """

    __slots__ = (
        "concluded",
        "emitted",
        "rank",
        "reservation",
        "shown",
        "status",
        "synced",
        "task_sid",
    )

    def __init__(self, rank: int = 0, task_sid: str | None = None) -> None:
        # Thousands are remembered: sets would be many times as large.
        self.emitted: tuple[str, ...] = ()
        self.rank = rank
        self.synced = 0
        self.shown = 0
        self.status: str | None = None
        self.task_sid = task_sid
        self.concluded = False
        self.reservation: Reservation | None = None

    def reopen(self) -> None:
        """Take back the conclusion that it has ended: the service knows it."""
        if self.concluded:
            self.concluded = False
            self.synced = 0
            # Its real end is yet to come.
            self.emitted = tuple(e for e in self.emitted if RANKS.get(e, 0) < ENDED)
            self.rank = max((RANKS.get(e, 0) for e in self.emitted), default=0)
            self.shown = self.rank


class Reservations:
    """What listeners know of each reservation; may be read from any thread."""

    def __init__(self) -> None:
        # Guards everything below; reentrant, as a signal handler may read it.
        self._lock = threading.RLock()
        self._known: dict[str, _Known] = {}
        # How many of them are too many.
        self._limit_at = MAX_REMEMBERED
        # Pending ones that no listener has got yet: their sids, in order.
        self._undelivered: dict[str, None] = {}
        # Whether all that existed when the client opened is known: then what is
        # unknown is new. Before, the time of the first `ready` decides: by the clock of
        # the response, if it says so, or this machine's.
        self.is_complete = False
        self._began: tuple[datetime, ...] = ()
        self._began_at = 0.0
        self._are_clocks_unsure = False

    def forked(self) -> None:
        """Hold no lock in a child process that another thread had at the fork."""
        self._lock = threading.RLock()

    @property
    def needs_learning(self) -> bool:
        """Whether dates are no safe way to know what existed before the client."""
        return self._are_clocks_unsure and not self.is_complete

    @property
    def has_begun(self) -> bool:
        """Whether the client has been ready."""
        return bool(self._began)

    def begin(self, date: str | None) -> None:
        """Note the first `ready`; its response's date is by the clock of its sender."""
        self._began_at = time.monotonic()
        # Dates have whole seconds.
        mine = datetime.now(timezone.utc).replace(microsecond=0)
        sent = date_value(date)
        is_known = isinstance(sent, datetime)
        self._began = (sent, mine) if is_known else (mine,)
        self._are_clocks_unsure = not is_known or abs(sent - mine) > _CLOCKS_AGREE

    def __bool__(self) -> bool:
        return bool(self._known)

    def is_news(self, event: str, sid: str) -> bool:
        """Whether an event was not emitted yet, nor overtaken by a sync.

        Unknown types always are news, and any is if the end was only concluded.
        """
        name = event.removeprefix(PREFIX)
        known = self._known.get(sid)
        if known is None or name not in RANKS:
            return True
        is_overtaken = RANKS[name] < known.synced and not known.concluded
        return name not in known.emitted and not is_overtaken

    def note(
        self,
        event: str,
        sid: str,
        reservation: Reservation,
        synced: bool = False,
        concluded: bool = False,
    ) -> None:
        """Take over what an event says, just before it is emitted.

        Args:
            event, sid: what it is about.
            reservation: as the event carries it.
            synced: whether it is of a sync, not of a frame.
            concluded: whether it ends what the service does not have any more.
        """
        name = event.removeprefix(PREFIX)
        rank = RANKS.get(name)
        if rank is None:
            return
        with self._lock:
            known = self._known.get(sid)
            if known is None:
                known = self._known[sid] = _Known()
            if not concluded:
                known.reopen()
            if name not in known.emitted:
                known.emitted += (name,)
            known.concluded = concluded
            known.rank = max(known.rank, rank)
            if synced:
                known.synced = known.rank
            self._undelivered.pop(sid, None)
            if name == "created" and known.rank == rank:
                self._undelivered[sid] = None
            known.task_sid = reservation._known_task_sid() or known.task_sid
            self._take(sid, known, reservation, rank)
            if len(self._known) > self._limit_at:
                self._limit(MAX_REMEMBERED, ())

    def renew(self, reservation: Reservation) -> None:
        """Take over what a response says of a reservation that listeners know."""
        sid = reservation.payload["sid"]
        with self._lock:
            known = self._known.get(sid)
            if known is not None:
                if _status_rank(reservation.payload.get("reservation_status")) < ENDED:
                    known.reopen()
                self._take(sid, known, reservation, 0)

    def learn(
        self, payloads: Sequence[Mapping[str, Any]], queued: Set[Topic]
    ) -> list[Mapping[str, Any]]:
        """Take over what existed before the client: nothing of it was missed.

        What has come since is left to its frames, and to the next sync if they get
        lost.

        Args:
            payloads: the list of all.
            queued: what the frames are about that are queued.

        Returns:
            The payloads of those that are open: listeners have not got the pending
            ones yet, as the list of the first `ready` lacked them.
        """
        found = []
        since = self._since(payloads)
        coming = {topic.sid for topic in queued}
        with self._lock:
            for payload in payloads:
                status, sid = payload.get("reservation_status"), payload["sid"]
                if sid in self._known or sid in coming:
                    continue
                if status == "pending":
                    found.append(payload)
                    continue
                rank = _status_rank(status)
                if _is_before(since, _date(payload, "date_created")):
                    if rank >= ENDED:
                        continue
                    rank = 0
                elif _is_before(since, _date(payload, "date_updated")):
                    # As it was before the last change, which is missed.
                    before = PATHS.get(str(status), ())[:-1]
                    rank = RANKS[before[-1]] if before else rank
                self._known[sid] = _Known(rank, payload.get("task_sid"))
                if status in ("accepted", "wrapping"):
                    found.append(payload)
            self.is_complete = True
        return found

    def open_known(self, reservation: Reservation) -> None:
        """Show one that was open before the client as open."""
        sid = reservation.payload["sid"]
        with self._lock:
            known = self._known.setdefault(sid, _Known())
            self._take(sid, known, reservation, 0)

    def _take(
        self, sid: str, known: _Known, reservation: Reservation, least: int
    ) -> None:
        """Keep the reservation, unless a later state of it is known."""
        status = reservation.payload.get("reservation_status")
        rank = max(least, _status_rank(status))
        if rank < known.shown:
            return  # a response may come after the event of a later change
        known.shown = rank
        if isinstance(status, str):
            known.status = status
        # Whatever it was listed without, its task is known.
        if known.reservation is not None:
            reservation._inherit_task(known.reservation)
        known.reservation = reservation if rank < ENDED else None
        if rank > RANKS["created"]:
            self._undelivered.pop(sid, None)

    def delivered(self, sid: str) -> None:
        """Note that a listener got the reservation."""
        self._undelivered.pop(sid, None)

    def undelivered(self) -> dict[str, Reservation]:
        """Give the pending ones that no listener has got, as they are now."""
        shown = self.open()
        return {sid: shown[sid] for sid in tuple(self._undelivered) if sid in shown}

    def open(self) -> dict[str, Reservation]:
        """Copy the open ones, by sid."""
        with self._lock:
            return {
                sid: known.reservation
                for sid, known in self._known.items()
                if known.reservation is not None
            }

    def unlisted(self, present: Iterable[Mapping[str, Any]]) -> list[str]:
        """Give the sids of those that should be open and that a list lacks."""
        listed = {payload["sid"] for payload in present}
        with self._lock:
            self._limit(MAX_UNLISTED, listed)
            return [
                sid
                for sid, known in self._known.items()
                if sid not in listed and known.rank < ENDED
            ]

    def _limit(self, most: int, listed: Collection[str]) -> None:
        """Forget the oldest of those that have ended and are not listed any more."""
        too_many = len(self._known) - most
        if too_many <= 0:
            return
        ended = [
            sid
            for sid, known in self._known.items()
            if known.rank >= ENDED and sid not in listed
        ]
        # Some more, and not before there are some more: not at each event.
        for sid in ended[: too_many + most // 10]:
            del self._known[sid]
        self._limit_at = max(MAX_REMEMBERED, len(self._known) + most // 10)

    def missed(
        self,
        present: Sequence[Mapping[str, Any]],
        gone: Collection[str],
        queued: Set[Topic],
    ) -> list[Missed]:
        """Compare with the service's state; gives the events that were missed.

        Args:
            present: payloads of the worker's reservations, of every status.
            gone: sids of known ones that the service does not have any more.
            queued: topics of the frames that have come and are queued.

        Returns:
            The events in the order in which they can have happened: in order for each
            reservation, by the service's dates across them.
        """
        found: list[tuple[datetime | None, Missed]] = []
        since = self._since(present)
        with self._lock:
            for sid, payload in _newest(present).items():
                known = self._known.get(sid)
                status = payload["reservation_status"]
                if known is not None and _status_rank(status) < ENDED:
                    known.reopen()
                created = _date(payload, "date_created")
                updated = _date(payload, "date_updated")
                way = PATHS.get(status, ())
                if known is None and status != "pending":
                    if self._is_old(payload, since):
                        # What became of it since is missed, nothing else.
                        way = () if _is_before(updated, since) else way[-1:]
                for event in _unqueued(way, sid, known, queued):
                    when = created if event == "created" else updated or created
                    found.append((when, (PREFIX + event, payload)))
            for sid in gone:
                known = self._known[sid]
                rest = _unqueued(_way_to_the_end(known), sid, known, queued)
                payload = {"sid": sid, "task_sid": known.task_sid}
                found += [(None, (PREFIX + event, payload)) for event in rest]
        # Stable: what has no date, or happened in the same second, keeps its order.
        found.sort(key=lambda each: each[0].timestamp() if each[0] else 0.0)
        return [missed for _, missed in found]

    def hidden(self, present: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Give the payloads of open ones that are not shown: they counted as ended."""
        with self._lock:
            return [
                payload
                for sid, payload in _newest(present).items()
                if (known := self._known.get(sid)) is not None
                and known.reservation is None
                and known.emitted
                and _status_rank(payload["reservation_status"]) < ENDED > known.rank
            ]

    def missed_before(
        self, event: str, sid: str, payload: Mapping[str, Any]
    ) -> list[str]:
        """Find what was missed before an event that comes before the sync."""
        with self._lock:
            known = self._known.get(sid)
            if known is None and self._is_old(payload, self._since([payload])):
                return []
            reached = known.rank if known is not None else 0
            before = _BEFORE.get(event.removeprefix(PREFIX), ())
            return [PREFIX + each for each in before if RANKS[each] > reached]

    def _is_old(self, payload: Mapping[str, Any], since: datetime | None) -> bool:
        """Whether a reservation that is not known is older than the client."""
        created = _date(payload, "date_created")
        return not self.is_complete and _is_before(created, since)

    def _since(self, payloads: Iterable[Mapping[str, Any]]) -> datetime | None:
        """Say when the client began, by the clock that dates the service's resources.

        That is the one by which the newest of them is nearest to now.
        """
        age = timedelta(seconds=time.monotonic() - self._began_at)
        dates = [
            date
            for payload in payloads
            for name in ("date_created", "date_updated")
            if (date := _date(payload, name)) is not None
        ]
        if not dates:
            return min(self._began, default=None)
        newest = max(dates)
        return min(self._began, key=lambda each: abs(each - newest + age), default=None)


def _unqueued(
    way: Iterable[str], sid: str, known: _Known | None, queued: Set[Topic]
) -> Iterator[str]:
    """Give what is not known yet; from the first queued frame on, leave it to those."""
    reached = known.rank if known is not None else 0
    # A frame of what was emitted already is one that came twice.
    ranks = (
        RANKS[name]
        for event, of in queued
        if of == sid and (name := event.removeprefix(PREFIX)) in RANKS
    )
    first = min((each for each in ranks if each > reached), default=ENDED + 1)
    return (event for event in way if reached < RANKS[event] < first)


def _way_to_the_end(known: _Known) -> tuple[str, ...]:
    """Give the way of what the service does not have any more.

    It forgets some minutes after the end, and how it ended, too: what nobody accepted,
    as far as is known, counts as canceled, the rest as completed.
    """
    way = PATHS.get(known.status or "", ())
    rank = max(known.rank, _status_rank(known.status))
    if rank < ENDED:
        way += ("canceled" if rank <= RANKS["created"] else "completed",)
    return way


def _newest(present: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Sort payloads by sid; of one that came on two pages the later status counts."""
    found: dict[str, Mapping[str, Any]] = {}
    for payload in present:
        sid, status = payload.get("sid"), payload.get("reservation_status")
        if isinstance(sid, str) and isinstance(status, str):
            other = found.get(sid)
            if other is None or _status_rank(status) > _status_rank(
                other["reservation_status"]
            ):
                found[sid] = payload
    return found


def _status_rank(status: Any) -> int:
    return _STATUS_RANKS.get(status, 0) if isinstance(status, str) else 0


def _date(payload: Mapping[str, Any], name: str) -> datetime | None:
    date = date_value(payload.get(name))
    return date if isinstance(date, datetime) else None


def _is_before(date: datetime | None, other: datetime | None) -> bool:
    """Whether a date is before another; not, if either is unknown."""
    return date is not None and other is not None and date < other


class _Value:
    """One value, as listeners know it.

    Attributes:
        value, date: the last that was emitted or read; the date may be unknown.
        frame: what the last frame said, and its date; None if a sync has emitted since.
        synced_until: until when a frame from before what a sync has emitted may come; 0
            if a frame came last.
        doubted: what a list said that is dated before the value, if the last one did.
    """

    __slots__ = ("date", "doubted", "frame", "synced_until", "value")

    def __init__(self, value: Any, date: datetime | None) -> None:
        self.value = value
        self.date = date
        self.frame: tuple[Any, datetime | None] | None = None
        self.synced_until = 0.0
        self.doubted: tuple[Any, datetime | None] | None = None

    def is_late(self, value: Any, date: datetime | None) -> bool:
        """Whether a frame brings what a sync has emitted, or what was before that."""
        if not self.synced_until:
            return False
        if date == self.date and date is not None:
            return bool(value == self.value)  # however late it comes
        if time.monotonic() > self.synced_until:
            return False
        if date is None or self.date is None:
            return bool(value == self.value)
        return date < self.date


class Values:
    """The activity, attributes and capacities that listeners know.

    The event thread's, but for `learn`.
    """

    def __init__(self) -> None:
        self._known: dict[Topic, _Value] = {}

    def knows_channels(self) -> bool:
        return any(sid.startswith("WC") for _, sid in [*self._known])

    @property
    def is_in_doubt(self) -> bool:
        """Whether a list said what should be read once more; from any thread."""
        return any(each.doubted is not None for each in [*self._known.values()])

    def learn(self, payload: Any) -> None:
        """Take over what a response says, where no event has said anything yet.

        Of what a response is ahead with, the event is still to come.
        """
        for topic, value in _values(payload):
            if topic not in self._known:
                self._known[topic] = _Value(value, _date(payload, "date_updated"))

    def note(self, event: str, payload: Any) -> bool:
        """Take over what a frame says; False if it was emitted already.

        By a sync, or because the frame came twice.
        """
        for topic, value in _values(payload):
            if topic.event == event:
                date = _date(payload, "date_updated")
                known = self._known.setdefault(topic, _Value(value, date))
                if date is not None and known.frame == (value, date):
                    return False
                known.frame = value, date
                if known.is_late(value, date):
                    return False
                known.value, known.date = value, date
                known.synced_until, known.doubted = 0.0, None
        return True

    def missed(
        self, payload: Any, queued: Set[Topic], *, may_lag: bool = False
    ) -> list[str]:
        """Compare with the service's state; gives the events that were missed.

        Args:
            payload: of the worker or a channel.
            queued: topics of the frames that have come and are queued.
            may_lag: whether it is of a list. What is dated before the value that is
                known is believed when a second one says the same: the service's clock
                may have been set back.
        """
        found: list[str] = []
        date = _date(payload, "date_updated")
        for topic, value in _values(payload):
            if topic in queued:
                continue
            known = self._known.setdefault(topic, _Value(value, date))
            said, doubted, known.doubted = (value, date), known.doubted, None
            if known.value != value:
                if may_lag and doubted != said and _is_before(date, known.date):
                    known.doubted = said
                    continue
                found.append(topic.event)
                known.synced_until = time.monotonic() + _LATE_FRAME
                known.value, known.date = value, date
                # The same frame once more is a return, if within the same second.
                known.frame = None
            elif not _is_before(date, known.date):
                known.date = date
        return found


def topic_of(event: str, payload: Any) -> Topic | None:
    """Say what an event is about; None for one that is about no value."""
    return next((topic for topic, _ in _values(payload) if topic.event == event), None)


def _values(payload: Any) -> Iterator[tuple[Topic, Any]]:
    sid = payload.get("sid") if isinstance(payload, Mapping) else None
    if isinstance(sid, str):
        for event, name in _VALUES.get(sid[:2], {}).items():
            if name in payload:
                # Frames say 1 and 0, REST says true and false: equal, and so in Python.
                yield Topic(event, sid), _comparable(payload[name])


def _comparable(value: Any) -> Any:
    """Read a value; JSON text may be written in different ways."""
    if not isinstance(value, str):
        return value
    try:
        # As text, in which true is not 1.
        return json.dumps(json.loads(value), sort_keys=True)
    except (ValueError, RecursionError):
        return value
