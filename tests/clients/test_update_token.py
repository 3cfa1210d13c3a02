"""Another token: used from now on, everywhere, whoever brings it and when."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync import (
    HttpError,
    Worker,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.wire import backoff

from ..conftest import MintToken, OpenWorker, ReadyWorker
from ..support.collector import Background, Collector, wait
from .conftest import Marker, TokenDue


# Where it counts.


def test_the_next_request_uses_it(
    ready_worker: ReadyWorker, worker_token: MintToken, workspace: ReadyWorkspace
) -> None:
    worker, _ = ready_worker(worker_token(allow_update_activities=False))
    with pytest.raises(HttpError):
        worker.update("ActivitySid", workspace.activities["Break"])
    worker.updateToken(worker_token())
    assert worker.update("ActivitySid", workspace.activities["Break"])


def test_what_was_born_of_the_old_one_uses_it(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    worker, came = ready_worker(worker_token(allow_update_reservations=False))
    emulator.create_task()
    reservation = came.expect("reservation.created")
    with pytest.raises(HttpError):
        reservation.accept()
    worker.updateToken(worker_token())
    assert reservation.accept().task.assignmentStatus == "assigned"


def test_update_token_of_an_entity_is_the_client_s(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    _, came = ready_worker(worker_token(allow_update_reservations=False))
    emulator.create_task()
    reservation = came.expect("reservation.created")
    reservation.task.updateToken(worker_token())
    assert reservation.accept().reservationStatus == "accepted"


def test_the_next_connection_uses_it(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    worker, came = ready_worker()
    worker.update_token(worker_token(allow_web_sockets=False))
    emulator.faults.cut_sockets()
    assert came.expect("error").code == 403


def test_a_connection_that_stands_is_not_touched(
    ready_worker: ReadyWorker, worker_token: MintToken, send: Marker
) -> None:
    worker, came = ready_worker()
    came.listen(worker, "marker")
    worker.update_token(worker_token(ttl=7200))
    send("marker")
    came.expect("marker")
    assert came.names() == ["connected", "ready", "marker"]


def test_it_wakes_a_connection_that_waits_for_the_next_attempt(
    emulator: Emulator,
    heard_worker: ReadyWorker,
    worker_token: MintToken,
    long_pauses: None,
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")


# Who brings it, and when.


@pytest.mark.parametrize("event", ["error", "disconnected"])
def test_an_event_callback_may_bring_it(
    emulator: Emulator, heard_worker: ReadyWorker, worker_token: MintToken, event: str
) -> None:
    worker, came = heard_worker()
    came.expect("ready")
    worker.on(event, lambda _: worker.update_token(worker_token(ttl=7200)))
    emulator.faults.refuse_upgrades(401)
    emulator.faults.cut_sockets()
    came.expect("ready")


def test_the_callback_of_its_expiry_may_bring_it(
    open_worker: OpenWorker, worker_token: MintToken, token_due: TokenDue
) -> None:
    worker = open_worker(token_due(-1))
    worker.on("token.expired", lambda: worker.update_token(worker_token()))
    Collector().listen(worker).expect("ready")


def test_a_result_callback_may_bring_it(
    ready_worker: ReadyWorker, worker_token: MintToken, workspace: ReadyWorkspace
) -> None:
    worker, _ = ready_worker(worker_token(allow_update_activities=False))
    sid = workspace.activities["Break"]

    def refused(error: Any) -> None:
        assert error.code == 403
        worker.update_token(worker_token())

    worker.update("ActivitySid", sid, refused)
    assert worker.update("ActivitySid", sid).activityName == "Break"


def test_many_threads_may_bring_one(
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    send: Marker,
    hurried_switching: None,
) -> None:
    worker, came = ready_worker()
    came.listen(worker, "marker")
    tokens = [worker_token(ttl=4000 + number) for number in range(8)]

    def bring(token: str) -> None:
        for _ in range(20):
            worker.update_token(token)

    for each in [Background(lambda t=token: bring(t)) for token in tokens]:  # type: ignore[misc]
        each.result()
    assert worker.fetch().friendlyName == "Alice"
    send("marker")
    came.expect("marker")
    assert came.names() == ["connected", "ready", "marker"]


def test_one_that_comes_before_ready_does_not_double_it(
    emulator: Emulator,
    open_worker: OpenWorker,
    worker_token: MintToken,
    alice: str,
    send: Marker,
) -> None:
    emulator.faults.delay(0.2, url=f"/Workers/{alice}")
    worker = open_worker()
    came = Collector().listen(worker).listen(worker, "marker")
    came.expect("connected")
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")
    send("marker")
    came.expect("marker")
    assert came.names() == ["connected", "ready", "marker"]


def test_a_ready_that_waits_for_its_next_try_is_asked_for_at_once_and_once(
    emulator: Emulator,
    heard_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    send: Marker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "delay", lambda attempt, chance: 0.3)
    emulator.faults.answer(503, url=f"/Workers/{alice}")
    worker, came = heard_worker()
    came.listen(worker, "marker")
    came.expect("error")
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")
    # Until after the next try was due.
    emulator.faults.delay(0.4, url=f"/Workers/{alice}")
    worker.fetch()
    send("marker")
    came.expect("marker")
    assert came.count("ready") == 1


def test_it_is_what_a_refused_ready_waits_for(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken, alice: str
) -> None:
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    worker = open_worker()
    came = Collector().listen(worker)
    assert came.expect("error").code == 401
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")


def test_who_waits_now_waits_for_the_new_one(
    emulator: Emulator, heard_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    emulator.faults.refuse_upgrades(401)
    worker, came = heard_worker()
    came.expect("disconnected")
    emulator.faults.delay(0.2, url=f"/Workers/{alice}")
    worker.update_token(worker_token(ttl=7200))
    worker.wait_until_ready(5.0)


class OnRest(logging.Handler):
    """Sets an event when a connection waits for another token."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "-> resting" in record.getMessage():
            self.came.set()


