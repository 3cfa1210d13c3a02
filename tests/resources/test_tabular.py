"""Resources, lists and statistics as rows, and as what a notebook shows."""

from __future__ import annotations

import copy
import csv
import io
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pandas
import pytest
from hypothesis import given

from taskrouter_sync.resources.statistics import StatisticsData

from ..strategies import moderate, payloads
from ..support.html import MARKUP, check
from .session import WK, WORKER, WORKSPACE, RecordingSession


STATISTICS: dict[str, Any] = {
    "workspace_sid": "WS1",
    "realtime": {
        "activity_statistics": [{"friendly_name": "Idle", "workers": 2}],
        "tasks_by_priority": {},
        "tasks_by_status": {"reserved": 1, "pending": 2},
        "total_tasks": 3,
    },
    "url": f"{WORKSPACE}/Statistics",
}
ROW = {
    "workspace_sid": "WS1",
    "realtime.activity_statistics": [{"friendly_name": "Idle", "workers": 2}],
    "realtime.tasks_by_priority": {},
    "realtime.tasks_by_status.reserved": 1,
    "realtime.tasks_by_status.pending": 2,
    "realtime.total_tasks": 3,
}


def page_of(session: RecordingSession, *items: Any, **meta: Any) -> Any:
    return session.make({"meta": {"key": "workers", **meta}, "workers": list(items)})


@pytest.fixture
def workers(session: RecordingSession) -> Any:
    """A page of two workers."""
    second = {**WORKER, "sid": WK[:-1] + "2", "friendly_name": "Bob"}
    return page_of(session, WORKER, second, page=0)


def test_a_list_gives_its_properties_by_the_names_of_the_rest_api(workers: Any) -> None:
    [ann, bob] = workers.to_dicts()
    assert (ann["sid"], ann["friendly_name"], bob["friendly_name"]) == (
        WK,
        "Ann",
        "Bob",
    )
    assert ann["date_created"] == datetime(2015, 7, 30, 20, tzinfo=timezone.utc)
    assert ann["attributes"]["languages"] == ["en", "es"]
    assert set(ann) == set(WORKER) - {"url", "links"}


def test_a_row_belongs_to_whoever_got_it(workers: Any) -> None:
    workers.to_dicts()[0]["friendly_name"] = "Zoe"
    assert workers[0].friendly_name == "Ann"


def test_what_is_no_resource_is_a_row_too(session: RecordingSession) -> None:
    found = page_of(session, {"plain": 1}, 5)
    assert found.to_dicts() == [{"plain": 1}, {"value": 5}]


def test_statistics_are_one_row_named_by_path() -> None:
    assert StatisticsData(STATISTICS).to_dicts() == [ROW]


def test_a_list_of_statistics_has_a_row_for_each(session: RecordingSession) -> None:
    found = session.make(
        {"meta": {"key": "queue_statistics"}, "queue_statistics": [STATISTICS, 5]}
    )
    assert isinstance(found, list)
    assert found.to_dicts() == found.toDicts() == [ROW, {"value": 5}]


def test_statistics_answer_to_both_spellings() -> None:
    statistics = StatisticsData(STATISTICS)
    assert statistics.toDicts() == statistics.to_dicts()


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]
)
def test_a_copy_of_statistics_is_statistics(again: Any) -> None:
    statistics = StatisticsData(STATISTICS)
    statistics["note"] = "mine"
    copied = again(statistics)
    assert type(copied) is StatisticsData
    assert copied == statistics
    assert copied.to_dicts() == [ROW]


def test_a_list_is_a_data_frame(workers: Any) -> None:
    frame = pandas.DataFrame(workers)
    assert list(frame["friendlyName"]) == ["Ann", "Bob"]
    assert list(frame["available"]) == [True, True]


def test_rows_are_a_data_frame(workers: Any) -> None:
    frame = pandas.DataFrame(workers.to_dicts())
    assert list(frame.friendly_name) == ["Ann", "Bob"]
    assert str(frame.date_created.dtype).startswith("datetime64")
    figures = pandas.DataFrame(StatisticsData(STATISTICS).to_dicts())
    assert figures["realtime.total_tasks"][0] == 3


def test_rows_are_written_as_csv(workers: Any) -> None:
    rows = workers.to_dicts()
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    assert len(written.getvalue().splitlines()) == 3


def test_a_notebook_shows_a_resource(worker: Any) -> None:
    words = check(worker._repr_html_()).words
    assert words[0].startswith(f"Worker {WK}")
    assert words[words.index("friendly_name") + 1] == "Ann"
    assert "url" not in words


def test_a_notebook_shows_a_list(workers: Any) -> None:
    words = check(workers._repr_html_()).words
    assert words[:3] == ["WorkerList page=0 items=2", "sid", "friendly_name"]
    assert "Bob" in words


def test_a_notebook_shows_statistics() -> None:
    words = check(StatisticsData(STATISTICS)._repr_html_()).words
    assert words[0] == "StatisticsData"
    assert words[words.index("realtime.tasks_by_status.pending") + 1] == "2"


def test_a_notebook_shows_a_list_of_statistics(session: RecordingSession) -> None:
    found = session.make(
        {"meta": {"key": "x_statistics"}, "x_statistics": [STATISTICS]}
    )
    assert check(found._repr_html_()).words[:2] == [
        "Statistics",
        "realtime.activity_statistics",
    ]


@given(payloads(MARKUP), MARKUP)
@moderate
def test_no_payload_becomes_markup(payload: dict[str, Any], name: str) -> None:
    session = RecordingSession()
    worker = {**WORKER, **payload, "sid": WK, "friendly_name": name}
    check(session.make(worker)._repr_html_())
    check(page_of(session, worker, payload)._repr_html_())
    check(StatisticsData(payload)._repr_html_())


@given(payloads())
@moderate
def test_rows_lose_nothing_of_statistics(payload: dict[str, Any]) -> None:
    [row] = StatisticsData(payload).to_dicts()
    again = json.loads(json.dumps(row))
    assert again == row
