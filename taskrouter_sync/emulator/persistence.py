"""Keeping a service's state: in a file while it serves, and as snapshots.

Owns: when what changed is written (once in each turn of the event loop that changed
something, and whoever answers waits for that first), and the form of snapshots.

The engine's state is an ordered mapping of keys to JSON values, and the file is the
same mapping: a write replaces the records that changed, in one transaction. Recording
operations instead, to repeat them at the start, would be no less: it needs the snapshot
of the whole state all the same, stops the service for as long as that takes whenever
the record has become long, and can be read by no version whose engine does anything
else than the one that wrote it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from .clock import ManualClock, Sids
from .engine import Engine
from .engine.containers import Changes
from .engine.state import SERVICE, Recorder, records_of_version_1
from .state_file import StateError, StateFile


_log = logging.getLogger(__name__)

# Seconds until what could not be written is tried again.
RETRY = 1.0
# The record of how the sids go on; all the others are the engine's.
_SIDS = "sids"

_FORMAT = "taskrouter_sync emulator snapshot"
# Rises with every change of what is in one.
_VERSION = 2


def take_snapshot(engine: Engine, sids: Sids) -> dict[str, Any]:
    """Return the whole state as JSON data that shares nothing with the engine."""
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "sids": sids.state(),
        "state": engine.state(),
    }
    # As whoever reads it back from JSON will have it: without tuples.
    copy: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    return copy


def put_back_snapshot(snapshot: Mapping[str, Any], engine: Engine, sids: Sids) -> None:
    """Restore the state of a snapshot.

    Raises:
        ValueError: it is not a valid snapshot, was made by a newer version or is
            damaged; the state is unchanged.
    """
    if not isinstance(snapshot, Mapping) or snapshot.get("format") != _FORMAT:
        raise ValueError("this is not a valid snapshot of an emulator")
    version = snapshot.get("version")
    if type(version) is not int or version > _VERSION:
        raise ValueError("the snapshot was made by a newer version of the emulator")
    try:
        Sids(None).go_on(snapshot["sids"])
        # A copy: what is put back lives on, the snapshot stays as it is.
        state = json.loads(json.dumps(snapshot["state"]))
        engine.put_back(state if version > 1 else records_of_version_1(state))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the snapshot is damaged: {error!r}") from error
    sids.go_on(snapshot["sids"])


class Saver:
    """Keeps one service's state in its file.

    Opened by any thread, then used by the loop's alone. The engine's sids go on too.
    The clock is the engine's if it is moved by hand.
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
        self._changes = Changes(self.soon)
        self._file: StateFile | None = None
        # None: what is in the file is not known; everything is written the next time.
        self._recorder: Recorder | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # The next write, if there is something to write: it gives what went wrong.
        self._next: asyncio.Future[str | None] | None = None
        self._timer: asyncio.Handle | None = None
        # The engine's time in the file.
        self._saved_at: float | None = None

    def open(self) -> None:
        """Make the engine what the file says; an empty file gets what the engine is.

        Raises:
            StateError: the file is of no use.
        """
        file = StateFile(self._path)
        try:
            with file.transaction():
                records = file.read()
                if records:
                    if SERVICE not in records or _SIDS not in records:
                        raise StateError(f"{self._path}: damaged: the end is missing")
                    sids = records.pop(_SIDS)
                    self._engine.put_back(records)
                    self._sids.go_on(sids)
            # All of it: without what nobody needs any more, and numbered anew.
            self._write(file)
        except BaseException:
            file.close()
            raise
        self._file = file

    def serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write from now on, in turns of this loop."""
        self._loop = loop
        self.soon()

    def soon(self) -> None:
        """Write at the end of this turn; called in the middle of an operation."""
        if self._next is None and self._loop is not None:
            self._next = self._loop.create_future()
            self._timer = self._loop.call_soon(self._write_next)

    async def saved(self) -> None:
        """Return when all that has changed so far is in the file.

        Raises:
            StateError: it could not be written.
        """
        if self._clock is not None and self._clock.now() != self._saved_at:
            # Time that passes is noted by nobody.
            self.soon()
        if self._next is not None:
            trouble = await asyncio.shield(self._next)
            if trouble is not None:
                raise StateError(trouble)

    def begin_anew(self) -> None:
        """Write everything the next time: the engine is another one."""
        self._recorder = None
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
            self._recorder = None
            self._engine.watch(None)
            self._changes.take()
            file.close()
        if turn is not None and loop is not None and not loop.is_closed():
            turn.set_result(None)

    def _write_next(self) -> None:
        turn, file = self._next, self._file
        if turn is None or file is None or self._loop is None:
            return
        self._timer = None
        # Whatever happens, nobody waits for good.
        trouble: str | None = f"{file.path}: not written"
        try:
            self._write(file)
            trouble = None
        except StateError as error:
            trouble = str(error)
            _log.error("the state was not saved: %s", trouble)
        finally:
            self._next = None
            turn.set_result(trouble)
            if trouble is not None:
                self._next = self._loop.create_future()
                self._timer = self._loop.call_later(RETRY, self._write_next)

    def _write(self, file: StateFile) -> None:
        recorder, self._recorder = self._recorder, None
        with file.transaction():
            if recorder is None:
                recorder = self._engine.recorder()
                file.clear()
                self._engine.watch(self._changes)
                self._changes.take()
                records = recorder.everything()
            else:
                records = recorder.changed(self._changes.take())
            records[_SIDS] = self._sids.state()
            file.write(records)
        # After an error nothing is known of the file: then all is written anew.
        self._recorder = recorder
        self._saved_at = self._engine.now
