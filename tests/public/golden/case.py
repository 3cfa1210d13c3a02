"""A recorded conversation as data: loading cases, signing tokens, making arguments.

Knows neither the SDK nor the bridge. FORMAT.md describes what a case holds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias


Case: TypeAlias = dict[str, Any]
Json: TypeAlias = Any

CASES = Path(__file__).parent / "cases"

# What can't be played here, and why.
LEFT_OUT = {
    "intercept": "needs the public host names; the region rule is tested by itself",
    "browser": "a page's unload is close() here, which is tested by itself",
    "console": "the log has words of its own",
}


def load_all() -> dict[str, Case]:
    """Read every case that can be played, by name."""
    cases = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(CASES.glob("*/*.json"))
    )
    return {
        case["name"]: case for case in cases if not LEFT_OUT.keys() & set(case["tags"])
    }


def sign(token: Json, now: float) -> Json:
    """Make a token of a case: a JWT signed with ``secret``, or what stands for one."""
    if token is None or "raw" in token:
        return None if token is None else token["raw"]
    if "raw_payload" in token:
        payload = token["raw_payload"]
    else:
        claims = {**token["claims"], "jti": f"{token}-{now}"}
        if "exp_in" in token:
            claims["exp"] = int(now) + token["exp_in"]
        payload = json.dumps(claims)
    signed = f"{_base64(_HEADER)}.{_base64(payload.encode())}"
    digest = hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64(digest)}"


_HEADER = b'{"alg":"HS256","typ":"JWT"}'


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Arguments:
    """Turns the markers in a step's arguments into what a call gets.

    Attributes:
        tokens: the case's signed tokens.
        api, bridge: the bases that the session got.
        variables: the case's `vars`, the same objects each time.
        callback: makes a recording callback of a name and of what it shall raise.
    """

    tokens: list[Json]
    api: str
    bridge: str
    variables: dict[str, Json]
    callback: Callable[[str, str | None], Callable[..., None]]

    def make(self, value: Json) -> Any:
        if isinstance(value, list):
            return [self.make(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$token" in value:
            return self.tokens[value["$token"] - 1]
        if "$api" in value:
            return self.api
        if "$bridge" in value:
            return self.bridge
        if "$var" in value:
            return self.variables[value["$var"]]
        if "$undefined" in value:
            return None
        if "$callback" in value:
            return self.callback(value["$callback"], value.get("throws"))
        return {name: self.make(item) for name, item in value.items()}


@dataclass
class Recording:
    """What a driver saw: the shape of a case's `expected`, and where it happened.

    Attributes:
        seen: connects, requests, callbacks, events, exceptions and so on.
        during: for each call step, the indexes of the requests made while it ran.
        tokens: from which request on the client had which token.
    """

    seen: dict[str, Json]
    during: dict[int, range] = field(default_factory=dict)
    tokens: list[tuple[int, str]] = field(default_factory=list)


def sign_all(case: Case) -> list[Json]:
    now = time.time()
    return [sign(token, now) for token in case["tokens"]]


def callback_names(value: Json) -> Iterator[str]:
    """Find the callbacks that arguments mention."""
    if isinstance(value, list):
        for item in value:
            yield from callback_names(item)
    elif isinstance(value, dict):
        if "$callback" in value:
            yield value["$callback"]
        else:
            yield from callback_names(list(value.values()))
