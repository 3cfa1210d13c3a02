"""Frames that are none of the service's: what they do to a client that stays open."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync import Worker, logs
from taskrouter_sync.clients import intake
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.errors import InvalidResponse

from ..conftest import ReadyWorker
from ..support.collector import LIMIT, Collector, join, wait
from ..support.raw_server import BINARY, TEXT
from .fault import Fault, Kind
from .proxy import Proxy
from .stage import on_stage


MIB_16 = 16 * 1024 * 1024


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
        lambda engine: engine.tasks.update(
            next(iter(engine.workspaces.values())).tasks[task["sid"]],
            assignment_status="canceled",
        )
    )
    assert came.expect("reservation.canceled").sid == created.sid


# Of every kind.

SIDS = {"sid": "WT1", "reservation_sid": "WR1"}

ODD: dict[str, tuple[bytes, int]] = {
    "an object in binary, cut short": (b'{"event_type": "x', BINARY),
    "bytes": (bytes(range(256)), BINARY),
    "16 MiB of nothing sensible": (b"x" * MIB_16, TEXT),
    "16 MiB of brackets": (b"[" * MIB_16, TEXT),
    "a deep payload": (
        b'{"event_type":"x","payload":' + b"[" * 900 + b"]" * 900 + b"}",
        TEXT,
    ),
    "a number too long": (
        b'{"event_type":"x","payload":' + b"9" * 5000 + b"}",
        TEXT,
    ),
    "a reservation's event without payload": (
        b'{"event_type":"reservation.created"}',
        TEXT,
    ),
    "a reservation's event with a list": (
        b'{"event_type":"reservation.created","payload":[1]}',
        TEXT,
    ),
    "a reservation without a task": (
        b'{"event_type":"reservation.created","payload":{"reservation_sid":"WR1"}}',
        TEXT,
    ),
    "sids that are numbers": (
        b'{"event_type":"reservation.x","payload":{"sid":1,"reservation_sid":2}}',
        TEXT,
    ),
    "a type that is a list": (b'{"event_type":["reservation.created"]}', TEXT),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_frame_is_an_error_and_the_line_goes_on(what: str) -> None:
    with on_stage() as stage:
        stage.send(*ODD[what])
        stage.settle()
        assert stage.came.names() == ["connected", "ready", "error"]
        assert isinstance(stage.came.last("error"), InvalidResponse)


@pytest.mark.parametrize("blank", [b"", b" ", b"\r\n\t", b" " * MIB_16])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_blank_frame_is_a_beat(blank: bytes, opcode: int) -> None:
    with on_stage() as stage:
        stage.send(blank, opcode)
        stage.settle()
        assert stage.came.names() == ["connected", "ready"]


def test_an_event_of_16_mib_is_told() -> None:
    with on_stage() as stage:
        large = Collector().listen(stage.client, "large")
        stage.send({"event_type": "large", "payload": "x" * MIB_16})
        assert len(large.expect("large")) == MIB_16


def test_an_event_in_a_binary_frame_is_told() -> None:
    with on_stage() as stage:
        heard = Collector().listen(stage.client, "event")
        stage.send(b'{"event_type":"event","payload":1}', BINARY)
        assert heard.expect("event") == 1


TYPES = (
    "worker.activity.update",
    "worker.attributes.update",
    "worker.capacity.update",
    "worker.channel.availability.update",
    "task.updated",
    "ready",
    "unheard.of",
)
PAYLOADS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5e300,
    "",
    "text",
    [],
    [[]],
    {},
    {"sid": None},
    {"sid": 5},
    {"sid": []},
    {"sid": {}},
    {"sid": ""},
    {"sid": "WK"},
    {"sid": "WK1", "attributes": "no json", "activity_sid": []},
    {"sid": "WK1", "attributes": {"a": 1}, "date_updated": "yesterday"},
    {"sid": "WC1", "configured_capacity": {}, "available": []},
    {"sid": "WT1", "attributes": "[" * 5000},
    {"sid": "../../..", "url": 5, "links": 7},
    {"meta": {"key": []}},
    {"meta": {"key": "reservations"}, "reservations": 5},
    {"meta": 5},
    {"__class__": 1, "__dict__": {}, "payload": 1, "keys": 2},
)


@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_of_wrong_values_is_told_with_them(event_type: str) -> None:
    """None is an error: what a service adds some day must not be one."""
    name = event_type.removeprefix("worker.")
    with on_stage() as stage:
        heard = Collector().listen(stage.client, name)
        for payload in PAYLOADS:
            stage.send({"event_type": event_type, "payload": payload})
        stage.settle()
        # Which values count as told already is no business of this test.
        assert heard.count(name) >= 1
        assert "error" not in stage.came.names()


@pytest.mark.parametrize(
    "more",
    [
        {"attributes": 5},
        {"date_created": "never", "date_updated": {}},
        {"reservation_status": []},
        {"sid": "", "reservation_sid": ""},
        {"sid": "?x=1#", "reservation_sid": "/.."},
        {"sid": "\ud800", "reservation_sid": "\udfff"},
        {"task_sid": 7, "worker_sid": []},
    ],
)
def test_a_reservation_of_wrong_values_is_told(more: dict[str, Any]) -> None:
    with on_stage() as stage:
        payload = {**SIDS, **more}
        stage.send({"event_type": "reservation.created", "payload": payload})
        told = stage.came.expect("reservation.created")
        assert told.sid == payload["reservation_sid"]


@pytest.mark.parametrize(
    ("event_type", "line"),
    [
        ("x\nWK1: ready", "x\\nWK1: ready"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\ud800", "\\ud800"),
        ("zoë", "zoë"),
        ("x" * 100_000, "x" * 200),
    ],
)
def test_whatever_an_event_is_called_it_is_one_short_line_of_the_log(
    event_type: str, line: str
) -> None:
    assert logs.event_line(event_type, ()) == line


# Floods.


def test_a_flood_while_a_callback_blocks_is_bounded_and_made_up_for(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What there was no room for is lost, but for what the state still tells."""
    monkeypatch.setattr(intake, "MOST_FRAMES", 300)
    monkeypatch.setattr(intake, "PATIENCE", 0.0)
    worker, came = ready_worker()
    running, end = threading.Event(), threading.Event()

    def block(_: object) -> None:
        running.set()
        end.wait(LIMIT)

    worker.once("block", block)
    flood = Collector().listen(worker, "flood")
    emulator.send_frame(alice, {"event_type": "block", "payload": {}})
    wait(running, "the callback")
    for number in range(400):
        emulator.send_frame(alice, {"event_type": "flood", "payload": number})
    emulator.wait_for_connections(alice, 0)
    task = emulator.create_task()
    end.set()
    assert came.expect("reservation.created").task.sid == task["sid"]
    assert flood.names() == ["flood"] * len(flood.names())
    assert [args[0] for _, args in flood.calls()] == [*range(len(flood.calls()))]
    assert 200 <= flood.count("flood") <= 300
    assert came.count("reservation.created") == 1
    assert "too many events wait" in caplog.text


