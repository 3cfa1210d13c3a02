"""Every address of the service has one canonical spelling."""

from __future__ import annotations

import pytest

from taskrouter_sync.emulator.auth import Addresses
from taskrouter_sync.emulator.service import query_pairs


ADDRESSES = Addresses("http://127.0.0.1:8123")


WORKSPACE = "https://taskrouter.twilio.com/v1/Workspaces/WS1"
CHANNEL = "https://event-bridge.twilio.com/v1/wschannels/AC1/WK1"
OTHER = "https://taskrouter.twilio.com.example/v1/Workspaces"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (f"{WORKSPACE}/?A=1", WORKSPACE),
        ("http://127.0.0.1:8123/v1/Workspaces/WS1", WORKSPACE),
        ("HTTP://LocalHost:8123/v1/Workspaces/WS1", WORKSPACE),
        ("https://event-bridge.ie1-ix.us1.twilio.com/v1/wschannels/AC1/WK1", CHANNEL),
        ("http://127.0.0.1:8123/v1/wschannels/AC1/WK1", CHANNEL),
        (f"{WORKSPACE}/TaskChannels/%24x", f"{WORKSPACE}/TaskChannels/$x"),
        ("https://Elsewhere.Example/v1/WS1", "https://elsewhere.example/v1/WS1"),
        (OTHER, OTHER),
    ],
)
def test_a_url_has_one_canonical_spelling(url: str, canonical: str) -> None:
    assert ADDRESSES.canonical(url) == canonical


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://taskrouter.twilio.com/v1/Workspaces", "/v1/Workspaces"),
        ("http://127.0.0.1:8123/v1/Workspaces", "/v1/Workspaces"),
        ("https://event-bridge.twilio.com/v1/Workspaces", None),
        ("https://elsewhere.example/v1/Workspaces", None),
        ("Workspaces/WS1", None),
    ],
)
def test_only_the_service_has_rest_paths(url: str, path: str | None) -> None:
    assert ADDRESSES.api_path(url) == path


@pytest.mark.parametrize("url", ["http://[::1", "http://[::1]x", "http://[\ud800"])
def test_what_is_no_url_is_nobodys(url: str) -> None:
    assert ADDRESSES.canonical(url) == url
    assert ADDRESSES.api_path(url) is None
    assert query_pairs(url) == []
