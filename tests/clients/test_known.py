"""What the listeners of a Worker know, as events and answers tell it."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.clients import known as module
from taskrouter_sync.clients.known import KnownReservations
from taskrouter_sync.reconcile import Told
from taskrouter_sync.resources.reservation import Reservation

from ..support.recording_session import RecordingSession


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


@pytest.mark.parametrize(
    ("event", "status", "shown"),
    [
        # What was told, what a later answer says, which of both is shown.
        ("created", "pending", "answer"),
        ("created", "accepted", "answer"),
        ("created", "wrapping", "answer"),
        ("accepted", "pending", "event"),
        ("accepted", "accepted", "answer"),
        ("wrapup", "accepted", "event"),
        ("wrapup", "wrapping", "answer"),
        ("created", "of a future version", "event"),
        # It is over, and its event is still to come.
        ("created", "rejected", None),
        ("accepted", "completed", None),
        ("wrapup", "completed", None),
    ],
)
def test_what_is_shown_never_goes_back(
    known: KnownReservations, event: str, status: str, shown: str | None
) -> None:
    told, answered = reservation("WR1", "pending"), reservation("WR1", status)
    known.note(f"reservation.{event}", "WR1", told)
    known.renew(answered)
    expected = {"event": told, "answer": answered, None: None}[shown]
    assert known.open().get("WR1") is expected
    # The answer is no event: listeners are still to be told.
    assert known.is_news("reservation.completed", "WR1")


def test_an_event_that_is_older_than_an_answer_takes_nothing_back(
    known: KnownReservations,
) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    answered = reservation("WR1", "wrapping")
    known.renew(answered)
    known.note("reservation.accepted", "WR1", reservation("WR1", "accepted"))
    assert known.open()["WR1"] is answered
    known.renew(reservation("WR1", "completed"))
    known.note("reservation.wrapup", "WR1", reservation("WR1", "wrapping"))
    assert known.open() == {}


def test_a_reservation_that_was_accepted_is_not_unheard(
    known: KnownReservations,
) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    known.renew(reservation("WR1", "accepted"))
    known.note("reservation.created", "WR2", reservation("WR2", "rejected"))
    assert known.unheard() == {}


def test_what_an_answer_told_is_known_beside_what_was_told(
    known: KnownReservations,
) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    known.renew(reservation("WR1", "accepted"))
    assert known.told()[0] == {"WR1": Told(1, None, "accepted")}
    known.note("reservation.accepted", "WR1", reservation("WR1", "accepted"))
    assert known.told()[0] == {"WR1": Told(2, None, "accepted")}


@pytest.mark.parametrize("sid", ["WR1", None, 5])
def test_an_answer_opens_no_reservation(known: KnownReservations, sid: Any) -> None:
    known.renew(reservation(sid))
    assert known.open() == {}


def test_what_is_read_is_a_copy(known: KnownReservations) -> None:
    known.note("reservation.created", "WR1", reservation("WR1"))
    known.open().clear()
    known.unheard().clear()
    assert list(known.open()) == list(known.unheard()) == ["WR1"]


@pytest.mark.parametrize(
    ("told", "event", "news"),
    [
        # What listeners were told, what comes next, whether it says more.
        ([], "created", True),
        ([], "accepted", True),
        ([], "completed", True),
        (["created"], "created", False),
        (["created"], "accepted", True),
        (["created"], "wrapup", True),
        (["created"], "rejected", True),
        (["accepted"], "created", False),
        (["accepted"], "accepted", False),
        (["created", "accepted"], "wrapup", True),
        (["created", "accepted"], "completed", True),
        (["wrapup"], "accepted", False),
        (["wrapup"], "completed", True),
        (["created", "timeout"], "created", False),
        (["created", "timeout"], "accepted", False),
        (["created", "timeout"], "timeout", False),
        (["created", "timeout"], "completed", False),
    ],
)
def test_what_is_news(
    known: KnownReservations, told: list[str], event: str, news: bool
) -> None:
    for earlier in told:
        known.note(f"reservation.{earlier}", "WR1", reservation("WR1"))
    assert known.is_news(f"reservation.{event}", "WR1") is news
    assert known.is_news("reservation.created", "WR2")


def test_what_was_told_is_known_with_its_task(known: KnownReservations) -> None:
    session = RecordingSession()
    with_task = session.make({"sid": "WR1", "task_sid": "WT1"})
    known.note("reservation.accepted", "WR1", with_task)
    known.note("reservation.created", "WR2", reservation("WR2"))
    known.note("reservation.timeout", "WR3", reservation("WR3"))
    assert known.told_of("WR1") == Told(2, "WT1")
    assert known.told_of("WR3") is None
    assert known.told() == (
        {"WR1": Told(2, "WT1"), "WR2": Told(1, None, "pending")},
        frozenset({"WR3"}),
    )


def test_what_is_over_is_remembered_as_long_as_the_service_lists_it(
    known: KnownReservations,
) -> None:
    """Or it would be told again after a gap: a day's work is more than a thousand."""
    for number in range(3000):
        known.note("reservation.timeout", f"WR{number}", reservation("WR"))
    known.forget({f"WR{number}" for number in range(3000)})
    assert not known.is_news("reservation.timeout", "WR0")


def test_of_what_the_service_has_forgotten_the_last_thousand_are_remembered(
    known: KnownReservations,
) -> None:
    for number in range(1003):
        known.note("reservation.timeout", f"WR{number}", reservation("WR"))
    known.forget({"WR1"})
    assert known.is_news("reservation.timeout", "WR0")
    assert not known.is_news("reservation.timeout", "WR1")
    assert known.is_news("reservation.timeout", "WR3")
    assert not known.is_news("reservation.timeout", "WR4")


def test_what_is_over_is_not_remembered_without_end(
    known: KnownReservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 10)
    for number in range(11):
        known.note("reservation.timeout", f"WR{number}", reservation("WR"))
    assert known.is_news("reservation.timeout", "WR0")
    assert not known.is_news("reservation.timeout", "WR1")
