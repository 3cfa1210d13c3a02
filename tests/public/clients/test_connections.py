"""The connection of a client: made again when lost, ended and made when told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import ConnectionFailed, HttpError, RequestTimeout
from taskrouter_sync.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.timing import Timing

from ...conftest import MintToken, ReadyWorker
from ...support.collector import Background
from .conftest import Marker


# disconnect and connect.


def test_disconnect_ends_the_connection(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    emulator.wait_for_connections(alice, 0)


def test_a_disconnected_client_stays_usable_for_requests(
    ready_worker: ReadyWorker,
) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    assert worker.fetch().friendlyName == "Alice"


def test_connect_makes_it_again(ready_worker: ReadyWorker, send: Marker) -> None:
    worker, came = ready_worker()
    came.listen(worker, "marker")
    worker.disconnect()
    came.expect("disconnected")
    worker.connect()
    came.expect("connected")
    came.expect("ready")
    send("marker")
    came.expect("marker")


def test_connect_while_connected_does_nothing(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, came = ready_worker()
    came.listen(worker, "marker")
    worker.connect()
    worker.connect()
    send("marker")
    came.expect("marker")
    assert came.names() == ["connected", "ready", "marker"]


def test_disconnect_while_disconnected_does_nothing(ready_worker: ReadyWorker) -> None:
    worker, came = ready_worker()
    for _ in range(3):
        worker.disconnect()
    came.expect("disconnected")
    worker.connect()
    came.expect("ready")
    assert came.count("disconnected") == 1


def test_several_rounds(ready_worker: ReadyWorker) -> None:
    worker, came = ready_worker()
    for _ in range(5):
        worker.disconnect()
        came.expect("disconnected")
        worker.connect()
        came.expect("ready")
    assert came.names() == ["connected", "ready"] + 5 * [
        "disconnected",
        "connected",
        "ready",
    ]


def test_rounds_without_a_breath_end_as_they_were_asked(
    ready_worker: ReadyWorker, emulator: Emulator, alice: str, long_pauses: None
) -> None:
    worker, _ = ready_worker()
    for _ in range(30):
        worker.disconnect()
        worker.connect()
    worker.disconnect()
    emulator.wait_for_connections(alice, 0)
    worker.connect()
    worker.wait_until_ready(5.0)
    emulator.wait_for_connections(alice, 1)


def test_rounds_from_many_threads_end_as_the_last_asked(
    ready_worker: ReadyWorker,
    emulator: Emulator,
    alice: str,
    hurried_switching: None,
) -> None:
    worker, _ = ready_worker()

    def rounds() -> None:
        for _ in range(20):
            worker.disconnect()
            worker.connect()

    for each in [Background(rounds) for _ in range(4)]:
        each.result()
    emulator.wait_for_connections(alice, 1)
    worker.wait_until_ready(5.0)
    worker.disconnect()
    emulator.wait_for_connections(alice, 0)


def test_both_work_in_a_callback(ready_worker: ReadyWorker, send: Marker) -> None:
    worker, came = ready_worker()
    worker.on("one", worker.disconnect)
    worker.on("disconnected", worker.connect)
    send("one")
    came.expect("disconnected")
    came.expect("ready")


def test_disconnect_ends_the_attempts(
    emulator: Emulator, heard_worker: ReadyWorker, long_pauses: None, alice: str
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    worker.disconnect()
    worker.connect()
    came.expect("ready")


def test_ready_is_waited_for_again_after_connect(ready_worker: ReadyWorker) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    with pytest.raises(RequestTimeout):
        worker.wait_until_ready(0.01)
    worker.connect()
    worker.wait_until_ready(5.0)


# When the line is lost.


@pytest.mark.parametrize(
    "lose",
    [
        lambda faults: faults.cut_sockets(),
        lambda faults: faults.close_sockets(),
        lambda faults: faults.close_sockets(code=1011, reason="trouble"),
    ],
    ids=["cut", "closed", "closed with a code"],
)
def test_a_lost_connection_is_made_again(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    no_pauses: None,
    lose: Callable[[Any], None],
) -> None:
    _, came = ready_worker()
    lose(emulator.faults)
    came.expect("disconnected")
    came.expect("connected")
    came.expect("ready")
    assert "error" not in came.names()


def test_disconnected_tells_the_service_s_code_and_reason(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    _, came = ready_worker()
    emulator.faults.close_sockets(code=4001, reason="too many")
    said = came.expect("disconnected")
    assert (said.code, said.reason) == (4001, "too many")
    assert said["message"] == "Websocket disconnected due to lost connectivity"


def test_silence_ends_a_dead_connection_and_makes_another(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str, no_pauses: None
) -> None:
    _, came = ready_worker(_timing=Timing(heartbeat=0.3))
    emulator.faults.stall_sockets(alice)
    came.expect("disconnected")
    came.expect("ready")


def test_the_silence_that_counts_is_a_minute() -> None:
    assert Timing().heartbeat == 60.0


def test_beats_keep_a_connection(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, came = ready_worker(_timing=Timing(heartbeat=0.6))
    came.listen(worker, "marker")
    for _ in range(8):
        emulator.send_frame(alice, " ")
        emulator.faults.delay(0.1, url=f"/Workers/{alice}")
        worker.fetch()
    emulator.send_frame(alice, {"event_type": "marker", "payload": {}})
    came.expect("marker")
    assert "disconnected" not in came.names()


def test_a_service_that_comes_back_is_found(
    emulator: Emulator, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    _, came = ready_worker()
    emulator.stop()
    assert isinstance(came.expect("error"), ConnectionFailed)
    emulator.start()
    came.expect("ready")


# Attempts that fail.


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_not_tried_again_until_there_is_another(
    emulator: Emulator,
    heard_worker: ReadyWorker,
    worker_token: MintToken,
    no_pauses: None,
    status: int,
) -> None:
    emulator.faults.refuse_upgrades(status)
    worker, came = heard_worker()
    error = came.expect("error")
    assert isinstance(error, HttpError)
    assert error.code == status
    came.expect("disconnected")
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    assert len(emulator.requests) == 1
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 502, 503, 504])
def test_any_other_answer_is_tried_again(
    emulator: Emulator, heard_worker: ReadyWorker, no_pauses: None, status: int
) -> None:
    emulator.faults.refuse_upgrades(status, times=2)
    _, came = heard_worker()
    for _ in range(2):
        assert came.expect("error").code == status
        came.expect("disconnected")
    came.expect("ready")


def test_the_waits_grow_and_begin_anew_once_it_works(
    emulator: Emulator, heard_worker: ReadyWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def delay(timing: Timing, attempt: int) -> float:
        attempts.append(attempt)
        return 0.0

    monkeypatch.setattr(Timing, "delay", delay)
    emulator.faults.refuse_upgrades(503, times=4)
    _, came = heard_worker()
    came.expect("ready")
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert attempts == [1, 2, 3, 4, 1]


def test_each_failed_attempt_is_told(
    emulator: Emulator, heard_worker: ReadyWorker, no_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503, times=2)
    _, came = heard_worker()
    came.expect("ready")
    assert came.names() == 2 * ["error", "disconnected"] + ["connected", "ready"]


def test_a_disconnected_client_is_not_connected_by_another_token(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    worker.update_token(worker_token(ttl=7200))
    ready_worker()[0].close()
    emulator.wait_for_connections(alice, 0)
    assert "idle" in repr(worker)
