"""The forms of update, fetch and create."""

from __future__ import annotations

from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, strategies as st
from taskrouter_sync.forms import (
    Fetch,
    Update,
    read_fetch,
    read_params,
    read_update,
)

from taskrouter_sync.errors import ArgumentError

from .strategies import arguments, keywords, moderate


WA = "WA00000000000000000000000000000002"

Values = dict[str, Any]


def cb(error: Any, result: Any) -> None:
    """The result callback of all calls below."""


UPDATES: list[tuple[tuple[Any, ...], Values, Update]] = [
    # Arguments, keywords; what the update says.
    # Name and value.
    (("FriendlyName", "Ann", cb), {}, Update({"FriendlyName": "Ann"}, cb)),
    (("FriendlyName", "Ann"), {}, Update({"FriendlyName": "Ann"}, None)),
    (("FriendlyName", "Ann", None), {}, Update({"FriendlyName": "Ann"}, None)),
    (("FriendlyName", "", cb), {}, Update({"FriendlyName": ""}, cb)),
    (("MaxReservedWorkers", 20, cb), {}, Update({"MaxReservedWorkers": "20"}, cb)),
    (("Available", True, cb), {}, Update({"Available": "true"}, cb)),
    (("Attributes", '{"a":1}', cb), {}, Update({"Attributes": '{"a":1}'}, cb)),
    (("Attributes", {"a": 1}, cb), {}, Update({"Attributes": '{"a":1}'}, cb)),
    (("Attributes", ["a"], cb), {}, Update({"Attributes": '["a"]'}, cb)),
    # A dict.
    (({"A": "b", "C": "d"}, cb), {}, Update({"A": "b", "C": "d"}, cb)),
    (({"A": "b"}, None), {}, Update({"A": "b"}, None)),
    (
        ({"A": None, "B": 1, "C": {"d": [1]}}, cb),
        {},
        Update({"B": "1", "C": '{"d":[1]}'}, cb),
    ),
    (({}, cb), {}, Update({}, cb)),
    ((MappingProxyType({"A": "b"}),), {}, Update({"A": "b"}, None)),
    # A sid before either.
    ((WA, "FriendlyName", "Ann", cb), {}, Update({"FriendlyName": "Ann"}, cb, WA)),
    ((WA, "FriendlyName", "Ann"), {}, Update({"FriendlyName": "Ann"}, None, WA)),
    (("anything", "A", "b", cb), {}, Update({"A": "b"}, cb, "anything")),
    ((WA, {"A": "b"}, cb), {}, Update({"A": "b"}, cb, WA)),
    # Keywords are parameters.
    ((), {"friendly_name": "Ann"}, Update({"FriendlyName": "Ann"}, None)),
    ((cb,), {"friendly_name": "Ann"}, Update({"FriendlyName": "Ann"}, cb)),
    ((), {"FriendlyName": "Ann", "cb": cb}, Update({"FriendlyName": "Ann"}, cb)),
    ((WA,), {"friendly_name": "Ann"}, Update({"FriendlyName": "Ann"}, None, WA)),
    (
        ("A", "b"),
        {"friendly_name": "Ann"},
        Update({"A": "b", "FriendlyName": "Ann"}, None),
    ),
    (({"A": "b"},), {"timeout": 5}, Update({"A": "b", "Timeout": "5"}, None)),
    # The callback in any position.
    ((cb, "FriendlyName", "Ann"), {}, Update({"FriendlyName": "Ann"}, cb)),
    ((cb, {"A": "b"}), {}, Update({"A": "b"}, cb)),
]


@pytest.mark.parametrize(("args", "keywords", "update"), UPDATES)
def test_update(args: tuple[Any, ...], keywords: Values, update: Update) -> None:
    assert vars(read_update("worker.update", args, keywords)) == vars(update)


REFUSED_UPDATES: list[tuple[tuple[Any, ...], str]] = [
    ((), "got nothing"),
    ((cb,), "got nothing"),
    ((None, cb), "got NoneType"),
    (("ActivitySid",), "got str"),
    (("ActivitySid", cb), "got str"),
    (("ActivitySid", None, cb), "the value of ActivitySid must be text, not NoneType"),
    (("ActivitySid", b"WA", cb), "the value of ActivitySid must be text, .* not bytes"),
    (({"ActivitySid": b"WA"}, cb), "the value of ActivitySid must be .*, not bytes"),
    (({5: "WA"}, cb), "the name of a parameter must be text, not int 5"),
    ((5, "x"), "got int, str"),
    ((True,), "got bool"),
    (([("A", "b")], cb), "got list"),
    ((5, "A", "b", cb), "got int, str, str"),
    (({"a": "b"}, "not a function"), "got dict, str"),
    (({"a": "b"}, {"c": "d"}), "got dict, dict"),
    (("A", "b", "C", "d", cb), "got str, str, str, str"),
    (("A", "b", cb, cb), "more than one callback"),
]


