"""HTTP: one request and its answer, within its bounds."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from urllib3 import exceptions

from taskrouter_sync.errors import (
    ConnectionFailed,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
)
from taskrouter_sync.wire import requester as module
from taskrouter_sync.wire.answers import Answer
from taskrouter_sync.wire.requester import Requester, translated

from ..support.collector import LIMIT, Background
from ..support.raw_server import Peer, RawServer, Script, unused_port
from ..support.secrets import assert_no_secret


TOKEN = "eyJhbGciOi.JIUzI1NiJ9.secret-signature"
ENVELOPE = {"url": "https://x/v1/Workspaces/WS1", "method": "GET", "token": TOKEN}


@pytest.fixture
def requester(monkeypatch: pytest.MonkeyPatch) -> Iterator[Requester]:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with closing(Requester()) as made:
        yield made


def post(requester: Requester, url: str, **limits: float) -> Answer:
    return requester.post(requester.endpoint(f"{url}/v1/x"), ENVELOPE, **limits)


def trouble(requester: Requester, script: Script, **limits: float) -> TaskRouterError:
    """Send a request to a server that runs the script; give the error."""
    with RawServer(script) as server, pytest.raises(TaskRouterError) as caught:
        post(requester, server.url, **limits)
    assert_no_secret(caught.value, TOKEN)
    return caught.value


def after_request(data: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.send(data)

    return script


# What goes out, and what comes back.


def test_the_envelope_goes_out_as_a_simple_request(requester: Requester) -> None:
    bodies: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.read_head()
        bodies.append(peer.read_body())
        assert peer.header("content-type") == "text/plain;charset=UTF-8"
        peer.answer(200, b"{}")

    with RawServer(script) as server:
        post(requester, server.url)
        assert server.next_head().startswith("POST /v1/x HTTP/1.1\r\n")
    assert json.loads(bodies[0]) == ENVELOPE


def test_the_answer_comes_as_it_is(requester: Requester) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.answer(429, b"slow down", [("Retry-After", "3")], "Too Many")

    with RawServer(script) as server:
        answer = post(requester, server.url)
    assert vars(answer) == vars(Answer(429, "Too Many", b"slow down", "3"))


def test_connections_are_kept(requester: Requester) -> None:
    def script(peer: Peer) -> None:
        for _ in range(3):
            peer.next_head()
            peer.read_body()
            peer.answer(200, b"{}")

    with RawServer(script) as server:
        for _ in range(3):
            assert post(requester, server.url).status == 200


def test_a_kept_connection_that_was_closed_meanwhile_is_made_again(
    requester: Requester,
) -> None:
    closed = threading.Event()

    def once(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.answer(200, b"1")
        peer.socket.close()
        closed.set()

    with RawServer(once, once) as server:
        post(requester, server.url)
        assert closed.wait(5.0)
        assert post(requester, server.url).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_nobody_goes_there(
    requester: Requester, status: int
) -> None:
    with RawServer() as elsewhere:

        def script(peer: Peer) -> None:
            peer.read_head()
            peer.read_body()
            peer.answer(status, b"", [("Location", elsewhere.url)])

        with RawServer(script) as server:
            assert post(requester, server.url).status == status
        assert elsewhere.heads.empty()


def test_no_cookie_is_kept(requester: Requester) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.answer(200, b"{}", [("Set-Cookie", "a=b")])
        peer.next_head()
        peer.read_body()
        peer.answer(200, b"{}")

    with RawServer(script) as server:
        post(requester, server.url)
        post(requester, server.url)
        server.next_head()
        assert "cookie" not in server.next_head().lower()


def test_no_netrc_password_is_sent(
    requester: Requester, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(after_request(b"HTTP/1.1 200 OK\r\n\r\n{}")) as server:
        post(requester, server.url)
        assert "authorization" not in server.next_head().lower()


def test_many_threads_share_it(requester: Requester) -> None:
    def answer(peer: Peer) -> None:
        while peer.next_head():
            peer.answer(200, peer.read_body())

    with RawServer(*[answer] * 200) as server:
        endpoint = requester.endpoint(server.url)

        def ask(number: int) -> None:
            for each in range(20):
                body = {"number": number, "each": each}
                assert json.loads(requester.post(endpoint, body).body) == body

        callers = [Background(lambda n=n: ask(n)) for n in range(8)]  # type: ignore[misc]
        for caller in callers:
            caller.result()
        requester.close()


def test_close_ends_the_kept_connections_whoever_keeps_an_error(
    requester: Requester,
) -> None:
    """An error's traceback leads to the pool that its request was sent with."""
    ended = threading.Event()

    def answer(peer: Peer) -> None:
        peer.next_head()
        peer.read_body()
        peer.answer(200, b"{}")
        peer.until_gone()
        ended.set()

    with RawServer(lambda peer: peer.cut(), answer) as server:
        with pytest.raises(ConnectionFailed) as kept:
            post(requester, server.url)
        post(requester, server.url)
        requester.close()
        assert ended.wait(LIMIT), f"the connection is open after {kept.value}"


