"""One POST: its limits, what its errors say, and which connections it uses."""

from __future__ import annotations

import gzip
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
import requests

from taskrouter_sync.errors import (
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    TaskRouterError,
)
from taskrouter_sync.http import Http, Response
from taskrouter_sync.timing import Timing
from taskrouter_sync.tokens import Secret

from ..conftest import SetProxy
from ..support.raw_server import Peer, RawServer, Script, unused_port
from ..support.secrets import assert_no_secret


TOKEN = Secret("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJBbGljZSJ9.c2lnbmF0dXJlIG9mIGl0")
BODY = Secret(json.dumps({"url": "u", "token": TOKEN.reveal()}))
TIMING = Timing(connect=1.0, response=2.0)
GOOD = b'{"payload": {"sid": "WK1"}}'


@pytest.fixture
def http() -> Iterator[Http]:
    made = Http()
    yield made
    made.close()


def post(http: Http, url: str) -> Response:
    return http.post(url, BODY, "GET", TOKEN, TIMING)


def caught(http: Http, url: str) -> TaskRouterError:
    """Post, and give the error, which holds no secret in any of its frames."""
    with pytest.raises(TaskRouterError) as raised:
        post(http, url)
    error = raised.value
    assert_no_secret(error, TOKEN.reveal())
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith("taskrouter_sync/http.py"):
            shown = repr(trace.tb_frame.f_locals)
            assert TOKEN.reveal() not in shown
            assert "PreparedRequest" not in shown
        assert "/requests/" not in trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    return error


