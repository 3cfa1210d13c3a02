"""Answers as the HTTP server sends them.

Owns: status line and body of an answer, and of a fault in its place. Beside the
server it is what knows aiohttp's responses.
"""

from __future__ import annotations

import json
import re

from aiohttp import web

from taskrouter_sync.emulator.api.responses import Response
from taskrouter_sync.emulator.faults import Fault


_NOT_PRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\xff]+")
_MAX_REASON = 1000


def reason_phrase(message: str) -> str:
    """Give the message as an HTTP reason phrase: one line of latin-1."""
    return _NOT_PRINTABLE.sub(" ", message).strip()[:_MAX_REASON]


def plain(answer: Response) -> web.Response:
    """Make the response of an answer."""
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    message = answer.body.get("message") if answer.status >= 400 else None
    return web.Response(
        status=answer.status,
        # Clients of v1 read the message of an error here and nowhere else.
        reason=reason_phrase(message) if isinstance(message, str) else None,
        text=json.dumps(answer.body),
        content_type="application/json",
        headers=answer.headers,
    )


def faulty(fault: Fault, answer: Response | None) -> web.Response:
    """Make the response of a fault; of the service's answer if it has none."""
    if fault.status is None:
        if answer is None:
            raise AssertionError("a fault without an answer of its own asks for one")
        return plain(answer)
    return web.Response(
        status=fault.status,
        reason=reason_phrase(fault.reason or ""),
        text=fault.body,
        content_type="application/json",
    )
