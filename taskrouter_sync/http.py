"""HTTP for all clients of a process: kept connections, limits, errors of our own.

The only importer of requests.
"""

from __future__ import annotations

import codecs
import json
import logging
import math
import os
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime, timezone
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import BaseHTTPError  # type: ignore[attr-defined]
from requests.utils import select_proxy

from .errors import (
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    one_line,
)
from .network import Proxy, Route, causes, describe_failure, is_proxy, proxy_trouble
from .properties import date_value
from .timing import Timing
from .tokens import Secret


# What TaskRouter.js sends: a simple request to a browser, JSON all the same.
_HEADERS = {
    "Content-Type": "text/plain;charset=UTF-8",
    "Accept-Encoding": "identity",
}

# Connections kept for one host, over all clients and threads. A process has fewer
# threads: what is not kept is thrown away, with a warning.
_KEPT = 1000

# Bytes of a response.
_LARGEST_BODY = 64 * 1024 * 1024
_LARGEST_MESSAGE = 1024 * 1024  # where the status is an error
_CHUNK = 65536

# Connections unused for this many seconds may be forgotten by something on the way.
_IDLE = 50.0

# Arrays and objects in each other: what users do with them may call itself per level.
MOST_LEVELS = 100

# What requests asks of the environment, which takes a while to look through.
_VARIABLES = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)

# Whose frames have the body of a request in their locals.
_LIBRARIES = ("requests", "urllib3", "http", "socket", "ssl")

# Threads that wait for a response now.
_sending: set[int] = set()

_read_json = json.JSONDecoder().raw_decode


class Response(NamedTuple):
    """What the service responded with.

    Attributes:
        payload: None where it sent none (to a DELETE).
        event_type: the tag of the request, which the service repeats.
        date: of its `Date` header, as that is written.
    """

    payload: Any
    event_type: str | None = None
    date: str | None = None


class Reply(NamedTuple):
    """A response without its connection, which an error that is kept would hold."""

    status: int
    reason: str
    body: bytes
    retry_after: str | None
    date: str | None


class _Way(NamedTuple):
    """How requests get to a host: through which proxy, and what `send` takes."""

    proxy: str | None
    settings: dict[str, Any]


