"""Clients of the bench service, what they are told, and what they are compared with."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import websocket

from taskrouter_sync import Worker, WorkerCapabilityToken

from . import payloads
from .service import BenchService


# Seconds for whatever a benchmark waits for.
LIMIT = 60.0

T = TypeVar("T")


def token(sid: str) -> str:
    made = WorkerCapabilityToken(payloads.ACCOUNT, "b" * 32, payloads.WORKSPACE, sid)
    text = made.to_jwt()
    return text if isinstance(text, str) else text.decode()


def open_worker(
    service: BenchService, number: int = 0, text: str | None = None, **options: Any
) -> Worker:
    """Open a worker's client; its token may be a text made before. Not ready yet."""
    return Worker(
        text or token(payloads.worker_sid(number)),
        False,  # no debug log: it would be what is measured
        event_bridge_base_url=service.url,
        daemon=True,
        **options,
    )


@contextmanager
def ready_worker(service: BenchService) -> Iterator[Worker]:
    """Open a worker's client, and wait until it is ready."""
    with open_worker(service) as worker:
        worker.wait_until_ready(LIMIT)
        yield worker


def bare_socket(service: BenchService, number: int = 0, **options: Any) -> Any:
    """Open a bare websocket-client connection to a worker's channel."""
    url = service.url.replace("http:", "ws:")
    sid = payloads.worker_sid(number)
    return websocket.create_connection(
        f"{url}/{payloads.ACCOUNT}/{sid}?token=bare", **options
    )


def age(sid: str) -> float:
    """Tell how many seconds ago the event of a reservation was sent."""
    return (time.monotonic_ns() - payloads.sent_of(sid)) / 1e9


class Notes(Generic[T]):
    """What callbacks, on whatever threads, note of the events that are to come."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()  # Guards _notes.
        self._notes: list[T] = []
        self._complete = threading.Event()

    def add(self, note: T) -> None:
        with self._lock:
            self._notes.append(note)
            if len(self._notes) == self._count:
                self._complete.set()

    def wait(self, limit: float = LIMIT) -> list[T]:
        """Wait until all events have come; give what was noted."""
        came = self._complete.wait(limit)
        assert came, f"only {len(self._notes)} of {self._count} events came"
        return self._notes


def time_events(
    service: BenchService, worker: Worker, count: int, first: int, kind: str
) -> float:
    """Let events come as fast as they are taken, without their details.

    Gives the seconds from the `first` to the last of them.
    """
    times: list[float] = []
    done = threading.Event()
    seen = 0

    def told(reservation: Any) -> None:
        nonlocal seen
        seen += 1
        if seen in (first, count):
            times.append(time.perf_counter())
            if seen == count:
                done.set()

    worker.set_skip_fetch_reservation(True)
    worker.on("reservation.created", told)
    worker.on("reservation.timeout", told)
    service.tell(kind, payloads.worker_sid(0), count)
    assert done.wait(LIMIT), f"only {seen} of {count} events came"
    worker.remove_all_listeners()
    return times[1] - times[0]
