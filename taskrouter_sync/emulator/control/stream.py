"""The control's live stream: server-sent events.

Owns: what is sent when. A reader that is slow gets less often the state, and never
fills the memory: whatever is sent next is read from the journal when it is due.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping

from aiohttp import web

from taskrouter_sync.emulator.control.site import Site


# Seconds between two messages at least: a burst of changes is one of them. And at
# most a fifth of the emulator's time goes into showing its state.
PAUSE = 0.1
PAUSE_BY_EFFORT = 4.0
# Seconds after which a reader that has gone is found out.
BEAT = 15.0
# Part of the first message: a reader that loses the stream comes back so soon (in
# milliseconds).
RETRY = b"retry: 1000\n"
# Of what happened before, and of what happened since the last message.
MOST_EVENTS = 500


async def serve(request: web.Request, site: Site) -> web.StreamResponse:
    """Send all events, and the state after each change, until either side ends it.

    The header Last-Event-ID (or ``after`` in the query) says which event a reader
    has seen; else it gets the latest ones first. With ``lists=no`` in the query the
    state comes without what can be listed page by page.
    """
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    changed = site.changes.watch()
    seen = _seen(request)
    if seen > site.service.journal.counts()[1]:
        seen = 0  # It has seen the events of another emulator.
    try:
        await response.write(RETRY)
        lists = request.query.get("lists") != "no"
        await _tell(response, site, seen, changed, lists)
    except ConnectionError:
        return response  # The reader has gone.
    finally:
        site.changes.leave(changed)
    return response


async def _tell(
    response: web.StreamResponse,
    site: Site,
    seen: int,
    changed: asyncio.Event,
    lists: bool,
) -> None:
    while not site.changes.closed:
        changed.clear()
        began = time.perf_counter()
        messages = []
        for number, event in site.service.journal.events_after(seen)[-MOST_EVENTS:]:
            messages.append(_message("event", site.views.event(number, event), number))
            seen = number
        messages.append(_message("state", site.views.state(lists)))
        # Showing the state may have done what was due: it will be told at once.
        effort = time.perf_counter() - began
        await response.write("".join(messages).encode())
        await asyncio.sleep(max(PAUSE, PAUSE_BY_EFFORT * effort))
        while not await _comes(changed):
            await response.write(b": still here\n\n")


async def _comes(changed: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), BEAT)
    except asyncio.TimeoutError:
        return False
    return True


def _seen(request: web.Request) -> int:
    text = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _message(kind: str, body: Mapping[str, object], number: int | None = None) -> str:
    identity = "" if number is None else f"id: {number}\n"
    return f"{identity}event: {kind}\ndata: {json.dumps(body)}\n\n"
