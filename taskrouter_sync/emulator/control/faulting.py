"""Control: scripted trouble, as in ``Emulator.faults``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from taskrouter_sync.emulator.control.command import Command, Json, Run
from taskrouter_sync.emulator.control.site import Site
from taskrouter_sync.emulator.faults import Faults
from taskrouter_sync.emulator.fields import (
    Choice,
    Document,
    Either,
    Field,
    Flag,
    Integer,
    Number,
    Text,
)


_MANY = 1_000_000
_HOUR = 3600

_METHOD = Field("method", Choice(("GET", "POST", "DELETE")), "only requests of it")
_URL = Field("url", Text(), "only requests with this in their URL")
_TIMES = Field("times", Integer(1, _MANY), "how many requests; 1 by default")
_CARRIED_OUT = Field("carried_out", Flag(), "do what was asked all the same")
_MATCH = (_METHOD, _URL, _TIMES)
_CHANNEL = Field("channel", Text(), "WK…, WQ… or WS…; all by default")


def _script(act: Callable[[Faults], Callable[..., None]]) -> Run:
    def run(site: Site, given: dict[str, Any]) -> Json:
        act(site.emulator.faults)(**given)
        return {}

    return run


def _sockets(act: Callable[[Faults], Callable[..., int]]) -> Run:
    def run(site: Site, given: dict[str, Any]) -> Json:
        return {"sockets": act(site.emulator.faults)(**given)}

    return run


def _send(site: Site, given: dict[str, Any]) -> Json:
    return {"sockets": site.emulator.send_frame(given["channel"], given["frame"])}


FAULTS: Sequence[Command] = (
    Command(
        "POST",
        "/faults/answer",
        "Answer the next matching requests with a status.",
        _script(lambda faults: faults.answer),
        (
            Field("status", Integer(200, 599), "the HTTP status", required=True),
            Field(
                "body", Either((Document(), Text())), "by default like the service's"
            ),
            Field("message", Text(1000), "the reason phrase, and in the default body"),
            Field("code", Integer(0, 99_999), "Twilio's code in the default body"),
            Field("delay", Number(0, _HOUR), "seconds until the answer"),
            _CARRIED_OUT,
            *_MATCH,
        ),
    ),
    Command(
        "POST",
        "/faults/malformed",
        "Answer the next matching requests 200 with a body that is no JSON.",
        _script(lambda faults: faults.malformed),
        (Field("body", Text(), "half a JSON object by default"), _CARRIED_OUT, *_MATCH),
    ),
    Command(
        "POST",
        "/faults/delay",
        "Let the next matching requests wait before they are carried out.",
        _script(lambda faults: faults.delay),
        (Field("seconds", Number(0, _HOUR), "how long", required=True), *_MATCH),
    ),
    Command(
        "POST",
        "/faults/drop",
        "Cut the connection of the next matching requests instead of an answer.",
        _script(lambda faults: faults.drop),
        (_CARRIED_OUT, *_MATCH),
    ),
    Command(
        "POST",
        "/faults/refuse_upgrades",
        "Refuse the next sockets with a status.",
        _script(lambda faults: faults.refuse_upgrades),
        (
            Field("status", Integer(300, 599), "the HTTP status", required=True),
            _CHANNEL,
            Field("times", Integer(1, _MANY), "how many sockets; 1 by default"),
            Field("delay", Number(0, _HOUR), "seconds until the answer"),
        ),
    ),
    Command(
        "DELETE",
        "/faults",
        "Forget all trouble that has not come yet.",
        _script(lambda faults: faults.clear),
    ),
)

SOCKETS: Sequence[Command] = (
    Command(
        "POST",
        "/sockets/close",
        "Close sockets by a close frame.",
        _sockets(lambda faults: faults.close_sockets),
        (
            _CHANNEL,
            Field("code", Integer(1000, 4999), "the close code; 1000 by default"),
            Field("reason", Text(123), "the close reason"),
        ),
    ),
    Command(
        "POST",
        "/sockets/cut",
        "Cut sockets without a close frame.",
        _sockets(lambda faults: faults.cut_sockets),
        (_CHANNEL,),
    ),
    Command(
        "POST",
        "/sockets/stall",
        "Let sockets stay open with nothing coming through, until they are resumed.",
        _sockets(lambda faults: faults.stall_sockets),
        (_CHANNEL,),
    ),
    Command(
        "POST",
        "/sockets/resume",
        "Let stalled sockets flow again, with what waited.",
        _sockets(lambda faults: faults.resume_sockets),
        (_CHANNEL,),
    ),
    Command(
        "POST",
        "/sockets/duplicate",
        "Send the next frames to the open sockets twice.",
        _sockets(lambda faults: faults.duplicate_frames),
        (_CHANNEL, Field("times", Integer(1, _MANY), "how many frames; 1 by default")),
    ),
    Command(
        "POST",
        "/sockets/send",
        "Send a frame: any text, or an object as JSON.",
        _send,
        (
            Field("channel", Text(), "WK…, WQ… or WS…", required=True),
            Field("frame", Either((Text(), Document())), "the frame", required=True),
        ),
    ),
)
