"""One WebSocket: the ways to it, and its end from another thread."""

from __future__ import annotations

import itertools
import json
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import trustme

from taskrouter_sync import transport as transport_module
from taskrouter_sync.errors import ConnectionFailed, HttpError, TaskRouterError
from taskrouter_sync.network import Proxy, Route
from taskrouter_sync.timing import Timing
from taskrouter_sync.tokens import Secret
from taskrouter_sync.transport import Aborted, Closed, Transport

from ..support.collector import Background
from ..support.front import front
from ..support.raw_server import PING, Peer, RawServer, Script
from ..support.secrets import assert_no_secret


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJBbGljZSJ9.c2lnbmF0dXJlIG9mIGl0"
TIMING = Timing(connect=2.0, handshake=1.0, heartbeat=1.0)
DIRECT = Route(None, None)


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(TIMING)
    yield made
    made.close()


def url(port: int, scheme: str = "ws", host: str = "127.0.0.1") -> Secret:
    return Secret(f"{scheme}://{host}:{port}/v1/x?token={TOKEN}&closeExisting=false")


def greet(peer: Peer) -> None:
    peer.upgrade()
    peer.event("hello")
    peer.until_gone()


def failure(transport: Transport, address: Secret, route: Route = DIRECT) -> Any:
    with pytest.raises(TaskRouterError) as raised:
        transport.open(address, route)
    assert_no_secret(raised.value, TOKEN)
    trace = raised.value.__traceback__
    while trace is not None:
        if "taskrouter_sync/" in trace.tb_frame.f_code.co_filename:
            assert TOKEN not in repr(trace.tb_frame.f_locals)
        assert "/websocket/" not in trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    return raised.value


# Several addresses.


