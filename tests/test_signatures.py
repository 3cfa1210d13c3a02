"""Signatures: JavaScript's positional arguments become values by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, strategies as st
from taskrouter_sync.signatures import Parameter, Signature, take_callback

from taskrouter_sync.errors import ArgumentError

from .strategies import arguments, keywords, moderate


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
    (DELETE, ("", cb), {}, "workers.delete: sid is required, not an empty text"),
    # What could not be sent.
    (CONFER, ({"Beep": b"no"},), {}, "the value of Beep must be text, .* not bytes"),
    (CONFER, (), {"beep": {"no"}}, "the value of Beep must be text, .* not set"),
    (CONFER, ({5: "no"},), {}, "the name of a parameter must be text, not int 5"),
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