class Http:
    """Sends requests; every method may be called from any thread.

    Owns its `requests.Session`, unless it is given one, which is used as it is: with
    its adapters, proxies, client certificate and hooks.
    """

    def __init__(self, session: requests.Session | None = None) -> None:
        self._given = session
        # Replaced as a whole when the kept connections are not to be used any more.
        self._session = session or _new_session()
        # Asked about the environment; sends nothing.
        self._environment = session or requests.Session()
        # By host and by what the environment says. Two threads may look for the same
        # at once, and come to the same, so no lock is needed.
        self._ways: dict[tuple[str | None, ...], _Way] = {}
        self._used_at, self._used_at_wall = time.monotonic(), time.time()
        self._renewed_at = -math.inf
        # Threads that are in `post`: a signal handler may interrupt it there and call
        # it again, where the locks of the connection pool are held.
        self._busy: set[int] = set()
        self._closed = False

    def post(
        self, url: str, body: Secret, method: str, token: Secret, timing: Timing
    ) -> Response:
        """Send one envelope to the event bridge and wait for its response.

        Args:
            url: of the client's channel.
            body: the envelope, JSON with the token in it.
            method: of the request inside: a DELETE needs no payload.
            token: is removed from whatever the service repeats.
            timing: for its limits of connect and response.

        Raises:
            HttpError: the status is not 2xx; the message is the JSON body's, else the
                reason phrase.
            InvalidResponse: 2xx with no JSON object, or with a list without its items.
            RequestTimeout, ConnectionFailed: there is no response.
        """
        found = self._send(url, body, method, token, timing)
        if isinstance(found, BaseException):
            # Raised here, where neither token nor body nor what a peer has repeated of
            # them is in reach, and without the library's traceback.
            raise found
        return found

    def _send(
        self, url: str, body: Secret, method: str, token: Secret, timing: Timing
    ) -> Response | BaseException:
        thread = threading.get_ident()
        nested = thread in self._busy
        session = self._another_session() if nested else self._current_session()
        way = _Way(None, {})
        is_first = thread not in _sending
        self._busy.add(thread)
        _sending.add(thread)
        try:
            way = self._way_to(url)
            if way.proxy and (trouble := proxy_trouble(way.proxy)):
                return ConnectionFailed(trouble)
            with session.send(
                self._prepare(session, url, body),
                stream=True,
                allow_redirects=False,
                timeout=(timing.connect, timing.response),
                **way.settings,
            ) as response:
                if response.status_code < 200:
                    # An interim one, of a kind that http.client takes for the response:
                    # the next request must not get what follows.
                    response.raw.close()
                reply = Reply(
                    response.status_code,
                    response.reason or "",
                    _read(response, time.monotonic() + timing.response),
                    response.headers.get("Retry-After"),
                    response.headers.get("Date"),
                )
            return _parse(reply, method, [token, *_proxy_secrets(way.proxy)])
        except TaskRouterError as error:
            return error.with_traceback(None)  # in which the body is in reach
        except (requests.RequestException, BaseHTTPError, OSError, ValueError) as error:
            return _translated(error, way.settings)
        except BaseException as error:  # noqa: BLE001 - post raises it
            # Of a signal handler, or of what the program's own session calls.
            return _without_bodies(error)
        finally:
            self._used_at, self._used_at_wall = time.monotonic(), time.time()
            if self._given is None and (nested or self._closed):
                session.close()  # or it would keep this connection
            if not nested:
                self._busy.discard(thread)
            if is_first:
                _sending.discard(thread)

    def _prepare(
        self, session: requests.Session, url: str, body: Secret
    ) -> requests.PreparedRequest:
        # The body is no local: this frame may raise.
        if self._given is not None:  # which may have something to add
            request = requests.Request("POST", url, headers=_HEADERS)
            request.data = body.reveal().encode()
            prepared = session.prepare_request(request)
            prepared.hooks["response"].append(_refuse_redirect)
            return prepared
        prepared = _PREPARED.copy()
        prepared.url = _prepared_url(url)
        prepared.prepare_body(body.reveal().encode(), None)
        return prepared

    def _current_session(self) -> requests.Session:
        # By the wall clock too: the other may stand still while a machine sleeps.
        idle = max(time.monotonic() - self._used_at, time.time() - self._used_at_wall)
        if self._given is None and idle > _IDLE:
            self.renew()
        return self._session

    def _another_session(self) -> requests.Session:
        """Make one that shares no lock with the one that is in use on this thread."""
        if self._given is None:
            return _new_session()
        # With all that the program's class has, which its copying may leave out.
        session = type(self._given).__new__(type(self._given))
        vars(session).update(vars(self._given))
        session.adapters = {
            prefix: copy(each) if type(each) is HTTPAdapter else each
            for prefix, each in tuple(self._given.adapters.items())
        }
        return session

    def renew(self) -> None:
        """Don't use the kept connections any more: the way to the service was lost."""
        if self._renewed_at >= self._used_at:
            return  # nothing was kept since; many clients may notice at once
        self._renewed_at = self._used_at = time.monotonic()
        self._used_at_wall = time.time()
        if self._given is not None:
            # Adapters of the program's own are left alone.
            for each in tuple(self._given.adapters.values()):
                if type(each) is HTTPAdapter:
                    each.close()
            return
        # The old one is closed when nobody uses it any more: by closing it now its
        # pools would refuse a thread that is about to take a connection.
        self._session = _new_session()

    def route(self, url: str) -> Route:
        """Find how this machine gets to a host: for the WebSocket.

        Raises:
            ValueError: the proxy that is set can't be used.
        """
        found = self._route(url)
        if isinstance(found, str):
            raise ValueError(found)  # out here, where no proxy's password is in reach
        return found

    def _route(self, url: str) -> Route | str:
        """Find it, or say what is wrong with the proxy."""
        way = self._way_to(url)
        if way.proxy and (trouble := proxy_trouble(way.proxy, for_events=True)):
            return trouble
        verify = way.settings["verify"]
        if isinstance(verify, os.PathLike):
            verify = os.fspath(verify)
        if not isinstance(verify, str):
            verify = requests.utils.DEFAULT_CA_BUNDLE_PATH
        own = way.settings.get("cert") or ()
        return Route(
            verify,
            Proxy(way.proxy) if way.proxy else None,
            (own,) if isinstance(own, str) else tuple(own),
        )

    def _way_to(self, url: str) -> _Way:
        """Ask what the environment (or the program's session) says of a host, once."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}/"
        key = (host, *map(os.environ.get, _VARIABLES))
        way = self._ways.get(key)
        if way is None or self._given is not None:
            settings: dict[str, Any] = dict(
                self._environment.merge_environment_settings(host, {}, None, None, None)
            )
            settings.pop("stream", None)
            proxy = select_proxy(host, settings["proxies"])
            if proxy and is_proxy(proxy):
                settings["proxies"] = {"all": _in_utf_8(proxy.strip())}
            way = self._ways[key] = _Way(proxy, settings)
        return way

    def close(self) -> None:
        """Close the kept connections; a session of the program's own stays open."""
        self._closed = True
        # In a signal handler that interrupted `post` the pool's locks may be held: then
        # that closes it at its end.
        if self._given is None and threading.get_ident() not in self._busy:
            self._session.close()
            self._environment.close()