def test_head_and_body_go_out_together(requester: Requester) -> None:
    def script(peer: Peer) -> None:
        assert peer.socket.recv(65536).endswith(json.dumps(ENVELOPE).encode())
        peer.answer(200, b"{}")

    with RawServer(script) as server:
        assert post(requester, server.url).body == b"{}"


# The environment is read once.


def test_proxies_are_read_when_the_endpoint_is_made(
    requester: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(after_request(b"HTTP/1.1 200 OK\r\n\r\nproxied")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://ann:password@127.0.0.1:{proxy.port}")
        endpoint = requester.endpoint("http://event-bridge.invalid/x")
        monkeypatch.delenv("HTTP_PROXY")
        assert requester.post(endpoint, ENVELOPE).body == b"proxied"
        assert proxy.next_head().startswith("POST http://event-bridge.invalid/x ")


def test_a_proxy_s_password_is_not_shown(
    requester: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://ann:password@127.0.0.1:1")
    assert "password" not in repr(requester.endpoint("http://event-bridge.invalid/x"))


def test_the_ca_bundle_of_the_environment_is_used(
    requester: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = requester.endpoint("https://x.invalid").ca_bundle
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/some/bundle.pem")
    assert requester.endpoint("https://x.invalid").ca_bundle == "/some/bundle.pem"
    assert usual not in (None, "/some/bundle.pem")


@pytest.mark.parametrize("url", ["", "event-bridge", "http://", "http://[::1"])
def test_an_endpoint_that_is_no_url_is_refused(requester: Requester, url: str) -> None:
    with pytest.raises(ValueError, match="not a URL"):
        requester.endpoint(url)


# Trouble.


def test_nobody_listens(requester: Requester) -> None:
    with pytest.raises(ConnectionFailed, match="refused") as caught:
        post(requester, f"http://127.0.0.1:{unused_port()}")
    assert not caught.value.reached
    assert_no_secret(caught.value, TOKEN)


def test_a_host_that_there_is_not(requester: Requester) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        post(requester, "http://nowhere.invalid")
    assert not caught.value.reached
    assert_no_secret(caught.value, TOKEN)


def test_a_cut_connection_may_have_reached_the_service(requester: Requester) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.cut()

    error = trouble(requester, script)
    assert isinstance(error, ConnectionFailed)
    assert error.reached


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_an_answer_that_breaks_off_or_is_no_http(
    requester: Requester, answer: bytes
) -> None:
    error = trouble(requester, after_request(answer))
    assert isinstance(error, ConnectionFailed)
    assert error.reached


def test_an_answer_that_can_t_be_decoded(requester: Requester) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi"
    assert isinstance(trouble(requester, after_request(answer)), InvalidResponse)


def test_no_answer_in_time(requester: Requester) -> None:
    error = trouble(requester, lambda peer: peer.stall(), answer_timeout=0.05)
    assert isinstance(error, RequestTimeout)


def test_a_body_that_stalls_is_no_answer_in_time(requester: Requester) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        peer.stall()

    error = trouble(requester, script, answer_timeout=0.05)
    assert isinstance(error, RequestTimeout)


def test_a_body_that_drips_is_no_answer_in_time(requester: Requester) -> None:
    """Each part comes in time, but the whole does not."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"1\r\nx\r\n")
            peer.server.stalled.wait(0.02)

    error = trouble(requester, script, connect_timeout=0.1, answer_timeout=0.2)
    assert isinstance(error, RequestTimeout)


def test_a_body_without_end_is_cut_off(
    requester: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST_BODY", 100_000)

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.read_body()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.send(b"x" * 65536)

    assert isinstance(trouble(requester, script), InvalidResponse)


def test_no_tls_where_it_is_expected(requester: Requester) -> None:
    with RawServer(lambda peer: peer.send(b"HTTP/1.1 400 No\r\n\r\n")) as server:
        with pytest.raises(ConnectionFailed, match="secure"):
            post(requester, server.url.replace("http", "https"))


def test_a_connection_that_stands_too_late(requester: Requester) -> None:
    with pytest.raises(TaskRouterError) as caught:
        # An address that is not routed: packets go nowhere, or there is no way at all.
        post(requester, "http://192.0.2.1", connect_timeout=0.05)
    assert isinstance(caught.value, ConnectionFailed)
    assert not caught.value.reached


def test_trouble_is_told_in_its_own_words(requester: Requester) -> None:
    """What the caller is in the middle of handling has nothing to do with it."""
    try:
        raise ValueError("something of the caller's")
    except ValueError:
        with pytest.raises(ConnectionFailed) as caught:
            post(requester, f"http://127.0.0.1:{unused_port()}")
    assert "refused" in str(caught.value)


# Every exception of urllib3 becomes one of ours.

_CLASSES = sorted(
    {
        each
        for each in vars(exceptions).values()
        if inspect.isclass(each) and issubclass(each, exceptions.HTTPError)
    },
    key=lambda each: each.__name__,
)

_EXPECTED: dict[str, type[TaskRouterError]] = {
    "DecodeError": InvalidResponse,
    "InvalidHeader": InvalidResponse,
    "ReadTimeoutError": RequestTimeout,
}


def raised(kind: type[Any]) -> Any:
    """Make an exception of a class; their constructors differ."""
    error = kind.__new__(kind)
    Exception.__init__(error, "what")
    vars(error).update(partial=0, expected=1, length=1)  # what some have to tell
    return error


@pytest.mark.parametrize("kind", _CLASSES, ids=lambda kind: kind.__name__)
def test_each_exception_of_urllib3_becomes_ours(kind: type[Any]) -> None:
    error = translated(raised(kind))
    assert type(error) is _EXPECTED.get(kind.__name__, ConnectionFailed)


def test_all_that_has_an_answer_of_its_own_is_known_to_urllib3() -> None:
    assert set(_EXPECTED) <= {each.__name__ for each in _CLASSES}


@pytest.mark.parametrize(
    ("kind", "reached"),
    [
        (exceptions.NewConnectionError, False),
        (exceptions.NameResolutionError, False),
        (exceptions.ConnectTimeoutError, False),
        (exceptions.ProtocolError, True),
        (exceptions.ProxyError, True),
        (exceptions.SSLError, True),
        (OSError, True),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_only_what_surely_did_not_reach_the_service_is_said_to_have_not(
    kind: type[Any], reached: bool
) -> None:
    failed = translated(raised(kind))
    assert isinstance(failed, ConnectionFailed)
    assert failed.reached is reached


def test_certificates_that_are_not_there_are_told_when_they_are_needed(
    requester: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/some/bundle.pem")
    with pytest.raises(ConnectionFailed, match=r"/some/bundle\.pem") as caught:
        post(requester, "https://x.invalid")
    assert not caught.value.reached
