"""A function that gives tokens: when it is asked, on which thread, and its mistakes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import HttpError, TokenError, WorkerCapabilityToken
from taskrouter_sync.timing import Timing
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import Background, Collector
from .conftest import TokenDue


class Source:
    """Gives these one by one, the last one again and again; raises exceptions."""

    def __init__(self, *given: Any) -> None:
        self._given = list(given)
        self.threads: list[str] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread().name)
        given = self._given.pop(0) if len(self._given) > 1 else self._given[0]
        if isinstance(given, BaseException):
            raise given
        return str(given() if callable(given) else given)

    @property
    def count(self) -> int:
        return len(self.threads)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that failed is asked again soon."""
    monkeypatch.setattr(Timing, "delay", lambda timing, attempt: 0.02)


# When it is asked.


def test_it_is_asked_at_construction_there(
    open_worker: OpenWorker, worker_token: MintToken
) -> None:
    source = Source(worker_token())
    worker = Background(lambda: open_worker(source), "opening").result()
    worker.wait_until_ready(5.0)
    assert source.threads == ["opening"]


def test_it_is_asked_before_the_end_on_the_event_thread(
    ready_worker: ReadyWorker,
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    alice: str,
) -> None:
    source = Source(token_due(0.5), worker_token())
    _, came = ready_worker(source)
    clock = Collector().listen(open_worker(token_due(0.7)), "token.expired")
    clock.expect("token.expired")
    assert source.threads[1:] == [f"taskrouter-events-{alice}"]
    assert "token.expired" not in came.names()


