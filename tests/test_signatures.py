"""Signatures: JavaScript's positional arguments, in every form that is documented."""

from __future__ import annotations

from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.errors import ArgumentError
from taskrouter_sync.signatures import (
    Fetch,
    Parameter,
    Signature,
    Update,
    read_fetch,
    read_params,
    read_update,
    take_callback,
)

from .strategies import json_values, moderate, payloads, texts


WA = "WA00000000000000000000000000000002"


def cb(error: Any, result: Any) -> None:
    """The result callback of all calls below."""


# A method of every kind of JavaScript's: callback last, callback first, with options.
DIAL = Signature(
    "phone.dial",
    (
        Parameter("dialFrom", "from_", "From", required=True),
        Parameter("dialTo", "to", "To"),
        Parameter("dialTimeout", "timeout", "Timeout"),
    ),
    callback_at=3,
)
COMPLETE = Signature(
    "task.complete", (Parameter("reason", "reason", "Reason"),), callback_at=0
)
CONFER = Signature(
    "phone.confer",
    (Parameter("from", "from_", "From"), Parameter("to", "to", "To")),
    callback_at=2,
    options=True,
)
DELETE = Signature(
    "workers.delete",
    (Parameter("sid", "sid", required=True, types=(str,)),),
    callback_at=1,
)

Values = dict[str, Any]

CONFERRED: Values = {"from_": "joe", "to": "ann", "options": {"Beep": "no"}}

READS: list[tuple[Signature, tuple[Any, ...], Values, Values, Any]] = [
    # Method, arguments, keywords; the values, the callback.
    # JavaScript's order.
    (
        DIAL,
        ("joe", "ann", "30", cb),
        {},
        {"from_": "joe", "to": "ann", "timeout": "30"},
        cb,
    ),
    (DIAL, ("joe",), {}, {"from_": "joe"}, None),
    # A callable in any position is the callback, and the others keep their meaning.
    (DIAL, ("joe", cb), {}, {"from_": "joe"}, cb),
    (DIAL, ("joe", "ann", cb), {}, {"from_": "joe", "to": "ann"}, cb),
    (DIAL, (cb, "joe", "ann"), {}, {"from_": "joe", "to": "ann"}, cb),
    # None is "not given".
    (DIAL, ("joe", None, "30", cb), {}, {"from_": "joe", "timeout": "30"}, cb),
    (DIAL, ("joe", None, None, None), {}, {"from_": "joe"}, None),
    (DIAL, ("joe", None, None, None, None), {}, {"from_": "joe"}, None),
    # Text, or a number or a boolean for it.
    (DIAL, ("joe", "", 30), {}, {"from_": "joe", "to": "", "timeout": 30}, None),
    (
        DIAL,
        ("joe", False, 1.5),
        {},
        {"from_": "joe", "to": False, "timeout": 1.5},
        None,
    ),
    # Keywords, in Python's spelling and in JavaScript's.
    (DIAL, (), {"from_": "joe", "to": "ann"}, {"from_": "joe", "to": "ann"}, None),
    (DIAL, (), {"dialFrom": "joe", "cb": cb}, {"from_": "joe"}, cb),
    (
        DIAL,
        ("joe",),
        {"timeout": 5, "callback": cb},
        {"from_": "joe", "timeout": 5},
        cb,
    ),
    (DIAL, ("joe",), {"to": None, "cb": None}, {"from_": "joe"}, None),
    (DIAL, ("joe", None), {"to": "ann"}, {"from_": "joe", "to": "ann"}, None),
    # The callback first.
    (COMPLETE, (cb, "done"), {}, {"reason": "done"}, cb),
    (COMPLETE, (None, "done"), {}, {"reason": "done"}, None),
    (COMPLETE, ("done",), {}, {"reason": "done"}, None),
    (COMPLETE, (cb,), {}, {}, cb),
    (COMPLETE, (cb, None), {}, {}, cb),
    (COMPLETE, (), {}, {}, None),
    # A dict anywhere is the options; so are further keywords.
    (CONFER, ("joe", "ann", cb, {"Beep": "no"}), {}, CONFERRED, cb),
    (CONFER, ("joe", "ann", {"Beep": "no"}, cb), {}, CONFERRED, cb),
    (CONFER, (cb, "joe", "ann"), {"options": {"Beep": "no"}}, CONFERRED, cb),
    (CONFER, ({"Beep": "no"}, "joe", "ann", cb), {}, CONFERRED, cb),
    (CONFER, ("joe", "ann", cb), {"beep": "no"}, CONFERRED, cb),
    (CONFER, ("joe", "ann", cb, MappingProxyType({"Beep": "no"})), {}, CONFERRED, cb),
]


