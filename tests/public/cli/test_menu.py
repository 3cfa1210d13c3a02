"""What keys mean to an agent, by which reservations are open."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.cli.agent import Action, Menu
from taskrouter_sync.cli.terminal import REDRAW, Paint

from ...strategies import moderate


PLAIN = Paint(io.StringIO(), {})


class Reservation(dict[str, Any]):
    """What a menu asks a reservation for."""

    @property
    def sid(self) -> str:
        return str(self["sid"])

    @property
    def reservation_status(self) -> str:
        return str(self["reservation_status"])


def reservation(number: int, status: str) -> Reservation:
    return Reservation(
        sid=f"WR{number:032}",
        reservation_status=status,
        task={"sid": f"WT{number:032}", "attributes": {"n": number}},
    )


def menu(*statuses: str) -> Menu:
    made = Menu()
    found = [reservation(number, status) for number, status in enumerate(statuses, 1)]
    made.update({each.sid: each for each in found})
    return made


@pytest.mark.parametrize(
    ("statuses", "keys", "verb", "number"),
    [
        (["pending"], "a", "accept", 1),
        (["pending"], "r", "reject", 1),
        (["accepted"], "c", "complete", 1),
        (["wrapping"], "c", "complete", 1),
        (["pending", "pending"], "a", "accept", 1),
        (["pending", "pending"], "2a", "accept", 2),
        (["accepted", "pending"], "a", "accept", 2),
        (["accepted", "pending"], "1a", "accept", 2),
        (["accepted", "accepted"], "2c", "complete", 2),
        (["accepted", "pending"], "2c", "complete", 1),
    ],
)
def test_a_key_is_about_the_chosen_one_if_it_fits_else_the_oldest(
    statuses: list[str], keys: str, verb: str, number: int
) -> None:
    before = menu(*statuses)
    for key in keys:
        meant = before.press(key)
    assert isinstance(meant, Action)
    assert (meant.verb, meant.subject.sid) == (verb, f"WR{number:032}")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("a", "no reservation to accept"),
        ("c", "no reservation to complete"),
        ("7", "there is no reservation 7"),
    ],
)
def test_a_key_without_a_subject_is_answered_in_words(key: str, says: str) -> None:
    assert menu().press(key) == says


@pytest.mark.parametrize(
    ("key", "verb"),
    [
        *(("q", "quit"), ("", "quit"), ("s", "activities")),
        *((REDRAW, "redraw"), ("?", "help"), ("x", "help")),
    ],
)
def test_other_keys_need_no_subject(key: str, verb: str) -> None:
    assert menu().press(key) == Action(verb)  # type: ignore[arg-type] # of the table


def test_a_digit_after_the_activities_chooses_one() -> None:
    before = menu("pending")
    away, back = (
        SimpleNamespace(friendly_name="Away"),
        SimpleNamespace(friendly_name="B"),
    )
    assert before.offer([away, back]) == ["  1  Away", "  2  B"]
    assert before.press("2") == Action("activity", back)
    # Once only: the next digit is about reservations again.
    assert before.press("1") == "reservation 1 is chosen"
    before.offer([away])
    assert before.press("5") == "there is no activity 5"


def test_it_shows_open_reservations_and_the_keys() -> None:
    before = menu("pending", "accepted")
    before.press("2")
    lines = before.lines(PLAIN)
    assert [line.split()[:2] for line in lines[:2]] == [
        ["1", "pending"],
        [">", "2"],
    ]
    assert lines[0].endswith('WR000000…  {"n": 1}')
    assert lines[-1].startswith("[a]ccept  [r]eject  [c]omplete  [s]witch")
    assert menu().lines(PLAIN) == ["[s]witch activity  [?] help  [q]uit"]


def test_a_choice_ends_with_what_was_chosen() -> None:
    before = menu("pending", "pending")
    before.press("2")
    before.update({"x": reservation(1, "pending")})
    assert ">" not in "".join(before.lines(PLAIN))


@given(
    st.lists(st.sampled_from(["pending", "accepted", "wrapping"]), max_size=4),
    st.text(max_size=6),
)
@moderate
def test_every_key_means_something(statuses: list[str], keys: str) -> None:
    before = menu(*statuses)
    for key in keys:
        assert before.press(key)
        assert before.lines(PLAIN)
