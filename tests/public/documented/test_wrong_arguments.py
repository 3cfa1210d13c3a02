"""Wrong arguments: refused at once, in words that name them, and nothing is sent."""

from __future__ import annotations

import warnings
from operator import attrgetter
from typing import Any

import pytest

from taskrouter_sync import ArgumentError

from ...support.center import Center
from ...support.outcome import Outcome
from .calls import subject_of
from .wrong_calls import CB, GROUPS, KEYWORDS, SID


@pytest.mark.parametrize("name", GROUPS)
def test_the_message_names_method_and_argument(center: Center, name: str) -> None:
    """A TypeError that says what came and what must."""
    subject = subject_of(name, center)
    before = center.sent()
    for method, args, words in GROUPS[name]:
        outcome = Outcome()
        given = [outcome.callback if each is CB else each for each in args]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with pytest.raises(TypeError, match=rf"^\w+\.\w+: .*{words}") as caught:
                attrgetter(method)(subject)(*given)
            assert type(caught.value) is ArgumentError
            assert (caught.value.code, outcome.calls) == (0, [])
    assert center.sent() == before


@pytest.mark.parametrize("name", [name for name in GROUPS if name != "workers"])
def test_another_s_sid(center: Center, outcome: Outcome, name: str) -> None:
    """A ValueError: an instance's own sid may come first, and no other text."""
    subject = subject_of(name, center)
    before = center.sent()
    for args in (("Nobody", "A", "b"), (SID, {"A": "b"}), ("", "A", "b")):
        with pytest.raises(ValueError, match=f"{args[0]!r} is not the sid of this"):
            subject.update(*args, outcome.callback)
    assert outcome.calls == []
    assert center.sent() == before


@pytest.mark.parametrize(("method", "keywords", "words"), KEYWORDS)
def test_wrong_keywords(
    center: Center, method: str, keywords: dict[str, Any], words: str
) -> None:
    reservation, before = center.reservation, center.sent()
    with pytest.raises(ArgumentError, match=words):
        getattr(reservation, method)(**keywords)
    assert center.sent() == before


def test_a_sid_has_no_filters(center: Center) -> None:
    words = "activityList.fetch: a sid takes no further parameters, not PageSize"
    with pytest.raises(ArgumentError, match=words):
        center.worker.activities.fetch(center.rest, page_size=5)


@pytest.mark.parametrize(
    "method", ["on", "once", "addListener", "removeListener", "off"]
)
def test_wrong_listeners(center: Center, method: str) -> None:
    register = getattr(center.worker, method)
    with pytest.raises(
        TypeError, match=r"event must be the name of an event, not int 5"
    ):
        register(5, print)
    with pytest.raises(TypeError, match="callback must be callable, not str 'print'"):
        register("ready", "print")