@pytest.fixture
def resting(caplog: pytest.LogCaptureFixture) -> Iterator[threading.Event]:
    """Tell when a connection waits for another token."""
    caplog.set_level(logging.DEBUG, "taskrouter_sync")
    handler = OnRest()
    logging.getLogger("taskrouter_sync").addHandler(handler)
    yield handler.came
    logging.getLogger("taskrouter_sync").removeHandler(handler)


# What was said of the old one is not held against the new one.


def test_a_ready_that_is_refused_too_late_is_asked_for_again(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken, alice: str
) -> None:
    emulator.faults.answer(401, url=f"/Workers/{alice}", delay=0.2)
    worker = open_worker()
    came = Collector().listen(worker)
    emulator.wait_for_requests(url=f"/Workers/{alice}")
    worker.update_token(worker_token(ttl=7200))
    worker.wait_until_ready(5.0)
    came.expect("ready")
    assert "error" not in came.names()


def test_a_connection_that_is_refused_too_late_is_made_again(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    emulator.faults.refuse_upgrades(401, delay=0.2)
    worker = open_worker()
    emulator.wait_for_requests(url="/wschannels/")
    worker.update_token(worker_token(ttl=7200))
    worker.wait_until_ready(5.0)


def test_a_refusal_that_is_told_too_late_keeps_nobody_from_waiting(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    resting: threading.Event,
) -> None:
    worker, _ = ready_worker()
    inside, go_on = threading.Event(), threading.Event()

    def block() -> None:
        inside.set()
        wait(go_on, "the test's word")

    worker.once("disconnected", block)
    emulator.faults.refuse_upgrades(401)
    emulator.faults.cut_sockets()
    wait(inside, "the listener's call")
    wait(resting, "the refusal")
    emulator.faults.delay(0.2, url=f"/Workers/{alice}")
    worker.update_token(worker_token(ttl=7200))
    go_on.set()
    worker.wait_until_ready(5.0)


def test_a_closed_client_stays_closed(
    open_worker: OpenWorker, worker_token: MintToken, alice: str
) -> None:
    worker = open_worker()
    worker.close()
    worker.update_token(worker_token(ttl=7200))
    assert repr(worker).startswith(f"<Worker {alice} closed")
    assert isinstance(worker, Worker)
