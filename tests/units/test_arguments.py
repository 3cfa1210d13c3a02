"""Arguments: what each form of a call means, what is sent for it, what is refused."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.arguments import (
    Fetch,
    Parameter,
    Signature,
    Update,
    as_given,
    check_sid,
    checked,
    read_fetch,
    read_params,
    read_update,
    take_callback,
    takes,
    text,
)
from taskrouter_sync.errors import ArgumentError

from ..strategies import arguments, json_values, keywords, moderate, texts


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
    (Parameter("sid", "sid", required=True, types=(str,), sid=True),),
    callback_at=1,
)

Values = dict[str, Any]

JOE: Values = {"from_": "joe"}
CONFERRED: Values = {"from_": "joe", "to": "ann", "options": {"Beep": "no"}}

READS: list[tuple[Signature, tuple[Any, ...], Values, Values, Any]] = [
    # Method, arguments, keywords; the values, the callback.
    # JavaScript's order.
    (DIAL, ("joe", "", "30", cb), {}, {**JOE, "to": "", "timeout": "30"}, cb),
    (DIAL, ("joe",), {}, JOE, None),
    # A callable in any position is the callback, and the others keep their meaning.
    (DIAL, ("joe", cb), {}, JOE, cb),
    (DIAL, ("joe", cb, "ann"), {}, {**JOE, "to": "ann"}, cb),
    (DIAL, (cb, "joe", "ann"), {}, {**JOE, "to": "ann"}, cb),
    # None is "not given".
    (DIAL, ("joe", None, "30", cb), {}, {**JOE, "timeout": "30"}, cb),
    (DIAL, ("joe", None, None, None), {}, JOE, None),
    (DIAL, ("joe", None, None, None, None), {}, JOE, None),
    # Text, or a number or a boolean for it.
    (DIAL, ("joe", False, 1.5), {}, {**JOE, "to": False, "timeout": 1.5}, None),
    # Keywords, in Python's spelling and in JavaScript's.
    (DIAL, (), {"from_": "joe", "to": "ann"}, {**JOE, "to": "ann"}, None),
    (DIAL, (), {"dialFrom": "joe", "cb": cb}, JOE, cb),
    (DIAL, ("joe",), {"timeout": 5, "callback": cb}, {**JOE, "timeout": 5}, cb),
    (DIAL, ("joe",), {"to": None, "cb": None}, JOE, None),
    (DIAL, ("joe", None), {"to": "ann"}, {**JOE, "to": "ann"}, None),
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


UPDATES: list[tuple[tuple[Any, ...], Values, Update]] = [
    # Arguments, keywords; what the update says.
    # Name and value.
    (("A", "b", cb), {}, Update({"A": "b"}, cb)),
    (("A", "b"), {}, Update({"A": "b"}, None)),
    (("A", "", None), {}, Update({"A": ""}, None)),
    (("A", True, cb), {}, Update({"A": "true"}, cb)),
    (("A", '{"b":1}', cb), {}, Update({"A": '{"b":1}'}, cb)),
    (("Aa", {"b": 1}, cb), {}, Update({"Aa": '{"b":1}'}, cb)),
    (("Aa", ["b"], cb), {}, Update({"Aa": '["b"]'}, cb)),
    # A dict.
    (({"A": "b", "C": {"d": [1]}}, cb), {}, Update({"A": "b", "C": '{"d":[1]}'}, cb)),
    (({"A": None, "B": 1}, None), {}, Update({"B": "1"}, None)),
    (({}, cb), {}, Update({}, cb)),
    ((MappingProxyType({"A": "b"}),), {}, Update({"A": "b"}, None)),
    # A sid before either.
    ((WA, "A", "b", cb), {}, Update({"A": "b"}, cb, WA)),
    ((WA, "A", "b"), {}, Update({"A": "b"}, None, WA)),
    (("anything", "A", "b", cb), {}, Update({"A": "b"}, cb, "anything")),
    ((WA, {"A": "b"}, cb), {}, Update({"A": "b"}, cb, WA)),
    # Further keywords are parameters.
    ((), {"friendly_name": "Ann"}, Update({"FriendlyName": "Ann"}, None)),
    ((cb,), {"FriendlyName": "Ann"}, Update({"FriendlyName": "Ann"}, cb)),
    ((WA,), {"a_b": "c"}, Update({"AB": "c"}, None, WA)),
    (("A", "b"), {"a_b": "c"}, Update({"A": "b", "AB": "c"}, None)),
    (({"A": "b"},), {"timeout": 5}, Update({"A": "b", "Timeout": "5"}, None)),
    # Every argument by its name; a REST parameter of that name goes into the dict.
    ((), {"name": "A", "value": "b"}, Update({"A": "b"}, None)),
    (("A",), {"value": 5, "callback": cb}, Update({"A": "5"}, cb)),
    ((), {"params": {"A": "b"}, "cb": cb}, Update({"A": "b"}, cb)),
    ((), {"params": {"A": "b"}, "c": "d"}, Update({"A": "b", "C": "d"}, None)),
    ((), {"params": {"Name": "b", "Sid": 5}}, Update({"Name": "b", "Sid": "5"}, None)),
    ((), {"sid": WA, "params": {"A": "b"}}, Update({"A": "b"}, None, WA)),
    ((WA,), {"params": {"A": "b"}}, Update({"A": "b"}, None, WA)),
    ((WA,), {"name": "A", "value": "b"}, Update({"A": "b"}, None, WA)),
    ((WA, "A"), {"value": "b"}, Update({"A": "b"}, None, WA)),
    (("A", "b"), {"sid": WA}, Update({"A": "b"}, None, WA)),
    (({"A": "b"},), {"name": None, "value": None}, Update({"A": "b"}, None)),
    # The callback in any position.
    ((cb, "FriendlyName", "Ann"), {}, Update({"FriendlyName": "Ann"}, cb)),
    ((cb, {"A": "b"}), {}, Update({"A": "b"}, cb)),
]


@pytest.mark.parametrize(("args", "keywords", "update"), UPDATES)
def test_update(args: tuple[Any, ...], keywords: Values, update: Update) -> None:
    assert read_update("worker.update", args, keywords) == update


@pytest.mark.parametrize(
    ("args", "keywords", "words"),
    [
        # More is in `documented/wrong_calls.py`.
        ((5, "A", "b", cb), {}, "got int, str, str"),
        (({"a": "b"}, "not a function"), {}, "got dict, str"),
        ((), {"name": "A"}, "got str"),
        ((), {"value": "b"}, "got str"),
        (("b",), {"name": "A"}, "name was given more than once"),
        ((), {"params": "A"}, "params must be a dict, not str"),
        (({"A": "b"},), {"params": {}}, "got dict, dict"),
        (("A", "b"), {"params": {}}, "got str, str, dict"),
        ((), {"friendly_name": b"Ann"}, "the value of FriendlyName must be a string"),
    ],
)
def test_what_is_no_update(args: tuple[Any, ...], keywords: Values, words: str) -> None:
    with pytest.raises(ArgumentError, match=f"^worker.update: .*{words}"):
        read_update("worker.update", args, keywords)


# A channel of a worker goes by its name too.
@pytest.mark.parametrize("sid", [WA, "default"])
@pytest.mark.parametrize(
    "make",
    [
        lambda sid: ((sid, {"A": "b"}), {}),
        lambda sid: ((sid, {"A": "b"}, None), {}),
        lambda sid: ((sid, MappingProxyType({"A": "b"})), {}),
        lambda sid: ((sid, "A", "b"), {}),
        lambda sid: ((), {"task_sid": sid, "params": {"A": "b"}}),
        lambda sid: ((), {"taskSid": sid, "name": "A", "value": "b"}),
        lambda sid: (({"A": "b"},), {"sid": sid}),
        lambda sid: ((sid,), {"a": "b"}),
    ],
)
def test_an_update_of_one(
    make: Callable[[str], tuple[tuple[Any, ...], Values]], sid: str
) -> None:
    args, keywords = make(sid)
    read = read_update("m", args, keywords, of_one=True, sid_name="task_sid")
    assert read == Update({"A": "b"}, None, sid)


@pytest.mark.parametrize(
    "args", [({"A": "b"},), ("A", "b"), ("", "A", "b"), ("Attributes", {"A": "b"})]
)
def test_an_update_of_one_without_a_sid(args: tuple[Any, ...]) -> None:
    with pytest.raises(ArgumentError, match="the sid must come first"):
        read_update("m", args, {}, of_one=True)


@pytest.mark.parametrize("sid", [" ", f"{WA}?x=1", "a\\b", "WKé", "WK1\n", "WK1\x00"])
def test_what_would_lead_a_url_elsewhere_is_no_sid(sid: str) -> None:
    """How it may be given is in `clients/test_texts.py`."""
    words = "m: sid must be a sid, with letters and digits only, not "
    with pytest.raises(ArgumentError, match=words):
        check_sid("m", sid)


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
    (({"A": [date(2015, 7, 30)]},), {}, Fetch({"A": ["2015-07-30"]}, None)),
    ((cb, {"Available": "true"}), {}, Fetch({"Available": "true"}, cb)),
    ((cb,), {"available": True}, Fetch({"Available": True}, cb)),
    (({"Page": 2},), {"available": True}, Fetch({"Page": 2, "Available": True}, None)),
    (
        (),
        {"start_date": datetime(2015, 7, 30, tzinfo=timezone.utc)},
        Fetch({"StartDate": "2015-07-30T00:00:00Z"}, None),
    ),
    # Every argument by its name.
    ((), {"sid": WA, "callback": cb}, Fetch(None, cb, WA)),
    ((), {"params": {"A": "b"}}, Fetch({"A": "b"}, None)),
    ((cb,), {"params": {"Params": "b"}, "c": 5}, Fetch({"Params": "b", "C": 5}, cb)),
    ((), {"params": None, "sid": None}, Fetch(None, None)),
]


@pytest.mark.parametrize(("args", "keywords", "fetch"), FETCHES)
def test_fetch(args: tuple[Any, ...], keywords: Values, fetch: Fetch) -> None:
    assert read_fetch("activities.fetch", args, keywords) == fetch


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
        ((), {"params": {"A": "b"}, "cb": cb}, {"A": "b"}, cb),
        ((), {"params": {"A": "b"}, "c": 20.0}, {"A": "b", "C": "20"}, None),
    ],
)
def test_params(
    args: tuple[Any, ...], keywords: Values, params: Values, callback: Any
) -> None:
    assert read_params("workers.create", args, keywords) == (params, callback)


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


TEXTS: list[tuple[Any, str]] = [
    # What users hand in, what goes out.
    ("Ann", "Ann"),
    ("", ""),
    ('{"a":1}', '{"a":1}'),
    (20, "20"),
    (0, "0"),
    (1.5, "1.5"),
    (20.0, "20"),
    (-0.0, "0"),
    (1e21, "1e+21"),
    (3.206704595350161e16, "32067045953501610"),
    (5e-5, "0.00005"),
    ({"a": [20.0, 1.5]}, '{"a":[20,1.5]}'),
    ({"half": "\ud800"}, '{"half":"\\ud800"}'),
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
    sent, said = text({"value": value}), json.dumps({"value": value})
    # Large numbers are the same to JavaScript, which knows of one kind.
    assert json.loads(sent, parse_int=float) == json.loads(said, parse_int=float)


EIGHT = datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (240.0, 240),
        (True, True),
        (["Ann"], ["Ann"]),
        (EIGHT, "2015-07-30T20:00:00Z"),
        (date(2015, 7, 31), "2015-07-31"),
        # What is in another value is written as in JSON text.
        ({"from": EIGHT}, {"from": "2015-07-30T20:00:00.000Z"}),
        ([date(2015, 7, 31), 240.0], ["2015-07-31", 240]),
        ((1, (2.0,)), [1, [2]]),
        (MappingProxyType({"a": [MappingProxyType({"b": 1.0})]}), {"a": [{"b": 1}]}),
        ([{"day": [date(2015, 7, 31)]}], [{"day": ["2015-07-31"]}]),
    ],
)
def test_a_querys_values_travel_as_they_are_given_but_for_dates(
    value: Any, sent: Any
) -> None:
    params = as_given({"Value": value, "Gone": None})
    assert params == {"Value": sent}
    assert json.loads(json.dumps(params)) == {"Value": sent}


LOOP: list[Any] = []
LOOP.append(LOOP)
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]
# One hour before the first year that UTC has.
TOO_EARLY = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    "value",
    [
        *(b"WA", {1}, object(), [{1}], {"a": b"b"}, LOOP, [float("nan")], float("inf")),
        *(DEEP, {"a": DEEP}, datetime.min, TOO_EARLY, [TOO_EARLY], {"a": TOO_EARLY}),
    ],
)
def test_what_can_t_be_sent(value: Any) -> None:
    words = "^workers.create: the value of Attributes must be a string, .* not "
    with pytest.raises(ArgumentError, match=words + type(value).__name__):
        checked("workers.create", {"A": "b", "Attributes": value})


def test_help_shows_what_a_method_takes() -> None:
    @takes("sid", "callback", "*", "params", required=1, more="filters")
    def method(*args: Any, **keywords: Any) -> None:
        """Do it."""

    @CONFER.shown
    def confer(*args: Any, **keywords: Any) -> None:
        """Confer."""

    assert str(inspect.signature(method)) == (
        "(self, sid, callback=None, *, params=None, **filters)"
    )
    assert str(inspect.signature(confer)) == (
        "(self, from_=None, to=None, callback=None, options=None, **more)"
    )
    shown = inspect.getdoc(method) or ""
    assert shown.startswith("Do it.\n\nThe callback gets ``(error, result)``")
    assert "on this thread" in shown