@pytest.fixture
def hole() -> Iterator[int]:
    """A port on 127.0.0.2 whose backlog is full: what comes is swallowed."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        for _ in range(8):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux drops what is too much")
@pytest.mark.parametrize("others", [1, 3])
def test_an_address_that_swallows_packets_leaves_the_others_their_time(
    transport: Transport, hole: int, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    with RawServer(greet, greet) as server:
        tcp = socket.SOCK_STREAM, 6, ""
        addresses: list[Any] = [
            (socket.AF_INET, *tcp, ("127.0.0.2", hole)),
            # A family that this machine has not, and a port where nobody listens.
            (socket.AF_APPLETALK, *tcp, ("127.0.0.1", 1)),
            (socket.AF_INET, *tcp, ("127.0.0.1", 1)),
        ][:others]
        addresses.append((socket.AF_INET, *tcp, ("127.0.0.1", server.port)))
        started = time.monotonic()
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
            transport.open(url(server.port, host="bridge.example"), DIRECT)
        assert next(iter(transport)) == b'{"event_type": "hello", "payload": null}'
        assert time.monotonic() - started < TIMING.connect / 2


@pytest.mark.skipif(sys.platform != "linux", reason="Linux drops what is too much")
def test_all_addresses_together_have_one_time_limit(
    transport: Transport, hole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tcp = socket.SOCK_STREAM, 6, ""
    addresses = [(socket.AF_INET, *tcp, ("127.0.0.2", hole))] * 3
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(addresses))
    started = time.monotonic()
    assert "timed out" in failure(transport, url(1, host="bridge.example")).message
    assert TIMING.connect <= time.monotonic() - started < TIMING.connect * 2


# The upgrade.

_UPGRADED = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


def in_pieces(size: int) -> Script:
    """Send 1xx responses before the upgrade, in pieces of this size."""

    def script(peer: Peer) -> None:
        send, whole = peer.send, bytearray()
        peer.send = whole.extend  # type: ignore[method-assign, assignment]
        peer.upgrade()
        peer.event("hello")
        peer.send = send  # type: ignore[method-assign]
        data = (_UPGRADED * 2).encode() + bytes(whole)
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), size):
            peer.send(data[start : start + size])
        peer.until_gone()

    return script


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_informational_responses_come_before_the_upgrade(
    transport: Transport, size: int
) -> None:
    with RawServer(in_pieces(size)) as server:
        transport.open(url(server.port), DIRECT)
        assert b"hello" in next(iter(transport))
        transport.close()


def refuse_in_pieces(peer: Peer) -> None:
    """Refuse an upgrade, with the head in two pieces and a body that ends early."""
    peer.read_head()
    peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.send(b"HTTP/1.1 503 x\r\nRetry-After: 4")
    peer.send(b"5\r\nContent-Length: 9\r\n\r\n{}")


def test_a_refusal_s_head_may_come_in_pieces(transport: Transport) -> None:
    with RawServer(refuse_in_pieces) as server:
        error = failure(transport, url(server.port), DIRECT)
    assert isinstance(error, HttpError) and error.retry_after == 45.0


def _echo(peer: Peer) -> None:
    head = peer.read_head()
    peer.send(head.encode("latin-1") + b"\r\n\r\n")


def _refuse(peer: Peer) -> None:
    head = peer.read_head().partition("\r\n")[0]
    peer.answer(403, json.dumps({"message": f"no: {head}"}).encode(), reason=head)


def _cut_refusal(peer: Peer) -> None:
    peer.read_head()
    peer.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 50\r\n\r\n{")
    peer.cut()


def _accept(peer: Peer) -> None:
    peer.read_head()
    peer.answer(200)
    peer.socket.shutdown(socket.SHUT_WR)
    peer.until_gone()


def _slow(peer: Peer) -> None:
    peer.read_head()
    with suppress(OSError):  # the client gives up
        while not peer.server.stopping.wait(0.05):
            peer.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (_echo, ConnectionFailed, "not a valid WebSocket response"),
        (_refuse, HttpError, "no: GET /v1/x?token=<token>"),
        (_cut_refusal, HttpError, "Unauthorized"),
        (_slow, ConnectionFailed, "timed out"),
        (Peer.stall, ConnectionFailed, "timed out"),
        (lambda peer: peer.cut(), ConnectionFailed, "reset"),
        (
            lambda peer: peer.answer(302, headers=[("Location", "/")]),
            HttpError,
            "Found",
        ),
        (_accept, ConnectionFailed, "status 200"),
    ],
)
def test_a_failed_upgrade_is_named(
    transport: Transport, script: Script, kind: type[TaskRouterError], words: str
) -> None:
    with RawServer(script) as server:
        error = failure(transport, url(server.port))
    assert type(error) is kind
    assert words in error.message


def test_a_proxy_that_repeats_its_request_shows_nothing(transport: Transport) -> None:
    def echo(peer: Peer) -> None:
        head = peer.read_head().replace("\r\n", " ")
        peer.send(f"HTTP/1.1 407 {head}\r\n\r\n".encode())

    with RawServer(echo) as server:
        proxy = Proxy(f"http://Al:p%40ss-word@127.0.0.1:{server.port}")
        error = failure(transport, url(80, host="b.example"), Route(None, proxy))
    assert "the proxy refused the connection with status 407" in error.message
    assert_no_secret(error, "p@ss-word")


# Certificates.


@pytest.mark.parametrize("same_date", [False, True])
def test_a_replaced_bundle_is_read_anew(tmp_path: Path, same_date: bool) -> None:
    old, new = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    new.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "bundle.pem"
    old.cert_pem.write_to_path(str(bundle))
    route = Route(str(bundle), None)
    with RawServer(greet, greet) as server, front(server.url, context) as tls:
        before, after = Transport(TIMING), Transport(TIMING)
        error = failure(before, url(tls.port, "wss"), route)
        assert "the certificate is not trusted" in error.message
        made = bundle.stat()
        new.cert_pem.write_to_path(str(tmp_path / "new.pem"))
        (tmp_path / "new.pem").replace(bundle)
        if same_date:
            os.utime(bundle, ns=(made.st_atime_ns, made.st_mtime_ns))
        after.open(url(tls.port, "wss"), route)
        assert b"hello" in next(iter(after))
        before.close()
        after.close()


@pytest.mark.parametrize("what", ["CA bundle", "client certificate"])
def test_a_missing_file_is_named(
    transport: Transport, tmp_path: Path, what: str
) -> None:
    missing = str(tmp_path / "no.pem")
    route = (
        Route(missing, None) if what == "CA bundle" else Route(None, None, (missing,))
    )
    with RawServer(greet) as server:
        error = failure(transport, url(server.port, "wss"), route)
    assert f"the {what} {missing} does not exist" in error.message


# The end.


def _read(transport: Transport, port: int) -> None:
    transport.open(url(port), DIRECT)
    for _ in transport:
        continue


def _silence(peer: Peer) -> None:
    peer.upgrade()
    peer.stall()


@pytest.mark.parametrize("script", [Peer.stall, _silence], ids=["upgrade", "reading"])
def test_abort_ends_whatever_it_is_doing(transport: Transport, script: Script) -> None:
    with RawServer(script) as server:
        reader = Background(lambda: _read(transport, server.port))
        assert server.stalled.wait(5)
        started = time.monotonic()
        transport.abort()
        with pytest.raises(Aborted):
            reader.result(5)
        assert time.monotonic() - started < 0.5


def test_abort_ends_opening_after_any_line() -> None:
    """The service never responds: what misses an abort lasts until the time limit."""
    left, aborted_at = 0, 0.0
    timing = TIMING._replace(handshake=2.0)

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left, aborted_at
        if frame.f_code.co_filename != transport_module.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                aborted_at = time.monotonic()
                transport.abort()
        return trace

    with RawServer(*[Peer.stall] * 200) as server:
        for number in itertools.count(1):
            left, transport = number, Transport(timing)
            before, started = sys.gettrace(), time.monotonic()
            sys.settrace(trace)
            try:
                with pytest.raises(Aborted):
                    transport.open(url(server.port), DIRECT)
            finally:
                sys.settrace(before)
                transport.close()
            if aborted_at - started > timing.handshake:
                break  # by a line that comes after the limit
            assert time.monotonic() - aborted_at < 1.5
    assert number > 20


@pytest.mark.skipif(sys.platform != "linux", reason="Linux drops what is too much")
def test_abort_ends_connecting(transport: Transport, hole: int) -> None:
    address = url(hole, host="127.0.0.2")
    opener = Background(lambda: transport.open(address, DIRECT))
    threading.Timer(0.1, transport.abort).start()
    with pytest.raises(Aborted):
        opener.result(1)


def _ping_and_die(peer: Peer) -> None:
    peer.upgrade()
    peer.frame(b"x", PING)
    peer.stall()


@pytest.mark.parametrize(
    ("script", "code", "reason"),
    [
        (_silence, None, "timed out"),
        (_ping_and_die, None, "timed out"),
        (lambda peer: (peer.upgrade(), peer.close_frame(4000, "why")), 4000, "why"),
        (lambda peer: (peer.upgrade(), peer.cut()), None, ""),
    ],
)
def test_the_end_of_a_connection_is_told(
    transport: Transport, script: Callable[[Peer], Any], code: int | None, reason: str
) -> None:
    with RawServer(script) as server:
        with pytest.raises(Closed) as raised:
            _read(transport, server.port)
        transport.close()
    assert raised.value.code == code
    assert reason in raised.value.reason
