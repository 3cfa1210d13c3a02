"""What happens while the connection is lost is told when it is back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from taskrouter_sync import InvalidResponse, Worker
from taskrouter_sync.emulator import Emulator

from ...conftest import MintToken, ReadyWorker
from ...support.backend import Backend, ReadyWorkspace
from ...support.collector import Collector
from ...support.internals import limit_memory, limit_pages, set_pauses, timing
from .conftest import Marker


Gap = Callable[[], AbstractContextManager[None]]
Pair = tuple[str, str]

CHANNEL_EVENTS = ("capacity.update", "channel.availability.update")


@pytest.fixture
def came(desk: tuple[Worker, Collector]) -> Collector:
    """All that Alice's listeners are told from her first `ready` on."""
    worker, came = desk
    return came.listen(worker, *CHANNEL_EVENTS)


@pytest.fixture
def settled(worker: Worker, send: Marker) -> Callable[[], None]:
    """Wait until everything before this moment is told."""

    def wait() -> None:
        marks = Collector().listen(worker, "settled")
        send("settled")
        marks.expect("settled")

    return wait


@pytest.fixture
def gap(worker: Worker, came: Collector, settled: Callable[[], None]) -> Gap:
    """Be disconnected for a while; by the end all that was missed is told."""

    @contextmanager
    def disconnected() -> Iterator[None]:
        worker.disconnect()
        came.expect("disconnected")
        yield
        worker.connect()
        came.expect("ready")
        settled()

    return disconnected


def told(came: Collector) -> list[Pair]:
    """List the reservation events that listeners got."""
    return [
        (name.partition(".")[2], args[0].sid)
        for name, args in came.calls()
        if name.startswith("reservation.")
    ]


def names(came: Collector) -> str:
    return " ".join(event for event, _ in told(came))


def logged(emulator: Emulator, worker_sid: str) -> list[Pair]:
    """List those of the service's log that can be known after a gap."""
    pairs = [
        (event.event_type.partition(".")[2], event.resource_sid)
        for event in emulator.events
        if event.event_type.startswith("reservation.")
        and worker_sid in event.worker_sids
    ]
    completed = {sid for event, sid in pairs if event == "completed"}
    return [
        (event, sid)
        for event, sid in pairs
        if event != "wrapup" or sid not in completed
    ]


class Alice:
    """What becomes of Alice's latest reservation, whoever does it."""

    def __init__(self, backend: Backend, sid: str) -> None:
        self._backend = backend
        self._sid = sid

    def do(self, *acts: str) -> None:
        """Let these happen: create, cancel, or a status of the reservation."""
        for act in acts:
            if act == "create":
                self._backend.create_task()
            elif act == "cancel":
                self._backend.cancel(self._latest().task_sid)
            else:
                self._backend.update_reservation(self._latest().sid, act)

    def _latest(self) -> Any:
        return list(self._backend.reservations(self._sid).values())[-1]


@pytest.fixture
def at_service(backend: Backend, alice: str) -> Alice:
    return Alice(backend, alice)


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        # What happens while connected, what in the gap, and what is told in all.
        ("", "create", "created"),
        ("", "create accepted", "created accepted"),
        ("", "create accepted wrapping", "created accepted wrapup"),
        ("", "create accepted completed", "created accepted completed"),
        ("", "create accepted wrapping completed", "created accepted completed"),
        ("", "create cancel", "created canceled"),
        ("create", "", "created"),
        ("create", "accepted", "created accepted"),
        ("create", "cancel", "created canceled"),
        ("create", "accepted wrapping", "created accepted wrapup"),
        ("create", "accepted completed", "created accepted completed"),
        ("create accepted", "wrapping", "created accepted wrapup"),
        ("create accepted", "completed", "created accepted completed"),
        (
            "create accepted wrapping",
            "completed",
            "created accepted wrapup completed",
        ),
        ("create accepted completed", "", "created accepted completed"),
    ],
)
def test_what_was_missed_is_told_once_and_in_order(
    at_service: Alice,
    came: Collector,
    worker: Worker,
    gap: Gap,
    settled: Callable[[], None],
    before: str,
    within: str,
    events: str,
) -> None:
    at_service.do(*before.split())
    settled()
    with gap():
        at_service.do(*within.split())
    assert names(came) == events
    over = {"completed", "canceled"} & {*events.split()}
    assert len(worker.reservations) == (not over)
    with gap():
        pass
    assert names(came) == events


