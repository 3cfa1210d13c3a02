"""After `close` nothing is told but a last `disconnected`."""

from __future__ import annotations

import threading

import pytest

from taskrouter_sync import Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import Background, Collector, join, wait
from .conftest import Marker, TokenDue


def events_thread(worker: Worker) -> threading.Thread:
    name = f"taskrouter-events-{worker.sid}"
    return next(each for each in threading.enumerate() if each.name == name)


class Blocking(Collector):
    """A listener that stays inside until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.go_on = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.inside.set()
        wait(self.go_on, "the test's word")
        self.add("left")


# The last word.


def test_disconnected_is_told_once_on_the_event_thread(
    ready_worker: ReadyWorker, alice: str
) -> None:
    worker, came = ready_worker()
    threads: list[str] = []
    worker.on("disconnected", lambda: threads.append(threading.current_thread().name))
    worker.close()
    assert came.names() == ["connected", "ready", "disconnected"]
    assert threads == [f"taskrouter-events-{alice}"]


def test_disconnected_carries_its_message(ready_worker: ReadyWorker) -> None:
    worker, came = ready_worker()
    worker.close()
    said = came.expect("disconnected")
    assert said["message"] == "Websocket disconnected due to lost connectivity"


def test_who_was_never_connected_is_not_told_of_an_end(
    emulator: Emulator, heard_worker: ReadyWorker, long_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    worker.close()
    assert came.count("disconnected") == 1


def test_who_was_told_of_the_end_is_not_told_again(ready_worker: ReadyWorker) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    worker.close()
    assert came.count("disconnected") == 1


@pytest.mark.parametrize("method", ["close", "connect", "disconnect"])
def test_a_listener_of_the_last_word_may_do_what_it_likes(
    ready_worker: ReadyWorker, method: str, alice: str
) -> None:
    worker, _ = ready_worker()
    came = Collector()
    worker.on("disconnected", getattr(worker, method))
    came.listen(worker, "connected", "disconnected").expect("connected")
    thread = events_thread(worker)
    worker.close()
    join(thread)
    assert came.names() == ["connected", "disconnected"]


def test_a_listener_of_the_last_word_that_raises_disturbs_nobody(
    ready_worker: ReadyWorker,
) -> None:
    def clumsy() -> None:
        raise KeyboardInterrupt

    worker, _ = ready_worker()
    worker.on("disconnected", clumsy)
    came = Collector().listen(worker, "disconnected")
    thread = events_thread(worker)
    worker.close()
    join(thread)
    came.expect("disconnected")


# Nothing after it.


def test_no_event_is_told_after_close(
    ready_worker: ReadyWorker, send: Marker, hurried_switching: None
) -> None:
    worker, _ = ready_worker()
    came = Collector().listen(worker, "one", "disconnected")
    stop = threading.Event()

    def storm() -> None:
        while not stop.is_set():
            send("one")

    storming = Background(storm)
    came.expect("one")
    worker.close()
    told = came.names()
    stop.set()
    storming.result()
    assert came.names() == told
    assert told[-1] == "disconnected"
    assert told.count("disconnected") == 1


def test_after_close_in_a_callback_no_other_listener_is_called(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    came = Collector()
    worker.on("one", worker.close)
    came.listen(worker, "one", "two", "disconnected")
    thread = events_thread(worker)
    send("one")
    send("two")
    join(thread)
    assert came.names() == ["disconnected"]


def test_a_callback_that_closes_is_run_to_its_end(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    worker, _ = ready_worker()
    came = Collector()

    def close() -> None:
        worker.close()
        came.add("still here")

    worker.on("one", close)
    came.listen(worker, "disconnected")
    send("one")
    came.expect("disconnected")
    assert came.names() == ["still here", "disconnected"]


def test_a_callback_that_runs_keeps_close_waiting_for_a_moment_only(
    ready_worker: ReadyWorker, send: Marker
) -> None:
    """After it comes `disconnected`, and nothing else."""
    worker, _ = ready_worker()
    blocking = Blocking()
    worker.on("one", blocking)
    blocking.listen(worker, "one", "two", "disconnected")
    thread = events_thread(worker)
    send("one")
    send("two")
    wait(blocking.inside, "the callback")
    Background(worker.close).result(1.5)
    assert blocking.names() == []
    blocking.go_on.set()
    join(thread)
    assert blocking.names() == ["left", "disconnected"]


def test_a_listener_that_comes_after_close_is_told_nothing(
    ready_worker: ReadyWorker,
) -> None:
    worker, _ = ready_worker()
    worker.close()
    late = Collector().listen(worker)
    assert late.names() == []


def test_no_timer_runs_after_close(
    ready_worker: ReadyWorker, open_worker: OpenWorker, token_due: TokenDue
) -> None:
    worker, came = ready_worker(token_due(0.5))
    clock = Collector().listen(open_worker(token_due(0.6)), "token.expired")
    worker.close()
    clock.expect("token.expired")
    assert "token.expired" not in came.names()


def test_a_program_may_emit_what_it_likes_on_a_closed_client(
    ready_worker: ReadyWorker,
) -> None:
    worker, _ = ready_worker()
    worker.close()
    came = Collector().listen(worker, "own")
    worker.emit("own", 1)
    assert came.expect("own") == 1


def test_no_connection_is_made_after_close(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    worker, _ = ready_worker()
    worker.close()
    worker.connect()
    worker.update_token(worker_token(ttl=7200))
    worker.connect()
    emulator.wait_for_connections(alice, 0)
    ready_worker()
    upgrades = [each for each in emulator.requests if each.kind == "upgrade"]
    assert len(upgrades) == 2


def test_the_service_hears_of_the_end(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str
) -> None:
    worker, _ = ready_worker()
    worker.close()
    emulator.wait_for_connections(alice, 0, 1.0)


def test_it_ends_no_other_client(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()
    other, came = ready_worker()
    worker.close()
    assert other.fetch().friendlyName == "Alice"
    assert "disconnected" not in came.names()
