"""``token``: creates a capability token, or decodes one."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any

from ..tokens import is_signed_with, read_claims
from .command import (
    AUTH_TOKEN,
    DONE,
    TOKEN,
    USAGE,
    CommandError,
    Commands,
    Context,
    add_command,
    duration,
)
from .credentials import KINDS, WORKER, Credentials
from .terminal import moment, plain, short


_EXAMPLES = """\
  taskrouter-sync token worker                      for the worker from the environment
  taskrouter-sync token worker WK0123… --ttl 8h     for another worker, for 8 hours
  taskrouter-sync token worker --read-only          a token that only allows reading
  taskrouter-sync token workspace --allow fetch-subresources
                                                    only this permission
  export TASKROUTER_TOKEN=$(taskrouter-sync token worker)
  taskrouter-sync token --decode < token.txt        show what a token is for
"""

# What tokens can allow: all of them, and those of workers. Each is an option of the
# token's class, ``allow_update_activities`` and so on.
_PERMISSIONS = (
    *("web-sockets", "fetch-self", "update-self", "delete-self"),
    *("fetch-subresources", "update-subresources", "delete-subresources"),
)
WORKER_PERMISSIONS = (
    *_PERMISSIONS,
    *("fetch-activities", "fetch-reservations", "fetch-worker-reservations"),
    *("update-activities", "update-reservations"),
)

_CLAIMS = ("account_sid", "workspace_sid", "worker_sid", "taskqueue_sid", "channel")
_TIMES = {"nbf": "valid from", "exp": "expires"}


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "token", run, "make a capability token, or decode one", _EXAMPLES
    )
    parser.add_argument(
        "kind",
        nargs="?",
        choices=list(KINDS),
        help="the kind of client that the token is for",
    )
    parser.add_argument("sid", nargs="?", help="default: from the environment")
    parser.add_argument(
        "--ttl",
        type=duration,
        default=3600.0,
        metavar="DURATION",
        help="how long the token is valid; default: 1h",
    )
    parser.add_argument(
        "--allow",
        action="append",
        choices=WORKER_PERMISSIONS,
        metavar="PERMISSION",
        help="grant only this permission, instead of the default ones; can be "
        "repeated: "
        f"{', '.join(WORKER_PERMISSIONS)}",
    )
    parser.add_argument("--read-only", action="store_true", help="only allow reading")
    parser.add_argument(
        "--decode",
        action="store_true",
        help=f"show what the token in {TOKEN}, or on standard input, is for; its text "
        "and signature are not shown",
    )
    parser.add_argument("--json", action="store_true", help="print the claims as JSON")


def run(options: argparse.Namespace, context: Context) -> int:
    """Print a token, or what a token is for."""
    if options.decode:
        return _decode(options, context)
    if options.kind is None:
        raise CommandError(f"specify one of {', '.join(KINDS)}; or --decode", USAGE)
    kind = KINDS[options.kind]
    allowed = None if options.allow is None else tuple(options.allow)
    if options.read_only:
        allowed = ("fetch-subresources",)
    for name in allowed or ():
        if kind is not WORKER and name not in _PERMISSIONS:
            raise CommandError(f"--allow {name} is for tokens of workers only", USAGE)
    credentials = Credentials(context.environment)
    token = credentials.mint(kind, options.sid, allowed, options.ttl)
    if options.json:
        context.say(json.dumps(read_claims(token), indent=2))
    else:
        context.say(token)
    return DONE


def _decode(options: argparse.Namespace, context: Context) -> int:
    credentials = Credentials(context.environment)
    token = credentials.token
    if token is None:
        if context.stdin.isatty():
            # Pasted, it would show, and a terminal's line may be too short for it.
            raise CommandError(
                f"set {TOKEN}, or redirect a file: token --decode < token.txt", USAGE
            )
        token = context.stdin.readline().strip()
    found = read_claims(token)
    if options.json:
        context.say(json.dumps(found, indent=2))
        return DONE
    context.say(*lines(found, time.time()))
    key = credentials.auth_token
    if key is not None:
        words = "is" if is_signed_with(token, key) else "is NOT"
        context.say(f"signature      {words} made with {AUTH_TOKEN}")
    return DONE


def lines(claims: Mapping[str, Any], now: float) -> list[str]:
    """Return lines: what a token is for, until when, and what it allows. Pure."""
    known = {name: claims[name] for name in _CLAIMS if name in claims}
    found = [f"{name:<14} {short(value)}" for name, value in known.items()]
    for name, words in _TIMES.items():
        if name in claims:
            found.append(f"{words:<14} {moment(claims[name], now)}")
    if "exp" not in claims:
        found.append("expires        never (the service may refuse it)")
    policies = claims.get("policies")
    if not isinstance(policies, list):
        return [*found, "policies       none"]
    return [*found, "policies", *(f"  {_policy(each)}" for each in policies)]


def _policy(policy: Any) -> str:
    if not isinstance(policy, Mapping):
        return f"{short(policy)}, which is not a policy"
    verdict = "allow" if policy.get("allow") is True else "deny "
    parts = [verdict, f"{plain(policy.get('method')):<6}", plain(policy.get("url"))]
    filters = [
        f"{name} {short(policy[name])}"
        for name in ("query_filter", "post_filter")
        if policy.get(name)
    ]
    return "  ".join([*parts, *filters])
