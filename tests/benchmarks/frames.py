"""Frames to callbacks, details skipped, beside a bare receive and json.loads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from . import payloads
from .clients import bare_socket, ready_worker, time_events
from .report import Figure, interleaved
from .service import BenchService


# Frames before the clock starts: threads are up, buffers have grown.
_WARM = 500


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    count = 3_000 if quick else 20_000
    ours, checked, unchecked, kept = interleaved(
        3 if quick else 9,
        lambda: _ours(service, count),
        lambda: _bare(service, count),
        lambda: _bare(service, count, skip_utf8_validation=True),
        lambda: _ours(service, count, "flood"),
    )
    name = "frames to callback, details skipped"
    loop = "websocket-client + json.loads"
    yield Figure(name, ours, checked, "frames/s", loop, ">= 4")
    yield Figure(name, ours, unchecked, "frames/s", f"{loop}, no check")
    # Here Python's garbage collector, which looks through all that is alive, has more
    # to do than we have.
    yield Figure("  ... of reservations that all stay", kept, checked, "frames/s", loop)


def _ours(service: BenchService, count: int, kind: str = "come_and_go") -> float:
    with ready_worker(service) as worker:
        return (count - _WARM) / time_events(service, worker, count, _WARM, kind)


def _bare(service: BenchService, count: int, **options: Any) -> float:
    socket = bare_socket(service, **options)
    try:
        service.tell("come_and_go", payloads.worker_sid(0), count)
        for number in range(count):
            # A beat may come in between.
            while not (text := socket.recv()).strip():
                continue
            json.loads(text)
            if number == _WARM - 1:
                started = time.perf_counter()
        return (count - _WARM) / (time.perf_counter() - started)
    finally:
        socket.shutdown()  # a close would wait for an answer
