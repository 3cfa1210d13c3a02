"""Parameters: values as the REST API takes them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from taskrouter_sync.parameters import (
    as_given,
    as_text,
    checked,
    parameter_name,
    text,
)

from taskrouter_sync.errors import ArgumentError

from .strategies import json_values, moderate, texts


TEXTS: list[tuple[Any, str]] = [
    # What users hand in, what goes out.
    ("Ann", "Ann"),
    ("", ""),
    ('{"a":1}', '{"a":1}'),
    (20, "20"),
    (0, "0"),
    (1.5, "1.5"),
    (True, "true"),
    (False, "false"),
    ({"languages": ["en", {"x": None}]}, '{"languages":["en",{"x":null}]}'),
    ([1, "two"], '[1,"two"]'),
    (("initiated", "completed"), '["initiated","completed"]'),
    ({"name": "Zoë"}, '{"name":"Zoë"}'),
    ({}, "{}"),
    (MappingProxyType({"a": MappingProxyType({"b": 1})}), '{"a":{"b":1}}'),
    (datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc), "2015-07-30T20:00:00Z"),
    (
        datetime(2015, 7, 30, 22, 0, tzinfo=timezone(timedelta(hours=2))),
        "2015-07-30T20:00:00Z",
    ),
    (date(2015, 7, 30), "2015-07-30"),
    ({"day": date(2015, 7, 30)}, '{"day":"2015-07-30"}'),
]


@pytest.mark.parametrize(("value", "expected"), TEXTS)
def test_text(value: Any, expected: str) -> None:
    assert text(value) == expected


@moderate
@given(json_values(texts))
def test_objects_go_out_as_the_json_text_of_themselves(value: Any) -> None:
    sent = text({"value": value})
    assert json.loads(sent) == {"value": value}


def test_none_is_not_sent() -> None:
    assert as_text({"FriendlyName": None, "Timeout": 0}) == {"Timeout": "0"}


def test_the_callers_own_dict_is_left_as_it_is() -> None:
    params = {"Attributes": {"a": [1]}, "Timeout": 5}
    assert as_text(params) == {"Attributes": '{"a":[1]}', "Timeout": "5"}
    assert params == {"Attributes": {"a": [1]}, "Timeout": 5}


def test_a_querys_values_travel_as_they_are_given_but_for_dates() -> None:
    params = {
        "Minutes": 240,
        "Available": True,
        "Names": ["Ann"],
        "Gone": None,
        "StartDate": datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc),
        "EndDate": date(2015, 7, 31),
    }
    assert as_given(params) == {
        "Minutes": 240,
        "Available": True,
        "Names": ["Ann"],
        "StartDate": "2015-07-30T20:00:00Z",
        "EndDate": "2015-07-31",
    }


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("friendly_name", "FriendlyName"),
        ("sid", "Sid"),
        ("task_queue_sid", "TaskQueueSid"),
        ("FriendlyName", "FriendlyName"),
        ("", ""),
    ],
)
def test_parameter_name(keyword: str, name: str) -> None:
    assert parameter_name(keyword) == name


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"A": None, "B": "b", "C": 1, "D": 1.5, "E": True},
        {"A": {"b": [1, None, {"c": (1, 2)}]}, "B": date(2015, 7, 30)},
        MappingProxyType({"A": MappingProxyType({"b": date(2015, 7, 30)})}),
    ],
)
def test_what_can_be_sent(params: Any) -> None:
    assert checked("workers.create", params) == dict(params)


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value", [b"WA", {1}, object(), [{1}], {"a": b"b"}, [float("nan")], LOOP]
)
def test_what_can_t_be_sent(value: Any) -> None:
    words = "^workers.create: the value of Attributes must be text, .* not "
    with pytest.raises(ArgumentError, match=words + type(value).__name__):
        checked("workers.create", {"A": "b", "Attributes": value})


@pytest.mark.parametrize("name", [5, None, b"A", ("A", "b")])
def test_a_name_is_text(name: Any) -> None:
    words = "^workers.create: the name of a parameter must be text, not "
    with pytest.raises(ArgumentError, match=words + type(name).__name__):
        checked("workers.create", {name: "b"})
