"""Clients of the bench service, and what they are compared with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import websocket

from taskrouter_sync import Worker, WorkerCapabilityToken

from . import payloads
from .service import BenchService


# Seconds for whatever a benchmark waits for.
LIMIT = 60.0


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
