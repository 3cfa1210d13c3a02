"""Scripted trouble: what is asked for happens, as often as asked, and then no more."""

from __future__ import annotations

import select
import sys
import time
from types import FrameType
from typing import Any

import pytest
import requests
import websocket

from taskrouter_sync.emulator import Emulator
from tests.emulator.conftest import Desk
from tests.emulator.rest import Rest


def test_the_next_matching_requests_are_answered_as_scripted(desk: Desk) -> None:
    faults, path = desk.emulator.faults, f"/Workers/{desk.worker_sid}"
    faults.answer(500, method="GET", url=path, times=2, message="Out of order")

    assert desk.post("POST", path).status_code != 500
    assert desk.post("GET", "/Activities").status_code == 200
    for _ in range(2):
        answer = desk.post("GET", path)
        assert (answer.status_code, answer.reason) == (500, "Out of order")
        assert answer.json()["message"] == "Out of order"
    assert desk.post("GET", path).status_code == 200


def test_an_answer_can_have_any_body(desk: Desk) -> None:
    desk.emulator.faults.answer(200, {"payload": {"sid": "WK1"}})
    desk.emulator.faults.answer(503, "<html>")
    path = f"/Workers/{desk.worker_sid}"
    assert desk.post("GET", path).json() == {"payload": {"sid": "WK1"}}
    assert desk.post("GET", path).text == "<html>"


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_dropped_request_may_be_carried_out_all_the_same(
    emulator: Emulator, desk: Desk, carried_out: bool
) -> None:
    emulator.faults.drop(method="POST", carried_out=carried_out)
    path = f"/Workers/{desk.worker_sid}"
    with pytest.raises(requests.ConnectionError):
        desk.post("POST", path, {"ActivitySid": desk.workspace.activities["Break"]})
    worker = desk.post("GET", path).json()["payload"]
    assert worker["activity_name"] == ("Break" if carried_out else "Available")
    assert emulator.requests[-2].status is None


def test_a_malformed_body_is_no_json(desk: Desk) -> None:
    desk.emulator.faults.malformed()
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_delayed_request_delays_nothing_else(emulator: Emulator, desk: Desk) -> None:
    emulator.faults.delay(0.5, url="/Activities")
    began = time.monotonic()
    assert desk.post("GET", f"/Workers/{desk.worker_sid}").status_code == 200
    assert time.monotonic() - began < 0.5
    assert desk.post("GET", "/Activities").json()["payload"]["activities"]
    assert time.monotonic() - began >= 0.5


def test_faults_also_meet_rest(emulator: Emulator, rest: Rest) -> None:
    emulator.faults.answer(503, url="/Workspaces")
    assert rest.ask("GET", "").status_code == 503
    assert rest.ask("GET", "").status_code == 200


def test_cleared_faults_are_forgotten(desk: Desk) -> None:
    desk.emulator.faults.answer(500)
    desk.emulator.faults.clear()
    assert desk.post("GET", "/Activities").status_code == 200


def test_how_many_faults_are_still_to_come(desk: Desk) -> None:
    desk.emulator.faults.answer(500, times=2)
    desk.emulator.faults.refuse_upgrades(503)
    assert desk.emulator.faults.pending == 3
    desk.post("GET", "/Activities")
    assert desk.emulator.faults.pending == 2


def test_the_next_upgrades_are_refused(desk: Desk) -> None:
    desk.emulator.faults.refuse_upgrades(503, times=1)
    with pytest.raises(websocket.WebSocketBadStatusException, match="503"):
        desk.connect()
    desk.connect().close()


def test_sockets_are_closed_with_a_code(desk: Desk) -> None:
    faults = desk.emulator.faults
    assert faults.close_sockets(desk.worker_sid, code=1012, reason="a") == 1
    opcode, frame = desk.socket.recv_data()
    assert (opcode, frame) == (8, b"\x03\xf4a")
    desk.emulator.wait_for_connections(desk.worker_sid, 0)


def test_sockets_are_cut_without_a_close_frame(desk: Desk) -> None:
    assert desk.emulator.faults.cut_sockets() == 1
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        desk.socket.recv()
    desk.emulator.wait_for_connections(desk.worker_sid, 0)


def test_any_text_can_be_sent(desk: Desk) -> None:
    assert desk.emulator.faults.send_text(desk.worker_sid, "no json") == 1
    assert desk.socket.recv() == "no json"
    assert desk.emulator.faults.send_text("WK" + "0" * 32, "nobody") == 0


def test_a_stalled_socket_is_open_and_lets_nothing_through(desk: Desk) -> None:
    assert desk.emulator.faults.stall_sockets(desk.worker_sid) == 1
    later = desk.connect()
    desk.socket.ping()
    assert desk.emulator.faults.send_text(desk.worker_sid, "held back") == 2

    assert later.recv() == "held back"
    assert not select.select([desk.socket], [], [], 0)[0]
    assert desk.emulator.connections(desk.worker_sid) == 2

    assert desk.emulator.faults.resume_sockets() == 2
    came = [desk.socket.recv_data(control_frame=True) for _ in range(2)]
    assert {data for _, data in came} == {b"held back", b""}
    pongs = [opcode for opcode, data in came if not data]
    assert pongs == [websocket.ABNF.OPCODE_PONG]


def test_an_emulator_stops_at_once_with_a_stalled_socket(desk: Desk) -> None:
    desk.emulator.faults.stall_sockets()
    began = time.monotonic()
    desk.emulator.stop()
    assert time.monotonic() - began < 1


def test_the_next_frames_of_a_socket_are_sent_twice(desk: Desk) -> None:
    assert desk.emulator.faults.duplicate_frames(desk.worker_sid, times=2) == 1
    for text in ("one", "two", "three", "four"):
        desk.emulator.send_frame(desk.worker_sid, text)
    came = [desk.socket.recv() for _ in range(6)]
    assert came == ["one", "one", "two", "two", "three", "four"]


def test_a_signal_handler_may_script_one_while_another_is_scripted(
    emulator: Emulator,
) -> None:
    scripted = 0

    def interrupt(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal scripted
        if frame.f_code.co_name != "_script":
            return None
        if event == "line":
            scripted += 1
            emulator.faults.answer(503)
        return interrupt

    tracer = sys.gettrace()
    sys.settrace(interrupt)
    try:
        emulator.faults.answer(503)
    finally:
        sys.settrace(tracer)
    assert emulator.faults.pending == scripted + 1 > 3
