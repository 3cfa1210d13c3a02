"""Frames that make no sense: an `error` event each, and the connection goes on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from taskrouter_sync import InvalidResponse
from taskrouter_sync.errors import TaskRouterError

from ...conftest import OpenWorker
from ...support.collector import Collector, wait
from ...support.raw_server import BINARY, CONTINUATION, TEXT, Peer, RawServer


EVENTS = ("error", "disconnected", "reservation.created", "odd")

EMPTY = {"reservations": [], "meta": {"key": "reservations"}}


def answer(envelope: Mapping[str, Any]) -> tuple[int, Any]:
    """Answer as a service does in which nothing is pending."""
    if envelope["url"].endswith("/Reservations"):
        return 200, {"payload": EMPTY}
    return 200, {"payload": {"sid": "WK1", "friendly_name": "Alice"}}


Send = Callable[[Peer], None]
Hear = Callable[..., list[tuple[str, Any]]]


@pytest.fixture
def hear(open_worker: OpenWorker) -> Hear:
    """Let a service send something and then a marker; list what listeners got."""

    def hear_it(send: Send, others: tuple[str, ...] = EVENTS) -> list[tuple[str, Any]]:
        listening = threading.Event()

        def serve(peer: Peer) -> None:
            peer.upgrade()
            wait(listening, "the listeners")
            send(peer)
            peer.event("marker", {})
            peer.stall()

        with RawServer(serve, answer_posts=answer) as server:
            worker = open_worker(event_bridge_base_url=server.url)
            came = Collector().listen(worker, "ready", "marker", *others)
            came.expect("ready")
            listening.set()
            came.expect("marker")
            told = [(name, args[0]) for name, args in came.calls()]
            worker.close()
        return told[1:-1]

    return hear_it


def text(frame: str | bytes) -> Send:
    return lambda peer: peer.frame(frame)


def event(event_type: Any, payload: Any = None) -> Send:
    return text(json.dumps({"event_type": event_type, "payload": payload}))


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (text("no json"), "is not JSON"),
        (text('{"event_type": "odd"'), "is not JSON"),
        (text("[" * 100_000), "is not JSON"),
        (text("[1, 2]"), "is not an object"),
        (text('"text"'), "is not an object"),
        (text("7"), "is not an object"),
        (text("null"), "is not an object"),
        (text(b"\xff\xfe"), "is not UTF-8"),
        (text(b'{"event_type": "od\xc3"}'), "is not UTF-8"),
        (lambda peer: peer.frame(b"\x00\x01\xff", BINARY), "is not UTF-8"),
        (lambda peer: peer.frame(b"\x00\x01", BINARY), "is not JSON"),
        (event(7), "event_type that is not text"),
        (event(["odd"]), "event_type that is not text"),
        (event("reservation.created"), "has no payload"),
        (event("reservation.created", [1]), "has no payload"),
        (event("reservation.created", {}), "names no reservation"),
        (event("reservation.accepted", {"sid": "WT1"}), "names no reservation"),
        (
            event("reservation.created", {"sid": 1, "reservation_sid": 2}),
            "names no reservation",
        ),
    ],
)
def test_a_frame_that_makes_no_sense(hear: Hear, send: Send, words: str) -> None:
    ((name, error),) = hear(send)
    assert name == "error"
    assert isinstance(error, InvalidResponse)
    assert words in error.message
    assert error.code == 0


def test_its_text_is_told(hear: Hear) -> None:
    ((_, error),) = hear(text("no json"))
    assert error.response == "no json"


def test_each_is_told(hear: Hear) -> None:
    def send(peer: Peer) -> None:
        for number in range(5):
            peer.frame(f"no json {number}")

    assert [error.response for _, error in hear(send)] == [
        f"no json {number}" for number in range(5)
    ]


@pytest.mark.parametrize(
    "send",
    [
        text(""),
        text(" "),
        text("\r\n"),
        text("{}"),
        text('{"payload": {}}'),
        event(None, {}),
        event("", {}),
    ],
)
def test_a_frame_of_no_event_is_nobody_s(hear: Hear, send: Send) -> None:
    assert hear(send) == []


@pytest.mark.parametrize("payload", [None, 7, "text", True, [1, 2]])
def test_an_event_may_carry_anything(hear: Hear, payload: Any) -> None:
    ((name, carried),) = hear(event("odd", payload))
    assert name == "odd"
    assert not isinstance(carried, TaskRouterError)


def test_binary_that_is_an_event_is_one(hear: Hear) -> None:
    def send(peer: Peer) -> None:
        peer.frame(b'{"event_type": "odd", "payload": {"name": "x"}}', BINARY)

    ((name, carried),) = hear(send)
    assert (name, carried.name) == ("odd", "x")


def test_an_event_in_parts_is_one(hear: Hear) -> None:
    def send(peer: Peer) -> None:
        peer.frame('{"event_type": "odd", ', TEXT, fin=False)
        peer.frame('"payload": {"name": "x"}}', CONTINUATION)

    ((name, carried),) = hear(send)
    assert (name, carried.name) == ("odd", "x")


def test_without_a_listener_it_is_logged(
    hear: Hear, caplog: pytest.LogCaptureFixture
) -> None:
    assert hear(text("no json"), others=()) == []
    assert "A frame of the event bridge is not JSON" in caplog.text
