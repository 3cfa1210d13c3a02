"""One WebSocket: opened, read, and ended from outside at whatever it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from taskrouter_sync.errors import ConnectionFailed, HttpError, TaskRouterError
from taskrouter_sync.wire import bridge_socket
from taskrouter_sync.wire.bridge_socket import BridgeSocket, Ended, Interrupted

from ..support.collector import Background, wait
from ..support.raw_server import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Peer,
    RawServer,
    Script,
    frame,
    unused_port,
)
from ..support.secrets import assert_no_secret


SECRET = "eyJhbGciOi.JIUzI1NiJ9.secret-signature"


def url_of(server: RawServer) -> str:
    return f"ws://127.0.0.1:{server.port}/v1/wschannels/AC1/WK1?token={SECRET}"


@contextmanager
def opened(script: Script, silence: float = 5.0) -> Iterator[BridgeSocket]:
    """Open a socket to a server that agrees and then runs the script."""

    def upgrade_and_run(peer: Peer) -> None:
        peer.upgrade()
        script(peer)

    with RawServer(upgrade_and_run) as server:
        made = BridgeSocket(silence)
        try:
            made.open(url_of(server), None)
            yield made
        finally:
            made.close()


def refusal_of(script: Script) -> TaskRouterError:
    """Try to open a socket to a server that does not agree; give the error."""
    with RawServer(script) as server:
        made = BridgeSocket(5.0)
        try:
            with pytest.raises(TaskRouterError) as caught:
                made.open(url_of(server), None)
        finally:
            made.close()
    return caught.value


# Opening.


def test_open_asks_for_the_upgrade_with_the_token_and_without_an_origin() -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.stall()

    with RawServer(script) as server:
        made = BridgeSocket(5.0)
        made.open(url_of(server), None)
        made.close()
        head = server.next_head()
    assert head.startswith(f"GET /v1/wschannels/AC1/WK1?token={SECRET} HTTP/1.1\r\n")
    assert "\r\nOrigin:" not in head


def answered(status: int, body: bytes = b"", **headers: str) -> Script:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.answer(status, body, [*headers.items()])
        peer.until_gone()

    return script


def sent(data: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(data)

    return script


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_refused_upgrade_is_an_http_error(status: int) -> None:
    error = refusal_of(answered(status))
    assert isinstance(error, HttpError)
    assert error.status == status


def test_a_refusal_is_told_in_the_words_of_its_body() -> None:
    error = refusal_of(answered(403, b'{"code": 20403, "message": "No policy"}'))
    assert (str(error), error.code) == ("403 No policy", 403)
    assert isinstance(error, HttpError)
    assert error.twilio_code == 20403


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_refusal_and_nobody_goes_there(status: int) -> None:
    with RawServer() as elsewhere:
        error = refusal_of(answered(status, Location=elsewhere.url))
        assert elsewhere.heads.empty()
    assert isinstance(error, HttpError)
    assert error.status == status


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Accept: of-another\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nno header\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"HTTP/1.1 401 No\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nSet-Cookie: a/b=c\r\n\r\n",
        b"",
        b"HTTP/1.1 101 Swi",
    ],
)
def test_an_answer_that_is_no_upgrade_is_a_failed_connection(answer: bytes) -> None:
    assert isinstance(refusal_of(sent(answer)), ConnectionFailed)


def test_a_reset_in_the_handshake_is_a_failed_connection() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.cut()

    assert isinstance(refusal_of(script), ConnectionFailed)


def test_a_port_where_nobody_listens_is_a_failed_connection() -> None:
    made = BridgeSocket(5.0)
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
        made.open(f"ws://127.0.0.1:{unused_port()}/?token={SECRET}", None)


def test_a_handshake_that_is_never_answered_ends_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bridge_socket, "HANDSHAKE_TIMEOUT", 0.05)
    assert isinstance(refusal_of(lambda peer: peer.stall()), ConnectionFailed)


def test_a_handshake_that_drips_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_socket, "HANDSHAKE_TIMEOUT", 0.1)

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
        while True:
            peer.send(b"X: y\r\n")
            peer.server.stalled.wait(0.01)

    assert isinstance(refusal_of(script), ConnectionFailed)


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 101 Switching Protocols\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nX: ",
        b"HTTP/1.1 403 No\r\nContent-Length: 999999999999\r\n\r\n",
    ],
)
def test_an_answer_to_the_upgrade_that_has_no_end(start: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(start)
        while True:
            peer.send(b"X: yyyyyyyyyyyy\r\n" * 4096)

    error = refusal_of(script)
    assert isinstance(error, ConnectionFailed)
    assert len(error.message) < 500


def test_a_server_without_tls_is_a_failed_connection() -> None:
    with RawServer(lambda peer: peer.send(b"HTTP/1.1 400 No\r\n\r\n")) as server:
        made = BridgeSocket(5.0)
        with pytest.raises(ConnectionFailed):
            made.open(f"wss://127.0.0.1:{server.port}/?token={SECRET}", None)
        made.close()


def test_a_missing_ca_bundle_is_a_failed_connection() -> None:
    with RawServer(lambda peer: peer.stall()) as server:
        made = BridgeSocket(5.0)
        with pytest.raises(ConnectionFailed):
            made.open(f"wss://127.0.0.1:{server.port}/", "/nowhere/bundle.pem")
        made.close()


ECHO = (
    f'{{"message": "bad {SECRET}", "more_info": "https://x/?token={SECRET}"}}'.encode()
)


@pytest.mark.parametrize(
    "script",
    [
        answered(401, ECHO),
        answered(302, Location=f"http://127.0.0.1/?token={SECRET}"),
        sent(f"HTTP/1.1 403 {SECRET}\r\nContent-Length: 0\r\n\r\n".encode()),
        sent(f"HTTP/1.1 {SECRET}\r\n\r\n".encode()),
        sent(f"HTTP/1.1 200 {SECRET}\r\nX: {SECRET}\r\n\r\n".encode()),
    ],
    ids=["body", "location", "reason", "status", "header"],
)
def test_a_token_that_is_echoed_is_nowhere_in_the_error(script: Script) -> None:
    assert_no_secret(refusal_of(script), SECRET)


# Reading.


def messages(script: Script, silence: float = 5.0) -> tuple[list[bytes], Ended]:
    """Read all messages of a server; give them and how the connection ended."""
    came: list[bytes] = []
    with opened(script, silence) as made, pytest.raises(Ended) as ended:
        came.extend(made)
    return came, ended.value


def test_messages_come_in_order() -> None:
    def script(peer: Peer) -> None:
        for number in range(100):
            peer.frame(str(number))
        peer.close_frame()
        peer.until_gone()

    came, _ = messages(script)
    assert came == [str(number).encode() for number in range(100)]


def test_text_that_is_no_utf_8_comes_as_it_is() -> None:
    def script(peer: Peer) -> None:
        peer.frame(b"\xff\xfe")
        peer.frame(b"\xff", BINARY)
        peer.close_frame()

    assert messages(script)[0] == [b"\xff\xfe", b"\xff"]


def test_a_message_in_parts_comes_whole() -> None:
    def script(peer: Peer) -> None:
        peer.frame("one ", TEXT, fin=False)
        peer.frame("", PING)
        peer.frame("two", CONTINUATION)
        peer.close_frame()

    assert messages(script)[0] == [b"one two"]


def test_a_large_message_comes_whole() -> None:
    def script(peer: Peer) -> None:
        peer.frame("x" * 1_000_000)
        peer.close_frame()

    assert messages(script)[0] == [b"x" * 1_000_000]


def test_frames_sent_with_the_upgrade_s_answer_are_not_lost() -> None:
    def script(peer: Peer) -> None:
        peer.upgrade(and_then=frame("first"))
        peer.stall()

    with RawServer(script) as server:
        made = BridgeSocket(5.0)
        made.open(url_of(server), None)
        assert next(iter(made)) == b"first"
        made.close()


@pytest.mark.parametrize(
    ("next_frame", "more"),
    [
        (frame("second"), True),
        (frame("x" * 125), True),
        (frame("x" * 126), True),
        (frame("x" * 5_000), True),
        # Its rest may not come for long.
        (frame("second")[:-1], False),
        (frame("x" * 126)[:-1], False),
        (frame("x" * 70_000)[:14_000], False),
        (b"\x81", False),
        # Nothing comes of these that a reader would get.
        (frame("", PING), False),
        (frame("part", TEXT, fin=False), False),
        (b"", False),
    ],
)
def test_more_is_told_of_a_message_that_is_here_already(
    next_frame: bytes, more: bool
) -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.send(frame("first") + next_frame)
        peer.stall()

    with RawServer(script) as server:
        made = BridgeSocket(5.0)
        made.open(url_of(server), None)
        assert next(iter(made)) == b"first"
        assert made.more is more
        made.close()


def test_a_ping_is_answered_with_what_it_holds() -> None:
    frames: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.frame("are you there", PING)
        frames.append(peer.read_frame())
        peer.close_frame()

    messages(script)
    assert frames == [(PONG, b"are you there")]


def test_a_close_frame_tells_code_and_reason() -> None:
    def script(peer: Peer) -> None:
        peer.close_frame(4001, "moved to another host")
        peer.until_gone()

    _, ended = messages(script)
    assert (ended.code, ended.reason) == (4001, "moved to another host")


def test_a_close_frame_is_answered() -> None:
    frames: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        peer.close_frame(1000)
        frames.append(peer.read_frame())

    messages(script)
    assert frames[0][0] == CLOSE


def test_a_close_frame_without_a_code_has_none() -> None:
    _, ended = messages(lambda peer: peer.frame("", CLOSE))
    assert (ended.code, ended.reason) == (None, "")


def test_a_cut_line_is_an_end() -> None:
    _, ended = messages(Peer.cut)
    assert ended.code is None


def test_an_end_of_the_stream_is_an_end() -> None:
    _, ended = messages(lambda peer: None)
    assert ended.code is None


@pytest.mark.parametrize(
    "odd",
    [
        b"\x83\x00",  # an opcode that there is not
        b"\xc1\x00",  # a reserved bit
        b"\x80\x00",  # a continuation of nothing
        b"\x88\x01\x00",  # a close frame with half a code
        b"\x88\x02\x00\x01",  # a code that there is not
        b"\x89\x7e\x00\x80" + b"x" * 128,  # a ping that is too long
    ],
)
def test_a_frame_against_the_protocol_ends_the_connection(odd: bytes) -> None:
    came, _ = messages(lambda peer: peer.send(odd))
    assert came == []


def test_silence_is_an_end() -> None:
    _, ended = messages(lambda peer: peer.stall(), silence=0.05)
    assert ended.reason == "no frame came for too long"


def test_half_a_frame_and_then_silence_is_an_end() -> None:
    def script(peer: Peer) -> None:
        peer.send(b"\x81\x05he")
        peer.stall()

    came, ended = messages(script, silence=0.05)
    assert (came, ended.reason) == ([], "no frame came for too long")


def dripping(peer: Peer) -> None:
    """Announce a frame of terabytes, and send it byte by byte."""
    peer.send(b"\x81\x7f" + (1 << 42).to_bytes(8, "big"))
    while True:
        peer.send(b"x")
        peer.server.stalled.wait(0.01)


def test_a_frame_that_drips_is_silence() -> None:
    """Each byte comes in time, but no frame does."""
    came, ended = messages(dripping, silence=0.1)
    assert (came, ended.reason) == ([], "no frame came for too long")


@pytest.mark.parametrize("opcode", [TEXT, CONTINUATION])
def test_a_message_without_end_is_the_end(
    monkeypatch: pytest.MonkeyPatch, opcode: int
) -> None:
    """In one frame, or in ever more parts of one message."""
    monkeypatch.setattr(bridge_socket, "_LARGEST_MESSAGE", 100_000)

    def script(peer: Peer) -> None:
        peer.frame("first", fin=opcode == TEXT)
        while True:
            peer.frame(b"x" * 200_000, opcode, fin=False)

    came, ended = messages(script)
    assert came == ([b"first"] if opcode == TEXT else [])
    assert "more than it may" in ended.reason


# Ending it from outside.


def hang_up_while(script: Script) -> None:
    """Hang up on a server that stalls, while another thread opens or reads."""
    with RawServer(script) as server:
        made = BridgeSocket(30.0)

        def open_and_read() -> None:
            try:
                made.open(url_of(server), None)
                for _ in made:
                    raise AssertionError("a message came")
            finally:
                made.close()

        reader = Background(open_and_read)
        wait(server.stalled, "the server's part")
        made.hang_up()
        with pytest.raises(Interrupted):
            reader.result(2.0)


def upgraded(rest: Callable[[Peer], None]) -> Script:
    def script(peer: Peer) -> None:
        peer.upgrade()
        rest(peer)
        peer.stall()

    return script


@pytest.mark.parametrize(
    "script",
    [
        lambda peer: peer.stall(),
        upgraded(lambda peer: None),
        upgraded(lambda peer: peer.send(b"\x81\x7f")),
    ],
    ids=["unanswered handshake", "silent line", "half a frame"],
)
def test_hang_up_ends_what_another_thread_waits_for(script: Script) -> None:
    hang_up_while(script)


def test_hang_up_ends_a_tls_handshake_that_is_never_answered() -> None:
    with RawServer(lambda peer: peer.stall()) as server:
        made = BridgeSocket(30.0)
        opening = Background(lambda: made.open(f"wss://127.0.0.1:{server.port}/", None))
        wait(server.stalled, "the connection")
        made.hang_up()
        with pytest.raises(Interrupted):
            opening.result(2.0)
        made.close()


def test_hang_up_before_open_counts() -> None:
    with RawServer() as server:
        made = BridgeSocket(30.0)
        made.hang_up()
        with pytest.raises(Interrupted):
            made.open(url_of(server), None)
        made.close()


def test_hang_up_says_goodbye_first() -> None:
    frames: list[tuple[int, bytes]] = []

    def script(peer: Peer) -> None:
        frames.append(peer.read_frame())

    with opened(script) as made:
        made.hang_up()
        with pytest.raises(Interrupted):
            next(iter(made))
    assert frames == [(CLOSE, b"\x03\xe8")]


def test_hang_up_does_not_wait_for_a_peer_that_reads_nothing() -> None:
    """The kernel's buffers are full: no close frame can be sent, and none is."""
    full = threading.Event()

    def script(peer: Peer) -> None:
        peer.socket.settimeout(0.1)
        try:
            while True:
                peer.frame("x" * 100, PING)
        except TimeoutError:
            # The pongs are not read, so that both sides wait for each other.
            full.set()
        peer.socket.settimeout(None)
        peer.stall()

    with opened(script, silence=30.0) as made:
        reader = Background(lambda: list(made))
        wait(full, "buffers that are full")
        made.hang_up()
        with pytest.raises(Interrupted):
            reader.result(2.0)


def test_hang_up_twice_and_after_the_end_does_nothing() -> None:
    with opened(lambda peer: None) as made:
        with pytest.raises(Ended):
            next(iter(made))
        made.hang_up()
        made.hang_up()
    made.hang_up()
