"""Waiting on the emulator's loop for a change."""

from __future__ import annotations

import asyncio

import pytest

from taskrouter_sync.emulator.control.changes import Changes
from taskrouter_sync.emulator.journal import Journal


def test_who_waits_is_told_when_the_emulator_stops() -> None:
    async def story() -> None:
        changes = Changes(Journal())
        waiting = asyncio.ensure_future(changes.until(lambda: False, 5, "it"))
        await asyncio.sleep(0)
        changes.close()
        with pytest.raises(RuntimeError, match="the emulator is stopping"):
            await waiting

    asyncio.run(story())
