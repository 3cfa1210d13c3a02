"""Where a client connects to, by which way, and what to say when that fails. Pure."""

from __future__ import annotations

import os
import re
import socket
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from .errors import ArgumentError, quoted
from .naming import plain_text
from .tokens import Secret, Token


API = "https://taskrouter.twilio.com/v1"
EVENT_BRIDGE = "https://event-bridge.twilio.com"

API_VARIABLE = "TASKROUTER_API_URL"
EVENT_BRIDGE_VARIABLE = "TASKROUTER_EVENT_BRIDGE_URL"


def base_urls(
    region: str | None,
    api_base_url: str | None,
    event_bridge_base_url: str | None,
    environment: Mapping[str, str],
) -> tuple[str, str]:
    """Decide on the base URLs.

    An argument wins over the environment, which wins over the region: a script that
    names a region can still be pointed at the emulator.

    Returns:
        The REST API's and the event bridge's, without a slash at the end.

    Raises:
        ArgumentError: one of them is not text, or the region can't be one.
        ValueError: one of them is not a URL of http or https.
    """
    variables = environment.get(API_VARIABLE), environment.get(EVENT_BRIDGE_VARIABLE)
    del environment  # or the locals of an error would show all that is secret in it
    bridge = EVENT_BRIDGE
    if region is not None and not isinstance(region, str):
        raise ArgumentError(f"region must be a string, not {type(region).__name__}")
    if region:
        # It becomes a part of the host's name, and the token goes there.
        if not re.fullmatch("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", region):
            raise ArgumentError(
                f"region must be a name such as 'ie1', not {quoted(region)}"
            )
        bridge = f"https://event-bridge.{plain_text(region)}.us1.twilio.com"
    return (
        _base_url("api_base_url", api_base_url, variables[0], API),
        _base_url("event_bridge_base_url", event_bridge_base_url, variables[1], bridge),
    )


def differing_services(api: str, event_bridge: str) -> str:
    """Describe base URLs that seem to be those of two services; "" if they fit."""
    hosts = [urlsplit(url).netloc for url in (api, event_bridge)]
    if hosts[0] == hosts[1] or all(host.endswith(".twilio.com") for host in hosts):
        return ""
    return (
        f"the REST API is at {hosts[0]} but the event bridge is at {hosts[1]}: set "
        f"both, with api_base_url and event_bridge_base_url or with {API_VARIABLE} "
        f"and {EVENT_BRIDGE_VARIABLE}, or set neither"
    )


def _base_url(argument: str, given: object, variable: str | None, default: str) -> str:
    value = given or variable or default
    if not isinstance(value, str):
        raise ArgumentError(f"{argument} must be a URL, not {type(value).__name__}")
    parts, port = _split(value)
    host = parts.hostname if parts else None
    if not parts or not host or parts.scheme not in ("http", "https"):
        came = "" if "@" in value else f", not {quoted(value)}"  # it may be a password
        raise ValueError(f"{argument} must be an http:// or https:// URL{came}")
    # Behind an @ that follows a / is what was to be the host.
    if parts.username is not None or parts.query or parts.fragment or "@" in parts.path:
        raise ValueError(
            f"{argument} must not contain credentials, a query or a fragment"
        )
    if {".", ".."} & {*re.split(r"[/\\]", unquote(parts.path))}:
        raise ValueError(f"{argument} must not contain . or .. as a part of its path")
    where = f"[{host}]" if ":" in host else host
    where += "" if port is None else f":{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def _split(url: str) -> tuple[SplitResult | None, int | None]:
    """Split a URL that can be one: no blanks or control characters, a possible host."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        return None, None
    # Libraries read other hosts in different ways; an IPv6 address has colons.
    pattern = r"(\[[\w.%-]*:[\w.:%-]*\]|[\w.-]*)(:\d*)?"
    host = parts.netloc.rpartition("@")[2]
    can_be = re.fullmatch(pattern, host, re.ASCII)
    # A password may have letters of any language.
    is_plain = re.fullmatch("[!-~]+", url.rpartition("@")[2]) and url.isprintable()
    return (parts, port) if can_be and is_plain and " " not in url else (None, None)


def channel_url(event_bridge: str, token: Token) -> str:
    """Give the address of a client's channel, for requests."""
    return f"{event_bridge}/v1/wschannels/{token.account_sid}/{token.channel_sid}"


def socket_url(
    channel: str, token: Token, close_existing_sessions: bool, disconnect: str | None
) -> Secret:
    """Give the address of a client's channel for the WebSocket, with its token."""
    query = {
        "token": token.secret.reveal(),
        "closeExistingSessions": str(close_existing_sessions).lower(),
    }
    if disconnect is not None:
        query["disconnectActivitySid"] = disconnect
    return Secret(f"ws{channel.removeprefix('http')}?{urlencode(query)}")


