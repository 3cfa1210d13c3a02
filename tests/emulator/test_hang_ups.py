"""What ends in the middle or for good leaves nothing behind."""

from __future__ import annotations

import gc
import socket
import struct
import weakref

import pytest
import requests

from taskrouter_sync.emulator import Emulator


LIMIT = 5.0

# As much of a request as comes before the client hangs up.
STARTS = (
    b"POST /v1/wschannels/AC1/WK1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    b"POST /v1/Workspaces HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nF",
    b"POST /v1/Workspaces HTTP/1.1\r\nHost: x",
    b"",
)


@pytest.mark.parametrize("start", STARTS)
def test_a_client_that_hangs_up_is_no_error(
    emulator: Emulator, start: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    port = int(emulator.url.rpartition(":")[2])
    client = socket.create_connection(("127.0.0.1", port), LIMIT)
    client.sendall(start)
    # The server is at it by now: it has answered somebody else.
    requests.options(emulator.url + "/v1", timeout=LIMIT)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    for _ in range(2):
        requests.options(emulator.url + "/v1", timeout=LIMIT)
    assert [record.message for record in caplog.records] == []


def test_an_emulator_that_was_stopped_is_let_go() -> None:
    """A test suite starts thousands."""
    with Emulator() as emulator:
        requests.options(emulator.url + "/v1", timeout=LIMIT)
    left = weakref.ref(emulator)
    del emulator
    gc.collect()
    assert left() is None
