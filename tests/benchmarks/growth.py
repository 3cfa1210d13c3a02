"""Costs that must not grow: with listeners, open clients, past events, uptime.

The peer is a client that has nothing of all that, in a process of its own, measured in
turn with ours: the machine may be faster now than it was at the beginning.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Any

from .clients import LIMIT, open_worker, ready_worker, time_events
from .report import Figure, interleaved, memory
from .service import BenchService, bench_service


_AT_ONCE = 5_000
_THOUSAND = 1_000
_FLAT = "<= 1.5"

Side = Callable[[], float]


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    runs = 3 if quick else 5
    clients = (100,) if quick else (10, 100, 1_000)
    events = 10_000 if quick else 1_000_000
    with _lone() as (event, request):
        yield from _with_listeners(service, runs, event)
        yield from _with_clients(service, clients, runs, event, request)
        yield from _with_past_events(service, events, runs, event)


def _with_listeners(service: BenchService, runs: int, lone: Side) -> Iterator[Figure]:
    with ready_worker(service) as worker:
        for number in range(1_000):
            worker.on(f"another.event.{number}", print)
        many, few = interleaved(runs, lambda: _per_event(service, worker), lone)
    name = "an event, 1,000 listeners of other events"
    yield Figure(name, many * 1e6, few * 1e6, "us", "no others", _FLAT)


def _with_clients(
    service: BenchService,
    counts: tuple[int, ...],
    runs: int,
    event: Side,
    request: Side,
) -> Iterator[Figure]:
    with ExitStack() as stack:
        opened = 1
        worker = stack.enter_context(ready_worker(service))
        for count in counts:
            more = [
                stack.enter_context(open_worker(service, number))
                for number in range(opened, count)
            ]
            opened = count
            for each in more:
                each.wait_until_ready(LIMIT)
            for name, ours, lone in (
                ("an event", lambda: _per_event(service, worker), event),
                ("a request", lambda: _per_request(worker), request),
            ):
                now, alone = interleaved(runs, ours, lone)
                yield Figure(
                    f"{name}, {count} open clients",
                    now * 1e6,
                    alone * 1e6,
                    "us",
                    "one client",
                    _FLAT,
                )


def _with_past_events(
    service: BenchService, count: int, runs: int, lone: Side
) -> Iterator[Figure]:
    with ready_worker(service) as worker:
        _per_event(service, worker, _THOUSAND)
        gc.collect()
        before = memory()
        for _ in range(count // _THOUSAND):
            _per_event(service, worker, _THOUSAND)
        gc.collect()
        grown = memory()
        late, early = interleaved(runs, lambda: _per_event(service, worker), lone)
    yield Figure(
        f"an event, after {count:,} events",
        late * 1e6,
        early * 1e6,
        "us",
        "after a few",
        _FLAT,
    )
    yield Figure(
        f"memory, after {count:,} events",
        grown,
        before,
        "KB",
        "after 1,000",
        "<= 1.05",
    )


# The peer.

_held = ExitStack()
_peer: tuple[BenchService, Any]


@contextmanager
def _lone() -> Iterator[tuple[Side, Side]]:
    """Run a client alone; gives what measures an event of its, and a request."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        process.submit(_open_lone).result()
        try:
            yield (
                lambda: process.submit(_lone_event).result(),
                lambda: process.submit(_lone_request).result(),
            )
        finally:
            process.submit(_close_lone).result()


def _open_lone() -> None:
    global _peer
    service = _held.enter_context(bench_service())
    _peer = service, _held.enter_context(ready_worker(service))


def _close_lone() -> None:
    _held.close()


def _lone_event() -> float:
    gc.collect()
    return _per_event(*_peer)


def _lone_request() -> float:
    gc.collect()
    return _per_request(_peer[1])


# What is measured.


def _per_event(service: BenchService, worker: Any, at_once: int = _AT_ONCE) -> float:
    """Send reservations that come and end; gives seconds for each event."""
    return time_events(service, worker, at_once, 1, "come_and_go") / (at_once - 1)


def _per_request(worker: Any) -> float:
    worker.fetch()
    started = time.perf_counter()
    for _ in range(200):
        worker.fetch()
    return (time.perf_counter() - started) / 200
