"""Costs that must not grow: with listeners, open clients, past events, uptime."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from . import payloads
from .clients import LIMIT, open_worker, ready_worker
from .report import Figure
from .service import BenchService


_AT_ONCE = 5_000
_FLAT = "<= 1.5"


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    yield from _with_listeners(service)
    yield from _with_clients(service, (10, 100) if quick else (10, 100, 1_000))
    yield from _with_past_events(service, 20_000 if quick else 1_000_000)


def _with_listeners(service: BenchService) -> Iterator[Figure]:
    with ready_worker(service) as worker:
        few = _per_event(service, worker)
        for number in range(1_000):
            worker.on(f"another.event.{number}", print)
        many = _per_event(service, worker)
    name = "an event, 1,000 listeners of other events"
    yield Figure(name, many * 1e6, few * 1e6, "us", "no others", _FLAT)


def _with_clients(service: BenchService, counts: tuple[int, ...]) -> Iterator[Figure]:
    with ExitStack() as stack:
        opened = 1
        worker = stack.enter_context(ready_worker(service))
        event, request = _per_event(service, worker), _per_request(worker)
        for count in counts:
            more = [
                stack.enter_context(open_worker(service, number))
                for number in range(opened, count)
            ]
            opened = count
            for each in more:
                each.wait_until_ready(LIMIT)
            for name, now, before in (
                ("an event", _per_event(service, worker), event),
                ("a request", _per_request(worker), request),
            ):
                yield Figure(
                    f"{name}, {count} open clients",
                    now * 1e6,
                    before * 1e6,
                    "us",
                    "one client",
                    _FLAT,
                )


def _with_past_events(service: BenchService, count: int) -> Iterator[Figure]:
    with ready_worker(service) as worker:
        _per_event(service, worker)
        early, memory = _per_event(service, worker), _memory()
        for _ in range(count // _AT_ONCE):
            late = _per_event(service, worker)
        grown = _memory()
    yield Figure(
        f"an event, after {count:,} events",
        late * 1e6,
        early * 1e6,
        "us",
        "after 10,000",
        _FLAT,
    )
    yield Figure(
        f"memory, after {count:,} events",
        grown,
        memory,
        "KB",
        "after 10,000",
        "<= 1.05",
    )


def _per_event(service: BenchService, worker: Any) -> float:
    """Send reservations that come and end; gives seconds for each event."""
    times: list[float] = []
    done = threading.Event()
    seen = 0

    def heard(reservation: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            times.append(time.perf_counter())
        elif seen == _AT_ONCE:
            times.append(time.perf_counter())
            done.set()

    worker.setSkipFetchReservation(True)
    for event in ("reservation.created", "reservation.timeout"):
        worker.on(event, heard)
    service.tell("come_and_go", payloads.worker_sid(0), _AT_ONCE)
    assert done.wait(LIMIT), f"only {seen} of {_AT_ONCE} events came"
    worker.remove_all_listeners()
    return (times[1] - times[0]) / (_AT_ONCE - 1)


def _per_request(worker: Any) -> float:
    worker.fetch()
    started = time.perf_counter()
    for _ in range(200):
        worker.fetch()
    return (time.perf_counter() - started) / 200


def _memory() -> float:
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
