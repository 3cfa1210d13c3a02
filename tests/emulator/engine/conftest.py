from __future__ import annotations

import pytest

from taskrouter_sync.emulator.engine.model import Task, Worker

from .support import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def ann(bench: Bench) -> Worker:
    """A worker for all tasks."""
    bench.flow()
    return bench.worker("Ann")


@pytest.fixture
def task(bench: Bench, ann: Worker) -> Task:
    """A task that is offered to her; nothing has happened since."""
    task = bench.task()
    bench.told()
    return task
