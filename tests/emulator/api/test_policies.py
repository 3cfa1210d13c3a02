"""Token policies: which rule covers a request, and which of several wins."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.auth import Addresses, InvalidPolicies, Policies


HOST = "https://taskrouter.twilio.com"
WORKSPACE = f"{HOST}/v1/Workspaces/WS1"
TASKS = f"{WORKSPACE}/Tasks"


def policy(url: str, method: str = "GET", allow: bool = True, **more: Any) -> Any:
    return {"url": url, "method": method, "allow": allow, **more}


def policies(*rules: Any) -> Policies:
    return Policies(list(rules), Addresses("http://127.0.0.1:8123").canonical)


def allows(rules: Policies, method: str, url: str, **sent: Any) -> bool:
    return rules.refusal(method, url, **sent) is None


@pytest.mark.parametrize(
    ("rule", "url", "covered"),
    [
        (TASKS, TASKS, True),
        (TASKS, f"{TASKS}/", True),
        (f"{TASKS}/", TASKS, True),
        (TASKS, f"{TASKS}/WT1", False),
        (TASKS, f"{TASKS}?PageSize=5", True),
        (f"{TASKS}/*", TASKS, False),
        (f"{TASKS}/*", f"{TASKS}/", False),
        (f"{TASKS}/*", f"{TASKS}/WT1", True),
        (f"{TASKS}/*", f"{TASKS}/WT1/Reservations", False),
        (f"{TASKS}/**", TASKS, True),
        (f"{TASKS}/**", f"{TASKS}/WT1", True),
        (f"{TASKS}/**", f"{TASKS}/WT1/Reservations/WR1", True),
        (f"{TASKS}/**", f"{TASKS}Other", False),
        (f"{TASKS}/**", f"{WORKSPACE}/Workers", False),
        (f"{HOST}/v1/Workspaces/WS2/Tasks", TASKS, False),
        (f"{HOST}/v1/Workspaces/ws1/Tasks", TASKS, False),
        (f"{HOST}/v1/Workspaces/*/Tasks", TASKS, False),
        ("https://elsewhere.example/v1/Workspaces/WS1/Tasks", TASKS, False),
        (TASKS, "http://127.0.0.1:8123/v1/Workspaces/WS1/Tasks", True),
        (TASKS, "http://localhost:8123/v1/Workspaces/WS1/Tasks", True),
        (TASKS, "http://127.0.0.1:9999/v1/Workspaces/WS1/Tasks", False),
        ("http://127.0.0.1:8123/v1/Workspaces/WS1/Tasks", TASKS, True),
        (f"{TASKS}/**", f"{TASKS}%2FWT1", False),
    ],
)
def test_a_rule_covers_its_urls_and_no_others(
    rule: str, url: str, covered: bool
) -> None:
    assert allows(policies(policy(rule)), "GET", url) is covered


def test_a_rule_is_for_its_method_alone() -> None:
    assert not allows(policies(policy(TASKS, "POST")), "GET", TASKS)


def test_a_rule_that_does_not_say_allow_refuses() -> None:
    assert not allows(policies({"url": TASKS, "method": "GET"}), "GET", TASKS)


@pytest.mark.parametrize(
    ("broad", "narrow"),
    [
        (f"{WORKSPACE}/**", TASKS),
        (f"{WORKSPACE}/**", f"{TASKS}/**"),
        (f"{TASKS}/**", TASKS),
        (f"{WORKSPACE}/*", TASKS),
        (f"{WORKSPACE}/**", f"{WORKSPACE}/*"),
    ],
)
@pytest.mark.parametrize("narrow_first", [True, False])
@pytest.mark.parametrize("allow", [True, False])
def test_the_most_specific_rule_wins(
    broad: str, narrow: str, narrow_first: bool, allow: bool
) -> None:
    rules = [policy(broad, allow=not allow), policy(narrow, allow=allow)]
    if narrow_first:
        rules.reverse()
    assert allows(policies(*rules), "GET", TASKS) is allow


@pytest.mark.parametrize(
    ("condition", "form", "fulfilled"),
    [
        ({}, {}, True),
        ({}, {"Other": ["x"]}, True),
        ({"Name": {"required": True}}, {}, False),
        ({"Name": {"required": True}}, {"Name": ["x"]}, True),
        ({"Name": {"required": True}}, {"Name": [""]}, True),
        ({"Name": {"required": True}}, {"Name": ["x"], "Other": ["y"]}, False),
        ({"Name": {"required": False}}, {}, True),
        ({"Name": {"required": False}}, {"Other": ["y"]}, False),
        ({"Name": {"required": False, "value": "x"}}, {"Name": ["x"]}, True),
        ({"Name": {"required": False, "value": "x"}}, {"Name": ["y"]}, False),
        ({"Name": {"required": True, "value": "x"}}, {"Name": ["x", "y"]}, False),
        ({"Name": "x"}, {"Name": ["x"]}, True),
        ({"Name": "x"}, {"Name": ["y"]}, False),
        ({"Name": "x"}, {}, False),
    ],
)
@pytest.mark.parametrize("kind", ["query", "post"])
def test_a_filter_asks_for_parameters(
    condition: Any, form: Any, fulfilled: bool, kind: str
) -> None:
    rules = policies(policy(TASKS, "POST", **{f"{kind}_filter": condition}))
    sent: Any = {"query" if kind == "query" else "form": form}
    assert allows(rules, "POST", TASKS, **sent) is fulfilled


def test_a_rule_with_filters_beats_the_same_one_without() -> None:
    rules = policies(
        policy(TASKS, "POST", allow=True),
        policy(
            TASKS, "POST", allow=False, post_filter={"Priority": {"required": True}}
        ),
    )
    assert allows(rules, "POST", TASKS, form={"Attributes": ["{}"]})
    assert not allows(rules, "POST", TASKS, form={"Priority": ["1"]})


def test_null_filters_are_no_filters() -> None:
    rules = policies(policy(TASKS, query_filter=None, post_filter=None))
    assert allows(rules, "GET", TASKS, query={"PageSize": ["5"]})


def test_rules_that_contradict_each_other_are_refused_at_once() -> None:
    with pytest.raises(InvalidPolicies, match="contradict"):
        policies(policy(TASKS), policy(f"{TASKS}/", allow=False))


@pytest.mark.parametrize(
    "claim",
    [
        None,
        {},
        ["x"],
        [{"method": "GET", "allow": True}],
        [{"url": TASKS, "allow": True}],
        [policy(TASKS, query_filter=[])],
        [policy(TASKS, query_filter={"Name": 5})],
        [policy(TASKS, query_filter={"Name": {"value": 5}})],
    ],
)
def test_malformed_policies_are_refused(claim: Any) -> None:
    with pytest.raises(InvalidPolicies):
        Policies(claim, str)


@pytest.mark.parametrize(
    ("rules", "form", "reason"),
    [
        ([], {}, ""),
        ([policy(f"{WORKSPACE}/Workers", "POST")], {}, ""),
        ([policy(TASKS, "POST", allow=False)], {}, "denies it"),
        (
            [policy(TASKS, "POST", post_filter={"ActivitySid": {"required": True}})],
            {"Attributes": ["{}"]},
            "requires ActivitySid",
        ),
        (
            [policy(TASKS, "POST", post_filter={"ActivitySid": "WA1"})],
            {"ActivitySid": ["WA2"]},
            "requires ActivitySid to be WA1",
        ),
        (
            [policy(TASKS, "POST", post_filter={"ActivitySid": {}})],
            {"Attributes": ["{}"]},
            "does not allow Attributes",
        ),
        (
            [
                policy(f"{WORKSPACE}/**", "POST", post_filter={"A": "1"}),
                policy(TASKS, "POST", post_filter={"B": "1"}),
            ],
            {},
            "requires B",
        ),
    ],
)
def test_a_refusal_names_the_policy_that_comes_closest(
    rules: list[Any], form: dict[str, list[str]], reason: str
) -> None:
    expected = f"No policy of the token allows POST {TASKS}"
    if reason:
        expected += f": the policy for POST {TASKS} {reason}"
    assert policies(*rules).refusal("POST", TASKS, form=form) == expected
    assert policies(policy(TASKS, "POST")).refusal("POST", TASKS) is None
