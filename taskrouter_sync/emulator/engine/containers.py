"""What every resource of the state has, and what the state keeps resources in.

Owns: noting what was made, changed and removed, for whoever keeps the state outside of
the engine; and the orders of deadlines and of idle workers. Knows no resource.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, NamedTuple, TypeVar


E_ = TypeVar("E_", bound="Entity")


class Changes:
    """Notes what was made, changed and removed, by the key of its record.

    The state's containers and objects note it themselves, so that no operation has to
    think of it. What is noted twice counts once. `state` says what the keys are.
    """

    def __init__(self, on_first: Callable[[], None]) -> None:
        """Call `on_first` at each first note, maybe in the middle of an operation."""
        self._on_first = on_first
        self._noted: dict[str, object] = {}

    def note(self, key: str, thing: object) -> None:
        """Note that a thing is new or was changed; None: that it is gone."""
        if not self._noted:
            self._on_first()
        self._noted[key] = thing

    def take(self) -> dict[str, object]:
        """Return what was noted, owners before what they own, and begin anew."""
        noted, self._noted = self._noted, {}
        return noted


class Watched:
    """What notes its changes, if somebody wants to know of them."""

    _changes: Changes | None = None

    def _changed(self, key: str, thing: object) -> None:
        if self._changes is not None:
            self._changes.note(key, thing)


# Without notifying watchers: for values that are not part of the state.
_set = object.__setattr__


@dataclass(kw_only=True, eq=False, slots=True)
class Entity:
    """What every resource has. Two entities are equal only if they are the same."""

    # Who wants to know of changes. The first field: `__setattr__` asks for it.
    _changes: Changes | None = field(default=None, repr=False)
    sid: str
    workspace_sid: str
    date_created: float
    date_updated: float
    # The copy that events hold, valid until the next touch.
    _snapshot: Any = field(default=None, repr=False)

    def __setattr__(self, name: str, value: object) -> None:
        _set(self, name, value)
        if self._changes is not None:
            self._changes.note(self.sid, self)

    def __getstate__(self) -> dict[str, object]:
        """Return what a copy or a pickle has: not the containers, which live on."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name[0] != "_" and each.default_factory is MISSING
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        for each in fields(self):
            empty = each.default_factory
            missing = None if empty is MISSING else empty()
            _set(self, each.name, state.get(each.name, missing))

    def watch(self, changes: Changes | None) -> None:
        """Report this, all that belongs to it, and what changes of it; None: nobody."""
        _set(self, "_changes", changes)
        if changes is not None:
            changes.note(self.sid, self)

    def touch(self, now: float) -> None:
        """Note that a field was changed at `now` (epoch seconds)."""
        self.date_updated = now
        self.refresh()

    def change(self, now: float, **fields: object) -> None:
        """Set fields at `now`: None leaves one unchanged, an empty string clears it."""
        for name, value in fields.items():
            if value is not None:
                setattr(self, name, None if value == "" else value)
        self.touch(now)

    def refresh(self) -> None:
        """Note that something was renamed whose name the object repeats."""
        _set(self, "_snapshot", None)

    def snapshot(self: E_) -> E_:
        """Return a copy whose own fields no longer change (containers are shared)."""
        copy: E_ | None = self._snapshot
        if copy is None:
            copy = object.__new__(type(self))
            for name in self.__dataclass_fields__:
                _set(copy, name, getattr(self, name))
            _set(copy, "_changes", None)
            _set(self, "_snapshot", copy)
        return copy


@dataclass(kw_only=True, eq=False, slots=True)
class Versioned(Entity):
    """An entity whose version goes into its ETag; it rises with every change."""

    version: int = 0

    def touch(self, now: float) -> None:
        # super() does not work in classes with slots.
        Entity.touch(self, now)
        self.version += 1


class Container(dict[str, E_]):
    """Entities by sid in the order in which they were made, owned by what has it.

    Filled by `container[sid] = entity` and emptied by `del container[sid]` alone:
    nothing else is noticed.
    """

    __slots__ = ("_changes",)

    def __init__(self) -> None:
        super().__init__()
        self._changes: Changes | None = None

    def __setitem__(self, sid: str, entity: E_) -> None:
        super().__setitem__(sid, entity)
        if self._changes is not None:
            entity.watch(self._changes)

    def __delitem__(self, sid: str) -> None:
        if self._changes is not None:
            self._forget(self[sid], self._changes)
        super().__delitem__(sid)

    def add(self, entity: E_) -> E_:
        """Put an entity in, and return it."""
        self[entity.sid] = entity
        return entity

    def watch(self, changes: Changes | None) -> None:
        """Report everything in it, and what is added and removed."""
        if changes is None and self._changes is not None:
            for entity in self.values():
                self._forget(entity, self._changes)
        elif changes is not None:
            for entity in self.values():
                entity.watch(changes)
        self._changes = changes

    def _forget(self, entity: E_, changes: Changes) -> None:
        # What belongs to it goes first: nothing is ever without its owner.
        entity.watch(None)
        changes.note(entity.sid, None)


