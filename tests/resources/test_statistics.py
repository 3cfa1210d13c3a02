"""Statistics: plain data, as `JSON.stringify` would write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrouter_sync.errors import ArgumentError, HttpError
from taskrouter_sync.resources.statistics import (
    RealTimeStatistics,
    Statistics,
    StatisticsData,
)

from .session import AC, WK, WORKSPACE, RecordingSession


PAYLOAD = {
    "account_sid": AC,
    "cumulative": {
        "avg_task_acceptance_time": 12.5,
        "end_time": "2015-07-30T20:05:00Z",
        "end_date": "2015-07-30T20:05:00Z",
        "split_by_wait_time": {"30": {"above": {"tasks": 1}}},
    },
    "realtime": {
        "activity_statistics": [{"friendly_name": "Idle", "workers": 2}],
        "tasks_by_priority": {"1": 3},
        "tasks_by_status": {"reserved": 1, "pending": 2},
    },
    "url": f"{WORKSPACE}/Workers/{WK}/Statistics",
    "worker_sid": WK,
}

IN_JAVASCRIPT = {
    "accountSid": AC,
    "cumulative": {
        "avgTaskAcceptanceTime": 12.5,
        "endTime": "2015-07-30T20:05:00Z",
        "endDate": "2015-07-30T20:05:00Z",
        "splitByWaitTime": {"30": {"above": {"tasks": 1}}},
    },
    "realtime": {
        "activityStatistics": [{"friendlyName": "Idle", "workers": 2}],
        "tasksByPriority": {"1": 3},
        "tasksByStatus": {"reserved": 1, "pending": 2},
    },
    "workerSid": WK,
}


def test_json_has_the_names_of_javascript_in_the_services_order() -> None:
    assert json.dumps(StatisticsData(PAYLOAD)) == json.dumps(IN_JAVASCRIPT)


def test_both_spellings_are_read_at_every_depth() -> None:
    statistics = StatisticsData(PAYLOAD)
    assert statistics.cumulative.avgTaskAcceptanceTime == 12.5
    assert statistics["cumulative"]["avg_task_acceptance_time"] == 12.5
    assert statistics.realtime.activity_statistics[0].friendly_name == "Idle"
    assert statistics.realtime["tasksByPriority"]["1"] == 3


def test_times_stay_text() -> None:
    statistics = StatisticsData(PAYLOAD)
    assert statistics.cumulative.end_date == "2015-07-30T20:05:00Z"


def test_no_neighbors_are_made() -> None:
    statistics = StatisticsData(PAYLOAD)
    assert statistics.worker_sid == WK
    assert not hasattr(statistics, "worker")


PATH = f"/Workers/{WK}/Statistics"


@pytest.fixture
def statistics(session: RecordingSession) -> Any:
    wire: Any = session
    session.reply(f"GET {PATH}", PAYLOAD)
    return Statistics(wire, f"{WORKSPACE}{PATH}")


@pytest.mark.parametrize(
    ("args", "keywords", "params"),
    [
        ((), {}, None),
        ((None,), {}, None),
        (({"Minutes": 240},), {}, {"Minutes": 240}),
        (({},), {}, {}),
        ((), {"minutes": "240"}, {"Minutes": "240"}),
        ((), {"start_date": "2015-07-30"}, {"StartDate": "2015-07-30"}),
    ],
)
def test_fetch(
    session: RecordingSession,
    statistics: Any,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    params: Any,
) -> None:
    assert statistics.fetch(*args, **keywords) == IN_JAVASCRIPT
    assert session.requests == [("GET", PATH, params)]


def test_a_callback_gets_the_statistics(statistics: Any) -> None:
    outcomes: list[Any] = []
    statistics.fetch({"Minutes": 240}, lambda *outcome: outcomes.append(outcome))
    assert outcomes == [(None, IN_JAVASCRIPT)]


def test_a_callback_gets_the_error(session: RecordingSession, statistics: Any) -> None:
    outcomes: list[Any] = []
    error = HttpError(403, "Forbidden")
    session.reply(f"GET {PATH}", error)
    statistics.fetch(lambda *outcome: outcomes.append(outcome))
    assert outcomes == [(error, None)]


@pytest.mark.parametrize("args", [("Minutes",), (5,), ({}, {})])
def test_a_wrong_call_asks_for_nothing(
    session: RecordingSession, statistics: Any, args: tuple[Any, ...]
) -> None:
    with pytest.raises(ArgumentError, match=r"statistics\.fetch: "):
        statistics.fetch(*args)
    assert session.requests == []


def test_a_token_is_the_clients(session: RecordingSession, statistics: Any) -> None:
    statistics.updateToken("one")
    statistics.update_token("two")
    assert session.tokens == ["one", "two"]


def test_statistics_show_themselves() -> None:
    wire: Any = None
    assert repr(Statistics(wire, "")) == "<Statistics>"
    assert repr(RealTimeStatistics(wire, "")) == "<RealTimeStatistics>"