@pytest.mark.parametrize(("signature", "args", "keywords", "values", "callback"), READS)
def test_arguments(
    signature: Signature,
    args: tuple[Any, ...],
    keywords: Values,
    values: Values,
    callback: Any,
) -> None:
    assert signature.read(args, keywords) == (values, callback)


REFUSED: list[tuple[Signature, tuple[Any, ...], Values, str]] = [
    (DIAL, (), {}, "phone.dial: dialFrom is required"),
    (DIAL, (None, "ann"), {}, "phone.dial: dialFrom is required"),
    (DIAL, ("joe", "ann", 30, "x"), {}, "takes 3 values and a callback, not 4"),
    (DIAL, ("joe", ["ann"]), {}, "dialTo must be str or .*, not list"),
    (DIAL, ("joe", {"a": 1}), {}, "dialTo must be str or .*, not dict"),
    (DIAL, ("joe", b"ann"), {}, "dialTo must be str or .*, not bytes"),
    (DIAL, ("joe", cb, cb), {}, "more than one callback came"),
    (DIAL, ("joe", cb), {"callback": cb}, "more than one callback came"),
    (DIAL, ("joe",), {"callback": cb, "cb": cb}, "more than one callback came"),
    (DIAL, ("joe",), {"callback": "cb"}, "callback must be a callable, not str"),
    (DIAL, ("joe",), {"cb": 5}, "cb must be a callable, not int"),
    (DIAL, ("joe",), {"colour": "red"}, "there is no argument 'colour'"),
    (DIAL, ("joe",), {"options": {}}, "there is no argument 'options'"),
    (DIAL, ("joe",), {"from_": "ann"}, "from_ came more than once"),
    (DIAL, (), {"from_": "a", "dialFrom": "b"}, "dialFrom came more than once"),
    (COMPLETE, (cb, "done", "x"), {}, "takes 1 values and a callback, not 2"),
    (COMPLETE, (cb, ["done"]), {}, "reason must be .*, not list"),
    (CONFER, ({}, {"a": 1}), {}, "options came more than once"),
    (CONFER, ({},), {"options": {}}, "options came more than once"),
    (CONFER, (), {"options": "Beep"}, "options must be a dict, not str"),
    (DELETE, (), {}, "workers.delete: sid is required"),
    (DELETE, (cb,), {}, "workers.delete: sid is required"),
    (DELETE, (5, cb), {}, "sid must be str, not int"),
]


@pytest.mark.parametrize(("signature", "args", "keywords", "words"), REFUSED)
def test_wrong_arguments(
    signature: Signature, args: tuple[Any, ...], keywords: Values, words: str
) -> None:
    with pytest.raises(ArgumentError, match=words):
        signature.read(args, keywords)


@pytest.mark.parametrize("place", range(4))
def test_the_callback_is_found_wherever_it_is(place: int) -> None:
    args: list[Any] = ["joe", None, "30"]
    args.insert(place, cb)
    assert DIAL.read(args, {}) == ({"from_": "joe", "timeout": "30"}, cb)


