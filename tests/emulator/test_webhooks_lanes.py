"""Waiting lines: order, how many at once, how many may wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from taskrouter_sync.emulator.lanes import Lanes


class Jobs:
    """Jobs that end when they are told to."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    def job(self, name: str) -> Any:
        self._ends[name] = asyncio.Event()

        async def run() -> None:
            self.started.append(name)
            await self._ends[name].wait()

        return run

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
        await settle()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def play(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


def lanes(limit: int = 10, limit_in_all: int = 10, places: int = 10) -> Lanes:
    return Lanes(limit=limit, limit_in_all=limit_in_all, places=places)


def test_a_lane_of_width_one_runs_one_after_the_other() -> None:
    async def scene() -> None:
        line, jobs = lanes(), Jobs()
        for name in "abc":
            assert line.put("x", jobs.job(name), width=1)
        assert line.put("y", jobs.job("other"), width=1)
        await settle()
        assert jobs.started == ["a", "other"]
        await jobs.end("a")
        assert jobs.started == ["a", "other", "b"]
        await jobs.end("b", "c", "other")
        assert jobs.started == ["a", "other", "b", "c"]
        assert line.unfinished == 0

    play(scene())


def test_a_wide_lane_runs_several_at_once() -> None:
    async def scene() -> None:
        line, jobs = lanes(), Jobs()
        for name in "abc":
            line.put("x", jobs.job(name), width=2)
        await settle()
        assert jobs.started == ["a", "b"]
        await jobs.end("b")
        assert jobs.started == ["a", "b", "c"]
        await line.close()

    play(scene())


def test_lanes_take_turns_when_there_are_no_places_for_all() -> None:
    async def scene() -> None:
        line, jobs = lanes(places=1), Jobs()
        for name in ("x1", "x2", "x3", "y1"):
            line.put(name[0], jobs.job(name), width=2)
        await settle()
        for name in ("x1", "x2", "y1", "x3"):
            await jobs.end(name)
        assert jobs.started == ["x1", "x2", "y1", "x3"]
        assert line.unfinished == 0

    play(scene())


def test_a_full_lane_takes_no_more() -> None:
    async def scene() -> None:
        line, jobs = lanes(limit=1), Jobs()
        assert line.put("x", jobs.job("a"), width=1)
        assert line.put("x", jobs.job("b"), width=1)
        assert not line.put("x", jobs.job("c"), width=1)
        assert line.put("y", jobs.job("d"), width=1)
        await line.close()

    play(scene())


def test_all_lanes_together_are_bounded() -> None:
    async def scene() -> None:
        line, jobs = lanes(limit_in_all=2, places=1), Jobs()
        taken = [line.put(name, jobs.job(name), width=1) for name in "abcd"]
        assert taken == [True, True, True, False]
        assert line.unfinished == 3
        await line.close()

    play(scene())


def test_a_job_that_breaks_does_not_stop_the_lane(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    async def scene() -> None:
        line, jobs = lanes(), Jobs()
        line.put("x", broken, width=1)
        line.put("x", jobs.job("a"), width=1)
        await settle()
        assert jobs.started == ["a"]
        await line.close()

    play(scene())
    [raised] = [each.exc_info for each in caplog.records if each.exc_info]
    assert raised[0] is ZeroDivisionError


def test_a_close_ends_what_runs_and_forgets_what_waits() -> None:
    async def scene() -> None:
        line, jobs = lanes(), Jobs()
        for name in "ab":
            line.put("x", jobs.job(name), width=1)
        await settle()
        await line.close()
        await settle()
        assert jobs.started == ["a"]
        assert line.unfinished == 0

    play(scene())
