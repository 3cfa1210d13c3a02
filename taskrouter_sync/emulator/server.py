"""HTTP and WebSocket on one port, served by the emulator's thread.

Owns: that thread with its event loop, and everything that knows aiohttp's server:
paths, bodies, responses, sockets, CORS, the stop. What is answered is decided by the
service and the control. No access log: the sockets' URLs hold tokens.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import re
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait as wait_for
from contextlib import suppress
from email.utils import formatdate
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import HttpVersion11, web

from . import console
from .api.requests import Parameters, Response, internal, refused
from .auth import CHANNELS, decoded
from .channels import GOING_AWAY, Close, Connection, abort
from .control.commands import PREFIX
from .control.control import (
    MAX_BODY,
    Control,
    ControlRequest,
    ControlResponse,
    response as control_response,
)
from .engine.errors import ServiceError, invalid
from .faults import Fault
from .journal import Request
from .service import Service
from .state_file import StateError


NAME = "taskrouter-emulator"

# Seconds that a function may take on the thread, and that the thread takes to end.
_PATIENCE = 60.0
# A blank text frame: whether the service sends "" or " " is not published.
HEARTBEAT = " "
# Seconds for the body of a request.
BODY_SECONDS = 60.0

_MAX_BODY = 4 * 1024 * 1024
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": "ETag",
}
# Of REST. Nothing is limited here; the service's values are not published (choice).
_RATE_LIMIT = {
    "X-Rate-Limit-Limit": "1000",
    "X-Rate-Limit-Remaining": "999",
    "X-Rate-Limit-Config": "emulator",
}
# Seconds that peers get to answer a close frame: in general, and at the stop.
_CLOSE_TIMEOUT = 2.0
_FAREWELL = 0.05
# Bytes of a response that are made and written at a time.
_PART = 64 * 1024
_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\xff]+")
_MAX_REASON = 1000
_NO_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Result = TypeVar("Result")


class ServiceThread:
    """One run of a server on a bound socket, in a thread with an event loop."""

    def __init__(self, service: Service, server: Server) -> None:
        self.service = service
        self._server = server
        self._started: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        # Whose thread it is.
        self.process: int = os.getpid()

    def start(self, timeout: float) -> None:
        """Start the thread and return when the service is running.

        Raises:
            TimeoutError: the service did not start in time.
            Exception: the error of the thread, if it could not start.
        """
        try:
            self._thread.start()
        except BaseException:
            self._server.listener.close()
            raise
        # concurrent.futures has a TimeoutError of its own before Python 3.11.
        _, waiting = wait_for([self._started], timeout)
        if waiting:
            raise TimeoutError(f"the emulator did not start within {timeout} s")
        if self._started.exception() is not None:
            self._thread.join(_PATIENCE)  # it gives the port back
        self._started.result()

    def stop(self) -> None:
        """Stop the service and wait for the thread; does nothing the second time."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:
                return  # The loop is closed: it has stopped already.
        started = self._thread.ident is not None
        if started and threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE)

    def call(self, function: Callable[[], Result]) -> Result:
        """Call a function on the thread and return its result or raise its exception.

        Raises:
            TimeoutError: the function took more than a minute.
            RuntimeError: the emulator is not running.
        """
        if threading.current_thread() is self._thread:
            return function()
        if self._loop is None or not self._thread.is_alive():
            raise RuntimeError("the emulator is not running")

        async def run() -> Result:
            result = function()
            self.service.settle()
            await self.service.saved()
            return result

        coroutine = run()
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise RuntimeError("the emulator is not running") from None
        # The loop may end before the function is called.
        either: list[Future[Any]] = [future, self._ended]
        wait_for(either, _PATIENCE, FIRST_COMPLETED)
        if not future.done() and not self._ended.done():
            raise TimeoutError(f"the function took more than {_PATIENCE} s")
        if not future.done() or future.cancelled():
            raise RuntimeError("the emulator was stopped")
        return future.result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)
        finally:
            self._server.listener.close()
            self._ended.set_result(None)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(
            lambda loop, context: self._server.note(context.get("exception"))
        )
        await self._server.start()
        self.service.open()
        self._started.set_result(None)
        await self._stop.wait()
        await self.service.close()
        await self._server.stop()


