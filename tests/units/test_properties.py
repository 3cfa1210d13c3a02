"""Properties: what users read where the service's payload has something else."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone
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
    json_text,
    property_value,
    user_data,
)

from ..strategies import json_values, moderate, numbers, payloads, scalars, texts, words


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
    assert isinstance(read, type(expected))


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


TEXT = '{"foo":"bar","from":"+1","baz":{"n":[{"m":1},[{"deep":2}]]},"items":3}'


class TestJsonObject:
    """User data: that it behaves as in JavaScript is in `public/test_objects.py`."""

    @pytest.fixture(params=[TEXT, json.loads(TEXT)], ids=["text", "object"])
    def data(self, request: pytest.FixtureRequest) -> Any:
        """The same data, sent as JSON text and as an object."""
        return user_data(copy.deepcopy(request.param))

    @pytest.mark.parametrize("name", ["__html__", "__array__", "_repr_html_", "__x"])
    def test_what_python_asks_for_is_not_there(self, data: Any, name: str) -> None:
        assert not hasattr(data, name)
        with pytest.raises(AttributeError):
            setattr(data, "__x", 1)

    def test_a_name_can_be_set_and_removed(self, data: Any) -> None:
        data.flag = True
        data.baz.n[0].m = 2
        data.items = 4
        del data.foo
        del data.never_there
        assert data["flag"] is data.flag is True
        assert json.loads(json.dumps(data)) == {
            "from": "+1",
            "baz": {"n": [{"m": 2}, [{"deep": 2}]]},
            "items": 4,
            "flag": True,
        }

    def test_a_python_keyword_has_an_underscore(self, data: Any) -> None:
        assert data.from_ == data["from"] == "+1"
        data.from_ = "+2"
        data.class_ = "vip"
        assert (data["from"], data["class"]) == ("+2", "vip")
        del data.from_
        assert "from" not in data
        # A key that really is called so comes first; other names have nothing to hide.
        data["from_"] = "literal"
        data.other_ = 1
        assert (data.from_, data["other_"], data.other) == ("literal", 1, None)

    @pytest.mark.parametrize(
        "put",
        [
            lambda data, value: setattr(data, "new", value),
            lambda data, value: data.__setitem__("new", value),
            lambda data, value: data.setdefault("new", value),
            lambda data, value: data.update(new=value),
            lambda data, value: data.update({"new": value}),
            lambda data, value: data.__ior__({"new": value}),
            lambda data, value: data.baz.__setattr__("new", value),
            lambda data, value: data.baz.n.append(value),
            lambda data, value: data.baz.n.insert(1, value),
            lambda data, value: data.baz.n.extend([value]),
            lambda data, value: data.baz.n.__iadd__([value]),
            lambda data, value: data.baz.n.__setitem__(0, value),
            lambda data, value: data.baz.n.__setitem__(slice(0, 1), [value]),
        ],
    )
    def test_what_is_put_in_later_becomes_such_an_object(
        self, data: Any, put: Any
    ) -> None:
        put(data, {"a": [{"b": {}}]})
        held = [data.new, data.baz.new, *data.baz.n]
        [found] = [each for each in held if isinstance(each, dict) and "a" in each]
        assert found.a[0].b.absent is None
        assert found == {"a": [{"b": {}}]}

    @pytest.mark.parametrize(
        "again",
        [
            copy.copy,
            copy.deepcopy,
            lambda data: pickle.loads(pickle.dumps(data)),
            lambda data: data.copy(),
            lambda data: data | {},
            JsonObject,
        ],
    )
    def test_a_copy_is_such_an_object(self, data: Any, again: Any) -> None:
        copied = again(data)
        assert type(copied) is JsonObject
        assert copied == data == json.loads(TEXT)
        assert copied.baz.n[0].absent is None
        copied.own = 1
        assert data.own is None

    def test_a_copy_of_a_list_is_such_a_list(self, data: Any) -> None:
        listed = data.baz.n
        for copied in (listed.copy(), copy.deepcopy(listed)):
            copied.append({"a": 1})
            assert copied[-1].a == 1
        assert len(listed) == 2

    def test_it_is_a_dict_to_everything_else(self, data: Any) -> None:
        assert dict(data) == json.loads(TEXT)
        assert json.dumps(data) == json.dumps(json.loads(TEXT))
        assert isinstance(data, dict)
        assert isinstance(data.baz.n, list)
        # A key that is a dict's method is read by index.
        assert data["items"] == 3
        assert callable(data.items)


JSON: list[tuple[Any, str]] = [
    # What `JSON.stringify` makes of it.
    ({"a": [1, None, True]}, '{"a":[1,null,true]}'),
    ([1.0, 1.5, -2.0, 1e21, float("nan"), float("inf")], "[1,1.5,-2,1e+21,null,null]"),
    # Small and large numbers, and what only looks like one.
    ([1e-4, 5e-5, -1.5e-5, 1e-6], "[0.0001,0.00005,-0.000015,0.000001]"),
    ([1e-7, -2.5e-9, 1e-10], "[1e-7,-2.5e-9,1e-10]"),
    ([1.2345678901234568e20, -1e16], "[123456789012345680000,-10000000000000000]"),
    ({"5e-05": 'a"\n1e-05', "b\\": 5e-5}, r'{"5e-05":"a\"\n1e-05","b\\":0.00005}'),
    ({"half": "\ud800", "n": 5e-5}, r'{"half":"\ud800","n":0.00005}'),
    ({"z": "Zoë", "half": "\ud800"}, '{"z":"Zo\\u00eb","half":"\\ud800"}'),
    ({"z": "Zoë"}, '{"z":"Zoë"}'),
    (EIGHT.replace(microsecond=5999), '"2015-07-30T20:00:00.005Z"'),
    (EIGHT.astimezone(timezone(timedelta(hours=2))), '"2015-07-30T20:00:00.000Z"'),
    ((EIGHT.date(),), '["2015-07-30"]'),
]


@pytest.mark.parametrize(("value", "text"), JSON)
def test_json_text_is_that_of_javascript(value: Any, text: str) -> None:
    assert json_text(value) == text


def test_what_json_can_t_say_is_an_error() -> None:
    with pytest.raises(TypeError):
        json_text({"a": {1}})


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
        with pytest.raises(AttributeError, match="no attribute 'a_c'"):
            _ = record.a_c

    def test_a_documented_name_is_none_where_it_is_absent(self) -> None:
        links = Record({"worker_channels": "u"})
        assert (links.workerChannels, links.reservations) == ("u", None)
        assert links.real_time_statistics is links.realTimeStatistics is None
        assert "reservations" not in links
        with pytest.raises(
            AttributeError, match="'reservation'; did you mean 'reservations'"
        ):
            _ = links.reservation
        assert not hasattr(links, "tasksEntered")
        assert Record({}, statistics=True).tasksEntered is None
        assert copy.deepcopy(links).reservations is None

    def test_it_is_data_in_both_spellings(self) -> None:
        record = Record({"a_b": {"c_d": [1.0]}, "date_created": 0, "a__b": 2})
        created = datetime(1970, 1, 1, tzinfo=timezone.utc)
        assert record.to_dict() == record.toDict() == {"aB": 2, "dateCreated": created}
        assert record.to_dict(snake_case=True) == {
            "a_b": {"c_d": [1.0]},
            "date_created": created,
            "a__b": 2,
        }
        assert record.to_json() == '{"aB":2,"dateCreated":"1970-01-01T00:00:00.000Z"}'
        assert type(Record({"a": {"b": 1}}).to_dict()["a"]) is dict

    def test_a_name_that_is_a_method_of_dict_is_read_by_index(self) -> None:
        assert Record({"items": 1, "pop_item": 2})["items"] == 1

    def test_of_two_names_with_one_camel_case_the_later_wins(self) -> None:
        record = Record({"a_b": 1, "a__b": 2})
        assert record == {"aB": 2}

    def test_the_earlier_one_is_read_by_its_own_name(self) -> None:
        record = Record({"a_b": 1, "a__b": 2})
        assert (record["a_b"], record["a__b"]) == (1, 2)
        assert record.a_b == record.get("a_b") == 1

    @pytest.mark.parametrize("names", [["aB", "a_b"], ["a_b", "aB"]])
    def test_a_name_in_camel_case_keeps_its_own_value(self, names: list[str]) -> None:
        record = Record({name: name for name in names})
        assert record == {"aB": "aB"}
        assert (record["aB"], record["a_b"], record.a_b) == ("aB", "a_b", "a_b")

    @pytest.mark.parametrize(
        "again",
        [
            copy.copy,
            Record.copy,
            copy.deepcopy,
            lambda record: pickle.loads(pickle.dumps(record)),
        ],
        ids=["copy", "method", "deepcopy", "pickle"],
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
