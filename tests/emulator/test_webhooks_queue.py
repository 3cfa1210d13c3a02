"""Waiting lines: order, how many at once, how many may wait."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from taskrouter_sync.emulator.webhook_queue import Queues


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


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in a loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **fixtures: Any) -> None:
        asyncio.run(test(*args, **fixtures))

    return run


def queues(limit: int = 10, limit_in_all: int = 10, places: int = 10) -> Queues:
    return Queues(
        limit=limit, limit_in_all=limit_in_all, limit_bytes=100, places=places
    )


@in_a_loop
async def test_queues_take_turns_when_there_are_no_places_for_all() -> None:
    queues_, jobs = queues(places=1), Jobs()
    for name in ("x1", "x2", "x3", "y1"):
        queues_.put(name[0], jobs.job(name), width=2)
    await settle()
    for name in ("x1", "x2", "y1", "x3"):
        await jobs.end(name)
    assert jobs.started == ["x1", "x2", "y1", "x3"]
    assert queues_.unfinished == 0


@in_a_loop
async def test_all_queues_together_are_bounded() -> None:
    queues_, jobs = queues(limit_in_all=2, places=1), Jobs()
    taken = [queues_.put(name, jobs.job(name), width=1) for name in "abcd"]
    assert taken == [True, True, True, False]
    assert queues_.unfinished == 3
    await queues_.close()


@in_a_loop
async def test_a_job_that_breaks_does_not_stop_the_queue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    queues_, jobs = queues(), Jobs()
    queues_.put("x", broken, width=1)
    queues_.put("x", jobs.job("a"), width=1)
    await settle()
    assert jobs.started == ["a"]
    await queues_.close()
    [raised] = [each.exc_info for each in caplog.records if each.exc_info]
    assert raised[0] is ZeroDivisionError