def test_what_is_offered_anew_in_a_gap_is_another_reservation(
    emulator: Emulator, at_service: Alice, alice: str, came: Collector, gap: Gap
) -> None:
    with gap():
        at_service.do("create", "rejected", "rejected", "accepted")
    assert told(came) == logged(emulator, alice)
    assert len({sid for _, sid in told(came)}) == 3


def test_a_reservation_of_the_gap_comes_with_its_task(
    backend: Backend, came: Collector, gap: Gap
) -> None:
    with gap():
        backend.create_task(language="no")
    reservation = came.last("reservation.created")
    assert reservation.task.attributes.language == "no"
    reservation.accept()
    assert came.expect("reservation.accepted").sid == reservation.sid


def test_gap_after_gap(at_service: Alice, came: Collector, gap: Gap) -> None:
    with gap():
        pass
    assert set(came.names()) == {"connected", "ready", "disconnected"}
    for act in ("create", "accepted", "wrapping", "completed"):
        with gap():
            at_service.do(act)
    assert names(came) == "created accepted wrapup completed"


# The worker itself.


def test_changes_of_the_worker_are_told_once(
    backend: Backend,
    workspace: ReadyWorkspace,
    alice: str,
    worker: Worker,
    came: Collector,
    gap: Gap,
) -> None:
    """Whoever made them."""
    with gap():
        worker.update("ActivitySid", workspace.activities["Break"])
        backend.update_worker(alice, attributes='{"level": 2}')
    with gap():
        pass
    assert came.count("activity.update") == came.count("attributes.update") == 1
    assert came.last("activity.update").activity_name == "Break"
    assert came.last("attributes.update").attributes.level == 2
    assert worker.activity_name == "Break"


@pytest.mark.parametrize("known", [True, False])
def test_channels_are_compared_if_the_client_knew_them(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    worker: Worker,
    came: Collector,
    gap: Gap,
    known: bool,
) -> None:
    if known:
        worker.fetch_channels()
    asked = len(emulator.requests)
    with gap():
        backend.update_channel(alice, "voice", capacity=7, available=False)
        if known:
            worker.fetch_channels()  # to read it is not to be told of it
    with gap():
        pass
    assert [came.count(name) for name in CHANNEL_EVENTS] == [known, known]
    if known:
        assert came.last("capacity.update").configured_capacity == 7
        assert came.last("channel.availability.update").available is False
    else:
        urls = [each.url for each in emulator.requests[asked:]]
        assert not [url for url in urls if f"/Workers/{alice}/Channels" in url]


def test_a_worker_whom_the_service_moved_away_is_moved_back(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    ready_worker: ReadyWorker,
) -> None:
    away = workspace.activities["Break"]
    worker, came = ready_worker(disconnect_activity_sid=away)
    emulator.faults.cut_sockets(alice)
    assert came.expect("activity.update").activity_name == "Break"
    assert came.expect("activity.update").activity_name == "Available"
    assert worker.activity_name == "Available"


# Trouble.


def test_the_state_is_asked_for_until_it_is_known(
    emulator: Emulator,
    at_service: Alice,
    alice: str,
    came: Collector,
    gap: Gap,
    no_pauses: None,
) -> None:
    url = f"/Workers/{alice}/Reservations"
    with gap():
        at_service.do("create")
        emulator.faults.answer(503, method="GET", url=url, times=2)
    came.expect("reservation.created")
    assert came.count("error") == 2
    assert told(came) == logged(emulator, alice)


