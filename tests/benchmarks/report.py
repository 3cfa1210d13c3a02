"""What the benchmarks measure and print: ours beside a peer of the same run."""

from __future__ import annotations

import gc
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True)
class Figure:
    """One measure.

    Attributes:
        name: what was measured.
        ours, peer: medians, in `unit`.
        peer_name: with whom ours is compared.
        wanted: what the ratio must be: ``">= 4"`` or ``"<= 0.9"``; empty for no limit.
    """

    name: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    wanted: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.peer if self.peer else float("inf")

    @property
    def holds(self) -> bool:
        if not self.wanted:
            return True
        sign, limit = self.wanted.split()
        if sign == ">=":
            return self.ratio >= float(limit)
        return self.ratio <= float(limit)

    def line(self) -> str:
        verdict = f"{self.wanted:>8} {'ok' if self.holds else 'MISSED'}"
        return (
            f"{self.name:<50} {self.ours:>12,.4g} {self.peer:>12,.4g} {self.unit:<10}"
            f"{self.ratio:>8.3f} {verdict if self.wanted else '':<16} {self.peer_name}"
        )


HEAD = (
    f"{'measure':<50} {'ours':>12} {'peer':>12} {'unit':<10}{'ratio':>8} "
    f"{'wanted':<16} peer"
)


def interleaved(
    runs: int, ours: Callable[[], float], *peers: Callable[[], float]
) -> Sequence[float]:
    """Run ours and the peers in turn; gives the median of each.

    Nobody pays for what the one before has left behind.
    """
    sides = (ours, *peers)
    results: list[list[float]] = [[] for _ in sides]
    for _ in range(runs):
        for side, found in zip(sides, results, strict=True):
            gc.collect()
            found.append(side())
    return [statistics.median(found) for found in results]


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def memory() -> float:
    """Tell what this process has in memory, in KB."""
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def machine() -> str:
    """Say what the figures were measured on."""
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("requests", "websocket-client", "PyJWT")
    )
    return (
        f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} "
        f"cores, load {os.getloadavg()[0]:.2f}; {libraries}"
    )
