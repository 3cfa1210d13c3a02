"""Waiting on the emulator's loop for a change."""

from __future__ import annotations

import asyncio

import pytest

from taskrouter_sync.emulator.control.changes import Changes
from taskrouter_sync.emulator.journal import Journal


def test_a_condition_is_asked_again_at_each_change() -> None:
    async def story() -> None:
        journal: Journal = Journal()
        changes = Changes(journal)
        waiting = asyncio.ensure_future(
            changes.until(lambda: journal.connections("WK1") == 2, 5, "two")
        )
        for _ in range(2):
            # It has its turn, and more of them than it takes to end.
            for _ in range(10):
                await asyncio.sleep(0)
            assert not waiting.done()
            journal.connected("WK1", +1)
        await waiting

    asyncio.run(story())


def test_what_holds_already_takes_no_time() -> None:
    asyncio.run(Changes(Journal()).until(lambda: True, 0, "it"))


def test_who_waits_is_told_when_the_emulator_stops() -> None:
    async def story() -> None:
        changes = Changes(Journal())
        waiting = asyncio.ensure_future(changes.until(lambda: False, 5, "it"))
        await asyncio.sleep(0)
        changes.close()
        with pytest.raises(RuntimeError, match="the emulator is stopping"):
            await waiting

    asyncio.run(story())