def is_proxy(url: Any) -> bool:
    """Whether a URL can be a proxy's, of whatever kind: requests fails oddly if not."""
    if not isinstance(url, str):
        return False
    parts, _ = _split(url if "://" in url else f"http://{url}")
    if parts is None or not parts.hostname or parts.fragment:
        return False
    if "://" not in url and parts.path.strip("/"):
        return False  # http:/host
    # Behind a / or ? of a password, which is not where it seems to be.
    return "@" not in parts.path + parts.query


def proxy_trouble(url: Any, *, for_events: bool = False) -> str:
    """Say what is wrong with a proxy's URL, quoting nothing of it; "" for nothing.

    The WebSocket, `for_events`, can't go through every kind.
    """
    if not is_proxy(url):
        return (
            "The proxy's URL is invalid (in a password, write # as %23, / as %2F, "
            "@ as %40)"
        )
    scheme = urlsplit(url if "://" in url else f"http://{url}").scheme
    if for_events and scheme != "http":
        return (
            "The event bridge can only be reached through an http:// proxy, "
            f"not {scheme}://"
        )
    return ""


class Proxy:
    """An HTTP proxy: where it is, and its credentials, which do not show.

    Attributes:
        credentials: "user:password" in UTF-8, or None.
    """

    __slots__ = ("credentials", "host", "port")

    def __init__(self, url: str) -> None:
        """Read a URL, with which there is no `proxy_trouble`."""
        parts = urlsplit((url if "://" in url else f"http://{url}").strip())
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.credentials: Secret | None = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.credentials = Secret(pair)

    def headers(self) -> dict[str, str]:
        """Give the headers that the proxy asks for."""
        if self.credentials is None:
            return {}
        pair = b64encode(self.credentials.reveal().encode()).decode()
        return {"Proxy-Authorization": f"Basic {pair}"}


class Route(NamedTuple):
    """How this machine gets to a host.

    Attributes:
        ca_bundle: path of the certificates to trust; None for the system's.
        proxy: to go through; None for a direct connection.
        client_certificate: paths of the client's own certificate, and of its key if
            that is in another file; empty for none.
    """

    ca_bundle: str | None
    proxy: Proxy | None
    client_certificate: tuple[str, ...] = ()


def describe_failure(
    error: BaseException, ca_bundle: object = None, client_certificate: object = None
) -> str:
    """Say in our own words, by the kind of the error, why a connection failed.

    The words of libraries may quote what a peer sent, and a peer may repeat what it was
    sent: the token, or a proxy's credentials.
    """
    # Late: a program that only makes tokens needs neither.
    import ssl
    from http.client import HTTPException, IncompleteRead

    own = client_certificate
    own = own if isinstance(own, tuple | list) else (own,)
    for what, files in (("CA bundle", (ca_bundle,)), ("client certificate", own)):
        for file in files:
            if isinstance(file, str | os.PathLike) and not os.access(file, os.R_OK):
                how = "can't be read" if os.path.exists(file) else "does not exist"
                return f"the {what} {os.fspath(file)} {how}"
    found = causes(error)
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"the certificate is not trusted: {each.verify_message}"
        if isinstance(each, ssl.SSLError):
            # One that is made in Python, as pyOpenSSL's are, has neither.
            library = getattr(each, "library", None)
            reason = getattr(each, "reason", None)
            of_files = (None, "NO_CERTIFICATE_OR_CRL_FOUND")  # never of a peer's
            is_of_file = library == "X509" and reason in of_files
            if is_of_file and isinstance(ca_bundle, str | os.PathLike):
                path = os.fspath(ca_bundle)
                return f"the CA bundle {path} holds no valid PEM certificates"
            return f"TLS failed: {reason or type(each).__name__}"
        if isinstance(each, socket.gaierror):
            return f"the host name could not be resolved: {each.strerror}"
    for each in reversed(found):
        if refused := re.match(r"Tunnel connection failed: (\d{3})\b", str(each)):
            return f"the proxy refused the connection with status {refused[1]}"
        if isinstance(each, TimeoutError):
            return "timed out"
        if isinstance(each, ConnectionResetError) and isinstance(each, HTTPException):
            return "the connection was closed without a response"
        if isinstance(each, IncompleteRead):
            return "the connection was closed in the middle of the response"
        if isinstance(each, HTTPException):
            return "the response is not HTTP"
        if isinstance(each, OSError) and isinstance(each.errno, int):
            return os.strerror(each.errno)
    return type(found[-1]).__name__


def causes(error: BaseException) -> list[BaseException]:
    """List an error and those that it holds, the innermost last.

    Not by the contexts: these end in whatever the caller is in the middle of handling.
    """
    found = [error]
    while True:
        last = found[-1]
        held = (getattr(last, "reason", None), *last.args, last.__cause__)
        inner = next((each for each in held if isinstance(each, BaseException)), None)
        if inner is None or inner in found:
            return found
        found.append(inner)
