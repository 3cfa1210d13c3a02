"""The kinds of resources: what each has, and what can be done with it."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.errors import ClientClosed, HttpError
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


RESERVATION = {"sid": WR, "task_sid": WT}
TASK = {"sid": WT, "assignment_status": "assigned"}


@pytest.fixture
def reservation(session: RecordingSession) -> Any:
    session.reply(f"POST /Tasks/{WT}/Reservations/{WR}", RESERVATION)
    session.reply(f"GET /Tasks/{WT}", TASK)
    return session.make(RESERVATION)


class TestTask:
    def test_before_it_is_loaded_it_is_a_neighbor(
        self, session: RecordingSession, reservation: Any
    ) -> None:
        assert isinstance(reservation.task, Task)
        assert list(reservation.task) == ["sid"]
        assert session.requests == []

    def test_it_is_loaded_once(self, session: RecordingSession) -> None:
        session.reply(f"GET /Tasks/{WT}", TASK)
        loaded = session.result(RESERVATION)
        loaded._load()
        assert session.requests == [("GET", f"/Tasks/{WT}", None)]

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
    """The tasks of a page of reservations."""

    def page(self, *task_sids: Any) -> dict[str, Any]:
        return {
            "meta": {"key": "reservations"},
            "reservations": [
                {"sid": f"WR{number}", "task_sid": sid}
                for number, sid in enumerate(task_sids)
            ],
        }

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
        for message, trouble in zip(
            caplog.messages, ["404 Not Found", "not a task"], strict=True
        ):
            assert "could not be loaded" in message and trouble in message

    def test_a_list_that_was_not_asked_for_loads_nothing(
        self, session: RecordingSession
    ) -> None:
        session.result(self.page(WT), f"{WORKSPACE}/Workers/WK1/Channels")
        assert session.requests == []


@pytest.mark.parametrize("name", ["queue", "taskQueue", "task_queue"])
@pytest.mark.parametrize(
    ("payload", "sid"),
    [
        # One thing, whichever sid the payload has: REST and frames differ.
        ({"task_queue_sid": WQ}, WQ),
        ({"queue_sid": WQ}, WQ),
        ({"queue_sid": None, "task_queue_sid": WQ}, WQ),
        ({}, None),
        ({"task_queue_sid": None}, None),
        ({"queue_sid": None}, None),
    ],
)
def test_the_queue_of_a_task(
    session: RecordingSession, payload: dict[str, Any], sid: str | None, name: str
) -> None:
    task = session.make({"sid": WT, **payload})
    assert getattr(task, name) == (sid and session.make({"sid": sid}))
    assert getattr(task, name) is task.queue
    assert session.requests == []


@pytest.mark.parametrize(
    ("sid", "path"), [(WS, ""), (WQ, f"/TaskQueues/{WQ}"), (WW, f"/Workflows/{WW}")]
)
@pytest.mark.parametrize(
    ("name", "kind", "last"),
    [
        ("statistics", Statistics, "/Statistics"),
        ("realtimeStats", RealTimeStatistics, "/RealTimeStatistics"),
        ("cumulativeStats", CumulativeStatistics, "/CumulativeStatistics"),
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
