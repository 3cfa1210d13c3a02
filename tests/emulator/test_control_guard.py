"""Who may steer the emulator, and who is kept out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from taskrouter_sync.emulator.control.control import Caller, Refusal, refusal


HERE = Caller(
    host="127.0.0.1:8123",
    origin=None,
    fetch_site=None,
    peer="127.0.0.1",
    authorized=False,
)


def refused(visit: Caller, listens_on: str = "127.0.0.1") -> int | None:
    found = refusal(visit, listens_on)
    return None if found is None else found.status


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost:1",
        "LOCALHOST",
        "[::1]:8123",
        "console.localhost",
        "here",
    ],
)
def test_a_program_of_this_machine_may(host: str) -> None:
    assert refused(replace(HERE, host=host), "here") is None


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8123", "localhost.evil", "", "["]
)
def test_a_foreign_name_for_this_machine_may_not(host: str) -> None:
    """A page can have its own name point here (DNS rebinding)."""
    assert refused(replace(HERE, host=host)) == 403


def test_the_page_of_the_emulator_may() -> None:
    own = replace(HERE, origin="http://127.0.0.1:8123", fetch_site="same-origin")
    assert refused(own) is None


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9", "null", ""]
)
def test_a_page_of_another_origin_may_not(origin: str) -> None:
    assert refused(replace(HERE, origin=origin)) == 403
    # Not even where the browser has the account's credentials.
    assert refused(replace(HERE, origin=origin, authorized=True)) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_page_of_another_site_embeds_may_not(site: str) -> None:
    assert refused(replace(HERE, fetch_site=site)) == 403


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", None])
def test_another_machine_needs_the_credentials_of_the_account(peer: str | None) -> None:
    afar = replace(HERE, peer=peer, host="tests.example")
    assert refused(afar, "0.0.0.0") == 401
    assert refused(replace(afar, authorized=True), "0.0.0.0") is None


@pytest.mark.parametrize("peer", ["127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_all_addresses_of_loopback_are_this_machine(peer: str) -> None:
    assert refused(replace(HERE, peer=peer)) is None


def test_a_refusal_says_why() -> None:
    assert refusal(replace(HERE, origin="null"), "") == Refusal(
        403, "the Origin null is not the emulator's own"
    )
