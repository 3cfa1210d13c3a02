"""One WebSocket connection that any thread can abort, whatever it is doing.

The only importer of websocket.
"""

from __future__ import annotations

import errno
import os
import re
import selectors
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, parse_headers, responses
from http.cookies import CookieError
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import websocket
from websocket import ABNF

from .errors import ConnectionFailed, TaskRouterError
from .http import Reply, http_error
from .network import Proxy, Route, describe_failure
from .timing import Timing
from .tokens import Secret


# Bytes of the response to the upgrade, and of a message.
_LARGEST_HANDSHAKE = 256 * 1024
_LARGEST_MESSAGE = 64 * 1024 * 1024

# A response that another one follows, and how many bytes show it.
_INFORMATIONAL = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d")
_SHORTEST = 12
_STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d)\b")

# Bytes read at once. Each call to the socket gives another thread its turn; but an idle
# connection should not take the memory of a busy one.
_FIRST_READ = 8192
_NEXT_READ = 65536

# Seconds after which the next address of a name is tried beside the first (RFC 8305
# recommends 0.25).
_NEXT_ADDRESS = 0.25

# For a few waits; DefaultSelector is made for many, and costs more system calls.
_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.DefaultSelector
)

# What wakes the thread that reads, and lets it still send a close frame.
_WAKE_READER = socket.SHUT_RDWR if os.name == "nt" else socket.SHUT_RD

# What opening raises: websocket-client lets the error of an invalid cookie through, and
# up to 1.9.0 that of a status line without a status.
_FAILURES = (
    OSError,
    IndexError,
    websocket.WebSocketException,
    HTTPException,
    ValueError,
    CookieError,
)


class Aborted(Exception):
    """`abort` was called."""


