"""A webhook's request: how it is made and signed, sent, and what comes back.

Owns: the URL in the form that goes over the wire, ``X-Twilio-Signature``, one attempt
to send within a time limit, and the error when there is no response. Besides server.py
the only module that knows aiohttp: that one serves, this one is a client.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import re
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL


if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult  # not in aiohttp 3.9

Method = Literal["GET", "POST"]

# "HTTP retrieval failure": the console's code for every webhook without a response.
RETRIEVAL_FAILURE = 11200
RESOLVER_NAME = "taskrouter-emulator-resolver"
# Bytes; an instruction is far shorter.
MAX_ANSWER = 64 * 1024

# What may stand in a path or a query as it is; % as the URL is encoded already.
_SAFE = "%/?:@!$&'()*+,;=~-._"
_HOST = re.compile(r"[a-z0-9._~:%-]+")
_PORTS = {"http": 80, "https": 443}
_HEADERS = {
    "Accept": "*/*",
    # A few compressed bytes may be many: none are asked for, and none unpacked.
    "Accept-Encoding": "identity",
    # What the service calls itself.
    "User-Agent": "TwilioProxy/1.1",
}
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


@dataclass(frozen=True)
class Post:
    """A request, ready to be sent. The URL may hold a password: no repr has it."""

    url: str = field(repr=False)
    signature: str = field(repr=False)
    body: str = field(repr=False)
    method: Method = "POST"


@dataclass(frozen=True)
class Reply:
    """An application's response; ``text`` is None if it is too long."""

    status: int
    content_type: str
    text: str | None


class NotAnswered(Exception):
    """There was no response, or an invalid one.

    Args:
        message: why, without the URL.
        passing: whether another try may help.
        code: the debugger's code.
    """

    def __init__(
        self, message: str, *, passing: bool, code: int = RETRIEVAL_FAILURE
    ) -> None:
        super().__init__(message)
        self.message = message
        self.passing = passing
        self.code = code


def compose(
    auth_token: str, url: str, params: Mapping[str, str], method: Method = "POST"
) -> Post:
    """Make a signed request.

    Raises:
        NotAnswered: the URL is invalid.
    """
    try:
        parts = _wired(url)
    except ValueError:
        raise NotAnswered("the URL is invalid", passing=False) from None
    form = params
    if method == "GET":
        query = "&".join(filter(None, [parts.query, urlencode(params)]))
        parts, form = parts._replace(query=query), {}
    # Whether the service signs a user name and password in the URL is not known for
    # these webhooks: a receiver does not see them in its URL, so they are left out.
    return Post(
        url=parts.geturl(),
        signature=sign(auth_token, _bare(parts).geturl(), form),
        body=urlencode(form),
        method=method,
    )


def sign(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """Return the signature of a request.

    Args:
        auth_token: the account's key.
        url: the URL as the receiver sees it, with its query.
        params: the form; nothing for a GET, whose parameters are in the URL.
    """
    text = url + "".join(name + params[name] for name in sorted(params))
    digest = hmac.digest(auth_token.encode(), text.encode(), "sha1")
    return base64.b64encode(digest).decode()


def receiver(url: str) -> str:
    """Name who gets what is sent to the URL: scheme, host and port."""
    try:
        parts = _bare(_wired(url))
    except ValueError:
        return "nobody"
    return f"{parts.scheme}://{parts.netloc}"


def shown(url: str) -> str:
    """Return the URL without password and query, for logs."""
    try:
        return _bare(_wired(url))._replace(query="").geturl()
    except ValueError:
        return "an invalid URL"


def _bare(parts: SplitResult) -> SplitResult:
    """Take user name and password out."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])


def _wired(url: str) -> SplitResult:
    """Return the URL as it is sent: the receiver verifies the same one."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if not host.isascii():
        host = host.encode("idna").decode()
    if parts.scheme not in _PORTS or _HOST.fullmatch(host) is None:
        raise ValueError("the URL must be http or https and have a host")
    netloc = f"[{host}]" if ":" in host else host
    # As in the header Host, which has no default port.
    if port not in (None, _PORTS[parts.scheme]):
        netloc += f":{port}"
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(
        netloc=quote(user, safe=_SAFE) + at + netloc,
        path=quote(parts.path, safe=_SAFE) or "/",
        query=quote(parts.query, safe=_SAFE),
        fragment="",
    )


class Sender:
    """Sends webhooks; to be made and closed on the event loop where it is used."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                # A receiver that was restarted has closed the connections that it
                # had: a POST on one of them would fail without need.
                force_close=True,
                # How many there are at once, others see to.
                limit=0,
                resolver=_Resolver(),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers=_HEADERS,
        )

    async def send(self, post: Post, seconds: float) -> Reply:
        """Send a request and return the response; redirects are not followed.

        The seconds are for all of it, from the connection to the answer's last byte.

        Raises:
            NotAnswered: there is no response.
        """
        headers = {"X-Twilio-Signature": post.signature}
        if post.method == "POST":
            headers |= _FORM
        try:
            async with self._session.request(
                post.method,
                # As it was signed: nothing in it is quoted again.
                URL(post.url, encoded=True),
                data=post.body if post.method == "POST" else None,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                text = await _text(response)
                return Reply(response.status, response.content_type, text)
        # Of aiohttp's texts nothing is repeated: some hold the URL with its password.
        except asyncio.TimeoutError:
            raise NotAnswered(
                f"no response within {seconds:g} s", passing=True
            ) from None
        except aiohttp.ClientSSLError:
            raise NotAnswered("no secure connection", passing=False) from None
        except aiohttp.ClientConnectorError as error:
            raise NotAnswered(_no_connection(error.os_error), passing=True) from None
        except (aiohttp.ClientError, OSError):
            message = "the connection was lost, or the response is not valid HTTP"
            raise NotAnswered(message, passing=True) from None
        except ValueError:
            raise NotAnswered("the URL is invalid", passing=False) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _no_connection(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the host is unknown"
    return (
        f"no connection: {os.strerror(error.errno)}" if error.errno else "no connection"
    )


async def _text(response: aiohttp.ClientResponse) -> str | None:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            return None
    return body.decode("utf-8", "replace")


class _Resolver(AbstractResolver):
    """Looks up names on threads that the end of the loop does not wait for.

    The loop's own threads are waited for, and a name server that is not there can
    take half a minute to find out.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        found: Future[list[Any]] = Future()
        # Who waits no longer does not take it back.
        found.set_running_or_notify_cancel()

        def look_up() -> None:
            try:
                infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
                found.set_result(infos)
            except OSError as error:
                found.set_exception(error)
            except UnicodeError:
                found.set_exception(socket.gaierror("not a valid host name"))

        threading.Thread(target=look_up, name=RESOLVER_NAME, daemon=True).start()
        return [
            {
                "hostname": host,
                "host": address[0],
                "port": port,
                "family": family,
                "proto": proto,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for family, _, proto, _, address in await asyncio.wrap_future(found)
        ]

    async def close(self) -> None:
        """Nothing is kept."""
