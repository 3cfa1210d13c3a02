"""Responses that no service gives: each ends in time, within bounds, as our error."""

from __future__ import annotations

import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple

import pytest

from taskrouter_sync import (
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    Worker,
)

from ..support.internals import limit_response, timing
from ..support.outcome import Outcome
from ..support.raw_server import Peer, RawServer, Script
from ..support.secrets import assert_no_secret
from .stage import SELF, TOKEN


OK = b"HTTP/1.1 200 OK\r\n"
YES = json.dumps({"payload": SELF}).encode()


def saying(
    data: bytes, again: bytes = b"", pause: float = 0.0, end: Script | None = None
) -> Script:
    """Say something, then something else without end, or come to a certain end."""

    def script(peer: Peer) -> None:
        peer.send(data)
        while again:
            peer.send(again)
            if pause:
                peer.server.stalled.wait(pause)
        if end is not None:
            end(peer)

    return script


def response(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*head, b"", body])


class Service:
    """Plays a script to each request; the client's WebSocket is never answered."""

    def __init__(self) -> None:
        self.script: Script = saying(response(YES))
        self.heads: list[str] = []
        self._lock = threading.Lock()  # Guards heads.

    def __call__(self, peer: Peer) -> None:
        while peer.next_head():
            if not peer.head.startswith("POST"):
                peer.stall()
                return
            peer.read_body()
            with self._lock:
                self.heads.append(peer.head)
            self.script(peer)
            return


Open = Callable[..., Worker]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def open_at(service: Service) -> Iterator[Open]:
    """Open a client of the service, with so many seconds for each response."""
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(*[service] * 50))

        def open_one(answer: float) -> Worker:
            return stack.enter_context(
                Worker(
                    TOKEN,
                    False,
                    event_bridge_base_url=server.url,
                    _timing=timing(answer=answer),
                )
            )

        yield open_one


@pytest.fixture
def trouble(service: Service, open_at: Open) -> Callable[..., TaskRouterError]:
    """Ask for the worker while the service plays a script; give the error."""

    def ask(script: Script, seconds: float = 2.0) -> TaskRouterError:
        service.script = script
        worker = open_at(seconds)
        with pytest.raises(TaskRouterError) as caught:
            worker.fetch()
        assert caught.value.message
        assert_no_secret(caught.value, TOKEN)
        return caught.value

    return ask


# Responses that break off, lie about their length or are no HTTP.


