"""``token``: make a capability token, or look into one."""

from __future__ import annotations

import argparse
import json
import time
from inspect import get_annotations

from ..capabilities import TokenOptions, WorkerTokenOptions
from ..tokens import is_signed_with, read_claims
from . import claims
from .arguments import Commands, add_command, seconds
from .context import Context
from .credentials import AUTH_TOKEN, KINDS, TOKEN, WORKER
from .outcome import DONE, USAGE, CommandError


_EXAMPLES = """\
  taskrouter-sync token worker                      the worker of the environment
  taskrouter-sync token worker WK0123… --ttl 8h     another one's, for a working day
  taskrouter-sync token worker --read-only          may look, and change nothing
  taskrouter-sync token workspace --allow fetch-subresources
                                                    that much and no more
  export TASKROUTER_TOKEN=$(taskrouter-sync token worker)
  taskrouter-sync token --decode < token.txt        what a token is for
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "token", run, "make a capability token, or look into one", _EXAMPLES
    )
    parser.add_argument("kind", nargs="?", choices=list(KINDS))
    parser.add_argument("sid", nargs="?", help="by default the environment's")
    parser.add_argument(
        "--ttl", type=seconds, default=3600.0, metavar="TIME", help="default: 1h"
    )
    parser.add_argument(
        "--allow",
        action="append",
        choices=permissions(),
        metavar="WHAT",
        help=f"instead of the usual; may be repeated: {', '.join(permissions())}",
    )
    parser.add_argument(
        "--read-only", action="store_true", help="allow reading, and nothing else"
    )
    parser.add_argument(
        "--decode",
        action="store_true",
        help=f"say what the token in {TOKEN}, or on standard input, is for; its text "
        "and signature do not show",
    )
    parser.add_argument("--json", action="store_true", help="the claims, as JSON")


def permissions() -> list[str]:
    """List what can be allowed: ``update-activities`` and so on."""
    options = {**get_annotations(TokenOptions), **get_annotations(WorkerTokenOptions)}
    return [
        name.removeprefix("allow_").replace("_", "-")
        for name in options
        if name.startswith("allow_")
    ]


def run(options: argparse.Namespace, context: Context) -> int:
    """Print a token, or what one says."""
    if options.decode:
        return _decode(options, context)
    if options.kind is None:
        raise CommandError(f"say of what: {', '.join(KINDS)}; or --decode", USAGE)
    kind = KINDS[options.kind]
    allowed = None if options.allow is None else tuple(options.allow)
    if options.read_only:
        allowed = ("fetch-subresources",)
    for name in allowed or ():
        if kind is not WORKER and name not in _common():
            raise CommandError(f"{name} is for workers' tokens only", USAGE)
    token = context.credentials.mint(kind, options.sid, allowed, options.ttl)
    if options.json:
        context.say(json.dumps(read_claims(token), indent=2))
    else:
        context.say(token)
    return DONE


def _common() -> list[str]:
    return [
        name.removeprefix("allow_").replace("_", "-")
        for name in get_annotations(TokenOptions)
    ]


def _decode(options: argparse.Namespace, context: Context) -> int:
    token = context.credentials.token
    if token is None:
        if context.stdin.isatty():
            # Pasted, it would show, and a terminal's line may be too short for it.
            raise CommandError(
                f"set {TOKEN}, or give a file: token --decode < token.txt", USAGE
            )
        token = context.stdin.readline().strip()
    found = read_claims(token)
    if options.json:
        context.say(json.dumps(found, indent=2))
        return DONE
    context.say(*claims.lines(found, time.time()))
    key = context.credentials.auth_token
    if key is not None:
        words = "is" if is_signed_with(token, key) else "is NOT"
        context.say(f"signature      {words} made with {AUTH_TOKEN}")
    return DONE