Kind = Literal["reservation", "target", "ttl", "assigned", "removal", "call"]

_TASK_KINDS: tuple[Kind, ...] = ("target", "ttl", "assigned", "removal")


class Deadline(NamedTuple):
    """Something that is due at `when` (epoch seconds)."""

    when: float
    order: int
    kind: Kind
    workspace_sid: str
    # The task's, the reservation's, or the call's.
    sid: str


class Deadlines(Watched):
    """At most one deadline per kind and sid; equal times go in order of setting."""

    def __init__(self) -> None:
        # The whole state: what is set, and how many were set so far.
        self.current: dict[tuple[Kind, str], Deadline] = {}
        self.count = 0
        self._heap: list[Deadline] = []

    def watch(self, changes: Changes | None) -> None:
        """Report all deadlines, and those that are set and cleared."""
        self._changes = changes
        for (kind, sid), deadline in self.current.items():
            self._changed(f"deadline {kind} {sid}", deadline)

    def set(self, when: float, kind: Kind, workspace_sid: str, sid: str) -> None:
        """Set or move a deadline."""
        self.count += 1
        deadline = Deadline(when, self.count, kind, workspace_sid, sid)
        self.current[kind, sid] = deadline
        heapq.heappush(self._heap, deadline)
        self._changed(f"deadline {kind} {sid}", deadline)
        # Entries that were moved or cleared stay in the heap until they surface;
        # a day's time to live of finished tasks would pile up without this.
        if len(self._heap) > 2 * len(self.current) + 64:
            self.rebuild()

    def rebuild(self) -> None:
        """Make the order of what is current anew."""
        self._heap = list(self.current.values())
        heapq.heapify(self._heap)

    def clear(self, kind: Kind, sid: str) -> None:
        """Forget a deadline, if there is one."""
        if self.current.pop((kind, sid), None) is not None:
            self._changed(f"deadline {kind} {sid}", None)

    def clear_task(self, sid: str) -> None:
        """Forget all deadlines of a task itself."""
        for kind in _TASK_KINDS:
            self.clear(kind, sid)

    def next(self) -> float | None:
        """Return the next moment at which something is due."""
        heap = self._heap
        while heap:
            first = heap[0]
            if self.current.get((first.kind, first.sid)) is first:
                return first.when
            heapq.heappop(heap)
        return None

    def pop_due(self, now: float) -> Deadline | None:
        """Take out the first deadline that is not later than `now`."""
        when = self.next()
        if when is None or when > now:
            return None
        deadline = heapq.heappop(self._heap)
        self.clear(deadline.kind, deadline.sid)
        return deadline


class IdleWorkers:
    """Workers of one queue and one task channel, longest idle first.

    An entry may be out of date, never missing: a worker who can take a task has
    an entry, and its rank there is at most the true one. Whoever reads them
    checks the first entry against the worker and drops or re-ranks it, so that a
    reservation need not touch all queues of its worker.
    """

    def __init__(self) -> None:
        # A heap of ranks and sids.
        self.entries: list[tuple[int, str]] = []
        self._present: set[str] = set()

    def add(self, rank: int, worker_sid: str) -> None:
        """See that the worker has an entry."""
        if worker_sid not in self._present:
            self._present.add(worker_sid)
            heapq.heappush(self.entries, (rank, worker_sid))

    def drop_first(self) -> None:
        """Take the first entry out."""
        _, worker_sid = heapq.heappop(self.entries)
        self._present.discard(worker_sid)

    def shrink(self, members: Collection[str]) -> None:
        """Drop the entries of workers who are gone, when they are the most."""
        if len(self.entries) > 2 * len(members) + 64:
            self.entries = [each for each in self.entries if each[1] in members]
            heapq.heapify(self.entries)
            self._present = {worker_sid for _, worker_sid in self.entries}

    def rank_first(self, rank: int) -> None:
        """Change the rank of the first entry."""
        heapq.heapreplace(self.entries, (rank, self.entries[0][1]))
