"""Answers that break off, lie about their length or are no HTTP: told once as well."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from taskrouter_sync.timing import Timing
from taskrouter_sync import (
    ConnectionFailed,
    InvalidResponse,
    RequestTimeout,
    TaskQueue,
    TaskQueueCapabilityToken,
    TaskRouterError,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)

from ...support.raw_server import Peer, RawServer, Script
from ...support.secrets import assert_no_secret
from .calls import GROUPS, WK, WT, Calls, errors_of


AC, WS, WQ = (kind + "0" * 31 + "1" for kind in ("AC", "WS", "WQ"))
WR = "WR" + "0" * 31 + "1"

GOOD = json.dumps({"payload": {"sid": WK, "friendly_name": "Ann"}}).encode()


def raw(data: bytes) -> Script:
    """Send this, and end the connection."""
    return lambda peer: peer.send(data)


def reset_after(data: bytes) -> Script:
    """Send this, and reset the connection."""

    def script(peer: Peer) -> None:
        peer.send(data)
        peer.cut()

    return script


def stall_after(data: bytes) -> Script:
    """Send this, and nothing more."""

    def script(peer: Peer) -> None:
        peer.send(data)
        peer.stall()

    return script


def head(*lines: str) -> bytes:
    first = ["HTTP/1.1 200 OK", "Connection: close"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


WHOLE, HALF = len(GOOD), GOOD[: len(GOOD) // 2]
CHUNKED = head("Transfer-Encoding: chunked")

# What the service does instead of an answer, and the error that it is.
TROUBLES: Mapping[str, tuple[Script, type[TaskRouterError]]] = {
    "ends before an answer": (raw(b""), ConnectionFailed),
    "resets before an answer": (reset_after(b""), ConnectionFailed),
    "ends in the status line": (raw(b"HTTP/1.1 20"), ConnectionFailed),
    "ends in the head": (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), InvalidResponse),
    "resets in the head": (reset_after(b"HTTP/1.1 200 OK\r\n"), ConnectionFailed),
    "ends in the body": (
        raw(head(f"Content-Length: {WHOLE}") + HALF),
        ConnectionFailed,
    ),
    "ends in a chunk": (raw(CHUNKED + b"ff\r\n" + HALF), ConnectionFailed),
    "ends between chunks": (
        raw(CHUNKED + f"{len(HALF):x}\r\n".encode() + HALF + b"\r\n"),
        ConnectionFailed,
    ),
    "says too great a length": (
        raw(head(f"Content-Length: {WHOLE + 1}") + GOOD),
        ConnectionFailed,
    ),
    "says too small a length": (
        raw(head(f"Content-Length: {WHOLE - 1}") + GOOD),
        InvalidResponse,
    ),
    "says no length, and ends early": (raw(head() + HALF), InvalidResponse),
    "says two lengths": (raw(head("Content-Length: 5, 6") + GOOD), InvalidResponse),
    "says no number of a chunk": (raw(CHUNKED + b"zz\r\n" + GOOD), ConnectionFailed),
    "says gzip, and it is none": (
        raw(head("Content-Encoding: gzip", f"Content-Length: {WHOLE}") + GOOD),
        InvalidResponse,
    ),
    "speaks no HTTP": (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), ConnectionFailed),
    "says html with its length": (
        raw(head("Content-Type: text/html", "Content-Length: 6") + b"<html>"),
        InvalidResponse,
    ),
    "says nothing": (stall_after(b""), RequestTimeout),
    "stalls in the head": (stall_after(b"HTTP/1.1 200 OK\r\n"), RequestTimeout),
    "stalls in the body": (
        stall_after(head(f"Content-Length: {WHOLE}") + HALF),
        RequestTimeout,
    ),
}


class Service:
    """Answers the first requests well, and all others with trouble."""

    def __init__(self) -> None:
        self.trouble: Script | None = None
        self.payloads: list[Any] = []
        self.asked = 0
        self._lock = threading.Lock()  # Guards asked.

    def __call__(self, peer: Peer) -> None:
        """Serve one connection; the client's WebSocket waits for ever."""
        while peer.next_head():
            if not peer.head.startswith("POST"):
                peer.stall()
                return
            peer.read_body()
            with self._lock:
                self.asked += 1
            if self.trouble is not None:
                self.trouble(peer)
                return
            body = json.dumps({"payload": self.payloads.pop(0)}).encode()
            peer.answer(200, body)


@pytest.fixture
def service() -> Service:
    """In place of the emulator."""
    return Service()


@pytest.fixture
def open_client(service: Service) -> Iterator[Callable[..., Any]]:
    """Open a client of the service; it never gets ready, but can ask."""
    clients: list[Any] = []
    with RawServer(*[service] * 50) as server:

        def open_one(kind: Any, token_kind: Any, *sids: str) -> Any:
            token = token_kind(AC, "key", WS, *sids).to_jwt()
            client = kind(token, event_bridge_base_url=server.url)
            clients.append(client)
            return client

        yield open_one
        for client in clients:
            client.close()


@pytest.fixture(params=GROUPS)
def subject(
    request: pytest.FixtureRequest, service: Service, open_client: Callable[..., Any]
) -> Any:
    """What a group's calls are made on."""
    if request.param == "taskQueue":
        return open_client(TaskQueue, TaskQueueCapabilityToken, WQ)
    if request.param in ("workspace", "list"):
        client = open_client(Workspace, WorkspaceCapabilityToken)
        if request.param == "workspace":
            return client
        meta = {"key": "workers", "next_page_url": f"{client.workers._url}?Page=1"}
        service.payloads = [{"meta": meta, "workers": []}]
        return client.workers.fetch()
    worker = open_client(Worker, WorkerCapabilityToken, WK)
    if request.param == "worker":
        return worker
    task = {"sid": WT, "workflow_sid": "WW1"}
    offer = {"sid": WR, "task_sid": WT, "reservation_status": "pending"}
    offers = {"meta": {"key": "reservations"}, "reservations": [offer]}
    service.payloads = [offers, task]
    (reservation,) = worker.fetchReservations()
    return reservation if request.param == "reservation" else reservation.task


@pytest.fixture
def calls(request: pytest.FixtureRequest, subject: Any) -> Calls:
    """Three calls of a group, by their names; to a DELETE 200 alone is an answer."""
    group = request.node.callspec.params["subject"]
    some = [name for name in GROUPS[group] if name != "delete"][:3]
    return {f"{group}.{name}": partial(GROUPS[group][name], subject) for name in some}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_broken_answer(
    service: Service,
    calls: Calls,
    subject: Any,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked once each time: what may have reached the service is not repeated."""
    service.trouble, kind = TROUBLES[trouble]
    if kind is RequestTimeout:
        monkeypatch.setattr(subject._session, "_timing", Timing(response=0.02))
    service.asked = 0
    for name, call in calls.items():
        for error in errors_of(name, call, kind):
            assert error.code == (200 if error.code else 0), name
            assert error.message, name
            assert_no_secret(error, subject._session.token.secret.reveal())
    if kind is not RequestTimeout:  # of the last ones it may not have heard yet
        assert service.asked == 2 * len(calls)
