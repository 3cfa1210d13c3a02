"""The import of the package, beside the imports that it can't do without."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

from .report import Figure
from .service import BenchService


# One after the other in one process: the difference of two processes would be lost in
# what the libraries take, now more and now less.
_CODE = """
import time
started = time.process_time()
import requests, websocket, jwt
libraries = time.process_time()
import taskrouter_sync
above = time.process_time()
taskrouter_sync.Worker
print(libraries - started, above - libraries, time.process_time() - above)
"""


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    runs = [_import() for _ in range(5 if quick else 41)]
    peer, above, worker = (
        statistics.median(each) * 1e3 for each in zip(*runs, strict=True)
    )
    name = "import taskrouter_sync"
    yield Figure(name, peer + above, peer, "ms", "its three libraries")
    yield Figure("  ... above them", above, 1.0, "ms", "one millisecond")
    # The clients are imported when they are asked for.
    name = "  ... and its Worker"
    yield Figure(name, above + worker, 1.0, "ms", "one millisecond", "<= 15")


def _import() -> tuple[float, ...]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return tuple(map(float, done.stdout.split()))
