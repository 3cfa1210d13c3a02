"""The driver itself: a recording is like itself, and unlike every other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from .case import Case, Recording, load_all
from .compare import differences
from .compare_values import unlike
from .rules import RULES, adapt


_CASES = load_all()

# A case with every kind of step and value, and no freedom but that of the GETs.
_PLAIN = "reservation/dequeue_nulls"


def itself(case: Case) -> Recording:
    """Make the recording of a client that does exactly what is expected."""
    seen = without_undefined(case["expected"])
    for connect in seen["connects"]:
        connect["at_ms"] = 1000 * connect.pop("at_s", 0)
    seen.setdefault("client_frames", [])
    tokens = [(0, "<token1>")]
    for index, request in enumerate(seen["requests"]):
        token = request["body"].get("token")
        if token != tokens[-1][1]:
            tokens.append((index, token))
    return Recording(seen, tokens=tokens)


def without_undefined(value: Any) -> Any:
    """Copy a value as Python has it: None for undefined."""
    if isinstance(value, list):
        return [without_undefined(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$undefined" in value:
        return None
    return {name: without_undefined(item) for name, item in value.items()}


def is_judged_freely(case: Case) -> bool:
    return bool(case["allow"]["told"] or case["allow"]["posts"]) or "$" in {
        name[:1]
        for entry in case["expected"]["events"]
        for argument in entry["args"]
        if isinstance(argument, dict)
        for name in argument.keys() - {"$entity", "$url", "$undefined", "$date"}
    }


_STRICT = [name for name in _CASES if not is_judged_freely(adapt(_CASES[name]))]


class TestComparing:
    @pytest.mark.parametrize("name", _STRICT)
    def test_a_recording_is_like_itself(self, name):
        case = adapt(_CASES[name])
        assert list(differences(case, itself(case))) == []

    def test_most_cases_are_judged_strictly(self):
        assert len(_STRICT) > 0.75 * len(_CASES)

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (lambda seen: seen["requests"].pop(-2), "request missing"),
            (
                lambda seen: seen["requests"][-2]["body"]["params"].pop("DequeueTo"),
                "not expected",
            ),
            (
                lambda seen: seen["requests"].append(seen["requests"][-2]),
                "not expected",
            ),
            (
                lambda seen: seen["requests"].append(seen["requests"][-1]),
                "not expected",
            ),
            (lambda seen: seen["requests"].reverse(), "not expected"),
            (
                lambda seen: seen["requests"][0].update(
                    content_type="application/json"
                ),
                "not expected",
            ),
            (
                lambda seen: seen["requests"][-1]["body"].update(token="<token2>"),
                "token",
            ),
            (lambda seen: seen["events"].pop(), "events: expected"),
            (lambda seen: seen["events"].append(seen["events"][0]), "events: expected"),
            (
                lambda seen: seen["events"][0]["args"][0].update(activityName="x"),
                "event 0 ready.args.0.activityName",
            ),
            (
                lambda seen: seen["events"][0]["args"][0].update(more="x"),
                "event 0 ready.args.0.more",
            ),
            (
                lambda seen: seen["callbacks"]["cb1"]["calls"].clear(),
                "callback cb1: expected 1 items",
            ),
            (
                lambda seen: seen["callbacks"]["cb1"]["calls"][0][1].update(sid="WR9"),
                "callback cb1.0.1.sid",
            ),
            (
                lambda seen: seen["exceptions"].append(
                    {"step": 5, "type": "TypeError", "message": "no"}
                ),
                "step 5: raised TypeError",
            ),
            (
                lambda seen: seen["connects"].append(seen["connects"][0]),
                "connects: expected 1, got 2",
            ),
            (
                lambda seen: seen["connects"][0]["query"].pop("closeExistingSessions"),
                "connect 0.query.closeExistingSessions",
            ),
            (lambda seen: seen["client_frames"].append("x"), "frames were sent"),
        ],
    )
    def test_a_changed_recording_is_unlike(
        self, change: Callable[[Any], Any], found: str
    ) -> None:
        case = adapt(_CASES[_PLAIN])
        recording = itself(case)
        change(recording.seen)
        assert any(found in each for each in differences(case, recording))

    def test_a_get_may_be_left_out(self):
        case = adapt(_CASES[_PLAIN])
        recording = itself(case)
        del recording.seen["requests"][4]
        assert list(differences(case, recording)) == []

    def test_requests_of_one_moment_may_come_in_any_order(self):
        case = adapt(_CASES[_PLAIN])
        recording = itself(case)
        requests = recording.seen["requests"]
        assert requests[2]["unordered"] == requests[3]["unordered"]
        requests[2:4] = requests[3:1:-1]
        assert list(differences(case, recording)) == []

    @pytest.mark.parametrize(
        ("expected", "actual"),
        [
            ({"$undefined": True}, None),
            ({"a": None}, {}),
            ({"$message": True}, {"$error": {"code": 0, "message": "x"}}),
            ({"$message": True}, {"message": "x"}),
            ({"$at_least": {"a": 1}}, {"a": 1, "b": 2}),
            (
                {"$resembles": {"sid": "WK1", "friendly_name": "x"}},
                {"$entity": "Worker", "sid": "WK1", "friendlyName": "x", "more": 1},
            ),
        ],
    )
    def test_markers_leave_room(self, expected, actual):
        assert list(unlike(expected, actual, "")) == []

    @pytest.mark.parametrize(
        ("expected", "actual"),
        [
            (1, True),
            (1, "1"),
            ([], {}),
            ([1], [1, 2]),
            ({"$message": True}, {"message": ""}),
            ({"$at_least": {"a": 1}}, {"a": 2}),
            ({"$resembles": {"sid": "WK1"}}, {"$entity": "Task", "sid": "WK1"}),
            (
                {"$announces": {"sid": "WT1", "reservation_sid": "WR1"}},
                {"$entity": "Reservation", "sid": "WR1"},
            ),
        ],
    )
    def test_markers_do_not_leave_more(self, expected, actual):
        assert list(unlike(expected, actual, ""))


class TestRules:
    def test_each_says_why(self):
        assert all(rule.__doc__ and rule.__doc__.endswith(".") for rule in RULES)

    def test_each_changes_a_case(self):
        """A rule that no recording needs has no place."""
        idle = []
        for rule in RULES:
            rules = RULES[: RULES.index(rule)]
            for recorded in _CASES.values():
                before = adapt(recorded, rules)
                after = copy.deepcopy(before)
                rule(after)
                if after != before:
                    break
            else:
                idle.append(rule.__name__)
        assert idle == []

    def test_the_recorded_case_stays_as_it_is(self):
        recorded = copy.deepcopy(_CASES[_PLAIN])
        adapt(recorded)
        assert recorded == _CASES[_PLAIN]
