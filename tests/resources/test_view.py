"""The view: a payload read as properties, in both spellings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from taskrouter_sync.resources.view import PayloadView

from taskrouter_sync.naming import camel_case
from taskrouter_sync.properties import NOT_PROPERTIES, property_value

from ..strategies import moderate, payloads, texts


PAYLOAD = {
    "sid": "WK1",
    "friendly_name": "Ann",
    "attributes": '{"snake_key":1}',
    "date_created": 1438286400,
    "outer_object": {"inner_value": [{"a_b": 1}]},
    "url": "https://t/Workers/WK1",
    "links": {"statistics": "https://t/Workers/WK1/Statistics"},
    "reservation_sid": "WR1",
    "other_url": "kept",
}


@pytest.mark.parametrize(
    ("snake", "camel", "value"),
    [
        ("sid", "sid", "WK1"),
        ("friendly_name", "friendlyName", "Ann"),
        ("attributes", "attributes", {"snake_key": 1}),
        (
            "date_created",
            "dateCreated",
            datetime(2015, 7, 30, 20, 0, tzinfo=timezone.utc),
        ),
        ("outer_object", "outerObject", {"innerValue": [{"aB": 1}]}),
        ("other_url", "otherUrl", "kept"),
    ],
)
def test_both_spellings_read_one_value(snake: str, camel: str, value: Any) -> None:
    view = PayloadView(PAYLOAD)
    assert view.value(snake) == value
    assert view.value(camel) is view.value(snake)


@pytest.mark.parametrize(
    "name",
    ["url", "links", "reservation_sid", "reservationSid", "friendlyname", "", "_"],
)
def test_what_is_no_property(name: str) -> None:
    view = PayloadView(PAYLOAD)
    with pytest.raises(KeyError):
        view.value(name)
    with pytest.raises(KeyError):
        view.key(name)


def test_the_names_come_in_the_payloads_order() -> None:
    assert list(PayloadView(PAYLOAD).keys()) == [
        "sid",
        "friendly_name",
        "attributes",
        "date_created",
        "outer_object",
        "other_url",
    ]


def test_the_payload_stays_as_it_came() -> None:
    view = PayloadView(PAYLOAD)
    for name in view.keys():
        view.value(name)
    assert view.payload is PAYLOAD
    assert view.payload["attributes"] == '{"snake_key":1}'


class CountingPayload(Mapping[str, Any]):
    """Counts how often each of its values is read."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload = payload
        self.reads: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.reads.append(name)
        return self.payload[name]

    def __iter__(self) -> Any:
        return iter(self.payload)

    def __len__(self) -> int:
        return len(self.payload)

    def __contains__(self, name: object) -> bool:
        return name in self.payload


def test_a_value_is_turned_when_first_asked_for_and_kept() -> None:
    payload = CountingPayload({"a_b": {"c_d": 1}, "other": 2})
    view = PayloadView(payload)
    assert view.value("aB") is view.value("a_b")
    assert payload.reads == ["a_b"]


def test_a_name_of_the_payload_comes_before_its_camel_case() -> None:
    view = PayloadView({"a_b": 1, "aB": 2})
    assert (view.value("a_b"), view.value("aB")) == (1, 2)


def test_of_two_names_with_one_camel_case_the_later_wins() -> None:
    view = PayloadView({"a_b": 1, "a__b": 2})
    assert view.value("aB") == 2
    assert (view.value("a_b"), view.value("a__b")) == (1, 2)


@moderate
@given(payloads(texts))
def test_every_value_is_read_by_its_own_name(payload: dict[str, Any]) -> None:
    view = PayloadView(payload)
    for name in payload.keys() - NOT_PROPERTIES:
        assert view.value(name) == property_value(name, payload[name])


@moderate
@given(payloads())
def test_every_value_is_read_in_both_spellings(payload: dict[str, Any]) -> None:
    view = PayloadView(payload)
    for name in view.keys():
        assert view.value(camel_case(name)) is view.value(name)
