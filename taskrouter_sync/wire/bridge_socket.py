"""One WebSocket, opened and read so that it can always be ended.

The only importer of websocket.
"""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from http.client import HTTPException, responses
from http.cookies import CookieError
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import websocket
from websocket import ABNF

from ..errors import ConnectionFailed, HttpError, TaskRouterError
from .answers import Answer, read
from .bounded import BoundedSocket
from .dial import Dial, GivenUp
from .tunnel import Proxy, TunnelRefused, dig


# Seconds for TCP, and again for TLS and the upgrade.
CONNECT_TIMEOUT = 5.0
HANDSHAKE_TIMEOUT = 15.0

# Bytes of an answer to the upgrade, and of a message, at most.
_LARGEST_HANDSHAKE = 256 * 1024
_LARGEST_MESSAGE = 64 * 1024 * 1024

# Characters of what went wrong, where the library quotes the service.
_LONGEST_WORDS = 300


# What opening raises: the library lets the error of a cookie that is none through.
_TROUBLE = (
    OSError,
    websocket.WebSocketException,
    GivenUp,
    ValueError,
    CookieError,
    HTTPException,
    TunnelRefused,
)


class Interrupted(Exception):
    """Somebody hung up."""


class Ended(Exception):
    """The connection is over: closed by the service, lost, or silent for too long."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class BridgeSocket:
    """Opened and read by one thread; `hang_up` may come from any other."""

    def __init__(self, silence: float) -> None:
        """Make it; `silence` is the seconds without a frame that mean a dead line."""
        self._silence = silence
        # Guards _hung_up, _dial and _tcp. Never held during I/O that can block.
        self._lock = threading.Lock()
        self._hung_up = False
        self._dial: Dial | None = None
        self._tcp: socket.socket | None = None
        # The reading thread's, from the upgrade on: with the place of the next message
        # there, if that has come already.
        self._bounded: BoundedSocket
        self._next: tuple[int, int] | None = None
        # Skipping the check of UTF-8, which is pure Python there and costs ten times
        # the rest; frames.py decodes.
        self._websocket: Any = websocket.WebSocket(
            skip_utf8_validation=True, enable_multithread=True
        )

    def open(
        self, url: str, ca_bundle: str | None, proxy_url: str | None = None
    ) -> None:
        """Connect: TCP, the proxy's tunnel, TLS for wss, the WebSocket upgrade.

        Args:
            url: of the channel, with the token.
            ca_bundle: path of the certificates to trust; None for the system's.
            proxy_url: of the proxy to go through; None for the straight way.

        Raises:
            HttpError: the service answered the upgrade with a refusal.
            ConnectionFailed: it did not get that far.
            Interrupted: somebody hung up meanwhile.
        """
        try:
            self._open(url, ca_bundle, Proxy.of(proxy_url) if proxy_url else None)
            return
        except _TROUBLE as error:
            trouble = error
        # Out here, where the library's error is no context: it may quote the token.
        raise Interrupted if self._hung_up else _translated(trouble, url)

    def _open(self, url: str, ca_bundle: str | None, proxy: Proxy | None) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "wss"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        dial = Dial()
        with self._lock:
            self._dial = dial
            if self._hung_up:
                dial.give_up()
        first = (proxy.host, proxy.port) if proxy else (host, port)
        tcp = dial.connect(*first, CONNECT_TIMEOUT)
        tcp.settimeout(HANDSHAKE_TIMEOUT)
        self._adopt(tcp)
        if proxy:
            dig(tcp, proxy, host, port)
        if secure:
            context = _trust(ca_bundle)
            tcp = context.wrap_socket(
                tcp, server_hostname=host, do_handshake_on_connect=False
            )
            self._adopt(tcp)
            # The type of the wrapped socket is only known where it was made.
            assert isinstance(tcp, ssl.SSLSocket)
            tcp.do_handshake()
        self._bounded = BoundedSocket(tcp, HANDSHAKE_TIMEOUT, _LARGEST_HANDSHAKE)
        # A redirect could carry the token to another host: it counts as a refusal.
        try:
            self._websocket.connect(
                url, socket=self._bounded, suppress_origin=True, redirect_limit=0
            )
        finally:
            # Some versions raise when the limit is exhausted, others do not.
            status = self._websocket.getstatus()
            if status is not None and 300 <= status < 400:
                raise websocket.WebSocketBadStatusException("redirect", status)

    def _adopt(self, tcp: socket.socket) -> None:
        """Make the socket known to `hang_up`; end it if that was called already."""
        with self._lock:
            self._dial = None
            self._tcp = tcp
            hung_up = self._hung_up
        if hung_up:
            _shut(tcp)

    def __iter__(self) -> Iterator[bytes]:
        """Give the payload of each message until the connection ends.

        Raises:
            Ended: closed by the service, lost, or silent for too long.
            Interrupted: somebody hung up.
        """
        try:
            while True:
                data = self._bounded.take(*self._next) if self._next else self._read()
                # Not after a ping: that may be in the middle of a message.
                self._next = self._bounded.whole_text() if data is not None else None
                if data is not None:
                    yield data
        except (OSError, websocket.WebSocketException) as error:
            if self._hung_up:
                raise Interrupted from None
            raise Ended(reason=_reason(error)) from error

    def _read(self) -> bytes | None:
        """Wait for the next message; None for a ping or pong, answered already."""
        # A frame that never ends is silence too.
        self._bounded.allow(self._silence, _LARGEST_MESSAGE)
        opcode, frame = self._websocket.recv_data_frame(True)
        if opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY):
            data: bytes = frame.data
            return data
        if opcode == ABNF.OPCODE_CLOSE:
            raise _closed(frame.data)
        return None

    @property
    def more(self) -> bool:
        """Whether the next message is here already, so that reading it won't wait."""
        return self._next is not None

    def hang_up(self) -> None:
        """End it from another thread, at whatever it is; returns at once."""
        with self._lock:
            first = not self._hung_up
            self._hung_up = True
            dial, tcp = self._dial, self._tcp
        if not first:
            return
        if dial is not None:
            dial.give_up()
        if tcp is not None:
            self._say_goodbye(tcp)
            _shut(tcp)

    def _say_goodbye(self, tcp: socket.socket) -> None:
        """Send a close frame if that is possible without waiting."""
        if not self._websocket.connected or not _writable(tcp):
            return
        try:
            self._websocket.send_close()
        except (OSError, websocket.WebSocketException):
            return  # it is gone already, which is what is wanted

    def close(self) -> None:
        """Let go of the file descriptor; for the thread that opened it."""
        with self._lock:
            tcp, self._tcp = self._tcp, None
        if tcp is not None:
            tcp.close()


