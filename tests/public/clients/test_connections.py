"""The connection of a client: made again when lost, ended and made when told."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    ConnectionFailed,
    HttpError,
    RequestTimeout,
    TaskRouterError,
    Worker,
)
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import Background, Collector
from ...support.internals import set_pauses, timing
from ...support.raw_server import Peer, RawServer, unused_port
from .conftest import Marker, Settle


# disconnect and connect.


def test_a_disconnected_client_stays_usable_for_requests(
    worker: Worker, came: Collector, emulator: Emulator, alice: str
) -> None:
    for _ in range(3):
        worker.disconnect()
    came.expect("disconnected")
    emulator.wait_for_connections(alice, 0)
    assert worker.fetch().friendlyName == "Alice"
    with pytest.raises(RequestTimeout):
        worker.wait_until_ready(0.01)
    worker.connect()
    worker.wait_until_ready(5.0)
    assert came.count("disconnected") == 1


def test_connect_while_connected_does_nothing(
    worker: Worker, came: Collector, settle: Settle
) -> None:
    """And each event comes once, though the response to `ready` repeats its name."""
    worker.connect()
    worker.connect()
    settle(worker)
    assert came.names() == ["connected", "ready"]


def test_several_rounds(worker: Worker, came: Collector, settle: Settle) -> None:
    for _ in range(5):
        worker.disconnect()
        came.expect("disconnected")
        worker.connect()
        came.expect("ready")
    settle(worker)
    rounds = 5 * ["disconnected", "connected", "ready"]
    assert came.names() == ["connected", "ready", *rounds]


def test_rounds_without_a_pause_end_as_they_were_asked(
    worker: Worker, emulator: Emulator, alice: str, long_pauses: None
) -> None:
    for _ in range(30):
        worker.disconnect()
        worker.connect()
    worker.disconnect()
    emulator.wait_for_connections(alice, 0)
    worker.connect()
    worker.wait_until_ready(5.0)
    emulator.wait_for_connections(alice, 1)


def test_rounds_from_many_threads_end_as_the_last_asked(
    worker: Worker, emulator: Emulator, alice: str, hurried_switching: None
) -> None:
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


def test_both_work_in_a_callback(worker: Worker, came: Collector, send: Marker) -> None:
    worker.on("one", worker.disconnect)
    worker.on("disconnected", worker.connect)
    send("one")
    came.expect("disconnected")
    came.expect("ready")


def test_disconnect_ends_the_attempts(
    emulator: Emulator, heard_worker: ReadyWorker, long_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    worker.disconnect()
    worker.connect()
    came.expect("ready")


# When the connection is lost.


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
    emulator: Emulator, came: Collector, no_pauses: None, lose: Callable[[Any], None]
) -> None:
    lose(emulator.faults)
    for event in ("disconnected", "connected", "ready"):
        came.expect(event)
    assert "error" not in came.names()


def test_silence_ends_a_dead_connection_and_makes_another(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str, no_pauses: None
) -> None:
    _, came = ready_worker(_timing=timing(heartbeat=0.3))
    emulator.faults.stall_sockets(alice)
    came.expect("disconnected")
    came.expect("ready")


def test_clients_that_evict_each_other_back_off_and_say_so(
    open_worker: OpenWorker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Though each of them becomes ready each time."""
    came, drawn = Collector(), Collector()

    def delay(attempt: int) -> float:
        drawn.add(str(attempt))
        return 0.01 * attempt

    set_pauses(monkeypatch, delay)
    for _ in range(2):
        came.listen(open_worker(close_existing_sessions=True), "ready")
    for attempt in range(1, 6):
        for _ in range(2):
            drawn.expect(str(attempt))
    assert came.count("ready") >= 5
    lines = [each for each in caplog.messages if "close_existing_sessions" in each]
    assert len(lines) >= 5
    assert "another program" in lines[0] and "next attempt in" in lines[0]


def test_a_client_that_is_evicted_once_is_not_said_to_be_again(
    emulator: Emulator, open_worker: OpenWorker, caplog: pytest.LogCaptureFixture
) -> None:
    first = Collector().listen(open_worker(close_existing_sessions=True))
    first.expect("ready")
    Collector().listen(open_worker(close_existing_sessions="true")).expect("ready")
    first.expect("disconnected")
    assert not any("close_existing_sessions" in each for each in caplog.messages)