def test_events_that_overtake_an_unread_gap_keep_the_order(
    emulator: Emulator,
    at_service: Alice,
    alice: str,
    came: Collector,
    gap: Gap,
    settled: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_pauses(monkeypatch, 3600.0)
    with gap():
        at_service.do("create")
        emulator.faults.answer(503, method="GET", url=f"/Workers/{alice}/Reservations")
    assert told(came) == []
    at_service.do("accepted")
    settled()
    assert told(came) == logged(emulator, alice)
    # The next connection reads what this one could not.
    with gap():
        pass
    assert names(came) == "created accepted"


@pytest.mark.parametrize(
    "payload", ["{}", '{"reservations": {}}', '{"reservations": 5}']
)
def test_a_response_without_a_list_is_no_empty_list(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    came: Collector,
    no_pauses: None,
    payload: str,
) -> None:
    """Or what is open would be told as withdrawn."""
    backend.create_task()
    came.expect("reservation.created")
    emulator.faults.malformed(f'{{"payload": {payload}}}', url="/Reservations")
    emulator.faults.cut_sockets(alice)
    came.expect("ready")
    assert isinstance(came.expect("error"), InvalidResponse)
    backend.cancel()
    came.expect("reservation.canceled")
    assert names(came) == "created canceled"


def test_a_list_without_end_is_no_list(
    emulator: Emulator,
    came: Collector,
    alice: str,
    no_pauses: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit_pages(monkeypatch, 5)
    page = f'{{"meta": {{"key": "reservations", "next_page_url": "{emulator.url}"}},'
    page += '"reservations": []}'
    emulator.faults.answer(200, f'{{"payload": {page}}}', url="/Reservations", times=1)
    emulator.faults.answer(200, f'{{"payload": {page}}}', url=emulator.url, times=9)
    emulator.faults.cut_sockets(alice)
    assert "never end" in came.expect("error").message


def test_a_long_day_is_not_told_again(
    emulator: Emulator,
    backend: Backend,
    came: Collector,
    no_pauses: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many reservations are over: the service still lists them."""
    limit_memory(monkeypatch, 2)
    for _ in range(5):
        backend.create_task()
        came.expect("reservation.created")
        backend.cancel()
        came.expect("reservation.canceled")
    before = told(came)
    emulator.faults.cut_sockets()
    came.expect("ready")
    backend.create_task()
    came.expect("reservation.created")
    assert told(came)[:-1] == before


@pytest.mark.parametrize("by", ["a gap", "a fetch"])
@pytest.mark.parametrize(
    ("acts", "act", "end"),
    [("create", "cancel", "canceled"), ("create accepted", "completed", "completed")],
    ids=["pending", "accepted"],
)
def test_an_end_that_was_concluded_from_a_service_that_lagged_is_taken_back(
    emulator: Emulator,
    backend: Backend,
    at_service: Alice,
    alice: str,
    worker: Worker,
    came: Collector,
    gap: Gap,
    settled: Callable[[], None],
    acts: str,
    act: str,
    end: str,
    by: str,
) -> None:
    at_service.do(*acts.split())
    settled()
    sid = came.last("reservation.created").sid
    url = f"/Workers/{alice}/Reservations"
    empty = {**backend.listed(alice), "reservations": []}
    with gap():
        emulator.faults.answer(200, {"payload": empty}, method="GET", url=url)
        emulator.faults.answer(404, method="GET", url=f"{url}/{sid}")
    assert came.expect(f"reservation.{end}").sid == sid
    assert worker.reservations == {}
    if by == "a gap":
        with gap():
            pass
    else:
        worker.fetch_reservations()
    task = came.last("reservation.created").task
    assert worker.reservations[sid].task.sid == task.sid
    # Its real end is told too.
    at_service.do(act)
    assert came.expect(f"reservation.{end}").sid == sid
    assert worker.reservations == {}
    assert names(came) == " ".join(["created", *acts.split()[1:], end, end])


def test_frames_that_come_twice_are_told_once(
    emulator: Emulator,
    at_service: Alice,
    alice: str,
    came: Collector,
    settled: Callable[[], None],
) -> None:
    emulator.faults.duplicate_frames(alice, times=9)
    at_service.do("create", "accepted", "wrapping", "completed")
    settled()
    assert names(came) == "created accepted wrapup completed"


def test_a_response_that_is_ahead_of_its_event(
    emulator: Emulator,
    at_service: Alice,
    alice: str,
    worker: Worker,
    came: Collector,
    settled: Callable[[], None],
) -> None:
    at_service.do("create")
    reservation = came.expect("reservation.created")
    emulator.faults.stall_sockets(alice)
    assert reservation.accept().reservation_status == "accepted"
    (shown,) = worker.reservations.values()
    assert shown.reservation_status == "accepted"
    at_service.do("completed")
    assert reservation.fetch().reservation_status == "completed"
    assert worker.reservations == {}
    # The events are still to come, and take nothing back.
    assert names(came) == "created"
    emulator.faults.resume_sockets(alice)
    came.expect("reservation.accepted")
    assert worker.reservations == {}
    came.expect("reservation.completed")
    settled()
    assert told(came) == logged(emulator, alice)


def test_what_happens_on_a_dead_connection_is_told_on_the_next(
    emulator: Emulator,
    at_service: Alice,
    alice: str,
    ready_worker: ReadyWorker,
    no_pauses: None,
) -> None:
    _, came = ready_worker(_timing=timing(heartbeat=1.0))
    emulator.faults.stall_sockets(alice)
    at_service.do("create", "accepted")
    came.expect("disconnected")
    assert told(came) == []
    came.expect("reservation.accepted")
    assert told(came) == logged(emulator, alice)


def test_what_has_come_already_is_not_what_was_before(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    ready_worker: ReadyWorker,
    no_pauses: None,
) -> None:
    """Its event may be queued when the past is read, dated within the same second."""
    worker, came = ready_worker()
    emulator.faults.delay(1.0, url="/Tasks/")
    task = backend.create_task()
    emulator.wait_for_requests(url=f"/Tasks/{task}")
    emulator.faults.stall_sockets(alice)
    backend.cancel(task)
    assert worker.reservations == {}
    came.expect("reservation.created")
    emulator.faults.cut_sockets(alice)
    came.expect("reservation.canceled")


# A fresh token.


class Provider:
    """Gives tokens, and notes on which threads it was called."""

    def __init__(self, mint: MintToken) -> None:
        self._mint = mint
        self.threads: list[str] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread().name)
        return self._mint()


@pytest.mark.parametrize("times", [1, 2, 9])
def test_details_that_are_refused_are_asked_for_with_a_fresh_token(
    emulator: Emulator,
    backend: Backend,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    times: int,
) -> None:
    """Once more, and no more often."""
    provider = Provider(worker_token)
    _, came = ready_worker(provider)
    emulator.faults.answer(401, method="GET", url="/Tasks/", times=times)
    sid = backend.create_task()
    reservation = came.expect("reservation.created")
    assert reservation.task.sid == sid
    assert ("reservation_status" in reservation.payload) is (times < 9)
    # The user's code runs where all of it does.
    assert provider.threads[1:] == [f"taskrouter-events-{alice}"]
    asked = [each for each in emulator.requests if sid in each.url]
    assert len(asked) == 4


def test_many_refused_details_need_one_fresh_token(
    emulator: Emulator,
    backend: Backend,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
) -> None:
    _, came = ready_worker(Provider(worker_token))
    emulator.faults.answer(401, method="GET", url="/Tasks/", times=10)
    for _ in range(5):
        backend.create_task()
    # Those that came after the refresh were asked for with the fresh one at once.
    found = [came.expect("reservation.created") for _ in range(5)]
    assert [each.sid for each in found] == [sid for _, sid in logged(emulator, alice)]


@pytest.mark.parametrize("name", ["Reservations", "Tasks"])
def test_a_refused_look_at_the_state_is_repeated_with_a_fresh_token(
    emulator: Emulator,
    backend: Backend,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    name: str,
) -> None:
    provider = Provider(worker_token)
    worker, came = ready_worker(provider)
    worker.disconnect()
    came.expect("disconnected")
    backend.create_task()
    emulator.faults.answer(401, method="GET", url=f"/{name}")
    worker.connect()
    assert came.expect("reservation.created").task.assignment_status == "reserved"
    assert set(provider.threads[1:]) == {f"taskrouter-events-{alice}"}
    assert "error" not in came.names()


def test_a_provider_that_fails_leaves_the_frame(
    emulator: Emulator,
    backend: Backend,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
) -> None:
    tokens = [worker_token()]
    _, came = ready_worker(tokens.pop)
    emulator.faults.answer(401, method="GET", url="/Tasks/")
    sid = backend.create_task()
    assert "IndexError" in came.expect("error").message
    assert came.expect("reservation.created").task.sid == sid


def test_what_was_accepted_in_the_second_before_the_client_was_not_missed(
    emulator: Emulator, backend: Backend, alice: str, ready_worker: ReadyWorker
) -> None:
    """Dates have whole seconds: of those of the first second frames tell enough."""
    backend.create_task()
    [sid] = backend.reservations(alice)
    backend.update_reservation(sid, "accepted")
    worker, came = ready_worker()
    marks = Collector().listen(worker, "settled")

    def settle() -> None:
        emulator.send_frame(alice, {"event_type": "settled"})
        marks.expect("settled")

    assert worker.reservations == {}  # asks for what was before
    url = f"/Workers/{alice}/Reservations"
    emulator.wait_for_requests(2, method="GET", url=url)
    settle()
    assert list(worker.reservations) == [sid]
    emulator.faults.cut_sockets(alice)
    came.expect("disconnected")
    came.expect("ready")
    emulator.wait_for_requests(3, method="GET", url=url)
    settle()
    assert not [name for name in came.names() if name.startswith("reservation.")]
    assert list(worker.reservations) == [sid]


@pytest.fixture
def late(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    ready_worker: ReadyWorker,
    no_pauses: None,
) -> tuple[Worker, Collector, str, str]:
    """A client whose first list failed, and what was accepted and pending before it."""
    backend.create_task()
    [accepted] = backend.reservations(alice)
    backend.update_reservation(accepted, "accepted")
    backend.create_task()
    [_, pending] = backend.reservations(alice)
    emulator.faults.answer(503, method="GET", url="/Reservations")
    worker, came = ready_worker()
    while came.expect("reservation.created").sid != pending:
        continue
    return worker, came, accepted, pending


def test_a_first_list_that_failed_hides_nothing_that_was_open(
    emulator: Emulator, alice: str, late: tuple[Worker, Collector, str, str]
) -> None:
    worker, _, accepted, pending = late
    assert pending in worker.reservations  # asks for what was before
    url = f"/Workers/{alice}/Reservations"
    emulator.wait_for_requests(3, method="GET", url=url)
    marks = Collector().listen(worker, "settled")
    emulator.send_frame(alice, {"event_type": "settled"})
    marks.expect("settled")
    assert {*worker.reservations} == {accepted, pending}


def test_a_first_list_that_failed_spoils_no_later_one(
    emulator: Emulator,
    backend: Backend,
    alice: str,
    late: tuple[Worker, Collector, str, str],
) -> None:
    """What a frame that makes no sense should have said is read from the list."""
    _, came, _, pending = late
    listed = backend.listed(alice)
    for each in listed["reservations"]:
        each["reservation_status"] = "accepted"
    url = f"/Workers/{alice}/Reservations"
    emulator.faults.answer(200, {"payload": listed}, method="GET", url=url)
    emulator.faults.send_text(alice, '{"event_type": "reservation.acc')
    while came.expect("reservation.accepted").sid != pending:
        continue
