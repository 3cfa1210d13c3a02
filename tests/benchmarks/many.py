"""A thousand open workers in one process: memory, idling, opening, and their events."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from typing import Any

from . import payloads
from .clients import LIMIT, Notes, age, bare_socket, open_worker, token
from .report import Figure, interleaved, memory, percentile
from .service import BenchService, bench_service


RATE = 200.0


def measure(service: BenchService, quick: bool) -> Iterator[Figure]:
    workers = 150 if quick else 1_000
    # The threads of the opening leave when they have had nothing to do for 10 s.
    pause, idle = (0.5, 0.5) if quick else (12.0, 5.0)
    runs = 1 if quick else 3
    found = [
        [_apart(side, workers, pause, idle) for side in (_open_ours, _open_bare)]
        for _ in range(runs)
    ]
    ours, peer = map(_medians, zip(*found, strict=True))
    threads = f"{workers} bare websocket-client threads"
    yield Figure(
        f"memory of each of {workers} open workers",
        ours["memory"],
        peer["memory"],
        "KB",
        threads,
    )
    yield Figure("  ... in kilobytes", ours["memory"], 90.0, "KB", "90 KB", "<= 1")
    yield Figure(
        "  ... opening them",
        ours["opening"],
        peer["opening"],
        "s",
        threads,
        "<= 3.5",
    )
    yield Figure("  ... idling, of a core", ours["idle"], 1.0, "%", "1 %", "<= 1")
    count = 200 if quick else 1_000
    many, one = interleaved(
        runs,
        lambda: _apart(_hear, workers, count)["p95"],
        lambda: _apart(_hear, 1, count)["p95"],
    )
    yield Figure(
        f"{RATE:.0f} events/s with details to {workers} workers, p95",
        many * 1e3,
        one * 1e3,
        "ms",
        "the same to one worker",
        "<= 3",
    )


def _medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def _apart(side: Callable[..., dict[str, float]], *args: Any) -> dict[str, float]:
    """Run one side in a fresh process, with a bench service of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_with_service, side, args).result()


def _with_service(
    side: Callable[..., dict[str, float]], args: tuple[Any, ...]
) -> dict[str, float]:
    with bench_service() as service:
        return side(service, *args)


def _open_ours(
    service: BenchService, workers: int, pause: float, idle: float
) -> dict[str, float]:
    with ExitStack() as stack:
        # What a process needs once is not of each worker.
        stack.enter_context(open_worker(service, workers)).wait_until_ready(LIMIT)

        # Whoever has a thousand workers gets their tokens from elsewhere.
        tokens = [token(payloads.worker_sid(number)) for number in range(workers)]

        def open_all() -> None:
            ready = threading.Semaphore(0)
            for number, text in enumerate(tokens):
                worker = stack.enter_context(open_worker(service, number, text))
                worker.on("ready", lambda _: ready.release())
            for _ in tokens:
                assert ready.acquire(timeout=LIMIT)

        return _watch(open_all, workers, pause, idle)


def _open_bare(
    service: BenchService, workers: int, pause: float, idle: float
) -> dict[str, float]:
    with ExitStack() as stack:
        stack.callback(bare_socket(service, workers).shutdown)

        def open_all() -> None:
            connected = threading.Semaphore(0)
            for number in range(workers):
                threading.Thread(
                    target=_connect_and_read,
                    args=(service, number, connected, stack),
                    daemon=True,
                ).start()
            for _ in range(workers):
                assert connected.acquire(timeout=LIMIT)

        return _watch(open_all, workers, pause, idle)


def _connect_and_read(
    service: BenchService,
    number: int,
    connected: threading.Semaphore,
    stack: ExitStack,
) -> None:
    """Be a bare thread: it makes its connection and reads from it, as ours do."""
    socket = bare_socket(service, number, skip_utf8_validation=True)
    stack.callback(socket.shutdown)
    connected.release()
    try:
        while socket.recv():
            continue
    except Exception:  # noqa: BLE001 - it is closed under the reader
        return


def _watch(
    open_all: Callable[[], None], workers: int, pause: float, idle: float
) -> dict[str, float]:
    """Watch all being opened, and after a pause being idle for a while; seconds."""
    before, started = memory(), time.perf_counter()
    open_all()
    opening = time.perf_counter() - started
    threading.Event().wait(pause)
    each = (memory() - before) / workers
    cpu = time.process_time()
    threading.Event().wait(idle)
    used = (time.process_time() - cpu) / idle * 100
    return {"memory": each, "opening": opening, "idle": used}


def _hear(service: BenchService, workers: int, count: int) -> dict[str, float]:
    ages = Notes[float](count)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(open_worker(service, number))
            for number in range(workers)
        ]
        for worker in opened:
            worker.on("reservation.created", lambda each: ages.add(age(each.sid)))
            worker.wait_until_ready(LIMIT)
        # What is pending is asked for after that.
        threading.Event().wait(0.5)
        sids = [payloads.worker_sid(number) for number in range(workers)]
        service.tell("pace", sids, count, RATE)
        return {"p95": percentile(ages.wait(LIMIT + count / RATE), 95)}
