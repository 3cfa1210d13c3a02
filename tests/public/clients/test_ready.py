"""Becoming ready, and waiting for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import (
    ArgumentError,
    ClientClosed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    Worker,
)
from taskrouter_sync.emulator import Emulator

from ...conftest import OpenWorker, ReadyWorker
from ...support.backend import Backend
from ...support.collector import LIMIT, Background, Collector
from ...support.internals import timing
from ...support.raw_server import unused_port
from .conftest import Settle


def test_connected_comes_before_ready_and_reservations_after(
    backend: Backend, open_worker: OpenWorker
) -> None:
    backend.create_task()
    worker = open_worker()
    came = Collector().listen(worker)
    came.expect("reservation.created")
    assert came.names() == ["connected", "ready", "reservation.created"]
    assert (worker.friendlyName, worker.activity_name) == ("Alice", "Available")


@pytest.mark.parametrize(
    ("first", "then"), [("connected", "ready"), ("ready", "reservation.created")]
)
def test_listeners_added_at_the_last_moment_get_both_in_order(
    backend: Backend,
    open_worker: OpenWorker,
    caplog: pytest.LogCaptureFixture,
    first: str,
    then: str,
) -> None:
    """After the first event was emitted, and just when the second is."""
    caplog.set_level(logging.INFO, "taskrouter_sync")
    backend.create_task()
    opened, came = Background(open_worker), Collector()

    class Moment(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if f": {then} " in record.getMessage():
                came.listen(opened.result(LIMIT), first, then)

    handler = Moment()
    logging.getLogger("taskrouter_sync").addHandler(handler)
    try:
        opened.result(LIMIT).wait_until_ready(LIMIT)
        came.expect(then)
        settled = Collector().listen(opened.result(LIMIT), "connected")
        settled.expect("connected")
    finally:
        logging.getLogger("taskrouter_sync").removeHandler(handler)
    assert came.names() == [first, then]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        *(
            (
                lambda faults, status=status, **url: faults.answer(status, **url),
                HttpError,
            )
            for status in (429, 500, 502, 503, 504)
        ),
        # It is seldom the service that speaks so: rather a proxy on the way to it.
        *(
            (
                lambda faults, body=body, **url: faults.malformed(body, **url),
                InvalidResponse,
            )
            for body in ("", "[]", '{"payload": null}', '{"payload": 7}')
        ),
        (lambda faults, **url: faults.delay(1.0, **url), RequestTimeout),
    ],
)
@pytest.mark.parametrize("path", ["", "/Reservations"])
def test_what_meets_trouble_is_asked_for_again(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    heard_worker: ReadyWorker,
    no_pauses: None,
    make: Callable[..., None],
    kind: type[Exception],
    path: str,
) -> None:
    """The worker itself, and then its pending reservations."""
    backend.create_task()
    make(emulator.faults, url=f"/Workers/{alice}{path}")
    limits = timing(answer=0.1) if kind is RequestTimeout else timing()
    _, came = heard_worker(_timing=limits)
    assert type(came.expect("error")) is kind
    came.expect("reservation.created")
    assert came.count("ready") == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_ready_that_is_refused_is_an_error_and_not_asked_for_again(
    emulator: Emulator, alice: str, open_worker: OpenWorker, settle: Settle, status: int
) -> None:
    emulator.faults.answer(status, url=f"/Workers/{alice}")
    worker = open_worker()
    assert Collector().listen(worker, "error").expect("error").code == status
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    settle(worker)
    assert len(emulator.wait_for_requests(url=f"/Workers/{alice}")) == 1


# wait_until_ready.


def test_it_returns_when_the_client_is_ready(open_worker: OpenWorker) -> None:
    worker = open_worker()
    for each in [Background(worker.wait_until_ready) for _ in range(8)]:
        each.result()
    assert worker.friendlyName == "Alice"
    worker.waitUntilReady()


def test_it_ends_in_time(
    emulator: Emulator, alice: str, open_worker: OpenWorker
) -> None:
    emulator.faults.delay(2.0, url=f"/Workers/{alice}")
    worker = open_worker()
    with pytest.raises(RequestTimeout, match=r"0\.05 s"):
        worker.wait_until_ready(0.05)
    waiting = Background(worker.wait_until_ready)
    worker.close()
    with pytest.raises(ClientClosed):
        waiting.result(1.0)


def test_it_raises_the_refusal_in_every_thread(
    emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker()
    for each in [Background(worker.wait_until_ready) for _ in range(8)]:
        with pytest.raises(HttpError, match="403"):
            each.result()


def test_each_refusal_that_it_raises_has_its_own_context(
    emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker, during = open_worker(), KeyError("of the program")
    with pytest.raises(HttpError) as caught:
        try:
            raise during
        except KeyError:
            worker.wait_until_ready()
    assert caught.value.__context__ is during
    with pytest.raises(HttpError) as caught:
        worker.wait_until_ready()
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("event", "raises"), [("connected", True), ("ready", False)])
def test_in_a_callback_it_would_wait_for_itself_until_the_client_is_ready(
    emulator: Emulator, alice: str, open_worker: OpenWorker, event: str, raises: bool
) -> None:
    emulator.faults.delay(0.3, url=f"/Workers/{alice}")
    worker, came = open_worker(), Collector()

    def wait(*_: Any) -> None:
        try:
            came.add("done", worker.wait_until_ready())
        except RuntimeError as error:
            came.add("done", error)

    worker.on(event, wait)
    assert isinstance(came.expect("done"), RuntimeError) is raises


def test_before_ready_the_client_knows_its_sid_only(
    emulator: Emulator, alice: str, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker: Worker = open_worker()
    assert worker.sid == alice
    assert worker.friendlyName is None


@pytest.mark.parametrize("timeout", ["5", True, float("nan"), [], object()])
def test_a_time_limit_is_a_number(worker: Worker, timeout: Any) -> None:
    with pytest.raises(ArgumentError, match="timeout must be a number of seconds"):
        worker.wait_until_ready(timeout)


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, 10**400, None])
def test_a_time_limit_may_be_very_long(open_worker: OpenWorker, timeout: Any) -> None:
    open_worker().wait_until_ready(timeout)


@pytest.mark.parametrize("timeout", [0, -1, float("-inf"), -(10**400)])
def test_a_time_limit_may_be_over(open_worker: OpenWorker, timeout: Any) -> None:
    worker = open_worker(event_bridge_base_url=f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(RequestTimeout, match="not ready within"):
        worker.wait_until_ready(timeout)
