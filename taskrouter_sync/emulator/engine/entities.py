"""What all resources of the state have in common, and the containers they are in.

Both report their changes to a `Watcher`, who keeps the state outside of the engine.
Knows no resource.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar


E_ = TypeVar("E_", bound="Entity")


class Watcher(Protocol):
    """Whoever keeps the state. What is noted twice counts once."""

    def note(self, key: str, thing: object) -> None:
        """Note that a thing is new or was changed; None: that it is gone.

        `state` says what the keys are.
        """
        ...


class Part(Protocol):
    """A part of an entity that reports its changes itself."""

    def watch(self, changes: Watcher | None) -> None:
        """Report everything in it, and what changes, to `changes` (None: nobody)."""
        ...


@dataclass(kw_only=True, eq=False, slots=True)
class Entity:
    """What every resource has. Two entities are equal only if they are the same."""

    # Who wants to know of changes. The first field: `__setattr__` asks for it.
    _changes: Watcher | None = field(default=None, repr=False)
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

    def watch(self, changes: Watcher | None) -> None:
        """Report this, all that belongs to it, and what changes of it."""
        _set(self, "_changes", changes)
        if changes is not None:
            changes.note(self.sid, self)
        for part in self.parts():
            part.watch(changes)

    def parts(self) -> tuple[Part, ...]:
        """Return its parts that report their changes themselves."""
        return ()

    def touch(self, now: float) -> None:
        """Say that a field was changed at `now` (epoch seconds)."""
        self.date_updated = now
        _set(self, "_snapshot", None)

    def change(self, now: float, **fields: object) -> None:
        """Give fields new values at `now`; those that are None stay as they are."""
        for name, value in fields.items():
            if value is not None:
                setattr(self, name, value)
        self.touch(now)

    def refresh(self) -> None:
        """Say that something was renamed that the object only repeats."""
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


# Past whoever watches: for what is no part of the state.
_set = object.__setattr__


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
        self._changes: Watcher | None = None

    def __setitem__(self, sid: str, entity: E_) -> None:
        super().__setitem__(sid, entity)
        if self._changes is not None:
            entity.watch(self._changes)

    def __delitem__(self, sid: str) -> None:
        if self._changes is not None:
            self._forget(self[sid], self._changes)
        super().__delitem__(sid)

    def watch(self, changes: Watcher | None) -> None:
        """Report everything in it, and what is added and removed."""
        if changes is None and self._changes is not None:
            for entity in self.values():
                self._forget(entity, self._changes)
        elif changes is not None:
            for entity in self.values():
                entity.watch(changes)
        self._changes = changes

    def _forget(self, entity: E_, changes: Watcher) -> None:
        # What belongs to it goes first: nothing is ever without its owner.
        entity.watch(None)
        changes.note(entity.sid, None)
