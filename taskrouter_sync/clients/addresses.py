"""Where a client connects to. Pure: the environment is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from ..errors import ArgumentError


API = "https://taskrouter.twilio.com/v1"
EVENT_BRIDGE = "https://event-bridge.twilio.com"

API_VARIABLE = "TASKROUTER_API_URL"
EVENT_BRIDGE_VARIABLE = "TASKROUTER_EVENT_BRIDGE_URL"


def bases(
    region: str | None,
    api_base_url: str | None,
    event_bridge_base_url: str | None,
    environment: Mapping[str, str],
) -> tuple[str, str]:
    """Decide on the base URLs.

    What is passed wins over the environment, which wins over the region: a script that
    names a region can still be pointed at the emulator.

    Returns:
        The REST API's and the event bridge's, without a slash at the end.

    Raises:
        ArgumentError: one of them is no text.
        ValueError: one of them is no URL of http or https.
    """
    default = EVENT_BRIDGE
    if region is not None and not isinstance(region, str):
        raise ArgumentError(f"region must be text, not {type(region).__name__}")
    if region:
        default = f"https://event-bridge.{region}.us1.twilio.com"
    return (
        _url("api_base_url", api_base_url or environment.get(API_VARIABLE) or API),
        _url(
            "event_bridge_base_url",
            event_bridge_base_url or environment.get(EVENT_BRIDGE_VARIABLE) or default,
        ),
    )


def channel_url(event_bridge: str, account_sid: str, channel_sid: str) -> str:
    """Name a channel's address for requests."""
    return f"{event_bridge}/v1/wschannels/{account_sid}/{channel_sid}"


def socket_url(
    channel: str, token: str, close_existing_sessions: bool, disconnect: str | None
) -> str:
    """Name a channel's address for the WebSocket, with the token in it."""
    query = {
        "token": token,
        "closeExistingSessions": str(close_existing_sessions).lower(),
    }
    if disconnect is not None:
        query["disconnectActivitySid"] = disconnect
    return f"ws{channel.removeprefix('http')}?{urlencode(query)}"


def _url(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be a URL, not {type(value).__name__}")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{name} must be a URL of http or https, not {value!r}")
    return value.rstrip("/")
