"""The recording bridge: HTTP and WebSocket for many cases, on a thread of its own.

A `Session` is one case's share of it: what the case scripts, and what its client did.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from .case import Json


_LIMIT = 10.0  # seconds for anything that is asked of the bridge

Result = TypeVar("Result")


class Session:
    """What one case scripted, and what its client did so far. Any thread may use it.

    Attributes:
        bridge, api: the bases for the client.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        base: str,
        rest: Json,
        tokens: dict[str, str],
    ) -> None:
        self.bridge = base
        self.api = f"{base}/api/v1"
        self._loop = loop
        self._rest = rest
        self._placeholders = {token: name for name, token in tokens.items()}
        # From here on the loop's.
        self._used: Counter[str] = Counter()
        self._connects: list[Json] = []
        self._requests: list[Json] = []
        self._client_frames: list[str] = []
        self._sockets: list[tuple[web.Request, web.WebSocketResponse]] = []
        self._refusals: list[int] = []
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self._over = asyncio.Event()
        self._in_progress = 0
        self._last_activity = time.monotonic()

    # What the player asks for.

    def hold(self, on: bool) -> None:
        """Let upgrades wait, so that a script's first steps come before anything."""
        change = self._may_connect.clear if on else self._may_connect.set
        self._loop.call_soon_threadsafe(change)

    def refuse(self, how: Json) -> None:
        """Refuse the next upgrades with an HTTP status."""
        self._refusals += [how.get("status", 503)] * how.get("count", 1)

    def send(self, frame: Json) -> int:
        """Send a frame; says how many sockets were open."""
        text = frame["raw"] if "raw" in frame else json.dumps(frame)

        async def send() -> int:
            for _, socket in self._sockets:
                await socket.send_str(text.replace("{api}", self.api))
            return len(self._sockets)

        return self._ask(send())

    def close_sockets(self, how: Json) -> None:
        """Close all sockets: with a code, or abruptly."""

        async def close() -> None:
            for request, socket in list(self._sockets):
                if how.get("abrupt"):
                    _cut(request)
                else:
                    await socket.close(code=how.get("code", 1000))

        self._ask(close())

    def wait_until_idle(self, milliseconds: int) -> bool:
        """Wait until no request was open for that long."""

        async def wait() -> bool:
            start = time.monotonic()
            self._last_activity = max(self._last_activity, start)
            while self._in_progress or (
                time.monotonic() - self._last_activity < milliseconds / 1000
            ):
                if time.monotonic() - start > _LIMIT / 2:
                    return False
                await asyncio.sleep(0.005)
            return True

        return self._ask(wait())

    def record(self) -> dict[str, Any]:
        """Copy what the client has done so far."""

        async def copy() -> dict[str, Any]:
            return {
                "connects": [dict(each) for each in self._connects],
                "requests": list(self._requests),
                "client_frames": list(self._client_frames),
                "open_sockets": len(self._sockets),
            }

        return self._ask(copy())

    def close(self) -> None:
        """Cut all sockets, and end what hangs."""

        async def close() -> None:
            self._over.set()
            for request, _ in self._sockets:
                _cut(request)

        self._ask(close())

    def _ask(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LIMIT)

    # What the client asks for. On the loop's thread.

    async def handle(self, request: web.Request, path: str) -> web.StreamResponse:
        self._last_activity = time.monotonic()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._upgrade(request, path)
        self._in_progress += 1
        try:
            return await self._post(request, path)
        finally:
            self._in_progress -= 1
            self._last_activity = time.monotonic()

    async def _upgrade(self, request: web.Request, path: str) -> web.StreamResponse:
        query = {name: self._masked(value) for name, value in request.query.items()}
        at_ms = round(time.monotonic() * 1000)
        record: Json = {"path": path, "query": query, "at_ms": at_ms}
        self._connects.append(record)
        await self._may_connect.wait()
        if self._refusals:
            record["refused"] = self._refusals.pop(0)
            return web.Response(status=record["refused"], text="refused")
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        entry = request, socket
        self._sockets.append(entry)
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._client_frames.append(str(message.data))
        finally:
            self._sockets.remove(entry)
            self._last_activity = time.monotonic()
        return socket

    async def _post(self, request: web.Request, path: str) -> web.StreamResponse:
        body = self._collapsed(await request.json())
        reply = self._next_reply(f"{body.get('method')} {body.get('url')}")
        record = {
            "path": path,
            "content_type": request.headers.get("Content-Type"),
            "body": {
                name: self._masked(value) if name == "token" else value
                for name, value in body.items()
            },
        }
        self._requests.append(record)
        if reply is None:
            record["unscripted"] = True
            reply = {"status": 404, "body": '{"error":"not scripted"}'}
        await asyncio.sleep(reply.get("delay_ms", 0) / 1000)
        if reply.get("hang"):
            self._in_progress -= 1  # nothing will come of it
            await self._over.wait()
            self._in_progress += 1
        if reply.get("drop") or reply.get("hang"):
            _cut(request)
            return web.Response()
        status = reply.get("status", 200)
        if "body" in reply:
            text = reply["body"]
        else:
            answer = {name: reply[name] for name in ("payload",) if name in reply}
            # As the service does, give back the event type that was asked for.
            event_type = reply.get("event_type", body.get("event_type"))
            if event_type is not None and status == 200:
                answer["event_type"] = event_type
            text = json.dumps(answer)
        text = text.replace("{api}", self.api)
        return web.Response(status=status, text=text, content_type="application/json")

    def _next_reply(self, key: str) -> Json | None:
        replies = self._rest.get(key)
        if not replies:
            return None
        self._used[key] += 1
        return replies[min(self._used[key], len(replies)) - 1]

    def _masked(self, token: Any) -> Any:
        return self._placeholders.get(token, token) if isinstance(token, str) else token

    def _collapsed(self, value: Json) -> Json:
        if isinstance(value, str):
            return value.replace(self.api, "{api}")
        if isinstance(value, list):
            return [self._collapsed(each) for each in value]
        if isinstance(value, dict):
            return {name: self._collapsed(each) for name, each in value.items()}
        return value


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


OpenSession = Callable[[Json, dict[str, str]], Session]


@contextmanager
def running_bridge() -> Iterator[OpenSession]:
    """Run a bridge; gives what opens a session of scripted replies and tokens."""
    sessions: dict[str, Session] = {}
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()
    port = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        name, _, path = request.path.lstrip("/").partition("/")
        return await sessions[name].handle(request, f"/{path}")

    async def serve() -> None:
        nonlocal port
        runner = web.ServerRunner(web.Server(handle), shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(
        target=loop.run_until_complete, args=(serve(),), name="recording-bridge"
    )
    thread.start()
    assert started.wait(_LIMIT), "the bridge did not start"
    numbers = count(1)

    def open_session(rest: Json, tokens: dict[str, str]) -> Session:
        name = f"s{next(numbers)}"
        base = f"http://127.0.0.1:{port}/{name}"
        sessions[name] = Session(loop, base, rest, tokens)
        return sessions[name]

    try:
        yield open_session
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_LIMIT)
        loop.close()
