"""The kinds of resources: what each has, and what can be done with it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from taskrouter_sync.errors import ArgumentError, ClientClosed, HttpError
from taskrouter_sync.resources.lists import (
    ActivityList,
    ListResource,
    TaskList,
    TaskQueueList,
    WorkerList,
    WorkflowList,
)
from taskrouter_sync.resources.models import Task
from taskrouter_sync.resources.statistics import (
    CumulativeStatistics,
    RealTimeStatistics,
    Statistics,
)

from ..support.recording_session import (
    WA,
    WK,
    WORKSPACE,
    WQ,
    WR,
    WS,
    WT,
    WW,
    RecordingSession,
)


RESERVATION = {
    "sid": WR,
    "task_sid": WT,
    "worker_sid": WK,
    "reservation_status": "pending",
}
PATH = f"/Tasks/{WT}/Reservations/{WR}"
TASK = {
    "sid": WT,
    "assignment_status": "assigned",
    "attributes": '{"foo":"bar"}',
    "task_queue_sid": WQ,
}


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
        loaded = session.result(RESERVATION)
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
        loaded = session.result(RESERVATION)
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
        lost = session.result({**RESERVATION, "task_sid": sid})
        assert lost.taskSid == sid
        assert session.requests == []

    def test_it_can_be_put_in(
        self, session: RecordingSession, reservation: Any
    ) -> None:
        task = session.make(TASK)
        reservation._set_task(task)
        assert reservation.task is task
        assert session.requests == []


class TestList:
    """Every page of reservations has its tasks, each loaded once."""

    def page(self, *task_sids: Any, following: str | None = None) -> dict[str, Any]:
        return {
            "meta": {"key": "reservations", "next_page_url": following},
            "reservations": [
                {"sid": f"WR{number}", "task_sid": sid}
                for number, sid in enumerate(task_sids)
            ],
        }

    def test_every_page_has_its_tasks(self, session: RecordingSession) -> None:
        first = f"/Workers/{WK}/Reservations"
        following = f"{first}?Page=1"
        session.reply(
            f"GET {first}", self.page("WT1", "WT2", following=WORKSPACE + following)
        )
        session.reply(f"GET {following}", self.page("WT3"))
        for sid in ("WT1", "WT2", "WT3"):
            session.reply(f"GET /Tasks/{sid}", {"sid": sid, "attributes": {"n": sid}})
        found = session.perform("GET", WORKSPACE + first)
        ways = [[*found, *found.next()], found.all(), [*found.fetch(), *found.next()]]
        for way in ways:
            assert [each.task.attributes.n for each in way] == ["WT1", "WT2", "WT3"]

    def test_a_task_of_several_reservations_is_loaded_once(
        self, session: RecordingSession
    ) -> None:
        session.reply(f"GET /Tasks/{WT}", TASK)
        found = session.result(self.page(WT, WT, None), "/Workers/WK1/Reservations")
        assert [each.task and each.task.assignmentStatus for each in found] == [
            "assigned",
            "assigned",
            None,
        ]
        assert session.requests == [("GET", f"/Tasks/{WT}", None)]

    def test_one_task_that_fails_does_not_spoil_the_page(
        self, session: RecordingSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        session.reply("GET /Tasks/WT1", HttpError(404, "Not Found"))
        session.reply("GET /Tasks/WT2", {"sid": "WK1"})
        session.reply("GET /Tasks/WT3", {"sid": "WT3", "priority": 3})
        page = self.page("WT1", "WT2", "WT3")
        found = session.result(page, "/Workers/WK1/Reservations")
        assert [each.task.priority for each in found] == [None, None, 3]
        assert len(caplog.records) == 2

    def test_a_list_that_was_not_asked_for_loads_nothing(
        self, session: RecordingSession
    ) -> None:
        session.result(self.page(WT), f"{WORKSPACE}/Workers/WK1/Channels")
        assert session.requests == []


@pytest.fixture
def task(session: RecordingSession) -> Any:
    session.reply(f"POST /Tasks/{WT}", {**TASK, "assignment_status": "completed"})
    return session.make(TASK)


@pytest.mark.parametrize(
    ("args", "keywords", "more"),
    [
        ((), {}, {}),
        ((None,), {}, {}),
        ((None, "done"), {}, {"Reason": "done"}),
        (("done",), {}, {"Reason": "done"}),
        ((), {"reason": "done"}, {"Reason": "done"}),
    ],
)
def test_a_task_is_completed(
    session: RecordingSession,
    task: Any,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    more: dict[str, Any],
) -> None:
    completed = task.complete(*args, **keywords)
    assert completed.assignmentStatus == "completed"
    # The result is a new one.
    assert task.assignmentStatus == "assigned"
    params = {"AssignmentStatus": "completed", **more}
    assert session.requests == [("POST", f"/Tasks/{WT}", params)]


def test_the_callback_comes_first(session: RecordingSession, task: Any) -> None:
    outcomes: list[Any] = []
    task.complete(lambda *outcome: outcomes.append(outcome), "done")
    assert outcomes == [(None, task)]
    assert session.requests[0][2]["Reason"] == "done"


def test_a_callback_of_complete_gets_the_error(
    session: RecordingSession, task: Any
) -> None:
    outcomes: list[Any] = []
    error = HttpError(400, "Bad Request")
    session.reply(f"POST /Tasks/{WT}", error)
    task.complete(lambda *outcome: outcomes.append(outcome))
    assert outcomes == [(error, None)]


def test_a_wrong_reason_is_refused(session: RecordingSession, task: Any) -> None:
    with pytest.raises(ArgumentError, match=r"task\.complete: "):
        task.complete(None, ["done"])
    assert session.requests == []


@pytest.mark.parametrize("key", ["task_queue_sid", "queue_sid"])
@pytest.mark.parametrize("name", ["queue", "taskQueue", "task_queue"])
def test_the_queue_is_one_thing_whichever_sid_the_payload_has(
    session: RecordingSession, key: str, name: str
) -> None:
    task = session.make({"sid": WT, key: WQ})
    assert getattr(task, name).sid == WQ
    assert task[name] is task.queue
    assert session.requests == []


@pytest.mark.parametrize("name", ["queue", "taskQueue", "task_queue"])
@pytest.mark.parametrize("payload", [{}, {"task_queue_sid": None}, {"queue_sid": None}])
def test_without_a_sid_there_is_no_queue(
    session: RecordingSession, payload: dict[str, Any], name: str
) -> None:
    assert getattr(session.make({"sid": WT, **payload}), name) is None


def test_one_sid_of_null_does_not_hide_the_other(session: RecordingSession) -> None:
    task = session.make({"sid": WT, "queue_sid": None, "task_queue_sid": WQ})
    assert task.queue.sid == task.taskQueue.sid == WQ


@pytest.mark.parametrize(
    ("sid", "path"), [(WS, ""), (WQ, f"/TaskQueues/{WQ}"), (WW, f"/Workflows/{WW}")]
)
@pytest.mark.parametrize(
    ("name", "kind", "last"),
    [
        ("statistics", Statistics, "/Statistics"),
        ("realtimeStats", RealTimeStatistics, "/RealTimeStatistics"),
        ("cumulativeStats", CumulativeStatistics, "/CumulativeStatistics"),
        ("realtime_stats", RealTimeStatistics, "/RealTimeStatistics"),
        ("cumulative_stats", CumulativeStatistics, "/CumulativeStatistics"),
    ],
)
def test_all_three_statistics(
    session: RecordingSession,
    sid: str,
    path: str,
    name: str,
    kind: type[Statistics],
    last: str,
) -> None:
    statistics = getattr(session.make({"sid": sid}), name)
    assert type(statistics) is kind
    session.reply(f"GET {path}{last}", {"cumulative": {"tasks_entered": 1}})
    assert statistics.fetch().cumulative.tasksEntered == 1


def test_a_worker_has_statistics_over_a_span_of_time_only(
    session: RecordingSession,
) -> None:
    worker = session.make({"sid": WK})
    session.reply(f"GET /Workers/{WK}/Statistics", {"cumulative": {}})
    assert worker.statistics.fetch() == {"cumulative": {}}
    assert not hasattr(worker, "realtimeStats")
    assert not hasattr(worker, "cumulativeStats")


@pytest.mark.parametrize(
    ("name", "kind", "path"),
    [
        ("activities", ActivityList, "/Activities"),
        ("workflows", WorkflowList, "/Workflows"),
        ("taskqueues", TaskQueueList, "/TaskQueues"),
        ("workers", WorkerList, "/Workers"),
        ("tasks", TaskList, "/Tasks"),
    ],
)
def test_a_workspace_has_everything_in_it(
    session: RecordingSession, name: str, kind: type[ListResource], path: str
) -> None:
    found = getattr(session.make({"sid": WS}), name)
    assert type(found) is kind
    session.reply(f"GET {path}", {"meta": {"key": "any"}, "any": []})
    found.fetch()
    assert session.requests == [("GET", path, None)]
