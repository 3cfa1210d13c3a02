"""Many workers under continuous trouble: nothing lost, doubled, turned or leaked.

``python -m tests.faults.soak --seconds 60 --seed 1``
"""

from __future__ import annotations

import argparse
import enum
import gc
import logging
import operator
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken as TwilioToken

from taskrouter_sync import (
    HttpError,
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
)
from taskrouter_sync.emulator import Emulator

from ..support import leaks
from ..support.backend import Backend, ReadyWorkspace
from ..support.collector import EVENTS
from ..support.internals import LASTING, TIME_LIMITS, limit_pauses, timing
from .ledger import Entry, Findings, compare, compare_values
from .proxy import Proxy
from .stage import Mistakes
from .storm import Storm, Work


# Seconds until everybody is ready, and after the storm until everything was told.
PATIENCE = 20.0

# Far shorter than in earnest, so that a minute sees much trouble.
TIMING = timing(connect=0.3, answer=0.4, heartbeat=0.8)

RESERVATIONS = [event for event in EVENTS if event.startswith("reservation.")]

MintToken = Callable[[], str]


@dataclass
class Size:
    """How much of everything.

    Attributes:
        strike_every, happen_every: seconds between two troubles, two happenings.
    """

    seconds: float = 60.0
    seed: int = 1
    agents: int = 8
    strike_every: float = 0.01
    happen_every: float = 0.04


@dataclass
class Load:
    """What the process holds."""

    threads: int = field(default_factory=threading.active_count)
    sockets: int = field(default_factory=lambda: len(leaks.sockets()))
    memory: int = field(default_factory=lambda: _memory())  # KiB


def _memory() -> int:
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass
class Report:
    """What a soak found."""

    size: Size
    faults: Counter[str]
    expected: int
    delivered: int
    findings: Findings
    people: str
    start: Load
    end: Load = field(default_factory=Load)
    forgotten: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)

    @property
    def injected(self) -> int:
        """How many faults there were, without what users did."""
        return sum(
            times for name, times in self.faults.items() if not name.startswith("user")
        )

    @property
    def good(self) -> bool:
        return not (
            any(self.findings) or self.forgotten or self.leaked or self.mistakes
        )

    def lines(self) -> list[str]:
        """Tell it in lines."""
        size, start, end = self.size, self.start, self.end
        wrong = {
            **self.findings._asdict(),
            "forgotten": self.forgotten,
            "leaked": self.leaked,
            "mistakes": self.mistakes,
        }
        return [
            f"seed {size.seed}, {size.seconds:g} s, {size.agents} workers, "
            f"{self.people}",
            f"faults injected: {self.injected}",
            *(f"  {times:5d}  {name}" for name, times in sorted(self.faults.items())),
            f"events expected: {self.expected}, delivered: {self.delivered}",
            ", ".join(f"{name}: {len(found)}" for name, found in wrong.items()),
            *(
                f"  {name}: {each}"
                for name, found in wrong.items()
                for each in found[:10]
            ),
            f"threads: {start.threads} -> {end.threads}, "
            f"sockets: {start.sockets} -> {end.sockets}, "
            f"memory: {start.memory} -> {end.memory} KiB",
            "good" if self.good else "NOT GOOD",
        ]


# Who uses the service while it storms.


class Notes:
    """What all agents were told, in the order in which each was."""

    def __init__(self) -> None:
        # Guards _entries; wait_for waits on it.
        self._came = threading.Condition()
        self._entries: list[Entry] = []
        self._values: dict[Entry, list[int]] = {}

    def add_value(self, topic: Entry, number: int) -> None:
        with self._came:
            self._values.setdefault(topic, []).append(number)
            self._came.notify_all()

    def values(self) -> dict[Entry, list[int]]:
        with self._came:
            return {topic: list(numbers) for topic, numbers in self._values.items()}

    def add(self, entry: Entry) -> None:
        with self._came:
            self._entries.append(entry)
            self._came.notify_all()

    def entries(self) -> list[Entry]:
        with self._came:
            return list(self._entries)

    def wait_for(
        self, expected: list[Entry], last: dict[Entry, int], limit: float
    ) -> None:
        """Wait until all of these have come, for at most `limit` seconds."""
        with self._came:
            self._came.wait_for(
                lambda: (
                    not Counter(expected) - Counter(self._entries)
                    and all(
                        self._values.get(topic, [0])[-1] == number
                        for topic, number in last.items()
                    )
                ),
                limit,
            )