def test_heartbeats_keep_a_connection(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str, send: Marker
) -> None:
    worker, came = ready_worker(_timing=timing(heartbeat=1.5))
    came.listen(worker, "marker")
    for _ in range(18):
        emulator.send_frame(alice, " ")
        emulator.faults.delay(0.1, url=f"/Workers/{alice}")
        worker.fetch()
    send("marker")
    came.expect("marker")
    assert "disconnected" not in came.names()


def test_a_service_that_comes_back_is_found(
    emulator: Emulator, came: Collector, no_pauses: None
) -> None:
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
    assert (type(error), error.code) == (HttpError, status)
    came.expect("disconnected")
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    assert len(emulator.requests) == 1
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 502, 503, 504])
def test_any_other_response_is_tried_again_and_told(
    emulator: Emulator, heard_worker: ReadyWorker, no_pauses: None, status: int
) -> None:
    emulator.faults.refuse_upgrades(status, times=2)
    _, came = heard_worker()
    came.expect("ready")
    assert came.names() == 2 * ["error", "disconnected"] + ["connected", "ready"]
    assert came.last("error").code == status


def test_the_pauses_grow_and_begin_anew_once_it_works(
    emulator: Emulator, heard_worker: ReadyWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def pause(attempt: int) -> float:
        attempts.append(attempt)
        return 0.0

    set_pauses(monkeypatch, pause)
    emulator.faults.refuse_upgrades(503, times=4)
    _, came = heard_worker()
    came.expect("ready")
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert attempts == [1, 2, 3, 4, 1]


# Services that are not there, or are something else.


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is known but this machine's, wherever the tests run."""
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *args: Any, **options: Any) -> Any:
        if host == "nowhere.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:{unused_port()}",
        "http://nowhere.invalid",
        "http://127.0.0.1:0",
    ],
    ids=["nobody listens", "no such host", "port 0"],
)
def test_an_unreachable_service_is_an_error_event_and_the_call_s_error(
    heard_worker: ReadyWorker, url: str, no_pauses: None, no_names: None
) -> None:
    worker, came = heard_worker(event_bridge_base_url=url)
    assert isinstance(came.expect("error"), ConnectionFailed)
    came.expect("disconnected")
    with pytest.raises(TaskRouterError):
        worker.fetch()
    with pytest.raises(RequestTimeout) as caught:
        worker.wait_until_ready(0.01)
    assert isinstance(caught.value.__cause__, ConnectionFailed)


@pytest.mark.parametrize(
    "script",
    [
        lambda peer: peer.cut(),
        lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.6\r\n"),
        lambda peer: peer.send(b"\x00" * 100),
        lambda peer: peer.answer(200, b"<html>hello</html>"),
        lambda peer: peer.send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    ],
    ids=["reset", "another protocol", "zeros", "a page", "half an upgrade"],
)
def test_a_service_that_is_something_else_is_an_error_event(
    heard_worker: ReadyWorker, script: Callable[[Peer], None], long_pauses: None
) -> None:
    with RawServer(script) as server:
        worker, came = heard_worker(event_bridge_base_url=server.url)
        error = came.expect("error")
        came.expect("disconnected")
        worker.close()
    assert isinstance(error, ConnectionFailed | HttpError)


def test_a_service_that_speaks_no_tls_is_an_error_event(
    emulator: Emulator, heard_worker: ReadyWorker, long_pauses: None
) -> None:
    url = emulator.url.replace("http", "https")
    _, came = heard_worker(event_bridge_base_url=url)
    assert isinstance(came.expect("error"), ConnectionFailed)


def test_a_service_that_never_answers_is_the_call_s_time_out(
    open_worker: OpenWorker,
) -> None:
    with RawServer(Peer.stall, Peer.stall) as server:
        worker = open_worker(
            event_bridge_base_url=server.url, _timing=timing(answer=0.1)
        )
        with pytest.raises(RequestTimeout):
            worker.fetch()
        worker.close()


def test_an_error_without_a_listener_is_logged(
    emulator: Emulator, open_worker: OpenWorker, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker()
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    worker.close()
    assert "403" in caplog.text
