"""Naming: both spellings of every name, by rule."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.naming import BothSpellings, camel_case, index

from .strategies import moderate, texts


CAMEL_CASE = [
    # What the service calls it, what TaskRouter.js calls it.
    ("friendly_name", "friendlyName"),
    ("sid", "sid"),
    ("a_b_c_d", "aBCD"),
    ("with_1_digit", "with1Digit"),
    ("_leading", "Leading"),
    ("trailing_", "trailing"),
    ("double__under", "doubleUnder"),
    ("Already_Upper", "AlreadyUpper"),
    ("camelAlready", "camelAlready"),
    ("with-dash", "with-dash"),
    ("__", ""),
    ("", ""),
]


@pytest.mark.parametrize(("name", "camel"), CAMEL_CASE)
def test_camel_case(name: str, camel: str) -> None:
    assert camel_case(name) == camel


@moderate
@given(texts | st.text("aA1_"))
def test_every_text_has_a_camel_case_without_underscores(name: str) -> None:
    assert "_" not in camel_case(name)


@moderate
@given(texts | st.text("aA1_"))
def test_camel_case_stays_as_it_is(name: str) -> None:
    assert camel_case(camel_case(name)) == camel_case(name)


@moderate
@given(st.text("abzAZ09_-"))
def test_camel_case_loses_underscores_only(name: str) -> None:
    assert camel_case(name).lower() == name.replace("_", "").lower()


def test_the_index_leads_back_to_the_name() -> None:
    assert index(["friendly_name", "sid"]) == {
        "friendlyName": "friendly_name",
        "sid": "sid",
    }


def test_of_two_names_with_one_camel_case_the_later_wins() -> None:
    assert index(["a_b", "a__b"]) == {"aB": "a__b"}


class Telephone(BothSpellings):
    """Has members that are written once, and names that it gets at run time."""

    caller_id = "joey"

    def __init__(self, **names: Any) -> None:
        self._at_run_time = names

    def hang_up(self) -> str:
        return "click"

    @property
    def is_ringing(self) -> bool:
        return True

    def _names(self) -> Iterable[str]:
        return self._at_run_time

    def _named(self, name: str) -> Any:
        return self._at_run_time[name]


class Mobile(Telephone):
    def switch_off(self) -> str:
        return "beep"

    def hangUp(self) -> str:
        return "swipe"


class TestBothSpellings:
    def test_a_method_answers_to_both(self) -> None:
        assert Telephone().hangUp() == Telephone().hang_up() == "click"

    def test_a_property_answers_to_both(self) -> None:
        assert Telephone().isRinging is Telephone().is_ringing is True

    def test_an_attribute_of_the_class_answers_to_both(self) -> None:
        assert Telephone().callerId == Telephone().caller_id == "joey"

    def test_a_subclass_has_the_members_of_its_base_and_its_own(self) -> None:
        assert Mobile().isRinging is True
        assert Mobile().switchOff() == "beep"

    def test_a_member_that_is_written_in_camel_case_answers_itself(self) -> None:
        assert Mobile().hangUp() == "swipe"
        assert Mobile().hang_up() == "click"

    def test_a_name_that_came_at_run_time_is_read(self) -> None:
        assert Telephone(ring_tone="la").ring_tone == "la"

    def test_a_member_comes_before_a_name_that_came_at_run_time(self) -> None:
        assert Telephone(hangUp="la", hang_up="la").hangUp() == "click"

    @pytest.mark.parametrize("name", ["hangup", "ring_tone", "_hangUp", "__hang_up"])
    def test_what_is_not_there_is_an_attribute_error(self, name: str) -> None:
        with pytest.raises(AttributeError, match=f"'Telephone' .* {name!r}"):
            getattr(Telephone(), name)

    def test_private_names_are_never_asked_for_at_run_time(self) -> None:
        assert not hasattr(Telephone(_secret=1), "_secret")

    def test_dir_lists_both_spellings_and_the_names_of_run_time(self) -> None:
        listed = dir(Telephone(ring_tone="la"))
        assert {"hang_up", "hangUp", "is_ringing", "isRinging", "ring_tone"} <= {
            *listed
        }
        assert listed == sorted(set(listed))

    def test_it_can_be_copied(self) -> None:
        assert copy.copy(Telephone(ring_tone="la")).ring_tone == "la"
