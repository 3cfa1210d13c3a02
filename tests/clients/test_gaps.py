"""What happens while the line is down is told when it is back: over real sockets."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import pytest

from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.clients.timing import Timing
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine, ServiceError
from taskrouter_sync.emulator.engine.model import Reservation, Task
from taskrouter_sync.emulator.setup import ReadyWorkspace
from taskrouter_sync.wire import backoff

from ..conftest import MintToken, ReadyWorker
from ..support.collector import EVENTS, Collector
from .conftest import Marker


Gap = Callable[[], AbstractContextManager[None]]
Change = Callable[[Engine, str], object]
Pair = tuple[str, str]

CHANNEL_EVENTS = ("capacity.update", "channel.availability.update")


@pytest.fixture
def came(desk: tuple[Worker, Collector]) -> Collector:
    """All that Alice's listeners hear from her first `ready` on."""
    worker, came = desk
    return came.listen(worker, *CHANNEL_EVENTS)


@pytest.fixture
def gap(worker: Worker, came: Collector, settled: Callable[[], None]) -> Gap:
    """Be without a line for a while; by the end all that was missed is told."""

    @contextmanager
    def without_a_line() -> Iterator[None]:
        worker.disconnect()
        came.expect("disconnected")
        yield
        worker.connect()
        came.expect("ready")
        settled()

    return without_a_line


@pytest.fixture
def settled(worker: Worker, send: Marker) -> Callable[[], None]:
    """Wait until everything before this moment is told."""

    def wait() -> None:
        marks = Collector().listen(worker, "settled")
        send("settled")
        marks.expect("settled")

    return wait


def told(came: Collector) -> list[Pair]:
    """List the reservation events that listeners heard."""
    return [
        (name, args[0].sid)
        for name, args in came.calls()
        if name.startswith("reservation.")
    ]


def logged(emulator: Emulator, worker_sid: str) -> list[Pair]:
    """List those of the service's log that can be known after a gap."""
    pairs = [
        (event.event_type, event.resource_sid)
        for event in emulator.events
        if event.event_type.startswith("reservation.")
        and worker_sid in event.worker_sids
    ]
    completed = {sid for event, sid in pairs if event == "reservation.completed"}
    return [
        (event, sid)
        for event, sid in pairs
        if event != "reservation.wrapup" or sid not in completed
    ]


def ways(pairs: list[Pair]) -> dict[str, list[str]]:
    """Sort events by their reservation."""
    found = defaultdict(list)
    for event, sid in pairs:
        found[sid].append(event)
    return found


def perform(emulator: Emulator, worker_sid: str, *changes: Change) -> None:
    """Let these things happen, one after the other."""
    for change in changes:
        emulator.call(partial(_on, change, worker_sid))


def _on(change: Change, worker_sid: str, engine: Engine) -> object:
    return change(engine, worker_sid)


# What can happen in a gap.


def create(engine: Engine, worker_sid: str) -> None:
    (workspace,) = engine.workspaces.values()
    engine.tasks.create(workspace)


def change(status: str) -> Change:
    """Give the worker's latest reservation this status."""

    def act(engine: Engine, worker_sid: str) -> None:
        engine.reservations.update(_latest(engine, worker_sid)[1], status)

    return act


def cancel(engine: Engine, worker_sid: str) -> None:
    engine.tasks.update(_latest(engine, worker_sid)[0], assignment_status="canceled")


def _latest(engine: Engine, worker_sid: str) -> tuple[Task, Reservation]:
    (workspace,) = engine.workspaces.values()
    reservations = workspace.workers[worker_sid].reservations
    reservation = list(reservations.values())[-1]
    return workspace.tasks[reservation.task_sid], reservation


