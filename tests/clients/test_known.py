"""The worker's open reservations, as events and answers tell of them."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.clients.known import KnownReservations
from taskrouter_sync.resources.reservation import Reservation


def reservation(sid: Any, status: str = "pending") -> Reservation:
    # It is only kept here: it needs no session.
    session: Any = None
    return Reservation(session, {"sid": sid, "reservation_status": status}, "")


@pytest.fixture
def known() -> KnownReservations:
    return KnownReservations()


def test_at_first_nothing_is_known(known: KnownReservations) -> None:
    assert known.open() == known.unheard() == {}
    assert known.is_news("reservation.created", "WR1")


def test_a_created_reservation_is_open_and_unheard(known: KnownReservations) -> None:
    created = reservation("WR1")
    known.note("reservation.created", "WR1", created)
    assert not known.is_news("reservation.created", "WR1")
    assert known.open()["WR1"] is known.unheard()["WR1"] is created


def test_a_reservation_that_a_listener_got_is_heard(known: KnownReservations) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    known.heard("WR1")
    assert known.unheard() == {}
    assert not known.is_news("reservation.created", "WR1")


@pytest.mark.parametrize("event", ["reservation.accepted", "reservation.wrapup"])
def test_a_reservation_at_work_is_open_and_no_news(
    known: KnownReservations, event: str
) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    later = reservation("WR1", "accepted")
    known.note(event, "WR1", later)
    assert known.open()["WR1"] is later
    assert known.unheard() == {}


@pytest.mark.parametrize(
    "event",
    [
        "reservation.rejected",
        "reservation.timeout",
        "reservation.canceled",
        "reservation.rescinded",
        "reservation.completed",
        "reservation.failed",
    ],
)
def test_a_reservation_that_is_over_is_never_news_again(
    known: KnownReservations, event: str
) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    known.note("reservation.created", "WR2", reservation("WR2"))
    known.note(event, "WR1", reservation("WR1", "over"))
    assert not known.is_news("reservation.created", "WR1")
    assert list(known.open()) == list(known.unheard()) == ["WR2"]


def test_the_end_of_a_reservation_nobody_knew_is_no_news(
    known: KnownReservations,
) -> None:
    known.note("reservation.completed", "WR1", reservation("WR1"))
    assert known.open() == {}


def test_an_answer_renews_a_reservation_that_is_open(known: KnownReservations) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    answered = reservation("WR1", "accepted")
    known.renew(answered)
    assert known.open()["WR1"] is answered


@pytest.mark.parametrize("sid", ["WR1", None, 5])
def test_an_answer_opens_no_reservation(known: KnownReservations, sid: Any) -> None:
    known.renew(reservation(sid))
    assert known.open() == {}


def test_what_is_read_is_a_copy(known: KnownReservations) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    known.open().clear()
    known.unheard().clear()
    assert list(known.open()) == list(known.unheard()) == ["WR1"]
