"""Checks whether a token's claims, times and policies suit its client. Pure.

Uses the emulator's implementation of policies, which follows the service's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from ..emulator.auth import InvalidPolicies, Policies
from .terminal import moment, short


_SIDS = {
    "account_sid": "AC",
    "workspace_sid": "WS",
    "worker_sid": "WK",
    "taskqueue_sid": "WQ",
}
# A token that expires sooner deserves a note, in seconds.
_SOON = 300.0

_API = "https://taskrouter.twilio.com/v1"
_BRIDGE = "https://event-bridge.twilio.com/v1/wschannels"

Form = Mapping[str, list[str]]


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        verdict: ``ok``; ``wrong`` prevents the client from working; ``note`` may be a
            surprise.
        what: what was checked.
        found: the result, as a sentence.
        advice: what to do, or "".
    """

    verdict: Literal["ok", "note", "wrong"]
    what: str
    found: str
    advice: str = ""


ok = partial(Finding, "ok")
note = partial(Finding, "note")
wrong = partial(Finding, "wrong")


def check_claims(claims: Mapping[str, Any]) -> Iterator[Finding]:
    """Check which client a token is for."""
    needed = ("account_sid", "workspace_sid", "channel")
    missing = [name for name in needed if not claims.get(name)]
    if missing:
        yield wrong(
            "claims",
            f"the token has no {', '.join(missing)}: it is not a capability token of "
            "TaskRouter v1",
            "make one with WorkerCapabilityToken and the like, or with "
            "`taskrouter-sync token`",
        )
        return
    for name, prefix in _SIDS.items():
        sid = claims.get(name)
        if sid is not None and not re.fullmatch(rf"{prefix}[0-9a-f]{{32}}", str(sid)):
            yield wrong(
                "claims",
                f"{name} is {short(sid)}, which is not a sid",
                f"a sid is {prefix} and 32 hexadecimal digits",
            )
    channel = claims["channel"]
    if channel not in [claims.get(name) for name in _SIDS]:
        yield note(
            "claims",
            f"the channel {short(channel)} is not one of the token's sids",
            "the client ignores the channel and uses the sid for its class",
        )
    yield ok("claims", f"channel {short(channel)} of {short(claims['workspace_sid'])}")


def check_times(claims: Mapping[str, Any], now: float) -> Iterator[Finding]:
    """Check when a token is valid; `now` is in epoch seconds."""
    begins, ends = _time(claims.get("nbf")), _time(claims.get("exp"))
    if ends is None:
        yield wrong(
            "times",
            f"the token has no {'valid exp' if 'exp' in claims else 'exp'}",
            "the service requires one: create the token with a lifetime (ttl)",
        )
    elif ends <= now:
        yield wrong(
            "times",
            f"the token expired {moment(ends, now)}",
            "create a new one; in programs, pass the client a function that returns a "
            "token instead of a token",
        )
    elif ends - now < _SOON:
        yield note(
            "times",
            f"the token expires {moment(ends, now)}",
            "call update_token on token.expired, or pass the client a function",
        )
    else:
        yield ok("times", f"the token expires {moment(ends, now)}")
    if begins is not None and begins > now:
        yield wrong(
            "times",
            f"the token is not valid before {moment(begins, now)}",
            "set the clock of this machine, or of the one that made the token",
        )


def check_policies(claims: Mapping[str, Any]) -> Iterator[Finding]:
    """Check whether a token allows what its client requests."""
    try:
        refused = refused_requests(claims)
    except InvalidPolicies as error:
        yield wrong(
            "policies",
            str(error),
            "create the token with this package or Twilio's library",
        )
        return
    for each in refused:
        found = f"the token does not allow the client to {each.what}"
        advice = f"create the token with {each.option}=True"
        yield (wrong if each.essential else note)("policies", found, advice)
    total = len(requests_of(claims))
    if count := total - len(refused):
        of = f" of {total}" if refused else ""
        yield ok("policies", f"{count}{of} kinds of requests are allowed")


@dataclass(frozen=True)
class ClientRequest:
    """A kind of request that a client sends.

    Attributes:
        what: its purpose.
        method, url, query, form: the request.
        option: the token's option that allows it.
        essential: whether the client can't work without it.
    """

    what: str
    method: str
    url: str
    option: str
    essential: bool = False
    query: Form = field(default_factory=dict)
    form: Form = field(default_factory=dict)


def refused_requests(claims: Mapping[str, Any]) -> list[ClientRequest]:
    """List the requests of a token's client that the token does not allow.

    Raises:
        InvalidPolicies: the token's policies can't be read, or contradict each other.
    """
    policies = Policies(claims.get("policies"), lambda url: url.rstrip("/"))
    return [
        each
        for each in requests_of(claims)
        if policies.refusal(each.method, each.url, query=each.query, form=each.form)
    ]


def requests_of(claims: Mapping[str, Any]) -> list[ClientRequest]:
    """List the requests of a token's client, the essential ones first."""
    workspace = f"{_API}/Workspaces/{claims.get('workspace_sid')}"
    if sid := claims.get("worker_sid"):
        found = _of_a_worker(workspace, f"{workspace}/Workers/{sid}")
    elif sid := claims.get("taskqueue_sid"):
        found = _of_others(f"{workspace}/TaskQueues/{sid}", "the task queue")
    else:
        sid = claims.get("workspace_sid")
        found = _of_others(workspace, "the workspace")
    channel = f"{_BRIDGE}/{claims.get('account_sid')}/{sid}"
    sockets = "allow_web_sockets"
    return [
        ClientRequest("open the event bridge", "GET", channel, sockets, True),
        ClientRequest("send requests", "POST", channel, sockets, True),
        *found,
    ]


def _of_a_worker(workspace: str, worker: str) -> list[ClientRequest]:
    task = f"{workspace}/Tasks/WT"
    below = "allow_fetch_subresources"
    updates = "allow_update_reservations"
    return [
        ClientRequest(
            "read the worker (ready)", "GET", worker, "allow_fetch_self", True
        ),
        ClientRequest(
            "read pending reservations",
            "GET",
            f"{worker}/Reservations",
            "allow_fetch_worker_reservations",
            True,
            query={"ReservationStatus": ["pending"]},
        ),
        ClientRequest(
            "read the task of a reservation", "GET", task, "allow_fetch_reservations"
        ),
        ClientRequest(
            "accept, reject and so on", "POST", f"{task}/Reservations/WR", updates
        ),
        ClientRequest("complete tasks", "POST", task, updates),
        ClientRequest(
            "list the activities",
            "GET",
            f"{workspace}/Activities",
            "allow_fetch_activities",
        ),
        ClientRequest(
            "change the activity",
            "POST",
            worker,
            "allow_update_activities",
            form={"ActivitySid": ["WA"]},
        ),
        ClientRequest("read the channels", "GET", f"{worker}/Channels", below),
        ClientRequest("read the statistics", "GET", f"{worker}/Statistics", below),
    ]


def _of_others(resource: str, name: str) -> list[ClientRequest]:
    return [
        ClientRequest(
            f"read {name} (ready)", "GET", resource, "allow_fetch_self", True
        ),
        ClientRequest(
            "read the statistics",
            "GET",
            f"{resource}/Statistics",
            "allow_fetch_subresources",
        ),
        ClientRequest(f"update {name}", "POST", resource, "allow_update_self"),
    ]


def _time(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
