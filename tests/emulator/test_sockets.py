"""Sockets of the event bridge: heartbeats, eviction, leaving, slowness."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from unittest.mock import Mock

import pytest
import requests

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.channels import Close, Connection
from taskrouter_sync.emulator.setup import ReadyWorkspace
from tests.emulator.conftest import Desk, OpenDesk


def activity_of(desk: Desk) -> str:
    answer = desk.post("GET", f"/Workers/{desk.worker_sid}").json()
    name: str = answer["payload"]["activity_name"]
    return name


def test_a_heartbeat_is_a_blank_text_frame(open_desk: OpenDesk) -> None:
    with Emulator(heartbeat_interval=0.05) as emulator:
        ws = open_desk(emulator, emulator.workspace()).connect()
        began = time.monotonic()
        assert [ws.recv(), ws.recv(), ws.recv()] == [" ", " ", " "]
        assert time.monotonic() - began > 0.1


def test_what_a_client_says_is_ignored(emulator: Emulator, desk: Desk) -> None:
    desk.socket.send("hello")
    desk.socket.send_bytes(b"\x00\xff")
    emulator.create_task()
    assert desk.frame()["event_type"] == "reservation.created"


def test_a_ping_is_answered(desk: Desk) -> None:
    desk.socket.ping("x")
    assert desk.socket.recv_data(control_frame=True) == (0xA, b"x")


def test_every_socket_of_a_channel_gets_its_frames(desk: Desk) -> None:
    second = desk.connect()
    desk.emulator.wait_for_connections(desk.worker_sid, 2)
    desk.emulator.create_task()
    assert desk.frame() == json.loads(second.recv())
    second.close()


def test_other_channels_hear_nothing(desk: Desk, open_desk: OpenDesk) -> None:
    workspace = desk.workspace
    bob = desk.emulator.call(
        lambda engine: (
            engine.workers.create(engine.workspaces.find(workspace.sid), "Bob").sid
        )
    )
    ws = open_desk(desk.emulator, workspace, bob).connect()
    desk.emulator.create_task()
    assert desk.frame()["event_type"] == "reservation.created"
    desk.emulator.send_frame(bob, {"event_type": "marker"})
    assert json.loads(ws.recv()) == {"event_type": "marker"}


def test_closing_existing_sessions_closes_the_others_of_the_channel(desk: Desk) -> None:
    new = desk.connect(closeExistingSessions="true")
    assert desk.socket.recv_data() == (8, b"\x03\xe8Closed by another session")
    desk.emulator.wait_for_connections(desk.worker_sid, 1)
    desk.emulator.create_task()
    assert json.loads(new.recv())["event_type"] == "reservation.created"


def test_existing_sessions_stay_without_the_option(desk: Desk) -> None:
    second = desk.connect(closeExistingSessions="false")
    desk.emulator.wait_for_connections(desk.worker_sid, 2)
    second.close()
    desk.emulator.wait_for_connections(desk.worker_sid, 1)


@pytest.mark.parametrize("politely", [True, False])
def test_the_disconnect_activity_is_applied_when_the_last_socket_goes(
    emulator: Emulator, workspace: ReadyWorkspace, open_desk: OpenDesk, politely: bool
) -> None:
    desk = open_desk(emulator, workspace)
    ws = desk.connect(disconnectActivitySid=workspace.activities["Break"])
    if politely:
        ws.close()
    else:
        assert ws.sock is not None
        ws.sock.shutdown(socket.SHUT_RDWR)
    emulator.wait_for_connections(desk.worker_sid, 0)
    assert activity_of(desk) == "Break"
    assert emulator.events[-1].event_type == "worker.activity.update"


def test_the_disconnect_activity_waits_for_the_last_socket(desk: Desk) -> None:
    leaving = desk.connect(disconnectActivitySid=desk.workspace.activities["Break"])
    desk.emulator.wait_for_connections(desk.worker_sid, 2)
    leaving.close()
    desk.emulator.wait_for_connections(desk.worker_sid, 1)
    assert activity_of(desk) == "Available"


def test_eviction_does_not_apply_the_disconnect_activity(
    emulator: Emulator, workspace: ReadyWorkspace, open_desk: OpenDesk
) -> None:
    desk = open_desk(emulator, workspace)
    old = desk.connect(disconnectActivitySid=workspace.activities["Break"])
    desk.connect(closeExistingSessions="true")
    assert old.recv() == ""
    emulator.wait_for_connections(desk.worker_sid, 1)
    assert activity_of(desk) == "Available"


def test_an_unknown_disconnect_activity_changes_nothing(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    open_desk: OpenDesk,
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = open_desk(emulator, workspace)
    desk.connect(disconnectActivitySid="WA1").close()
    emulator.wait_for_connections(desk.worker_sid, 0)
    assert activity_of(desk) == "Available"
    assert "disconnectActivitySid not applied" in caplog.text


def test_a_get_of_a_channel_must_be_an_upgrade(desk: Desk) -> None:
    answer = requests.get(f"{desk.channel_url}?token={desk.token}", timeout=5)
    assert answer.status_code == 400
    assert "upgrade" in answer.json()["message"]


def test_a_socket_that_does_not_read_delays_nobody_and_is_cut(desk: Desk) -> None:
    dead = desk.connect()
    assert dead.sock is not None
    dead.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    desk.emulator.wait_for_connections(desk.worker_sid, 2)
    frame = json.dumps({"event_type": "x", "payload": "." * 20_000})
    for _ in range(1000):
        for _ in range(2):
            desk.emulator.send_frame(desk.worker_sid, frame)
        assert len(desk.socket.recv()) + len(desk.socket.recv()) == 2 * len(frame)
    desk.emulator.wait_for_connections(desk.worker_sid, 1)


@pytest.mark.parametrize(
    "item", ["\ud800", Close(1000, "\ud800")], ids=["a frame", "a close frame"]
)
def test_a_socket_that_cannot_be_written_to_is_cut(
    desk: Desk, item: str | Close, caplog: pytest.LogCaptureFixture
) -> None:
    emulator = desk.emulator
    assert emulator.each_socket(desk.worker_sid, lambda each: each.send(item)) == 1
    emulator.wait_for_connections(desk.worker_sid, 0)
    assert "UnicodeEncodeError in" in caplog.text


def test_a_socket_that_cannot_be_shut_down_is_cut() -> None:
    transport = Mock(asyncio.Transport)
    # As uvloop's.
    transport.get_extra_info.return_value.shutdown.side_effect = TypeError
    Connection("WK1", transport).cut()
    assert transport.abort.called
