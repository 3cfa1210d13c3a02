"""The control over HTTP.

Owns: its requests, from the guard at the door to the JSON of the answer, and that
its streams end with the server. With stream.py it is the control's aiohttp.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING

from aiohttp import web

from taskrouter_sync.emulator import console
from taskrouter_sync.emulator.control import commands
from taskrouter_sync.emulator.control.changes import Changes
from taskrouter_sync.emulator.control.command import Command
from taskrouter_sync.emulator.control.guard import Visit, refusal
from taskrouter_sync.emulator.control.site import Site
from taskrouter_sync.emulator.control.stream import serve
from taskrouter_sync.emulator.control.views import Views
from taskrouter_sync.emulator.engine.errors import ServiceError
from taskrouter_sync.emulator.fields import (
    FieldError,
    document_of,
    of_query,
    read,
)
from taskrouter_sync.emulator.service import Service
from taskrouter_sync.emulator.state_file import StateError


if TYPE_CHECKING:
    from taskrouter_sync.emulator.runner import Emulator

# A snapshot may be large.
_MAX_BODY = 64 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """The control of one emulator, for one run of its server.

    Args:
        emulator: whom it steers.
        service: what the emulator serves.
        listens_on: the host that it was told to listen on.
    """

    def __init__(self, emulator: Emulator, service: Service, listens_on: str) -> None:
        self._service = service
        self._listens_on = listens_on
        self._changes = Changes(service.journal)
        self._site = Site(emulator, service, Views(service), self._changes)

    def extend(self, app: web.Application) -> None:
        """Add the control's paths, and the console that uses them, to a server."""
        console.extend(app)
        answer = self.guarded(self._answer)
        app.router.add_get(
            f"{commands.PREFIX}{commands.STREAM}",
            self.guarded(self._stream),
            allow_head=False,
        )
        app.router.add_route("*", commands.PREFIX, answer)
        app.router.add_route("*", f"{commands.PREFIX}/{{path:.*}}", answer)
        app.on_startup.append(self._open)
        app.on_shutdown.append(self._close)

    def guarded(self, handler: Handler) -> Handler:
        """Let a handler answer only those who may steer the emulator."""

        @wraps(handler)
        async def guard(request: web.Request) -> web.StreamResponse:
            authorization = request.headers.get("Authorization", "")
            visit = Visit(
                host=request.host,
                origin=request.headers.get("Origin"),
                fetch_site=request.headers.get("Sec-Fetch-Site"),
                peer=request.remote,
                authorized=self._service.authorized(authorization),
            )
            refused = refusal(visit, self._listens_on)
            if refused is None:
                return await handler(request)
            response = _json({"message": refused.message}, refused.status)
            if refused.status == 401:
                response.headers["WWW-Authenticate"] = 'Basic realm="emulator"'
            return response

        return guard

    async def _open(self, app: web.Application) -> None:
        self._changes.open()

    async def _close(self, app: web.Application) -> None:
        self._changes.close()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await serve(request, self._site)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(commands.PREFIX).rstrip("/")
        if not path and request.method == "GET":
            return _json(commands.index())
        found = commands.find(path)
        if not found:
            where = f"GET {commands.PREFIX} lists what is there"
            return _json({"message": f"there is no {request.path}; {where}"}, 404)
        command = found.get(request.method)
        if command is None:
            message = f"{request.path} takes {', '.join(found)}"
            return _json({"message": message}, 405, {"Allow": ", ".join(found)})
        return await self._run(command, request)

    async def _run(self, command: Command, request: web.Request) -> web.Response:
        try:
            given = read(command.fields, await _document(command, request))
            answer = command.run(self._site, given)
            if inspect.isawaitable(answer):
                answer = await answer
        except FieldError as error:
            return _json({"message": str(error), "field": error.field}, 400)
        except ServiceError as error:
            body = {"message": error.message, "code": error.code}
            return _json(body, error.status)
        except ValueError as error:
            return _json({"message": str(error)}, 400)
        except web.HTTPRequestEntityTooLarge:
            return _json({"message": f"the body is over {_MAX_BODY} bytes"}, 413)
        except TimeoutError as error:
            return _json({"message": str(error)}, 504)
        except RuntimeError as error:
            # What the emulator refuses as it is: a real clock, or it is stopping.
            return _json({"message": str(error)}, 409)
        finally:
            # Run on the emulator's own thread, a command does not settle by itself.
            if command.method != "GET":
                self._service.settle()
        try:
            await self._service.saved()
        except StateError as error:
            return _json({"message": str(error)}, 500)
        return _json(answer, command.status)


async def _document(command: Command, request: web.Request) -> Mapping[str, object]:
    if command.method != "POST":
        return of_query(command.fields, request.query.items())
    body = await request.clone(client_max_size=_MAX_BODY).read()
    try:
        return document_of(body.decode()) if body else {}
    except FieldError:
        raise
    except ValueError as error:
        raise FieldError("the body", f"is no JSON object: {error}") from None


def _json(
    body: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    return web.Response(
        status=status,
        text=json.dumps(body, indent=2) + "\n",
        content_type="application/json",
        headers={
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        },
    )