def raw(data: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.send(data)

    return script


def echo(before: bytes, after: bytes = b"\r\n\r\n") -> Script:
    """Repeat the whole request within something."""

    def script(peer: Peer) -> None:
        head, body = peer.read_head().encode("latin-1"), peer.read_body()
        peer.send(before + head.replace(b"\r\n", b" ") + b" " + body + after)

    return script


def head(status: str, *lines: str) -> bytes:
    return "\r\n".join(
        [f"HTTP/1.1 {status}", *lines, "Connection: close", "", ""]
    ).encode()


BOMB = gzip.compress(b" " * 100_000_000, 1)


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (echo(b""), ConnectionFailed, "the response is not HTTP"),
        (echo(b"HTTP/1.1 "), ConnectionFailed, "the response is not HTTP"),
        (echo(b"HTTP/1.1 400 "), HttpError, "<token>"),
        (echo(b"HTTP/1.1 200 OK\r\nX: "), InvalidResponse, "is empty"),
        (
            raw(head("200 OK", "Content-Encoding: gzip") + BOMB),
            InvalidResponse,
            "larger than",
        ),
        (
            raw(head("400 Bad \x1b[2J\u202e") + b'{"message": "a\\nb\\u001b\\u202e"}'),
            HttpError,
            r"a\nb\x1b\u202e",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_error_says_in_our_own_words_what_went_wrong(
    http: Http, script: Script, kind: type[TaskRouterError], words: str
) -> None:
    """More of it is in `faults/test_hostile_responses.py`."""
    with RawServer(script) as server:
        error = caught(http, server.url)
    assert type(error) is kind
    assert words in error.message
    assert error.message.isprintable()


def test_a_closed_port_is_no_connection(http: Http) -> None:
    error = caught(http, f"http://127.0.0.1:{unused_port()}")
    assert isinstance(error, ConnectionFailed) and not error.reached


@pytest.mark.parametrize("how", ["gzip", "chunked", "BOM", "plain"])
def test_what_a_middlebox_does_to_a_response_is_undone(http: Http, how: str) -> None:
    responses = {
        "gzip": head("200 OK", "Content-Encoding: gzip") + gzip.compress(GOOD),
        "chunked": head("200 OK", "Transfer-Encoding: chunked")
        + b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (GOOD[:5], len(GOOD) - 5, GOOD[5:]),
        "BOM": head("200 OK") + b"\xef\xbb\xbf" + GOOD,
        "plain": head("200 OK") + GOOD,
    }
    with RawServer(raw(responses[how])) as server:
        assert post(http, server.url).payload == {"sid": "WK1"}


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        (20, 17, 21),  # a date, so many seconds from now
        (-20, 0, 0),
        ("-3", None, None),
        ("inf", None, None),
        ("soon", None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    http: Http, value: str | int, least: float | None, most: float | None
) -> None:
    if isinstance(value, int):
        date = datetime.now(timezone.utc) + timedelta(seconds=value)
        value = format_datetime(date, usegmt=True)
    with RawServer(raw(head("503 Busy", f"Retry-After: {value}"))) as server:
        error = caught(http, server.url)
    assert isinstance(error, HttpError)
    found = error.retry_after
    assert found is None if least is None else found is not None
    assert found is None or (least or 0) <= found <= (most or 0)


@pytest.mark.parametrize("ahead", [-86400, -3600, 0, 3600, 86400])
def test_a_date_to_retry_after_is_one_of_the_service_s_clock(
    http: Http, ahead: int
) -> None:
    now = datetime.now(timezone.utc) + timedelta(seconds=ahead)
    date, until = (
        format_datetime(now + timedelta(seconds=seconds), usegmt=True)
        for seconds in (0, 20)
    )
    response = head("503 Busy", f"Date: {date}", f"Retry-After: {until}")
    with RawServer(raw(response)) as server:
        error = caught(http, server.url)
    assert isinstance(error, HttpError) and error.retry_after == 20.0


# Kept connections.


def keep(peer: Peer) -> None:
    """Answer everything on one connection."""
    while peer.next_head():
        peer.read_body()
        peer.answer(200, GOOD)


def hint(peer: Peer) -> None:
    """Send something before the response, which does not belong to the next one."""
    peer.next_head()
    peer.read_body()
    peer.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
    with suppress(OSError):
        peer.answer(200, b'{"payload": {"sid": "WKother"}}')


def test_no_request_gets_the_response_of_another(http: Http) -> None:
    with RawServer(hint, keep) as server:
        assert isinstance(caught(http, server.url), HttpError)
        assert post(http, server.url).payload == json.loads(GOOD)["payload"]
        assert server.connections == 2


def test_headers_that_repeat_the_token_are_not_logged(
    http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    line = b"received " + TOKEN.reveal().encode()
    length = b"content-length: %d" % len(GOOD)
    head = b"\r\n".join([b"HTTP/1.1 200 OK", line, length, b"", b""])
    with RawServer(raw(head + GOOD)) as server:
        with suppress(TaskRouterError):
            post(http, server.url)
    assert "The headers of a response are malformed" in caplog.text
    assert TOKEN.reveal() not in caplog.text


def test_a_connection_is_kept_until_the_way_is_lost(http: Http) -> None:
    with RawServer(keep, keep, keep) as server:
        for renewals in range(3):
            for _ in range(3):
                post(http, server.url)
            assert server.connections == renewals + 1
            http.renew()


def test_a_sleep_of_the_machine_ends_kept_connections(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The monotonic clock may have stood still meanwhile."""
    with RawServer(keep, keep) as server:
        post(http, server.url)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 3600)
        post(http, server.url)
        post(http, server.url)
        assert server.connections == 2


# Proxies.


def test_a_proxy_that_repeats_the_request_shows_no_credentials(
    http: Http, set_proxy: SetProxy
) -> None:
    with RawServer(echo(b"HTTP/1.1 407 ")) as server:
        set_proxy(f"http://Alice:p%40ss-word@127.0.0.1:{server.port}")
        error = caught(http, "http://event-bridge.example")
    pair = b64encode(b"Alice:p@ss-word").decode()
    for secret in (pair, "p@ss-word", "p%40ss-word"):
        assert_no_secret(error, secret)


@pytest.mark.parametrize("colon", ["", ":"])
def test_a_user_alone_is_sent_to_a_proxy_and_not_shown(
    http: Http, set_proxy: SetProxy, colon: str
) -> None:
    with RawServer(echo(b"HTTP/1.1 407 ")) as server:
        set_proxy(f"http://key-4711{colon}@127.0.0.1:{server.port}")
        route = http.route("http://event-bridge.example")
        error = caught(http, "http://event-bridge.example")
        sent = server.next_head()
    pair = b64encode(b"key-4711:").decode()
    assert f"Proxy-Authorization: Basic {pair}" in sent
    assert route.proxy is not None and route.proxy.credentials is not None
    assert route.proxy.credentials.reveal() == "key-4711:"
    for secret in (pair, "key-4711"):
        assert_no_secret(error, secret)


@pytest.mark.parametrize("scheme", ["http://", ""], ids=["with http", "no scheme"])
@pytest.mark.parametrize(
    "credentials",
    ["Zo%C3%AB:%E2%82%AC-word", "Zoë:€-word", "Zo%C3%AB:€-word"],
    ids=["quoted", "as they are", "one of each"],
)
@pytest.mark.parametrize("given", [False, True], ids=["environment", "session"])
def test_credentials_of_a_proxy_are_sent_in_utf_8(
    http: Http, set_proxy: SetProxy, scheme: str, credentials: str, given: bool
) -> None:
    """By requests, and as the WebSocket's route has them."""
    with RawServer(raw(head("200 OK") + GOOD)) as server, requests.Session() as session:
        proxy = f"{scheme}{credentials}@127.0.0.1:{server.port}"
        if given:
            session.proxies = {"http": proxy}
            http = Http(session)
        else:
            set_proxy(proxy)
        route = http.route("http://event-bridge.example")
        post(http, "http://event-bridge.example")
        sent = server.next_head()
        assert route.proxy is not None and route.proxy.credentials is not None
        assert (route.proxy.host, route.proxy.port) == ("127.0.0.1", server.port)
        assert route.proxy.credentials.reveal() == "Zoë:€-word"
    pair = b64encode("Zoë:€-word".encode()).decode()
    assert f"Proxy-Authorization: Basic {pair}" in sent


PROXIES: list[Any] = [
    "http://Al:se#cret@127.0.0.1:3128",
    "http://Al:secret@127.0.0.1:port",
    "http://Al:12/secret@127.0.0.1:1",
    "http://Al:12?secret@127.0.0.1:1",
    "http://Al:secret@127.0.0.1:99999",
    "http://Al:secret@",
    "http://",
    "http://:3128",
    "socks5://Al:secret@127.0.0.1:1",
    "http://Al:sec ret@127.0.0.1:1",
    r"http://Al:secret@localhost\.good.example",
    "http://Al:secret@%6cocalhost:1",
]
NO_PROXIES: list[Any] = [5, True, b"http://Al:secret@h:1", ["http://Al:secret@h:1"]]


@pytest.mark.parametrize(
    ("proxy", "given"),
    [
        *((proxy, given) for proxy in PROXIES for given in (False, True)),
        # Only a session can have what is no text.
        *((proxy, True) for proxy in NO_PROXIES),
    ],
)
def test_a_proxy_that_can_t_be_used_is_named_without_its_password(
    http: Http, set_proxy: SetProxy, proxy: Any, given: bool
) -> None:
    if given:
        session = requests.Session()
        session.proxies = {"http": proxy}
        http = Http(session)
    else:
        set_proxy(proxy)
    with pytest.raises(ValueError, match="prox") as raised:
        http.route("http://event-bridge.example")
    error = caught(http, "http://event-bridge.example")
    for each in (error, raised.value):
        assert "cret" not in str(each) and "sec" not in str(each)
