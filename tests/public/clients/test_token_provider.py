"""A function that gives tokens: when it is called, where, and its mistakes."""

from __future__ import annotations

import itertools
import sys
import threading
from types import FrameType
from typing import Any

import pytest

from taskrouter_sync import HttpError, TokenError, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.collector import Background, Block, Collector
from ...support.internals import set_renewal
from .conftest import Provider, TokenDue


class Unspeakable(Exception):
    """An error whose own `repr` fails."""

    def __repr__(self) -> str:
        raise ValueError("never shown")


@pytest.fixture
def provider(worker_token: MintToken) -> Provider:
    """Gives good tokens, each of them another one."""
    return Provider(worker_token(), worker_token(ttl=7200), worker_token(ttl=7300))


@pytest.fixture
def events(alice: str) -> str:
    """The name of the event thread, where the user's code runs."""
    return f"taskrouter-events-{alice}"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that failed is called again soon."""
    set_renewal(monkeypatch, 0.02)


# When it is called.


def test_at_construction_there(open_worker: OpenWorker, provider: Provider) -> None:
    worker = Background(lambda: open_worker(provider), "opening").result()
    worker.wait_until_ready(5.0)
    assert provider.threads == ["opening"]


def test_before_the_end_on_the_event_thread(
    ready_worker: ReadyWorker,
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    events: str,
) -> None:
    provider = Provider(token_due(1.5), worker_token())
    _, came = ready_worker(provider)
    clock = Collector().listen(open_worker(token_due(1.7)), "token.expired")
    clock.expect("token.expired")
    assert provider.threads[1:] == [events]
    assert "token.expired" not in came.names()


@pytest.mark.parametrize("times", [1, 2])
def test_once_after_a_401_on_the_caller_s_thread(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    provider: Provider,
    alice: str,
    times: int,
) -> None:
    """A second 401 is the error."""
    worker, _ = ready_worker(provider)
    emulator.faults.answer(401, url=f"/Workers/{alice}", times=times)
    if times == 1:
        assert worker.fetch().friendlyName == "Alice"
    else:
        with pytest.raises(HttpError, match="401"):
            worker.fetch()
    assert provider.threads[1:] == [threading.current_thread().name]


def test_for_the_tasks_of_a_list_on_the_caller_s_thread(
    emulator: Emulator,
    backend: Backend,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
) -> None:
    provider = Provider(worker_token)
    worker, came = ready_worker(provider)
    for _ in range(3):
        backend.create_task(language="no")
        came.expect("reservation.created")
    # All three, side by side, and once more on the caller's thread.
    emulator.faults.answer(401, method="GET", url="/Tasks/", times=4)
    found = Background(worker.fetch_reservations, "caller").result()
    assert [each.task.attributes.language for each in found] == ["no"] * 3
    assert provider.threads[1:] == ["caller"]


@pytest.mark.parametrize("status", [401, 403])
def test_when_the_handshake_is_refused(
    emulator: Emulator,
    open_worker: OpenWorker,
    provider: Provider,
    events: str,
    status: int,
) -> None:
    emulator.faults.refuse_upgrades(status)
    open_worker(provider).wait_until_ready(5.0)
    assert provider.threads[1:] == [events]


def test_when_ready_is_refused(
    emulator: Emulator,
    open_worker: OpenWorker,
    provider: Provider,
    alice: str,
    events: str,
) -> None:
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    came = Collector().listen(open_worker(provider))
    came.expect("ready")
    assert provider.threads[1:] == [events]
    assert came.names() == ["connected", "ready"]


@pytest.mark.usefixtures("long_pauses")
@pytest.mark.parametrize("refuse", ["handshake", "ready"])
def test_once_until_a_token_works(
    emulator: Emulator,
    open_worker: OpenWorker,
    provider: Provider,
    alice: str,
    refuse: str,
) -> None:
    if refuse == "handshake":
        emulator.faults.refuse_upgrades(401, times=100)
    else:
        emulator.faults.answer(401, url=f"/Workers/{alice}", times=100)
    with pytest.raises(HttpError):
        open_worker(provider).wait_until_ready(5.0)
    assert provider.count == 2


def test_again_once_a_token_has_worked(
    emulator: Emulator, open_worker: OpenWorker, provider: Provider
) -> None:
    emulator.faults.refuse_upgrades(401)
    came = Collector().listen(open_worker(provider))
    came.expect("ready")
    emulator.faults.refuse_upgrades(401)
    emulator.faults.cut_sockets()
    came.expect("ready")
    assert provider.count == 3


@pytest.mark.usefixtures("long_pauses")
def test_not_in_a_loop_if_its_tokens_are_over(
    open_worker: OpenWorker, ready_worker: ReadyWorker, token_due: TokenDue
) -> None:
    provider = Provider(lambda: token_due(-60))
    Collector().listen(open_worker(provider)).expect("token.expired")
    ready_worker()
    assert provider.count == 1


@pytest.mark.parametrize(
    "trouble",
    [
        ValueError("no key"),
        SystemExit(3),
        KeyboardInterrupt(),
        pytest.param(Unspeakable(), id="unspeakable"),
        "no jwt",
        None,
    ],
    ids=repr,
)
def test_again_after_a_mistake_or_a_token_that_is_over(
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    soon: None,
    trouble: Any,
) -> None:
    over = token_due(-60)
    provider = Provider(over, trouble or over, trouble or over, worker_token())
    Collector().listen(open_worker(provider)).expect("ready")
    assert provider.count == 4


# Its mistakes.


@pytest.mark.parametrize("error", [ValueError("no key"), SystemExit(3)])
def test_what_it_raises_at_construction_reaches_the_caller(
    open_worker: OpenWorker, error: BaseException
) -> None:
    with pytest.raises(type(error)) as caught:
        open_worker(Provider(error))
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
    worker, _ = ready_worker(Provider(worker_token(), trouble))
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    with pytest.raises(TokenError, match="no key") as caught:
        worker.fetch()
    assert caught.value.__cause__ is trouble


def test_a_token_that_is_over_replaces_none_that_is_not(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    alice: str,
) -> None:
    worker, came = ready_worker(Provider(worker_token(), token_due(-60)))
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    with pytest.raises(TokenError, match="expired"):
        worker.fetch()
    assert worker.fetch().sid == alice
    assert "token.expired" not in came.names()


@pytest.mark.parametrize("another_s", [False, True])
def test_its_mistakes_on_the_event_thread_are_error_events(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    open_worker: OpenWorker,
    worker_token: MintToken,
    another_s: bool,
) -> None:
    other = WorkerCapabilityToken(
        emulator.account_sid, emulator.auth_token, workspace.sid, "WK" + "0" * 32
    )
    trouble = other.to_jwt if another_s else ValueError("no key")
    emulator.faults.refuse_upgrades(401)
    worker = open_worker(Provider(worker_token(), trouble))
    came = Collector().listen(worker)
    errors: dict[type[Exception], Any] = {}
    while errors.keys() != {TokenError, HttpError}:
        error = came.expect("error")
        errors[type(error)] = error
    assert ("channel_sid" if another_s else "no key") in errors[TokenError].message
    with pytest.raises(HttpError):
        worker.wait_until_ready(5.0)


def test_one_that_takes_its_time_delays_no_other_client(
    emulator: Emulator, open_worker: OpenWorker, worker_token: MintToken
) -> None:
    block = Block()

    def slow() -> str:
        block()
        return worker_token(ttl=7200)

    emulator.faults.refuse_upgrades(401)
    worker = open_worker(Provider(worker_token(), slow))
    block.wait_until_inside()
    open_worker().wait_until_ready(5.0)
    block.go_on.set()
    worker.wait_until_ready(5.0)


def test_ctrl_c_just_before_it_is_called_leaves_that_to_the_next(
    emulator: Emulator, ready_worker: ReadyWorker, provider: Provider, alice: str
) -> None:
    """Whichever function it comes in; no thread counts as the one that asks."""
    worker, _ = ready_worker(provider)
    left = 0

    def press_ctrl_c(frame: FrameType | None, *_: Any) -> None:
        nonlocal left
        while frame is not None and frame.f_code.co_name != "refresh_token":
            frame = frame.f_back
        left -= frame is not None
        if left == 0 and frame is not None:
            raise KeyboardInterrupt

    tracer = sys.gettrace()
    for number in itertools.count(1):
        left, called = number, provider.count
        emulator.faults.answer(401, url=f"/Workers/{alice}")
        sys.settrace(press_ctrl_c)
        try:
            worker.fetch()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(tracer)
        if provider.count > called:
            break
        emulator.faults.answer(401, url=f"/Workers/{alice}")
        assert Background(worker.fetch).result().friendlyName == "Alice"
    assert number > 2
