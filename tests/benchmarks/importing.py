"""The import of the package, beside the imports that it can't do without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

from .report import Figure, interleaved
from .service import BenchService


_CODE = """
import time
started = time.process_time()
import {names}
print(time.process_time() - started)
"""


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    ours, peer = interleaved(
        5 if quick else 25,
        lambda: _import("taskrouter_sync"),
        lambda: _import("requests, websocket, jwt"),
    )
    yield Figure(
        "import taskrouter_sync", ours * 1e3, peer * 1e3, "ms", "its three libraries"
    )
    yield Figure(
        "  ... above the libraries",
        (ours - peer) * 1e3,
        1.0,
        "ms",
        "one millisecond",
        "<= 15",
    )


def _import(names: str) -> float:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-c", _CODE.format(names=names)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return float(done.stdout)
