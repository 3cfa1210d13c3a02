"""Statistics, lists and resources as plain data: dicts, JSON, rows, and HTML."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pandas
import pytest
from hypothesis import given

from taskrouter_sync.properties import user_data
from taskrouter_sync.resources.statistics import (
    StatisticsData,
)

from ..strategies import moderate, payloads, texts
from ..support.recording_session import (
    AC,
    WK,
    WORKER,
    WORKSPACE,
    WR,
    WT,
    RecordingSession,
)
from .test_notebook import MARKUP, check


PAYLOAD: dict[str, Any] = {
    "account_sid": AC,
    "cumulative": {
        "avg_task_acceptance_time": 12.5,
        "end_time": "2015-07-30T20:05:00Z",
        "end_date": "2015-07-30T20:05:00Z",
        "split_by_wait_time": {"30": {"above": {"tasks": 1}}},
    },
    "realtime": {
        "activity_statistics": [{"friendly_name": "Idle", "workers": 2}],
        "tasks_by_priority": {},
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
        "tasksByPriority": {},
        "tasksByStatus": {"reserved": 1, "pending": 2},
    },
    "workerSid": WK,
}
ROW = {
    "account_sid": AC,
    "cumulative.avg_task_acceptance_time": 12.5,
    "cumulative.end_time": "2015-07-30T20:05:00Z",
    "cumulative.end_date": "2015-07-30T20:05:00Z",
    "cumulative.split_by_wait_time.30.above.tasks": 1,
    "realtime.activity_statistics": [{"friendly_name": "Idle", "workers": 2}],
    "realtime.tasks_by_priority": {},
    "realtime.tasks_by_status.reserved": 1,
    "realtime.tasks_by_status.pending": 2,
    "worker_sid": WK,
}


def test_json_has_the_names_of_javascript_in_the_services_order() -> None:
    assert json.dumps(StatisticsData(PAYLOAD)) == json.dumps(IN_JAVASCRIPT)


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
    assert StatisticsData(PAYLOAD).to_dicts() == [ROW]


def test_a_list_of_statistics_has_a_row_for_each(session: RecordingSession) -> None:
    found = session.make(
        {"meta": {"key": "queue_statistics"}, "queue_statistics": [PAYLOAD, 5]}
    )
    assert isinstance(found, list)
    assert found.to_dicts() == found.toDicts() == [ROW, {"value": 5}]


def test_statistics_may_be_in_a_dataclass() -> None:
    @dataclasses.dataclass
    class Report:
        statistics: Any

    for held in (StatisticsData(PAYLOAD), [StatisticsData(PAYLOAD)]):
        found = dataclasses.asdict(Report(held))["statistics"]
        assert found == held
        assert found is not held


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]
)
def test_a_copy_of_statistics_is_statistics(again: Any) -> None:
    statistics = StatisticsData(PAYLOAD)
    statistics["note"] = "mine"
    copied = again(statistics)
    assert type(copied) is StatisticsData
    assert copied == statistics
    assert copied.to_dicts() == [{**ROW, "note": "mine"}]


def test_a_list_is_a_data_frame(workers: Any) -> None:
    frame = pandas.DataFrame(workers)
    assert list(frame["friendlyName"]) == ["Ann", "Bob"]
    assert list(frame["available"]) == [True, True]


def test_rows_are_a_data_frame(workers: Any) -> None:
    frame = pandas.DataFrame(workers.to_dicts())
    assert list(frame.friendly_name) == ["Ann", "Bob"]
    assert str(frame.date_created.dtype).startswith("datetime64")
    figures = pandas.DataFrame(StatisticsData(PAYLOAD).to_dicts())
    assert figures["realtime.tasks_by_status.pending"][0] == 2


def test_attributes_are_rows_of_a_data_frame() -> None:
    found = [user_data('{"language": "en"}'), user_data('{"language": "es"}')]
    assert list(pandas.DataFrame(found)["language"]) == ["en", "es"]


def test_a_notebook_shows_a_resource(worker: Any) -> None:
    words = check(worker._repr_html_()).words
    assert words[0].startswith(f"Worker {WK}")
    assert words[words.index("friendly_name") + 1] == "Ann"
    assert "url" not in words


def test_a_notebook_shows_statistics() -> None:
    words = check(StatisticsData(PAYLOAD)._repr_html_()).words
    assert words[0] == "StatisticsData"
    assert words[words.index("realtime.tasks_by_status.pending") + 1] == "2"


def test_a_notebook_shows_a_list_of_statistics(session: RecordingSession) -> None:
    found = session.make({"meta": {"key": "x_statistics"}, "x_statistics": [PAYLOAD]})
    words = check(found._repr_html_()).words
    assert words[0] == "Statistics"
    assert "realtime.activity_statistics" in words


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


TASK = {"sid": WT, "date_created": 1438286400, "attributes": '{"a_b":[{"c":1.0}]}'}


@pytest.fixture
def reservation(session: RecordingSession) -> Any:
    """A reservation with its task, and a nested object."""
    session.reply(f"GET /Tasks/{WT}", TASK)
    payload = {"sid": WR, "task_sid": WT, "outer_object": {"inner_date": "2015-07-30"}}
    return session.result(payload)


def test_an_entity_gives_itself_away_as_data(reservation: Any) -> None:
    day = datetime(2015, 7, 30, tzinfo=timezone.utc)
    task = {"sid": WT, "dateCreated": day.replace(hour=20)}
    task |= {"attributes": {"a_b": [{"c": 1.0}]}}
    assert (
        reservation.to_dict()
        == reservation.toDict()
        == {
            "sid": WR,
            "taskSid": WT,
            "outerObject": {"innerDate": day},
            "task": task,
        }
    )
    snake = reservation.to_dict(snake_case=True)
    assert snake["outer_object"] == {"inner_date": day}
    assert snake["task"]["date_created"] == day.replace(hour=20)


def test_its_json_is_that_of_javascript(reservation: Any) -> None:
    assert (
        reservation.to_json()
        == reservation.toJson()
        == (
            f'{{"sid":"{WR}","taskSid":"{WT}",'
            '"outerObject":{"innerDate":"2015-07-30T00:00:00.000Z"},'
            f'"task":{{"sid":"{WT}","dateCreated":"2015-07-30T20:00:00.000Z",'
            '"attributes":{"a_b":[{"c":1}]}}}'
        )
    )


def test_the_data_is_the_callers_own(reservation: Any) -> None:
    given = reservation.to_dict()
    assert pickle.loads(pickle.dumps(given)) == copy.deepcopy(given) == given
    given["task"]["attributes"]["a_b"].append("mine")
    assert reservation.task.attributes.a_b == [{"c": 1}]
    assert type(given["task"]["attributes"]) is type(given["outerObject"]) is dict


def test_a_list_is_an_object_with_its_page(workers: Any) -> None:
    found = workers.to_dict()
    names = [each["friendlyName"] for each in found["data"]]
    assert (names, found["page"], found["hasNext"]) == (["Ann", "Bob"], 0, False)
    assert list(found) == ["data", "page", "pageSize", "hasNext", "hasPrevious"]
    assert "page_size" in workers.to_dict(snake_case=True)
    assert json.loads(workers.to_json())["data"][0]["available"] is True


def test_a_list_of_statistics_gives_itself_away_as_data(
    session: RecordingSession,
) -> None:
    kept = {name: value for name, value in PAYLOAD.items() if name != "url"}
    found = session.make({"meta": {"key": "x_statistics"}, "x_statistics": [kept, 5]})
    assert found.to_dict(snake_case=True) == [kept, 5]
    assert json.loads(found.to_json()) == found == found.to_dict()


def test_a_shallow_copy_belongs_to_the_same_client(reservation: Any) -> None:
    assert copy.copy(reservation).task is reservation.task


@moderate
@given(payloads(texts))
def test_whatever_was_sent_is_json(payload: dict[str, Any]) -> None:
    entity = RecordingSession().make({**payload, "sid": "WK1"})
    for snake_case in (False, True):
        assert isinstance(entity.to_dict(snake_case), Mapping)
    assert json.loads(entity.to_json().encode())["sid"] == "WK1"
