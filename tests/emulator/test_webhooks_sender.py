"""Sending one webhook: every end that it can come to is an answer or a NotAnswered."""

from __future__ import annotations

import asyncio
import ssl

import pytest
import trustme
from twilio.request_validator import RequestValidator

from taskrouter_sync.emulator.webhook_request import (
    MAX_ANSWER,
    Method,
    NotAnswered,
    Reply,
    Sender,
    compose,
)
from tests.support.raw_server import Peer, RawServer, unused_port


KEY = "0123456789abcdef"
JSON = [("Content-Type", "application/json")]


def send(
    url: str, method: Method = "POST", seconds: float = 5.0, **params: str
) -> Reply:
    """Send one webhook from a loop of its own."""

    async def run() -> Reply:
        sender = Sender()
        try:
            return await sender.send(compose(KEY, url, params, method), seconds)
        finally:
            await sender.close()

    return asyncio.run(run())


def failure(url: str, seconds: float = 5.0) -> tuple[str, bool]:
    """Say why there was no answer, and whether that may pass."""
    with pytest.raises(NotAnswered) as caught:
        send(url, seconds=seconds)
    assert caught.value.__cause__ is None
    return caught.value.message, caught.value.passing


def answering(status: int, body: bytes, *headers: tuple[str, str]) -> RawServer:
    def answer(peer: Peer) -> None:
        peer.read_head()
        peer.answer(status, body, headers)
        peer.until_gone()

    return RawServer(answer)


def test_the_answer_is_given_as_it_came() -> None:
    body = '{"instruction": "Zoë"}'
    with answering(200, body.encode(), ("Content-Type", "Application/JSON;a=b")) as it:
        assert send(it.url) == Reply(200, "application/json", body)


def test_what_is_no_utf8_is_read_as_well_as_it_can_be() -> None:
    with answering(200, b"\xff{}", *JSON) as server:
        assert send(server.url).text == "\ufffd{}"


def test_the_longest_answer_is_read() -> None:
    with answering(200, b"x" * MAX_ANSWER, *JSON) as server:
        assert send(server.url).text == "x" * MAX_ANSWER


def test_a_longer_answer_is_not_read_to_its_end() -> None:
    def endless(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while True:  # until the peer is gone
            peer.send(b"x" * 65536)

    with RawServer(endless) as server:
        assert send(server.url).text is None


def test_an_answer_that_is_compressed_is_not_unpacked() -> None:
    with answering(200, b"\x1f\x8b??", ("Content-Encoding", "gzip"), *JSON) as server:
        assert send(server.url).text == "\x1f\ufffd??"
        assert "Accept-Encoding: identity" in server.next_head()


def sending(data: bytes, stays: bool = True) -> RawServer:
    """Send this for an answer, and stay until the client is gone, or hang up."""

    def answer(peer: Peer) -> None:
        peer.read_head()
        peer.send(data)
        if stays:
            peer.until_gone()

    return RawServer(answer)


OK = b"HTTP/1.1 200 OK\r\n"
HALF = OK + b"Content-Length: 10\r\n\r\n12345"
NO_ANSWERS = {
    "it hangs up": (b"", False),
    "it breaks off": (HALF, False),
    "it is no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", True),
    "a long header": (OK + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n", False),
    "a bad chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", True),
}


@pytest.mark.parametrize(("data", "stays"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_may_pass(data: bytes, stays: bool) -> None:
    with sending(data, stays) as server:
        message = "the connection was lost, or the response is not valid HTTP"
        assert failure(server.url) == (message, True)


def test_the_limit_is_for_the_whole_answer() -> None:
    with sending(HALF) as server:
        assert failure(server.url, 0.2) == ("no response within 0.2 s", True)


def test_a_port_that_nobody_listens_on_may_be_listened_on_later() -> None:
    url = f"http://127.0.0.1:{unused_port()}/"
    assert failure(url) == ("no connection: Connection refused", True)


def test_a_name_that_nobody_has_may_be_known_later() -> None:
    assert failure("http://nobody.invalid/") == ("the host is unknown", True)


def test_a_name_is_looked_up() -> None:
    with answering(204, b"") as server:
        assert send(f"http://localhost:{server.port}/").status == 204


def test_a_server_that_speaks_no_tls_is_not_trusted() -> None:
    with RawServer(lambda peer: peer.send(b"HTTP/1.1 400 No\r\n\r\n")) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert failure(url) == ("no secure connection", False)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def greet(peer: Peer) -> None:
        try:
            with context.wrap_socket(peer.socket, server_side=True) as secure:
                secure.recv(1)
        except ssl.SSLError:
            return  # The client has said what it thinks of the certificate.

    with RawServer(greet) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert failure(url) == ("no secure connection", False)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a b/ä?q=ö ü&x=%20&y#part", "/%2F/..//./x?", "/%zz?a=[1]&b={2}|3"],
)
def test_what_arrives_is_what_was_signed(path: str) -> None:
    with answering(204, b"") as server:
        url = f"HTTP://me:pass@LocalHost:{server.port}{path}"
        post = compose(KEY, url, {"a": "1"})
        assert send(url, a="1").status == 204
        head = server.next_head().split("\r\n")
    target = head[0].split(" ")[1]
    [host] = [line[6:] for line in head if line.startswith("Host: ")]
    arrived = f"http://{host}{target}"
    assert RequestValidator(KEY).validate(arrived, {"a": "1"}, post.signature)
    assert f"X-Twilio-Signature: {post.signature}" in head


def test_connections_are_not_kept() -> None:
    """A receiver that is started again would not know them."""

    def answer(peer: Peer) -> None:
        peer.read_head()
        peer.answer(204)
        peer.until_gone()

    async def twice(url: str) -> list[int]:
        sender = Sender()
        post = compose(KEY, url, {})
        replies = [await sender.send(post, 5.0) for _ in range(2)]
        await sender.close()
        return [reply.status for reply in replies]

    with RawServer(answer, answer) as server:
        assert asyncio.run(twice(server.url)) == [204, 204]
