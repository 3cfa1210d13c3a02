"""Reservations: offered, answered, ended."""

from __future__ import annotations

import pytest

from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.model import Reservation, Task, Worker

from .support import START, Bench, holders, pending


def statuses(task: Task) -> list[str]:
    return [r.reservation_status for r in task.reservations.values()]


def test_a_reservation_shows_task_and_worker(bench: Bench, task: Task) -> None:
    reservation = pending(task)
    assert reservation.task_sid == task.sid
    assert (reservation.worker_sid, reservation.worker_name) == (bench.ann.sid, "Ann")
    assert reservation.reservation_timeout == 120
    assert bench.engine.reservations.find(bench.ann, reservation.sid) is reservation
    assert bench.engine.reservations.find(task, reservation.sid) is reservation


def test_accepting_assigns_the_task(bench: Bench, ann: Worker, task: Task) -> None:
    reservation = bench.accept(task)
    assert reservation.reservation_status == "accepted"
    assert task.assignment_status == "assigned"
    assert ann.channel("default").assigned_tasks == 1
    assert bench.told() == ["reservation.accepted"]
    bench.advance(1000)
    assert reservation.reservation_status == "accepted"


def test_rejecting_makes_the_task_pending_again(bench: Bench, task: Task) -> None:
    bench.reject(task, worker_activity_sid=bench.offline)
    assert statuses(task) == ["rejected"]
    assert task.assignment_status == "pending"
    assert bench.ann.activity_name == "Offline"
    assert bench.told() == ["reservation.rejected", "worker.activity.update"]


def test_rejecting_offers_the_task_to_the_next(bench: Bench, task: Task) -> None:
    bench.worker("Bob")
    bench.told()
    bench.reject(task, worker_activity_sid=bench.offline)
    assert holders(task) == ["Bob"]
    told = ["reservation.rejected", "worker.activity.update", "reservation.created"]
    assert bench.told() == told


def test_rejecting_without_activity_leaves_the_worker_where_he_is(
    bench: Bench, ann: Worker, task: Task
) -> None:
    bench.reject(task)
    assert ann.activity_name == "Available"
    assert bench.told() == ["reservation.rejected", "reservation.created"]


def test_a_timeout_moves_the_worker_to_the_timeout_activity(
    bench: Bench, ann: Worker, task: Task
) -> None:
    bench.advance(119)
    assert statuses(task) == ["pending"]
    bench.advance(1)
    assert (statuses(task), task.assignment_status) == (["timeout"], "pending")
    assert ann.activity_name == "Offline"
    assert bench.told() == ["reservation.timeout", "worker.activity.update"]


def test_the_timeout_activity_can_be_another(bench: Bench, task: Task) -> None:
    bench.engine.workspaces.update(
        bench.workspace, timeout_activity_sid=bench.unavailable
    )
    bench.advance(120)
    assert bench.ann.activity_name == "Unavailable"


def test_one_timeout_leaves_the_workers_other_offers(bench: Bench, ann: Worker) -> None:
    channel = ann.channel("default")
    bench.engine.workers.update_channel(channel, capacity=2)
    first = bench.task()
    bench.advance(60)
    second = bench.task()
    bench.advance(60)
    assert (statuses(first), statuses(second)) == (["timeout"], ["pending"])


def test_becoming_available_again_brings_the_next_task_at_once(
    bench: Bench, ann: Worker, task: Task
) -> None:
    bench.advance(120)
    bench.told()
    bench.engine.workers.update(ann, activity_sid=bench.available)
    assert holders(task) == ["Ann"]
    assert bench.told() == ["worker.activity.update", "reservation.created"]


def test_an_answer_that_comes_too_late_finds_the_timeout(
    bench: Bench, ann: Worker, task: Task
) -> None:
    """What is due is done before a verb, however late the owner's timer."""
    reservation = pending(task)
    bench.time += 120
    with pytest.raises(ServiceError, match=r"already in state \[timeout\]"):
        bench.engine.reservations.update(reservation, "accepted")


ALL = "pending accepted rejected timeout canceled rescinded wrapping completed".split()
ALLOWED = {
    ("pending", "accepted"),
    ("pending", "rejected"),
    ("accepted", "wrapping"),
    ("accepted", "completed"),
    ("wrapping", "completed"),
}


def in_status(bench: Bench, status: str) -> Reservation:
    """Bring a reservation to a status by what leads there."""
    bench.flow(max_reserved_workers=2)
    bench.workers("Ann", "Bob")
    task = bench.task()
    first, second = task.reservations.values()
    if status == "timeout":
        bench.advance(120)
    elif status == "canceled":
        bench.engine.tasks.update(task, assignment_status="canceled")
    elif status == "rescinded":
        bench.engine.reservations.update(second, "accepted")
    elif status == "rejected":
        bench.engine.reservations.update(first, "rejected")
    elif status != "pending":
        bench.engine.reservations.update(first, "accepted")
        if status != "accepted":
            bench.engine.reservations.update(first, status)
    assert first.reservation_status == status
    return first


