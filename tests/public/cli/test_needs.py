"""What a client asks, and what tokens allow of it."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.cli.credentials import KINDS, USUAL
from taskrouter_sync.cli.needs import needs, unmet
from taskrouter_sync.tokens import read_claims


SIDS = {"worker": "WK", "taskqueue": "WQ", "workspace": "WS"}


def claims(kind: str, **allowed: bool) -> dict[str, Any]:
    sids = ["WS" + "1" * 32]
    if kind != "workspace":
        sids.append(SIDS[kind] + "1" * 32)
    token = KINDS[kind].make("AC" + "1" * 32, "auth token", *sids, **allowed)
    return read_claims(token.to_jwt())


NOTHING = dict.fromkeys(
    [
        "allow_web_sockets",
        "allow_fetch_self",
    ],
    False,
)
NOTHING_OF_A_WORKER = dict.fromkeys(
    [
        *NOTHING,
        "allow_fetch_activities",
        "allow_fetch_reservations",
        "allow_fetch_worker_reservations",
    ],
    False,
)
BARE = {
    "worker": NOTHING_OF_A_WORKER,
    "taskqueue": NOTHING,
    "workspace": NOTHING,
}


@pytest.mark.parametrize("kind", SIDS)
def test_a_token_without_policies_allows_nothing(kind: str) -> None:
    bare = claims(kind, **BARE[kind])
    assert list(unmet(bare)) == needs(bare)


@pytest.mark.parametrize("kind", SIDS)
def test_a_default_token_allows_what_is_essential(kind: str) -> None:
    assert not [need for need in unmet(claims(kind)) if need.essential]


@pytest.mark.parametrize("kind", ["worker"])
def test_the_usual_token_of_this_program_allows_all(kind: str) -> None:
    allowed = {f"allow_{name.replace('-', '_')}": True for name in USUAL[kind]}
    assert list(unmet(claims(kind, **allowed))) == []


@pytest.mark.parametrize(
    ("kind", "position"),
    [(kind, at) for kind in SIDS for at in range(len(needs(claims(kind))))],
)
def test_the_option_that_is_advised_is_the_one_that_helps(
    kind: str, position: int
) -> None:
    need = needs(claims(kind))[position]
    helped = claims(kind, **{**BARE[kind], need.option: True})
    assert need.what not in [each.what for each in unmet(helped)]
