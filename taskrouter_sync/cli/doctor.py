"""``doctor``: finds out why a client doesn't work, and what to do about it.

Runs one check after another, from the token to `ready`, and prints each result.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from .. import HttpError, TaskRouterError, TokenError
from ..tokens import is_signed_with, read_claims
from . import network, token_checks
from .command import (
    API_URL,
    AUTH_TOKEN,
    DONE,
    EVENT_BRIDGE_URL,
    FAILED,
    TOKEN,
    CommandError,
    Commands,
    Context,
    add_command,
)
from .credentials import KINDS, WORKSPACE, Credentials, Kind, is_refused_signature
from .terminal import plain
from .token_checks import Finding, note, ok, wrong


_EXAMPLES = """\
  taskrouter-sync doctor                  check the token from the environment, or
                                          one for the worker, made from the account
  taskrouter-sync doctor workspace        check a token for the workspace
  taskrouter-sync doctor --offline        check only the token
  taskrouter-sync doctor --json           print JSON, for a program or a bug report:
                                          it contains sids but no secrets
"""
_SIGNS = {
    "ok": ("green", "ok   "),
    "note": ("yellow", "note "),
    "wrong": ("red", "WRONG"),
}
# Seconds until `ready` must have come.
_PATIENCE = 10.0
# Seconds until the reason why it can't come has reached the listeners.
_MOMENT = 1.0


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "doctor", run, "find out why a client doesn't work", _EXAMPLES
    )
    parser.add_argument(
        "kind",
        nargs="?",
        choices=list(KINDS),
        help=f"create a token of this kind and check it; default: check {TOKEN}, or "
        "else a new token for the worker",
    )
    parser.add_argument("sid", nargs="?", help="default: from the environment")
    parser.add_argument(
        "--offline", action="store_true", help="check only the token; do not connect"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the results as JSON lines"
    )


def run(options: argparse.Namespace, context: Context) -> int:
    """Print the results; fail if anything is wrong."""
    verdicts = []
    for finding in _check(options, context):
        verdicts.append(finding.verdict)
        if options.json:
            context.say(json.dumps(asdict(finding)))
        else:
            _print(finding, context)
    failed = "wrong" in verdicts
    if not options.json:
        summary = "no problem was found" + (" offline" if options.offline else "")
        if failed:
            summary = "something is wrong (see above)"
        context.say(context.paint("bold", summary))
    return FAILED if failed else DONE


def _print(finding: Finding, context: Context) -> None:
    style, sign = _SIGNS[finding.verdict]
    what = f"{finding.what:<10}"
    context.say(f"{context.paint(style, sign)}  {what}  {plain(finding.found)}")
    if finding.advice:
        context.say(f"{'':19}→ {plain(finding.advice)}")


def _check(options: argparse.Namespace, context: Context) -> Iterator[Finding]:
    credentials = Credentials(context.environment)
    given = None if options.kind else credentials.token
    kind = KINDS[options.kind or "worker"]
    try:
        text = given or credentials.mint(kind, options.sid)
        claims = read_claims(text)
    except (CommandError, TokenError) as error:
        yield wrong(
            "token",
            f"{TOKEN}: {error}" if given else str(error),
            f"set {TOKEN}, or the account's variables: see `taskrouter-sync doctor "
            "--help`",
        )
        return
    if given:
        clients = (each for each in KINDS.values() if claims.get(each.claim))
        kind = next(clients, WORKSPACE)
        yield ok("token", f"from {TOKEN}")
        findings = list(_check_token(claims, text, credentials))
        yield from findings
        if ("claims", "wrong") in [(each.what, each.verdict) for each in findings]:
            return
    else:
        # One that was made here is as good as the account's variables, no better.
        yield note(
            "token",
            f"created for the {kind.words} {claims['channel']} with {AUTH_TOKEN}",
            "only the service can tell whether account, auth token and sids are right"
            + (": run without --offline" if options.offline else ""),
        )
    if not options.offline:
        yield from _check_service(kind, text, claims, options.verbose, context)


def _check_token(
    claims: Mapping[str, Any], text: str, credentials: Credentials
) -> Iterator[Finding]:
    yield from token_checks.check_claims(claims)
    yield from token_checks.check_times(claims, time.time())
    key = credentials.auth_token
    if key is not None and is_signed_with(text, key):
        yield ok("signature", f"the token was signed with {AUTH_TOKEN}")
    elif key is not None:
        yield wrong(
            "signature",
            f"the token was not signed with {AUTH_TOKEN}",
            "sign it with the auth token of its account, not with an API key's secret",
        )
    yield from token_checks.check_policies(claims)


def _check_service(
    kind: Kind, text: str, claims: Mapping[str, Any], debug: bool, context: Context
) -> Iterator[Finding]:
    credentials = Credentials(context.environment)
    try:
        bridge, api = map(credentials.address, (EVENT_BRIDGE_URL, API_URL))
    except CommandError as error:
        yield wrong("addresses", str(error), "correct or unset the variable")
        return
    yield ok("addresses", f"event bridge {bridge}, API {api}")
    reached = True
    for finding in network.check(bridge, context.environment):
        reached = reached and finding.verdict != "wrong"
        yield finding
    if reached:
        yield from _check_client(kind, text, claims, debug)


def _check_client(
    kind: Kind, text: str, claims: Mapping[str, Any], debug: bool
) -> Iterator[Finding]:
    """Open a real client, and wait until it is ready."""
    connected, told = threading.Event(), threading.Event()
    began = time.monotonic()
    try:
        with kind.client(text, debug=debug, daemon=True) as client:
            client.on("connected", connected.set)
            client.on("error", told.set)
            try:
                client.wait_until_ready(_PATIENCE)
            except TaskRouterError:
                told.wait(_MOMENT)  # by then `connected` has come, if it ever does
                raise
            took = (time.monotonic() - began) * 1000
            name = client.get("friendly_name") or client.sid
        result = ok("ready", f"{name}, after {took:.0f} ms")
    except (TaskRouterError, ValueError) as error:
        what = "ready" if connected.is_set() else "handshake"
        result = wrong(what, str(error), _advice(error, claims))
    if result.what == "ready":
        yield ok("handshake", "the event bridge accepted the WebSocket")
    yield result


def _advice(error: Exception, claims: Mapping[str, Any]) -> str:
    status = error.status if isinstance(error, HttpError) else 0
    account = claims.get("account_sid")
    if is_refused_signature(error):
        return (
            f"the token was signed with a key that is probably not the auth token of "
            f"{account}: compare it with the one in Twilio's console"
        )
    if status == 403:
        return "the token is for another account, or lacks a policy"
    if status == 404:
        return f"check that the sid in the token exists in the account {account}"
    if status >= 500:
        return "the service has a problem: try again later, or see its status page"
    return "a proxy or firewall may be blocking WebSockets"
