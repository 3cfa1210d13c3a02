"""Addresses: where a client connects to."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, strategies as st

from taskrouter_sync.clients.addresses import (
    API,
    API_VARIABLE,
    EVENT_BRIDGE,
    EVENT_BRIDGE_VARIABLE,
    bases,
    channel_url,
    socket_url,
)
from taskrouter_sync.errors import ArgumentError

from ..strategies import moderate


AC = "AC00000000000000000000000000000001"
WK = "WK00000000000000000000000000000001"

IRELAND = "https://event-bridge.ie1-ix.us1.twilio.com"
HERE = "http://127.0.0.1:8080"
ENVIRONMENT = {API_VARIABLE: f"{HERE}/v1", EVENT_BRIDGE_VARIABLE: HERE}

BASES: list[tuple[tuple[Any, ...], dict[str, str], tuple[str, str]]] = [
    # Region, REST base, event bridge base; environment; the two bases.
    ((None, None, None), {}, (API, EVENT_BRIDGE)),
    (("", "", ""), {}, (API, EVENT_BRIDGE)),
    (("ie1-ix", None, None), {}, (API, IRELAND)),
    ((None, "https://api/v1", None), {}, ("https://api/v1", EVENT_BRIDGE)),
    ((None, None, "https://bridge"), {}, (API, "https://bridge")),
    # What is passed wins over the environment, which wins over the region.
    (("ie1-ix", None, "https://bridge"), {}, (API, "https://bridge")),
    ((None, None, None), ENVIRONMENT, (f"{HERE}/v1", HERE)),
    (("ie1-ix", None, None), ENVIRONMENT, (f"{HERE}/v1", HERE)),
    ((None, "https://a", "https://b"), ENVIRONMENT, ("https://a", "https://b")),
    ((None, None, None), {EVENT_BRIDGE_VARIABLE: ""}, (API, EVENT_BRIDGE)),
    # A slash at the end is cut.
    ((None, "https://a/v1/", "http://b/"), {}, ("https://a/v1", "http://b")),
]


@pytest.mark.parametrize(("arguments", "environment", "expected"), BASES)
def test_bases(
    arguments: tuple[Any, ...], environment: dict[str, str], expected: tuple[str, str]
) -> None:
    region, api, bridge = arguments
    assert bases(region, api, bridge, environment) == expected


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((5, None, None), ArgumentError, "region must be text, not int"),
        ((None, 5, None), ArgumentError, "api_base_url must be a URL, not int"),
        ((None, None, b"x"), ArgumentError, "event_bridge_base_url must be a URL"),
        ((None, "twilio.com", None), ValueError, "api_base_url must be a URL of http"),
        ((None, None, "wss://bridge"), ValueError, "must be a URL of http or https"),
        ((None, None, "https://"), ValueError, "must be a URL of http or https"),
        ((None, None, "https:/bridge"), ValueError, "must be a URL of http or https"),
    ],
)
def test_what_is_no_base(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    region, api, bridge = arguments
    with pytest.raises(error, match=words):
        bases(region, api, bridge, {})


def test_an_environment_that_names_no_url_is_refused() -> None:
    with pytest.raises(ValueError, match="event_bridge_base_url must be a URL"):
        bases(None, None, None, {EVENT_BRIDGE_VARIABLE: "localhost:8080"})


def test_a_channel() -> None:
    assert (
        channel_url(EVENT_BRIDGE, AC, WK)
        == f"https://event-bridge.twilio.com/v1/wschannels/{AC}/{WK}"
    )


@pytest.mark.parametrize(
    ("channel", "close", "disconnect", "expected"),
    [
        (
            "https://b/c",
            False,
            None,
            "wss://b/c?token=a.b.c&closeExistingSessions=false",
        ),
        ("http://b/c", True, None, "ws://b/c?token=a.b.c&closeExistingSessions=true"),
        (
            "https://b/c",
            False,
            "WA1",
            "wss://b/c?token=a.b.c&closeExistingSessions=false&disconnectActivitySid=WA1",
        ),
        # As TaskRouter.js has it.
        (
            "https://b/c",
            False,
            "",
            "wss://b/c?token=a.b.c&closeExistingSessions=false&disconnectActivitySid=",
        ),
    ],
)
def test_a_socket(
    channel: str, close: bool, disconnect: str | None, expected: str
) -> None:
    assert socket_url(channel, "a.b.c", close, disconnect) == expected


@moderate
@given(st.text(), st.text())
def test_what_is_asked_for_arrives_as_it_is(token: str, disconnect: str) -> None:
    url = socket_url("https://bridge/channel", token, False, disconnect)
    assert parse_qs(urlsplit(url).query, keep_blank_values=True) == {
        "token": [token],
        "closeExistingSessions": ["false"],
        "disconnectActivitySid": [disconnect],
    }