class Agent:
    """A worker who takes most of what is offered, by the throw of a seeded die."""

    def __init__(
        self,
        worker_sid: str,
        mint: MintToken,
        url: str,
        seed: int,
        notes: Notes,
        **wishes: Any,
    ) -> None:
        """Create it; `wishes` are its connect and disconnect activities, if it has."""
        self.worker_sid = worker_sid
        self.mint = mint
        self._seed = seed
        self._notes = notes
        self.failed_actions = 0
        self.may_read_channels = False
        self.client = Worker(
            mint,
            debug=False,
            max_retries=1,
            event_bridge_base_url=url,
            daemon=True,
            _timing=TIMING,
            **wishes,
        )
        self.client.on("attributes.update", self._note_attributes)
        self.client.on("capacity.update", self._note_capacity)
        for event in RESERVATIONS:
            self.client.on(event, self._listener(event))
        self.client.on("error", lambda error: None)

    def _note_attributes(self, worker: Any) -> None:
        topic = Entry(self.worker_sid, "attributes.update", self.worker_sid)
        self._notes.add_value(topic, worker.attributes["number"])

    def _note_capacity(self, channel: Any) -> None:
        topic = Entry(self.worker_sid, "capacity.update", self.worker_sid)
        self._notes.add_value(topic, channel.configured_capacity)

    def _listener(self, event: str) -> Callable[[Any], None]:
        def listener(reservation: Any) -> None:
            sid = reservation.sid
            self._notes.add(Entry(self.worker_sid, event, sid))
            die = random.Random(f"{self._seed} {sid}").random()
            if event == "reservation.created" and die < 0.55:
                reservation.accept(self._result)
            elif event == "reservation.created" and die < 0.7:
                reservation.reject(self._result)
            elif event == "reservation.accepted" and die < 0.45:
                reservation.task.complete(self._result)

        return listener

    def _result(self, error: Any, result: Any) -> None:
        # The service refused or could not be reached: the reservation stays as it is,
        # and times out.
        self.failed_actions += error is not None


class Visitors:
    """Open clients and close them again, at whatever they are just then."""

    def __init__(self, tokens: dict[Any, MintToken], url: str, seed: int) -> None:
        self._tokens = tokens
        self._url = url
        self._chance = random.Random(seed)
        self.visits = 0
        self.slowest_close = 0.0

    def run(self, stop: threading.Event) -> None:
        """Come and go until it is time to stop."""
        while not stop.is_set():
            kind = self._chance.choice([*self._tokens])
            client = kind(
                self._tokens[kind],
                debug=False,
                event_bridge_base_url=self._url,
                daemon=True,
                _timing=TIMING,
            )
            client.on("error", lambda error: None)
            stop.wait(self._chance.choice((0.0, 0.01, 0.1, 0.4)))
            started = time.monotonic()
            client.close()
            self.slowest_close = max(self.slowest_close, time.monotonic() - started)
            self.visits += 1


# The soak.


def soak(size: Size) -> Report:
    """Let it storm, wait until everything was told, close everything, and look."""
    threads, sockets, start = leaks.threads(), leaks.sockets(), Load()
    lasting = _lasting()
    with ExitStack() as stack:
        mistakes, silence = Mistakes(), logging.NullHandler()
        # The libraries log what breaks off at great length, and what keeps a record of
        # that keeps its traceback, and all that hangs on it.
        for name in ("taskrouter_sync", "aiohttp", "urllib3"):
            logger = logging.getLogger(name)
            stack.enter_context(patch.object(logger, "propagate", False))
            logger.addHandler(mistakes if name == "taskrouter_sync" else silence)
            stack.callback(logger.removeHandler, logger.handlers[-1])
        limit_pauses(stack.enter_context(pytest.MonkeyPatch.context()), 0.3)
        report = _storm(size, start)
    del stack
    report.mistakes = mistakes.found
    report.leaked = [
        *(f"thread {name}" for name in leaks.left_threads(threads)),
        *(f"socket {name}" for name in leaks.left_sockets(sockets)),
        *(f"{times} {name}" for name, times in (_lasting() - lasting).items()),
    ]
    report.end = Load()
    return report


