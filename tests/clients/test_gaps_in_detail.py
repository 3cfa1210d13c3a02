"""Gaps at moments that sockets would not hit by themselves: see `simulation`."""

from __future__ import annotations

import math

import pytest

from taskrouter_sync.emulator.engine.model import Reservation, Task, Worker

from .simulation import Desk, Office


@pytest.fixture
def office() -> Office:
    office = Office()
    office.flow()
    return office


@pytest.fixture
def worker(office: Office) -> Worker:
    worker = office.worker("Alice")
    channel = office.engine.workers.find_channel(worker, "default")
    office.engine.workers.update_channel(channel, capacity=10)
    return worker


@pytest.fixture
def desk(office: Office, worker: Worker) -> Desk:
    """A client that is ready, and knows that nothing is pending."""
    desk = Desk(office, worker)
    desk.open()
    desk.serve()
    office.advance(10)
    return desk


def told(desk: Desk) -> list[str]:
    """Name the reservation events that listeners heard."""
    prefix = "reservation."
    names = [name for name, _ in desk.told if name.startswith(prefix)]
    return [name.removeprefix(prefix) for name in names]


def turn(office: Office, task: Task, *statuses: str) -> None:
    """Give a task's reservation one status after the other."""
    reservation: Reservation
    (reservation,) = task.reservations.values()
    for status in statuses:
        office.engine.reservations.update(reservation, status)


def test_frames_of_the_new_line_are_not_overtaken(desk: Desk, office: Office) -> None:
    """A wrapup that the state no longer shows, but a frame does, is told."""
    desk.drop()
    task = office.task()
    turn(office, task, "accepted")
    desk.open()
    turn(office, task, "wrapping", "completed")
    desk.receive(9)
    desk.serve()
    assert told(desk) == ["created", "accepted", "wrapup", "completed"]


def test_frames_of_the_line_after_next_are_not_overtaken(
    desk: Desk, office: Office
) -> None:
    """The answers of a line that is over come when the next one's frames wait."""
    desk.drop()
    desk.open()
    desk.drop()
    desk.open()
    turn(office, office.task(), "accepted", "wrapping", "completed")
    desk.receive(9)
    desk.finish()
    assert told(desk) == ["created", "accepted", "wrapup", "completed"]


def test_frames_wait_until_the_gap_is_read(desk: Desk, office: Office) -> None:
    desk.drop()
    task = office.task()
    desk.open()
    turn(office, task, "accepted")
    desk.receive(1)
    desk.work()
    assert told(desk) == []
    desk.serve()
    assert told(desk) == ["created", "accepted"]


def test_what_was_missed_comes_before_what_came_since(
    desk: Desk, office: Office, worker: Worker
) -> None:
    desk.drop()
    office.task()
    desk.open()
    office.task()
    desk.receive(1)
    desk.finish()
    heard = [each.sid for name, each in desk.told if name == "reservation.created"]
    assert heard == list(worker.reservations)


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        # What was done before the client came, and what in the gap.
        (["accepted"], [], []),
        (["accepted"], ["wrapping"], ["wrapup"]),
        (["accepted"], ["completed"], ["completed"]),
        (["accepted", "wrapping"], ["completed"], ["completed"]),
        (["accepted", "completed"], [], []),
    ],
)
def test_of_older_work_only_what_became_of_it_is_told(
    office: Office,
    worker: Worker,
    before: list[str],
    within: list[str],
    events: list[str],
) -> None:
    task = office.task()
    turn(office, task, *before)
    office.advance(5)
    desk = Desk(office, worker)
    desk.open()
    desk.serve()
    desk.drop()
    office.advance(5)
    turn(office, task, *within)
    desk.finish()
    desk.drop()
    desk.finish()
    assert told(desk) == events


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        ([], [], ["created", "canceled"]),
        (["accepted"], [], ["created", "accepted", "completed"]),
        ([], ["accepted"], ["created", "accepted", "completed"]),
    ],
)
def test_what_the_service_has_forgotten_is_told_to_be_over(
    desk: Desk, office: Office, before: list[str], within: list[str], events: list[str]
) -> None:
    """`within`: what the client itself did without a line."""
    task = office.task()
    turn(office, task, *before)
    desk.receive(9)
    desk.serve()
    desk.drop()
    if within:
        (reservation,) = desk.known.open().values()
        reservation.accept()
    office.engine.tasks.delete(task)
    desk.finish()
    assert told(desk) == events
    assert desk.known.open() == {}


def test_without_a_line_nothing_is_asked_again(desk: Desk, office: Office) -> None:
    desk.drop()
    desk.open()
    desk.perform(0)
    desk.settle(0)
    office.trouble = 1
    desk.serve()
    assert [name for name, _ in desk.told][-1] == "error"
    desk.drop()
    desk.work()
    desk.line.run(math.inf)
    assert desk.asked == []