def test_it_is_asked_once_after_a_401_on_the_caller_s_thread(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    source = Source(worker_token(), worker_token(ttl=7200))
    worker, _ = ready_worker(source)
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    assert worker.fetch().friendlyName == "Alice"
    assert source.threads[1:] == [threading.current_thread().name]


def test_a_task_of_a_list_that_is_refused_is_asked_for_on_the_caller_s_thread(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    source = Source(worker_token)
    worker, came = ready_worker(source)
    for _ in range(3):
        emulator.create_task(attributes={"language": "no"})
        came.expect("reservation.created")
    # All three, side by side, and once more on the caller's thread.
    emulator.faults.answer(401, method="GET", url="/Tasks/", times=4)
    found = Background(worker.fetch_reservations, "caller").result()
    assert [each.task.attributes.language for each in found] == ["no"] * 3
    assert source.threads[1:] == ["caller"]


def test_a_second_401_is_the_error(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    source = Source(worker_token(), worker_token(ttl=7200))
    worker, _ = ready_worker(source)
    emulator.faults.answer(401, url=f"/Workers/{alice}", times=2)
    with pytest.raises(HttpError) as caught:
        worker.fetch()
    assert caught.value.code == 401
    assert source.count == 2


@pytest.mark.parametrize("status", [401, 403])
def test_it_is_asked_when_the_handshake_is_refused(
    emulator: Emulator,
    open_worker: OpenWorker,
    worker_token: MintToken,
    status: int,
    alice: str,
) -> None:
    emulator.faults.refuse_upgrades(status)
    source = Source(worker_token(), worker_token(ttl=7200))
    open_worker(source).wait_until_ready(5.0)
    assert source.threads[1:] == [f"taskrouter-events-{alice}"]


def test_it_is_asked_when_ready_is_refused(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken, alice: str
) -> None:
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    source = Source(worker_token(), worker_token(ttl=7200))
    worker = open_worker(source)
    came = Collector().listen(worker)
    came.expect("ready")
    assert source.threads[1:] == [f"taskrouter-events-{alice}"]
    assert came.names() == ["connected", "ready"]


@pytest.mark.parametrize("refuse", ["handshake", "ready"])
def test_it_is_asked_once_until_a_token_works(
    emulator: Emulator,
    open_worker: OpenWorker,
    worker_token: MintToken,
    alice: str,
    refuse: str,
) -> None:
    if refuse == "handshake":
        emulator.faults.refuse_upgrades(401, times=100)
    else:
        emulator.faults.answer(401, url=f"/Workers/{alice}", times=100)
    source = Source(worker_token(), worker_token(ttl=7200))
    worker = open_worker(source)
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)
    assert source.count == 2


def test_once_a_token_has_worked_it_is_asked_again(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    source = Source(worker_token(), worker_token(ttl=7200), worker_token(ttl=7300))
    emulator.faults.refuse_upgrades(401)
    worker = open_worker(source)
    came = Collector().listen(worker)
    came.expect("ready")
    emulator.faults.refuse_upgrades(401)
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert source.count == 3


def test_a_source_whose_tokens_are_over_is_not_asked_in_a_loop(
    open_worker: OpenWorker, ready_worker: ReadyWorker, token_due: TokenDue
) -> None:
    source = Source(lambda: token_due(-60))
    worker = open_worker(source)
    Collector().listen(worker).expect("token.expired")
    ready_worker()
    assert source.count <= 3  # asked again with backoff


def test_a_source_whose_token_is_over_is_asked_again(
    open_worker: OpenWorker, worker_token: MintToken, token_due: TokenDue, soon: None
) -> None:
    source = Source(token_due(-60), token_due(-60), worker_token())
    worker = open_worker(source)
    came = Collector().listen(worker)
    came.expect("ready")
    assert source.count == 3


# Its mistakes.


@pytest.mark.parametrize("error", [ValueError("no key"), SystemExit(3)])
def test_what_it_raises_at_construction_reaches_the_caller(
    open_worker: OpenWorker, error: BaseException
) -> None:
    with pytest.raises(type(error)) as caught:
        open_worker(Source(error))
    assert caught.value is error


@pytest.mark.parametrize("given", [None, "", "no jwt", 7])
def test_what_is_no_token_at_construction_raises(
    open_worker: OpenWorker, given: Any
) -> None:
    with pytest.raises(TokenError):
        open_worker(lambda: given)


def test_what_it_raises_after_a_401_is_the_call_s_error(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    trouble = ValueError("no key")
    worker, _ = ready_worker(Source(worker_token(), trouble))
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    with pytest.raises(TokenError, match="no key") as caught:
        worker.fetch()
    assert caught.value.__cause__ is trouble


def test_what_it_raises_on_the_event_thread_is_an_error_event(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    trouble = ValueError("no key")
    emulator.faults.refuse_upgrades(401)
    worker = open_worker(Source(worker_token(), trouble))
    came = Collector().listen(worker)
    errors = [came.expect("error"), came.expect("error")]
    assert {type(each) for each in errors} == {TokenError, HttpError}
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)


@pytest.mark.parametrize(
    "trouble",
    [ValueError("no key"), SystemExit(3), KeyboardInterrupt(), "no jwt"],
    ids=repr,
)
def test_after_a_mistake_it_is_asked_again(
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    soon: None,
    trouble: Any,
) -> None:
    source = Source(token_due(-60), trouble, trouble, worker_token())
    worker = open_worker(source)
    Collector().listen(worker).expect("ready")


def test_a_token_of_another_worker_is_an_error_event(
    emulator: Emulator,
    open_worker: OpenWorker,
    worker_token: MintToken,
    other_token: Callable[[], str],
) -> None:
    emulator.faults.refuse_upgrades(401)
    worker = open_worker(Source(worker_token(), other_token))
    error = Collector().listen(worker, "error").expect("error")
    assert "channel_sid" in error.message


@pytest.fixture
def other_token(emulator: Emulator, workspace: Any) -> Callable[[], str]:
    return WorkerCapabilityToken(
        emulator.account_sid, emulator.auth_token, workspace.sid, "WK" + "0" * 32
    ).to_jwt


def test_one_that_takes_its_time_delays_no_other_client(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        assert go_on.wait(5.0)
        return worker_token(ttl=7200)

    emulator.faults.refuse_upgrades(401)
    worker = open_worker(Source(worker_token(), slow))
    assert inside.wait(5.0)
    open_worker().wait_until_ready(5.0)
    go_on.set()
    worker.wait_until_ready(5.0)