@pytest.mark.parametrize(("args", "words"), REFUSED_UPDATES)
def test_what_is_no_update(args: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ArgumentError, match=f"^worker.update: .*{words}"):
        read_update("worker.update", args, {})


FETCHES: list[tuple[tuple[Any, ...], Values, Fetch]] = [
    ((), {}, Fetch(None, None)),
    ((cb,), {}, Fetch(None, cb)),
    ((None, cb), {}, Fetch(None, cb)),
    ((None, None), {}, Fetch(None, None)),
    ((WA, cb), {}, Fetch(None, cb, WA)),
    ((WA,), {}, Fetch(None, None, WA)),
    (({"Available": "true"}, cb), {}, Fetch({"Available": "true"}, cb)),
    # A query's values travel as they are given, but for dates.
    (({"Available": True, "X": None},), {}, Fetch({"Available": True}, None)),
    (({}, cb), {}, Fetch({}, cb)),
    ((cb, {"Available": "true"}), {}, Fetch({"Available": "true"}, cb)),
    ((cb,), {"available": True}, Fetch({"Available": True}, cb)),
    (({"Page": 2},), {"available": True}, Fetch({"Page": 2, "Available": True}, None)),
    (
        (),
        {"start_date": datetime(2015, 7, 30, tzinfo=timezone.utc)},
        Fetch({"StartDate": "2015-07-30T00:00:00Z"}, None),
    ),
]


@pytest.mark.parametrize(("args", "keywords", "fetch"), FETCHES)
def test_fetch(args: tuple[Any, ...], keywords: Values, fetch: Fetch) -> None:
    assert vars(read_fetch("activities.fetch", args, keywords)) == vars(fetch)


@pytest.mark.parametrize(
    ("args", "keywords", "words"),
    [
        ((5, cb), {}, "1st argument must be a dict of parameters or a sid, not int"),
        (([WA],), {}, "1st argument must be a dict of parameters or a sid, not list"),
        ((WA, {"A": "b"}), {}, "expected parameters or a sid, then a callback"),
        ((WA,), {"available": True}, "must be a dict of parameters or a sid"),
        ((cb, cb), {}, "more than one callback"),
    ],
)
def test_what_is_no_fetch(args: tuple[Any, ...], keywords: Values, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        read_fetch("activities.fetch", args, keywords)


def test_statistics_are_not_fetched_by_text() -> None:
    with pytest.raises(ArgumentError, match="must be a dict of parameters, not str"):
        read_fetch("statistics.fetch", ("Minutes", cb), {}, by_sid=False)


@pytest.mark.parametrize(
    ("args", "keywords", "params", "callback"),
    [
        (({"FriendlyName": "Ann"}, cb), {}, {"FriendlyName": "Ann"}, cb),
        (({"FriendlyName": "Ann"},), {}, {"FriendlyName": "Ann"}, None),
        (
            ({"Attributes": {"a": 1}, "X": None}, None),
            {},
            {"Attributes": '{"a":1}'},
            None,
        ),
        (({}, cb), {}, {}, cb),
        (
            (),
            {"friendly_name": "Ann", "priority": 5},
            {"FriendlyName": "Ann", "Priority": "5"},
            None,
        ),
        (({"A": "b"}, cb), {"priority": 5}, {"A": "b", "Priority": "5"}, cb),
    ],
)
def test_params(
    args: tuple[Any, ...], keywords: Values, params: Values, callback: Any
) -> None:
    assert read_params("workers.create", args, keywords) == (params, callback)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "got nothing"),
        ((cb,), "got nothing"),
        ((None, cb), "got NoneType"),
        (("FriendlyName", cb), "got str"),
        (("FriendlyName", "Ann"), "got str, str"),
        (({}, {}), "got dict, dict"),
    ],
)
def test_params_that_are_missing(args: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ArgumentError, match=f"a dict of parameters, {words}"):
        read_params("workers.create", args, {})


def test_the_callers_dicts_are_left_as_they_are() -> None:
    params = {"Attributes": {"a": 1}, "Gone": None}
    for read in (read_update, read_fetch, read_params):
        read("workers", (params, cb), {"priority": 5})
    assert params == {"Attributes": {"a": 1}, "Gone": None}


@moderate
@given(st.sampled_from([read_update, read_fetch, read_params]), arguments, keywords)
def test_any_update_fetch_or_create_is_read_or_refused(
    read: Any, args: tuple[Any, ...], keywords: Values
) -> None:
    try:
        read("workers.update", args, keywords)
    except ArgumentError as error:
        assert error.message.startswith("workers.update: ")
