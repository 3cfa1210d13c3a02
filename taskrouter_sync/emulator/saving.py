"""Keeps a service's state in a file while it serves.

Owns: when what changed is written: once in each turn of the event loop that changed
something. Whoever answers waits for that first.
"""

from __future__ import annotations

import asyncio
import logging
import os

from taskrouter_sync.emulator.clock import ManualClock
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.changes import Changes
from taskrouter_sync.emulator.sids import Sids
from taskrouter_sync.emulator.state_file import StateError, StateFile
from taskrouter_sync.emulator.state_rows import Rows


_log = logging.getLogger(__name__)

# Seconds until what could not be written is tried again.
RETRY = 1.0


class Saver:
    """One service's state in its file.

    Opened by any thread, then used by the loop's alone.

    Args:
        path: the file.
        engine: what is kept.
        sids: what makes the engine's sids; they go on too.
        clock: the engine's clock if it is moved by hand: it goes on too.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        engine: Engine,
        sids: Sids,
        clock: ManualClock | None,
    ) -> None:
        self._path = path
        self._engine = engine
        self._sids = sids
        self._clock = clock
        self._changes = Changes(self._changed)
        self._file: StateFile | None = None
        self._rows: Rows | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # The next writing, if there is something to write: it gives what went wrong.
        self._next: asyncio.Future[str | None] | None = None
        self._timer: asyncio.Handle | None = None
        # Then what the engine tells is no news.
        self._writing = False
        # The engine's time in the file.
        self._saved_at: float | None = None

    def open(self) -> None:
        """Make the engine what the file says; an empty file gets what the engine is.

        Raises:
            StateError: the file is of no use.
        """
        file = StateFile(self._path)
        try:
            self._load(file)
        except BaseException:
            file.close()
            raise
        self._file = file

    def _load(self, file: StateFile) -> None:
        rows = Rows(file.connection)
        with file.transaction():
            found = rows.read()
            if found is not None:
                rows.tidy()
                state, sids = found
                versions = self._engine.put_back(state)
                self._sids.go_on(sids)
        if found is None:
            self._write(file)
            return
        if self._clock is not None:
            self._clock.put(state.now)
        workspaces = self._engine.workspaces.values()
        rows.adopt((each for one in workspaces for each in one.events), versions)
        self._engine.watch(self._changes)
        # All of it is in the file.
        self._changes.clear()
        self._rows = rows
        self._saved_at = self._engine.now

    def serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write from now on, in turns of this loop."""
        self._loop = loop
        self.soon()

    def soon(self) -> None:
        """Write at the end of this turn, also what nobody was told of."""
        if self._next is None and self._loop is not None:
            self._next = self._loop.create_future()
            self._timer = self._loop.call_soon(self._write_next)

    async def saved(self) -> None:
        """Return when all that has changed so far is in the file.

        Raises:
            StateError: it could not be written.
        """
        if self._clock is not None and self._clock.now() != self._saved_at:
            # Of time that passes nobody is told.
            self.soon()
        if self._next is not None:
            trouble = await asyncio.shield(self._next)
            if trouble is not None:
                raise StateError(trouble)

    def begin_anew(self) -> None:
        """Write everything the next time: the engine is another one."""
        self._rows = None
        self.soon()

    def close(self) -> None:
        """Write what is left, and let go of the file.

        Raises:
            StateError: it could not be written.
        """
        file, self._file = self._file, None
        loop, self._loop = self._loop, None
        turn, self._next = self._next, None
        if self._timer is not None:
            self._timer.cancel()
        if file is None:
            return
        try:
            self._write(file)
        finally:
            self._rows = None
            self._engine.watch(None)
            self._changes.clear()
            file.close()
        if turn is not None and loop is not None and not loop.is_closed():
            turn.set_result(None)

    def _changed(self) -> None:
        # In the middle of an operation: the loop gets to it when that is over.
        if not self._writing:
            self.soon()

    def _write_next(self) -> None:
        turn, file = self._next, self._file
        if turn is None or file is None or self._loop is None:
            return
        self._next = self._timer = None
        # Whatever happens, nobody waits for good.
        trouble: str | None = f"{file.path}: not written"
        try:
            self._write(file)
            trouble = None
        except StateError as error:
            trouble = str(error)
            _log.error("the state was not saved: %s", trouble)
        finally:
            turn.set_result(trouble)
            if trouble is not None:
                self._next = self._loop.create_future()
                self._timer = self._loop.call_later(RETRY, self._write_next)

    def _write(self, file: StateFile) -> None:
        rows, self._rows = self._rows, None
        self._writing = True
        try:
            with file.transaction():
                if rows is None:
                    rows = Rows(file.connection)
                    rows.clear()
                    self._changes.clear()
                    self._engine.watch(self._changes)
                rows.write(self._engine, self._changes, self._sids.state())
        finally:
            self._writing = False
        # After an error nothing is known of the rows: then all are written anew.
        self._rows = rows
        self._saved_at = self._engine.now
        self._changes.clear()