def test_without_a_line_pending_ones_are_not_asked_for_again(
    office: Office, worker: Worker
) -> None:
    desk = Desk(office, worker)
    desk.open()
    desk.perform(0)
    desk.settle(0)
    desk.work()
    office.trouble = 1
    desk.serve()
    desk.drop()
    desk.work()
    desk.line.run(math.inf)
    assert desk.asked == []
    # The next line reads them.
    office.task()
    desk.finish()
    assert told(desk) == ["created"]


def test_where_the_gap_may_not_be_read_events_are_in_order(
    desk: Desk, office: Office
) -> None:
    desk.drop()
    task = office.task()
    desk.open()
    desk.perform(0)
    desk.settle(0)
    desk.work()
    office.trouble, office.trouble_status = 1, 403
    desk.serve()
    turn(office, task, "accepted")
    desk.finish()
    assert told(desk) == ["created", "accepted"]
    assert [name for name, _ in desk.told].count("error") == 1


def test_events_before_the_first_ready_are_the_first_gap_s_beginning(
    office: Office, worker: Worker
) -> None:
    """A client that was never ready on its first line misses nothing of it."""
    desk = Desk(office, worker)
    desk.open()
    office.trouble = 1
    desk.serve()
    task = office.task()
    desk.receive(1)
    desk.serve()
    desk.drop()
    turn(office, task, "accepted")
    desk.finish()
    assert told(desk) == ["created", "accepted"]


def test_channels_read_before_the_first_ready_are_compared(
    office: Office, worker: Worker
) -> None:
    desk = Desk(office, worker)
    desk.open()
    office.trouble = 1
    desk.serve()
    desk.drop()
    desk.work()
    desk.session.entity_from("GET", f"{desk.session.resource_url}/Channels")
    channel = office.engine.workers.find_channel(worker, "default")
    office.engine.workers.update_channel(channel, capacity=7)
    desk.finish()
    assert [name for name, _ in desk.told if "capacity" in name] == ["capacity.update"]


class TestConnectActivity:
    @pytest.fixture
    def desk(self, office: Office, worker: Worker) -> Desk:
        return Desk(office, worker, connect_activity_sid=office.unavailable)

    def test_it_waits_for_a_line_that_lasts(
        self, desk: Desk, worker: Worker, office: Office
    ) -> None:
        desk.open()
        desk.perform(0)
        desk.settle(0)
        desk.work()
        office.trouble = 1
        desk.serve()
        desk.drop()
        assert worker.activity_sid == office.available
        desk.finish()
        assert worker.activity_sid == office.unavailable

    def test_it_is_left_when_something_is_pending_then(
        self, desk: Desk, worker: Worker, office: Office
    ) -> None:
        desk.open()
        desk.perform(0)
        desk.settle(0)
        desk.work()
        office.trouble = 1
        desk.serve()
        desk.drop()
        office.task()
        desk.finish()
        assert worker.activity_sid == office.available

    def test_it_is_applied_once(
        self, desk: Desk, worker: Worker, office: Office
    ) -> None:
        desk.finish()
        office.engine.workers.update(worker, activity_sid=office.available)
        desk.drop()
        desk.finish()
        assert worker.activity_sid == office.available


def test_an_answer_that_comes_after_later_events_takes_nothing_back(
    desk: Desk, office: Office
) -> None:
    task = office.task()
    desk.receive(1)
    desk.serve()
    ((_, reservation),) = [each for each in desk.told if "reservation" in each[0]]

    def meanwhile() -> None:
        turn(office, task, "wrapping")
        desk.receive(9)
        desk.serve()

    office.meanwhile = meanwhile
    assert reservation.accept().reservation_status == "accepted"
    (shown,) = desk.known.open().values()
    assert shown.payload["reservation_status"] == "wrapping"
    assert told(desk) == ["created", "accepted", "wrapup"]


def test_details_that_are_ahead_of_their_event_are_shown(
    desk: Desk, office: Office
) -> None:
    task = office.task()
    desk.receive(1)
    turn(office, task, "accepted")
    desk.serve()
    assert told(desk) == ["created"]
    (shown,) = desk.known.open().values()
    assert shown.payload["reservation_status"] == "accepted"
    desk.receive(1)
    desk.serve()
    assert told(desk) == ["created", "accepted"]


def test_details_refused_together_need_one_fresh_token(
    office: Office, worker: Worker
) -> None:
    minted: list[str] = []

    def source() -> str:
        minted.append(office.mint(worker))
        return minted[-1]

    desk = Desk(office, worker, source=source)
    desk.finish()
    for _ in range(3):
        office.task()
    desk.receive(3)
    office.trouble, office.trouble_status = 6, 401
    desk.serve()
    assert told(desk) == ["created"] * 3
    shown = desk.known.open().values()
    assert {each.payload["reservation_status"] for each in shown} == {"pending"}
    assert len(minted) == 1
