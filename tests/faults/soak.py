"""Many workers under continuous trouble: nothing lost, doubled, turned or leaked.

``python -m tests.faults.soak --seconds 60 --seed 1``
"""

from __future__ import annotations

import argparse
import enum
import gc
import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from unittest.mock import patch

from taskrouter_sync import TaskQueueCapabilityToken, WorkerCapabilityToken
from taskrouter_sync.clients.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.session import Limits
from taskrouter_sync.wire import backoff

from ..support import leaks
from .floor import Floor
from .ledger import Entry, compare
from .people import Agent, MintToken, Notes, Visitors
from .proxy import Proxy
from .report import Load, Report, Size
from .stage import Mistakes
from .storm import Storm
from .strikes import strikes


# Seconds until everybody is ready, and after the storm until everything was told.
_PATIENCE = 20.0

# What must be gone when all clients are closed.
_LASTING = (
    "taskrouter_sync.clients",
    "taskrouter_sync.delivery",
    "taskrouter_sync.session",
    "taskrouter_sync.wire",
)


def soak(size: Size) -> Report:
    """Let it storm, wait until everything was told, close everything, and look."""
    threads, sockets, start = leaks.threads(), leaks.sockets(), Load.now()
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
        stack.enter_context(patch.object(backoff, "CAP", 0.3))
        report = _storm(size, start)
    del stack
    report.mistakes = mistakes.found
    report.leaked = [
        *(f"thread {name}" for name in leaks.left_threads(threads)),
        *(f"socket {name}" for name in leaks.left_sockets(sockets)),
        *(f"{times} {name}" for name, times in (_lasting() - lasting).items()),
    ]
    report.end = Load.now()
    return report


def _storm(size: Size, start: Load) -> Report:
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator(seed=size.seed, heartbeat_interval=0.2))
        proxy = stack.enter_context(Proxy(int(emulator.url.rpartition(":")[2])))
        workspace = _furnish(emulator, size.agents)
        names = [name for name in workspace.workers if name != "Visitor"]
        channels = [workspace.workers[name] for name in names]
        notes = Notes()
        agents = []
        for sid in channels:
            mint = _worker_token(emulator, workspace, sid)
            agent = Agent(sid, mint, proxy.url, size.seed, notes)
            stack.callback(agent.client.close)
            agents.append(agent)
        for agent in agents:
            agent.client.wait_until_ready(_PATIENCE)
        floor = Floor(emulator, workspace.sid, size.seed)
        storm = Storm(proxy, emulator, agents)
        visitors = Visitors(
            _worker_token(emulator, workspace, workspace.workers["Visitor"]),
            _queue_token(emulator, workspace),
            proxy.url,
            size.seed,
        )
        _run_for(
            size.seconds,
            lambda stop: floor.run(stop, size.happen_every),
            lambda stop: storm.run(stop, strikes(size.seed), size.strike_every),
            visitors.run,
        )
        faults = storm.counts()
        faults["(rules that nothing met any more)"] = -emulator.faults.pending
        emulator.faults.clear()
        floor.finish()
        expected = floor.log()
        notes.wait_until(lambda came: not _missing(expected, came), _PATIENCE)
        # What comes too much may come late: let a mark pass on every line.
        _pass_a_mark(emulator, agents)
        delivered = notes.entries()
        return Report(
            size=size,
            faults=faults,
            expected=len(expected),
            delivered=len(delivered),
            findings=compare(expected, delivered),
            tasks=floor.tasks,
            visits=visitors.visits,
            slowest_close=visitors.slowest_close,
            failed_actions=sum(agent.failed_actions for agent in agents),
            start=start,
        )


def _furnish(emulator: Emulator, agents: int) -> ReadyWorkspace:
    workspace = emulator.workspace(
        workers={**{f"Agent {n}": {"on": 1} for n in range(agents)}, "Visitor": {}},
        worker_activity="Available",
        queues={"Agents": "on == 1"},
        task_reservation_timeout=1,
        timeout_activity="Available",
    )

    def make_room(engine: Engine) -> None:
        for worker in engine.workspaces[workspace.sid].workers.values():
            for channel in worker.channels.values():
                engine.workers.update_channel(channel, capacity=50)

    emulator.call(make_room)
    return workspace


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


def _queue_token(emulator: Emulator, workspace: ReadyWorkspace) -> MintToken:
    return TaskQueueCapabilityToken(
        emulator.account_sid,
        emulator.auth_token,
        workspace.sid,
        workspace.task_queues["Agents"],
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


def _missing(expected: list[Entry], came: list[Entry]) -> Counter[Entry]:
    return Counter(expected) - Counter(came)


def _pass_a_mark(emulator: Emulator, agents: list[Agent]) -> None:
    """Wait until every agent has seen a frame that was sent now."""
    for agent in agents:
        seen = threading.Event()
        agent.client.on("mark", lambda *_, seen=seen: seen.set())
        for _ in range(int(_PATIENCE)):
            # Again and again, as a line may just be down.
            emulator.send_frame(agent.worker_sid, {"event_type": "mark", "payload": {}})
            if seen.wait(1.0):
                break


def _lasting() -> Counter[str]:
    """Count what should not live any more, by its class."""
    gc.collect()
    return Counter(
        f"{kind.__module__}.{kind.__name__}"
        for kind in map(type, gc.get_objects())
        if str(kind.__module__).startswith(_LASTING)
        and not issubclass(kind, type | enum.Enum | Limits | Timing)
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
