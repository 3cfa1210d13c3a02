"""Entities: the lists and statistics that some of them have."""

from __future__ import annotations

import pytest
from taskrouter_sync.resources.listing import (
    ActivityList,
    ListResource,
    TaskList,
    TaskQueueList,
    WorkerList,
    WorkflowList,
)

from taskrouter_sync.resources.statistics import (
    CumulativeStatistics,
    RealTimeStatistics,
    Statistics,
)

from .session import WK, WQ, WS, WW, RecordingSession


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
