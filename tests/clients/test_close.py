"""`close` works in any state, from anywhere, any number of times, and promptly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from taskrouter_sync import ClientClosed, Worker
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..conftest import MintToken, OpenWorker, ReadyWorker
from ..support import leaks
from ..support.collector import Background, Collector, join, wait
from ..support.raw_server import Peer, RawServer
from .conftest import Marker, TokenDue


PROMPTLY = 1.5  # seconds, on a busy machine


def assert_over(worker: Worker) -> None:
    """Fail unless nothing is left of a client but its closed self."""
    sid = worker.sid
    assert repr(worker).startswith(f"<Worker {sid} closed")
    with pytest.raises(ClientClosed):
        worker.wait_until_ready(5.0)
    with pytest.raises(ClientClosed):
        worker.fetch()
    for thread in leaks.threads():
        if thread.name.endswith(sid):
            join(thread, PROMPTLY)


def close_promptly(worker: Worker) -> None:
    started = time.monotonic()
    worker.close()
    assert time.monotonic() - started < PROMPTLY
    assert_over(worker)


# In any state.


def test_right_after_opening(open_worker: OpenWorker) -> None:
    close_promptly(open_worker())


def test_while_ready(ready_worker: ReadyWorker) -> None:
    close_promptly(ready_worker()[0])


def test_before_ready(emulator: Emulator, open_worker: OpenWorker, alice: str) -> None:
    emulator.faults.delay(0.4, url=f"/Workers/{alice}")
    worker = open_worker()
    emulator.wait_for_requests(url=f"/Workers/{alice}")
    close_promptly(worker)


def test_during_a_handshake_that_is_never_answered(open_worker: OpenWorker) -> None:
    with RawServer(Peer.stall) as server:
        worker = open_worker(event_bridge_base_url=server.url)
        wait(server.stalled, "the client's attempt")
        close_promptly(worker)


def test_while_the_line_is_dead(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, _ = ready_worker()
    emulator.faults.stall_sockets(alice)
    close_promptly(worker)


def test_while_the_service_is_gone(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    worker, came = ready_worker()
    emulator.stop()
    came.expect("error")
    close_promptly(worker)


def test_while_it_waits_for_the_next_attempt(
    emulator: Emulator, heard_worker: ReadyWorker, long_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    close_promptly(worker)


def test_while_its_token_is_refused(
    emulator: Emulator, heard_worker: ReadyWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker, came = heard_worker()
    came.expect("disconnected")
    close_promptly(worker)


def test_while_its_token_is_expired(
    open_worker: OpenWorker, token_due: TokenDue
) -> None:
    worker = open_worker(token_due(-60))
    Collector().listen(worker).expect("token.expired")
    close_promptly(worker)


def test_while_disconnected(ready_worker: ReadyWorker) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    close_promptly(worker)


def test_while_ready_waits_for_its_next_try(
    emulator: Emulator, heard_worker: ReadyWorker, alice: str, long_pauses: None
) -> None:
    emulator.faults.answer(503, url=f"/Workers/{alice}")
    worker, came = heard_worker()
    came.expect("error")
    close_promptly(worker)


def test_while_details_are_on_their_way(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    worker, came = ready_worker()
    emulator.faults.delay(0.4, url="/Tasks/", times=2)
    emulator.create_task()
    emulator.wait_for_requests(2, url="/Tasks/")
    close_promptly(worker)
    assert "reservation.created" not in came.names()


# From anywhere.


def test_from_another_thread(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()
    Background(worker.close).result(PROMPTLY)
    assert_over(worker)


def test_at_the_end_of_a_with_block(open_worker: OpenWorker) -> None:
    with open_worker() as worker:
        worker.wait_until_ready(5.0)
    assert_over(worker)


def test_when_a_with_block_raises(open_worker: OpenWorker) -> None:
    with pytest.raises(KeyError), open_worker() as worker:
        raise KeyError
    assert_over(worker)


@contextmanager
def closing(worker: Worker, event: str) -> Iterator[None]:
    """Close in a callback of an event; at the end all must be over."""
    came = Collector()

    def close() -> None:
        started = time.monotonic()
        worker.close()
        came.add("closed", time.monotonic() - started)

    worker.once(event, close)
    yield
    assert came.expect("closed") < PROMPTLY
    assert_over(worker)


@pytest.mark.parametrize("event", ["connected", "ready"])
def test_in_a_callback_of_opening(open_worker: OpenWorker, event: str) -> None:
    with closing(open_worker(), event):
        pass


@pytest.mark.parametrize("event", ["error", "disconnected"])
def test_in_a_callback_of_trouble(
    emulator: Emulator, heard_worker: ReadyWorker, event: str
) -> None:
    worker, _ = heard_worker()
    with closing(worker, event):
        emulator.stop()


def test_in_a_callback_of_an_expiry(
    open_worker: OpenWorker, token_due: TokenDue
) -> None:
    with closing(open_worker(token_due(-60)), "token.expired"):
        pass


def test_in_a_callback_of_a_reservation(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    with closing(ready_worker()[0], "reservation.created"):
        emulator.create_task()


def test_in_a_result_callback(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()
    worker.fetch(lambda error, result: worker.close())
    assert_over(worker)


def test_in_a_result_callback_on_the_event_thread(
    emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    worker, came = ready_worker()
    worker.on("reservation.created", lambda r: r.accept(lambda *_: worker.close()))
    emulator.create_task()
    came.expect("disconnected")
    assert_over(worker)


def test_in_the_source_of_tokens(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    tokens = [worker_token(), worker_token(ttl=7200)]

    def source() -> str:
        if len(tokens) == 1:
            worker.close()
        return tokens.pop(0)

    worker, _ = ready_worker(source)
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    with pytest.raises(ClientClosed):
        worker.fetch()
    assert_over(worker)


# Any number of times.


def test_twice(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()
    worker.close()
    close_promptly(worker)


def test_from_many_threads_at_once(
    workspace: ReadyWorkspace,
    emulator: Emulator,
    ready_worker: ReadyWorker,
    hurried_switching: None,
) -> None:
    """And the worker is sent to its activity once."""
    activity = workspace.activities["Offline"]
    worker, came = ready_worker(disconnect_activity_sid=activity)
    callers = [Background(worker.close) for _ in range(8)]
    for each in callers:
        each.result(2 * PROMPTLY)
    assert_over(worker)
    assert came.count("disconnected") == 1
    posts = [each for each in emulator.requests if each.method == "POST"]
    assert len(posts) == 1


def test_in_a_callback_and_from_main_at_once(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, came = ready_worker()
    inside = threading.Event()

    def close() -> None:
        inside.set()
        worker.close()

    worker.on("one", close)
    send("one")
    wait(inside, "the callback")
    close_promptly(worker)
    assert came.count("disconnected") == 1


def test_who_never_worked_says_no_goodbye(
    workspace: ReadyWorkspace, emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker(disconnect_activity_sid=workspace.activities["Offline"])
    Collector().listen(worker, "error").expect("error")
    worker.close()
    assert [each.kind for each in emulator.requests] == ["upgrade"]


def test_it_does_not_wait_for_a_goodbye_that_nobody_answers(
    workspace: ReadyWorkspace, emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    activity = workspace.activities["Offline"]
    worker, _ = ready_worker(disconnect_activity_sid=activity)
    emulator.faults.delay(3.0, method="POST")
    close_promptly(worker)