@pytest.fixture
def full_line(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Worker, threading.Event, Collector]]:
    """A client whose callback does not end yet, and 400 events for room for 300."""
    monkeypatch.setattr(intake, "MOST_FRAMES", 300)
    worker, _ = ready_worker()
    running, end = threading.Event(), threading.Event()

    def block(_: object) -> None:
        running.set()
        end.wait(LIMIT)

    worker.once("block", block)
    flood = Collector().listen(worker, "flood", "disconnected")
    emulator.send_frame(alice, {"event_type": "block", "payload": {}})
    wait(running, "the callback")
    for number in range(400):
        emulator.send_frame(alice, {"event_type": "flood", "payload": number})
    yield worker, end, flood
    end.set()


def test_a_flood_that_is_faster_than_its_callbacks_comes_whole(
    full_line: tuple[Worker, threading.Event, Collector],
) -> None:
    """Reading waits for the callbacks, and the service for the reading."""
    _, end, flood = full_line
    end.set()
    for number in range(400):
        assert flood.expect("flood") == number
    assert flood.count("disconnected") == 0


def test_who_waits_for_room_can_be_disconnected(
    emulator: Emulator,
    alice: str,
    full_line: tuple[Worker, threading.Event, Collector],
) -> None:
    worker, end, flood = full_line
    worker.disconnect()
    emulator.wait_for_connections(alice, 0)
    end.set()
    flood.expect("disconnected")


def test_who_waits_for_room_can_be_closed(
    full_line: tuple[Worker, threading.Event, Collector],
) -> None:
    worker, end, _ = full_line
    socket_thread = next(
        each
        for each in threading.enumerate()
        if each.name.startswith("taskrouter-sock")
    )
    worker.close()
    end.set()
    join(socket_thread)


def test_a_flood_that_nobody_blocks_comes_whole(
    emulator: Emulator, alice: str, ready_worker: ReadyWorker
) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, "flood", "end")
    for number in range(500):
        emulator.send_frame(alice, {"event_type": "flood", "payload": number})
    emulator.send_frame(alice, {"event_type": "end", "payload": {}})
    came.expect("end")
    assert [args[0] for name, args in came.calls() if name == "flood"] == [*range(500)]
