"""Verbs for the state as a whole: read it, put it back, watch it change."""

from __future__ import annotations

from collections.abc import Mapping

from . import state
from .base import Verbs
from .changes import Changes
from .state import Record, Recorder, Records


class KeepingVerbs(Verbs):
    """Keep the state outside of the engine."""

    def state(self) -> Records:
        """Read the whole state, as plain data."""
        self.run_due()
        return self.recorder().everything()

    def recorder(self) -> Recorder:
        """Return what makes records of the state, and of its changes."""
        return Recorder(self._core)

    def put_back(self, records: Mapping[str, Record]) -> None:
        """Make the engine what it was when these records were made.

        Nobody is told of it, and nothing is done that is due by now; the next verb
        does. Objects of before are no longer the engine's, and nobody watches any
        more. Raises ValueError, and changes nothing, if `records` are damaged.
        """
        watched = self._core.workspaces
        state.put_back(self._core, records)
        watched.watch(None)
        self.watch(None)

    def watch(self, changes: Changes | None) -> None:
        """Note in `changes` all that changes in the state; None: no longer."""
        core = self._core
        core.changes = changes
        for part in (core.workspaces, core.deadlines, core.calls, core.telephony):
            part.watch(changes)
