"""Wrong arguments, and services that are not there: a clear error in the right place.

What is wrong with tokens and frames is in test_bad_tokens.py and test_bad_frames.py.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    ArgumentError,
    ConnectionFailed,
    HttpError,
    RequestTimeout,
    Worker,
)
from taskrouter_sync.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.errors import TaskRouterError

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import Collector
from ...support.raw_server import Peer, RawServer, unused_port


# Arguments of the constructor.


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"connect_activity_sid": 5}, ArgumentError, "connect_activity_sid must be"),
        (
            {"disconnect_activity_sid": ["WA1"]},
            ArgumentError,
            "disconnect_activity_sid",
        ),
        ({"region": 5}, ArgumentError, "region must be text, not int"),
        ({"max_retries": -1}, ArgumentError, "max_retries must be an integer from 0"),
        ({"max_retries": 1.5}, ArgumentError, "max_retries must be an integer from 0"),
        ({"max_retries": "many"}, ArgumentError, "max_retries must be an integer from 0"),
        ({"max_retries": True}, ArgumentError, "max_retries must be an integer from 0"),
        ({"api_base_url": 5}, ArgumentError, "api_base_url must be a URL, not int"),
        ({"api_base_url": "twilio.com"}, ValueError, "api_base_url must be a URL"),
        (
            {"event_bridge_base_url": ["x"]},
            ArgumentError,
            "event_bridge_base_url must be a URL, not list",
        ),
        ({"event_bridge_base_url": "ws://x"}, ValueError, "must be a URL of http"),
        ({"event_bridge_base_url": "http://"}, ValueError, "must be a URL of http"),
        ({"event_bridge_base_url": "http://[::1"}, ValueError, "."),
        ({"event_bridge_base_url": "http://x:port"}, ValueError, "."),
        ({"event_bridge_base_url": f"http://{'x' * 70}.com"}, ValueError, "must be a URL of http"),
        ({"event_bridge_base_url": "http://a..com"}, ValueError, "must be a URL of http"),
    ],
)
def test_a_wrong_argument_raises_at_once_and_names_itself(
    worker_token: MintToken,
    arguments: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        Worker(worker_token(), **arguments)


@pytest.mark.parametrize("arguments", [(), (None,), ("",)])
def test_without_a_token_there_is_no_client(arguments: tuple[Any, ...]) -> None:
    with pytest.raises((TypeError, ValueError), match="token"):
        Worker(*arguments)


# Arguments of methods: refused before anything is sent.


@pytest.mark.parametrize(
    "call",
    [
        lambda worker: worker.update(),
        lambda worker: worker.update(5),
        lambda worker: worker.update("ActivitySid"),
        lambda worker: worker.fetch("text"),
        lambda worker: worker.fetchReservations("text"),
        lambda worker: worker.fetchChannels(5),
        lambda worker: worker.activities.fetch(5),
        lambda worker: worker.statistics.fetch("text"),
        lambda worker: worker.updateTask("WT1"),
        lambda worker: worker.updateTask(),
        lambda worker: worker.completeTask(),
        lambda worker: worker.completeTask(5),
        lambda worker: worker.on(5, print),
        lambda worker: worker.on("ready", "print"),
        lambda worker: worker.on("ready", None),
        lambda worker: worker.off("ready", 5),
    ],
)
def test_a_wrong_call_raises_and_sends_nothing(
    emulator: Emulator, ready_worker: ReadyWorker, call: Callable[[Worker], Any]
) -> None:
    worker, _ = ready_worker()
    asked = len(emulator.requests)
    with pytest.raises(ArgumentError) as caught:
        call(worker)
    assert isinstance(caught.value, TypeError)
    assert caught.value.message
    assert len(emulator.requests) == asked


@pytest.mark.parametrize(
    "call",
    [
        lambda reservation: reservation.accept("text"),
        lambda reservation: reservation.call(),
        lambda reservation: reservation.call("+1555"),
        lambda reservation: reservation.redirect("CA1"),
        lambda reservation: reservation.dequeue([], 1, {}, (), 5),
        lambda reservation: reservation.task.complete(5, 6, 7),
        lambda reservation: reservation.task.update(),
    ],
)
def test_a_wrong_instruction_raises_and_sends_nothing(
    emulator: Emulator, reservation: Any, call: Callable[[Any], Any]
) -> None:
    asked = len(emulator.requests)
    with pytest.raises(ArgumentError):
        call(reservation)
    assert len(emulator.requests) == asked


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
    heard_worker: ReadyWorker,
    url: str,
    no_pauses: None,
    no_names: None,
) -> None:
    worker, came = heard_worker(event_bridge_base_url=url)
    assert isinstance(came.expect("error"), ConnectionFailed)
    came.expect("disconnected")
    with pytest.raises(TaskRouterError):
        worker.fetch()
    with pytest.raises(RequestTimeout):
        worker.wait_until_ready(0.01)


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
    timing = Timing(response=0.1)
    with RawServer(Peer.stall, Peer.stall) as server:
        worker = open_worker(event_bridge_base_url=server.url, _timing=timing)
        with pytest.raises(RequestTimeout):
            worker.fetch()
        worker.close()


def test_an_error_without_a_listener_is_logged(
    emulator: Emulator, open_worker: OpenWorker, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker()
    Collector().listen(worker, "disconnected")
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    worker.close()
    assert "403" in caplog.text
