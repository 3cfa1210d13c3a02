"""What the fields of a JSON document may be, and how errors name them."""

from __future__ import annotations

import math

import pytest

from taskrouter_sync.emulator.fields import (
    DOCUMENT,
    FLAG,
    NULL,
    Field,
    FieldError,
    Kind,
    choice,
    document_of,
    either,
    integer,
    named,
    number,
    of_query,
    read,
    text,
)


FITTING: list[tuple[Kind, list[object], list[object]]] = [
    (text(), ["", "é"], [None, 1, "\ud800"]),
    (text(2), ["ab", "é"], ["abc", "éa"]),
    (number(0, 5), [0, 2.5, 5], [-1, 5.1, True, "1", math.nan, math.inf, None]),
    (integer(1, 3), [1, 3], [0, 4, 1.0, False]),
    (FLAG, [True, False], [0, "true", None]),
    (choice("GET", "POST"), ["GET"], ["get", None, []]),
    (DOCUMENT, [{}, {"a": 1}], [[], "{}", None]),
    (either(text(), NULL), ["", None], [1]),
]


@pytest.mark.parametrize(("kind", "good", "bad"), FITTING, ids=str)
def test_a_kind_takes_its_values_and_no_others(
    kind: Kind, good: list[object], bad: list[object]
) -> None:
    assert [kind.fits(value) for value in good] == [True] * len(good)
    assert [kind.fits(value) for value in bad] == [False] * len(bad)


FIELDS = (
    Field("seconds", number(0, 60), "how long", required=True),
    Field("queues", named(text()), "expressions by name"),
)


def test_the_values_that_are_there_are_given() -> None:
    assert read(FIELDS, {"seconds": 1}) == {"seconds": 1}


# Python takes some of them.
NO_NUMBERS = ["", "0_1", " 1", "1\n", "\u0661", "\uff11", "nan", "0x1", "--1", "."]


def test_a_query_holds_numbers_as_texts() -> None:
    fields = (
        Field("n", integer(0, 9), ""),
        Field("x", number(0, 9), ""),
        Field("t", text(), ""),
    )
    pairs = [("n", "1"), ("x", "1.5"), ("t", "1")]
    assert read(fields, of_query(fields, pairs)) == {"n": 1, "x": 1.5, "t": "1"}
    for kind, texts in (("n", ["1.5", *NO_NUMBERS]), ("x", NO_NUMBERS)):
        for each in texts:
            with pytest.raises(FieldError, match=f"{kind} must be an? .* from 0 to 9"):
                read(fields, of_query(fields, [(kind, each)]))


@pytest.mark.parametrize("text", ["5", "+5", "005", "5.", "5.0", ".5e1", "50E-1"])
def test_a_number_in_a_query_has_decimal_digits(text: str) -> None:
    fields = (Field("x", number(0, 9), ""),)
    assert read(fields, of_query(fields, [("x", text)])) == {"x": 5}


def test_what_is_there_twice_is_refused() -> None:
    with pytest.raises(FieldError, match="n is a duplicate"):
        of_query((), [("n", "1"), ("n", "1")])
    with pytest.raises(FieldError, match="n is a duplicate"):
        document_of('{"n": 1, "n": 1}')
