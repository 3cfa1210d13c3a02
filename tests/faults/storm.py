"""Trouble in earnest: strikes at line and service, and their count."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from taskrouter_sync.emulator import Emulator

from .proxy import Proxy
from .strikes import AtService, OnLine, Strike


class Storm:
    """Lets strikes happen, one after the other."""

    def __init__(self, proxy: Proxy, emulator: Emulator, channels: Sequence[str]):
        self._proxy = proxy
        self._emulator = emulator
        self._channels = channels
        self._at_service: Counter[str] = Counter()

    def run(
        self, stop: threading.Event, script: Iterator[Strike], interval: float
    ) -> None:
        """Strike each `interval` seconds, until it is time to stop."""
        while not stop.wait(interval):
            strike = next(script)
            if isinstance(strike, OnLine):
                self._proxy.strike(strike.fault, strike.which, strike.role)
            else:
                self._strike_service(strike)

    def counts(self) -> Counter[str]:
        """Count what has happened so far, by kind."""
        counts = Counter(self._at_service)
        for kind, times in self._proxy.happened().items():
            counts[f"line: {kind.value}"] = times
        return counts

    def _strike_service(self, strike: AtService) -> None:
        act = getattr(self._emulator.faults, strike.method)
        if strike.to_channel:
            channel = self._channels[strike.which % len(self._channels)]
            if not act(channel, **strike.arguments):
                return  # it is not connected
        else:
            act(**strike.arguments)
        self._at_service[strike.name] += 1
