"""What may stand between a client and a service: a proxy, and TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from .collector import LIMIT, join


Address = tuple[str, int]


class Front:
    """Takes connections on a port of its own and passes their bytes on.

    With a target all go there, after TLS if there is a context. Without one it is a
    proxy of HTTP: it goes where each request says.

    Attributes:
        heads: what proxied requests began with.
        refusal: the answer to give to a CONNECT, instead of a tunnel.
        connections: how many it has taken.
    """

    def __init__(
        self, target: Address | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._target = target
        self._tls = tls
        self.heads: list[str] = []
        self.refusal: bytes | None = None
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        # Guards _sockets and _threads; close() ends what is in them.
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        _end(self._listener)
        self._listener.close()
        with self._lock:
            sockets, threads = list(self._sockets), list(self._threads)
        for each in sockets:
            _end(each)
        for thread in threads:
            join(thread)
        for each in self._sockets:
            each.close()

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _keep(self, sock: socket.socket) -> socket.socket:
        with self._lock:
            self._sockets.append(sock)
        return sock

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._keep(self._listener.accept()[0])
                self.connections += 1
                self._start(lambda near=near: self._serve(near))  # type: ignore[misc] # its type is the default's

    def _serve(self, near: socket.socket) -> None:
        try:
            if self._tls is not None:
                near = self._keep(self._tls.wrap_socket(near, server_side=True))
            target, first = self._target, b""
            if target is None:
                target, first = self._asked(near)
            far = self._keep(socket.create_connection(target, LIMIT))
            far.settimeout(None)
            far.sendall(first)
            self._start(lambda: _pass_on(far, near))
            _pass_on(near, far)
        except OSError:  # one of both went away, or refused our certificate
            _end(near)

    def _asked(self, near: socket.socket) -> tuple[Address, bytes]:
        """Read where a request wants to go, and what must be passed on of it."""
        head = _head(near)
        self.heads.append(head.decode())
        method, where, _ = head.decode().split(" ", 2)
        parts = urlsplit(where if "://" in where else f"//{where}")
        address = parts.hostname or "", parts.port or 80
        if method != "CONNECT":
            return address, head
        if self.refusal is not None:
            near.sendall(self.refusal)
            raise ConnectionRefusedError
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return address, b""


def _head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise ConnectionAbortedError
        head += byte
    return head


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _end(source)
    _end(sink)


def _end(sock: socket.socket) -> None:
    # A TLS socket's own method would only end the TLS.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def secure(target: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Run one with TLS before a URL; gives its own URL, and the bundle to trust."""
    authority, bundle = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with front(target, context) as made:
        yield f"https://127.0.0.1:{made.port}", str(bundle)


@contextmanager
def front(
    target: str | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Front]:
    """Run one before a URL, or as a proxy of HTTP."""
    parts = urlsplit(target) if target else None
    made = Front((parts.hostname or "", parts.port or 80) if parts else None, tls)
    try:
        yield made
    finally:
        made.close()
