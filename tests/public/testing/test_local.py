"""A service for one test: clients that are ready, time that is moved, what happened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync import ArgumentError, HttpError, Worker, close_all
from taskrouter_sync.testing import EventLog, LocalTaskRouter


@pytest.fixture
def local() -> Iterator[LocalTaskRouter]:
    """A service in which Alice and Bob are available."""
    with LocalTaskRouter(workers={"Alice": {}, "Bob": {"languages": ["en"]}}) as made:
        yield made


def test_a_worker_is_ready_and_works() -> None:
    with LocalTaskRouter() as local:
        events = local.events_of(local.worker())
        task = local.create_task({"language": "en"}, priority=3)
        reservation = events.wait_for("reservation.created")
        assert (reservation.task.sid, reservation.task.priority) == (task["sid"], 3)
        reservation.accept()
        assert events.wait_for("reservation.accepted") == reservation


def test_time_passes_when_it_is_told_to() -> None:
    with LocalTaskRouter(task_reservation_timeout=60) as local:
        events = local.events_of(local.worker())
        local.create_task()
        reservation = events.wait_for("reservation.created")
        local.advance(61)
        assert events.wait_for("reservation.timeout") == reservation


def test_time_may_be_real() -> None:
    with LocalTaskRouter(manual_clock=False) as local:
        with pytest.raises(RuntimeError, match="manual clock"):
            local.advance(1)


def test_a_worker_is_chosen_by_name(local: LocalTaskRouter) -> None:
    assert local.worker("Bob").attributes == {"languages": ["en"]}


def test_trouble_comes_when_it_is_told_to(local: LocalTaskRouter) -> None:
    worker = local.worker()
    local.faults.answer(500, method="POST")
    with pytest.raises(HttpError, match="500"):
        worker.update("FriendlyName", "Ann")


def test_every_kind_of_client_can_be_had(local: LocalTaskRouter) -> None:
    assert local.task_queue("Everyone").friendly_name == "Everyone"
    assert len(local.workspace_client().workers.fetch()) == 2


def test_a_token_may_allow_less(local: LocalTaskRouter) -> None:
    token = local.worker_token("Bob", allow_update_activities=False)
    worker = local.worker(token=token)
    with pytest.raises(HttpError, match="403"):
        worker.update("ActivitySid", local.workspace.activities["Break"])


def test_a_name_that_is_not_there_is_said(local: LocalTaskRouter) -> None:
    with pytest.raises(LookupError, match="'Zoe' is not one of Alice, Bob"):
        local.worker_token("Zoe")


def test_a_workspace_without_workers_is_said() -> None:
    with LocalTaskRouter(workers={}) as local:
        with pytest.raises(LookupError, match="the workspace has no worker"):
            local.worker()


def test_programs_find_the_service_in_the_environment(local: LocalTaskRouter) -> None:
    assert os.environ["TASKROUTER_WORKSPACE_SID"] == local.workspace.sid
    assert os.environ["TASKROUTER_WORKER_SID"] == local.workspace.workers["Alice"]
    with Worker(local.worker_token(), debug=False) as worker:
        worker.wait_until_ready(5)


def test_afterwards_the_environment_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "mine")
    before = dict(os.environ)
    with LocalTaskRouter():
        assert os.environ["TWILIO_ACCOUNT_SID"] != "mine"
    assert dict(os.environ) == before


def test_clients_are_closed_at_the_end() -> None:
    with LocalTaskRouter() as local:
        worker = local.worker()
    assert " closed " in repr(worker)


def test_the_journal_tells_what_happened_and_no_secret(local: LocalTaskRouter) -> None:
    token = local.worker_token()
    local.worker(token=token)
    local.create_task({"language": "en"})
    text = local.journal()
    assert "TaskRouter requests:" in text
    assert "task.created" in text
    for secret in (*token.split(".")[1:], local.emulator.auth_token):
        assert secret not in text


def test_the_journal_stays_short(local: LocalTaskRouter) -> None:
    for _ in range(60):
        local.create_task({"text": "long " * 100})
    lines = local.journal().splitlines()
    assert len(lines) < 90
    assert max(map(len, lines)) < 120


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions take no notes")
def test_what_is_raised_tells_what_happened() -> None:
    with pytest.raises(ValueError, match="mine") as caught, LocalTaskRouter():
        raise ValueError("mine")
    assert "TaskRouter events:" in "".join(caught.value.__notes__)


def test_an_event_that_does_not_come_is_said_with_what_came(
    local: LocalTaskRouter,
) -> None:
    events = EventLog(local.worker(), "odd")
    events.wait_for("ready")
    local.emulator.send_frame(
        local.workspace.workers["Alice"], {"event_type": "odd", "payload": {}}
    )
    with pytest.raises(AssertionError, match=r"no 'ready' within 0.05 s; got "):
        events.wait_for("ready", timeout=0.05)
    assert events.wait_for("odd") == {}


# What a callback raises.


def fail(*args: object) -> None:
    raise ValueError("a mistake")


def test_what_a_callback_raises_is_raised_at_the_end() -> None:
    with pytest.raises(ValueError, match="a mistake") as caught:
        with LocalTaskRouter() as local:
            events = local.events_of(local.worker().on("reservation.created", fail))
            local.create_task()
            events.wait_for("reservation.created")
    # The traceback begins in the callback, but for the frames of this test.
    entry = caught.traceback[-1]
    assert entry.name == "fail"


def test_a_callback_of_the_program_s_own_client_counts() -> None:
    with pytest.raises(ValueError, match="a mistake"), LocalTaskRouter() as local:
        with Worker(local.worker_token(), debug=False) as worker:
            worker.on("ready", fail)
            worker.wait_until_ready(5)
            local.check_callbacks()


def test_a_callback_that_ends_the_program_is_named() -> None:
    with pytest.raises(AssertionError, match="exit raised SystemExit"):
        with LocalTaskRouter() as local:
            local.worker().on("ready", sys.exit)


def test_a_test_may_let_callbacks_raise() -> None:
    with LocalTaskRouter(callbacks_may_raise=True) as local:
        events = local.events_of(local.worker().on("reservation.created", fail))
        local.create_task()
        events.wait_for("reservation.created")


def test_the_test_s_own_error_comes_first() -> None:
    with pytest.raises(LookupError, match="mine"), LocalTaskRouter() as local:
        local.worker().on("ready", fail)
        raise LookupError("mine")


# Clients that nobody closed.


def test_a_forgotten_client_is_closed_and_named() -> None:
    with pytest.warns(UserWarning, match=r"the test left <Worker WK.*> open"):
        with LocalTaskRouter() as local:
            worker = Worker(local.worker_token(), debug=False)
            worker.wait_until_ready(5)
    assert " closed " in repr(worker)


def test_close_all_closes_every_client(local: LocalTaskRouter) -> None:
    clients = [Worker(local.worker_token(name), False) for name in ("Alice", "Bob")]
    for client in clients:
        client.wait_until_ready(5)
    close_all()
    assert all(" closed " in repr(client) for client in clients)
    close_all()


# Wrong names and values.


@pytest.mark.parametrize(
    ("plan", "right"),
    [
        ({"worker": {"Alice": {}}}, "did you mean 'workers'?"),
        ({"flow": {}}, "workers, worker_activity, queues, workflow"),
        ({"workers": ["Alice", "Bob"]}, 'workers={"Alice": '),
        ({"queues": "Support"}, 'queues={"Support": '),
    ],
)
def test_a_wrong_set_up_says_what_is_right(plan: dict[str, Any], right: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        LocalTaskRouter(**plan)
    assert right in str(caught.value)


def test_a_list_of_workers_is_no_name(local: LocalTaskRouter) -> None:
    with pytest.raises(ArgumentError, match=r"a single name, not \['Alice'"):
        local.worker(["Alice"])  # type: ignore[arg-type]


def test_time_does_not_go_back(local: LocalTaskRouter) -> None:
    with pytest.raises(ValueError, match=r"can't go back: advance\(-100\)"):
        local.advance(-100)


def test_an_event_that_does_not_exist_is_said_at_once(local: LocalTaskRouter) -> None:
    events = local.events_of(local.worker(), "mine")
    with pytest.raises(ArgumentError, match=r"did you mean 'reservation.accepted'\?"):
        events.wait_for("reservation.acepted", timeout=3600)
    with pytest.raises(ArgumentError, match="events_of"):
        events.wait_for("yours", timeout=3600)
    for timeout in (float("nan"), -1, True):
        with pytest.raises(ArgumentError, match="timeout must be a number"):
            events.wait_for("mine", timeout)


def test_the_journal_begins_after_the_set_up(local: LocalTaskRouter) -> None:
    assert "TaskRouter events:\n  none" in local.journal()
    local.create_task()
    assert "task.created" in local.journal()
    assert "worker.created" not in local.journal()
