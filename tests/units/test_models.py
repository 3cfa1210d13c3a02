"""The kinds of resources: what each has, and what can be done with it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from taskrouter_sync.errors import ClientClosed, HttpError
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
