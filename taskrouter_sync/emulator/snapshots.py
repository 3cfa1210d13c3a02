"""Snapshots of an emulator: its whole state as one JSON value.

Owns: what they look like, and telling whether a value is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.snapshots import State
from taskrouter_sync.emulator.sids import Sids


_FORMAT = "taskrouter_sync emulator snapshot"
# Rises with every change of what is in one.
_VERSION = 1


def take(engine: Engine, sids: Sids) -> dict[str, Any]:
    """Make a snapshot that shares nothing with the engine."""
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "sids": sids.state(),
        "state": vars(engine.state()),
    }
    # As whoever reads it back from JSON will have it: without tuples.
    copy: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    return copy


def put_back(snapshot: Mapping[str, Any], engine: Engine, sids: Sids) -> float:
    """Make the engine what it was; give the time of the snapshot (epoch seconds).

    Raises:
        ValueError: it is no snapshot, one of a newer version, or damaged; nothing
            has changed then.
    """
    if not isinstance(snapshot, Mapping) or snapshot.get("format") != _FORMAT:
        raise ValueError("this is no snapshot of an emulator")
    version = snapshot.get("version")
    if type(version) is not int or version > _VERSION:
        raise ValueError("the snapshot is of a newer version of the emulator")
    try:
        Sids(None).go_on(snapshot["sids"])
        # A copy: what is put back lives on, the snapshot stays as it is.
        state = State(**json.loads(json.dumps(snapshot["state"])))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the snapshot is damaged: {error!r}") from error
    engine.put_back(state)
    sids.go_on(snapshot["sids"])
    return state.now