accept, reject = change("accepted"), change("rejected")
wrap, complete = change("wrapping"), change("completed")


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        # What happens on the line, what in the gap, and what is told in all.
        ([], [create], "created"),
        ([], [create, accept], "created accepted"),
        ([], [create, accept, wrap], "created accepted wrapup"),
        ([], [create, accept, complete], "created accepted completed"),
        ([], [create, accept, wrap, complete], "created accepted completed"),
        ([], [create, cancel], "created canceled"),
        ([create], [], "created"),
        ([create], [accept], "created accepted"),
        ([create], [cancel], "created canceled"),
        ([create], [accept, wrap], "created accepted wrapup"),
        ([create], [accept, complete], "created accepted completed"),
        ([create, accept], [wrap], "created accepted wrapup"),
        ([create, accept], [complete], "created accepted completed"),
        ([create, accept, wrap], [complete], "created accepted wrapup completed"),
        ([create, accept, complete], [], "created accepted completed"),
    ],
)
def test_what_was_missed_is_told_once_and_in_order(
    emulator: Emulator,
    alice: str,
    came: Collector,
    gap: Gap,
    settled: Callable[[], None],
    before: list[Change],
    within: list[Change],
    events: str,
) -> None:
    perform(emulator, alice, *before)
    settled()
    with gap():
        perform(emulator, alice, *within)
    assert [event for event, _ in told(came)] == [
        f"reservation.{event}" for event in events.split()
    ]


def test_what_is_offered_anew_in_a_gap_is_another_reservation(
    emulator: Emulator, alice: str, came: Collector, gap: Gap
) -> None:
    with gap():
        perform(emulator, alice, create, reject, reject, accept)
    assert told(came) == logged(emulator, alice)
    assert len(ways(told(came))) == 3


def test_a_reservation_of_the_gap_comes_with_its_task(
    emulator: Emulator, came: Collector, gap: Gap
) -> None:
    with gap():
        emulator.create_task(attributes={"language": "no"})
    (reservation,) = [args[0] for name, args in came.calls() if "created" in name]
    assert reservation.task.attributes.language == "no"
    reservation.accept()
    assert came.expect("reservation.accepted").sid == reservation.sid


def test_after_a_gap_of_nothing_nothing_is_told(
    emulator: Emulator, came: Collector, gap: Gap
) -> None:
    with gap():
        pass
    with gap():
        pass
    assert set(came.names()) == {"connected", "ready", "disconnected"}


def test_gap_after_gap(
    emulator: Emulator, alice: str, came: Collector, gap: Gap
) -> None:
    for act in (create, accept, wrap, complete):
        with gap():
            perform(emulator, alice, act)
    names = [event.removeprefix("reservation.") for event, _ in told(came)]
    assert names == ["created", "accepted", "wrapup", "completed"]


def test_the_known_reservations_follow(
    emulator: Emulator, alice: str, worker: Worker, gap: Gap
) -> None:
    with gap():
        perform(emulator, alice, create, accept)
    (reservation,) = worker.reservations.values()
    assert reservation.reservation_status == "accepted"
    with gap():
        perform(emulator, alice, complete)
    assert worker.reservations == {}


# The worker itself.


def test_changes_of_the_worker_are_told_once(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    alice: str,
    worker: Worker,
    came: Collector,
    gap: Gap,
) -> None:
    def within(engine: Engine) -> None:
        who = engine.workspaces[workspace.sid].workers[alice]
        engine.workers.update(who, activity_sid=workspace.activities["Break"])
        engine.workers.update(who, attributes='{"level": 2}')

    with gap():
        emulator.call(within)
    with gap():
        pass
    assert came.count("activity.update") == came.count("attributes.update") == 1
    assert came.last("activity.update").activity_name == "Break"
    assert came.last("attributes.update").attributes.level == 2
    assert worker.activity_name == "Break"


def test_what_the_worker_changed_itself_without_a_line_is_told(
    workspace: ReadyWorkspace, worker: Worker, came: Collector, gap: Gap
) -> None:
    with gap():
        worker.update("ActivitySid", workspace.activities["Break"])
    assert came.last("activity.update").activity_name == "Break"


