"""The control's requests: from the access check to the JSON of the response.

Owns: the responses to requests below /emulator, without HTTP itself; which requests
may control the emulator: those of programs on this machine and of the emulator's own
pages, not those of pages of other sites.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from itertools import chain
from urllib.parse import urlsplit

from ..engine.errors import ServiceError
from ..fields import FieldError, document_of, of_query, read
from ..service import Service
from ..state_file import StateError
from . import commands
from .changes import Changes
from .commands import COMMANDS, Command, Context, Steered
from .views import Views


# Bytes. A snapshot may be large.
MAX_BODY = 64 * 1024 * 1024

_JSON: Mapping[str, str] = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_EVENTS: Mapping[str, str] = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
}
# Levels of a document that are encoded in parts.
_LEVELS = 3


@dataclass(frozen=True)
class ControlRequest:
    """A request to the control, without its body; `peer` is the client's address."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str] = field(repr=False)
    peer: str | None


@dataclass(frozen=True)
class ControlResponse:
    """A response of the control; a stream ends when the emulator stops."""

    status: int
    headers: Mapping[str, str]
    parts: Iterator[str] | AsyncIterator[bytes]


class Control:
    """The control of one emulator, for one run of its server.

    `listens_on` is the host that the emulator listens on.
    """

    def __init__(self, emulator: Steered, service: Service, listens_on: str) -> None:
        self._service = service
        self._listens_on = listens_on
        changes = Changes(service.journal)
        self._context = Context(emulator, service, Views(service), changes)

    def close(self) -> None:
        """End all waiting requests."""
        self._context.changes.close()

    def refuse(self, request: ControlRequest) -> ControlResponse | None:
        """Refuse a request that may not control the emulator; needs no body."""
        authorization = request.headers.get("Authorization", "")
        authorized = self._service.authorized(authorization)
        refused = refusal(request, authorized, self._listens_on)
        if refused is None:
            return None
        status, message = refused
        authenticate = {"WWW-Authenticate": 'Basic realm="emulator"'}
        return response(
            {"message": message}, status, authenticate if status == 401 else {}
        )

    async def answer(self, request: ControlRequest, body: bytes) -> ControlResponse:
        """Respond to a request that is not refused."""
        path = request.path.removeprefix(commands.PREFIX).rstrip("/")
        if not path and request.method == "GET":
            return response(commands.index())
        if path == commands.STREAM and request.method == "GET":
            query = dict(request.query)
            seen = request.headers.get("Last-Event-ID") or query.get("after", "")
            lists = query.get("lists") != "no"
            context = self._context
            stream = context.changes.stream(context.views, seen, lists)
            return ControlResponse(200, _EVENTS, stream)
        found = {each.method: each for each in COMMANDS if each.path == path}
        if not found:
            where = f"GET {commands.PREFIX} lists the commands"
            message = f"unknown path {request.path[:200]}; {where}"
            return response({"message": message}, 404)
        command = found.get(request.method)
        if command is None:
            message = f"{request.path} takes {', '.join(found)}"
            return response({"message": message}, 405, {"Allow": ", ".join(found)})
        return await self._run(command, request, body)

    async def _run(
        self, command: Command, request: ControlRequest, body: bytes
    ) -> ControlResponse:
        try:
            given = read(command.fields, _document(command, request, body))
            answer = command.run(self._context, given)
            if inspect.isawaitable(answer):
                answer = await answer
        except FieldError as error:
            return response({"message": str(error), "field": error.field}, 400)
        except ServiceError as error:
            refused = {"message": error.message, "code": error.code}
            return response(refused, error.status)
        except ValueError as error:
            return response({"message": str(error)}, 400)
        except TimeoutError as error:
            return response({"message": str(error)}, 504)
        except RuntimeError as error:
            # Not possible now: the clock is real, or the emulator is stopping.
            return response({"message": str(error)}, 409)
        finally:
            # Run on the emulator's own thread, a command does not settle by itself.
            if command.method != "GET":
                self._service.settle()
        try:
            await self._service.saved()
        except StateError as error:
            return response({"message": str(error)}, 500)
        return response(answer, command.status)


def response(
    body: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> ControlResponse:
    """Return a JSON response."""
    parts = chain(_lines(body, 0), ["\n"])
    return ControlResponse(status, {**_JSON, **(headers or {})}, parts)


def _document(
    command: Command, request: ControlRequest, body: bytes
) -> Mapping[str, object]:
    if command.method != "POST":
        return of_query(command.fields, request.query)
    try:
        return document_of(body.decode()) if body else {}
    except FieldError:
        raise
    except ValueError as error:
        raise FieldError("the body", f"must be a JSON object: {error}") from None


def _lines(value: object, level: int) -> Iterator[str]:
    """Encode a document in parts, so that a long list does not block the loop."""
    if level == _LEVELS or not isinstance(value, Mapping | list | Iterator):
        yield json.dumps(value)
        return
    brackets = "{}" if isinstance(value, Mapping) else "[]"
    indent = f"\n{'  ' * (level + 1)}"
    begun = False
    yield brackets[0]
    for each in value.items() if isinstance(value, Mapping) else value:
        yield f",{indent}" if begun else indent
        begun = True
        if isinstance(value, Mapping):
            name, item = each
            yield f"{json.dumps(name)}: "
            yield from _lines(item, level + 1)
        else:
            yield from _lines(each, level + 1)
    yield f"\n{'  ' * level}{brackets[1]}" if begun else brackets[1]


# Which requests may control the emulator.


def refusal(
    request: ControlRequest, authorized: bool, listens_on: str
) -> tuple[int, str] | None:
    """Return the status and message of a refusal; None if the request is allowed.

    Requests from this machine need no credentials, those from other machines need
    the account's. Requests to a foreign host name (DNS rebinding) and from pages of
    other sites are refused: a browser has no credentials for the foreign name.
    """
    host = request.headers.get("Host", "")
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    own = (f"http://{host}".lower(), f"https://{host}".lower())
    if origin is not None and origin.lower() not in own:
        return 403, f"the Origin {origin} is not the emulator's own"
    if site not in (None, "same-origin", "none"):
        return 403, f"the request is from a page of another site ({site})"
    if authorized:
        return None
    if not _loopback(request.peer):
        return 401, "requests from other machines need the account's credentials"
    if not _own_name(host, listens_on):
        return 403, f"the Host {host} is not the emulator's own"
    return None


def _own_name(host: str, listens_on: str) -> bool:
    """Return whether nobody else can point this Host to this machine."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name in ("localhost", listens_on.lower()) or name.endswith(".localhost"):
        return True
    try:
        # Nobody can point an IP address elsewhere.
        ip_address(name)
    except ValueError:
        return False
    return True


def _loopback(peer: str | None) -> bool:
    try:
        address = ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