def test_a_call_changes_nothing_of_the_callers() -> None:
    options = {"Beep": "no"}
    keywords = {"options": options, "end_conference": True, "cb": cb}
    CONFER.read([], keywords)
    assert options == {"Beep": "no"}
    assert keywords == {"options": options, "end_conference": True, "cb": cb}


WIRE: list[tuple[Signature, Values, Values]] = [
    # Values by keyword, what goes out.
    (DIAL, {"from_": "joe", "timeout": 30}, {"From": "joe", "Timeout": 30}),
    (DIAL, {}, {}),
    (DELETE, {"sid": WA}, {}),
    (
        CONFER,
        {"from_": "joe", "options": {"Beep": "no"}},
        {"From": "joe", "Beep": "no"},
    ),
    # The options go over the others; None in them is "not given".
    (CONFER, {"from_": "joe", "options": {"From": "ann"}}, {"From": "ann"}),
    (CONFER, {"from_": "joe", "options": {"From": None}}, {"From": "joe"}),
]


@pytest.mark.parametrize(("signature", "values", "params"), WIRE)
def test_values_go_out_under_the_names_of_the_rest_api(
    signature: Signature, values: Values, params: Values
) -> None:
    assert signature.wire(values) == params


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
    assert read_update("worker.update", args, keywords) == update


REFUSED_UPDATES: list[tuple[tuple[Any, ...], str]] = [
    ((), "got nothing"),
    ((cb,), "got nothing"),
    ((None, cb), "got NoneType"),
    (("ActivitySid",), "got str"),
    (("ActivitySid", cb), "got str"),
    (("ActivitySid", None, cb), "the value of ActivitySid must be text, not NoneType"),
    (("ActivitySid", b"WA", cb), "the value of ActivitySid must be text, not bytes"),
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
    assert read_fetch("activities.fetch", args, keywords) == fetch


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


@pytest.mark.parametrize(
    ("args", "place", "rest"),
    [
        # None in the callback's place is "no callback", elsewhere it is a value.
        (("a", None), None, ["a"]),
        ((None,), None, [None]),
        ((None, "a"), 0, ["a"]),
        (("a", None), 0, ["a", None]),
        (("a", None, "b"), 1, ["a", "b"]),
        (("a",), 1, ["a"]),
        ((None, cb), 0, [None]),
    ],
)
def test_the_place_of_the_callback(
    args: tuple[Any, ...], place: int | None, rest: list[Any]
) -> None:
    callback = cb if cb in args else None
    assert take_callback("m", args, {}, place) == (rest, callback)


# What a program may put into a call, by mistake or not.
arguments = (
    st.lists(
        json_values()
        | payloads()
        | texts
        | st.sampled_from([cb, print, WA, "FriendlyName", b"bytes", {1}, object()]),
        max_size=5,
    ).map(tuple)
)  # fmt: skip
keywords = st.dictionaries(
    st.sampled_from(
        ["callback", "cb", "options", "sid", "from_", "to", "dialTo", "reason", "x_y"]
    ),
    json_values() | st.just(cb),
    max_size=3,
)


@moderate
@given(st.sampled_from([DIAL, COMPLETE, CONFER, DELETE]), arguments, keywords)
def test_any_call_is_read_or_refused(
    signature: Signature, args: tuple[Any, ...], keywords: Values
) -> None:
    try:
        values, callback = signature.read(args, keywords)
    except ArgumentError as error:
        assert error.message.startswith(f"{signature.method}: ")
    else:
        assert callback is None or callable(callback)
        assert None not in values.values()
        signature.wire(values)


@moderate
@given(st.sampled_from([read_update, read_fetch, read_params]), arguments, keywords)
def test_any_update_fetch_or_create_is_read_or_refused(
    read: Any, args: tuple[Any, ...], keywords: Values
) -> None:
    try:
        read("workers.update", args, keywords)
    except ArgumentError as error:
        assert error.message.startswith("workers.update: ")
