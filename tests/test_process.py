"""What the clients of a process share, and for how long."""

from __future__ import annotations

import threading

from taskrouter_sync import process
from taskrouter_sync.errors import ClientClosed

from .conftest import OpenWorker
from .support import leaks
from .support.collector import Background


def fetch_threads() -> list[str]:
    return [each.name for each in leaks.threads() if "fetch" in each.name]


def test_clients_share_one_set() -> None:
    first, second = process.acquire(), process.acquire()
    assert first is second
    process.release()
    process.release()


def test_what_is_shared_lasts_until_the_last_client_is_closed() -> None:
    shared = process.acquire()
    process.acquire()
    process.release()
    done = threading.Event()
    shared.prefetcher.fetch([lambda: None], done.set, "client")
    assert done.wait(5.0), "the prefetcher does not work any more"
    process.release()
    details = shared.prefetcher.fetch([lambda: None], lambda: None, "client")
    assert isinstance(details.outcomes[0], ClientClosed)


def test_the_next_client_gets_a_new_set() -> None:
    first = process.acquire()
    process.release()
    assert process.acquire() is not first
    process.release()


def test_fetch_threads_end_with_the_last_client(open_worker: OpenWorker) -> None:
    emulators = leaks.threads()
    first, second = open_worker(), open_worker()
    first.wait_until_ready(5.0)
    second.wait_until_ready(5.0)
    first.close()
    assert fetch_threads()
    second.close()
    assert not leaks.left_threads(emulators)


def test_a_client_opened_while_the_last_one_closes_works(
    open_worker: OpenWorker,
) -> None:
    def open_and_close() -> None:
        for _ in range(5):
            worker = open_worker()
            worker.wait_until_ready(5.0)
            worker.close()

    for each in [Background(open_and_close) for _ in range(3)]:
        each.result(20.0)