def _without_content(record: logging.LogRecord) -> bool:
    """Leave one line of what aiohttp says of a request that it could not read."""
    error = record.exc_info[1] if record.exc_info else None
    record.msg = "a malformed request: %s"
    record.args = (type(error).__name__,)
    record.exc_info = record.exc_text = None
    return True


class Server:
    """The wire of one service, on a bound socket; its control is below /emulator."""

    def __init__(
        self,
        service: Service,
        control: Control,
        listener: socket.socket,
        heartbeat_interval: float,
    ) -> None:
        self.listener = listener
        self._service = service
        self._control = control
        self._heartbeat_interval = heartbeat_interval
        self._warned = False
        self._sockets: dict[web.WebSocketResponse, Connection] = {}
        app = web.Application(client_max_size=_MAX_BODY)
        app.on_response_prepare.append(self._dress)
        add = partial(app.router.add_route, expect_handler=_expected)
        for path in ("/", f"{console.PREFIX}/{{name}}"):
            total = self._total(_console)
            app.router.add_get(path, total, expect_handler=_expected)
        for path in (PREFIX, f"{PREFIX}/{{path:.*}}"):
            add("*", path, self._total(self._on_control))
        channel = "/v1/wschannels/{account}/{channel}"
        add("GET", channel, self._total(self._upgrade))
        add("POST", channel, self._total(self._bridge))
        add("OPTIONS", "/{path:.*}", _preflight)
        add("*", "/{path:.*}", self._total(self._rest))
        http_log = logging.getLogger(f"{__name__}.http")
        http_log.addFilter(_without_content)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_FAREWELL,
            logger=http_log,
            # It would unpack gigabytes, whoever sent them and whatever the response is.
            auto_decompress=False,
        )

    async def start(self) -> None:
        """Serve."""
        await self._runner.setup()
        await web.SockSite(self._runner, self.listener).start()

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
        await _stop_accepting(self.listener)
        self._control.close()
        await self._runner.cleanup()

    def note(self, error: BaseException | None) -> None:
        """Log an unexpected error: one line, without what a client sent.

        Too few file descriptors is one warning, however often they are missed.
        """
        if isinstance(error, OSError) and error.errno in _NO_RESOURCES:
            if not self._warned:
                self._warned = True
                reason = "too few file descriptors or too little memory (ulimit -n)"
                _log.warning("connections have to wait: %s", reason)
        elif self._warned and self._service.stopping and type(error) is ValueError:
            pass  # asyncio tries to accept again a second later, at a closed port too.
        elif error is not None:
            place = traceback.extract_tb(error.__traceback__)[-1:]
            where = [f" in {Path(each.filename).name}:{each.lineno}" for each in place]
            _log.error("%s%s", type(error).__name__, "".join(where))

    def _total(self, handler: Handler) -> Handler:
        """Wrap a handler so that it responds to all errors as the service does."""

        # A middleware would do; but aiohttp keeps each application that has one.
        @wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                status = error.status
                message = (error.text or "").removeprefix(f"{status}: ")
                return _plain(refused(ServiceError(status, 20000 + status, message)))
            except ConnectionError:
                return web.Response()  # It hung up: there is nobody to answer.
            except Exception as error:  # noqa: BLE001 - without what a client sent
                # The safety net of a server: one request's trouble is not the others'.
                self.note(error)
                return _plain(refused(internal("An internal error has occurred")))

        return answer

    # Requests

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        authorization = request.headers.get("Authorization", "")
        if request.method != "POST":
            query = request.rel_url.raw_query_string
            params = Parameters(parse_qsl(query, keep_blank_values=True))
        elif self._service.authorized(authorization):
            text = (await _body(request)).decode("utf-8", "replace")
            params = Parameters.from_body(text, request.content_type)
        else:
            params = Parameters()  # Refused, whatever it says: it need not be read.
        entry, fault = self._service.arrived(
            "rest", request.method, request.path_qs, params.plain()
        )
        perform = partial(
            self._service.rest,
            request.method,
            decoded(request.rel_url.raw_path),
            params,
            authorization=authorization,
            if_match=request.headers.get("If-Match"),
        )
        return await self._answer(request, entry, fault, perform)

    async def _bridge(self, request: web.Request) -> web.StreamResponse:
        # Clients of v1 call it text/plain, others JSON: only the text counts.
        text = (await _body(request)).decode("utf-8", "replace")
        entry, fault, perform = self._service.envelope(
            text,
            host=request.host,
            path=request.path,
            account_sid=request.match_info["account"],
            channel=request.match_info["channel"],
            if_match=request.headers.get("If-Match"),
        )
        return await self._answer(request, entry, fault, perform)

    async def _answer(
        self,
        request: web.Request,
        entry: Request,
        fault: Fault | None,
        perform: Callable[[], Response] | None,
    ) -> web.StreamResponse:
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        answer = None
        if perform is not None and (fault is None or fault.carried_out):
            answer = perform()
            try:
                # The changes that it reports are saved before.
                await self._service.saved()
            except StateError as error:
                answer = refused(internal(str(error)))
        if fault is not None and fault.drop:
            if request.transport is not None:
                abort(request.transport)
            return web.Response()
        if fault is not None and fault.status is not None:
            result = _json(fault.status, fault.reason or "", fault.body)
        else:
            assert answer is not None, "the fault has no response of its own"
            result = _plain(answer)
        self._service.journal.answered(entry, result.status)
        return result

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        # The service's clock, which a test may have moved.
        response.headers["Date"] = formatdate(self._service.clock.now(), usegmt=True)
        # Pages of other sites may use the service, not the control.
        if request.path.startswith("/v1/"):
            response.headers.update(_CORS)
            if not request.path.startswith(CHANNELS):
                response.headers.update(_RATE_LIMIT)

    # The control

    async def _on_control(self, request: web.Request) -> web.StreamResponse:
        asked = ControlRequest(
            method=request.method,
            path=request.path,
            query=list(request.query.items()),
            headers=request.headers,
            peer=request.remote,
        )
        answer = self._control.refuse(asked)
        if answer is None:
            try:
                body = await _body(request, MAX_BODY)
                answer = await self._control.answer(asked, body)
            except web.HTTPRequestEntityTooLarge:
                message = f"the body is over {MAX_BODY} bytes"
                answer = control_response({"message": message}, 413)
        return await self._in_parts(request, answer)

    async def _in_parts(
        self, request: web.Request, answer: ControlResponse
    ) -> web.StreamResponse:
        parts = answer.parts
        if not isinstance(parts, AsyncIterator):
            first = _next_part(parts)
            if len(first) < _PART:
                return web.Response(
                    status=answer.status, headers=answer.headers, body=first
                )
            parts = _all_parts(first, parts)
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        await response.prepare(request)
        try:
            async for part in parts:
                await response.write(part)
        except Exception as error:  # noqa: BLE001 - as above
            # The reader has gone; or else it must not take this for all there is.
            if not isinstance(error, ConnectionError):
                self.note(error)
            if request.transport is not None:
                abort(request.transport)
        finally:
            await parts.aclose()  # type: ignore[attr-defined]
        return response

    # Sockets

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        channel, query = request.match_info["channel"], request.query
        entry, fault = self._service.upgrading(request.path, channel, query)
        if fault is not None:
            return await self._answer(request, entry, fault, None)
        ws = web.WebSocketResponse(timeout=_CLOSE_TIMEOUT, compress=False)
        refusal = None
        if not ws.can_prepare(request).ok:
            refusal = refused(invalid("A GET of a channel must be a WebSocket upgrade"))
        refusal = refusal or self._service.admit(
            request.host,
            request.match_info["account"],
            channel,
            query.get("token", ""),
        )
        if refusal is not None:
            self._service.journal.answered(entry, refusal.status)
            return _plain(refusal)
        connection = Connection(
            channel,
            request.transport,
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
        heartbeats = asyncio.ensure_future(self._send_heartbeats(connection))
        write = asyncio.ensure_future(self._write(ws, connection))
        try:
            async for _ in ws:
                pass  # Clients of v1 never send anything; frames are ignored.
        finally:
            self._service.leave(connection)
            heartbeats.cancel()
            if connection.closing:
                # The writer is in the middle of closing: let it finish.
                await asyncio.wait([write], timeout=_CLOSE_TIMEOUT)
                if not write.done():
                    connection.cut()
            write.cancel()
            await asyncio.gather(heartbeats, write, return_exceptions=True)
            del self._sockets[ws]

    async def _send_heartbeats(self, connection: Connection) -> None:
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
            connection.cut()  # Clients that reconnect read the current state.
        except Exception as error:  # noqa: BLE001 - as above
            # Open, the socket would get nothing any more, and nobody would notice.
            self.note(error)
            connection.cut()


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
        # A process that was forked may have a copy, which would keep the port.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


async def _body(request: web.Request, limit: int = _MAX_BODY) -> bytes:
    """Read the body of a request."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise web.HTTPUnsupportedMediaType(text="The request body is compressed")
    if limit != _MAX_BODY:
        request = request.clone(client_max_size=limit)
    try:
        if request.content.is_eof():
            return await request.read()
        return await asyncio.wait_for(request.read(), BODY_SECONDS)
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout from None
    except web.RequestPayloadError:
        raise web.HTTPBadRequest(text="The request body cannot be read") from None


async def _expected(request: web.Request) -> None:
    """Ask for a body that is held back until then; other expectations are ignored.

    Refusals would be aiohttp's, not the service's.
    """
    waits = request.headers["Expect"].lower() == "100-continue"
    if waits and request.version >= HttpVersion11 and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def _console(request: web.Request) -> web.Response:
    found = console.content(request.path)
    if found is None:
        raise web.HTTPNotFound
    text, headers = found
    return web.Response(body=text.encode(), headers=headers)


async def _preflight(request: web.Request) -> web.Response:
    return web.Response(status=204)


def _plain(answer: Response) -> web.Response:
    """Return the HTTP response of an answer."""
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    # Clients of v1 read the message of an error in the reason, and nowhere else.
    message = answer.body.get("message") if answer.status >= 400 else None
    reason = message if isinstance(message, str) else None
    return _json(answer.status, reason, json.dumps(answer.body), answer.headers)


def _json(
    status: int,
    reason: str | None,
    text: str | None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    return web.Response(
        status=status,
        reason=None if reason is None else reason_phrase(reason),
        text=text,
        content_type="application/json",
        headers=headers,
    )


def reason_phrase(message: str) -> str:
    """Return the message as an HTTP reason phrase: one line of latin-1."""
    return _NOT_PRINTABLE.sub(" ", message).strip()[:_MAX_REASON]


def _next_part(pieces: Iterator[str]) -> bytes:
    """Join pieces to one part of a body; a shorter one is the last."""
    part = bytearray()
    for piece in pieces:
        part += piece.encode()
        if len(part) >= _PART:
            break
    return bytes(part)


async def _all_parts(first: bytes, pieces: Iterator[str]) -> AsyncIterator[bytes]:
    part = first
    while part:
        yield part
        # Others have their turn before the next part is made.
        await asyncio.sleep(0)
        part = _next_part(pieces)
