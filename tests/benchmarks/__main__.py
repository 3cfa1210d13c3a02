"""Measure ours beside a peer: ``python -m tests.benchmarks [--quick] [name …]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from . import emulation, frames, growth, importing, latency, many, posts
from .report import HEAD, Figure, machine
from .service import BenchService, bench_service


Measure = Callable[[BenchService, bool], Iterator[Figure]]

MEASURES: dict[str, Measure] = {
    "frames": frames.measure,
    "posts": posts.measure,
    "importing": importing.measure,
    "latency": latency.measure,
    "many": many.measure,
    "growth": growth.measure,
    "emulation": emulation.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MEASURES)}; or all")
    parser.add_argument("--quick", action="store_true", help="fewer runs: within 30 s")
    arguments = parser.parse_args()
    print(machine())
    print(HEAD)
    missed = 0
    for name in arguments.names or MEASURES:
        with bench_service() as service:
            for figure in MEASURES[name](service, arguments.quick):
                print(figure.line(), flush=True)
                missed += not figure.holds
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
