"""Verbs for the state as a whole: read it, put it back, watch it change."""

from __future__ import annotations

from . import restoring, snapshots
from .base import Verbs
from .changes import Changes
from .entities import Entity
from .records import Record
from .snapshots import State


class KeepingVerbs(Verbs):
    """Keep the state outside of the engine."""

    def state(self) -> State:
        """Read the whole state, as plain data that no longer changes."""
        self.run_due()
        return snapshots.take(self._core)

    def general_state(self) -> Record:
        """Read the fields of `State` that are of no size and of no workspace.

        They change with nearly every verb; of a change of them alone nobody is told
        but of that of a setting.
        """
        return snapshots.general(self._core)

    def put_back(self, state: State) -> dict[str, Entity]:
        """Make the engine what it was; return the snapshots in events by number.

        Nobody is told of it, and nothing is done that is due by now; the next verb
        does. Objects of before are no longer the engine's. Who watches is told of
        everything anew, but not of every deadline that is gone. Raises ValueError, and
        changes nothing, if `state` is damaged.
        """
        before = self._core.workspaces
        versions = restoring.put_back(self._core, state)
        before.watch(None)
        self._watch()
        return versions

    def watch(self, changes: Changes | None) -> None:
        """Tell `changes` of the whole state at once, then of all that changes in it.

        None: nobody is told any more.
        """
        self._core.changes = changes
        self._watch()

    def _watch(self) -> None:
        core = self._core
        core.workspaces.watch(core.changes)
        core.deadlines.watch(core.changes)
        core.calls.watch(core.changes)
        core.telephony.watch(core.changes)
