"""`close` works in any state, from anywhere, promptly; after it nothing is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from taskrouter_sync import ClientClosed, HttpError, Worker, close_all
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, OpenWorker, ReadyWorker
from ...support import leaks
from ...support.backend import Backend, ReadyWorkspace
from ...support.collector import LIMIT, Background, Block, Collector, join, wait
from ...support.internals import limit_last_request
from ...support.raw_server import Peer, RawServer
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


def events_thread(worker: Worker) -> threading.Thread:
    name = f"taskrouter-events-{worker.sid}"
    return next(each for each in threading.enumerate() if each.name == name)


# In any state.


class States:
    """Brings clients into the states that they are closed in."""

    def __init__(
        self,
        emulator: Emulator,
        backend: Backend,
        open_worker: OpenWorker,
        ready_worker: ReadyWorker,
        heard_worker: ReadyWorker,
        token_due: TokenDue,
    ) -> None:
        self.emulator = emulator
        self.faults = emulator.faults
        self.backend = backend
        self.open = open_worker
        self.ready = ready_worker
        self.heard = heard_worker
        self.token_due = token_due

    def opening(self) -> Worker:
        return self.open()

    def is_ready(self) -> Worker:
        return self.ready()[0]

    def asking_for_ready(self) -> Worker:
        self.faults.delay(0.4, url="/Workers/")
        worker = self.open()
        self.emulator.wait_for_requests(url="/Workers/")
        return worker

    def stalled_connection(self) -> Worker:
        worker, _ = self.ready()
        self.faults.stall_sockets(worker.sid)
        return worker

    def service_gone(self) -> Worker:
        worker, came = self.ready()
        self.emulator.stop()
        came.expect("disconnected")
        return worker

    def waiting_for_the_next_attempt(self) -> Worker:
        self.faults.refuse_upgrades(503)
        return self._told("disconnected")

    def token_refused(self) -> Worker:
        self.faults.refuse_upgrades(403)
        return self._told("disconnected")

    def waiting_to_ask_for_ready_again(self) -> Worker:
        self.faults.answer(503, url="/Workers/")
        return self._told("error")

    def token_expired(self) -> Worker:
        worker = self.open(self.token_due(-60))
        Collector().listen(worker).expect("token.expired")
        return worker

    def disconnected(self) -> Worker:
        worker, came = self.ready()
        worker.disconnect()
        came.expect("disconnected")
        return worker

    def fetching_details(self) -> Worker:
        worker, _ = self.ready()
        self.faults.delay(0.4, url="/Tasks/", times=2)
        self.backend.create_task()
        self.emulator.wait_for_requests(2, url="/Tasks/")
        return worker

    def closed(self) -> Worker:
        worker, _ = self.ready()
        worker.close()
        return worker

    def _told(self, event: str) -> Worker:
        worker, came = self.heard()
        came.expect(event)
        return worker


@pytest.fixture
def states(
    emulator: Emulator,
    backend: Backend,
    open_worker: OpenWorker,
    ready_worker: ReadyWorker,
    heard_worker: ReadyWorker,
    token_due: TokenDue,
    long_pauses: None,
) -> States:
    return States(emulator, backend, open_worker, ready_worker, heard_worker, token_due)


@pytest.mark.parametrize(
    "state", [name for name in vars(States) if not name.startswith("_")]
)
def test_in_any_state(states: States, state: str) -> None:
    worker = getattr(states, state)()
    came = Collector().listen(worker, "reservation.created", "error")
    before = len(came.names())
    close_promptly(worker)
    assert len(came.names()) == before


def test_during_a_handshake_that_is_never_answered(open_worker: OpenWorker) -> None:
    with RawServer(Peer.stall) as server:
        worker = open_worker(event_bridge_base_url=server.url)
        wait(server.stalled, "the client's attempt")
        close_promptly(worker)


# From anywhere.


def test_from_another_thread(worker: Worker) -> None:
    Background(worker.close).result(PROMPTLY)
    assert_over(worker)


def test_at_the_end_of_a_with_block(open_worker: OpenWorker) -> None:
    with pytest.raises(KeyError), open_worker() as worker:
        worker.wait_until_ready(5.0)
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


def test_in_a_callback_of_a_reservation(backend: Backend, worker: Worker) -> None:
    with closing(worker, "reservation.created"):
        backend.create_task()


def test_in_a_result_callback(worker: Worker) -> None:
    worker.fetch(lambda error, result: worker.close())
    assert_over(worker)


def test_in_a_result_callback_on_the_event_thread(
    backend: Backend, worker: Worker, came: Collector
) -> None:
    worker.on("reservation.created", lambda r: r.accept(lambda *_: worker.close()))
    backend.create_task()
    came.expect("disconnected")
    assert_over(worker)


def test_in_the_token_provider(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    tokens = [worker_token(), worker_token(ttl=7200)]

    def provider() -> str:
        if len(tokens) == 1:
            worker.close()
        return tokens.pop(0)

    worker, _ = ready_worker(provider)
    emulator.faults.answer(401, url=f"/Workers/{alice}")
    with pytest.raises(ClientClosed):
        worker.fetch()
    assert_over(worker)


def test_from_many_threads_at_once(
    workspace: ReadyWorkspace,
    emulator: Emulator,
    ready_worker: ReadyWorker,
    hurried_switching: None,
) -> None:
    """And the worker is sent to its activity once."""
    activity = workspace.activities["Offline"]
    worker, came = ready_worker(disconnect_activity_sid=activity)
    for each in [Background(worker.close) for _ in range(8)]:
        each.result(2 * PROMPTLY)
    assert_over(worker)
    assert came.count("disconnected") == 1
    posts = [each for each in emulator.requests if each.method == "POST"]
    assert [each.params for each in posts] == [{"ActivitySid": activity}]


def test_its_activity_may_be_a_member_of_an_enum(
    workspace: ReadyWorkspace, emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    class Activity(str, Enum):
        AWAY = workspace.activities["Offline"]

    worker, _ = ready_worker(disconnect_activity_sid=Activity.AWAY)
    worker.close()
    (upgrade,) = (each for each in emulator.requests if each.kind == "upgrade")
    assert upgrade.params["disconnectActivitySid"] == Activity.AWAY.value


def test_in_a_callback_and_from_main_at_once(
    worker: Worker, came: Collector, send: Marker
) -> None:
    inside = threading.Event()

    def close() -> None:
        inside.set()
        worker.close()

    worker.on("one", close)
    send("one")
    wait(inside, "the callback")
    close_promptly(worker)
    assert came.count("disconnected") == 1


def test_who_never_worked_changes_no_activity(
    workspace: ReadyWorkspace, emulator: Emulator, open_worker: OpenWorker
) -> None:
    emulator.faults.refuse_upgrades(403)
    worker = open_worker(disconnect_activity_sid=workspace.activities["Offline"])
    Collector().listen(worker, "error").expect("error")
    worker.close()
    assert [each.kind for each in emulator.requests] == ["upgrade"]


def test_it_does_not_wait_for_a_request_that_nobody_answers(
    workspace: ReadyWorkspace, emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    activity = workspace.activities["Offline"]
    worker, _ = ready_worker(disconnect_activity_sid=activity)
    emulator.faults.delay(3.0, method="POST")
    close_promptly(worker)


def test_all_clients_change_their_activities_side_by_side(
    workspace: ReadyWorkspace,
    ready_worker: ReadyWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each in its turn, a service that is slow would hold up the end of a program."""
    activity, together = workspace.activities["Offline"], threading.Barrier(3)
    passed: list[None] = []

    class Together(HTTPAdapter):
        """Sends the changes of activity once all of them are under way."""

        def send(self, request: Any, *args: Any, **keywords: Any) -> requests.Response:
            if activity in str(request.body):
                together.wait(LIMIT)
                passed.append(None)
            return super().send(request, *args, **keywords)

    limit_last_request(monkeypatch, LIMIT)
    with requests.Session() as session:
        session.mount("http://", Together())
        for _ in range(together.parties):
            ready_worker(disconnect_activity_sid=activity, http_session=session)
        close_all()
    assert len(passed) == together.parties


