"""What goes wrong, and what happens at the service meanwhile: drawn from a seed."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from taskrouter_sync.emulator import Emulator, ServiceError

from ..support.backend import Backend
from .fault import Direction, Fault, Kind
from .proxy import Proxy


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

# How often each kind is drawn on the connections. A change of bytes in a request is
# left out: it makes a token another one, which the service rightly refuses.
ON_CONNECTIONS = {
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

# What the service does to the next request: a method of `Emulator.faults`, and the
# arguments that are drawn for it.
Draw = Callable[[random.Random], dict[str, Any]]
AT_SERVICE: dict[str, tuple[str, Draw]] = {
    # What a request is refused with, and may be asked again after.
    "passing": (
        "answer",
        lambda chance: {"status": chance.choice((429, 500, 502, 503, 504))},
    ),
    # What a change is refused with.
    "refused": (
        "answer",
        lambda chance: {
            "status": chance.choice((400, 404, 409, 410)),
            "method": "POST",
        },
    ),
    "malformed": (
        "malformed",
        lambda chance: {
            "body": chance.choice(MALFORMED),
            "carried_out": chance.random() < 0.5,
        },
    ),
    "delay": ("delay", lambda chance: {"seconds": chance.uniform(0.01, 0.6)}),
    "drop": ("drop", lambda chance: {"carried_out": chance.random() < 0.5}),
    "upgrade": (
        "refuse_upgrades",
        lambda chance: {"status": chance.choice((429, 500, 503))},
    ),
}
# What it does to the sockets of a worker.
AT_SOCKETS: dict[str, tuple[str, Draw]] = {
    "close": (
        "close_sockets",
        lambda chance: {"code": chance.choice((1000, 1001, 1011, 4000))},
    ),
    "cut": ("cut_sockets", lambda chance: {}),
    "twice": ("duplicate_frames", lambda chance: {"times": 3}),
    "odd frame": ("send_text", lambda chance: {"text": chance.choice(ODD_FRAMES)}),
}


class Agent(Protocol):
    """A worker at whom it storms."""

    worker_sid: str
    client: Any
    mint: Callable[[], str]


class Storm:
    """Lets trouble happen, one after the other, and counts it."""

    def __init__(
        self, proxy: Proxy, emulator: Emulator, agents: list[Agent], seed: int
    ) -> None:
        self._proxy = proxy
        self._emulator = emulator
        self._agents = agents
        self._chance = random.Random(seed)
        self._elsewhere: Counter[str] = Counter()

    def run(self, stop: threading.Event, interval: float) -> None:
        """Strike each `interval` seconds, until it is time to stop."""
        started, struck = time.monotonic(), 0
        while not stop.wait(interval):
            # On a busy machine this thread comes late, and makes up for it.
            for _ in range(int((time.monotonic() - started) / interval) - struck):
                self._strike()
                struck += 1

    def counts(self) -> Counter[str]:
        """Count what has happened so far, by kind."""
        counts = Counter(self._elsewhere)
        for kind, times in self._proxy.happened().items():
            counts[f"connection: {kind.value}"] = times
        return counts

    def _strike(self) -> None:
        place = self._chance.random()
        if place < 0.05:
            self._let_a_user_act()
        elif place < 0.6:
            self._strike_a_connection()
        elif place < 0.85:
            name, method, arguments = self._draw(AT_SERVICE)
            getattr(self._emulator.faults, method)(**arguments)
            self._elsewhere[f"service: {name}"] += 1
        else:
            name, method, arguments = self._draw(AT_SOCKETS)
            strike = getattr(self._emulator.faults, method)
            if strike(self._agent().worker_sid, **arguments):
                self._elsewhere[f"service: {name}"] += 1

    def _draw(
        self, table: dict[str, tuple[str, Draw]]
    ) -> tuple[str, str, dict[str, Any]]:
        name = self._chance.choice([*table])
        method, draw = table[name]
        return name, method, draw(self._chance)

    def _strike_a_connection(self) -> None:
        chance = self._chance
        kind = chance.choices([*ON_CONNECTIONS], [*ON_CONNECTIONS.values()])[0]
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
        self._proxy.strike_soon(fault, chance.randrange(1 << 16), role)

    def _let_a_user_act(self) -> None:
        """What users do in the middle of it is no trouble, but none may come of it."""
        agent = self._agent()
        act = self._chance.choice(("disconnect and connect", "connect", "update_token"))
        if act == "update_token":
            agent.client.update_token(agent.mint())
        else:
            if act != "connect":
                agent.client.disconnect()
            agent.client.connect()
        self._elsewhere[f"user: {act}"] += 1

    def _agent(self) -> Agent:
        return self._chance.choice(self._agents)


class Work:
    """Tasks of one workspace: they come, are withdrawn, are done."""

    # How many tasks may be under way.
    MOST = 60

    def __init__(self, backend: Backend, seed: int) -> None:
        self._backend = backend
        self._chance = random.Random(seed)
        self.tasks = 0

    def run(self, stop: threading.Event, interval: float) -> None:
        """Let things happen, one each `interval` seconds, until it is time to stop."""
        while not stop.wait(interval):
            under_way = self._backend.open_tasks()
            if len(under_way) < self.MOST and self._chance.random() < 0.75:
                self._backend.create_task()
                self.tasks += 1
            elif under_way:
                self._end(self._chance.choice(under_way))

    def finish(self) -> None:
        """End all that is still under way: nothing more will happen."""
        for sid in self._backend.open_tasks():
            self._end(sid)

    def _end(self, sid: str) -> None:
        for status in ("completed", "canceled"):
            try:
                self._backend.update_task(sid, assignment_status=status, reason="soak")
            except ServiceError:
                continue  # it is not assigned, or has come to its end meanwhile
            return
