"""Parameters come as texts in forms, and as anything in envelopes."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator import ServiceError
from taskrouter_sync.emulator.api.requests import Parameters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("", ""),
        (5, "5"),
        (5.0, "5"),
        (5.5, "5.5"),
        (True, "true"),
        (False, "false"),
        ({"a": [1]}, '{"a": [1]}'),
        ({"a": "日\ud800"}, '{"a": "日\\ud800"}'),
    ],
)
def test_values_of_an_envelope_become_texts(value: Any, text: str) -> None:
    assert Parameters.from_json({"Name": value}).text("Name") == text


@pytest.mark.parametrize(
    ("text", "content_type", "plain"),
    [
        ("A=1&B=", "application/x-www-form-urlencoded", {"A": "1", "B": ""}),
        ("A=1", "application/octet-stream", {"A": "1"}),
        ('{"A": [1, "b"]}', "application/json", {"A": ["1", "b"]}),
        ("[1]", "application/json", {}),
        ("A=1", "application/json", {}),
        ("[" * 100_000, "application/json", {}),
    ],
)
def test_a_body_is_a_form_or_json(
    text: str, content_type: str, plain: dict[str, Any]
) -> None:
    assert Parameters.from_body(text, content_type).plain() == plain


def test_null_in_an_envelope_is_not_supplied() -> None:
    assert "Name" not in Parameters.from_json({"Name": None})


def test_a_list_in_an_envelope_is_a_repeated_name() -> None:
    params = Parameters.from_json({"AssignmentStatus": ["pending", "reserved"]})
    assert params["AssignmentStatus"] == ("pending", "reserved")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("1", True),
        ("yes", True),
        ("false", False),
        ("0", False),
        ("on", False),
        ("", False),
    ],
)
def test_true_1_and_yes_are_true(text: str, value: bool) -> None:
    assert Parameters([("Available", text)]).boolean("Available") is value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T01:01:00+01:00", 60.0),
        ("1970-01-01T00:01:00", 60.0),
        ("1970-01-02", 86400.0),
    ],
)
def test_dates_are_iso_8601(text: str, seconds: float) -> None:
    assert Parameters([("StartDate", text)]).date("StartDate") == seconds


def test_choices_are_repeated_or_joined_by_commas() -> None:
    params = Parameters([("Status", "a, b"), ("Status", "c"), ("Status", "")])
    assert params.choices("Status") == ("a", "b", "c")


def test_choices_come_once() -> None:
    params = Parameters([("Status", "b,a," * 1000), ("Status", "c,b,a")])
    assert params.choices("Status") == ("b", "a", "c")


def test_the_last_of_several_values_counts() -> None:
    assert Parameters([("Name", "a"), ("Name", "b")]).text("Name") == "b"


@pytest.mark.parametrize("read", ["text", "integer", "boolean", "date"])
def test_what_is_absent_is_none(read: str) -> None:
    assert getattr(Parameters(), read)("Name") is None


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("integer", "five"),
        ("integer", ""),
        ("integer", "1_0"),
        ("integer", " 10"),
        ("integer", "10\n"),
        ("integer", "\u0661\u0660"),
        ("integer", "10.0"),
        ("integer", "9" * 5000),
        ("date", "yesterday"),
        ("date", "9999-99-99"),
        ("required", ""),
    ],
)
def test_what_makes_no_sense_is_refused(read: str, text: str) -> None:
    params = Parameters([("Name", text)])
    with pytest.raises(ServiceError, match="Name") as refused:
        getattr(params, read)("Name")
    assert (refused.value.status, refused.value.code) == (400, 20001)
