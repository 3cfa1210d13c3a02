"""What goes wrong, and what happens at the service meanwhile: drawn from a seed."""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from taskrouter_sync.emulator import Emulator, ServiceError

from ..support.backend import Backend, ReadyWorkspace
from .fault import Direction, Fault, Kind
from .ledger import Entry
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
            # Of a wish it would be the end.
            "url": "/Tasks/",
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
# Events of a worker's values that are numbers here.
VALUES = ("attributes.update", "capacity.update")

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
        self,
        proxy: Proxy,
        emulator: Emulator,
        backend: Backend,
        agents: list[Agent],
        seed: int,
        running: threading.Lock,
    ) -> None:
        """Create it; `running` is held while the service is used or restarted."""
        self._backend = backend
        self._running = running
        self._proxy = proxy
        self._emulator = emulator
        self._agents = agents
        self._chance = random.Random(seed)
        self._elsewhere: Counter[str] = Counter()

    def clear(self) -> None:
        """Let nothing more go wrong."""
        with self._running:
            self._emulator.faults.clear()

    def run(self, stop: threading.Event, interval: float) -> None:
        """Strike each `interval` seconds, until it is time to stop."""
        started, struck = time.monotonic(), 0
        while not stop.wait(interval):
            # On a busy machine this thread comes late, and makes up for it.
            for _ in range(int((time.monotonic() - started) / interval) - struck):
                with self._running:
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
        if place < 0.005:
            self._trouble_the_service()
        elif place < 0.05:
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

    def _trouble_the_service(self) -> None:
        """Restart it, let its clock jump, or let its next list be an older one."""
        kind = self._chance.choice(("restart", "clock", "lag", "lag"))
        if kind == "restart":
            self._emulator.stop()
            self._emulator.start()
        elif kind == "clock":
            self._emulator.advance(self._chance.uniform(0.5, 5.0))
        else:
            worker = self._agent().worker_sid
            url = f"/Workers/{worker}/Reservations"
            if self._emulator.faults.pending:
                return  # a list is behind for a moment, not twice in a row
            listed = self._backend.listed(worker)
            # It lacks the newest.
            listed["reservations"] = listed["reservations"][:-3]
            self._emulator.faults.answer(
                200, {"payload": listed}, method="GET", url=url
            )
            self._emulator.faults.cut_sockets(worker)
        self._elsewhere[f"service: {kind}"] += 1

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
    """What happens in one workspace: tasks come and go, workers are changed.

    Attributes:
        changes: the numbers that values were given, by whose they are.
    """

    # How many tasks may be under way.
    MOST = 60

    def __init__(
        self,
        backend: Backend,
        workspace: ReadyWorkspace,
        workers: list[str],
        seed: int,
        running: threading.Lock,
    ) -> None:
        """Create it; `running` is held while the service is used or restarted."""
        self._backend = backend
        self._activities = workspace.activities
        self._workers = workers
        self._chance = random.Random(seed)
        self._running = running
        self.tasks = 0
        self.changes: dict[Entry, list[int]] = {}
        self._changed_at: dict[Entry, float] = {}

    def run(self, stop: threading.Event, interval: float) -> None:
        """Let things happen, one each `interval` seconds, until it is time to stop."""
        while not stop.wait(interval):
            with self._running:
                self._let_happen()

    def _let_happen(self) -> None:
        if self._chance.random() < 0.15:
            self._change(self._chance.choice(self._workers))
        else:
            under_way = self._backend.open_tasks()
            if len(under_way) < self.MOST and self._chance.random() < 0.75:
                self._backend.create_task()
                self.tasks += 1
            elif under_way:
                self._end(self._chance.choice(under_way))

    def _change(self, worker: str) -> None:
        """Change one of a worker's values, to a number that it never had."""
        event = self._chance.choice((*VALUES, "activity.update"))
        if event == "activity.update":
            # Nobody wants to be Offline: who is at the end was forgotten.
            name = self._chance.choice(("Available", "Available", "Break"))
            self._backend.update_worker(worker, activity_sid=self._activities[name])
            return
        topic, now = Entry(worker, event, worker), time.monotonic()
        if now - self._changed_at.get(topic, -math.inf) < 1.1:
            return  # dates have whole seconds: what is later within one can't be told
        self._changed_at[topic] = now
        numbers = self.changes.setdefault(topic, [])
        numbers.append(100 + len(numbers))
        if event == "attributes.update":
            attributes = json.dumps({"on": 1, "number": numbers[-1]})
            self._backend.update_worker(worker, attributes=attributes)
        else:
            self._backend.update_channel(worker, "default", capacity=numbers[-1])

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
