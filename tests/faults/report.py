"""How big a soak is, and what it found."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field

from ..support import leaks
from .ledger import Findings


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

    threads: int
    sockets: int
    memory: int  # KiB

    @classmethod
    def now(cls) -> Load:
        pages = 0
        if sys.platform == "linux":
            with open("/proc/self/statm") as statm:
                pages = int(statm.read().split()[1])
        return cls(
            threading.active_count(),
            len(leaks.sockets()),
            pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        )


@dataclass
class Report:
    """What a soak found."""

    size: Size
    faults: Counter[str]
    expected: int
    delivered: int
    findings: Findings
    tasks: int
    visits: int
    slowest_close: float
    failed_actions: int
    start: Load
    end: Load = field(default_factory=Load.now)
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
        return not (any(self.findings) or self.leaked or self.mistakes)

    def lines(self) -> list[str]:
        """Tell it in lines."""
        size, findings = self.size, self.findings
        start, end = self.start, self.end
        return [
            f"seed {size.seed}, {size.seconds:g} s, {size.agents} workers, "
            f"{self.tasks} tasks, {self.visits} visitors "
            f"(slowest close {self.slowest_close:.2f} s)",
            f"faults injected: {self.injected}",
            *(f"  {times:5d}  {name}" for name, times in sorted(self.faults.items())),
            f"actions that failed for it: {self.failed_actions}",
            f"events expected: {self.expected}, delivered: {self.delivered}",
            f"lost: {len(findings.lost)}, duplicated: {len(findings.duplicated)}, "
            f"out of order: {len(findings.out_of_order)}",
            *(f"  lost: {each}" for each in findings.lost[:10]),
            *(f"  duplicated: {each}" for each in findings.duplicated[:10]),
            *(f"  out of order: {each}" for each in findings.out_of_order[:10]),
            f"threads: {start.threads} -> {end.threads}, "
            f"sockets: {start.sockets} -> {end.sockets}, "
            f"memory: {start.memory} -> {end.memory} KiB",
            f"leaked: {len(self.leaked)}",
            *(f"  leaked: {each}" for each in self.leaked),
            *(f"  mistake: {each}" for each in self.mistakes[:10]),
            "good" if self.good else "NOT GOOD",
        ]
