"""What keys mean to an agent, by what lies on the desk."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.cli.desk import Action, Desk
from taskrouter_sync.cli.terminal import Paint

from ...resources.session import RecordingSession
from ...strategies import moderate


PLAIN = Paint(io.StringIO(), {})


def reservation(number: int, status: str) -> Any:
    sid = f"WR{number:032}"
    return RecordingSession().make(
        {"sid": sid, "reservation_status": status, "task_sid": f"WT{number:032}"}
    )


def desk(*statuses: str) -> Desk:
    made = Desk()
    lie = [reservation(number, status) for number, status in enumerate(statuses, 1)]
    made.lay({each.sid: each for each in lie})
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
    before = desk(*statuses)
    for key in keys:
        meant = before.press(key)
    assert isinstance(meant, Action)
    assert (meant.verb, meant.subject.sid) == (verb, f"WR{number:032}")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("a", "nothing to accept"),
        ("c", "nothing to complete"),
        ("7", "there is no reservation 7"),
    ],
)
def test_a_key_without_a_subject_is_answered_in_words(key: str, says: str) -> None:
    assert desk().press(key) == says


@pytest.mark.parametrize(
    ("key", "verb"),
    [("q", "quit"), ("", "quit"), ("s", "activities"), ("?", "help"), ("x", "help")],
)
def test_other_keys_need_no_subject(key: str, verb: str) -> None:
    assert desk().press(key) == Action(verb)  # type: ignore[arg-type] # of the table


def test_a_digit_after_the_activities_chooses_one() -> None:
    before = desk("pending")
    away, back = (
        SimpleNamespace(friendly_name="Away"),
        SimpleNamespace(friendly_name="B"),
    )
    assert before.offer([away, back]) == ["  1  Away", "  2  B"]
    assert before.press("2") == Action("activity", back)
    # Once only: the next digit is about reservations again.
    assert before.press("1") == "chosen: 1"
    before.offer([away])
    assert before.press("5") == "there is no activity 5"


def test_the_desk_shows_what_lies_on_it_and_which_keys_count() -> None:
    before = desk("pending", "accepted")
    before.press("2")
    lines = before.lines(PLAIN)
    assert [line.split()[:2] for line in lines[:2]] == [
        ["1", "pending"],
        [">", "2"],
    ]
    assert lines[-1].startswith("[a]ccept  [r]eject  [c]omplete  [s]witch")
    assert desk().lines(PLAIN) == ["[s]witch activity  [?] help  [q]uit"]


def test_a_choice_ends_with_what_was_chosen() -> None:
    before = desk("pending", "pending")
    before.press("2")
    before.lay({"x": reservation(1, "pending")})
    assert ">" not in "".join(before.lines(PLAIN))


@given(
    st.lists(st.sampled_from(["pending", "accepted", "wrapping"]), max_size=4),
    st.text(max_size=6),
)
@moderate
def test_every_key_means_something(statuses: list[str], keys: str) -> None:
    before = desk(*statuses)
    for key in keys:
        assert before.press(key) is not None
        assert before.lines(PLAIN)
