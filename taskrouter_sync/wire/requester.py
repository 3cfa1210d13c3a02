"""HTTP for all clients of a process: keep-alive, time limits, errors of our own.

The only importer of requests, with timed.py. What it knows of the environment, proxies
and certificates is used; requests are sent by urllib3 below it, in half the time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3 import HTTPConnectionPool, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    InvalidHeader,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from ..errors import (
    ConnectionFailed,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
)
from .answers import Answer
from .timed import TimedAdapter


if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse  # unknown to urllib3 1.26

CONNECT_TIMEOUT = 5.0
ANSWER_TIMEOUT = 15.0

# What TaskRouter.js sends: a simple request to a browser, JSON all the same.
# An answer in another encoding could be far larger than its bytes on the wire.
_HEADERS = {
    "Content-Type": "text/plain;charset=UTF-8",
    "Accept-Encoding": "identity",
}

# Connections kept for one host, over all clients and threads; and hosts, of which a
# process knows few: their connections end with the last client.
_KEPT = 32
_HOSTS = 10_000

_LARGEST_BODY = 64 * 1024 * 1024

_UNREADABLE = "The service's answer can't be decoded"

# What requests asks of the environment, which takes a while to look through.
_VARIABLES = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)


class _Route:
    """How this machine gets to a host, as the environment had it at first."""

    # No dataclass: a proxy's URL may hold a password.
    def __init__(
        self,
        request: requests.PreparedRequest,
        settings: Mapping[str, Any],
        adapter: TimedAdapter,
    ) -> None:
        self._request = request
        self._settings = settings
        self._adapter = adapter
        # Made at the first request. Two threads may do so at once: the adapter gives
        # both the same, so no lock is needed.
        self._pool: HTTPConnectionPool | None = None
        verify = settings["verify"]
        self.ca_bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
        self.proxy_url = select_proxy(request.url or "", settings["proxies"])
        self.headers = dict(request.headers)
        # What stands before a path: the whole address, for some proxies.
        self.prefix = adapter.request_url(request, settings["proxies"])[:-1]

    def pool(self) -> HTTPConnectionPool:
        """Give the connections to the host; ConnectionFailed if there can't be any."""
        if self._pool is None:
            try:
                self._pool = self._make_pool()
            except (HTTPError, OSError) as error:
                raise ConnectionFailed(
                    f"No connection to the service: {_words(error)}"
                ) from error
        return self._pool

    def _make_pool(self) -> HTTPConnectionPool:
        verify = self._settings["verify"]
        pool = self._adapter.get_connection_with_tls_context(
            self._request, verify, self._settings["proxies"]
        )
        self._adapter.cert_verify(pool, self._request.url, verify, None)  # type: ignore[no-untyped-call]
        return cast("HTTPConnectionPool", pool)


class Endpoint:
    """Where requests go.

    Attributes:
        target: what a request's first line names.
        route: how this machine gets there.
    """

    __slots__ = ("route", "target")

    def __init__(self, url: str, route: _Route) -> None:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        self.target = f"{route.prefix}{parts.path or '/'}{query}"
        self.route = route

    @property
    def ca_bundle(self) -> str | None:
        """The path of the CA bundle to verify with; None for the usual one."""
        return self.route.ca_bundle

    @property
    def proxy_url(self) -> str | None:
        """The proxy to go through; its text may hold a password."""
        return self.route.proxy_url


