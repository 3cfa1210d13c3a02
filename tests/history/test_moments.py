"""Reconnects at moments that sockets would not hit by themselves: see `simulation`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from .simulation import Desk, Service, desks


class Room:
    """One worker at a desk, and what somebody does at the service."""

    def __init__(self, service: Service, stack: ExitStack) -> None:
        self.emulator = service.emulator
        self.sids, self.backend = service.workspace()
        self._stack = stack

    def desk(self, *, ready: bool = True, **options: Any) -> Desk:
        """Open Alice's client; `ready` means that it knows that nothing is pending."""
        (desk,) = self._stack.enter_context(
            desks(self.emulator, self.sids, "Alice", **options)
        )
        desk.open()
        if ready:
            desk.serve()
            self.emulator.advance(10)
        return desk

    def task(self, *statuses: str) -> str:
        """Create a task for Alice, and give its reservation these statuses."""
        sid = self.backend.create_task()
        self.turn(*statuses)
        return sid

    def turn(self, *statuses: str) -> None:
        for status in statuses:
            held = self.backend.reservations(self.sids.workers["Alice"])
            self.backend.update_reservation([*held][-1], status)


@pytest.fixture
def room(service: Service) -> Iterator[Room]:
    with ExitStack() as stack:
        made = Room(service, stack)
        # Bob is in nobody's way.
        made.backend.update_worker(
            made.sids.workers["Bob"], activity_sid=made.sids.activities["Offline"]
        )
        yield made


def told(desk: Desk) -> str:
    """Name the reservation events that listeners were told of."""
    return " ".join(name for name, _ in desk.reservations_told())


def test_frames_of_the_new_connection_are_not_overtaken(room: Room) -> None:
    """A wrapup that the state no longer shows, but a frame does, is told."""
    desk = room.desk()
    desk.drop()
    room.task("accepted")
    desk.open()
    room.turn("wrapping", "completed")
    desk.receive()
    desk.serve()
    assert told(desk) == "created accepted wrapup completed"


def test_frames_of_the_connection_after_next_are_not_overtaken(room: Room) -> None:
    """The responses of a connection that is over come when the next one's wait."""
    desk = room.desk()
    for _ in range(2):
        desk.drop()
        desk.open()
    room.task("accepted", "wrapping", "completed")
    desk.receive()
    desk.finish()
    assert told(desk) == "created accepted wrapup completed"


def test_frames_wait_until_the_state_is_read(room: Room) -> None:
    desk = room.desk()
    desk.drop()
    room.task()
    desk.open()
    room.turn("accepted")
    desk.receive()
    desk.wait_for_requests()
    assert told(desk) == ""
    desk.serve()
    assert told(desk) == "created accepted"


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_list_that_may_lag_is_read_once_more_and_no_more(
    room: Room, is_lost: bool
) -> None:
    """Not at every heartbeat; nor if the next connection's sync will read it."""
    desk = room.desk()
    desk.beat()  # what was before the client is read here
    desk.serve()
    desk.drop()
    desk.finish()
    room.task()
    desk.receive()  # its details don't come yet
    if is_lost:
        desk.drop()
        desk.open()
    for _ in range(3):
        desk.beat()
    assert desk.reads() == (0 if is_lost else 1)
    desk.serve()
    desk.beat()
    assert desk.reads() == (1 if is_lost else 0)
    desk.serve()
    assert told(desk) == "created"


def test_what_was_missed_comes_before_what_came_since(room: Room) -> None:
    desk = room.desk()
    desk.drop()
    room.task()
    desk.open()
    room.task()
    desk.receive()
    desk.finish()
    held = [*room.backend.reservations(desk.sid)]
    assert desk.reservations_told() == [("created", sid) for sid in held]


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        # What was done before the client came, and what in the gap.
        ("accepted", "", ""),
        ("accepted", "wrapping", "wrapup"),
        ("accepted", "completed", "completed"),
        ("accepted wrapping", "completed", "completed"),
        ("accepted completed", "", ""),
    ],
)
def test_of_older_work_only_what_became_of_it_is_told(
    room: Room, before: str, within: str, events: str
) -> None:
    room.task(*before.split())
    room.emulator.advance(5)
    desk = room.desk()
    desk.drop()
    room.emulator.advance(5)
    room.turn(*within.split())
    for _ in range(2):
        desk.finish()
        desk.drop()
    assert told(desk) == events


@pytest.mark.parametrize(
    ("before", "within", "events"),
    [
        ("", False, "created canceled"),
        ("accepted", False, "created accepted completed"),
        ("", True, "created accepted completed"),
    ],
)
def test_what_the_service_has_forgotten_is_told_to_be_over(
    room: Room, before: str, within: bool, events: str
) -> None:
    """`within`: whether the client itself accepted without a connection."""
    desk = room.desk()
    sid = room.task(*before.split())
    desk.receive()
    desk.serve()
    (*_, (_, reservation)) = desk.told
    desk.drop()
    if within:
        reservation.accept()
    room.backend.delete_task(sid)
    desk.finish()
    assert told(desk) == events
    assert desk.client.reservations == {}


def test_where_the_state_may_not_be_read_events_are_in_order(room: Room) -> None:
    desk = room.desk()
    desk.drop()
    room.task()
    room.emulator.faults.answer(403, url="/Reservations", method="GET", times=9)
    desk.open()
    desk.serve()
    room.emulator.faults.clear()
    room.turn("accepted")
    desk.finish()
    assert told(desk) == "created accepted"
    assert [name for name, _ in desk.told].count("error") == 1


def test_events_before_the_first_ready_are_the_first_gap_s_beginning(
    room: Room,
) -> None:
    """A client that was never ready on its first connection misses nothing of it."""
    desk = room.desk(ready=False)
    room.task()
    desk.receive()
    desk.drop()
    room.turn("accepted")
    desk.finish()
    assert told(desk) == "created accepted"


@pytest.mark.parametrize("pending", [False, True])
def test_connect_activity_waits_for_a_connection_that_lasts(
    room: Room, pending: bool
) -> None:
    """It is left when something is pending then, and applied once."""
    rest, available = (room.sids.activities[name] for name in ("Break", "Available"))
    desk = room.desk(ready=False, connect_activity_sid=rest)
    desk.drop()
    if pending:
        room.task()
    desk.finish()
    assert desk.client.fetch().activity_sid == (available if pending else rest)
    room.backend.update_worker(desk.sid, activity_sid=available)
    desk.drop()
    desk.finish()
    assert desk.client.fetch().activity_sid == available


def test_a_response_that_comes_after_later_events_takes_nothing_back(
    room: Room,
) -> None:
    desk = room.desk()
    room.task()
    desk.receive()
    desk.serve()
    ((_, reservation),) = [each for each in desk.told if "reservation" in each[0]]

    def meanwhile() -> None:
        room.turn("wrapping")
        desk.receive()
        desk.serve()

    desk.meanwhile = meanwhile
    assert reservation.accept().reservation_status == "accepted"
    (shown,) = desk.client.reservations.values()
    assert shown.payload["reservation_status"] == "wrapping"
    assert told(desk) == "created accepted wrapup"


def test_details_that_are_ahead_of_their_event_are_shown(room: Room) -> None:
    desk = room.desk()
    room.task()
    desk.receive()
    room.turn("accepted")
    desk.serve()
    assert told(desk) == "created"
    (shown,) = desk.client.reservations.values()
    assert shown.payload["reservation_status"] == "accepted"
    desk.receive()
    desk.serve()
    assert told(desk) == "created accepted"