class _Unquoted(logging.Filter):
    """Leave out what urllib3 quotes of headers: a peer may have repeated the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        if threading.get_ident() in _sending and record.exc_info:
            record.msg, record.args = "The headers of a response are malformed", ()
            record.exc_info = record.exc_text = None
        return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):  # of both versions
    logging.getLogger(_name).addFilter(_Unquoted())


def _in_utf_8(proxy: str) -> str:
    """Write its credentials so that requests, which takes Latin-1, sends UTF-8.

    With a colon, also for a user alone: requests sends none without a password.
    """
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    credentials, _, host = parts.netloc.rpartition("@")
    user, _, password = (
        quote(unquote(each).encode().decode("latin-1"), safe="")
        for each in credentials.partition(":")
    )
    netloc = f"{user}:{password}@{host}" if credentials else host
    return urlunsplit(parts._replace(netloc=netloc))


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    adapter = HTTPAdapter()
    # Keep-alive probes let the kernel notice connections that are dead.
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    probes = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
    for name, value in probes.items():
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    adapter.init_poolmanager(_KEPT, _KEPT, socket_options=options)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _proxy_secrets(proxy: str | None) -> list[Secret]:
    """Give what a proxy on the way gets, and may repeat."""
    if not proxy:
        return []
    url = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(url)
    user, password = parts.username or "", parts.password or ""
    pair = f"{unquote(user)}:{unquote(password)}"
    written = password or user  # a user alone is a key
    found = (b64encode(pair.encode()).decode(), unquote(written), written)
    # A very short one would be found in ordinary words.
    return [Secret(each) for each in found if len(each) > 3]


def _refuse_redirect(response: requests.Response, *_: Any, **__: Any) -> None:
    """Take a redirect as it is: requests would read its body without any limit.

    It could carry the token to another host.
    """
    response.headers.pop("Location", None)


# Is copied for each request: to prepare one costs ten times as much.
_PREPARED = requests.Request(
    "POST",
    "http://localhost",
    headers=_HEADERS,
    hooks={"response": _refuse_redirect},
).prepare()


@lru_cache(maxsize=1024)
def _prepared_url(url: str) -> str | None:
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return prepared.url


def _read(response: requests.Response, deadline: float) -> bytes:
    """Read the body; one of a refusal may be missing, as the status says enough."""
    if 200 <= response.status_code < 300:
        return _read_body(response, deadline, _LARGEST_BODY)
    try:
        return _read_body(response, deadline, _LARGEST_MESSAGE)
    except (TaskRouterError, requests.RequestException, BaseHTTPError, OSError):
        return b""


def _read_body(response: requests.Response, deadline: float, most: int) -> bytes:
    """Read the body until a deadline, and only so much."""
    chunks: list[bytes] = []
    size = 0
    for chunk in _chunks(response):
        size += len(chunk)
        if size > most:
            raise InvalidResponse(
                f"The service's response is larger than {most} bytes",
                code=response.status_code,
            )
        if time.monotonic() > deadline:
            raise RequestTimeout("The service did not respond in time")
        chunks.append(chunk)
    return b"".join(chunks)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Give the body as it comes: waiting for a full chunk would pass any deadline."""
    raw = response.raw
    if not hasattr(raw, "stream"):  # what an adapter of the program's made
        yield from response.iter_content(_CHUNK)
    elif not hasattr(raw, "read1"):
        # urllib3 1.26 takes a part of a body for all of it, and waits for full chunks:
        # of one byte, at some 3 ms per kilobyte.
        raw.enforce_content_length = True
        yield from response.iter_content(1)
    else:
        while chunk := raw.read1(_CHUNK, decode_content=True):
            yield chunk


# What requests and urllib3 say, by the names of their errors: whether the service may
# have received the request, and our words. The first that fits counts.
_WORDS: tuple[tuple[str, bool, str], ...] = (
    ("ConnectTimeout", False, "The service did not accept a connection in time"),
    ("SSLError", True, "No secure connection"),
    ("ProxyError", False, "No connection through the proxy"),
    ("NewConnectionError", False, "No connection to the service"),
    ("ClosedPoolError", False, "No connection to the service"),
    ("ConnectionError", True, "The connection to the service was lost"),
    ("ProtocolError", True, "The connection to the service was lost"),
    ("ChunkedEncodingError", True, "The connection to the service was lost"),
    ("OSError", False, "No connection to the service"),
)


