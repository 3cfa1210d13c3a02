"""One request, JSON both ways over a kept connection, beside bare requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import requests

from . import payloads
from .clients import ready_worker, token
from .report import Figure, interleaved
from .service import BenchService


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    count = 200 if quick else 1_000
    url = f"{service.url}/{payloads.ACCOUNT}/{payloads.worker_sid(0)}"
    envelope = {
        "url": f"{payloads.WORKSPACE_URL}/Workers/{payloads.worker_sid(0)}",
        "method": "GET",
        "token": token(payloads.worker_sid(0)),
    }
    with requests.Session() as session, ready_worker(service) as worker:
        ours, peer = interleaved(
            5 if quick else 9,
            lambda: _per_call(worker.fetch, count),
            lambda: _per_call(lambda: session.post(url, json=envelope).json(), count),
        )
    yield Figure(
        "a request (worker.fetch(), an entity of the answer)",
        ours * 1e6,
        peer * 1e6,
        "us",
        "requests.Session().post().json()",
        "<= 0.75",
    )


def _per_call(call: Callable[[], object], count: int) -> float:
    call()
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count
