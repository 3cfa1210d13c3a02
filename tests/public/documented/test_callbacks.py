"""What holds for the result callback of every method."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator

from ...support.collector import Collector
from ...support.outcome import Outcome
from .conftest import TO_ACT, Offer, OpenTaskQueue, OpenWorker, OpenWorkspace
from .held import Held


Take = Callable[[list[Any]], Any]

CALLBACKS: list[Take] = [
    lambda got: lambda: got.append(()),
    lambda got: lambda error: got.append((error,)),
    lambda got: lambda error, result: got.append((error, result)),
    lambda got: lambda error, result=None: got.append((error, result)),
    lambda got: lambda *args: got.append(args),
]


@pytest.mark.parametrize("take", CALLBACKS)
def test_a_callback_may_take_fewer_arguments(
    worker_with: OpenWorker,
    task_queue_with: OpenTaskQueue,
    workspace_with: OpenWorkspace,
    offer: Offer,
    take: Take,
) -> None:
    """JavaScript drops arguments that are too many: so does a call here."""
    worker, task_queue = worker_with("update_self"), task_queue_with()
    workspace = workspace_with("fetch_subresources")
    reservation = offer()
    got: list[Any] = []
    callback = take(got)
    worker.update("FriendlyName", "Ann", callback)
    task_queue.fetch(callback)
    workspace.workers.fetch(callback)
    reservation.accept(callback)
    reservation.task.complete(callback, "Done")
    assert len(got) == 5
    assert all(args[:1] in ((), (None,)) for args in got)


@pytest.mark.parametrize("take", CALLBACKS)
def test_an_error_comes_to_it_too(worker_with: OpenWorker, take: Take) -> None:
    got: list[Any] = []
    worker_with().update("FriendlyName", "Ann", take(got))
    ((*args,),) = got
    assert not args or isinstance(args[0], HttpError)


@pytest.mark.parametrize("name", ["callback", "cb"])
def test_a_callback_may_be_a_keyword(
    worker_with: OpenWorker, offer: Offer, outcome: Outcome, name: str
) -> None:
    told = Outcome()
    worker_with("update_self").update("FriendlyName", "Ann", **{name: told.callback})
    offer().reject(**{name: outcome.callback})
    assert told.result.friendlyName == "Ann"
    assert outcome.result.reservationStatus == "rejected"


@pytest.mark.parametrize("succeeds", [True, False])
def test_what_it_raises_reaches_the_caller(
    worker_with: OpenWorker, held: Held, succeeds: bool
) -> None:
    """It is no failure of the call, and never makes a second call."""
    worker = worker_with(*["update_self"] * succeeds)
    came: list[Any] = []

    def fail(error, result):
        came.append(error)
        raise HttpError(500, "the program's own")

    with pytest.raises(HttpError, match="the program's own"):
        worker.update("FriendlyName", "Ann", fail)
    assert [error and error.code for error in came] == [None if succeeds else 403]
    assert held.worker(worker.sid).friendly_name == ("Ann" if succeeds else "Alice")


def test_a_call_without_one_that_fails_raises(offer: Offer) -> None:
    reservation = offer()
    reservation.reject()
    with pytest.raises(HttpError, match="already in state"):
        reservation.accept()


def test_a_call_that_fails_in_an_event_callback_ends_that(
    worker_with: OpenWorker, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    """What it raises is logged; the other callbacks and the connection go on."""
    worker = worker_with("fetch_reservations")  # and not their update
    came = Collector()

    @worker.on("reservation.created")
    def accept(reservation):
        reservation.accept()
        came.add("after it")

    came.listen(worker, "reservation.created")
    with caplog.at_level(logging.ERROR, "taskrouter_sync"):
        emulator.create_task()
        came.expect("reservation.created")
        emulator.create_task()
        came.expect("reservation.created")
    assert came.names() == ["reservation.created"] * 2
    raised = [record for record in caplog.records if record.exc_info]
    assert ["403" in (record.exc_text or "") for record in raised] == [True] * 2


def test_actions_in_an_event_callback(
    worker_with: OpenWorker, emulator: Emulator, held: Held
) -> None:
    """Callbacks within callbacks, as the documented scripts have them."""
    worker = worker_with(*TO_ACT)
    came = Collector()
    worker.on(
        "reservation.created",
        lambda reservation: reservation.accept(
            lambda error, accepted: accepted.task.update(
                "Attributes", {"seen": True}, came.callback("updated")
            )
        ),
    )
    task = emulator.create_task()
    error, updated = came.expect("updated")
    assert (error, updated.attributes) == (None, {"seen": True})
    assert held.task(task["sid"]).attributes_value == {"seen": True}