def _storm(size: Size, start: Load) -> Report:
    with ExitStack() as stack:
        emulator = stack.enter_context(
            Emulator(seed=size.seed, heartbeat_interval=0.2, manual_clock=True)
        )
        # Held while the service is used or restarted.
        running = threading.Lock()
        stack.enter_context(_passing_time(emulator, running))
        proxy = stack.enter_context(Proxy(int(emulator.url.rpartition(":")[2])))
        names = [f"Agent {number}" for number in range(size.agents)]
        workspace = emulator.workspace(
            workers={**{name: {"on": 1} for name in names}, "Visitor": {}},
            worker_activity="Available",
            queues={"Agents": "on == 1"},
            task_reservation_timeout=1,
            timeout_activity="Available",
        )
        backend = Backend(emulator, workspace)
        backend.make_room(50)
        notes, agents = Notes(), list[Any]()
        wishes = {
            "connect_activity_sid": workspace.activities["Available"],
            "disconnect_activity_sid": workspace.activities["Offline"],
        }
        for number, name in enumerate(names):
            sid = workspace.workers[name]
            # Half of them have wishes; half have tokens that may read everything.
            mint = (_worker_token, _twilio_token)[number // 2 % 2](
                emulator, workspace, sid
            )
            wished = wishes if number % 2 else {}
            agents.append(Agent(sid, mint, proxy.url, size.seed, notes, **wished))
            stack.callback(agents[-1].client.close)
        for agent in agents:
            agent.client.wait_until_ready(PATIENCE)
            # What a client never heard of a channel can't be missed.
            agent.may_read_channels = _may_read_channels(agent.client)
        workers = [agent.worker_sid for agent in agents]
        work = Work(backend, workspace, workers, size.seed, running)
        storm = Storm(proxy, emulator, backend, agents, size.seed, running)
        queue_token = TaskQueueCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            workspace.task_queues["Agents"],
        )
        visitor = _worker_token(emulator, workspace, workspace.workers["Visitor"])
        visitors = Visitors(
            {Worker: visitor, TaskQueue: queue_token.to_jwt}, proxy.url, size.seed
        )
        _run_for(
            size.seconds,
            lambda stop: work.run(stop, size.happen_every),
            lambda stop: storm.run(stop, size.strike_every),
            visitors.run,
        )
        faults = storm.counts()
        faults["(rules that nothing met any more)"] = -emulator.faults.pending
        storm.clear()
        work.finish()
        # A token as Twilio's library makes it may not read the channels.
        unreadable = [
            topic
            for topic in work.changes
            if topic.event == "capacity.update"
            and not agents[workers.index(topic.worker_sid)].may_read_channels
        ]
        last = {
            topic: numbers[-1]
            for topic, numbers in work.changes.items()
            if topic not in unreadable
        }
        expected: list[Entry] = []
        # To what they hear late, agents may still do something.
        while (found := _expected(emulator)) != expected:
            expected = found
            # What has piled up takes a slow machine longer than it took to come.
            notes.wait_for(expected, last, max(PATIENCE, 3 * size.seconds))
            # What comes too much may come late: let a mark pass on every connection.
            _pass_a_mark(emulator, agents)
        forgotten = _forgotten(backend, workspace, agents)
        delivered = notes.entries()
        findings = [
            compare(expected, delivered),
            compare_values(work.changes, notes.values(), unreadable),
        ]
        failed = sum(agent.failed_actions for agent in agents)
        return Report(
            size=size,
            faults=faults,
            expected=len(expected),
            delivered=len(delivered),
            findings=Findings(*map(operator.add, *findings)),
            forgotten=forgotten,
            people=f"{work.tasks} tasks, {failed} failed actions, {visitors.visits} "
            f"visitors (slowest close {visitors.slowest_close:.2f} s)",
            start=start,
        )


