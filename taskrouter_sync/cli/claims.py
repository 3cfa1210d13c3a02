"""What a token says, in words. Pure: claims and the time are passed in.

Never shows the token's text or its signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..notebook import local_time
from .terminal import plain, short


_CLAIMS = ("account_sid", "workspace_sid", "worker_sid", "taskqueue_sid", "channel")
_TIMES = {"nbf": "valid from", "exp": "expires"}


def lines(claims: Mapping[str, Any], now: float) -> list[str]:
    """Say what a token is for, until when, and what it allows.

    Args:
        claims: of the token.
        now: epoch seconds.
    """
    known = {name: claims[name] for name in _CLAIMS if name in claims}
    found = [f"{name:<14} {short(value)}" for name, value in known.items()]
    for name, words in _TIMES.items():
        if name in claims:
            found.append(f"{words:<14} {moment(claims[name], now)}")
    if "exp" not in claims:
        found.append("expires        never, by itself: the service may refuse it")
    policies = claims.get("policies")
    if not isinstance(policies, list):
        return [*found, "policies       none"]
    return [*found, "policies", *(f"  {_policy(each)}" for each in policies)]


def moment(value: Any, now: float) -> str:
    """Say when something is: local time, and how far away."""
    try:
        date = datetime.fromtimestamp(float(value), timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return f"{short(value)}, which is no time"
    seconds = date.timestamp() - now
    shown = local_time(date).strftime("%Y-%m-%d %H:%M:%S")
    ago, ahead = (" ago", "") if seconds < 0 else ("", "in ")
    return f"{shown} ({ahead}{span(abs(seconds))}{ago})"


def span(seconds: float) -> str:
    """Say a span of time in its two largest units: ``1 h 30 min``."""
    units = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    rest, parts = int(seconds), []
    for unit, length in units:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _policy(policy: Any) -> str:
    if not isinstance(policy, Mapping):
        return f"{short(policy)}, which is no policy"
    verdict = "allow" if policy.get("allow") is True else "deny "
    parts = [verdict, f"{plain(policy.get('method')):<6}", plain(policy.get("url"))]
    filters = [
        f"{name} {short(policy[name])}"
        for name in ("query_filter", "post_filter")
        if policy.get(name)
    ]
    return "  ".join([*parts, *filters])
