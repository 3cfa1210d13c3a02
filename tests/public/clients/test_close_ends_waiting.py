"""`close` ends all waiting, and refuses what is asked for later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import ClientClosed, HttpError, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import OpenWorker, ReadyWorker
from ...support.collector import Background, Collector


@pytest.mark.parametrize("waiters", [1, 5])
def test_those_who_wait_until_ready(
    emulator: Emulator, heard_worker: ReadyWorker, waiters: int, long_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    waiting = [Background(worker.wait_until_ready) for _ in range(waiters)]
    worker.close()
    for each in waiting:
        with pytest.raises(ClientClosed):
            each.result(1.0)


def test_a_request_between_two_attempts(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str, long_pauses: None
) -> None:
    worker, _ = ready_worker(max_retries=5)
    emulator.faults.answer(503, url=f"/Workers/{alice}")
    asking = Background(worker.fetch)
    asked = emulator.wait_for_requests(2, url=f"/Workers/{alice}")
    assert asked
    worker.close()
    with pytest.raises(ClientClosed) as caught:
        asking.result(1.0)
    assert isinstance(caught.value.__cause__, HttpError | None)


def test_its_callback_gets_the_error(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str, long_pauses: None
) -> None:
    worker, _ = ready_worker(max_retries=5)
    emulator.faults.answer(503, url=f"/Workers/{alice}")
    came = Collector()
    asking = Background(lambda: worker.fetch(came.callback("called")))
    emulator.wait_for_requests(2, url=f"/Workers/{alice}")
    worker.close()
    asking.result(1.0)
    error, result = came.expect("called")
    assert isinstance(error, ClientClosed)
    assert result is None
    assert came.names() == ["called"]


def test_a_request_that_is_under_way_has_its_answer(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, _ = ready_worker()
    emulator.faults.delay(0.3, url=f"/Workers/{alice}")
    asking = Background(worker.fetch)
    emulator.wait_for_requests(2, url=f"/Workers/{alice}")
    worker.close()
    assert asking.result().friendlyName == "Alice"


def test_run_forever(open_worker: OpenWorker) -> None:
    worker = open_worker()
    running = Background(worker.run_forever)
    worker.close()
    running.result(1.0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda worker: worker.fetchReservations(),
        lambda worker: worker.update("FriendlyName", "x"),
        lambda worker: next(worker.activities.fetch().iter_all()),
    ],
)
def test_whatever_is_asked_for_later(
    ready_worker: ReadyWorker, ask: Callable[[Worker], Any]
) -> None:
    worker, _ = ready_worker()
    worker.close()
    with pytest.raises(ClientClosed):
        ask(worker)
