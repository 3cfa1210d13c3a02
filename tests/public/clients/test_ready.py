"""Becoming ready, and waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    ClientClosed,
    ConnectionFailed,
    HttpError,
    RequestTimeout,
    Worker,
)
from taskrouter_sync.timing import Timing
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import Background, Collector
from ...support.raw_server import unused_port


def test_connected_comes_before_ready_and_reservations_after(
    emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.create_task()
    came = Collector().listen(open_worker())
    came.expect("reservation.created")
    assert came.names() == ["connected", "ready", "reservation.created"]


def test_ready_gives_the_worker(ready_worker: ReadyWorker, alice: str) -> None:
    worker, came = ready_worker()
    again = Collector().listen(worker, "ready").expect("ready")
    assert (again.sid, again.friendlyName) == (alice, "Alice")
    assert (worker.sid, worker.friendlyName, worker.activity_name) == (
        alice,
        "Alice",
        "Available",
    )
    assert came.names() == ["connected", "ready"]


def test_before_ready_the_client_knows_its_sid_only(
    worker_token: MintToken, alice: str
) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    with Worker(worker_token(), event_bridge_base_url=url) as worker:
        assert worker.sid == alice
        assert worker.friendlyName is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_ready_that_meets_trouble_is_asked_for_again(
    emulator: Emulator,
    alice: str,
    heard_worker: ReadyWorker,
    no_pauses: None,
    status: int,
) -> None:
    emulator.faults.answer(status, url=f"/Workers/{alice}")
    _, came = heard_worker()
    assert came.expect("error").code == status
    came.expect("ready")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_ready_that_is_refused_is_an_error_and_not_asked_for_again(
    emulator: Emulator, alice: str, open_worker: OpenWorker, status: int
) -> None:
    emulator.faults.answer(status, url=f"/Workers/{alice}")
    worker = open_worker()
    came = Collector().listen(worker, "error", "marker")
    assert came.expect("error").code == status
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    emulator.send_frame(alice, {"event_type": "marker", "payload": {}})
    came.expect("marker")
    assert len(emulator.wait_for_requests(url=f"/Workers/{alice}")) == 1


def test_a_ready_without_an_answer_is_asked_for_again(
    emulator: Emulator, alice: str, heard_worker: ReadyWorker, no_pauses: None
) -> None:
    emulator.faults.delay(1.0, url=f"/Workers/{alice}")
    timing = Timing(response=0.05)
    _, came = heard_worker(_timing=timing)
    assert isinstance(came.expect("error"), RequestTimeout)
    came.expect("ready")


@pytest.mark.parametrize("body", ["", "[]", '{"payload": null}', '{"payload": 7}'])
def test_a_ready_that_makes_no_sense_is_asked_for_again(
    emulator: Emulator,
    alice: str,
    heard_worker: ReadyWorker,
    body: str,
    no_pauses: None,
) -> None:
    """It is seldom the service that speaks so: rather a proxy on the way to it."""
    emulator.faults.malformed(body, url=f"/Workers/{alice}")
    _, came = heard_worker()
    assert "response" in came.expect("error").message
    came.expect("ready")


def test_pending_reservations_that_can_t_be_read_are_asked_for_again(
    emulator: Emulator, heard_worker: ReadyWorker, no_pauses: None
) -> None:
    emulator.create_task()
    emulator.faults.answer(503, url="/Reservations")
    _, came = heard_worker()
    assert came.expect("error").code == 503
    came.expect("reservation.created")


def test_wait_until_ready_returns_when_it_is(open_worker: OpenWorker) -> None:
    worker = open_worker()
    worker.wait_until_ready(5.0)
    assert worker.friendlyName == "Alice"
    worker.waitUntilReady()


def test_wait_until_ready_ends_in_time(
    emulator: Emulator, alice: str, open_worker: OpenWorker
) -> None:
    emulator.faults.delay(2.0, url=f"/Workers/{alice}")
    with pytest.raises(RequestTimeout, match=r"0\.05 s"):
        open_worker().wait_until_ready(0.05)


def test_wait_until_ready_tells_what_went_wrong_last(worker_token: MintToken) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    with Worker(worker_token(), event_bridge_base_url=url) as worker:
        Collector().listen(worker, "error").listen(worker, "disconnected").expect(
            "disconnected"
        )
        with pytest.raises(RequestTimeout) as caught:
            worker.wait_until_ready(0.01)
    assert isinstance(caught.value.__cause__, ConnectionFailed)


def test_wait_until_ready_raises_the_refusal(
    emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    with pytest.raises(HttpError) as caught:
        open_worker().wait_until_ready(5.0)
    assert caught.value.code == 403


def test_wait_until_ready_ends_with_the_client(
    emulator: Emulator, alice: str, open_worker: OpenWorker
) -> None:
    emulator.faults.delay(2.0, url=f"/Workers/{alice}")
    worker = open_worker()
    waiting = Background(worker.wait_until_ready)
    emulator.wait_for_requests(url=f"/Workers/{alice}")
    worker.close()
    with pytest.raises(ClientClosed):
        waiting.result(1.0)


def test_wait_until_ready_after_close_raises(open_worker: OpenWorker) -> None:
    worker = open_worker()
    worker.wait_until_ready(5.0)
    worker.close()
    with pytest.raises(ClientClosed):
        worker.wait_until_ready(5.0)


def test_many_threads_wait_until_ready(open_worker: OpenWorker) -> None:
    worker = open_worker()
    for each in [Background(worker.wait_until_ready) for _ in range(8)]:
        each.result()


def test_many_threads_get_the_same_refusal(
    emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker()
    for each in [Background(worker.wait_until_ready) for _ in range(8)]:
        with pytest.raises(HttpError):
            each.result()


def in_callback(worker: Worker, event: str, function: Callable[[], Any]) -> Any:
    """Run a function in an event callback; give what it raises."""
    came = Collector()

    def run() -> None:
        try:
            came.add("done", function())
        except RuntimeError as error:
            came.add("done", error)

    worker.on(event, run)
    return came.expect("done")


def test_wait_until_ready_before_ready_in_a_callback_raises(
    emulator: Emulator, alice: str, open_worker: OpenWorker
) -> None:
    """It would wait for itself."""
    emulator.faults.delay(0.3, url=f"/Workers/{alice}")
    worker = open_worker()
    error = in_callback(worker, "connected", worker.wait_until_ready)
    assert isinstance(error, RuntimeError)


def test_wait_until_ready_in_a_later_callback_returns(open_worker: OpenWorker) -> None:
    worker = open_worker()
    assert in_callback(worker, "ready", worker.wait_until_ready) is None


def test_an_expired_token_is_what_keeps_a_lost_client_from_working(
    emulator: Emulator, worker_token: MintToken, ready_worker: ReadyWorker
) -> None:
    # Five seconds before its end a token counts as expired.
    token = worker_token(valid_until=time.time() + 6.2)
    worker, came = ready_worker(token)
    came.expect("token.expired")
    emulator.faults.cut_sockets()
    came.expect("disconnected")
    with pytest.raises(HttpError, match="expired"):
        worker.wait_until_ready(5.0)
