"""Trouble in earnest: strikes at line and service, what users do, and the count."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from taskrouter_sync.emulator import Emulator

from .people import Agent
from .proxy import Proxy
from .strikes import AtService, ByUser, OnLine, Strike


class Storm:
    """Lets strikes happen, one after the other."""

    def __init__(self, proxy: Proxy, emulator: Emulator, agents: Sequence[Agent]):
        self._proxy = proxy
        self._emulator = emulator
        self._agents = agents
        self._elsewhere: Counter[str] = Counter()

    def run(
        self, stop: threading.Event, script: Iterator[Strike], interval: float
    ) -> None:
        """Strike each `interval` seconds, until it is time to stop."""
        started, struck = time.monotonic(), 0
        while not stop.wait(interval):
            # On a busy machine this thread comes late, and makes up for it.
            for _ in range(int((time.monotonic() - started) / interval) - struck):
                self._strike(next(script))
                struck += 1

    def _strike(self, strike: Strike) -> None:
        if isinstance(strike, OnLine):
            self._proxy.strike_soon(strike.fault, strike.which, strike.role)
        elif isinstance(strike, AtService):
            self._strike_service(strike)
        else:
            self._act(strike)

    def counts(self) -> Counter[str]:
        """Count what has happened so far, by kind."""
        counts = Counter(self._elsewhere)
        for kind, times in self._proxy.happened().items():
            counts[f"line: {kind.value}"] = times
        return counts

    def _strike_service(self, strike: AtService) -> None:
        act = getattr(self._emulator.faults, strike.method)
        if strike.to_channel:
            if not act(self._agent(strike.which).worker_sid, **strike.arguments):
                return  # it is not connected
        else:
            act(**strike.arguments)
        self._elsewhere[strike.name] += 1

    def _act(self, strike: ByUser) -> None:
        agent = self._agent(strike.which)
        if strike.act == "update_token":
            agent.client.update_token(agent.mint())
        else:
            if strike.act.startswith("disconnect"):
                agent.client.disconnect()
            agent.client.connect()
        self._elsewhere[strike.name] += 1

    def _agent(self, which: int) -> Agent:
        return self._agents[which % len(self._agents)]
