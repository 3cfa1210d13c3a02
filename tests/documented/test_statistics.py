"""The documented lines of statistics, the same for all that have them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import ArgumentError, HttpError
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.outcome import Outcome
from .conftest import OpenTaskQueue, OpenWorkspace
from .held import Held


KINDS = {
    "statistics": "Statistics",
    "cumulativeStats": "CumulativeStatistics",
    "realtimeStats": "RealTimeStatistics",
}
OWNERS = ["taskQueue", "workspace", "workers", "taskqueues", "workflow"]


@pytest.fixture(params=OWNERS)
def owner(
    request: pytest.FixtureRequest,
    task_queue_with: OpenTaskQueue,
    workspace_with: OpenWorkspace,
    workspace: ReadyWorkspace,
    emulator: Emulator,
) -> Any:
    """Something that has statistics, after one task was offered to its workers."""
    emulator.create_task()
    if request.param == "taskQueue":
        return task_queue_with("fetch_subresources")
    client = workspace_with("fetch_subresources")
    owners: dict[str, Callable[[], Any]] = {
        "workspace": lambda: client,
        "workers": lambda: client.workers,
        "taskqueues": lambda: client.taskqueues,
        "workflow": lambda: client.workflows.fetch(workspace.workflow_sid),
    }
    return owners[request.param]()


def only(result: Any) -> Any:
    """The statistics, of the one queue if they come as a list of queues."""
    if isinstance(result, list):
        (result,) = result
        assert result["taskQueueSid"]
    return result


@pytest.mark.parametrize("kind", KINDS)
def test_fetch(owner: Any, kind: str, held: Held, outcome: Outcome) -> None:
    getattr(owner, kind).fetch(outcome.callback)
    statistics = only(outcome.result)
    if kind != "realtimeStats":
        cumulative = statistics if kind == "cumulativeStats" else statistics.cumulative
        assert cumulative.reservationsCreated == cumulative["reservations_created"] == 1
    if kind != "cumulativeStats":
        realtime = statistics if kind == "realtimeStats" else statistics.realtime
        assert 1 in (realtime.get("totalTasks"), realtime.get("totalWorkers"))
    assert any(path.endswith(f"/{KINDS[kind]}") for path, _ in held.sent("GET"))


@pytest.mark.parametrize("kind", KINDS)
def test_fetch_with_parameters(
    owner: Any, kind: str, held: Held, outcome: Outcome
) -> None:
    params = {"TaskChannel": "voice"}
    if kind != "realtimeStats":
        params["Minutes"] = "240"
    getattr(owner, kind).fetch(params, outcome.callback)
    statistics = only(outcome.result)
    # Nothing has come by voice.
    cumulative = statistics.get("cumulative", statistics)
    assert not cumulative.get("reservationsCreated")
    assert [sent for path, sent in held.sent("GET") if path.endswith(KINDS[kind])] == [
        params
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_fetch_in_python(owner: Any, kind: str) -> None:
    snake = {"cumulativeStats": "cumulative_stats", "realtimeStats": "realtime_stats"}
    of_kind = getattr(owner, snake.get(kind, kind))
    assert only(of_kind.fetch(task_channel="default"))
    assert only(of_kind.fetch())


@pytest.mark.parametrize("kind", ["statistics", "cumulativeStats"])
def test_fetch_that_is_refused(owner: Any, kind: str, outcome: Outcome) -> None:
    of_kind = getattr(owner, kind)
    of_kind.fetch({"Minutes": "soon"}, outcome.callback)
    assert outcome.error.code == 400
    assert "Minutes" in outcome.error.message
    with pytest.raises(HttpError, match="Minutes"):
        of_kind.fetch(minutes="soon")


@pytest.mark.parametrize("kind", KINDS)
def test_fetch_takes_no_text(
    owner: Any, kind: str, held: Held, outcome: Outcome
) -> None:
    with pytest.raises(ArgumentError, match="must be a dict of parameters, not str"):
        getattr(owner, kind).fetch("Minutes", outcome.callback)
    assert outcome.calls == []
    assert not [path for path, _ in held.sent("GET") if path.endswith(KINDS[kind])]


def test_statistics_are_json(owner: Any) -> None:
    """``JSON.stringify(statistics)``: the same names, and times as text."""
    statistics = only(json.loads(json.dumps(owner.statistics.fetch())))
    assert statistics["cumulative"]["reservationsCreated"] == 1
    assert isinstance(statistics["cumulative"]["startTime"], str)
