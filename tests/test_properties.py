"""Properties: what users read where the service's payload has something else."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.naming import camel_case
from taskrouter_sync.properties import (
    JsonObject,
    Record,
    date_value,
    is_date,
    is_older,
    json_objects,
    property_value,
    user_data,
)

from .strategies import json_values, moderate, numbers, payloads, scalars, texts, words


EIGHT = datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc)

DATES: list[tuple[Any, datetime]] = [
    # Epoch seconds.
    (1438286400, EIGHT),
    (1438286400.5, EIGHT.replace(microsecond=500000)),
    (0, datetime(1970, 1, 1, tzinfo=timezone.utc)),
    (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
    # ISO 8601.
    ("2015-07-30T20:00:00Z", EIGHT),
    ("2015-07-30T20:00:00.123Z", EIGHT.replace(microsecond=123000)),
    ("2015-07-30T20:00:00.123456789Z", EIGHT.replace(microsecond=123456)),
    ("2015-07-30T20:00:00,5Z", EIGHT.replace(microsecond=500000)),
    ("2015-07-30T22:00:00+02:00", EIGHT),
    ("2015-07-30T12:00:00-0800", EIGHT),
    ("2015-07-30t20:00z", EIGHT),
    ("2015-07-30 20:00:00", EIGHT),
    ("2015-07-30T20:00:00", EIGHT),
    (" 2015-07-30T20:00:00Z\n", EIGHT),
    ("2015-07-30", EIGHT.replace(hour=0)),
    # RFC 2822.
    ("Thu, 30 Jul 2015 20:00:00 +0000", EIGHT),
    ("Thu, 30 Jul 2015 22:00:00 +0200", EIGHT),
    ("Thu, 30 Jul 2015 20:00:00 GMT", EIGHT),
    ("Thu, 30 Jul 2015 20:00:00 -0000", EIGHT),
    ("30 Jul 2015 20:00:00 +0000", EIGHT),
]

NO_DATES: list[Any] = [
    None,
    True,
    False,
    "",
    "  ",
    "not yet",
    "20",
    "2015",
    "2015-13-40T20:00:00Z",
    "2015-07-30T24:00:00Z",
    "2015-07-30T23:59:60Z",
    "2015-07-30T20:00:00+24:00",
    "2015-07-30T20:00:00Z and more",
    "0001-01-01T00:00:00+23:59",
    "Thu, 30 Foo 2015 20:00:00 +0000",
    "1 Jan 99999999999999999999 00:00:00 +0000",
    "9" * 5000,
    10**20,
    float("inf"),
    float("-inf"),
    ["2015-07-30"],
    {"date": 1},
]


@pytest.mark.parametrize(("value", "expected"), DATES)
def test_a_date_becomes_a_datetime_in_utc(value: Any, expected: datetime) -> None:
    date = date_value(value)
    assert date == expected
    assert date.tzinfo is timezone.utc


@pytest.mark.parametrize("value", NO_DATES, ids=lambda value: f"{value!r:.40}")
def test_what_is_no_date_stays_what_it_is(value: Any) -> None:
    assert date_value(value) is value


def test_a_date_that_is_no_number_stays_what_it_is() -> None:
    value = float("nan")
    assert date_value(value) is value


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [
        # When two payloads of one thing were updated, and whether the first is older.
        (1438286699, "2015-07-30T20:05:00Z", True),
        (1438286700, "2015-07-30T20:05:00Z", False),
        (1438286701, "2015-07-30T20:05:00Z", False),
        ("2015-07-30T20:04:59Z", 1438286700, True),
        (None, 1438286700, False),
        (1, None, False),
        ("yesterday", "2015-07-30T20:05:00Z", False),
        (1, "tomorrow", False),
    ],
)
def test_which_payload_is_older(one: Any, other: Any, older: bool) -> None:
    assert is_older({"date_updated": one}, {"date_updated": other}) is older
    assert not is_older({}, {"date_updated": other})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("date_created", True),
        ("date_updated", True),
        ("date_status_changed", True),
        ("date_completed", True),
        ("task_queue_entered_date", True),
        ("virtual_start_time", True),
        ("start_time", False),
        ("dateCreated", False),
        ("update_count", False),
        ("date", False),
        ("", False),
    ],
)
def test_dates_are_known_by_their_names(name: str, expected: bool) -> None:
    assert is_date(name) is expected


VALUES: list[tuple[str, Any, Any]] = [
    # Name, what the payload has, what users read.
    ("friendly_name", "Ann", "Ann"),
    ("friendly_name", "2015-07-30T20:00:00Z", "2015-07-30T20:00:00Z"),
    ("a_null", None, None),
    ("a_true", True, True),
    ("a_false", False, False),
    ("a_zero", 0, 0),
    ("a_float", 1.5, 1.5),
    ("a_text", "", ""),
    ("a_long", 12345678901, 12345678901),
    ("date_created", "2015-07-30T20:00:00Z", EIGHT),
    ("date_created", 1438286400, EIGHT),
    ("date_created", None, None),
    ("start_time", "2015-07-30T20:00:00Z", "2015-07-30T20:00:00Z"),
    # The user's own data: parsed where it is JSON text, its keys left alone.
    ("attributes", '{"snake_key":[1,{"x_y":2}]}', {"snake_key": [1, {"x_y": 2}]}),
    ("attributes", '{"date_created":"2015"}', {"date_created": "2015"}),
    ("addons", '[1,{"a_b":2}]', [1, {"a_b": 2}]),
    ("configuration", "5", 5),
    ("configuration", "null", None),
    ("attributes", '"text"', "text"),
    ("attributes", None, None),
    ("attributes", "not json", "not json"),
    ("attributes", "", ""),
    ("attributes", "NaN", "NaN"),
    ("attributes", '{"a":Infinity}', '{"a":Infinity}'),
    ("attributes", {"a_b": {"c_d": 1}}, {"a_b": {"c_d": 1}}),
    ("other_json", '{"a_b":1}', '{"a_b":1}'),
    # The service's objects, at every depth, also inside lists.
    (
        "outer",
        {"inner_value": 1, "inner_object": {"deep_value": 2}},
        {"innerValue": 1, "innerObject": {"deepValue": 2}},
    ),
    ("a_list", [{"a_b": 1, "c_d": {"e_f": 2}}], [{"aB": 1, "cD": {"eF": 2}}]),
    ("a_list", [1, "two", None, True], [1, "two", None, True]),
    ("a_list", [[{"a_b": 1}], [2]], [[{"aB": 1}], [2]]),
    ("a_list", [], []),
    ("outer", {"date_created": 1438286400}, {"dateCreated": EIGHT}),
    ("outer", {"attributes": '{"a_b":1}'}, {"attributes": {"a_b": 1}}),
    ("outer", {"url": "u", "links": {"a_b": 1}}, {"url": "u", "links": {"aB": 1}}),
    ("outer", {"reservation_sid": "WR1"}, {"reservationSid": "WR1"}),
]


@pytest.mark.parametrize(("name", "value", "expected"), VALUES)
def test_property_value(name: str, value: Any, expected: Any) -> None:
    read = property_value(name, value)
    assert read == expected
    assert type(read) is type(expected) or isinstance(read, dict)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date_created", "2015-07-30T20:00:00Z"),
        ("end_date", 1438286400),
        ("attributes", '{"a":1}'),
    ],
)
def test_in_statistics_times_and_texts_stay(name: str, value: Any) -> None:
    assert property_value(name, value, statistics=True) == value
    nested = property_value("cumulative", [{name: value}], statistics=True)
    assert nested == [{camel_case(name): value}]


def test_a_payload_is_left_as_it_is() -> None:
    payload = {"outer": {"a_b": [{"c_d": 1}]}, "attributes": {"a": [{"b": 1}]}}
    before = copy.deepcopy(payload)
    for name, value in payload.items():
        property_value(name, value)
    assert payload == before


@moderate
@given(words | texts, json_values(texts), st.booleans())
def test_every_value_can_be_read(name: str, value: Any, statistics: bool) -> None:
    property_value(name, value, statistics=statistics)


@moderate
@given(scalars)
def test_a_scalar_stays_what_it_is(value: Any) -> None:
    assert property_value("friendly_name", value) is value


@moderate
@given(texts | numbers | st.floats() | st.text("0123456789-:TZ+ ,."))
def test_every_date_is_a_datetime_or_what_it_was(value: Any) -> None:
    date = date_value(value)
    assert date is value or date.tzinfo is timezone.utc


@moderate
@given(st.datetimes(datetime(1971, 1, 1), datetime(9999, 12, 30)))
def test_the_three_ways_to_write_a_date_mean_the_same(naive: datetime) -> None:
    date = naive.replace(microsecond=0, tzinfo=timezone.utc)
    assert date_value(int(date.timestamp())) == date
    assert date_value(date.strftime("%Y-%m-%dT%H:%M:%SZ")) == date
    assert date_value(date.strftime("%d %b %Y %H:%M:%S +0000")) == date


@moderate
@given(texts | st.text('{}[]",:0 '))
def test_every_text_of_a_user_can_be_read(text: str) -> None:
    user_data(text)


@moderate
@given(json_values(texts))
def test_what_a_user_stored_comes_back(value: Any) -> None:
    assert user_data(json.dumps(value)) == value


@moderate
@given(json_values(texts))
def test_json_objects_changes_no_value(value: Any) -> None:
    assert json_objects(value) == value


class TestJsonObject:
    def test_a_key_is_an_attribute_too(self) -> None:
        attributes = user_data('{"foo":"bar","baz":{"n":[{"m":1}]}}')
        assert attributes["foo"] == attributes.foo == "bar"
        assert attributes.baz.n[0].m == 1

    def test_a_key_is_an_attribute_where_the_service_sent_an_object(self) -> None:
        assert user_data({"baz": [{"n": 1}]}).baz[0].n == 1

    def test_a_missing_key_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="'foo'"):
            _ = JsonObject().foo
        assert getattr(JsonObject(), "foo", None) is None

    def test_a_key_that_is_a_method_of_dict_is_read_by_index(self) -> None:
        assert JsonObject(items=1)["items"] == 1

    def test_it_is_a_dict_to_json(self) -> None:
        assert json.dumps(user_data('{"a_b": {"c": 1}}')) == '{"a_b": {"c": 1}}'

    def test_it_can_be_copied_and_pickled(self) -> None:
        attributes = user_data('{"a": {"b": 1}}')
        assert copy.deepcopy(attributes).a.b == 1
        assert pickle.loads(pickle.dumps(attributes)).a.b == 1


class TestRecord:
    def test_both_spellings_are_read_by_index_and_as_attributes(self) -> None:
        record = Record({"avg_task_age": 3})
        assert record["avgTaskAge"] == record["avg_task_age"] == 3
        assert record.avgTaskAge == record.avg_task_age == 3
        assert record.get("avgTaskAge") == record.get("avg_task_age") == 3
        assert "avgTaskAge" in record
        assert "avg_task_age" in record

    def test_its_keys_are_those_of_javascript_in_the_services_order(self) -> None:
        record = Record({"b_c": 1, "a": 2, "d_e": {"f_g": 3}})
        assert list(record) == ["bC", "a", "dE"]
        assert json.dumps(record) == '{"bC": 1, "a": 2, "dE": {"fG": 3}}'

    def test_what_is_not_there(self) -> None:
        record = Record({"a_b": 1})
        assert "ab" not in record
        assert None not in record.keys()
        assert record.get("ab") is None
        assert record.get("ab", "default") == "default"
        with pytest.raises(KeyError, match="a_c"):
            _ = record["a_c"]
        with pytest.raises(AttributeError, match="a_c"):
            _ = record.a_c

    def test_a_name_that_is_a_method_of_dict_is_read_by_index(self) -> None:
        assert Record({"items": 1, "pop_item": 2})["items"] == 1

    def test_of_two_names_with_one_camel_case_the_later_wins(self) -> None:
        record = Record({"a_b": 1, "a__b": 2})
        assert record == {"aB": 2}

    @pytest.mark.parametrize("names", [["aB", "a_b"], ["a_b", "aB"]])
    def test_a_name_in_camel_case_keeps_its_own_value(self, names: list[str]) -> None:
        record = Record({name: name for name in names})
        assert record == {"aB": "aB"}
        assert (record["aB"], record["a_b"], record.a_b) == ("aB", "a_b", "a_b")

    def test_the_earlier_one_is_read_by_its_own_name(self) -> None:
        record = Record({"a_b": 1, "a__b": 2})
        assert (record["a_b"], record["a__b"]) == (1, 2)
        assert record.a_b == record.get("a_b") == 1

    @pytest.mark.parametrize(
        "again",
        [copy.copy, copy.deepcopy, lambda record: pickle.loads(pickle.dumps(record))],
        ids=["copy", "deepcopy", "pickle"],
    )
    def test_a_copy_is_a_record(self, again: Any) -> None:
        record = again(Record({"a_b": {"c_d": 1}, "a__b": 2}))
        assert record == {"aB": 2}
        assert record["a_b"]["c_d"] == 1
        assert record.a__b == 2

    @moderate
    @given(payloads(words))
    def test_every_value_is_read_in_both_spellings(
        self, payload: dict[str, Any]
    ) -> None:
        record = Record(payload)
        for name, value in payload.items():
            expected = property_value(name, value)
            assert record[name] == record[camel_case(name)] == expected
            assert name in record

    @moderate
    @given(payloads(words))
    def test_statistics_are_json(self, payload: dict[str, Any]) -> None:
        record = Record(payload, statistics=True)
        assert json.loads(json.dumps(record)) == record
