"""What becomes of connections when an emulator stops."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from taskrouter_sync.emulator import Emulator


def test_connections_that_came_last_are_closed() -> None:
    """Nobody has taken note of them yet: a socket left open would be a warning."""
    for _ in range(4):
        with Emulator() as emulator:
            address = "127.0.0.1", urlsplit(emulator.url).port or 0
            late = [socket.create_connection(address, 5.0) for _ in range(3)]
        for each in late:
            with closing(each):
                each.settimeout(5.0)
                assert hang_up(each)
    gc.collect()


FORKED = """
import os, signal, threading
import requests
from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator

emulator = Emulator()
emulator.start()
desk = emulator.workspace()
alice = desk.workers["Alice"]
account = emulator.account_sid, emulator.auth_token
token = WorkerCapabilityToken(*account, desk.sid, alice).to_jwt()
session, url = requests.Session(), emulator.api_base_url
with Worker(token, debug=False, **emulator.client_options) as worker:
    cut = threading.Event()
    worker.on("disconnected", cut.set)
    worker.wait_until_ready(5)
    session.get(url, timeout=5)
    child = os.fork()
    if not child:
        signal.pause()
    try:
        print("cut", emulator.faults.cut_sockets(), cut.wait(5))
        emulator.faults.drop(url="/v1/nowhere")
        session.get(f"{url}/nowhere", timeout=5)
    except requests.RequestException as error:
        print(type(error).__name__)
try:
    emulator.stop()
    with emulator:
        print(requests.get(f"{url}/Workspaces", timeout=5).status_code)
finally:
    os.kill(child, signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_process_keeps_neither_connections_nor_the_port() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "cut 1 True\nConnectionError\n401\n", done.stderr


def hang_up(connection: socket.socket) -> bool:
    """Wait until the other end is gone."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