class Closed(Exception):
    """The connection was closed by the service, lost, or silent for too long.

    Attributes:
        code, reason: of the service's close frame, if it sent one.
    """

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class _Reader:
    """A socket that reads ahead, until a deadline, and a limited number of bytes.

    For websocket-client, which takes any connected socket. A limit for each `recv`
    alone would be none for a peer that sends a byte now and then.

    Attributes:
        status: of the response to the upgrade; 0 before it has come.
        refusal: that response, as far as it was read, if it is one.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._start = 0
        self._size = _FIRST_READ
        self._seconds = 0.0
        self._is_first = True
        self.status = 0
        self.refusal = bytearray()

    def limit(self, seconds: float, size: int) -> None:
        """Let what comes next take so many seconds from now, and bytes."""
        self._seconds, self._left = seconds, size
        self._deadline = 0.0  # from the first wait on

    def recv(self, size: int) -> bytes:
        if self._left <= 0:
            raise OSError(errno.EMSGSIZE, "the service sent more data than allowed")
        if self._start == len(self._buffer):
            self._buffer, self._start = self._receive(), 0
            if self._is_first:
                self._is_first = False
                self._skip_informational()
                if found := _STATUS.match(self._buffer):
                    self.status = int(found[1])
        if size > self._left:
            size = self._left
        data = self._buffer[self._start : self._start + size]
        self._start += len(data)
        self._left -= len(data)
        if self.status >= 300:
            self.refusal += data
        return data

    def _receive(self) -> bytes:
        now = time.monotonic()
        seconds = self._seconds
        if not self._deadline:
            self._deadline = now + seconds
        else:
            seconds = self._deadline - now
        if seconds <= 0:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if self._sock.gettimeout() != seconds:
            self._sock.settimeout(seconds)
        data = self._sock.recv(self._size)
        self._size = _NEXT_READ if len(data) == self._size else _FIRST_READ
        return data

    def _skip_informational(self) -> None:
        """Pass over 1xx responses, which websocket-client does not know."""
        while len(self._buffer) < _SHORTEST or _INFORMATIONAL.match(self._buffer):
            _, end, rest = self._buffer.partition(b"\r\n\r\n")
            if end and len(self._buffer) >= _SHORTEST:
                self._buffer = rest
            elif len(self._buffer) > self._left or not (more := self._receive()):
                return
            else:
                self._buffer += more

    def send(self, data: bytes) -> int:
        return self._sock.send(data)

    def gettimeout(self) -> float | None:
        return self._seconds  # asked for each read

    def settimeout(self, seconds: float | None) -> None:
        self._sock.settimeout(seconds)

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


class Transport:
    """Opened and read by one thread; `abort` may come from any other."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        # No lock, as a signal handler may abort while `abort` is running. Whoever opens
        # sets _sock or _wake and then looks at _aborted; `abort` does it the other way
        # round: one of them sees the other.
        self._aborted = False
        self._sock: socket.socket | None = None
        # Of the addresses that are tried.
        self._pending: list[socket.socket] = []
        # Written to by `abort` while addresses are tried.
        self._wake: socket.socket | None = None
        # The check of UTF-8 is pure Python there and takes ten times the rest; frames
        # are decoded when they are parsed.
        self._ws: Any = websocket.WebSocket(skip_utf8_validation=True)

    def open(self, url: Secret, route: Route) -> None:
        """Connect: TCP, the proxy's tunnel, TLS for wss, the WebSocket upgrade.

        Raises:
            HttpError: the service refused the upgrade.
            ConnectionFailed: it did not get that far.
            Aborted: `abort` was called.
        """
        error = self._open(url, route)
        if self._aborted:
            raise Aborted
        if error is not None:
            # Raised here, where no token is in reach, and without the library's
            # traceback.
            raise error

    def _open(self, url: Secret, route: Route) -> TaskRouterError | None:
        parts = urlsplit(url.reveal())
        secure = parts.scheme == "wss"
        host, port = parts.hostname or "", parts.port
        if port is None:
            port = 443 if secure else 80
        try:
            proxy = route.proxy
            sock = self._connect(*((proxy.host, proxy.port) if proxy else (host, port)))
            sock.settimeout(self._timing.handshake)
            self._adopt(sock)
            if proxy:
                self._tunnel(sock, proxy, host, port)
            if secure:
                secured = _context_for(route).wrap_socket(
                    sock, server_hostname=host, do_handshake_on_connect=False
                )
                self._adopt(secured)
                secured.do_handshake()
                sock = secured
            self._upgrade(sock, url)
        except Aborted:
            return None
        except websocket.WebSocketBadStatusException as error:
            return _refusal(error, url)
        except _FAILURES as error:
            reason = _reason(error, route)
            return ConnectionFailed(
                f"Event bridge unreachable ({host}:{port}: {reason})"
            )
        return None

    def _connect(self, host: str, port: int) -> socket.socket:
        """Connect to the address of a host that responds first.

        One that swallows packets must not use up the time of the others: each is tried
        a moment after the one before it, beside it.
        """
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        waker, self._wake = socket.socketpair()
        try:
            if self._aborted:
                raise Aborted
            return self._race(addresses, waker)
        finally:
            wake, self._wake = self._wake, None
            for each in (waker, wake, *self._pending):
                each.close()

    def _race(self, addresses: list[Any], waker: socket.socket) -> socket.socket:
        pending = self._pending
        deadline = time.monotonic() + self._timing.connect
        failure: OSError = OSError(errno.EADDRNOTAVAIL, "no address")
        with _Selector() as selector:
            selector.register(waker, selectors.EVENT_READ)
            while addresses or pending:
                if addresses:
                    family, kind, protocol, _, address = addresses.pop(0)
                    try:
                        new = socket.socket(family, kind, protocol)
                    except OSError as error:  # a family that this machine has not
                        failure = error
                        continue
                    pending.append(new)
                    new.setblocking(False)
                    code = new.connect_ex(address)
                    selector.register(new, selectors.EVENT_WRITE)
                    if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                        failure = _drop(new, code, pending, selector)
                        continue
                wait = max(0.0, deadline - time.monotonic())
                ready = selector.select(min(wait, _NEXT_ADDRESS) if addresses else wait)
                if not ready and not wait:
                    raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
                for key, _ in ready:
                    sock = key.fileobj
                    if sock is waker:
                        raise Aborted
                    assert isinstance(sock, socket.socket)
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code:
                        failure = _drop(sock, code, pending, selector)
                        continue
                    pending.remove(sock)
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return sock
        raise failure

    def _adopt(self, sock: socket.socket) -> None:
        """Make the socket known to `abort`; end it if that was called already."""
        self._sock = sock
        if self._aborted:
            _shut(sock)

    def _tunnel(self, sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
        """Make a connection to a proxy one to the host behind it."""
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers = {"Host": target, **proxy.headers()}
        via = HTTPConnection(proxy.host, proxy.port)
        # A duplicate, as reading the response closes what it was read from.
        via.sock = sock.dup()
        self._pending.append(via.sock)  # a forked child closes it
        try:
            via.request("CONNECT", target, headers=headers)
            with via.getresponse() as response:
                if not 200 <= response.status < 300:
                    raise OSError(f"Tunnel connection failed: {response.status}")
        finally:
            self._pending.clear()
            via.close()

    def _upgrade(self, sock: socket.socket, url: Secret) -> None:
        self._reader = _Reader(sock)
        self._reader.limit(self._timing.handshake, _LARGEST_HANDSHAKE)
        try:
            # A redirect could carry the token to another host: it counts as a refusal.
            self._ws.connect(
                url.reveal(),
                socket=self._reader,
                suppress_origin=True,
                redirect_limit=0,
            )
        except websocket.WebSocketBadStatusException:
            raise
        except _FAILURES:
            if self._reader.status < 300:
                raise
        # Some versions raise for a redirect, others do not; and a refusal is one
        # even if its body can't be read.
        status = self._reader.status
        if status >= 300:
            raise websocket.WebSocketBadStatusException(
                "refused", status, resp_headers=_headers_of(bytes(self._reader.refusal))
            )

    def __iter__(self) -> Iterator[bytes]:
        """Give the payload of each message until the connection ends.

        Raises:
            Closed: closed by the service, lost, or silent for too long.
            Aborted: `abort` was called.
        """
        receive, limit = self._ws.recv_data_frame, self._reader.limit
        heartbeat = self._timing.heartbeat
        try:
            while not self._aborted:
                # A frame that never ends is silence too.
                limit(heartbeat, _LARGEST_MESSAGE)
                opcode, frame = receive(True)
                if opcode in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY):
                    yield frame.data
                elif opcode == ABNF.OPCODE_CLOSE:
                    code, reason = frame.data[:2], frame.data[2:]
                    raise Closed(
                        int.from_bytes(code, "big") if len(code) == 2 else None,
                        reason.decode("utf-8", "replace"),
                    )
        except (OSError, websocket.WebSocketException) as error:
            if not self._aborted:
                raise Closed(reason=_reason(error)) from None
        # A close frame, if that is possible without waiting.
        sock = self._sock
        if sock is not None and self._ws.connected:
            # It may be gone already, or closed meanwhile.
            with suppress(OSError, ValueError, websocket.WebSocketException):
                with _Selector() as selector:
                    selector.register(sock, selectors.EVENT_WRITE)
                    if selector.select(0):
                        self._ws.send_close()
        raise Aborted

    def abort(self) -> None:
        """End it from another thread, whatever it is doing; returns at once."""
        self._aborted = True
        wake, sock = self._wake, self._sock
        if wake is not None:
            with suppress(OSError):  # it was closed meanwhile: nobody is waiting
                wake.send(b"x")
        if sock is not None:
            _shut(sock, _WAKE_READER)

    def close(self) -> None:
        """Close the socket's descriptor; on the thread that opened it."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    def forked(self) -> None:
        """Close the descriptors in a child process, but not the connection."""
        sock, self._sock = self._sock, None
        for each in (sock, *self._pending):
            if each is not None:
                # Not SSLSocket's own, which might send something; and at once, although
                # somebody may be reading from it.
                _below_tls(each, "close")()


def _headers_of(response: bytes) -> dict[str, str]:
    """Read the headers of a response; none, if its head did not come whole."""
    head, is_whole, _ = response.partition(b"\r\n\r\n")
    with suppress(HTTPException):  # too many, or too long
        if is_whole:
            lines = BytesIO(head.partition(b"\r\n")[2] + is_whole)
            found = parse_headers(lines)
            return {name.lower(): value for name, value in found.items()}
    return {}


def _context_for(route: Route) -> ssl.SSLContext:
    """Verify with a file of certificates, or a directory of them."""
    versions = []
    for path in (route.ca_bundle, *route.client_certificate):
        if path is not None:
            found = os.stat(path)
            # It may have been replaced by one as old.
            versions.append((found.st_mtime_ns, found.st_size, found.st_ino))
    return _context(route.ca_bundle, route.client_certificate, tuple(versions))


@lru_cache(maxsize=8)  # reading a bundle takes milliseconds and a megabyte
def _context(
    ca_bundle: str | None,
    client_certificate: tuple[str, ...],
    versions: tuple[tuple[int, ...], ...],
) -> ssl.SSLContext:
    if ca_bundle is not None and os.path.isdir(ca_bundle):
        context = ssl.create_default_context(capath=ca_bundle)
    else:
        context = ssl.create_default_context(cafile=ca_bundle)
    if client_certificate:
        context.load_cert_chain(*client_certificate)
    return context


def _drop(
    sock: socket.socket,
    code: int,
    pending: list[socket.socket],
    selector: selectors.BaseSelector,
) -> OSError:
    selector.unregister(sock)
    pending.remove(sock)
    sock.close()
    return OSError(code, os.strerror(code))


def _shut(sock: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    """Wake whoever reads from it: over TLS too, hence not by SSLSocket's own method."""
    with suppress(OSError):  # not connected any more: nobody can be waiting for it
        _below_tls(sock, "shutdown")(how)