def test_capacities_that_the_client_knew_are_compared(
    emulator: Emulator, alice: str, worker: Worker, came: Collector, gap: Gap
) -> None:
    worker.fetch_channels()

    def within(engine: Engine) -> None:
        (space,) = engine.workspaces.values()
        channel = engine.workers.find_channel(space.workers[alice], "voice")
        engine.workers.update_channel(channel, capacity=7, available=False)

    with gap():
        emulator.call(within)
        worker.fetch_channels()  # to read it is not to hear of it
    with gap():
        pass
    assert came.count("capacity.update") == 1
    assert came.last("capacity.update").configured_capacity == 7
    assert came.count("channel.availability.update") == 1
    assert came.last("channel.availability.update").available is False


def test_capacities_that_it_never_heard_of_are_not_told(
    emulator: Emulator, alice: str, came: Collector, gap: Gap
) -> None:
    def within(engine: Engine) -> None:
        (space,) = engine.workspaces.values()
        channel = engine.workers.find_channel(space.workers[alice], "voice")
        engine.workers.update_channel(channel, capacity=7)

    with gap():
        emulator.call(within)
    assert came.count("capacity.update") == 0
    url = f"/Workers/{alice}/Channels"
    assert not [asked for asked in emulator.requests if url in asked.url]


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
    alice: str,
    worker: Worker,
    came: Collector,
    gap: Gap,
    no_pauses: None,
) -> None:
    url = f"/Workers/{alice}/Reservations"
    with gap():
        perform(emulator, alice, create)
        emulator.faults.answer(503, method="GET", url=url, times=2)
    assert came.expect("reservation.created")
    assert came.count("error") == 2
    assert told(came) == logged(emulator, alice)


def test_events_that_overtake_an_unread_gap_keep_the_order(
    emulator: Emulator,
    alice: str,
    came: Collector,
    gap: Gap,
    settled: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "delay", lambda attempt, chance: 3600.0)
    with gap():
        perform(emulator, alice, create)
        emulator.faults.answer(
            503, method="GET", url=f"/Workers/{alice}/Reservations", times=1
        )
    assert told(came) == []
    perform(emulator, alice, accept)
    settled()
    assert told(came) == logged(emulator, alice)
    # The next line reads what this one could not.
    with gap():
        pass
    assert told(came) == logged(emulator, alice)
    assert [event for event, _ in told(came)] == [
        "reservation.created",
        "reservation.accepted",
    ]


def test_frames_that_come_twice_are_told_once(
    emulator: Emulator, alice: str, came: Collector, settled: Callable[[], None]
) -> None:
    emulator.faults.duplicate_frames(alice, times=9)
    perform(emulator, alice, create, accept, wrap, complete)
    settled()
    names = [event.removeprefix("reservation.") for event, _ in told(came)]
    assert names == ["created", "accepted", "wrapup", "completed"]


def test_an_answer_that_is_ahead_of_its_event(
    emulator: Emulator,
    alice: str,
    worker: Worker,
    came: Collector,
    settled: Callable[[], None],
) -> None:
    perform(emulator, alice, create)
    reservation = came.expect("reservation.created")
    emulator.faults.stall_sockets(alice)
    assert reservation.accept().reservation_status == "accepted"
    (shown,) = worker.reservations.values()
    assert shown.reservation_status == "accepted"
    perform(emulator, alice, complete)
    fetched = reservation.fetch()
    assert fetched.reservation_status == "completed"
    assert worker.reservations == {}
    # The events are still to come, and take nothing back.
    assert "reservation.accepted" not in came.names()
    emulator.faults.resume_sockets(alice)
    came.expect("reservation.accepted")
    assert worker.reservations == {}
    came.expect("reservation.completed")
    settled()
    assert told(came) == logged(emulator, alice)