@pytest.mark.parametrize("after", [*ALL, "sideways"])
@pytest.mark.parametrize("before", ALL)
def test_only_some_changes_can_be_asked_for(
    bench: Bench, before: str, after: str
) -> None:
    reservation = in_status(bench, before)
    if (before, after) in ALLOWED:
        bench.engine.reservations.update(reservation, after)
        assert reservation.reservation_status == after
    else:
        with pytest.raises(ServiceError) as caught:
            bench.engine.reservations.update(reservation, after)
        taken = (before, after) == ("rescinded", "accepted")
        codes = (410, 20410) if taken else (400, 20001)
        assert (caught.value.status, caught.value.code) == codes
        expected = (
            f"Reservation {reservation.sid} is already in state [{before}]"
            f" and cannot be updated to [{after}]"
        )
        assert after not in ALL or caught.value.message == expected
        assert reservation.reservation_status == before


def test_without_a_status_nothing_changes(bench: Bench, task: Task) -> None:
    version = pending(task).version
    assert bench.engine.reservations.update(pending(task)).version == version


def test_an_unknown_activity_is_refused_and_nothing_done(
    bench: Bench, task: Task
) -> None:
    with pytest.raises(ServiceError, match="WAnone is not an activity"):
        bench.reject(task, worker_activity_sid="WAnone")
    assert task.assignment_status == "reserved"


def test_wrapping_the_reservation_wraps_the_task(bench: Bench, task: Task) -> None:
    reservation = bench.accept(task)
    bench.told()
    bench.engine.reservations.update(reservation, "wrapping")
    assert task.assignment_status == "wrapping"
    assert bench.told() == ["reservation.wrapup", "task.wrapup"]
    channel = bench.ann.channel("default")
    assert (channel.assigned_tasks, channel.load) == (0, 1)


def test_completing_the_reservation_completes_the_task(
    bench: Bench, task: Task
) -> None:
    bench.engine.reservations.update(bench.accept(task), "completed")
    assert task.assignment_status == "completed"
    assert task.reason == "All reservations were completed"
    assert bench.told()[1:] == ["reservation.completed", "task.completed"]


class TestRounds:
    """Several workers reserved at once."""

    @pytest.fixture
    def task(self, bench: Bench) -> Task:
        bench.flow(max_reserved_workers=2)
        bench.workers("Ann", "Bob", "Cid")
        bench.told()
        return bench.task()

    def test_as_many_as_the_queue_says(self, bench: Bench, task: Task) -> None:
        assert holders(task) == ["Ann", "Bob"]
        assert bench.told()[-2:] == ["reservation.created"] * 2
        assert task.assignment_count == 1

    def test_the_first_to_accept_wins(self, bench: Bench, task: Task) -> None:
        first, second = task.reservations.values()
        bench.told()
        bench.engine.reservations.update(second, "accepted")
        assert first.reservation_status == "rescinded"
        assert bench.told() == ["reservation.accepted", "reservation.rescinded"]

    def test_the_rescinded_are_free_again(self, bench: Bench, task: Task) -> None:
        _, second = task.reservations.values()
        bench.engine.reservations.update(second, "accepted")
        assert holders(bench.task()) == ["Cid", "Ann"]

    def test_a_rejected_slot_is_not_refilled_while_others_are_pending(
        self, bench: Bench, task: Task
    ) -> None:
        first, second = task.reservations.values()
        bench.engine.reservations.update(first, "rejected")
        assert (task.assignment_status, holders(task)) == ("reserved", ["Bob"])
        bench.engine.reservations.update(second, "rejected")
        assert holders(task) == ["Cid", "Ann"]
        assert task.assignment_count == 2


def test_a_task_is_canceled_after_its_last_assignment(bench: Bench, task: Task) -> None:
    for _ in range(1000):
        assert task.assignment_status == "reserved"
        bench.reject(task)
    assert task.assignment_status == "canceled"
    assert task.reason == "Task TTL Exceeded or Max assignment count exceeded"


class TestRejectPendingReservations:
    def test_rejects_all_with_an_unavailable_activity(
        self, bench: Bench, ann: Worker, task: Task
    ) -> None:
        bench.engine.workers.update(
            ann, activity_sid=bench.offline, reject_pending_reservations=True
        )
        assert statuses(task) == ["rejected"]
        assert bench.told() == ["worker.activity.update", "reservation.rejected"]

    def test_is_refused_with_an_available_one(self, bench: Bench, task: Task) -> None:
        with pytest.raises(ServiceError) as caught:
            bench.engine.workers.update(
                bench.ann,
                activity_sid=bench.available,
                reject_pending_reservations=True,
            )
        assert caught.value.message == (
            "Unable to reject pending reservations when updating to an"
            " Available activity state."
        )
        assert statuses(task) == ["pending"]

    def test_without_it_offers_stay(self, bench: Bench, task: Task) -> None:
        bench.engine.workers.update(bench.ann, activity_sid=bench.offline)
        assert statuses(task) == ["pending"]
        bench.accept(task)
        assert task.assignment_status == "assigned"


def test_times_are_kept(bench: Bench, task: Task) -> None:
    reservation = pending(task)
    bench.advance(5)
    bench.accept(task)
    assert (reservation.date_created, reservation.date_updated) == (START, START + 5)
    assert reservation.version == 1
