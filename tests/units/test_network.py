"""Where the service is: by region, arguments and environment."""

from __future__ import annotations

import ssl
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest

from taskrouter_sync.network import (
    API,
    API_VARIABLE,
    EVENT_BRIDGE,
    EVENT_BRIDGE_VARIABLE,
    base_urls,
    channel_url,
    describe_failure,
    differing_services,
    socket_url,
)
from taskrouter_sync.tokens import read_token


IRELAND = "https://event-bridge.ie1-ix.us1.twilio.com"
HERE = "http://127.0.0.1:8080"
ENVIRONMENT = {API_VARIABLE: f"{HERE}/v1", EVENT_BRIDGE_VARIABLE: HERE}


class Member(str, Enum):
    """Texts whose `str` is another one."""

    REGION = "ie1-ix"
    URL = HERE


CLAIMS = {
    "account_sid": "AC1",
    "workspace_sid": "WS1",
    "channel": "WK1",
    "worker_sid": "WK1",
}
TOKEN = read_token(jwt.encode(CLAIMS, "0123456789abcdef" * 2), "worker_sid")


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        # Region, REST base, event bridge base; environment; the two bases.
        ((None, None, None), {}, (API, EVENT_BRIDGE)),
        (("", "", ""), {}, (API, EVENT_BRIDGE)),
        (("ie1-ix", None, None), {}, (API, IRELAND)),
        ((Member.REGION, None, None), {}, (API, IRELAND)),
        ((None, Member.URL, Member.URL), {}, (HERE, HERE)),
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
        # What all libraries read in one way.
        (
            (None, "HTTP://My_Host-1.example:1/..v1/a.", "http://[::1]:65535"),
            {},
            ("http://my_host-1.example:1/..v1/a.", "http://[::1]:65535"),
        ),
        (
            (None, "http://127.1", "http://[FE80::1%25e0]/v1"),
            {},
            ("http://127.1", "http://[fe80::1%25e0]/v1"),
        ),
    ],
)
def test_base_urls(
    arguments: tuple[Any, ...], environment: dict[str, str], expected: tuple[str, str]
) -> None:
    region, api, bridge = arguments
    assert base_urls(region, api, bridge, environment) == expected


@pytest.mark.parametrize(
    ("url", "words"),
    [
        # Behind the @ is the host, for people.
        *(
            (url, "must not contain credentials, a query")
            for url in (
                *("http://al:pw@b", "http://al:1234/pw@b", "http://al/pw@b/v1"),
                *("http://b/v1@pw", r"http://localhost\@good.example"),
            )
        ),
        # Some libraries read another host in it than others.
        *(
            (url, "must be an http:// or https:// URL")
            for url in (
                r"http://localhost\.good.example",
                "http://%6cocalhost",
                "http://localhost%2egood.example",
                *(f"http://local{each}host/v1" for each in "\"<>{}|^;*`$!(),=+&~'"),
                "http://l\u00f6calhost",
                "http://al:p\u00f6w@b\u00e9",
                *("http://[v1.a]", "http://b[::1]", "http://[::1]b", "http://[::1"),
            )
        ),
        *(
            (f"http://b{path}", r"must not contain \. or \.\.")
            for path in (
                *("/.", "/..", "/v1/../v2", "/v1/./", "/%2e%2e", "/.%2E/v1"),
                *("/a%2F..%2fb", r"/a\..\b", "/a%5c.."),
            )
        ),
    ],
)
def test_what_is_not_a_base_url(url: str, words: str) -> None:
    """More of it is in `clients/test_texts.py`."""
    with pytest.raises(ValueError, match=f"^api_base_url {words}") as caught:
        base_urls(None, url, None, {})
    assert "pw" not in str(caught.value)


def test_an_error_of_tls_may_have_been_made_in_python() -> None:
    assert describe_failure(ssl.SSLError("bad handshake")) == "TLS failed: SSLError"


@pytest.mark.parametrize(
    ("bundle", "words"),
    [
        (None, "TLS failed: NO_CERTIFICATE_OR_CRL_FOUND"),
        (True, "TLS failed: NO_CERTIFICATE_OR_CRL_FOUND"),
        (__file__, f"the CA bundle {__file__} holds no valid PEM certificates"),
    ],
)
def test_only_a_file_is_named_as_the_bundle(bundle: object, words: str) -> None:
    with pytest.raises(ssl.SSLError) as caught:
        ssl.create_default_context(cafile=__file__)
    assert describe_failure(caught.value, bundle) == words


def test_an_environment_that_names_no_url_is_refused() -> None:
    with pytest.raises(ValueError, match="event_bridge_base_url must be an http"):
        base_urls(None, None, None, {EVENT_BRIDGE_VARIABLE: "localhost:8080"})


@pytest.mark.parametrize(
    ("base", "close", "disconnect", "query"),
    [
        ("https://b", False, None, {"closeExistingSessions": "false"}),
        ("http://b", True, None, {"closeExistingSessions": "true"}),
        *(
            (
                "https://b",
                False,
                sid,
                {"closeExistingSessions": "false", "disconnectActivitySid": sid},
            )
            # As TaskRouter.js has it, an empty one too.
            for sid in ("WA1", "", "a&b=c d+ü")
        ),
    ],
)
def test_the_addresses_of_a_channel(
    base: str, close: bool, disconnect: str | None, query: dict[str, str]
) -> None:
    channel = channel_url(base, TOKEN)
    assert channel == f"{base}/v1/wschannels/AC1/WK1"
    url = socket_url(channel, TOKEN, close, disconnect)
    assert TOKEN.secret.reveal() not in repr(url)
    where, _, asked = url.reveal().partition("?")
    assert where == channel.replace("http", "ws", 1)
    assert dict(parse_qsl(asked, keep_blank_values=True)) == {
        "token": TOKEN.secret.reveal(),
        **query,
    }


@pytest.mark.parametrize(
    ("api", "bridge", "differ"),
    [
        (API, EVENT_BRIDGE, False),
        (API, "https://event-bridge.ie1.us1.twilio.com", False),
        ("http://127.0.0.1:8123/v1", "http://127.0.0.1:8123", False),
        ("http://127.0.0.1:8123/v1", "http://127.0.0.1:8124", True),
        (API, "http://127.0.0.1:8123", True),
        ("http://127.0.0.1:8123/v1", EVENT_BRIDGE, True),
        ("https://twilio.com.example/v1", EVENT_BRIDGE, True),
    ],
)
def test_base_urls_of_two_services_are_found(
    api: str, bridge: str, differ: bool
) -> None:
    assert bool(differing_services(api, bridge)) is differ
