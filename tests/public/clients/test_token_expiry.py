"""The end of a token: told in time, once, and only as long as it holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import jwt
import pytest

from taskrouter_sync import HttpError, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support.collector import Collector, wait
from ...support.internals import EXPIRY_MARGIN, set_pauses, timing
from .conftest import Settle, TokenDue


def test_it_is_told_once_five_seconds_before(
    ready_worker: ReadyWorker, token_due: TokenDue, settle: Settle
) -> None:
    """A connection that is open lasts."""
    due = time.time() + 1.5
    worker, came = ready_worker(token_due(1.5))
    assert "token.expired" not in came.names()
    came.expect("token.expired")
    assert EXPIRY_MARGIN == 5.0
    assert 0.0 <= time.time() - due < 2.0
    settle(worker)
    assert "disconnected" not in came.names()
    worker.disconnect()
    came.expect("disconnected")
    assert came.count("token.expired") == 1


def test_once_the_connection_is_lost_none_is_tried(
    emulator: Emulator, ready_worker: ReadyWorker, token_due: TokenDue, no_pauses: None
) -> None:
    worker, came = ready_worker(token_due(1.5))
    came.expect("token.expired")
    asked = len(emulator.requests)
    emulator.faults.cut_sockets()
    came.expect("disconnected")
    with pytest.raises(HttpError, match="expired"):
        worker.wait_until_ready(5.0)
    assert len(emulator.requests) == asked


def test_a_connection_that_waits_for_the_next_attempt_is_not_made_any_more(
    emulator: Emulator,
    heard_worker: ReadyWorker,
    token_due: TokenDue,
    long_pauses: None,
) -> None:
    # The new token, with which it begins, may come in the middle of the first attempt.
    emulator.faults.refuse_upgrades(503, times=2)
    worker, came = heard_worker(token_due(1.0))
    came.expect("disconnected")
    came.listen(worker, "token.expired").expect("token.expired")
    with pytest.raises(HttpError, match="expired"):
        worker.wait_until_ready(5.0)


def test_the_end_of_the_token_in_use_counts(
    ready_worker: ReadyWorker,
    open_worker: OpenWorker,
    worker_token: MintToken,
    token_due: TokenDue,
    settle: Settle,
) -> None:
    worker, came = ready_worker(token_due(1.5))
    clock = Collector().listen(open_worker(token_due(1.7)), "token.expired")
    worker.update_token(worker_token())
    clock.expect("token.expired")
    settle(worker)
    assert "token.expired" not in came.names()
    for _ in range(2):
        worker.update_token(token_due(0.1))
        came.expect("token.expired")


def test_a_later_token_moves_the_end(
    ready_worker: ReadyWorker, token_due: TokenDue
) -> None:
    worker, came = ready_worker(token_due(1.5))
    due = time.time() + 1.8
    worker.update_token(token_due(1.8))
    came.expect("token.expired")
    assert time.time() >= due


def test_a_late_listener_is_told_as_long_as_it_holds(
    ready_worker: ReadyWorker, worker_token: MintToken, token_due: TokenDue
) -> None:
    worker, came = ready_worker(token_due(1.5))
    came.expect("token.expired")
    Collector().listen(worker, "token.expired").expect("token.expired")
    worker.update_token(worker_token())
    late = Collector().listen(worker, "token.expired", "ready")
    late.expect("ready")
    assert late.names() == ["ready"]


def test_an_expired_client_works_again_with_another_token(
    open_worker: OpenWorker, worker_token: MintToken, token_due: TokenDue
) -> None:
    worker = open_worker(token_due(-60))
    came = Collector().listen(worker)
    came.expect("token.expired")
    worker.update_token(worker_token())
    came.expect("ready")
    assert came.names() == ["token.expired", "connected", "ready"]


def test_many_clients_tell_their_own(
    ready_worker: ReadyWorker,
    open_worker: OpenWorker,
    token_due: TokenDue,
    settle: Settle,
) -> None:
    worker, lasting = ready_worker()
    for client in [open_worker(token_due(0.2)) for _ in range(5)]:
        Collector().listen(client, "token.expired").expect("token.expired")
    settle(worker)
    assert "token.expired" not in lasting.names()


# The clock is set.


class Clock:
    """The wall clock, which can be set; the monotonic one is left alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        self._time = time.time
        monkeypatch.setattr(time, "time", lambda: self._time() + self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A service whose heartbeats come often."""
    with Emulator(heartbeat_interval=0.1) as running:
        yield running


def test_a_clock_that_is_set_forward_is_noticed_at_the_next_heartbeat(
    ready_worker: ReadyWorker, token_due: TokenDue, clock: Clock
) -> None:
    """And one that is set back takes it back."""
    worker, came = ready_worker(token_due(600))
    for _ in range(2):
        clock.ahead = 3600.0
        came.expect("token.expired")
        clock.ahead = 0.0
        _until_not_expired(worker)
    assert "disconnected" not in came.names()


def _until_not_expired(worker: Worker) -> None:
    """Wait until late listeners are not told any more that it has expired."""
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        late = Collector().listen(worker, "token.expired", "connected")
        late.expect("connected")
        if late.names() == ["connected"]:
            return
    raise AssertionError("the token is still said to have expired")


def test_a_client_that_rests_on_an_expired_token_notices_that_it_has_not(
    open_worker: OpenWorker, token_due: TokenDue, clock: Clock, rests: threading.Event
) -> None:
    token = token_due(600)
    clock.ahead = 3600.0
    worker = open_worker(token, _timing=timing(heartbeat=1.0))
    came = Collector().listen(worker)
    came.expect("token.expired")
    with pytest.raises(HttpError, match="expired"):
        worker.wait_until_ready(5.0)
    wait(rests, "the client rests")
    clock.ahead = 0.0
    came.expect("ready")
    assert worker.fetch().sid == worker.sid
    clock.ahead = 3600.0
    came.expect("token.expired")


def test_a_clock_that_is_set_forward_while_disconnected_asks_for_a_token(
    ready_worker: ReadyWorker, token_due: TokenDue, clock: Clock
) -> None:
    asked = Collector()

    def provide() -> str:
        asked.add("for a token")
        return token_due(600)

    worker, came = ready_worker(provide)
    asked.expect("for a token")
    worker.disconnect()
    came.expect("disconnected")
    clock.ahead = 3600.0
    worker.connect()
    came.expect("token.expired")
    asked.expect("for a token")


def test_a_clock_that_is_set_back_while_disconnected_postpones_the_end(
    ready_worker: ReadyWorker, token_due: TokenDue, clock: Clock
) -> None:
    worker, came = ready_worker(token_due(1.4))
    worker.disconnect()
    came.expect("disconnected")
    clock.ahead = -3600.0
    with pytest.raises(AssertionError, match="no 'token"):
        came.expect("token.expired", 1.6)
    worker.connect()
    came.expect("ready")
    clock.ahead = 0.0
    came.expect("token.expired")


def test_a_clock_that_is_behind_does_not_say_when_a_token_becomes_valid(
    emulator: Emulator,
    open_worker: OpenWorker,
    token_due: TokenDue,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The service's does, soon."""
    set_pauses(monkeypatch, 0.1)
    claims = jwt.decode(token_due(600), options={"verify_signature": False})
    claims["nbf"] = time.time() + 1.5
    clock.ahead = -3600.0
    token = jwt.encode(claims, emulator.auth_token, algorithm="HS256")
    open_worker(token).wait_until_ready(5.0)