@contextmanager
def _passing_time(emulator: Emulator, running: threading.Lock) -> Iterator[None]:
    """Let the service's time pass as the real one does, but for its jumps."""
    stop = threading.Event()

    def run() -> None:
        before = time.monotonic()
        while not stop.wait(0.02):
            now = time.monotonic()
            with running:
                emulator.advance(now - before)
            before = now

    thread = threading.Thread(target=run, name="passing-time")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _expected(emulator: Emulator) -> list[Entry]:
    """List what the service's log has for the agents."""
    return [
        Entry(sid, event.event_type, event.resource_sid)
        for event in emulator.events
        if event.event_type in RESERVATIONS
        for sid in event.worker_sids
    ]


def _may_read_channels(client: Worker) -> bool:
    """Read the channels, as a token of Twilio's library may not."""
    try:
        client.fetch_channels()
    except HttpError:
        return False
    return True


def _forgotten(
    backend: Backend, workspace: ReadyWorkspace, agents: list[Any]
) -> list[str]:
    """Name the wishes that are not fulfilled, and what clients show wrongly."""
    offline = workspace.activities["Offline"]
    limit = time.monotonic() + PATIENCE
    while True:
        found = []
        for agent in agents:
            now = backend.worker(agent.worker_sid)
            if now.activity_sid == offline:
                found.append(f"{agent.worker_sid} is Offline")
            for name in ("activity_sid", "attributes"):
                shown = agent.client.payload.get(name)
                if shown != getattr(now, name):
                    found.append(f"{agent.worker_sid} shows {name} {shown}")
        # Nothing tells that a client has come to rest: one has to look.
        if not found or time.monotonic() > limit:
            return found
        time.sleep(0.05)


def _twilio_token(emulator: Emulator, workspace: ReadyWorkspace, sid: str) -> MintToken:
    """Make tokens as Twilio's library does, for an agent who works."""

    def mint() -> str:
        token = TwilioToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            sid,
            allow_update_activities=True,
            allow_update_reservations=True,
        )
        text: str = token.to_jwt()
        return text

    return mint


def _worker_token(emulator: Emulator, workspace: ReadyWorkspace, sid: str) -> MintToken:
    return WorkerCapabilityToken(
        emulator.account_sid,
        emulator.auth_token,
        workspace.sid,
        sid,
        allow_update_activities=True,
        allow_update_reservations=True,
        allow_fetch_subresources=True,
    ).to_jwt


def _run_for(seconds: float, *works: Callable[[threading.Event], None]) -> None:
    """Run these side by side until the time is over, and wait until they have ended."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(work: Callable[[threading.Event], None]) -> None:
        try:
            work(stop)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def _pass_a_mark(emulator: Emulator, agents: list[Agent]) -> None:
    """Wait until every agent has seen a frame that was sent now."""
    for agent in agents:
        seen = threading.Event()
        agent.client.on("mark", lambda *_, seen=seen: seen.set())
        for _ in range(int(PATIENCE)):
            # Again and again, as a connection may just be lost.
            emulator.send_frame(agent.worker_sid, {"event_type": "mark", "payload": {}})
            if seen.wait(1.0):
                break


def _lasting() -> Counter[str]:
    """Count what should not live any more, by its class."""
    gc.collect()
    return Counter(
        f"{kind.__module__}.{kind.__name__}"
        for kind in map(type, gc.get_objects())
        if str(kind.__module__).startswith(LASTING)
        and not issubclass(kind, type | enum.Enum | TIME_LIMITS)
    )


def main() -> int:
    """Soak as the command line says; 0 only if nothing at all was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--seconds", type=float, default=Size.seconds)
    parser.add_argument("--seed", type=int, default=Size.seed)
    parser.add_argument("--workers", type=int, default=Size.agents)
    options = parser.parse_args()
    report = soak(
        Size(seconds=options.seconds, seed=options.seed, agents=options.workers)
    )
    sys.stdout.write("\n".join([*report.lines(), ""]))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
