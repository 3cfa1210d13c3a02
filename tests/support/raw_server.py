"""A TCP server that does exactly what a test says, however wrong that is.

Each connection runs the next of the server's scripts in a thread of its own. With
`answer_posts` the POSTs of a client are answered, and the scripts are for its sockets.
"""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from .collector import LIMIT, join


Script = Callable[["Peer"], None]
# Gets the envelope of a POST, gives status and body.
AnswerPosts = Callable[[Mapping[str, Any]], tuple[int, Any]]

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Peer:
    """One connection, seen from the server.

    Attributes:
        head: the request's first lines, once they have been read.
    """

    def __init__(self, server: RawServer, connection: socket.socket) -> None:
        self.server = server
        self.socket = connection
        self.socket.settimeout(LIMIT)
        self.head = ""
        self._buffer = b""

    # Reading.

    def read_head(self) -> str:
        """Read the request's head, unless it has been read already."""
        return self.head or self.next_head()

    def next_head(self) -> str:
        """Read up to the empty line; empty if the client went away before."""
        self.head = ""
        while b"\r\n\r\n" not in self._buffer:
            if not self._read():
                return ""
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1")
        self.server.heads.put(self.head)
        return self.head

    def read_body(self) -> bytes:
        """Read what the head promises."""
        size = int(self.header("content-length") or 0)
        while len(self._buffer) < size:
            if not self._read():
                break
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body

    def header(self, name: str) -> str | None:
        """Give one of the request's headers."""
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return None

    def until_gone(self) -> bytes:
        """Read until the client closes; gives what it sent."""
        while self._read():
            continue
        return self._buffer

    # Answering.

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(
        self,
        status: int,
        body: bytes = b"",
        headers: Sequence[tuple[str, str]] = (),
        reason: str = "Whatever",
    ) -> None:
        """Answer as HTTP does."""
        lines = [f"HTTP/1.1 {status} {reason}"]
        if not any(name.lower() == "content-length" for name, _ in headers):
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def upgrade(
        self, headers: Sequence[tuple[str, str]] = (), and_then: bytes = b""
    ) -> None:
        """Agree to the WebSocket, and send something with that."""
        self.read_head()
        key = (self.header("sec-websocket-key") or "").encode()
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {accept}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        self.send("\r\n".join([*lines, "", ""]).encode() + and_then)

    def frame(self, data: bytes | str, opcode: int = TEXT, *, fin: bool = True) -> None:
        """Send one frame."""
        self.send(frame(data, opcode, fin=fin))

    def event(self, event_type: Any, payload: Any = None) -> None:
        """Send a frame as the event bridge does."""
        self.frame(json.dumps({"event_type": event_type, "payload": payload}))

    def close_frame(self, code: int = 1000, reason: str = "") -> None:
        self.frame(struct.pack(">H", code) + reason.encode(), CLOSE)

    def cut(self) -> None:
        """End the connection without a word: a reset, not an end."""
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    # Waiting.

    def stall(self) -> None:
        """Do nothing until the client goes away or the server stops."""
        self.server.stalled.set()
        self.until_gone()

    def _read(self) -> bool:
        """Read some; False at the end."""
        try:
            data = self.socket.recv(65536)
        except OSError:
            return False
        self._buffer += data
        return bool(data)


class RawServer:
    """``with RawServer(script, …) as server:`` listens on `server.port`.

    Attributes:
        heads: the first lines of each request, as they come.
        stalled: set as soon as a script stalls.
        stopping: set as soon as the scripts are to end.
        connections: how many it has taken.
    """

    def __init__(self, *scripts: Script, answer_posts: AnswerPosts | None = None):
        self._scripts = queue.SimpleQueue[Script]()
        for script in scripts:
            self._scripts.put(script)
        self._answer_posts = answer_posts
        self.heads = queue.SimpleQueue[str]()
        self.stalled = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()  # Guards the two below.
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.stopping = threading.Event()
        self.connections = 0
        self._acceptor = threading.Thread(target=self._accept, name="raw-server")

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_head(self, timeout: float = LIMIT) -> str:
        """Wait for the next request; gives its first lines."""
        try:
            return self.heads.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no request came within {timeout:g} s") from None

    def __enter__(self) -> RawServer:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopping.set()
        # A connection of our own wakes the acceptor.
        socket.create_connection(("127.0.0.1", self.port), LIMIT).close()
        join(self._acceptor)
        self._listener.close()
        with self._lock:
            peers, threads = self._peers, self._threads
        for peer in peers:
            _shut(peer)
        for thread in threads:
            join(thread)

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.stopping.is_set():
                connection.close()
                return
            self.connections += 1
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="raw-server-peer"
            )
            with self._lock:
                self._peers.append(connection)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        peer = Peer(self, connection)
        with connection:
            try:
                if self._answer_posts is not None and self._posts(peer):
                    return
                self._scripts.get_nowait()(peer)
            except (OSError, queue.Empty):
                return  # The client is gone; or the script has no such connection.

    def _posts(self, peer: Peer) -> bool:
        """Answer POSTs as long as they come; False for another request."""
        assert self._answer_posts is not None
        while peer.next_head():
            if not peer.head.startswith("POST"):
                return False
            status, body = self._answer_posts(json.loads(peer.read_body()))
            peer.answer(status, json.dumps(body).encode())
        return True


def frame(data: bytes | str, opcode: int = TEXT, *, fin: bool = True) -> bytes:
    """Make one frame of a server."""
    payload = data.encode() if isinstance(data, str) else data
    head = bytes([opcode | (0x80 if fin else 0)])
    if len(payload) < 126:
        head += bytes([len(payload)])
    elif len(payload) < 65536:
        head += b"\x7e" + struct.pack(">H", len(payload))
    else:
        head += b"\x7f" + struct.pack(">Q", len(payload))
    return head + payload


def unused_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # The client was faster.
