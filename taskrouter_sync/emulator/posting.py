"""A webhook on its way to an application: what is sent, and what comes of it.

Owns: the request with its signature, the URL in the form that goes over the wire,
the reply, and the error for none. Pure; who sends it is somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from taskrouter_sync.emulator.signing import sign


Method = Literal["GET", "POST"]

# "HTTP retrieval failure": the console's code for every webhook without an answer.
RETRIEVAL_FAILURE = 11200

# What may stand in a path or a query as it is; % as the URL is encoded already.
_SAFE = "%/?:@!$&'()*+,;=~-._"
_HOST = re.compile(r"[a-z0-9._~:%-]+")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Post:
    """A request, ready to be sent. The URL may hold a password: no repr has it."""

    url: str = field(repr=False)
    signature: str = field(repr=False)
    body: str = field(repr=False)
    method: Method = "POST"


@dataclass(frozen=True)
class Reply:
    """What an application answered; ``text`` is None if it is too long to be read."""

    status: int
    content_type: str
    text: str | None


class NotAnswered(Exception):
    """There was no answer, or none that can be read.

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


# Sends within a limit of seconds; raises NotAnswered.
Send = Callable[[Post, float], Awaitable[Reply]]


def compose(
    auth_token: str, url: str, params: Mapping[str, str], method: Method = "POST"
) -> Post:
    """Make a signed request.

    Raises:
        NotAnswered: the URL is none.
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


def receiver(url: str) -> str:
    """Name who gets what is sent to the URL: scheme, host and port."""
    try:
        parts = _bare(_wired(url))
    except ValueError:
        return "nobody"
    return f"{parts.scheme}://{parts.netloc}"


def shown(url: str) -> str:
    """Give the URL as people may see it: without password and query."""
    try:
        return _bare(_wired(url))._replace(query="").geturl()
    except ValueError:
        return "an invalid URL"


def _bare(parts: SplitResult) -> SplitResult:
    """Take user name and password out."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])


def _wired(url: str) -> SplitResult:
    """Give the URL as it goes over the wire: what is signed is what arrives."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if not host.isascii():
        host = host.encode("idna").decode()
    if parts.scheme not in _PORTS or _HOST.fullmatch(host) is None:
        raise ValueError("neither http nor https, or no host")
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
