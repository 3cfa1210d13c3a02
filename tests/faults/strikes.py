"""What goes wrong next, drawn from a seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .fault import Direction, Fault, Kind


@dataclass(frozen=True)
class OnLine:
    """Trouble on the way: for `Proxy.strike`."""

    fault: Fault
    which: int
    role: str

    @property
    def name(self) -> str:
        return f"line: {self.fault.kind.value}"


@dataclass(frozen=True)
class AtService:
    """Trouble that the service makes: a method of `Emulator.faults`.

    Attributes:
        to_channel: whether its first argument is the channel of a worker.
        which: picks the worker.
    """

    method: str
    arguments: dict[str, Any] = field(default_factory=dict)
    to_channel: bool = False
    which: int = 0

    @property
    def name(self) -> str:
        return f"service: {self.method}"


@dataclass(frozen=True)
class ByUser:
    """What users do in the middle of it: no trouble, but none may come of it.

    Attributes:
        act: a function of the client that `which` picks.
    """

    act: str
    which: int

    @property
    def name(self) -> str:
        return f"user: {self.act}"


Strike = OnLine | AtService | ByUser

ACTS = ("disconnect and connect", "connect", "update_token")

# Bodies that are not what the service's contract says.
MALFORMED = ("", "[]", "null", "{", '{"payload": {', "<html>503</html>", '"\\ud800"')

# Frames that are none of the service's.
ODD_FRAMES = (
    "{",
    "[]",
    "not json",
    '{"event_type": 5}',
    '{"event_type": "reservation.created"}',
    '{"event_type": "reservation.created", "payload": {"sid": 1}}',
    '{"event_type": "unheard.of", "payload": {}}',
)

# What a request is refused with, and may be asked again after.
PASSING = (429, 500, 502, 503, 504)
# What a change is refused with.
FINAL = (400, 404, 409, 410)

# How often each kind is drawn, on the line. A change of bytes in a request is left
# out: it makes a token another one, which the service rightly refuses.
_ON_LINE = {
    Kind.DELAY: 4,
    Kind.STALL: 2,
    Kind.CUT: 4,
    Kind.HALF_OPEN: 2,
    Kind.RESET: 4,
    Kind.CORRUPT: 3,
    Kind.THROTTLE: 2,
    Kind.REFUSE: 1,
    Kind.REORDER: 3,
}

_AT_SERVICE = ("answer", "refused", "malformed", "delay", "drop", "upgrade")
_AT_SOCKETS = ("close", "cut", "odd frame", "twice")


def strikes(seed: int) -> Iterator[Strike]:
    """Draw troubles without end; the same seed gives the same ones."""
    chance = random.Random(seed)
    while True:
        place = chance.random()
        if place < 0.04:
            yield ByUser(chance.choice(ACTS), chance.randrange(1 << 16))
        elif place < 0.6:
            yield _on_line(chance)
        elif place < 0.85:
            yield _at_service(chance)
        else:
            yield _at_sockets(chance)


def _on_line(chance: random.Random) -> OnLine:
    kind = chance.choices([*_ON_LINE], [*_ON_LINE.values()])[0]
    down = kind is Kind.CORRUPT or chance.random() < 0.6
    fault = Fault(
        kind,
        Direction.DOWN if down else Direction.UP,
        # At once, in a head, or in the middle of what follows.
        after=chance.choice((0, chance.randrange(200), chance.randrange(2000))),
        seconds=chance.uniform(0.01, 0.15),
        size=chance.randrange(1, 8),
    )
    role = chance.choice(("GET", "POST", "POST"))
    return OnLine(fault, chance.randrange(1 << 16), role)


def _at_service(chance: random.Random) -> AtService:
    what = chance.choice(_AT_SERVICE)
    carried_out = chance.random() < 0.5
    if what == "answer":
        status = chance.choice(PASSING)
        return AtService("answer", {"status": status})
    if what == "refused":
        status = chance.choice(FINAL)
        return AtService("answer", {"status": status, "method": "POST"})
    if what == "malformed":
        body = chance.choice(MALFORMED)
        return AtService("malformed", {"body": body, "carried_out": carried_out})
    if what == "delay":
        return AtService("delay", {"seconds": chance.uniform(0.01, 0.6)})
    if what == "drop":
        return AtService("drop", {"carried_out": carried_out})
    return AtService("refuse_upgrades", {"status": chance.choice((429, 500, 503))})


def _at_sockets(chance: random.Random) -> AtService:
    what, which = chance.choice(_AT_SOCKETS), chance.randrange(1 << 16)
    if what == "close":
        code = chance.choice((1000, 1001, 1011, 4000))
        return AtService("close_sockets", {"code": code}, True, which)
    if what == "cut":
        return AtService("cut_sockets", {}, True, which)
    if what == "twice":
        return AtService("duplicate_frames", {"times": 3}, True, which)
    text = chance.choice(ODD_FRAMES)
    return AtService("send_text", {"text": text}, True, which)
