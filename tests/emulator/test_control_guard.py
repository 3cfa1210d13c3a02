"""Who may steer the emulator, and who is kept out."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.emulator.control.control import ControlRequest, refusal


def refused(
    *,
    host: str = "127.0.0.1:8123",
    origin: str | None = None,
    fetch_site: str | None = None,
    peer: str | None = "127.0.0.1",
    authorized: bool = False,
    listens_on: str = "127.0.0.1",
) -> int | None:
    headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": fetch_site}
    given = {name: value for name, value in headers.items() if value is not None}
    request = ControlRequest("GET", "/emulator", [], given, peer)
    found = refusal(request, authorized, listens_on)
    return None if found is None else found[0]


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
    assert refused(host=host, listens_on="here") is None


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8123", "localhost.evil", "", "["]
)
def test_a_foreign_name_for_this_machine_may_not(host: str) -> None:
    """A page can have its own name point here (DNS rebinding)."""
    assert refused(host=host) == 403


def test_the_page_of_the_emulator_may() -> None:
    own = "http://127.0.0.1:8123"
    assert refused(origin=own, fetch_site="same-origin") is None


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9", "null", ""]
)
def test_a_page_of_another_origin_may_not(origin: str) -> None:
    assert refused(origin=origin) == 403
    # Not even where the browser has the account's credentials.
    assert refused(origin=origin, authorized=True) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_page_of_another_site_embeds_may_not(site: str) -> None:
    assert refused(fetch_site=site) == 403


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", None])
def test_another_machine_needs_the_credentials_of_the_account(peer: str | None) -> None:
    asked: Any = {"peer": peer, "host": "tests.example", "listens_on": "0.0.0.0"}
    assert refused(**asked) == 401
    assert refused(**asked, authorized=True) is None


@pytest.mark.parametrize("peer", ["127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_all_addresses_of_loopback_are_this_machine(peer: str) -> None:
    assert refused(peer=peer) is None
