"""The factory: what each payload becomes; none makes an error, no value is lost."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.naming import camel_case
from taskrouter_sync.properties import NOT_PROPERTIES, property_value
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.lists import (
    ActivityList,
    ListResource,
    TaskList,
    TaskQueueList,
    WorkerChannelList,
    WorkerList,
    WorkflowList,
)
from taskrouter_sync.resources.models import (
    Activity,
    Task,
    TaskQueueResource,
    WorkerChannel,
    WorkerResource,
    Workflow,
    WorkspaceResource,
)
from taskrouter_sync.resources.reservation import Reservation, ReservationList
from taskrouter_sync.resources.statistics import StatisticsData

from ..strategies import json_values, moderate, names, payloads, texts, words
from ..support.recording_session import (
    WA,
    WC,
    WK,
    WORKSPACE,
    WQ,
    WR,
    WS,
    WT,
    WW,
    RecordingSession,
)


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
    # Whatever a sid holds, it stays one segment of the path.
    ({"sid": "WT/../x?"}, Task, f"{WORKSPACE}/Tasks/WT%2F..%2Fx%3F"),
    ({"sid": "WT\ud800"}, Task, f"{WORKSPACE}/Tasks/WT%3F"),
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


# In `payload` alone.
HIDDEN = {"url", "links", "reservation_sid"}
OF_USERS = {"attributes", "configuration", "addons"}

odd_names = names | words | texts | st.sampled_from(["", "_", "a__b", "__class__", "ß"])
sids = st.sampled_from([WS, WW, WQ, WK, WA, WT, WR, WC, "XX1", "W", ""])


def received(payload: Any) -> Any:
    """What a client makes of a response with this payload."""
    return RecordingSession().make(json.loads(json.dumps(payload)))


def is_there(name: str, sent: Any, got: Any, in_statistics: bool = False) -> None:
    """Fail unless a value that was sent can be read, at every depth.

    In statistics times and texts stay what they are.
    """
    if name in OF_USERS and not in_statistics:
        assert got == sent or (isinstance(sent, str) and got == json.loads(sent))
    elif isinstance(sent, dict):
        for key, value in sent.items():
            is_there(key, value, got[key], in_statistics)
    elif isinstance(sent, list):
        assert len(got) == len(sent)
        for value, each in zip(sent, got, strict=True):
            is_there("", value, each, in_statistics)
    elif isinstance(got, datetime) and not in_statistics:
        assert isinstance(sent, str | int | float)
        assert "date" in name or name == "virtual_start_time"
    else:
        assert (got, type(got)) == (sent, type(sent))


@moderate
@given(payloads(odd_names), sids)
def test_of_a_resource(payload: dict[str, Any], sid: str) -> None:
    sent = {**payload, "sid": sid}
    entity = received(sent)
    assert isinstance(entity, Resource)
    assert entity.payload == sent
    for name in sent.keys() - HIDDEN:
        is_there(name, sent[name], entity[name])
        # Members come first, and what begins with an underscore is nobody's.
        if name[:1] != "_" and not hasattr(type(entity), name):
            is_there(name, sent[name], getattr(entity, name))
    # The documented loop comes to its end, and so does whatever shows it.
    for name in entity:
        entity[name]
    assert repr(entity)
    assert dir(entity)


@moderate
@given(
    st.sampled_from(["workers", "tasks", "reservations", "things"]),
    st.lists(payloads(odd_names) | json_values(odd_names), max_size=3),
)
def test_of_a_list(key: str, items: list[Any]) -> None:
    found = received({"meta": {"key": key, "page": 0}, key: items})
    assert isinstance(found, ListResource)
    assert len(found.data) == len(items)
    for sent, got in zip(items, found, strict=True):
        if isinstance(got, Resource):
            assert got.payload == sent
        elif isinstance(got, StatisticsData):
            statistics_are_there(sent, got)
        elif not isinstance(got, ListResource):
            assert got == sent


@moderate
@given(payloads(odd_names))
def test_of_statistics(payload: dict[str, Any]) -> None:
    sent = {name: value for name, value in payload.items() if name != "sid"}
    sent |= {"cumulative": {"tasks_entered": 1}, "meta": None}
    got = received(sent)
    assert isinstance(got, StatisticsData)
    statistics_are_there(sent, got)


def statistics_are_there(sent: dict[str, Any], got: StatisticsData) -> None:
    for name in sent.keys() - HIDDEN:
        is_there(name, sent[name], got[name], in_statistics=True)


@moderate
@given(json_values(odd_names) | payloads(odd_names))
def test_of_whatever_there_is(payload: Any) -> None:
    received(payload)


@moderate
@given(payloads(), sids)
def test_a_resource_reads_both_spellings(payload: dict[str, Any], sid: str) -> None:
    payload = {**payload, "sid": sid}
    entity = RecordingSession().make(payload)
    for name in payload.keys() - NOT_PROPERTIES:
        expected = property_value(name, payload[name])
        assert entity[name] == entity[camel_case(name)] == expected
        assert camel_case(name) in entity.keys()
    everything = dict(entity)
    assert list(everything) == list(entity)
    assert len(everything) == len(entity)
