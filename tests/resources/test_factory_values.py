"""From the wire to what users read: no payload makes an error, and no value is lost."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hypothesis import given, strategies as st
from taskrouter_sync.resources.listing import ListResource

from taskrouter_sync.errors import InvalidResponse
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.statistics import StatisticsData
from taskrouter_sync.wire.answers import Answer, read

from ..strategies import json_values, moderate, names, payloads, texts, words
from .session import WA, WC, WK, WQ, WR, WS, WT, WW, RecordingSession


# In `payload` alone.
HIDDEN = {"url", "links", "reservation_sid"}
OF_USERS = {"attributes", "configuration", "addons"}

odd_names = names | words | texts | st.sampled_from(["", "_", "a__b", "__class__", "ß"])
sids = st.sampled_from([WS, WW, WQ, WK, WA, WT, WR, WC, "XX1", "W", ""])


def received(payload: Any) -> Any:
    """What a client makes of an answer with this payload."""
    body = json.dumps({"payload": payload}).encode()
    return RecordingSession().make(read(Answer(200, "OK", body), "GET", "").payload)


def is_there(name: str, sent: Any, got: Any) -> None:
    """Fail unless a value that was sent can be read, at every depth."""
    if name in OF_USERS:
        assert got == sent or (isinstance(sent, str) and got == json.loads(sent))
    elif isinstance(sent, dict):
        for key, value in sent.items():
            is_there(key, value, got[key])
    elif isinstance(sent, list):
        assert len(got) == len(sent)
        for value, each in zip(sent, got, strict=True):
            is_there("", value, each)
    elif isinstance(got, datetime):
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
            assert_statistics(sent, got)
        elif not isinstance(got, ListResource):
            assert got == sent


@moderate
@given(payloads(odd_names))
def test_of_statistics(payload: dict[str, Any]) -> None:
    sent = {name: value for name, value in payload.items() if name != "sid"}
    sent |= {"cumulative": {"tasks_entered": 1}, "meta": None}
    got = received(sent)
    assert isinstance(got, StatisticsData)
    assert_statistics(sent, got)


def assert_statistics(sent: dict[str, Any], got: StatisticsData) -> None:
    """Their times and texts stay what they are."""
    for name in sent.keys() - HIDDEN:
        stays(sent[name], got[name])


def stays(sent: Any, got: Any) -> None:
    if isinstance(sent, dict):
        for name, value in sent.items():
            stays(value, got[name])
    elif isinstance(sent, list):
        assert len(got) == len(sent)
        for value, each in zip(sent, got, strict=True):
            stays(value, each)
    else:
        assert (got, type(got)) == (sent, type(sent))


@moderate
@given(json_values(odd_names) | payloads(odd_names))
def test_of_whatever_there_is(payload: Any) -> None:
    """Only a list without its items is refused."""
    try:
        received(payload)
    except InvalidResponse:
        assert isinstance(payload["meta"], dict)
