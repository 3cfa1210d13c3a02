"""What is wrong with a token, in words, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.cli import findings
from taskrouter_sync.cli.findings import Finding

from ...strategies import json_values, moderate
from .test_needs import claims


NOW = 1_000_000.0


def verdicts(found: Any) -> list[tuple[str, str]]:
    return [(each.verdict, each.found) for each in found]


def test_a_good_token_has_nothing_wrong() -> None:
    good = claims("worker")
    looks = [*findings.of_claims(good), *findings.of_policies(good)]
    assert {each.verdict for each in looks} == {"ok", "note"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"account_sid": None}, "the token lacks account_sid"),
        ({"channel": ""}, "the token lacks channel"),
        ({"worker_sid": "WK1"}, "worker_sid is WK1, no sid"),
        ({"workspace_sid": ["WS"]}, 'workspace_sid is ["WS"], no sid'),
    ],
)
def test_claims_that_make_no_sense_are_wrong(change: dict[str, Any], says: str) -> None:
    found = list(findings.of_claims({**claims("worker"), **change}))
    assert ("wrong", says) in verdicts(found)
    assert all(each.advice for each in found if each.verdict != "ok")


def test_a_channel_of_its_own_is_noted() -> None:
    [note, _] = findings.of_claims({**claims("worker"), "channel": "mine"})
    assert note.verdict == "note"


@pytest.mark.parametrize(
    ("times", "verdict"),
    [
        ({"exp": NOW + 3600}, "ok"),
        ({"exp": NOW + 60}, "note"),
        ({"exp": NOW - 60}, "wrong"),
        ({}, "wrong"),
        ({"exp": "soon"}, "wrong"),
        ({"exp": float("nan")}, "wrong"),
        ({"exp": NOW + 3600, "nbf": NOW + 60}, "wrong"),
        ({"exp": NOW + 3600, "nbf": NOW - 60}, "ok"),
    ],
)
def test_times_are_compared_with_the_clock(times: dict[str, Any], verdict: str) -> None:
    assert [*findings.of_times(times, NOW)][-1].verdict == verdict


@pytest.mark.parametrize(
    ("here", "verdict"), [(NOW, "ok"), (NOW + 60, "wrong"), (NOW - 60, "wrong")]
)
def test_clocks_must_agree(here: float, verdict: str) -> None:
    [found] = findings.of_clocks(here, NOW)
    assert found.verdict == verdict


def test_policies_that_contradict_each_other_are_wrong() -> None:
    policy = {"url": "https://taskrouter.twilio.com/v1/x", "method": "GET"}
    both = [{**policy, "allow": True}, {**policy, "allow": False}]
    [found] = findings.of_policies({**claims("worker"), "policies": both})
    assert "contradict" in found.found


names = st.sampled_from(
    ["account_sid", "workspace_sid", "worker_sid", "channel", "exp", "nbf", "policies"]
)


@given(st.dictionaries(names, json_values(names)))
@moderate
def test_whatever_a_token_claims_something_is_found(found: dict[str, Any]) -> None:
    looks = [
        *findings.of_claims(found),
        *findings.of_times(found, NOW),
        *findings.of_policies(found),
    ]
    assert looks
    assert all(isinstance(each, Finding) for each in looks)