def test_what_happens_on_a_dead_line_is_told_on_the_next(no_pauses: None) -> None:
    with Emulator(heartbeat_interval=0.05) as emulator, ExitStack() as stack:
        shift = Shift(emulator, 0, stack, Timing(silence=1.0))
        alice, came = shift.space.workers["Alice"], shift.came[0]
        emulator.faults.stall_sockets(alice)
        perform(emulator, alice, create, accept)
        came.expect("disconnected")
        assert told(came) == []
        came.expect("reservation.accepted")
        assert told(came) == logged(emulator, alice)


# A fresh token.


class Source:
    """Gives tokens, and notes on which threads it was asked."""

    def __init__(self, mint: MintToken) -> None:
        self._mint = mint
        self.threads: list[str] = []

    def __call__(self) -> str:
        self.threads.append(threading.current_thread().name)
        return self._mint()


@pytest.mark.parametrize(
    ("method", "url", "times"),
    [
        # What is refused with 401, and how many requests of it.
        ("GET", "/Tasks/", 1),
        ("GET", "/Tasks/", 2),
    ],
)
def test_a_detail_that_is_refused_is_asked_for_with_a_fresh_token(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    method: str,
    url: str,
    times: int,
) -> None:
    source = Source(worker_token)
    _, came = ready_worker(source)
    emulator.faults.answer(401, method=method, url=url, times=times)
    perform(emulator, alice, create)
    reservation = came.expect("reservation.created")
    assert reservation.reservation_status == "pending"
    # The user's code runs where all of it does.
    assert source.threads[1:] == [f"taskrouter-events-{alice}"]