def head(*lines: str) -> bytes:
    first = ["HTTP/1.1 200 OK", "Connection: close"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


WHOLE, HALF = len(YES), YES[: len(YES) // 2]
CHUNKED = head("Transfer-Encoding: chunked")


class Broken(NamedTuple):
    """What is sent, and what is said of it.

    Attributes:
        end: what comes after it; else the connection ends.
        words: of the error's message, in our own words.
    """

    data: bytes
    kind: type[TaskRouterError]
    words: str
    end: Script | None = None


# Where libraries of other versions may see something else, only these.
LOST = "The connection to the service was lost: "
NO_SENSE = "The service's response "

IN_THE_MIDDLE = "the connection was closed in the middle of the response"
NO_RESPONSE = "the connection was closed without a response"
NO_HTTP = "the response is not HTTP"
NO_JSON = "is not a JSON object"
TOO_LATE = "did not respond in time"
LONG = f"Content-Length: {WHOLE}"

BROKEN: Mapping[str, Broken] = {
    "ends before a response": Broken(b"", ConnectionFailed, NO_RESPONSE),
    "resets before a response": Broken(b"", ConnectionFailed, LOST, end=Peer.cut),
    "ends in the status line": Broken(b"HTTP/1.1 20", ConnectionFailed, NO_HTTP),
    "ends in the head": Broken(
        b"HTTP/1.1 200 OK\r\nContent-Le", InvalidResponse, NO_SENSE
    ),
    "resets in the head": Broken(OK, ConnectionFailed, LOST, end=Peer.cut),
    "ends in the body": Broken(head(LONG) + HALF, ConnectionFailed, IN_THE_MIDDLE),
    "ends in a chunk": Broken(
        CHUNKED + b"ff\r\n" + HALF, ConnectionFailed, IN_THE_MIDDLE
    ),
    "ends between chunks": Broken(
        CHUNKED + f"{len(HALF):x}\r\n".encode() + HALF + b"\r\n",
        ConnectionFailed,
        IN_THE_MIDDLE,
    ),
    "says too great a length": Broken(
        head(f"Content-Length: {WHOLE + 1}") + YES, ConnectionFailed, IN_THE_MIDDLE
    ),
    "says too small a length": Broken(
        head(f"Content-Length: {WHOLE - 1}") + YES, InvalidResponse, NO_JSON
    ),
    "says no length, and ends early": Broken(head() + HALF, InvalidResponse, NO_JSON),
    "says two lengths": Broken(
        head("Content-Length: 5, 6") + YES, InvalidResponse, NO_SENSE
    ),
    "says no number of a chunk": Broken(
        CHUNKED + b"zz\r\n" + YES, ConnectionFailed, LOST
    ),
    "says gzip, and it is none": Broken(
        head("Content-Encoding: gzip", LONG) + YES, InvalidResponse, "can't be decoded"
    ),
    "speaks no HTTP": Broken(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", ConnectionFailed, NO_HTTP),
    "says nothing": Broken(b"", RequestTimeout, TOO_LATE, end=Peer.stall),
    "stalls in the head": Broken(OK, RequestTimeout, TOO_LATE, end=Peer.stall),
    "stalls in the body": Broken(
        head(LONG) + HALF, RequestTimeout, TOO_LATE, end=Peer.stall
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_response(service: Service, open_at: Open, what: str) -> None:
    """Asked once each time: what may have reached the service is not repeated."""
    data, kind, words, end = BROKEN[what]
    service.script = saying(data, end=end)
    worker = open_at(0.05 if kind is RequestTimeout else 2.0)
    update = partial(worker.update, {"FriendlyName": "Ann"})
    for call in (worker.fetch, update, worker.fetch_channels):
        outcome = Outcome()
        call(outcome.callback)
        with pytest.raises(kind) as caught:
            call()
        for error in (outcome.error, caught.value):
            assert type(error) is kind
            assert words in error.message
            assert_no_secret(error, TOKEN)
    if kind is not RequestTimeout:  # of the last ones it may not have read yet
        assert len(service.heads) == 6


WITH_A_HEAD = [
    what
    for what, broken in BROKEN.items()
    if b"\r\n\r\n" in broken.data and what not in ("speaks no HTTP", "says two lengths")
]


@pytest.mark.parametrize("status", [b"401 Unauthorized", b"503 Service Unavailable"])
@pytest.mark.parametrize("what", WITH_A_HEAD)
def test_a_refusal_is_one_whatever_its_body(
    trouble: Any, what: str, status: bytes
) -> None:
    data = BROKEN[what].data.replace(b"200 OK", status)
    end = BROKEN[what].end
    # The head must come within the limit, also on a busy machine.
    error = trouble(saying(data, end=end), 1.0 if end is Peer.stall else 5.0)
    assert (type(error), error.code) == (HttpError, int(status[:3]))


# Without end.

ENDLESS = {
    "a body": (OK + b"Content-Length: 999999\r\n\r\n", b"x"),
    "a body of unknown length": (OK + b"\r\n", b" "),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x"),
}
ENDLESS_HEADS = {
    "the status line": (b"HTTP/1.1 200 ", b"O"),
    "a header": (OK + b"X: ", b"y"),
    "headers": (OK, b"X: y\r\n"),
    "a chunk's size": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
}
FLOODS = {
    **{
        where: (start, again * 4096)
        for where, (start, again) in (ENDLESS | ENDLESS_HEADS).items()
    },
    "a huge chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        b"x" * 65536,
    ),
}
CUT_OFF = RequestTimeout | ConnectionFailed | InvalidResponse | HttpError


@pytest.mark.parametrize("where", ENDLESS)
def test_a_response_that_drips_ends_in_time(trouble: Any, where: str) -> None:
    start, again = ENDLESS[where]
    assert isinstance(trouble(saying(start, again, pause=0.01), 0.2), CUT_OFF)


@pytest.mark.parametrize("where", FLOODS)
def test_a_response_without_end_is_cut_off(
    trouble: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It ends, and takes no more memory than it may."""
    limit_response(monkeypatch, 1_000_000)
    start, again = FLOODS[where]
    tracemalloc.start()
    try:
        error = trouble(saying(start, again), 0.4)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, CUT_OFF)
    assert most < 20_000_000


# Other than it says.


@pytest.mark.parametrize("length", [b"999", b"-1", b"x", b"1, 2", b"1e3"])
def test_a_wrong_length(trouble: Any, length: bytes) -> None:
    data = OK + b"Content-Length: " + length + b"\r\n\r\n{"
    assert isinstance(trouble(saying(data)), ConnectionFailed | InvalidResponse)


@pytest.mark.parametrize("status", [b"200 OK", b"502 Bad Gateway"])
def test_a_page_for_people(trouble: Any, status: bytes) -> None:
    page = b"<html><body>Please log in</body></html>"
    data = response(page, b"Content-Type: text/html", status=status)
    error = trouble(saying(data))
    if status.startswith(b"200"):
        assert isinstance(error, InvalidResponse)
    else:
        assert (type(error), error.message) == (HttpError, "Bad Gateway")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_follows_a_redirect(trouble: Any, status: int) -> None:
    """The token would go with it, to whatever host it names."""
    with RawServer() as elsewhere:
        where = f"Location: {elsewhere.url}/".encode()
        error = trouble(saying(response(b"", where, status=b"%d Away" % status)))
        assert elsewhere.heads.empty()
    assert (type(error), error.status) == (HttpError, status)


# Larger than it looks.


@pytest.fixture(scope="module")
def packed() -> dict[str, bytes]:
    """A yes of 20 MB, packed."""
    body = b'{"payload": {"x": "' + b"x" * 20_000_000 + b'"}}'
    once = gzip.compress(body, 9)
    return {
        "gzip": once,
        "deflate": zlib.compress(body),
        "gzip, gzip": gzip.compress(once, 9),
    }


@pytest.mark.parametrize("kind", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.parametrize("status", [b"302 Found", b"500 Oh"])
def test_nobody_unpacks_much_of_an_error(
    trouble: Any, packed: dict[str, bytes], kind: str, status: bytes
) -> None:
    headers = b"Content-Encoding: " + kind.encode(), b"Location: /x"
    data = response(packed[kind], *headers, status=status)
    tracemalloc.start()
    try:
        error = trouble(saying(data))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
    assert type(error) is HttpError


def test_a_packed_response_is_read_within_the_limit(
    service: Service,
    open_at: Open,
    packed: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Something on the way may pack what the service did not."""
    service.script = saying(response(packed["gzip"], b"Content-Encoding: gzip"))
    worker = open_at(5.0)
    assert len(worker.fetch()["x"]) == 20_000_000
    limit_response(monkeypatch, 1_000_000)
    with pytest.raises(InvalidResponse, match="larger than"):
        worker.fetch()


def test_an_unpacked_response_is_asked_for(service: Service, open_at: Open) -> None:
    """And may be packed in nothing."""
    service.script = saying(response(YES, b"Content-Encoding: identity"))
    assert open_at(2.0).fetch().friendlyName == "Alice"
    assert "Accept-Encoding: identity" in service.heads[0]


# Deeper than anybody needs.


@pytest.mark.parametrize("depth", [50, 200, 900, 5_000, 100_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_a_deep_response_is_a_result_or_makes_no_sense(
    service: Service, open_at: Open, depth: int, start: str, end: str
) -> None:
    inner = start * depth + "1" + end * depth
    service.script = saying(response(b'{"payload":' + inner.encode() + b"}"))
    worker = open_at(2.0)
    if depth <= 50:
        found = json.dumps(worker.fetch(), separators=(",", ":"))
        assert found == inner
    else:
        with pytest.raises(InvalidResponse):
            worker.fetch()
