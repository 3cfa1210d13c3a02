#!/usr/bin/env python3
"""A recording stub of the event bridge: HTTP and WebSocket on one port.

Only the Python standard library. Start it with `python3 bridge.py [--port N]`;
it prints one line, `LISTENING <port>`, and serves until it is killed or gets
`POST /control/quit`. Everything it serves belongs to a session, so that one
bridge can serve many cases at once. FORMAT.md has the control endpoints.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import struct
import sys
import time
from urllib.parse import parse_qsl, urlsplit


WS_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
}


class Session:
    """What one case scripted, and what its client did so far."""

    def __init__(self, name, base, spec):
        self.name = name
        self.bridge_url = f"{base}/{name}"
        self.api_url = f"{base}/{name}/api/v1"
        self.rest = {
            key: {"replies": replies, "used": 0}
            for key, replies in spec.get("rest", {}).items()
        }
        self.tokens = {}  # the token itself -> its placeholder
        self.add_tokens(spec.get("tokens", {}))
        self.connects = []
        self.requests = []
        self.client_frames = []
        self.sockets = []  # open WebSockets, oldest first
        self.refusals = []  # HTTP statuses of the next upgrades to refuse
        self.open = asyncio.Event()  # upgrades wait for it: see "hold"
        self.open.set()
        self.in_progress = 0
        self.last_activity = time.monotonic()

    def add_tokens(self, tokens):
        for placeholder, token in tokens.items():
            if token:
                self.tokens[token] = placeholder

    def mask_token(self, token):
        return self.tokens.get(token, token) if isinstance(token, str) else token

    def expand(self, text):
        return text.replace("{api}", self.api_url)

    def collapse(self, value):
        if isinstance(value, str):
            return value.replace(self.api_url, "{api}")
        if isinstance(value, list):
            return [self.collapse(v) for v in value]
        if isinstance(value, dict):
            return {k: self.collapse(v) for k, v in value.items()}
        return value

    def touch(self):
        self.last_activity = time.monotonic()

    def next_reply(self, method, url):
        entry = self.rest.get(
            f"{method} {self.collapse(url)}" if isinstance(url, str) else ""
        )
        if not entry:
            return None
        reply = entry["replies"][min(entry["used"], len(entry["replies"]) - 1)]
        entry["used"] += 1
        return reply

    def report(self):
        requests = sorted(self.requests, key=lambda r: r["order"])
        return {
            "connects": self.connects,
            "requests": [
                {k: v for k, v in r.items() if k != "order"} for r in requests
            ],
            "client_frames": self.client_frames,
            "open_sockets": len(self.sockets),
        }


class WebSocket:
    """The server side of one WebSocket: enough of RFC 6455 for text, ping and close."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.closing = False
        self.ended = asyncio.Event()

    async def send_frame(self, opcode, data):
        size = len(data)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([size])
        elif size < 65536:
            head += b"\x7e" + struct.pack("!H", size)
        else:
            head += b"\x7f" + struct.pack("!Q", size)
        self.writer.write(head + data)
        await self.writer.drain()

    async def close(self, code, abrupt):
        if not abrupt:
            self.closing = True
            await self.send_frame(8, struct.pack("!H", code))
            try:
                await asyncio.wait_for(self.ended.wait(), 1)
            except asyncio.TimeoutError:
                pass
        if abrupt:
            self.writer.transport.abort()
        else:
            self.writer.close()

    async def read_frame(self):
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", await self.reader.readexactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", await self.reader.readexactly(8))[0]
        mask = await self.reader.readexactly(4) if second & 0x80 else b"\0\0\0\0"
        data = await self.reader.readexactly(size)
        return first & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(data))

    async def serve(self, on_text):
        try:
            while True:
                opcode, data = await self.read_frame()
                if opcode == 8:
                    if not self.closing:
                        await self.send_frame(8, data[:2])
                    return
                if opcode == 9:
                    await self.send_frame(10, data)
                elif opcode in (1, 2):
                    on_text(data.decode("utf-8", "replace"))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.ended.set()


