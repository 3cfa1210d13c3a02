"""Frames that are none of the service's: an `error` event each, and all goes on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync import InvalidResponse, TaskRouterError, Worker, logs
from taskrouter_sync.emulator import Emulator

from ..conftest import ReadyWorker
from ..support.backend import Backend
from ..support.collector import Block, Collector, join
from ..support.internals import limit_queue
from ..support.raw_server import BINARY, CONTINUATION, TEXT
from ..support.secrets import assert_no_secret
from .fault import Fault, Kind
from .proxy import Proxy
from .stage import TOKEN, on_stage


MIB_16 = 16 * 1024 * 1024


def event(event_type: Any, payload: Any = None) -> str:
    return json.dumps({"event_type": event_type, "payload": payload})


CREATED = "reservation.created"
ODD: list[tuple[str | bytes, int, str]] = [
    ("no json", TEXT, "is not JSON"),
    ('{"event_type": "odd"', TEXT, "is not JSON"),
    ("[" * 100_000, TEXT, "is not JSON"),
    (b"x" * MIB_16, TEXT, "is not JSON"),
    (b"[" * MIB_16, TEXT, "is not JSON"),
    ('{"event_type":"x","payload":' + "[" * 900 + "]" * 900 + "}", TEXT, "is not JSON"),
    ('{"event_type":"x","payload":' + "9" * 5000 + "}", TEXT, "is not JSON"),
    ("[1, 2]", TEXT, "is not an object"),
    ('"text"', TEXT, "is not an object"),
    ("7", TEXT, "is not an object"),
    ("null", TEXT, "is not an object"),
    (b"\xff\xfe", TEXT, "is not UTF-8"),
    (b'{"event_type": "od\xc3"}', TEXT, "is not UTF-8"),
    (bytes(range(256)), BINARY, "is not UTF-8"),
    (b"\x00\x01", BINARY, "is not JSON"),
    (b'{"event_type": "x', BINARY, "is not JSON"),
    (event(7), TEXT, "event_type that is not text"),
    (event([CREATED]), TEXT, "event_type that is not text"),
    (event(CREATED), TEXT, "has no payload"),
    (event(CREATED, [1]), TEXT, "has no payload"),
    (event(CREATED, {}), TEXT, "has no reservation sid"),
    (event(CREATED, {"reservation_sid": "WR1"}), TEXT, "has no reservation sid"),
    (event("reservation.accepted", {"sid": "WT1"}), TEXT, "has no reservation sid"),
    (event(CREATED, {"sid": 1, "reservation_sid": 2}), TEXT, "has no reservation sid"),
]


def test_a_frame_that_makes_no_sense_is_an_error() -> None:
    with on_stage() as stage:
        for data, opcode, _ in ODD:
            stage.send(data, opcode)
        told = stage.told()
    assert [name for name, _ in told] == ["error"] * len(ODD)
    for (data, _, words), (_, error) in zip(ODD, told, strict=True):
        assert isinstance(error, InvalidResponse)
        assert words in error.message, f"{data[:80]!r}"
        assert error.code == 0
    assert told[0][1].response == "no json"


def test_without_a_listener_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with on_stage() as stage:
        stage.client.remove_all_listeners("error")
        stage.send("no json")
        assert stage.told() == []
    assert "A frame from the event bridge is not JSON" in caplog.text


def test_a_frame_that_repeats_the_token_does_not_show_it() -> None:
    """Nor do the frames of the error: reports of errors list their local variables."""
    with on_stage() as stage:
        stage.send(TOKEN)
        stage.send(event(CREATED, {"text": TOKEN}))
        told = stage.told()
    for _, error in told:
        assert isinstance(error, InvalidResponse)
        assert_no_secret(error, TOKEN)
        assert error.__traceback__ is None
    assert len(told) == 2


def test_a_frame_of_no_event_is_nobody_s() -> None:
    """A blank one is a heartbeat."""
    with on_stage() as stage:
        for opcode in (TEXT, BINARY):
            for blank in ("", " ", "\r\n\t", " " * MIB_16):
                stage.send(blank, opcode)
        for data in ("{}", '{"payload": {}}', event(None, {}), event("", {})):
            stage.send(data)
        assert stage.told() == []


def test_an_event_in_any_kind_of_frame_is_told() -> None:
    with on_stage("odd") as stage:
        for payload in (None, 7, "text", True, [1, 2], "x" * MIB_16):
            stage.send(event("odd", payload))
        stage.send(event("odd", {"name": "x"}).encode(), BINARY)
        stage.send('{"event_type": "odd", ', TEXT, fin=False)
        stage.send('"payload": {"name": "x"}}', CONTINUATION)
        told = stage.told()
    assert [name for name, _ in told] == ["odd"] * 8
    assert not any(isinstance(each, TaskRouterError) for _, each in told)
    assert len(told[5][1]) == MIB_16
    assert told[6][1].name == told[7][1].name == "x"


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
    with on_stage(name) as stage:
        for payload in PAYLOADS:
            stage.send({"event_type": event_type, "payload": payload})
        names = {each for each, _ in stage.told()}
    # Which values count as told already is no business of this test.
    assert names - {"ready"} == {name} - {"ready"}


def test_a_reservation_of_wrong_values_is_told() -> None:
    cases: list[dict[str, Any]] = [
        {"attributes": 5},
        {"date_created": "never", "date_updated": {}},
        {"reservation_status": []},
        {"sid": "", "reservation_sid": ""},
        {"sid": "?x=1#", "reservation_sid": "/.."},
        {"sid": "\ud800", "reservation_sid": "\udfff"},
        {"task_sid": 7, "worker_sid": []},
    ]
    with on_stage() as stage:
        for number, more in enumerate(cases):
            payload = {"sid": "WT1", "reservation_sid": f"WR{number}", **more}
            stage.send({"event_type": CREATED, "payload": payload})
            told = stage.came.expect(CREATED)
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


def test_whatever_a_thing_is_called_it_shows_itself_in_harmless_text(
    emulator: Emulator, alice: str, ready_worker: ReadyWorker
) -> None:
    """One line in a terminal; no mark that turns the rest of a page in a notebook."""
    worker, came = ready_worker()
    worker.set_skip_fetch_reservation()
    evil = "\x1b[2J\x07\n2031: all is well\r\u202e\u2066\x9b31m\x00\u200f"
    seen = {each for each in evil if each.isprintable() or each == "\n"}
    task = {"sid": f"WT{evil}", "friendly_name": evil, "attributes": {"a": evil}}
    frames = {
        CREATED: {**task, "reservation_sid": f"WR{evil}"},
        "task.updated": {**task, evil: evil},
        "odd": {"sid": evil, "attributes": evil, "date_created": evil},
    }
    came.listen(worker, *frames)
    for event_type, payload in frames.items():
        emulator.send_frame(alice, {"event_type": event_type, "payload": payload})
        found = came.expect(event_type)
        for each in (found, found.get("task", found), worker):
            assert repr(each).isprintable()
            html = each._repr_html_()
            assert not any(each in html for each in set(evil) - seen)


# A frame that makes no sense is a gap: the state is read as after one.


@pytest.fixture
def proxy(emulator: Emulator) -> Iterator[Proxy]:
    with Proxy(int(emulator.url.rpartition(":")[2])) as between:
        yield between


def test_what_an_odd_frame_should_have_said_is_told_all_the_same(
    backend: Backend, proxy: Proxy, ready_worker: ReadyWorker, no_pauses: None
) -> None:
    _, came = ready_worker(event_bridge_base_url=proxy.url)
    proxy.strike(Fault(Kind.CORRUPT, after=40), role="GET")
    sid = backend.create_task()
    assert isinstance(came.expect("error"), InvalidResponse)
    created = came.expect(CREATED)
    assert created.task.sid == sid
    proxy.strike(Fault(Kind.CORRUPT, after=40), role="GET")
    backend.cancel()
    assert came.expect("reservation.canceled").sid == created.sid


def test_what_came_after_an_odd_frame_keeps_its_order(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    ready_worker: ReadyWorker,
    block: Block,
    no_pauses: None,
) -> None:
    """The state that is read after it has what waits in the queue too."""
    worker, came = ready_worker()
    worker.once("block", block)
    came.listen(worker, "news")
    emulator.send_frame(alice, {"event_type": "block", "payload": {}})
    block.wait_until_inside()
    emulator.faults.send_text(alice, text="odd")
    emulator.send_frame(alice, {"event_type": "news", "payload": {}})
    task = backend.create_task()
    # Its details are asked for when its frame has come.
    emulator.wait_for_requests(1, method="GET", url=f"/Tasks/{task}")
    block.go_on.set()
    came.expect(CREATED)
    assert [name for name in came.names() if name in ("news", CREATED)] == [
        "news",
        CREATED,
    ]


# Floods.


@pytest.fixture
def block() -> Iterator[Block]:
    """A callback that does not end yet."""
    made = Block()
    yield made
    made.go_on.set()


@pytest.fixture
def flood(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    block: Block,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> tuple[Worker, Collector]:
    """A client whose callback blocks, and 400 events for room for 300."""
    limit_queue(monkeypatch, 300, getattr(request, "param", None))
    worker, came = ready_worker()
    worker.once("block", block)
    came.listen(worker, "flood")
    emulator.send_frame(alice, {"event_type": "block", "payload": {}})
    block.wait_until_inside()
    for number in range(400):
        emulator.send_frame(alice, {"event_type": "flood", "payload": number})
    return worker, came


def numbers(came: Collector) -> list[int]:
    return [args[0] for name, args in came.calls() if name == "flood"]


@pytest.mark.parametrize("flood", [0.0], indirect=True)
def test_what_there_is_no_room_for_is_lost_but_for_what_the_state_still_tells(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    block: Block,
    flood: tuple[Worker, Collector],
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, came = flood
    emulator.wait_for_connections(alice, 0)
    sid = backend.create_task()
    block.go_on.set()
    assert came.expect(CREATED).task.sid == sid
    assert numbers(came) == [*range(len(numbers(came)))]
    assert 200 <= len(numbers(came)) <= 300
    assert came.count(CREATED) == 1
    records = [*caplog.get_records("setup"), *caplog.records]
    assert any("a callback is blocking and " in each.getMessage() for each in records)


def test_a_flood_that_is_faster_than_its_callbacks_comes_whole(
    block: Block, flood: tuple[Worker, Collector]
) -> None:
    """Reading waits for the callbacks, and the service for the reading."""
    _, came = flood
    block.go_on.set()
    for number in range(400):
        assert came.expect("flood") == number
    assert came.count("disconnected") == 0


@pytest.mark.parametrize("flood", [0.0], indirect=True)
def test_who_is_disconnected_while_there_is_no_room_stays_so(
    emulator: Emulator,
    alice: str,
    block: Block,
    ready_worker: ReadyWorker,
    flood: tuple[Worker, Collector],
) -> None:
    worker, came = flood
    emulator.wait_for_connections(alice, 0)
    worker.disconnect()
    block.go_on.set()
    came.expect("disconnected")
    # It would be connected before another one is ready.
    ready_worker()[0].close()
    emulator.wait_for_connections(alice, 0)
    worker.connect()
    came.expect("ready")


@pytest.mark.parametrize("close", [False, True])
def test_who_waits_for_room_can_be_disconnected_and_closed(
    emulator: Emulator,
    alice: str,
    block: Block,
    flood: tuple[Worker, Collector],
    close: bool,
) -> None:
    worker, came = flood
    name = f"taskrouter-socket-{alice}"
    thread = next(each for each in threading.enumerate() if each.name == name)
    if close:
        worker.close()
    else:
        worker.disconnect()
    emulator.wait_for_connections(alice, 0)
    block.go_on.set()
    came.expect("disconnected")
    if close:
        join(thread)
