"""Control: snapshots, as in ``Emulator.snapshot`` and ``Emulator.restore``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskrouter_sync.emulator.control.command import Command, Json
from taskrouter_sync.emulator.control.site import Site
from taskrouter_sync.emulator.fields import Document, Field, FieldError


def _snapshot(site: Site, given: dict[str, Any]) -> Json:
    # As /restore takes it.
    return {"snapshot": site.emulator.snapshot()}


def _restore(site: Site, given: dict[str, Any]) -> Json:
    try:
        site.emulator.restore(given["snapshot"])
    except ValueError as error:
        raise FieldError("snapshot", f"is refused: {error}") from None
    return site.views.clock()


KEEPING: Sequence[Command] = (
    Command("GET", "/snapshot", "Give the whole state, for /restore.", _snapshot),
    Command(
        "POST",
        "/restore",
        "Be what an emulator was at a snapshot; all sockets are closed.",
        _restore,
        (Field("snapshot", Document(), "what /snapshot gave", required=True),),
    ),
)
