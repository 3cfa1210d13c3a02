"""The expression language."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from taskrouter_sync.emulator.engine.expressions import (
    MAX_LENGTH,
    ExpressionError,
    _number_in,
    parse,
    parse_path,
)


CONTEXT = {
    "skills": ["support", "sales"],
    "languages": ["english"],
    "level": 5,
    "address": {"city": "Oslo"},
    "vip": True,
    "name": "Ann Smith",
    "tech_support_skill": "6",
    "nothing": None,
    "$odd_1": 1,
    "in": {"has": 1},
    "grid": [[1, 2], [3]],
    "24h": 1,
    "levels": {"24h": 4, "7": "x"},
    "task": {"lang": "english", "agents": ["WK1"], "cat": "x"},
    "worker": {
        "sid": "WK1",
        "languages": ["english"],
        "channel": {"chat": {"assigned_tasks": 0}},
    },
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1==1", True),
        ("1 = 1", True),
        ("0 != 1", True),
        ('skills HAS "support"', True),
        ("skills HAS 'Support'", False),
        ('(skills HAS "support") AND (languages HAS "spanish")', False),
        ("level >= 5 AND level < 5.1", True),
        ('address.city == "Oslo"', True),
        ('skills[1] == "sales"', True),
        ("level IN [1, 5]", True),
        ("level NOT IN [1, 2]", True),
        ("level HAS 5", False),
        ('skills == "support"', False),
        ('name CONTAINS "Smith"', True),
        ('skills CONTAINS "support"', False),
        ("vip == true", True),
        ("missing == null", True),
        ("missing > 1", False),
        ('missing HAS "x"', False),
        # On task and worker.
        ("task.lang IN worker.languages", True),
        ("worker.sid IN task.agents", True),
        ("worker.sid NOT IN task.none", True),
        ("task.lang = worker.lang", False),
        ("worker.channel.chat.assigned_tasks == 0", True),
        ("task.cat == 'x' OR task.cat == 'y'", True),
    ],
)
def test_examples_of_the_documentation(expression: str, expected: bool) -> None:
    assert parse(expression).matches(CONTEXT) is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Operators and their aliases, keywords in any case.
        ("skills >- 'sales'", True),
        ("'sales' <- skills", True),
        ("'sales' in skills", True),
        ("'x' not  in skills", True),
        ("level in [1] or level In [5]", True),
        ("name contains 'ann'", False),
        ("level <= 5", True),
        ("level > 5", False),
        ("level < -5", False),
        ("-5 < level", True),
        # AND binds tighter than OR.
        ("1==1 OR 1==1 AND 1==2", True),
        ("(1==1 OR 1==1) AND 1==2", False),
        # Keys.
        ("$odd_1 == 1", True),
        ("in.has == 1", True),
        ("grid[0][1] == 2", True),
        ("grid[7][1] == null", True),
        ("skills[99999999999] == null", True),
        ("address[0] == null", True),
        ("level.deep.down == null", True),
        ("level IN[5]", True),
        # Names may begin with a digit.
        ("levels.24h > 3", True),
        ("24h == 1", True),
        ("levels.24h == 4 AND 24h == 1", True),
        ("levels.7 == 'x'", True),
        ("24 == 24", True),
        # Numeric texts are numbers to a number, and texts to a text.
        ("tech_support_skill > 5", True),
        ("tech_support_skill == 6", True),
        ("tech_support_skill == '6.0'", False),
        ("'10' < '9'", True),
        ("'ann' > 5", False),
        # A boolean is neither a number nor a text.
        ("vip == 1", False),
        ("vip == 'true'", False),
        ("vip > 0", False),
        ("name CONTAINS true", False),
        # Null equals null only, and is never in order or in a list.
        ("nothing == null", True),
        ("missing != 'a'", True),
        ("missing == 'a'", False),
        ("null IN [null]", False),
        ("missing IN ['a']", False),
        ("missing NOT IN ['a']", True),
        ("null CONTAINS ''", False),
        ("missing <= null", False),
        # Scalar operators are false of lists and objects, array ones of scalars.
        ("skills != 'support'", False),
        ("address == null", False),
        ("level NOT IN 4", False),
        ("skills HAS ['support']", False),
        ("skills IN [1]", False),
        ("skills NOT IN [1]", False),
        # Texts.
        (r"'it\'s' == " + '"it' + "'" + 's"', True),
        ("level CONTAINS 5", True),
        ("'' == \"\"", True),
        # A quoted word is a text, never a key.
        ("'level' == 5", False),
        # Lists.
        ("level IN []", False),
        ("level IN ['x', null, true, 5.0]", True),
    ],
)
def test_choices_of_this_emulator(expression: str, expected: bool) -> None:
    assert parse(expression).matches(CONTEXT) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("skill-level > 3", "line 1:7 extraneous input 'evel' expecting OPERATOR"),
        ("vip", "line 1:3 mismatched input '<EOF>' expecting OPERATOR"),
        ("(a == 1", "line 1:7 mismatched input '<EOF>' expecting ')'"),
        ("a == 1 b", "line 1:7 mismatched input 'b' expecting {<EOF>, AND, OR}"),
        ("a\n== 1 )", "line 2:5 mismatched input ')' expecting <EOF>"),
        ("a == 1 #", "line 1:7 token recognition error at: '#'"),
        ("NOT a == 1", "line 1:4 extraneous input 'a' expecting OPERATOR"),
        ("a[1.5] == 1", "line 1:1 mismatched input '[' expecting OPERATOR"),
        (
            "",
            "line 1:0 mismatched input '<EOF>' expecting"
            " {'(', '[', FALSE, NULL, NUMBER, PATH, STRING, TRUE}",
        ),
    ],
)
def test_says_what_is_wrong_like_the_service(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_refuses_what_is_nested_too_deeply() -> None:
    text = "(" * 200 + "1==1" + " AND 1==1) OR 1==1" * 100 + ")" * 100
    with pytest.raises(ExpressionError, match="deeper than 100"):
        parse(text.replace(") OR 1==1", " OR (1==1 OR 1==1))"))


def test_parentheses_alone_are_no_nesting() -> None:
    assert parse("(" * 5000 + "1==1" + ")" * 5000).matches({})


def test_thousands_of_digits_are_a_number() -> None:
    assert not parse(f"a == {'9' * 5000}").matches({"a": 1})
    assert parse(f"a CONTAINS {'9' * 250}").matches({"a": "9" * 251})


def test_long_expressions_are_read() -> None:
    text = " OR ".join(f"a == {n}" for n in range(2000))
    assert parse(text).matches({"a": 1999})
    with pytest.raises(ExpressionError, match="longer than 32768 characters"):
        parse(" " * (MAX_LENGTH + 1))


class Counted(list[Any]):
    """Counts how often it is read."""

    reads = 0

    def __iter__(self) -> Iterator[Any]:
        self.reads += 1
        return super().__iter__()


def test_a_list_is_not_read_for_each_condition() -> None:
    """Seconds for 3000 conditions on a list of 2000."""
    conditions = ["a HAS 1", "a HAS '1'", "1 IN a", "a >- b[0]"] * 500
    reads = []
    for text in (conditions[0], " OR ".join(conditions)):
        counted = Counted([0, "x", None] * 600)
        assert not parse(text).matches({"a": counted, "b": [7]})
        reads.append(counted.reads)
    assert reads[0] == reads[1]


def test_a_long_text_is_read_as_a_number_once() -> None:
    expression = parse(" OR ".join(["a < 1", "1 == a", "b HAS a"] * 500))
    misses = _number_in.cache_info().misses
    assert not expression.matches({"a": " " * 4000, "b": [2]})
    assert _number_in.cache_info().misses <= misses + 1


VALUES = [
    *(None, True, False, 0, 1, 1.0, -0.0, 6.5, 2**53, 2**53 + 1, 10**400, 1e300),
    *("", " ", "1", "1.0", " 1 ", "true", "null", "0", "6.5", "1e400", "x", "X"),
    *(str(2**53 + 1), "9" * 400, [], [1], {}, {"a": 1}),
]


def test_a_list_has_what_equals_one_of_its_items() -> None:
    equal, has = parse("item == value"), parse("list HAS value")
    within, not_in = parse("value IN list"), parse("value NOT IN list")
    for value in VALUES:
        for item in VALUES:
            context = {"item": item, "value": value, "list": ["y", [item], item]}
            expected = value is not None and equal.matches(context)
            assert has.matches(context) is expected, (item, value)
            assert within.matches(context) is expected, (item, value)
            scalar = not isinstance(value, list | dict)
            assert not_in.matches(context) is (scalar and not expected)


@pytest.mark.parametrize(
    "text",
    ['"' + '\\"' * 16000, "'" * 32001, '"\\' * 16000, "(" * 32000, "-" * 32000],
    ids=["escaped quotes", "quotes", "quoted escapes", "parentheses", "dashes"],
)
def test_what_is_no_expression_is_refused_in_time_with_its_length(text: str) -> None:
    """Ten seconds and more, where each quote was tried to the end of the text."""
    begin = time.process_time()
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert time.process_time() - begin < 3
    assert len(str(refused.value)) < 300


def test_mentions_says_which_keys_are_read() -> None:
    expression = parse("worker.channel.chat.assigned_tasks == 0 AND (task.a HAS 1)")
    assert expression.mentions("task")
    assert expression.mentions("worker", "channel")
    assert not expression.mentions("worker", "sid")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("task.agent_sid", ("task", "agent_sid")),
        ("worker.a[3].b", ("worker", "a", 3, "b")),
        ("a", ("a",)),
        ("worker.levels.24h", ("worker", "levels", "24h")),
    ],
)
def test_reads_bare_keys(text: str, steps: Any) -> None:
    path = parse_path(text)
    assert path is not None
    assert path.steps == steps


@pytest.mark.parametrize("text", ["", "a.", "a b", "1", "a-b", "'a'", "a[x]"])
def test_knows_what_is_no_key(text: str) -> None:
    assert parse_path(text) is None


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    ),
    max_leaves=8,
)
OPERANDS = st.one_of(
    st.sampled_from(["a", "b", "c", "a.b", "b[0]", "c.a[1].b"]),
    st.sampled_from(["null", "true", "FALSE", "'x'", '"1"', "-3", "0.5", "[]"]),
    st.integers().map(str),
    st.lists(st.sampled_from(["1", "'a'", "null", "true"]), max_size=3).map(
        lambda items: f"[{', '.join(items)}]"
    ),
)
CONDITIONS = st.tuples(
    OPERANDS,
    st.sampled_from(
        "== = != < <= > >= CONTAINS HAS >- IN <- NOT\tIN contains not".split(" ")
    ),
    OPERANDS,
).map(" ".join)
EXPRESSIONS = st.recursive(
    CONDITIONS,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "or"]), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.dictionaries(st.sampled_from("abc"), JSON))
@settings(max_examples=300, deadline=None)
def test_evaluation_never_raises(text: str, context: dict[str, Any]) -> None:
    """What parses says true or false of any JSON."""
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert expression.matches(json.loads(json.dumps(context))) in (True, False)


@given(st.one_of(st.text(), st.text("ab.[]()'\"<>=! -1\\ANDORinnot", max_size=30)))
@settings(max_examples=500, deadline=None)
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parse(text).matches({"a": 1})
    except ExpressionError as error:
        assert str(error)