class Bridge:
    def __init__(self):
        self.sessions = {}
        self.counter = 0
        self.port = None
        self.stop = None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    # ---------------------------------------------------------------- HTTP

    async def read_request(self, reader, writer):
        line = await reader.readline()
        if not line.strip():
            return None
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers = {}
        while True:
            line = await reader.readline()
            if line in (b"\r\n", b"\n", b""):
                break
            key, _, value = line.decode("latin-1").partition(":")
            headers[key.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int((await reader.readline()).split(b";")[0], 16)
                chunk = await reader.readexactly(size)
                await reader.readline()
                if size == 0:
                    break
                body += chunk
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        return method, target, headers, body

    async def respond(self, writer, status, body, content_type="application/json"):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        data = body.encode()
        headers = {"Content-Type": content_type, **CORS}
        if status != 204:
            headers["Content-Length"] = str(len(data))
        head = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        writer.write(head.encode() + (b"" if status == 204 else data))
        await writer.drain()

    async def handle(self, reader, writer):
        try:
            while True:
                request = await self.read_request(reader, writer)
                if request is None:
                    return
                method, target, headers, body = request
                parts = urlsplit(target)
                first, _, rest = parts.path.lstrip("/").partition("/")
                session = self.sessions.get(first)
                if method == "OPTIONS":
                    await self.respond(writer, 200, "")
                elif first == "control":
                    await self.control(writer, method, rest, parts.query, body)
                elif session is None:
                    await self.respond(writer, 404, {"error": f"no session {first!r}"})
                elif headers.get("upgrade", "").lower() == "websocket":
                    await self.upgrade(
                        session, reader, writer, "/" + rest, parts.query, headers
                    )
                    return
                elif not await self.api_request(
                    session, writer, method, "/" + rest, headers, body
                ):
                    return
                if headers.get("connection", "").lower() == "close":
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def api_request(self, session, writer, method, path, headers, body):
        """One request of the client. False when the connection must be dropped."""
        session.touch()
        session.in_progress += 1
        try:
            record = {"path": path, "content_type": headers.get("content-type")}
            if method != "POST":
                record["http_method"] = method
            if headers.get("x-oracle-origin"):
                record["origin"] = headers["x-oracle-origin"]
            try:
                parsed = json.loads(body)
            except ValueError:
                parsed = None
                record["raw_body"] = body.decode("utf-8", "replace")
            reply = None
            if isinstance(parsed, dict):
                reply = session.next_reply(parsed.get("method"), parsed.get("url"))
                parsed = session.collapse(parsed)
                if "token" in parsed:
                    parsed["token"] = session.mask_token(parsed["token"])
            record["body"] = parsed
            if reply is None:
                record["unscripted"] = True
                reply = {"status": 404, "body": '{"error":"not scripted"}'}
            sequence = headers.get("x-oracle-seq")
            record["order"] = int(sequence) if sequence else len(session.requests)
            if sequence:
                record["seq"] = int(sequence)
            session.requests.append(record)
            if reply.get("delay_ms"):
                await asyncio.sleep(reply["delay_ms"] / 1000)
            if reply.get("hang"):
                session.in_progress -= (
                    1  # it is not work in progress: nothing will come of it
                )
                try:
                    await asyncio.sleep(600)
                finally:
                    session.in_progress += 1
            if reply.get("drop") or reply.get("hang"):
                writer.transport.abort()
                return False
            if "body" in reply:
                text = reply["body"]
            else:
                text = {}
                # As the service does, give back the event type that was asked for.
                event_type = reply.get(
                    "event_type",
                    parsed.get("event_type") if isinstance(parsed, dict) else None,
                )
                if event_type is not None and reply.get("status", 200) == 200:
                    text["event_type"] = event_type
                if "payload" in reply:
                    text["payload"] = reply["payload"]
                text = json.dumps(text)
            await self.respond(writer, reply.get("status", 200), session.expand(text))
            return True
        finally:
            session.in_progress -= 1
            session.touch()

    # ----------------------------------------------------------- WebSocket

    async def upgrade(self, session, reader, writer, path, query, headers):
        session.touch()
        record = {"path": path, "query": {}}
        for key, value in parse_qsl(query, keep_blank_values=True):
            record["query"][key] = (
                session.mask_token(value) if key == "token" else value
            )
        if headers.get("x-oracle-origin"):
            record["origin"] = headers["x-oracle-origin"]
        record["at_ms"] = round(time.monotonic() * 1000)
        session.connects.append(record)
        await session.open.wait()
        if session.refusals:
            record["refused"] = session.refusals.pop(0)
            await self.respond(writer, record["refused"], "refused", "text/plain")
            return
        digest = hashlib.sha1(
            (headers["sec-websocket-key"] + WS_GUID).encode()
        ).digest()
        writer.write(
            (
                "HTTP/1.1 101 Switching Protocols\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n"
            ).encode()
        )
        await writer.drain()
        socket = WebSocket(reader, writer)
        session.sockets.append(socket)
        try:
            await socket.serve(session.client_frames.append)
        finally:
            if socket in session.sockets:
                session.sockets.remove(socket)
            session.touch()

    # ------------------------------------------------------------- control

    async def control(self, writer, method, path, query, body):
        data = json.loads(body) if body.strip() else {}
        if path == "quit":
            await self.respond(writer, 200, {})
            self.stop.set()
            return
        if path == "session":
            self.counter += 1
            session = Session(f"s{self.counter}", self.base, data)
            self.sessions[session.name] = session
            await self.respond(
                writer,
                200,
                {
                    "session": session.name,
                    "bridge": session.bridge_url,
                    "api": session.api_url,
                },
            )
            return
        name, _, verb = path.partition("/")
        session = self.sessions.get(name)
        if session is None:
            await self.respond(writer, 404, {"error": f"no session {name!r}"})
            return
        await self.respond(
            writer, 200, await self.session_control(session, method, verb, query, data)
        )

    async def session_control(self, session, method, verb, query, data):
        if method == "DELETE":
            for socket in list(session.sockets):
                await socket.close(1001, True)
            del self.sessions[session.name]
            return {}
        if verb == "tokens":
            session.add_tokens(data)
            return {}
        if verb == "send":
            text = session.expand(data["raw"] if "raw" in data else json.dumps(data))
            for socket in list(session.sockets):
                await socket.send_frame(1, text.encode())
            return {"sent_to": len(session.sockets)}
        if verb == "close":
            sockets, session.sockets = session.sockets, []
            for socket in sockets:
                await socket.close(data.get("code", 1000), data.get("abrupt", False))
            return {"closed": len(sockets)}
        if verb == "hold":
            if data.get("on"):
                session.open.clear()
            else:
                session.open.set()
            return {}
        if verb == "refuse":
            session.refusals += [data.get("status", 503)] * data.get("count", 1)
            return {}
        if verb == "idle":
            options = dict(parse_qsl(query))
            quiet, limit = (
                int(options.get("ms", 40)) / 1000,
                int(options.get("timeout_ms", 5000)) / 1000,
            )
            start = time.monotonic()
            session.last_activity = max(session.last_activity, start)
            while (
                session.in_progress or time.monotonic() - session.last_activity < quiet
            ):
                if time.monotonic() - start > limit:
                    return {"idle": False}
                await asyncio.sleep(0.005)
            return {"idle": True}
        if verb == "record":
            return session.report()
        return {"error": f"no verb {verb!r}"}

    async def run(self, port):
        self.stop = asyncio.Event()
        server = await asyncio.start_server(self.handle, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        sys.stdout.write(f"LISTENING {self.port}\n")
        sys.stdout.flush()
        # Not by "async with": from Python 3.12 on that waits for the connections too.
        await self.stop.wait()
        server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    try:
        asyncio.run(Bridge().run(parser.parse_args().port))
    except KeyboardInterrupt:
        sys.exit(0)
