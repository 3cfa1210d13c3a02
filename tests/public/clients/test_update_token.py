"""Another token: used from now on, everywhere, whoever brings it and when."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest

from taskrouter_sync import HttpError, RequestTimeout, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.collector import Background, Block, Collector, wait
from ...support.internals import set_pauses
from .conftest import Settle, TokenDue


# Where it counts.


def test_what_was_born_of_the_old_one_uses_it(
    backend: Backend, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    worker, came = ready_worker(worker_token(allow_update_reservations=False))
    backend.create_task()
    reservation = came.expect("reservation.created")
    with pytest.raises(HttpError):
        reservation.accept()
    reservation.task.updateToken(worker_token())
    assert reservation.accept().task.assignmentStatus == "assigned"
    assert worker.fetch()


def test_the_next_connection_uses_it(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    worker, came = ready_worker()
    worker.update_token(worker_token(allow_web_sockets=False))
    emulator.faults.cut_sockets()
    assert came.expect("error").code == 403


def test_an_open_connection_is_not_touched_by_many_threads(
    worker: Worker,
    came: Collector,
    worker_token: MintToken,
    settle: Settle,
    hurried_switching: None,
) -> None:
    def bring(token: str) -> None:
        for _ in range(20):
            worker.update_token(token)

    tokens = [worker_token(ttl=4000 + number) for number in range(8)]
    for each in [Background(partial(bring, token)) for token in tokens]:
        each.result()
    assert worker.fetch().friendlyName == "Alice"
    settle(worker)
    assert came.names() == ["connected", "ready"]


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


def test_it_makes_no_later_attempt_come_sooner(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    long_pauses: None,
) -> None:
    # When a service starts again, all its clients would connect in the same moment.
    worker, came = ready_worker()
    worker.update_token(worker_token(ttl=7200))
    emulator.faults.cut_sockets()
    came.expect("disconnected")
    with pytest.raises(RequestTimeout):
        worker.wait_until_ready(0.3)


def test_a_disconnected_client_is_not_connected_by_it(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    worker, came = ready_worker()
    worker.disconnect()
    came.expect("disconnected")
    worker.update_token(worker_token(ttl=7200))
    ready_worker()[0].close()
    emulator.wait_for_connections(alice, 0)


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


def test_one_that_comes_before_ready_does_not_double_it(
    emulator: Emulator,
    open_worker: OpenWorker,
    worker_token: MintToken,
    alice: str,
    settle: Settle,
) -> None:
    emulator.faults.delay(0.2, url=f"/Workers/{alice}")
    worker = open_worker()
    came = Collector().listen(worker)
    came.expect("connected")
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")
    settle(worker)
    assert came.names() == ["connected", "ready"]


def test_a_ready_that_waits_for_its_next_try_is_asked_for_at_once_and_once(
    emulator: Emulator,
    heard_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_pauses(monkeypatch, 0.3)
    emulator.faults.answer(503, url=f"/Workers/{alice}")
    worker, came = heard_worker()
    came.expect("error")
    worker.update_token(worker_token(ttl=7200))
    came.expect("ready")
    # Until after the next try was due.
    emulator.faults.delay(0.4, url=f"/Workers/{alice}")
    worker.fetch()
    settle(worker)
    assert came.count("ready") == 1


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
    worker: Worker,
    worker_token: MintToken,
    alice: str,
    rests: threading.Event,
) -> None:
    block = Block()
    worker.once("disconnected", block)
    emulator.faults.refuse_upgrades(401)
    emulator.faults.cut_sockets()
    block.wait_until_inside()
    wait(rests, "the refusal")
    emulator.faults.delay(0.2, url=f"/Workers/{alice}")
    worker.update_token(worker_token(ttl=7200))
    block.go_on.set()
    worker.wait_until_ready(5.0)
