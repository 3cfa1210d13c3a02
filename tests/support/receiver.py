"""An application that webhooks are sent to, on a port of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .collector import LIMIT, join


@dataclass(frozen=True)
class Hook:
    """A webhook as it arrived."""

    method: str
    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def said(self) -> Mapping[str, str]:
        """What it says: in the query of a GET, in the form of a POST."""
        return self.query if self.method == "GET" else self.form

    @property
    def signature(self) -> str:
        return self.headers["X-Twilio-Signature"]


@dataclass(frozen=True)
class Reply:
    """What the application answers; `before` runs first, and may take its time."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], object] | None = None


def says(document: Any, status: int = 200) -> Reply:
    """Answer with JSON."""
    body = document if isinstance(document, str) else json.dumps(document)
    return Reply(status, body, {"Content-Type": "application/json"})


class Receiver:
    """Keeps the webhooks that arrive, and answers by their path: 204, if not told."""

    def __init__(self) -> None:
        # Guards the two below; notified at each arrival.
        self._came = threading.Condition()
        self._hooks: list[Hook] = []
        self._replies: dict[str, list[Reply]] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            name="receiver",
        )

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        join(self._thread)
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answers(self, path: str, *replies: Reply) -> str:
        """Say what it answers there, one after the other, and give the URL.

        The last one is for all that come later.
        """
        with self._came:
            self._replies[path] = list(replies)
        return self.url(path)

    def expect(self, path: str, count: int = 1) -> list[Hook]:
        """Wait until so many webhooks came to a path, and give them."""
        with self._came:
            found = self._came.wait_for(lambda: len(self._at(path)) >= count, LIMIT)
            assert found, f"no {count} webhooks at {path}, but {self._paths()}"
            return self._at(path)

    def types(self, path: str, count: int) -> list[str]:
        """Wait for so many event callbacks, and name their events."""
        return [hook.form["EventType"] for hook in self.expect(path, count)]

    def came(self, path: str) -> list[Hook]:
        """List the webhooks that came to a path so far."""
        with self._came:
            return self._at(path)

    def hooks(self) -> list[Hook]:
        """List all webhooks that came so far."""
        with self._came:
            return list(self._hooks)

    def take(self, hook: Hook) -> Reply:
        """Keep a webhook, and say what is answered."""
        with self._came:
            self._hooks.append(hook)
            self._came.notify_all()
            replies = self._replies.get(hook.path)
            if not replies:
                return Reply(204)
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def _at(self, path: str) -> list[Hook]:
        return [hook for hook in self._hooks if hook.path == path]

    def _paths(self) -> list[str]:
        return [hook.path for hook in self._hooks]


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = LIMIT

    def do_GET(self) -> None:
        self._take({})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        text = self.rfile.read(length).decode()
        self._take(dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True)))

    def _take(self, form: Mapping[str, str]) -> None:
        url = f"http://{self.headers['Host']}{self.path}"
        hook = Hook(self.command, url, dict(self.headers), form)
        reply = self.server.receiver.take(hook)
        if reply.before is not None:
            reply.before()
        body = reply.body.encode()
        try:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if reply.status != 204:
                self.wfile.write(body)
            self.wfile.flush()
        except ConnectionError:
            self.close_connection = True  # It did not wait for the answer.

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