def test_a_detail_is_asked_for_again_only_once(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    source = Source(worker_token)
    _, came = ready_worker(source)
    emulator.faults.answer(401, method="GET", url="/Tasks/", times=9)
    task_sid = emulator.create_task()["sid"]
    reservation = came.expect("reservation.created")
    assert reservation.task.sid == task_sid
    assert "reservation_status" not in reservation.payload
    assert len(source.threads) == 2
    asked = [each for each in emulator.requests if task_sid in each.url]
    assert len(asked) == 4


def test_many_refused_details_need_one_fresh_token(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken, alice: str
) -> None:
    source = Source(worker_token)
    _, came = ready_worker(source)
    emulator.faults.answer(401, method="GET", url="/Tasks/", times=10)
    for _ in range(5):
        perform(emulator, alice, create)
    # Those that came after the refresh were asked for with the fresh one at once.
    found = [came.expect("reservation.created") for _ in range(5)]
    assert [each.sid for each in found] == [sid for _, sid in logged(emulator, alice)]


@pytest.mark.parametrize("name", ["Reservations", "Tasks"])
def test_a_refused_look_at_the_gap_is_repeated_with_a_fresh_token(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    worker_token: MintToken,
    alice: str,
    name: str,
) -> None:
    source = Source(worker_token)
    worker, came = ready_worker(source)
    worker.disconnect()
    came.expect("disconnected")
    perform(emulator, alice, create)
    emulator.faults.answer(401, method="GET", url=f"/{name}")
    worker.connect()
    assert came.expect("reservation.created").task.assignment_status == "reserved"
    assert set(source.threads[1:]) == {f"taskrouter-events-{alice}"}
    assert "error" not in came.names()


def test_a_source_that_fails_leaves_the_frame(
    emulator: Emulator, ready_worker: ReadyWorker, worker_token: MintToken
) -> None:
    tokens = [worker_token()]
    _, came = ready_worker(tokens.pop)
    emulator.faults.answer(401, method="GET", url="/Tasks/")
    task_sid = emulator.create_task()["sid"]
    assert "IndexError" in came.expect("error").message
    assert came.expect("reservation.created").task.sid == task_sid


# Whatever happens.


class Shift:
    """Two workers at a service, and what happens to them by the throw of a die."""

    def __init__(
        self,
        emulator: Emulator,
        seed: int,
        stack: ExitStack,
        timing: Timing | None = None,
    ) -> None:
        self.emulator = emulator
        self.chance = random.Random(seed)
        self.space = emulator.workspace(
            workers={"Alice": {}, "Bob": {}},
            worker_activity="Available",
        )
        emulator.call(self._make_room)
        self.workers: list[Worker] = []
        self.came: list[Collector] = []
        for sid in self.space.workers.values():
            token = WorkerCapabilityToken(
                emulator.account_sid,
                emulator.auth_token,
                self.space.sid,
                sid,
                allow_update_reservations=True,
                allow_fetch_subresources=True,
            )
            worker = Worker(
                token.to_jwt(),
                event_bridge_base_url=emulator.event_bridge_url,
                _timing=timing,
            )
            stack.callback(worker.close)
            self.workers.append(worker)
            self.came.append(Collector().listen(worker, *EVENTS, *CHANNEL_EVENTS))
            self.came[-1].expect("ready")

    def _make_room(self, engine: Engine) -> None:
        for worker in engine.workspaces[self.space.sid].workers.values():
            engine.workers.update_channel(
                engine.workers.find_channel(worker, "default"), capacity=5
            )

    def move(self) -> None:
        """Let one thing happen, at the service or to a line."""
        which = self.chance.randrange(2)
        sid = list(self.space.workers.values())[which]
        faults = self.emulator.faults
        throw = self.chance.random()
        if throw < 0.06:
            faults.cut_sockets(sid)
        elif throw < 0.09:
            faults.close_sockets(sid, code=1001)
        elif throw < 0.11:
            faults.stall_sockets(sid)
        elif throw < 0.13:
            faults.duplicate_frames(sid, times=3)
        elif throw < 0.16:
            faults.delay(self.chance.random() / 10, method="GET", times=2)
        elif throw < 0.18:
            faults.answer(503, method="GET", times=2)
        else:
            self.emulator.call(lambda engine: self._change(engine, sid))

    def _change(self, engine: Engine, worker_sid: str) -> None:
        space = engine.workspaces[self.space.sid]
        live = [
            each
            for each in space.workers[worker_sid].reservations.values()
            if each.live
        ]
        try:
            if not live or self.chance.random() < 0.4:
                engine.tasks.create(space)
                return
            one = self.chance.choice(live)
            if self.chance.random() < 0.2:
                engine.tasks.update(
                    space.tasks[one.task_sid],
                    assignment_status=self.chance.choice(["canceled", "completed"]),
                )
                return
            statuses = ["accepted", "rejected", "wrapping", "completed"]
            engine.reservations.update(one, self.chance.choice(statuses))
        except ServiceError:
            return  # it refused: nothing happened

    def finish(self) -> None:
        """End everything, and wait until the clients have heard of it."""
        self.emulator.faults.clear()
        self.emulator.faults.cut_sockets()
        for sid, worker, came in zip(
            self.space.workers.values(), self.workers, self.came, strict=True
        ):
            self.emulator.call(partial(self._last_words, sid))
            worker.wait_until_ready(10)
            came.expect("attributes.update", 10)
            came.listen(worker, "settled")
            # What is sent now comes last: by the line that stands, or by the next one
            # if that was cut and the client has not seen it yet.
            settle = partial(self.emulator.send_frame, sid, {"event_type": "settled"})
            worker.on("connected", settle)
            came.expect("settled", 10)

    def _last_words(self, sid: str, engine: Engine) -> None:
        engine.workers.update(
            engine.workspaces[self.space.sid].workers[sid],
            attributes='{"last": true}',
        )


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_whatever_happens(seed: int, no_pauses: None) -> None:
    with Emulator(seed=seed) as emulator, ExitStack() as stack:
        shift = Shift(emulator, seed, stack)
        for _ in range(120):
            shift.move()
        shift.finish()
        for sid, came in zip(shift.space.workers.values(), shift.came, strict=True):
            heard = told(came)
            assert len(heard) == len(set(heard)), "told twice"
            expected = ways(logged(emulator, sid))
            found = ways([pair for pair in heard if "wrapup" not in pair[0]])
            assert found == {
                sid: [event for event in way if event != "reservation.wrapup"]
                for sid, way in expected.items()
            }