class Requester:
    """A pool of kept connections; every method may be called from any thread."""

    def __init__(self) -> None:
        # Used by many threads at once: the pools under it have their own locks.
        self._adapter = TimedAdapter(pool_connections=_HOSTS, pool_maxsize=_KEPT)
        # Asked about the environment; sends nothing.
        self._environment = requests.Session()
        # By host, and by what the environment says. Two threads may look for the same
        # at once; the first one's is taken, so no lock is needed.
        self._routes: dict[tuple[str | None, ...], _Route] = {}

    def endpoint(self, url: str) -> Endpoint:
        """Read the environment (proxies, CA bundle) for a URL, once.

        Raises:
            ValueError: it is no URL of http or https.
        """
        try:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https"):
                raise ValueError("neither http nor https")
            host = f"{parts.scheme}://{parts.netloc}/"
            key = (host, *map(os.environ.get, _VARIABLES))
            route = self._routes.get(key)
            if route is None:
                route = self._routes.setdefault(key, self._route(host))
        except (requests.exceptions.RequestException, ValueError) as error:
            raise ValueError(f"not a URL to connect to: {url!r} ({error})") from None
        return Endpoint(url, route)

    def _route(self, host: str) -> _Route:
        request = requests.Request("POST", host, headers=_HEADERS).prepare()
        # A POST without a body says that it has none.
        del request.headers["Content-Length"]
        # What requests lets through, and urllib3 would stumble over later.
        (urlsplit(host).hostname or "").encode("idna")
        settings = self._environment.merge_environment_settings(
            host, {}, None, None, None
        )
        return _Route(request, settings, self._adapter)

    def post(
        self,
        endpoint: Endpoint,
        body: Mapping[str, Any],
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> Answer:
        """Send one envelope and wait for its answer, on this thread.

        Args:
            endpoint: where to.
            body: the envelope; it goes out as JSON.
            connect_timeout: seconds until the connection must stand.
            answer_timeout: seconds until the answer must be here, whole.

        Raises:
            RequestTimeout, ConnectionFailed, InvalidResponse: no answer, with the
                library's exception as the cause.
        """
        try:
            response = endpoint.route.pool().urlopen(
                "POST",
                endpoint.target,
                json.dumps(body).encode(),
                endpoint.route.headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=Timeout(connect=connect_timeout, read=answer_timeout),
                preload_content=False,
                decode_content=False,
            )
            # Closed with its connection, unless that has been given back by then.
            with response:
                answer = Answer(
                    status=response.status,
                    reason=response.reason or "",
                    body=_read(response),
                    retry_after=response.headers.get("Retry-After"),
                    date=response.headers.get("Date"),
                )
                response.release_conn()
            return answer
        except (HTTPError, OSError) as error:
            raise translated(error) from error

    def close(self) -> None:
        """Let the kept connections go."""
        managers = (self._adapter.poolmanager, *self._adapter.proxy_manager.values())
        for manager in managers:
            # urllib3 itself closes them when nothing leads to them any more; an error
            # that somebody keeps does, by its traceback.
            for pool in map(manager.pools.get, manager.pools.keys()):
                if pool is not None:
                    pool.close()
        self._adapter.close()
        self._environment.close()


def _read(response: BaseHTTPResponse) -> bytes:
    """Read the body within its bounds; how long that may take is timed.py's."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        if not 200 <= response.status < 300:
            response.close()
            return b""  # the status says enough
        raise InvalidResponse(_UNREADABLE, code=response.status)
    chunks: list[bytes] = []
    size = 0
    for chunk in response.stream(65536, decode_content=False):
        chunks.append(chunk)
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise InvalidResponse(
                f"The service's answer is larger than {_LARGEST_BODY} bytes",
                code=response.status,
            )
    return b"".join(chunks)


def translated(error: HTTPError | OSError) -> TaskRouterError:
    """Say in our own errors what urllib3 says."""
    # One of its subclasses, though it is about something else.
    if isinstance(error, NewConnectionError):
        return ConnectionFailed(f"No connection to the service: {_words(error)}")
    if isinstance(error, ConnectTimeoutError):
        return ConnectionFailed("The service did not take a connection in time")
    if isinstance(error, ReadTimeoutError):
        return RequestTimeout("The service did not answer in time")
    if isinstance(error, DecodeError | InvalidHeader):
        return InvalidResponse(_UNREADABLE)
    if isinstance(error, SSLError):
        return ConnectionFailed(f"No secure connection: {_words(error)}", reached=True)
    return ConnectionFailed(
        f"The connection to the service broke: {_words(error)}", reached=True
    )


def _words(error: BaseException) -> str:
    """The innermost cause, which says it in fewest words."""
    # By what the errors hold, not by their contexts: those end in whatever the caller
    # is in the middle of handling.
    while (inner := _inner(error)) is not None:
        error = inner
    return str(error) or type(error).__name__


def _inner(error: BaseException) -> BaseException | None:
    held = (getattr(error, "reason", None), *error.args, error.__cause__)
    return next((each for each in held if isinstance(each, BaseException)), None)
