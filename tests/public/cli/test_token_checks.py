"""What is wrong with a token, in words, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.cli import token_checks
from taskrouter_sync.cli.credentials import KINDS
from taskrouter_sync.cli.network import compare_clocks
from taskrouter_sync.cli.token_checks import Finding, refused_requests, requests_of
from taskrouter_sync.tokens import read_claims

from ...strategies import json_values, moderate


NOW = 1_000_000.0


def claims(kind: str, **allowed: bool) -> dict[str, Any]:
    sids = ["WS" + "1" * 32]
    if kind != "workspace":
        sids.append(KINDS[kind].prefix + "1" * 32)
    token = KINDS[kind].make("AC" + "1" * 32, "auth token", *sids, **allowed)
    return read_claims(token.to_jwt())


NOTHING = dict.fromkeys(["allow_web_sockets", "allow_fetch_self"], False)
NOTHING_OF_A_WORKER = dict.fromkeys(
    [
        *NOTHING,
        "allow_fetch_activities",
        "allow_fetch_reservations",
        "allow_fetch_worker_reservations",
    ],
    False,
)
BARE = {"worker": NOTHING_OF_A_WORKER, "taskqueue": NOTHING, "workspace": NOTHING}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_without_policies_allows_nothing(kind: str) -> None:
    bare = claims(kind, **BARE[kind])
    assert refused_requests(bare) == requests_of(bare)


@pytest.mark.parametrize("kind", KINDS)
def test_a_default_token_allows_what_is_essential(kind: str) -> None:
    assert not [each for each in refused_requests(claims(kind)) if each.essential]


def test_the_usual_token_of_this_program_allows_all() -> None:
    usual = KINDS["worker"].usual
    allowed = {f"allow_{name.replace('-', '_')}": True for name in usual}
    assert refused_requests(claims("worker", **allowed)) == []


@pytest.mark.parametrize(
    ("kind", "position"),
    [(kind, at) for kind in KINDS for at in range(len(requests_of(claims(kind))))],
)
def test_the_option_that_is_advised_is_the_one_that_helps(
    kind: str, position: int
) -> None:
    request = requests_of(claims(kind))[position]
    helped = claims(kind, **{**BARE[kind], request.option: True})
    assert request.what not in [each.what for each in refused_requests(helped)]


def test_a_good_token_has_nothing_wrong() -> None:
    good = claims("worker")
    found = [*token_checks.check_claims(good), *token_checks.check_policies(good)]
    assert {each.verdict for each in found} == {"ok", "note"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"account_sid": None}, "the token has no account_sid"),
        ({"channel": ""}, "the token has no channel"),
        ({"worker_sid": "WK1"}, "worker_sid is WK1, which is not a sid"),
        ({"workspace_sid": ["WS"]}, 'workspace_sid is ["WS"], which is not a sid'),
    ],
)
def test_invalid_claims_are_wrong(change: dict[str, Any], says: str) -> None:
    found = list(token_checks.check_claims({**claims("worker"), **change}))
    assert any(each.verdict == "wrong" and says in each.found for each in found)
    assert all(each.advice for each in found if each.verdict != "ok")


def test_a_channel_of_its_own_is_noted() -> None:
    [note, _] = token_checks.check_claims({**claims("worker"), "channel": "mine"})
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
        ({"exp": 10**400}, "wrong"),
        ({"exp": NOW + 3600, "nbf": -(10**400)}, "ok"),
        ({"exp": NOW + 3600, "nbf": NOW + 60}, "wrong"),
        ({"exp": NOW + 3600, "nbf": NOW - 60}, "ok"),
    ],
)
def test_times_are_compared_with_the_clock(times: dict[str, Any], verdict: str) -> None:
    assert [*token_checks.check_times(times, NOW)][-1].verdict == verdict


@pytest.mark.parametrize(
    ("here", "verdict"), [(NOW, "ok"), (NOW + 60, "wrong"), (NOW - 60, "wrong")]
)
def test_clocks_must_agree(here: float, verdict: str) -> None:
    assert compare_clocks(here, NOW).verdict == verdict


def test_policies_that_contradict_each_other_are_wrong() -> None:
    policy = {"url": "https://taskrouter.twilio.com/v1/x", "method": "GET"}
    both = [{**policy, "allow": True}, {**policy, "allow": False}]
    [found] = token_checks.check_policies({**claims("worker"), "policies": both})
    assert "contradict" in found.found


names = st.sampled_from(
    ["account_sid", "workspace_sid", "worker_sid", "channel", "exp", "nbf", "policies"]
)


@given(st.dictionaries(names, json_values(names)))
@moderate
def test_whatever_a_token_claims_something_is_found(claimed: dict[str, Any]) -> None:
    found = [
        *token_checks.check_claims(claimed),
        *token_checks.check_times(claimed, NOW),
        *token_checks.check_policies(claimed),
    ]
    assert found
    assert all(isinstance(each, Finding) for each in found)
