"""Answers that no service gives: each ends in time, within bounds, as an error of ours.

Seen from a client: `Requester` and `Session` have tests of their own.
"""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from taskrouter_sync.errors import (
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
)
from taskrouter_sync.wire import requester as module
from taskrouter_sync.wire.answers import read
from taskrouter_sync.wire.requester import Requester

from ..support.raw_server import Peer, RawServer, Script
from ..support.secrets import assert_no_secret


TOKEN = "eyJhbGciOi.JIUzI1NiJ9.secret-signature"
ENVELOPE = {"url": "https://x/v1/Workspaces/WS1", "method": "GET", "token": TOKEN}

OK = b"HTTP/1.1 200 OK\r\n"
YES = b'{"payload": {}}'


@pytest.fixture
def requester() -> Iterator[Requester]:
    with closing(Requester()) as made:
        yield made


def trouble(requester: Requester, script: Script, seconds: float) -> TaskRouterError:
    """Ask a server that runs the script, for at most so many seconds."""
    with RawServer(script) as server, pytest.raises(TaskRouterError) as caught:
        endpoint = requester.endpoint(f"{server.url}/v1/x")
        answer = requester.post(endpoint, ENVELOPE, answer_timeout=seconds)
        read(answer, "GET", TOKEN)
    assert_no_secret(caught.value, TOKEN)
    return caught.value


def saying(data: bytes, again: bytes = b"", pause: float = 0.0) -> Script:
    """Take a request, say something, and then something else without end."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.send(data)
        while again:
            peer.send(again)
            if pause:
                peer.server.stalled.wait(pause)

    return script


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*head, b"", body])


# Without end.

DRIPPING = {
    "the status line": (b"HTTP/1.1 200 ", b"O"),
    "a header": (OK + b"X: ", b"y"),
    "headers": (OK, b"X: y\r\n"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (OK + b"Content-Length: 999999\r\n\r\n", b"x"),
    "a body of unknown length": (OK + b"\r\n", b" "),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk's size": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("where", DRIPPING)
def test_an_answer_that_drips_ends_in_time(requester: Requester, where: str) -> None:
    start, again = DRIPPING[where]
    error = trouble(requester, saying(start, again, pause=0.01), 0.2)
    # Too many headers, or so, may be an end as well.
    assert isinstance(error, RequestTimeout | ConnectionFailed | InvalidResponse)


FLOODS = {
    **{where: (start, again * 4096) for where, (start, again) in DRIPPING.items()},
    "a huge chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        b"x" * 65536,
    ),
}


@pytest.mark.parametrize("where", FLOODS)
def test_an_answer_without_end_is_cut_off(
    requester: Requester, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It ends, and takes no more memory than it may."""
    monkeypatch.setattr(module, "_LARGEST_BODY", 1_000_000)
    start, again = FLOODS[where]
    tracemalloc.start()
    try:
        error = trouble(requester, saying(start, again), 0.4)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, RequestTimeout | ConnectionFailed | InvalidResponse)
    assert most < 20_000_000


# Other than it says.


@pytest.mark.parametrize("length", [b"999", b"-1", b"x", b"1, 2", b"1e3"])
def test_a_wrong_length(requester: Requester, length: bytes) -> None:
    data = OK + b"Content-Length: " + length + b"\r\n\r\n{"
    error = trouble(requester, saying(data), 1.0)
    assert isinstance(error, ConnectionFailed | InvalidResponse)


def test_a_length_that_is_too_short_cuts_the_answer(requester: Requester) -> None:
    data = OK + b"Content-Length: 5\r\n\r\n" + YES
    assert isinstance(trouble(requester, saying(data), 1.0), InvalidResponse)


@pytest.mark.parametrize("status", [b"200 OK", b"502 Bad Gateway"])
def test_a_page_for_people(requester: Requester, status: bytes) -> None:
    page = b"<html><body>Please log in</body></html>"
    data = answer(page, b"Content-Type: text/html", status=status)
    error = trouble(requester, saying(data), 1.0)
    if status.startswith(b"200"):
        assert isinstance(error, InvalidResponse)
    else:
        assert isinstance(error, HttpError)
        assert error.message == "Bad Gateway"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_follows_a_redirect(requester: Requester, status: int) -> None:
    """The token would go with it, to whatever host it names."""
    with RawServer() as elsewhere:
        where = f"Location: {elsewhere.url}/".encode()
        data = answer(b"", where, status=f"{status} Away".encode())
        error = trouble(requester, saying(data), 1.0)
        assert elsewhere.heads.empty()
    assert isinstance(error, HttpError)
    assert error.status == status


# Larger than it looks.


def bomb(kind: str) -> bytes:
    """Pack a yes of 20 MB."""
    body = b'{"payload": {"x": "' + b"x" * 20_000_000 + b'"}}'
    if kind == "deflate":
        return zlib.compress(body)
    packed = gzip.compress(body, 9)
    return gzip.compress(packed, 9) if kind == "gzip, gzip" else packed


@pytest.mark.parametrize("kind", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.parametrize("status", [b"200 OK", b"302 Found", b"500 Oh"])
def test_nobody_unpacks_what_is_packed(
    requester: Requester, packed: dict[str, bytes], kind: str, status: bytes
) -> None:
    headers = b"Content-Encoding: " + kind.encode(), b"Location: /x"
    data = answer(packed[kind], *headers, status=status)
    tracemalloc.start()
    try:
        error = trouble(requester, saying(data), 2.0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5_000_000
    if status.startswith(b"200"):
        assert isinstance(error, InvalidResponse)
    else:
        assert isinstance(error, HttpError)


@pytest.fixture(scope="module")
def packed() -> dict[str, bytes]:
    return {kind: bomb(kind) for kind in ("gzip", "deflate", "gzip, gzip")}


def test_an_unpacked_answer_is_asked_for(requester: Requester) -> None:
    with RawServer(saying(answer(YES))) as server:
        requester.post(requester.endpoint(f"{server.url}/v1/x"), ENVELOPE)
        assert "Accept-Encoding: identity" in server.next_head()


def test_an_answer_may_be_packed_in_nothing(requester: Requester) -> None:
    data = answer(YES, b"Content-Encoding: identity")
    with RawServer(saying(data)) as server:
        endpoint = requester.endpoint(f"{server.url}/v1/x")
        assert requester.post(endpoint, ENVELOPE).body == YES


# Deeper than anybody needs.


@pytest.mark.parametrize("depth", [50, 200, 900, 5_000, 100_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_a_deep_answer_is_a_result_or_makes_no_sense(
    requester: Requester, depth: int, start: str, end: str
) -> None:
    inner = start * depth + "1" + end * depth
    data = answer(b'{"payload":' + inner.encode() + b"}")
    with RawServer(saying(data)) as server:
        endpoint = requester.endpoint(f"{server.url}/v1/x")
        found = requester.post(endpoint, ENVELOPE)
    if depth <= 50:
        assert json.dumps(read(found, "GET", TOKEN).payload, separators=(",", ":")) == (
            inner
        )
    else:
        with pytest.raises(InvalidResponse):
            read(found, "GET", TOKEN)
