"""The factory: what each payload of the service becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from taskrouter_sync.resources.entities import (
    Activity,
    TaskQueueResource,
    WorkerChannel,
    WorkerResource,
    Workflow,
    WorkspaceResource,
)
from taskrouter_sync.resources.listing import (
    ActivityList,
    ListResource,
    ReservationList,
    TaskList,
    TaskQueueList,
    WorkerChannelList,
    WorkerList,
    WorkflowList,
)
from taskrouter_sync.resources.task import Task

from taskrouter_sync.naming import camel_case
from taskrouter_sync.properties import NOT_PROPERTIES, JsonObject, property_value
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.reservation import Reservation
from taskrouter_sync.resources.statistics import StatisticsData

from ..strategies import json_values, moderate, names, payloads, texts
from .session import AC, WA, WC, WK, WORKSPACE, WQ, WR, WS, WT, WW, RecordingSession


KINDS: list[tuple[dict[str, Any], type[Resource], str]] = [
    # Payload, what it is, where its requests go.
    ({"sid": WS}, WorkspaceResource, WORKSPACE),
    ({"sid": WW}, Workflow, f"{WORKSPACE}/Workflows/{WW}"),
    ({"sid": WQ}, TaskQueueResource, f"{WORKSPACE}/TaskQueues/{WQ}"),
    ({"sid": WK}, WorkerResource, f"{WORKSPACE}/Workers/{WK}"),
    ({"sid": WA}, Activity, f"{WORKSPACE}/Activities/{WA}"),
    ({"sid": WT}, Task, f"{WORKSPACE}/Tasks/{WT}"),
    (
        {"sid": WR, "task_sid": WT},
        Reservation,
        f"{WORKSPACE}/Tasks/{WT}/Reservations/{WR}",
    ),
    (
        {"sid": WC, "worker_sid": WK},
        WorkerChannel,
        f"{WORKSPACE}/Workers/{WK}/Channels/{WC}",
    ),
    # The workspace's own address is the client's, whatever the payload says.
    ({"sid": WT, "url": "https://elsewhere/WT"}, Task, f"{WORKSPACE}/Tasks/{WT}"),
    # A kind that nobody knows yet, and a reservation that does not say its task.
    ({"sid": "XX1", "url": "https://t/Things/XX1"}, Resource, "https://t/Things/XX1"),
    ({"sid": "XX1"}, Resource, ""),
    ({"sid": "XX1", "url": 5}, Resource, ""),
    ({"sid": ""}, Resource, ""),
    ({"sid": WR, "url": "https://t/WR"}, Reservation, "https://t/WR"),
]


@pytest.mark.parametrize(("payload", "kind", "url"), KINDS)
def test_a_payload_with_a_sid_is_a_resource(
    session: RecordingSession, payload: dict[str, Any], kind: type[Resource], url: str
) -> None:
    entity = session.make(payload)
    assert type(entity) is kind
    assert entity._url == url
    assert entity.payload is payload


LISTS: list[tuple[str, type[ListResource], str]] = [
    # Key of the meta, what it is, where its requests go.
    ("activities", ActivityList, "/Activities"),
    ("workflows", WorkflowList, "/Workflows"),
    ("task_queues", TaskQueueList, "/TaskQueues"),
    ("workers", WorkerList, "/Workers"),
    ("tasks", TaskList, "/Tasks"),
    ("reservations", ReservationList, f"/Workers/{WK}/Reservations"),
    ("channels", WorkerChannelList, f"/Workers/{WK}/Channels"),
    ("things", ListResource, "/things"),
]


@pytest.mark.parametrize(("key", "kind", "path"), LISTS)
def test_a_payload_with_the_key_of_a_list_is_a_list(
    session: RecordingSession, key: str, kind: type[ListResource], path: str
) -> None:
    found = session.make({"meta": {"key": key}, key: [{"sid": WK}, {"sid": "XX1"}]})
    assert type(found) is kind
    assert found._url == WORKSPACE + path
    assert [type(item) for item in found] == [WorkerResource, Resource]


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        # A list is where it was asked for, if it is what was asked for.
        (f"{WORKSPACE}/Workers/{WK}/Activities?Page=2", f"/Workers/{WK}/Activities"),
        (f"{WORKSPACE}/Activities", "/Activities"),
        (f"{WORKSPACE}/Workers/{WK}/Channels", "/Activities"),
        (None, "/Activities"),
    ],
)
def test_where_a_list_is(
    session: RecordingSession, asked: str | None, url: str
) -> None:
    payload = {"meta": {"key": "activities"}, "activities": []}
    assert session.make(payload, asked)._url == WORKSPACE + url


STATISTICS: list[dict[str, Any]] = [
    {"cumulative": {"tasks_entered": 1}},
    {"realtime": None},
    {"total_tasks": 3, "url": f"{WORKSPACE}/RealTimeStatistics"},
    {"total_tasks": 3, "url": f"{WORKSPACE}/Workers/{WK}/Statistics"},
]


@pytest.mark.parametrize("payload", STATISTICS)
def test_statistics_are_plain_data(
    session: RecordingSession, payload: dict[str, Any]
) -> None:
    assert type(session.make(payload)) is StatisticsData


def test_a_list_of_statistics_is_a_list_of_plain_data(
    session: RecordingSession,
) -> None:
    found = session.make(
        {
            "meta": {"key": "workers_statistics"},
            "workers_statistics": [
                {"friendly_name": "a", "cumulative": {"tasks_entered": 1}},
                {"friendly_name": "b"},
                5,
            ],
        }
    )
    assert json.dumps(found) == (
        '[{"friendlyName": "a", "cumulative": {"tasksEntered": 1}}, '
        '{"friendlyName": "b"}, 5]'
    )
    assert found[0].cumulative.tasks_entered == 1


PLAIN: list[Any] = [
    None,
    True,
    5,
    "text",
    [],
    [{"a_b": 1}],
    {},
    {"a_b": {"c_d": 1}},
    {"sid": None, "a_b": 1},
    {"sid": 5},
    {"meta": None},
    {"meta": {"key": 5}},
    {"meta": {"key": "workers"}},
    {"meta": {"key": "workers"}, "workers": {"a": 1}},
    {"url": 5},
]


@pytest.mark.parametrize("payload", PLAIN)
def test_all_else_is_left_as_it_is(session: RecordingSession, payload: Any) -> None:
    assert session.make(payload) == payload


def test_of_all_else_the_keys_are_attributes(session: RecordingSession) -> None:
    found = session.make({"a_b": [{"c_d": 1}]})
    assert type(found) is JsonObject
    assert found.a_b[0].c_d == 1


NEIGHBORS: list[tuple[Any, dict[str, Any], type[Resource] | None, str]] = [
    # Sid, the payload that it stands in, what it points to, where that is.
    (WS, {}, WorkspaceResource, ""),
    (WT, {}, Task, f"/Tasks/{WT}"),
    (WQ, {"sid": WT}, TaskQueueResource, f"/TaskQueues/{WQ}"),
    (WR, {"task_sid": WT}, Reservation, f"/Tasks/{WT}/Reservations/{WR}"),
    (WC, {"worker_sid": WK}, WorkerChannel, f"/Workers/{WK}/Channels/{WC}"),
    (AC, {}, None, ""),
    ("TC00000000000000000000000000000001", {}, None, ""),
    ("", {}, None, ""),
    (None, {}, None, ""),
    (5, {}, None, ""),
    ([WT], {}, None, ""),
]


@pytest.mark.parametrize(("sid", "context", "kind", "path"), NEIGHBORS)
def test_what_a_sid_points_to(
    session: RecordingSession,
    sid: Any,
    context: dict[str, Any],
    kind: type[Resource] | None,
    path: str,
) -> None:
    found = session.neighbor(sid, context)
    if kind is None:
        assert found is None
    else:
        assert type(found) is kind
        assert found._url == WORKSPACE + path
        assert found.payload == {"sid": sid}
    assert session.requests == []


kinds = st.sampled_from([WS, WW, WQ, WK, WA, WT, WR, WC, "XX1", "W", ""])


@moderate
@given(json_values() | json_values(texts) | payloads(names))
def test_every_payload_becomes_something(payload: Any) -> None:
    RecordingSession().make(payload)


@moderate
@given(payloads(), kinds)
def test_a_resource_loses_no_value(payload: dict[str, Any], sid: str) -> None:
    payload = {**payload, "sid": sid}
    entity = RecordingSession().make(payload)
    assert entity.payload is payload
    for name in payload.keys() - NOT_PROPERTIES:
        expected = property_value(name, payload[name])
        assert entity[name] == entity[camel_case(name)] == expected
        assert camel_case(name) in entity.keys()
    repr(entity)


@moderate
@given(payloads(texts), kinds)
def test_a_resource_reads_every_name_by_itself(
    payload: dict[str, Any], sid: str
) -> None:
    entity = RecordingSession().make({**payload, "sid": sid})
    for name in payload.keys() - NOT_PROPERTIES - {"sid"}:
        assert entity[name] == property_value(name, payload[name])


@moderate
@given(payloads(), kinds)
def test_a_resource_can_be_read_to_its_end(payload: dict[str, Any], sid: str) -> None:
    entity = RecordingSession().make({**payload, "sid": sid})
    everything = dict(entity)
    assert list(everything) == list(entity)
    assert len(everything) == len(entity)


@moderate
@given(st.lists(json_values(), max_size=3), texts.filter("meta".__ne__), payloads())
def test_a_list_loses_no_item(items: list[Any], key: str, meta: dict[str, Any]) -> None:
    found = RecordingSession().make({"meta": {**meta, "key": key}, key: items})
    assert len(found) == len(items)