@cache  # reading a bundle takes milliseconds and a megabyte
def _trust(ca_bundle: str | None) -> ssl.SSLContext:
    """Verify with a file of certificates, or with a directory of them."""
    if ca_bundle is not None and os.path.isdir(ca_bundle):
        return ssl.create_default_context(capath=ca_bundle)
    return ssl.create_default_context(cafile=ca_bundle)


def _shut(tcp: socket.socket) -> None:
    """Wake whoever reads from it: over TLS too, hence not by SSLSocket's own method."""
    try:
        socket.socket.shutdown(tcp, socket.SHUT_RDWR)
    except OSError:
        return  # not connected any more: nobody can be waiting for it


def _writable(tcp: socket.socket) -> bool:
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(tcp, selectors.EVENT_WRITE)
            return bool(selector.select(0))
    except (OSError, ValueError):
        return False  # closed meanwhile


def _closed(data: bytes) -> Ended:
    if len(data) < 2:
        return Ended()
    return Ended(int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace"))


def _reason(error: Exception) -> str:
    if isinstance(error, websocket.WebSocketTimeoutException | TimeoutError):
        return "no frame came for too long"
    return str(error) or type(error).__name__


def _translated(error: Exception, url: str) -> TaskRouterError:
    """Say in our own errors what went wrong; the library's may quote the token."""
    if isinstance(error, websocket.WebSocketBadStatusException):
        status = error.status_code or 0  # None for an answer without a status line
        body = getattr(error, "resp_body", None)
        answer = Answer(
            status, responses.get(status, ""), body if isinstance(body, bytes) else b""
        )
        if status < 300:
            return ConnectionFailed(f"The upgrade was answered with status {status}")
        return _refusal(answer, url)
    words = str(error) or type(error).__name__
    if token := _token(url):
        words = words.replace(token, "<token>")
    words = words[:_LONGEST_WORDS]
    host = urlsplit(url).hostname
    return ConnectionFailed(f"No connection to the event bridge at {host}: {words}")


def _refusal(answer: Answer, url: str) -> HttpError:
    try:
        read(answer, "GET", _token(url))
    except HttpError as error:
        return error
    raise AssertionError("a status outside 2xx is an error")


def _token(url: str) -> str:
    """Take the token out of a socket's URL, to know what must not be quoted."""
    return dict(parse_qsl(urlsplit(url).query)).get("token", "")
