"""What a look at a token or a service found: in words, and what to do about it. Pure.

The checks of a token: its claims, its times, its signature, its policies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import needs
from .claims import moment
from .terminal import short


_SIDS = {
    "account_sid": "AC",
    "workspace_sid": "WS",
    "worker_sid": "WK",
    "taskqueue_sid": "WQ",
}
# A token that ends sooner deserves a word, in seconds.
_SOON = 300.0
# Clocks this far apart, in seconds, make tokens come too early or too late.
SKEW = 30.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        verdict: ``wrong`` keeps the client from working, a ``note`` may surprise.
        what: was looked at.
        found: in words.
        advice: what to do; "" where nothing is to be done.
    """

    verdict: Literal["ok", "note", "wrong"]
    what: str
    found: str
    advice: str = ""


def ok(what: str, found: str) -> Finding:
    """Make a finding that all is well."""
    return Finding("ok", what, found)


def wrong(what: str, found: str, advice: str) -> Finding:
    """Make a finding that something must be done."""
    return Finding("wrong", what, found, advice)


def of_claims(claims: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at what a token says of itself."""
    needed = ("account_sid", "workspace_sid", "channel")
    missing = [name for name in needed if not claims.get(name)]
    if missing:
        yield wrong(
            "claims",
            f"the token lacks {', '.join(missing)}",
            "make it with WorkerCapabilityToken and the like, or `taskrouter-sync "
            "token`: it is no capability token of TaskRouter v1",
        )
        return
    for name, prefix in _SIDS.items():
        sid = claims.get(name)
        if sid is not None and not re.fullmatch(rf"{prefix}[0-9a-f]{{32}}", str(sid)):
            yield wrong(
                "claims",
                f"{name} is {short(sid)}, no sid",
                f"a sid is {prefix} and 32 hexadecimal digits",
            )
    channel = claims["channel"]
    if channel not in [claims.get(name) for name in _SIDS]:
        yield Finding(
            "note",
            "claims",
            f"the channel {short(channel)} is none of the token's sids",
            "the client connects to the sid that its class needs, whatever channel is",
        )
    yield ok("claims", f"channel {short(channel)} of {short(claims['workspace_sid'])}")


def of_times(claims: Mapping[str, Any], now: float) -> Iterator[Finding]:
    """Look at when a token is good; `now` in epoch seconds."""
    begins, ends = _time(claims.get("nbf")), _time(claims.get("exp"))
    if ends is None:
        yield wrong(
            "times",
            "the token has no exp",
            "the service wants one: make the token with a lifetime (ttl)",
        )
    elif ends <= now:
        yield wrong(
            "times",
            f"the token expired {moment(ends, now)}",
            "make a new one; in programs, give the client a function that makes "
            "tokens instead of a token",
        )
    elif ends - now < _SOON:
        yield Finding(
            "note",
            "times",
            f"the token expires {moment(ends, now)}",
            "on token.expired call update_token, or give the client a function",
        )
    else:
        yield ok("times", f"the token expires {moment(ends, now)}")
    if begins is not None and begins > now:
        yield wrong(
            "times",
            f"the token is not valid before {moment(begins, now)}",
            "set this machine's clock, or that of the machine that made the token",
        )


def of_policies(claims: Mapping[str, Any]) -> Iterator[Finding]:
    """Look at whether a token allows what its client asks."""
    try:
        unmet = list(needs.unmet(claims))
    except needs.InvalidPolicies as error:
        yield wrong(
            "policies", str(error), "make the token with this package or Twilio's"
        )
        return
    for need in unmet:
        advice = f"make the token with {need.option}=True"
        found = f"the token does not allow to {need.what}"
        verdict: Literal["note", "wrong"] = "wrong" if need.essential else "note"
        yield Finding(verdict, "policies", found, advice)
    count = len(needs.needs(claims)) - len(unmet)
    if count:
        yield ok("policies", f"{count} things that the client asks are allowed")


def of_clocks(here: float, there: float) -> Iterator[Finding]:
    """Compare this machine's clock with the service's; both in epoch seconds."""
    if abs(here - there) <= SKEW:
        yield ok("clock", "this machine's agrees with the service's")
        return
    direction = "ahead of" if here > there else "behind"
    yield wrong(
        "clock",
        f"this machine's is {abs(here - there):.0f} s {direction} the service's",
        "set it by the network (NTP): tokens go by it",
    )


def _time(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
