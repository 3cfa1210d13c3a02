"""Webhooks over HTTP.

Owns: sending one request within a time limit. Besides server.py, the only module
that knows aiohttp: that one serves, this one is a client.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from taskrouter_sync.emulator.posting import NotAnswered, Post, Reply


if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult  # not in aiohttp 3.9

RESOLVER_NAME = "taskrouter-emulator-resolver"

_HEADERS = {
    "Accept": "*/*",
    # A few compressed bytes may be many: none are asked for, and none unpacked.
    "Accept-Encoding": "identity",
    # What the service calls itself.
    "User-Agent": "TwilioProxy/1.1",
}
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
# Bytes; an instruction is far shorter.
MAX_ANSWER = 64 * 1024


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
        """Send a request and give the answer; a redirection is not followed.

        Args:
            post: what to send.
            seconds: for all of it, from the connection to the answer's last byte.

        Raises:
            NotAnswered: there is no answer.
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
            raise NotAnswered(f"no answer within {seconds:g} s", passing=True) from None
        except aiohttp.ClientSSLError:
            raise NotAnswered("no secure connection", passing=False) from None
        except aiohttp.ClientConnectorError as error:
            raise NotAnswered(_no_connection(error.os_error), passing=True) from None
        except (aiohttp.ClientError, OSError):
            message = "the connection broke off, or what came is not HTTP"
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
        """Give the addresses of a host."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Any]] = loop.create_future()

        def settle(infos: list[Any], error: OSError | None) -> None:
            if found.done():
                return
            if error is None:
                found.set_result(infos)
            else:
                found.set_exception(error)

        def look_up() -> None:
            infos: list[Any] = []
            failure: OSError | None = None
            try:
                infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            except OSError as error:
                failure = error
            except UnicodeError:
                failure = socket.gaierror("no name of a host")
            try:
                loop.call_soon_threadsafe(settle, infos, failure)
            except RuntimeError:
                return  # The loop is closed: nobody waits any more.

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
            for family, _, proto, _, address in await found
        ]

    async def close(self) -> None:
        """Nothing is kept."""