def _translated(error: BaseException, settings: Mapping[str, Any]) -> TaskRouterError:
    """Say in our own errors what requests says; `settings` are what `send` took."""
    kinds = {base.__name__ for each in causes(error) for base in type(each).__mro__}
    if kinds & {"ReadTimeout", "ReadTimeoutError"}:
        return RequestTimeout("The service did not respond in time")
    if isinstance(error, requests.exceptions.InvalidHeader) and not isinstance(
        next(iter(error.args), None), BaseException
    ):
        # Of the request: the same name is urllib3's for one of a response.
        return ConnectionFailed(
            "The request could not be sent: a header of http_session is invalid",
            reached=False,
        )
    if kinds & {"DecodeError", "InvalidHeader"}:
        return InvalidResponse("The service's response can't be decoded")
    reason = describe_failure(error, settings.get("verify"), settings.get("cert"))
    for kind, reached, words in _WORDS:
        if kind in kinds:
            return ConnectionFailed(f"{words}: {reason}", reached=reached)
    return ConnectionFailed(f"The request could not be sent: {reason}")


def _without_bodies(error: BaseException) -> BaseException:
    """Leave out the frames of libraries, in which the request's body is in reach."""
    each: BaseException | None = error
    while each is not None:
        entries, kept = [], None
        trace = each.__traceback__
        while trace is not None:
            entries.append(trace)
            trace = trace.tb_next
        for entry in reversed(entries):
            module = str(entry.tb_frame.f_globals.get("__name__"))
            if module.partition(".")[0] not in _LIBRARIES:
                # Python 3.11 may know no line of where a signal came.
                line = entry.tb_lineno or entry.tb_frame.f_code.co_firstlineno
                kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, line)
        each.__traceback__, each = kept, each.__context__
    return error


def _parse(reply: Reply, method: str, secrets: Sequence[Secret]) -> Response:
    """Read the event bridge's response to a request; see `Http.post` for the errors."""
    status, body = reply.status, reply.body
    if not 200 <= status < 300:
        raise http_error(reply, secrets)
    if not body.strip():
        if method == "DELETE":
            return Response(None)
        raise InvalidResponse("The service's response is empty", code=status)
    try:
        document = parse_json(body.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise InvalidResponse(
            "The service's response is not a JSON object", code=status
        )
    payload: Any = document.get("payload")
    event_type = document.get("event_type")
    meta = payload.get("meta") if isinstance(payload, dict) else None
    if isinstance(meta, dict) and "sid" not in payload:
        # A list's payload must hold what its meta says it holds.
        key = meta.get("key")
        if not isinstance(key, str) or not isinstance(payload.get(key), list):
            raise InvalidResponse(
                "The service's response describes a list but has no items", code=status
            )
    tag = event_type if isinstance(event_type, str) else None
    return Response(payload, tag, reply.date)


def http_error(reply: Reply, secrets: Sequence[Secret]) -> HttpError:
    """Make the error of a response that is not 2xx; it never quotes a secret."""
    try:
        document = parse_json(reply.body.removeprefix(codecs.BOM_UTF8))
    except ValueError:
        document = None
    details = document if isinstance(document, dict) else {}
    if "message" not in details and isinstance(details.get("payload"), dict):
        details = details["payload"]
    message, code = details.get("message"), details.get("code")
    if not isinstance(message, str) or not message:
        message = reply.reason or f"HTTP status {reply.status}"
    info = details.get("more_info")
    return HttpError(
        reply.status,
        _harmless(message, secrets),
        twilio_code=code if type(code) is int else None,
        more_info=_harmless(info, secrets) if isinstance(info, str) else None,
        retry_after=_seconds(reply.retry_after, reply.date),
    )


def _harmless(text: str, secrets: Sequence[Secret]) -> str:
    for each in secrets:
        text = each.hidden_in(text)
    return one_line(text)


def _seconds(retry_after: str | None, date: str | None) -> float | None:
    """Read a Retry-After: seconds or a date (RFC 9110, section 10.2.3).

    A date is one of the service's clock, as its Date header shows it, not of ours.
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        until, now = date_value(retry_after), date_value(date)
        if not isinstance(until, datetime):
            return None
        if not isinstance(now, datetime):
            now = datetime.now(timezone.utc)
        seconds = max(0.0, (until - now).total_seconds())
    return seconds if 0 <= seconds < math.inf else None


def parse_json(text: bytes) -> Any:
    """Read JSON that anybody may have written.

    Raises:
        ValueError: it is not UTF-8, not JSON, or nested too deep.
    """
    trimmed = text.strip(b" \t\n\r").decode()
    try:
        # Without the search for blanks of `json.loads`, a third of its time.
        value, end = _read_json(trimmed)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if end < len(trimmed):
        raise ValueError("more than one value")
    # Few brackets can't be deep, which is seen far faster than by looking.
    if text.count(b"[") + text.count(b"{") > MOST_LEVELS:
        _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MOST_LEVELS + 2):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise ValueError("nested too deep")
