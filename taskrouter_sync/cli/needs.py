"""What a client asks of the service, and whether a token's policies allow it. Pure.

Uses the emulator's reading of policies, which is the service's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..emulator.auth import InvalidPolicies, Policies


_API = "https://taskrouter.twilio.com/v1"
_BRIDGE = "https://event-bridge.twilio.com/v1/wschannels"

Form = Mapping[str, list[str]]


@dataclass(frozen=True)
class Need:
    """Something that a client asks.

    Attributes:
        what: in words.
        method, url: of the request.
        option: of the token, that allows it.
        essential: whether nothing works without it.
    """

    what: str
    method: str
    url: str
    option: str
    essential: bool = False
    query: Form = field(default_factory=dict)
    form: Form = field(default_factory=dict)


def unmet(claims: Mapping[str, Any]) -> Iterator[Need]:
    """Go through what a token does not allow.

    Raises:
        InvalidPolicies: its policies make no sense (a ValueError).
    """
    policies = Policies(claims.get("policies"), lambda url: url.rstrip("/"))
    for need in needs(claims):
        if not policies.allows(need.method, need.url, query=need.query, form=need.form):
            yield need


def needs(claims: Mapping[str, Any]) -> list[Need]:
    """List what the client of a token asks, the essential first."""
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
        Need("open the event bridge", "GET", channel, sockets, True),
        Need("send requests", "POST", channel, sockets, True),
        *found,
    ]


def _of_a_worker(workspace: str, worker: str) -> list[Need]:
    task = f"{workspace}/Tasks/WT"
    answer, below = "allow_update_reservations", "allow_fetch_subresources"
    return [
        Need("read the worker (ready)", "GET", worker, "allow_fetch_self", True),
        Need(
            "read what is pending",
            "GET",
            f"{worker}/Reservations",
            "allow_fetch_worker_reservations",
            True,
            query={"ReservationStatus": ["pending"]},
        ),
        Need("read a reservation's task", "GET", task, "allow_fetch_reservations"),
        Need("accept, reject and the like", "POST", f"{task}/Reservations/WR", answer),
        Need("complete tasks", "POST", task, answer),
        Need(
            "list the activities",
            "GET",
            f"{workspace}/Activities",
            "allow_fetch_activities",
        ),
        Need(
            "change the activity",
            "POST",
            worker,
            "allow_update_activities",
            form={"ActivitySid": ["WA"]},
        ),
        Need("read the channels", "GET", f"{worker}/Channels", below),
        Need("read the statistics", "GET", f"{worker}/Statistics", below),
    ]


def _of_others(resource: str, name: str) -> list[Need]:
    return [
        Need(f"read {name} (ready)", "GET", resource, "allow_fetch_self", True),
        Need(
            "read the statistics",
            "GET",
            f"{resource}/Statistics",
            "allow_fetch_subresources",
        ),
        Need(f"change {name}", "POST", resource, "allow_update_self"),
    ]


__all__ = ["InvalidPolicies", "Need", "needs", "unmet"]
