"""HTTP for all clients of a process: keep-alive, time limits, errors of our own.

The only importer of requests, with timed.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from ..errors import (
    ConnectionFailed,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
)
from .answers import Answer
from .timed import TimedAdapter


CONNECT_TIMEOUT = 5.0
ANSWER_TIMEOUT = 15.0

# What TaskRouter.js sends: a simple request to a browser, JSON all the same.
# An answer in another encoding could be far larger than its bytes on the wire.
_HEADERS = {
    "Content-Type": "text/plain;charset=UTF-8",
    "Accept-Encoding": "identity",
}

# Connections kept for one host, over all clients and threads.
_KEPT = 32

_LARGEST_BODY = 64 * 1024 * 1024

_UNREADABLE = "The service's answer can't be decoded"


class Endpoint:
    """Where requests go, and how this machine gets there.

    Attributes:
        url: the channel's URL on the event bridge.
        settings: proxies and CA bundle as the environment had them when it was made.
        request: what all requests have in common, prepared.
    """

    # No dataclass: a proxy's URL in the settings may hold a password.
    __slots__ = ("request", "settings", "url")

    def __init__(
        self,
        url: str,
        settings: Mapping[str, Any],
        request: requests.PreparedRequest,
    ) -> None:
        self.url = url
        self.settings = settings
        self.request = request

    @property
    def ca_bundle(self) -> str | None:
        """The path of the CA bundle to verify with; None for the usual one."""
        verify = self.settings["verify"]
        return verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH

    @property
    def proxy_url(self) -> str | None:
        """The proxy to go through; its text may hold a password."""
        return select_proxy(self.url, self.settings["proxies"])


class _Session(requests.Session):
    """A session that never looks where a redirect leads.

    `requests` does even when it isn't followed, and reads the body for that, however
    large it is.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class Requester:
    """A pool of kept connections; every method may be called from any thread."""

    def __init__(self) -> None:
        # requests.Session is used by many threads at once: nothing of it changes after
        # this (no cookies are kept), and the pool under it has its own lock.
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = TimedAdapter(pool_connections=8, pool_maxsize=_KEPT)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._adapter = adapter
        # Asked about the environment; sends nothing.
        self._environment = requests.Session()

    def endpoint(self, url: str) -> Endpoint:
        """Read the environment (proxies, CA bundle) for a URL, once.

        Raises:
            ValueError: it is no URL of http or https.
        """
        try:
            request = requests.Request("POST", url, headers=_HEADERS).prepare()
            # What requests lets through, and urllib3 would stumble over later.
            (urlsplit(url).hostname or "").encode("idna")
        except (requests.exceptions.RequestException, UnicodeError) as error:
            raise ValueError(f"not a URL to connect to: {url!r} ({error})") from None
        settings = self._environment.merge_environment_settings(
            url, {}, None, None, None
        )
        return Endpoint(url, {**settings, "stream": True}, request)

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
        request = endpoint.request.copy()
        request.prepare_body(json.dumps(body).encode(), None)
        try:
            with self._session.send(
                request,
                timeout=(connect_timeout, answer_timeout),
                allow_redirects=False,
                **endpoint.settings,
            ) as response:
                return Answer(
                    status=response.status_code,
                    reason=response.reason or "",
                    body=_read(response),
                    retry_after=response.headers.get("Retry-After"),
                    date=response.headers.get("Date"),
                )
        except requests.exceptions.RequestException as error:
            # The request carries the token: nobody shall find it on the exception.
            error.request = error.response = None
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
        self._session.close()
        self._environment.close()


def _read(response: requests.Response) -> bytes:
    """Read the body within its bounds; how long that may take is timed.py's."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        if not 200 <= response.status_code < 300:
            return b""  # the status says enough
        raise InvalidResponse(_UNREADABLE, code=response.status_code)
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise InvalidResponse(
                f"The service's answer is larger than {_LARGEST_BODY} bytes",
                code=response.status_code,
            )
    return b"".join(chunks)


def translated(error: requests.exceptions.RequestException) -> TaskRouterError:
    """Say in our own errors what requests says."""
    known = requests.exceptions
    if isinstance(error, known.ConnectTimeout):
        return ConnectionFailed("The service did not take a connection in time")
    # While the body is read, requests calls it a ConnectionError.
    if isinstance(error, known.Timeout) or isinstance(_inner(error), ReadTimeoutError):
        return RequestTimeout("The service did not answer in time")
    if isinstance(error, known.ContentDecodingError | known.InvalidHeader):
        return InvalidResponse(_UNREADABLE)
    if isinstance(error, known.SSLError):
        return ConnectionFailed(f"No secure connection: {_words(error)}", reached=True)
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    reached = not isinstance(reason, NewConnectionError)
    if not reached:
        return ConnectionFailed(f"No connection to the service: {_words(error)}")
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