def _below_tls(sock: socket.socket, name: str) -> Any:
    """Give a method as the plain socket has it."""
    for kind in reversed(type(sock).__mro__):
        if name in vars(kind):
            return vars(kind)[name].__get__(sock)
    # eventlet's sockets have the methods of another one.
    return getattr(sock, name)


def _reason(error: BaseException, route: Route | None = None) -> str:
    if isinstance(error, websocket.WebSocketTimeoutException | TimeoutError):
        return "timed out"
    if isinstance(error, websocket.WebSocketConnectionClosedException):
        return "closed without a close frame"
    is_library = isinstance(
        error, websocket.WebSocketException | CookieError | ValueError | IndexError
    )
    if is_library and not isinstance(error, OSError):
        return (
            f"the response is not a valid WebSocket response ({type(error).__name__})"
        )
    if route is None:
        return describe_failure(error)
    return describe_failure(error, route.ca_bundle, route.client_certificate)


def _refusal(
    error: websocket.WebSocketBadStatusException, url: Secret
) -> TaskRouterError:
    status = error.status_code or 0  # None for a response without a status line
    if status < 300:
        return ConnectionFailed(
            f"The service responded to the WebSocket upgrade with status {status}"
        )
    body, headers = getattr(error, "resp_body", None), error.resp_headers or {}
    reply = Reply(
        status,
        responses.get(status, ""),
        body if isinstance(body, bytes) else b"",
        headers.get("retry-after"),
        headers.get("date"),
    )
    token = parse_qs(urlsplit(url.reveal()).query).get("token", [""])[0]
    return http_error(reply, [Secret(token)])