# It ends all waiting.


@pytest.mark.parametrize("waiters", [1, 5])
def test_those_who_wait_until_ready(
    emulator: Emulator, heard_worker: ReadyWorker, waiters: int, long_pauses: None
) -> None:
    emulator.faults.refuse_upgrades(503)
    worker, came = heard_worker()
    came.expect("disconnected")
    waiting = [Background(worker.wait_until_ready) for _ in range(waiters)]
    running = Background(worker.run_forever)
    worker.close()
    running.result(1.0)
    for each in waiting:
        with pytest.raises(ClientClosed):
            each.result(1.0)


def test_a_request_between_two_attempts(
    emulator: Emulator, ready_worker: ReadyWorker, alice: str, long_pauses: None
) -> None:
    worker, _ = ready_worker(max_retries=5)
    emulator.faults.answer(503, url=f"/Workers/{alice}", times=2)
    came = Collector()
    asking = Background(worker.fetch)
    calling_back = Background(lambda: worker.fetch(came.callback("called")))
    emulator.wait_for_requests(3, url=f"/Workers/{alice}")
    worker.close()
    with pytest.raises(ClientClosed) as caught:
        asking.result(1.0)
    assert isinstance(caught.value.__cause__, HttpError | None)
    calling_back.result(1.0)
    error, result = came.expect("called")
    assert (type(error), result) == (ClientClosed, None)
    assert came.names() == ["called"]


