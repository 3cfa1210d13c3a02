"""A payload to an entity, and its properties read, beside json.loads of its text."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from . import payloads
from .clients import ready_worker
from .report import Figure, interleaved
from .service import BenchService


_NUMBERS = (3, 9, 15, 21, 30)
_READ = tuple(
    name
    for number in _NUMBERS
    for name in (f"field_number_{number}", f"fieldNumber{number}")
)


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    count = 2_000 if quick else 10_000
    text = payloads.wide_entity()
    payload = json.loads(text)
    with ready_worker(service) as worker:
        session = worker._session

        def map_and_read() -> None:
            entity = session.raw_entity(payload)
            for name in _READ:
                getattr(entity, name)

        ours, peer = interleaved(
            9,
            lambda: _per_call(map_and_read, count),
            lambda: _per_call(lambda: json.loads(text), count),
        )
    yield Figure(
        "40 fields to an entity, 5 read in both spellings",
        ours * 1e6,
        peer * 1e6,
        "us",
        "json.loads of the text",
        "<= 3",
    )


def _per_call(call: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count
