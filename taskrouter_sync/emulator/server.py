"""HTTP and WebSocket on one port.

Owns: everything that knows aiohttp: paths, bodies, sockets, CORS, the stop.
All of it runs on the emulator's thread; what is answered is decided by the service.
No access log: the sockets' URLs hold tokens.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import parse_qsl

from aiohttp import web

from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.api.responses import Response, internal, invalid, refused
from taskrouter_sync.emulator.channels import GOING_AWAY, Close, Connection
from taskrouter_sync.emulator.faults import Fault
from taskrouter_sync.emulator.journal import Request
from taskrouter_sync.emulator.responses import faulty, plain
from taskrouter_sync.emulator.service import Posted, Service
from taskrouter_sync.emulator.state_file import StateError


# A blank text frame: whether the service sends "" or " " is not published.
HEARTBEAT = " "

_MAX_BODY = 4 * 1024 * 1024
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": "ETag",
}
# Seconds that peers get to answer a close frame: in general, and at the stop.
_CLOSE_TIMEOUT = 2.0
_FAREWELL = 0.05

# Adds paths that are none of the service's.
Extension = Callable[[web.Application], None]


class Server:
    """The wire of one service.

    Args:
        service: what answers.
        heartbeat_interval: seconds between the heartbeats of a socket.
        extend: adds further paths, which come before the service's own.
    """

    def __init__(
        self, service: Service, heartbeat_interval: float, extend: Extension
    ) -> None:
        self._service = service
        self._heartbeat_interval = heartbeat_interval
        self._sockets: dict[web.WebSocketResponse, Connection] = {}
        self._listener: socket.socket | None = None
        app = web.Application(client_max_size=_MAX_BODY)
        app.on_response_prepare.append(self._dress)
        channel = "/v1/wschannels/{account}/{channel}"
        extend(app)
        app.router.add_get(channel, self._upgrade, allow_head=False)
        app.router.add_post(channel, self._bridge)
        app.router.add_options("/{path:.*}", _preflight)
        app.router.add_route("*", "/{path:.*}", self._rest)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=_FAREWELL
        )

    async def start(self, listener: socket.socket) -> None:
        """Serve on a bound socket."""
        self._listener = listener
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def stop(self) -> None:
        """Close all sockets and the port, without waiting for slow peers."""
        farewells = [
            asyncio.ensure_future(ws.close(code=GOING_AWAY, message=b"stopped"))
            for ws in self._sockets
        ]
        if farewells:
            await asyncio.wait(farewells, timeout=_FAREWELL)
        for connection in list(self._sockets.values()):
            connection.cut()
        await asyncio.gather(*farewells, return_exceptions=True)
        if self._listener is not None:
            await _stop_accepting(self._listener)
        await self._runner.cleanup()

    # Requests

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            text = await _text(request)
            params = Parameters.from_body(text, request.content_type)
        else:
            query = request.rel_url.raw_query_string
            params = Parameters(parse_qsl(query, keep_blank_values=True))
        entry, fault = self._service.arrived(
            "rest", request.method, request.path_qs, params.plain()
        )
        return await self._answer(
            request,
            entry,
            fault,
            lambda: self._service.rest(
                request.method,
                request.path,
                params,
                authorization=request.headers.get("Authorization", ""),
                if_match=request.headers.get("If-Match"),
            ),
        )

    async def _bridge(self, request: web.Request) -> web.StreamResponse:
        # Clients of v1 call it text/plain, others JSON: only the text counts.
        text = await _text(request)
        entry, fault, perform = self._service.envelope(
            Posted(
                host=request.host,
                path=request.path,
                account_sid=request.match_info["account"],
                channel=request.match_info["channel"],
                text=text,
                if_match=request.headers.get("If-Match"),
            )
        )
        return await self._answer(request, entry, fault, perform)

    async def _answer(
        self,
        request: web.Request,
        entry: Request,
        fault: Fault | None,
        perform: Callable[[], Response],
    ) -> web.StreamResponse:
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is None:
            response = plain(await self._saved(perform()))
        else:
            answer = await self._saved(perform()) if fault.carried_out else None
            if fault.drop:
                _cut(request)
                return web.Response()
            response = faulty(fault, answer)
        self._service.journal.answered(entry, response.status)
        return response

    async def _saved(self, answer: Response) -> Response:
        """Hold the answer back until what it tells is not lost any more."""
        try:
            await self._service.saved()
        except StateError as error:
            return refused(internal(str(error)))
        return answer

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        # The service's clock, which a test may have moved.
        response.headers["Date"] = formatdate(self._service.now(), usegmt=True)
        # Pages of other sites may use the service, not what steers the emulator.
        if request.path.startswith("/v1/"):
            response.headers.update(_CORS)

    # Sockets

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        channel, query = request.match_info["channel"], request.query
        entry, fault = self._service.upgrading(request.path, channel, query)
        if fault is not None:
            return await self._answer(request, entry, fault, _not_asked)
        ws = web.WebSocketResponse(timeout=_CLOSE_TIMEOUT, compress=False)
        if not ws.can_prepare(request).ok:
            answer = refused(invalid("A GET of a channel must be a WebSocket upgrade"))
            return await self._answer(request, entry, None, lambda: answer)
        refusal = self._service.admit(
            request.host,
            request.match_info["account"],
            channel,
            query.get("token", ""),
        )
        if refusal is not None:
            return await self._answer(request, entry, None, lambda: refusal)
        connection = Connection(
            channel,
            cut=lambda: _cut(request),
            pause=lambda paused: _pause(request, paused),
            disconnect_activity_sid=query.get("disconnectActivitySid"),
        )
        # Before the client hears that it is connected: it misses nothing from then.
        self._service.join(
            connection, close_existing=query.get("closeExistingSessions") == "true"
        )
        try:
            await ws.prepare(request)
            self._service.journal.answered(entry, 101)
            await self._converse(ws, connection)
        except ConnectionError:
            # It hung up while it was being answered: there is nobody to tell.
            self._service.journal.answered(entry, 0)
            return web.Response()
        finally:
            self._service.leave(connection)
        return ws

    async def _converse(
        self, ws: web.WebSocketResponse, connection: Connection
    ) -> None:
        self._sockets[ws] = connection
        beat = asyncio.ensure_future(self._beat(connection))
        write = asyncio.ensure_future(self._write(ws, connection))
        try:
            async for _ in ws:
                pass  # Clients of v1 never say anything; what comes is ignored.
        finally:
            self._service.leave(connection)
            beat.cancel()
            if connection.closing:
                # The writer is in the middle of closing: let it finish.
                await asyncio.wait([write], timeout=_CLOSE_TIMEOUT)
                if not write.done():
                    connection.cut()
            write.cancel()
            await asyncio.gather(beat, write, return_exceptions=True)
            del self._sockets[ws]

    async def _beat(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_interval)
            connection.send(HEARTBEAT)

    async def _write(self, ws: web.WebSocketResponse, connection: Connection) -> None:
        try:
            while True:
                item = await connection.next()
                if isinstance(item, Close):
                    await ws.close(code=item.code, message=item.reason.encode())
                    return
                await self._service.saved()
                await ws.send_str(item)
        except ConnectionError:
            return  # The peer is gone; the reader notices it too.
        except StateError:
            connection.cut()  # Who comes back is told what is true then.


async def _stop_accepting(listener: socket.socket) -> None:
    """Let what was accepted last become connections, which the runner closes.

    Once the listener is closed asyncio drops them, and leaves their sockets open.
    """
    loop = asyncio.get_running_loop()
    if isinstance(loop, asyncio.SelectorEventLoop):
        loop.remove_reader(listener)
        # One turn makes the transports, another the connections.
        for _ in range(2):
            await asyncio.sleep(0)


async def _text(request: web.Request) -> str:
    """Read the body of a request."""
    try:
        return (await request.read()).decode("utf-8", "replace")
    except ConnectionError:
        # The client hung up in the middle of it: there is nobody to answer. (A
        # middleware would do; but aiohttp keeps each application that has one.)
        raise web.HTTPBadRequest from None


async def _preflight(request: web.Request) -> web.Response:
    return web.Response(status=204)


def _not_asked() -> Response:
    raise AssertionError("a refused socket asks nothing of the service")


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _pause(request: web.Request, paused: bool) -> None:
    if request.transport is not None:
        if paused:
            request.transport.pause_reading()
        else:
            request.transport.resume_reading()
