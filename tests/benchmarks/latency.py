"""From a reservation's event to its callback, details loaded, over a slow network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from . import payloads
from .clients import Notes, age, ready_worker
from .report import Figure, percentile
from .service import BenchService


ROUND_TRIP = 0.05
RATE = 50.0
BURST = 300


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    service.round_trip(ROUND_TRIP)
    runs, count = (1, 50) if quick else (3, 200)
    paced = [_paced(service, count) for _ in range(runs)]
    name = f"event to callback, {RATE:.0f} events/s"
    for percent, wanted in ((50, "<= 1.15"), (95, "<= 1.3")):
        yield Figure(
            f"{name}, p{percent}",
            statistics.median(percentile(ages, percent) for ages in paced) * 1e3,
            ROUND_TRIP * 1e3,
            "ms",
            "the round trip",
            wanted,
        )
    per_second = statistics.median(_burst(service) for _ in range(runs))
    yield Figure(
        f"burst of {BURST}",
        per_second * ROUND_TRIP,
        1.0,
        "per trip",
        "one event per round trip",
        ">= 6.5",
    )


def _paced(service: BenchService, count: int) -> list[float]:
    ages = Notes[float](count)

    def created(reservation: Any) -> None:
        came = age(reservation.sid)
        assert reservation.task.priority == 0
        ages.add(came)

    with ready_worker(service) as worker:
        worker.on("reservation.created", created)
        service.tell("pace", [payloads.worker_sid(0)], count, RATE)
        return ages.wait()


def _burst(service: BenchService) -> float:
    sids = Notes[str](BURST)
    with ready_worker(service) as worker:
        worker.on("reservation.created", lambda each: sids.add(each.sid))
        started = time.perf_counter()
        service.tell("burst", payloads.worker_sid(0), BURST)
        came = sids.wait()
        took = time.perf_counter() - started
    assert came == sorted(came), "out of order"
    return BURST / took
