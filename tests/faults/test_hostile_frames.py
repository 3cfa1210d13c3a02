"""Frames that are none of the service's: what they do to a client that stays open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.errors import InvalidResponse

from ..conftest import ReadyWorker
from .fault import Fault, Kind
from .proxy import Proxy


@pytest.fixture
def proxy(emulator: Emulator) -> Iterator[Proxy]:
    with Proxy(int(emulator.url.rpartition(":")[2])) as between:
        yield between


def test_what_an_odd_frame_should_have_said_is_told_all_the_same(
    emulator: Emulator, proxy: Proxy, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    """A frame that makes no sense is a gap: the state is read as after one."""
    _, came = ready_worker(event_bridge_base_url=proxy.url)
    proxy.strike(Fault(Kind.CORRUPT, after=40), role="GET")
    task = emulator.create_task()
    assert isinstance(came.expect("error"), InvalidResponse)
    assert came.expect("reservation.created").task.sid == task["sid"]


def test_an_odd_frame_that_ends_a_reservation_is_made_up_for(
    emulator: Emulator, proxy: Proxy, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    _, came = ready_worker(event_bridge_base_url=proxy.url)
    task = emulator.create_task()
    created = came.expect("reservation.created")
    proxy.strike(Fault(Kind.CORRUPT, after=40), role="GET")
    emulator.call(
        lambda engine: engine.update_task(
            next(iter(engine.workspaces.values())).tasks[task["sid"]],
            assignment_status="canceled",
        )
    )
    assert came.expect("reservation.canceled").sid == created.sid
