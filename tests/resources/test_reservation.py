"""Reservations: accepting, rejecting, and the task that comes with each."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from taskrouter_sync.resources.task import Task

from taskrouter_sync.errors import ArgumentError, ClientClosed, HttpError

from .session import WA, WK, WR, WT, RecordingSession


RESERVATION = {
    "sid": WR,
    "task_sid": WT,
    "worker_sid": WK,
    "reservation_status": "pending",
}
PATH = f"/Tasks/{WT}/Reservations/{WR}"
TASK = {"sid": WT, "assignment_status": "assigned", "attributes": '{"foo":"bar"}'}


@pytest.fixture
def reservation(session: RecordingSession) -> Any:
    session.reply(f"POST {PATH}", {**RESERVATION, "reservation_status": "accepted"})
    session.reply(f"GET /Tasks/{WT}", TASK)
    return session.make(RESERVATION)


ACTIONS: list[tuple[str, tuple[Any, ...], dict[str, Any], dict[str, Any]]] = [
    # Method, arguments, keywords, what is sent.
    ("accept", (), {}, {"ReservationStatus": "accepted"}),
    ("accept", (None,), {}, {"ReservationStatus": "accepted"}),
    ("reject", (), {}, {"ReservationStatus": "rejected"}),
    ("reject", (None,), {}, {"ReservationStatus": "rejected"}),
    (
        "reject",
        (WA,),
        {},
        {"ReservationStatus": "rejected", "WorkerActivitySid": WA},
    ),
    (
        "reject",
        (),
        {"activity_sid": WA},
        {"ReservationStatus": "rejected", "WorkerActivitySid": WA},
    ),
]


@pytest.mark.parametrize(("method", "args", "keywords", "params"), ACTIONS)
def test_an_action_is_a_post_and_its_result_has_its_task(
    session: RecordingSession,
    reservation: Any,
    method: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    params: dict[str, Any],
) -> None:
    done = getattr(reservation, method)(*args, **keywords)
    assert done.reservationStatus == "accepted"
    assert done.task.attributes.foo == "bar"
    assert session.requests == [
        ("POST", PATH, params),
        ("GET", f"/Tasks/{WT}", None),
    ]


def test_an_action_does_not_change_the_reservation(reservation: Any) -> None:
    reservation.accept()
    assert reservation.reservationStatus == "pending"


@pytest.mark.parametrize("method", ["accept", "reject"])
def test_a_callback_alone_gets_the_new_reservation(
    reservation: Any, method: str
) -> None:
    """The documented `reject(function…)`, which v1.21 never calls."""
    outcomes: list[Any] = []
    getattr(reservation, method)(lambda *outcome: outcomes.append(outcome))
    assert outcomes == [(None, reservation)]


def test_a_callback_gets_the_error(session: RecordingSession, reservation: Any) -> None:
    outcomes: list[Any] = []
    error = HttpError(410, "Gone")
    session.reply(f"POST {PATH}", error)
    reservation.accept(lambda *outcome: outcomes.append(outcome))
    assert outcomes == [(error, None)]


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("accept", (WA,)),
        ("reject", ([WA],)),
        ("reject", (WA, WA)),
        ("call", ()),
        ("redirect", ("CA1",)),
    ],
)
def test_a_wrong_call_asks_for_nothing(
    session: RecordingSession, reservation: Any, method: str, args: tuple[Any, ...]
) -> None:
    with pytest.raises(ArgumentError, match=f"reservation.{method}: "):
        getattr(reservation, method)(*args)
    assert session.requests == []


class TestTask:
    def test_before_it_is_loaded_it_is_a_neighbor(
        self, session: RecordingSession, reservation: Any
    ) -> None:
        assert isinstance(reservation.task, Task)
        assert list(reservation.task) == ["sid"]
        assert session.requests == []

    def test_a_loaded_one_is_there_under_its_name(
        self, session: RecordingSession
    ) -> None:
        session.reply(f"GET /Tasks/{WT}", TASK)
        loaded = session.entity(RESERVATION)
        assert loaded.task.assignmentStatus == "assigned"
        assert loaded["task"] is loaded.task
        assert list(loaded) == [
            "sid",
            "taskSid",
            "task",
            "workerSid",
            "worker",
            "reservationStatus",
        ]

    def test_it_is_loaded_once(self, session: RecordingSession) -> None:
        session.reply(f"GET /Tasks/{WT}", TASK)
        loaded = session.entity(RESERVATION)
        loaded._load()
        assert session.requests == [("GET", f"/Tasks/{WT}", None)]

    def test_one_that_cannot_be_loaded_holds_what_is_known(
        self,
        session: RecordingSession,
        reservation: Any,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        session.reply(f"GET /Tasks/{WT}", HttpError(404, "Not Found"))
        with caplog.at_level(logging.WARNING, "taskrouter_sync"):
            accepted = reservation.accept()
        assert accepted.reservationStatus == "accepted"
        assert isinstance(accepted.task, Task)
        assert accepted.task.sid == WT
        assert "could not be loaded: 404 Not Found" in caplog.text

    def test_a_client_that_is_closed_meanwhile_loads_nothing(
        self, session: RecordingSession, reservation: Any
    ) -> None:
        session.reply(f"GET /Tasks/{WT}", ClientClosed())
        with pytest.raises(ClientClosed):
            reservation.accept()

    @pytest.mark.parametrize("sid", [None, "", "XX1", 5])
    def test_a_reservation_without_a_task_loads_none(
        self, session: RecordingSession, sid: Any
    ) -> None:
        lost = session.entity({**RESERVATION, "task_sid": sid})
        assert lost.taskSid == sid
        assert session.requests == []

    def test_it_can_be_put_in(
        self, session: RecordingSession, reservation: Any
    ) -> None:
        task = session.make(TASK)
        assert reservation._with_task(task).task is task
        assert session.requests == []