def test_a_request_that_is_under_way_gets_its_response(
    emulator: Emulator, worker: Worker, alice: str
) -> None:
    emulator.faults.delay(0.3, url=f"/Workers/{alice}")
    asking = Background(worker.fetch)
    emulator.wait_for_requests(2, url=f"/Workers/{alice}")
    worker.close()
    assert asking.result().friendlyName == "Alice"


# The last event is `disconnected`, if the client was connected.


def test_disconnected_is_told_once_on_the_event_thread(
    worker: Worker, came: Collector, alice: str
) -> None:
    threads: list[str] = []
    worker.on("disconnected", lambda: threads.append(threading.current_thread().name))
    worker.close()
    assert came.names() == ["connected", "ready", "disconnected"]
    said = came.expect("disconnected")
    assert said["message"] == "Websocket disconnected due to lost connectivity"
    assert threads == [f"taskrouter-events-{alice}"]


@pytest.mark.parametrize("state", ["waiting_for_the_next_attempt", "disconnected"])
def test_who_is_not_connected_is_not_told_of_it_again(
    states: States, state: str
) -> None:
    worker = getattr(states, state)()
    came = Collector().listen(worker)
    worker.close()
    assert came.count("disconnected") == 0


@pytest.mark.parametrize("method", ["close", "connect", "disconnect"])
def test_its_listener_may_do_what_it_likes(worker: Worker, method: str) -> None:
    came = Collector()
    worker.on("disconnected", getattr(worker, method))
    came.listen(worker, "connected", "disconnected").expect("connected")
    thread = events_thread(worker)
    worker.close()
    join(thread)
    assert came.names() == ["connected", "disconnected"]


def test_its_listener_that_raises_disturbs_nobody(worker: Worker) -> None:
    def clumsy() -> None:
        raise KeyboardInterrupt

    worker.on("disconnected", clumsy)
    came = Collector().listen(worker, "disconnected")
    thread = events_thread(worker)
    worker.close()
    join(thread)
    came.expect("disconnected")


# Nothing comes after it.


def test_no_event_is_told_after_close(
    worker: Worker, send: Marker, hurried_switching: None
) -> None:
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
    worker: Worker, send: Marker
) -> None:
    came = Collector()

    def close() -> None:
        worker.close()
        came.add("still here")

    worker.on("one", close)
    came.listen(worker, "one", "two", "disconnected")
    thread = events_thread(worker)
    send("one")
    send("two")
    join(thread)
    assert came.names() == ["still here", "disconnected"]


def test_a_callback_that_runs_keeps_close_waiting_for_a_moment_only(
    worker: Worker, send: Marker
) -> None:
    """After it comes `disconnected`, and nothing else."""
    block = Block()
    worker.on("one", block)
    came = Collector().listen(worker, "one", "two", "disconnected")
    thread = events_thread(worker)
    send("one")
    send("two")
    block.wait_until_inside()
    Background(worker.close).result(1.5)
    assert came.names() == []
    block.go_on.set()
    join(thread)
    assert came.names() == ["disconnected"]


def test_a_closed_client_tells_nothing_but_what_the_program_emits(
    worker: Worker,
) -> None:
    worker.close()
    late = Collector().listen(worker).listen(worker, "own")
    worker.emit("own", 1)
    assert late.calls() == [("own", (1,))]


def test_no_timer_runs_after_close(
    ready_worker: ReadyWorker, open_worker: OpenWorker, token_due: TokenDue
) -> None:
    worker, came = ready_worker(token_due(1.5))
    clock = Collector().listen(open_worker(token_due(1.6)), "token.expired")
    worker.close()
    clock.expect("token.expired")
    assert "token.expired" not in came.names()


def test_no_connection_is_made_after_close(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    worker, _ = ready_worker()
    worker.close()
    emulator.wait_for_connections(alice, 0, 1.0)
    worker.connect()
    worker.update_token(worker_token(ttl=7200))
    worker.connect()
    assert repr(worker).startswith(f"<Worker {alice} closed")
    ready_worker()
    upgrades = [each for each in emulator.requests if each.kind == "upgrade"]
    assert len(upgrades) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda worker: worker.fetchReservations(),
        lambda worker: worker.update("FriendlyName", "x"),
        lambda worker: next(worker.activities.fetch().iter_all()),
    ],
)
def test_no_request_is_made_after_close(
    worker: Worker, ask: Callable[[Worker], Any]
) -> None:
    worker.close()
    with pytest.raises(ClientClosed):
        ask(worker)


def test_it_ends_no_other_client(ready_worker: ReadyWorker) -> None:
    worker, _ = ready_worker()
    other, came = ready_worker()
    worker.close()
    assert other.fetch().friendlyName == "Alice"
    assert "disconnected" not in came.names()
