"""``doctor``: what keeps a client from working, and what to do about it.

One look after another, from the token to `ready`; each says what it found.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from ..clients import addresses
from ..errors import TokenError
from ..tokens import is_signed_with, read_claims
from . import findings, line
from .arguments import Commands, add_command
from .context import Context
from .credentials import (
    AUTH_TOKEN,
    KINDS,
    TASK_QUEUE,
    TOKEN,
    WORKER,
    WORKSPACE,
    Kind,
)
from .findings import Finding, ok, wrong
from .outcome import DONE, FAILED, CommandError
from .terminal import plain


_EXAMPLES = """\
  taskrouter-sync doctor                  the token of the environment, or the
                                          worker's, made with the account
  taskrouter-sync doctor workspace        the workspace's
  taskrouter-sync doctor --offline        the token alone
  taskrouter-sync doctor --json           for a program, or to attach to a mail:
                                          it holds sids, and no secret
"""
_SIGNS = {
    "ok": ("green", "ok   "),
    "note": ("yellow", "note "),
    "wrong": ("red", "WRONG"),
}


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "doctor", run, "look for what keeps a client from working", _EXAMPLES
    )
    parser.add_argument("kind", nargs="?", choices=list(KINDS))
    parser.add_argument("sid", nargs="?", help="by default the environment's")
    parser.add_argument("--offline", action="store_true", help="connect to nothing")
    parser.add_argument("--json", action="store_true", help="JSON lines")


def run(options: argparse.Namespace, context: Context) -> int:
    """Print what is found; say whether anything is wrong."""
    sick = False
    for finding in _look(options, context):
        sick = sick or finding.verdict == "wrong"
        if options.json:
            context.say(json.dumps(asdict(finding)))
        else:
            _print(finding, context)
    if not options.json:
        verdict = "something is wrong: see above" if sick else "all is well"
        context.say(context.paint("bold", verdict))
    return FAILED if sick else DONE


def _print(finding: Finding, context: Context) -> None:
    style, sign = _SIGNS[finding.verdict]
    what = f"{finding.what:<10}"
    context.say(f"{context.paint(style, sign)}  {what}  {plain(finding.found)}")
    if finding.advice:
        context.say(f"{'':19}→ {plain(finding.advice)}")


def _look(options: argparse.Namespace, context: Context) -> Iterator[Finding]:
    kind = KINDS.get(options.kind)
    try:
        text, origin = _token(kind, options.sid, context)
        claims = read_claims(text)
    except (CommandError, TokenError) as error:
        yield wrong(
            "token",
            str(error),
            f"set {TOKEN}, or the account's variables: see `taskrouter-sync doctor "
            "--help`",
        )
        return
    yield ok("token", origin)
    sound = True
    for finding in _of_the_token(claims, text, context):
        sound = sound and not (finding.verdict == "wrong" and finding.what == "claims")
        yield finding
    if options.offline or not sound:
        return
    kind = kind or _kind_of(claims)
    try:
        bases = addresses.bases(None, None, None, context.environment)
    except ValueError as error:
        yield wrong("addresses", str(error), "correct or unset the variable")
        return
    yield from line.look(kind, text, bases, options.verbose)


def _token(kind: Kind | None, sid: str | None, context: Context) -> tuple[str, str]:
    credentials = context.credentials
    if credentials.token is not None and kind is None:
        return credentials.token, f"from {TOKEN}"
    kind = kind or WORKER
    return credentials.mint(kind, sid), f"made for the {kind.name} with {AUTH_TOKEN}"


def _of_the_token(
    claims: Mapping[str, Any], text: str, context: Context
) -> Iterator[Finding]:
    yield from findings.of_claims(claims)
    yield from findings.of_times(claims, time.time())
    key = context.credentials.auth_token
    if key is not None and not is_signed_with(text, key):
        yield wrong(
            "signature",
            f"the token was not made with {AUTH_TOKEN}",
            "make it with the auth token of its account, not with an API key's secret",
        )
    elif key is not None:
        yield ok("signature", f"the token was made with {AUTH_TOKEN}")
    yield from findings.of_policies(claims)


def _kind_of(claims: Mapping[str, Any]) -> Kind:
    for kind in (WORKER, TASK_QUEUE):
        if claims.get(kind.claim):
            return kind
    return WORKSPACE
