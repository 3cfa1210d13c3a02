"""Capability tokens, as the service checks them, and what they allow.

Owns: which URLs mean this service, and their canonical spelling, by which policies are
compared; signature, lifetime, issuer and version of a token; its policies: which rule
covers a request, and which of several wins. The only module of the emulator that
knows PyJWT. No text of it holds a token.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import jwt


API = "https://taskrouter.twilio.com"
BRIDGE = "https://event-bridge.twilio.com"

CHANNELS = "/v1/wschannels"

# Also the regional ones, as event-bridge.ie1-ix.us1.twilio.com.
_TWILIO = re.compile(r"(taskrouter|event-bridge)(\.[a-z0-9-]+){0,2}\.twilio\.com")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


VERSION = "v1"
_ALGORITHM = "HS256"

Values = Mapping[str, Sequence[str]]
"""Parameters by name, each with all its values."""

Filter = Mapping[str, tuple[bool, "str | None"]]
"""By parameter: whether it is required, and the value that it must have."""


def decoded(path: str) -> str:
    """Decode a path; an encoded slash is part of a name, not a separator, and stays."""
    return "/".join(unquote(step).replace("/", "%2F") for step in path.split("/"))


class Addresses:
    """The service's own addresses, and the canonical ones it answers to.

    Args:
        own: the emulator's address, such as ``http://127.0.0.1:8123``.
        host: one more host (and port) that a client found it at.
    """

    def __init__(self, own: str, host: str = "") -> None:
        parts = urlsplit(own)
        loopback = (f"{name}:{parts.port}" for name in _LOOPBACK)
        self._own_hosts = {parts.netloc.lower(), host.lower(), *loopback}

    def canonical(self, url: str) -> str:
        """Return the URL as the service spells it: no query, no trailing slash.

        A URL of another host keeps its host, so it equals none of the service's.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            # Such as http://[::1 without its bracket: nobody's URL.
            return url
        host = parts.netloc.lower()
        path = decoded(parts.path.rstrip("/"))
        twilio = _TWILIO.fullmatch(host)
        if twilio is not None:
            base = BRIDGE if twilio[1] == "event-bridge" else API
        elif host in self._own_hosts:
            base = BRIDGE if path.startswith(CHANNELS) else API
        else:
            base = f"{parts.scheme.lower()}://{host}"
        return base + path

    def api_path(self, url: str) -> str | None:
        """Return the path of a REST URL (``/v1/…``), None for any other URL."""
        canonical = self.canonical(url)
        return canonical[len(API) :] if canonical.startswith(f"{API}/") else None


def channel_url(account_sid: str, channel: str) -> str:
    """Return the canonical URL of a channel, as token policies name it."""
    return f"{BRIDGE}{CHANNELS}/{account_sid}/{channel}"


class InvalidPolicies(ValueError):
    """The token's policies are unreadable or contradict each other."""


@dataclass(frozen=True, eq=False)
class Policy:
    """One rule of a token."""

    # As the token has it.
    url: str
    steps: tuple[str, ...]
    # How many more steps the rule covers below its own: (least, most).
    depth: tuple[int, float]
    method: str
    allow: bool
    query_filter: Filter
    post_filter: Filter

    def covers(self, method: str, steps: Sequence[str]) -> bool:
        """Return whether the rule applies to this method and URL."""
        least, most = self.depth
        return (
            method == self.method
            and tuple(steps[: len(self.steps)]) == self.steps
            and least <= len(steps) - len(self.steps) <= most
        )

    @property
    def subject(self) -> tuple[object, ...]:
        """What the rule is about: two that differ only in the verdict contradict."""
        filters = self.query_filter, self.post_filter
        return self.steps, self.depth, self.method, *filters

    @property
    def specificity(self) -> tuple[int, float, bool]:
        """Rank the rule: longer path, then narrower pattern, then with filters."""
        filtered = bool(self.query_filter or self.post_filter)
        return len(self.steps), -self.depth[1], filtered


class Policies:
    """The rules of one token.

    Args:
        claim: the token's ``policies`` claim, as it was decoded.
        canonical: gives the one spelling of a URL by which URLs are compared.

    Raises:
        InvalidPolicies: the claim is malformed or contradicts itself.
    """

    def __init__(self, claim: object, canonical: Callable[[str], str]) -> None:
        if not isinstance(claim, list):
            raise InvalidPolicies("policies must be a list")
        self._canonical = canonical
        self._rules: list[Policy] = []
        for item in claim:
            rule = _policy(item, canonical)
            for other in self._rules:
                if rule.allow != other.allow and rule.subject == other.subject:
                    raise InvalidPolicies("policies contradict each other")
            self._rules.append(rule)

    def refusal(
        self,
        method: str,
        url: str,
        *,
        query: Values | None = None,
        form: Values | None = None,
    ) -> str | None:
        """Return why the token does not allow the request; None if it does.

        Args:
            method: GET, POST or DELETE.
            url: the absolute URL; its query is not looked at.
            query: the query parameters.
            form: the form parameters.

        Raises:
            InvalidPolicies: the best rules for the request contradict each other.
        """
        where = self._canonical(url)
        steps = where.split("/")
        refused = f"No policy of the token allows {method} {where}"
        fulfilled: list[Policy] = []
        # Those that would allow it, with what is missing.
        missed: list[tuple[Policy, str]] = []
        for rule in self._rules:
            if not rule.covers(method, steps):
                continue
            problem = _problem(rule.query_filter, query or {})
            problem = problem or _problem(rule.post_filter, form or {})
            if problem is None:
                fulfilled.append(rule)
            elif rule.allow:
                missed.append((rule, problem))
        if fulfilled:
            most = max(rule.specificity for rule in fulfilled)
            best = [rule for rule in fulfilled if rule.specificity == most]
            if len({rule.allow for rule in best}) > 1:
                raise InvalidPolicies("policies contradict each other")
            if best[0].allow:
                return None
            return f"{refused}: the policy for {method} {best[0].url} denies it"
        if not missed:
            return refused
        rule, problem = max(missed, key=lambda each: each[0].specificity)
        return f"{refused}: the policy for {method} {rule.url} {problem}"


def _policy(item: object, canonical: Callable[[str], str]) -> Policy:
    if not isinstance(item, dict):
        raise InvalidPolicies("a policy must be an object")
    url, method = item.get("url"), item.get("method")
    if not isinstance(url, str) or not isinstance(method, str):
        raise InvalidPolicies("a policy needs a url and a method")
    written = url
    # Only the end of a URL can be a pattern; a star elsewhere is a literal.
    if url.endswith("/**"):
        # The published docs show X/** not covering X, but the standard worker token
        # reads …/Reservations by virtue of …/Reservations/** alone, so it must.
        url, depth = url[:-3], (0, float("inf"))
    elif url.endswith("/*"):
        url, depth = url[:-2], (1, 1.0)
    else:
        depth = (0, 0.0)
    return Policy(
        url=written,
        steps=tuple(canonical(url).split("/")),
        depth=depth,
        method=method.upper(),
        allow=item.get("allow") is True,
        query_filter=_filter(item.get("query_filter")),
        post_filter=_filter(item.get("post_filter")),
    )


def _filter(claim: object) -> Filter:
    if claim is None:
        return {}
    if not isinstance(claim, dict):
        raise InvalidPolicies("a filter must be an object")
    return {name: _condition(condition) for name, condition in claim.items()}


def _condition(claim: object) -> tuple[bool, str | None]:
    if isinstance(claim, str):
        return True, claim
    if not isinstance(claim, dict):
        raise InvalidPolicies("a filter's condition must be a string or an object")
    value = claim.get("value")
    if value is not None and not isinstance(value, str):
        raise InvalidPolicies("a filter's value must be a string")
    return claim.get("required") is True, value


def _problem(conditions: Filter, params: Values) -> str | None:
    """Describe the unmet condition of a filter, after "the policy"."""
    if not conditions:
        return None
    # An empty value counts as present: public facts do not say.
    for name, (required, value) in conditions.items():
        values = params.get(name)
        if values is None:
            if required:
                return f"requires {name}"
        elif value is not None and any(each != value for each in values):
            return f"requires {name} to be {value}"
    for name in params:
        if name not in conditions:
            return f"does not allow {name}"
    return None


class TokenRefused(Exception):
    """The token is not good for this account.

    Args:
        status: 401 expired or not signed by this account, 403 anything else.
        message: why, for people.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class TokenExpired(TokenRefused):
    """The token was good once."""

    def __init__(self) -> None:
        super().__init__(401, "The token has expired")


# Status and message by what PyJWT finds.
_INVALID = 403, "The token is invalid"
_REFUSALS: Mapping[type[Exception], tuple[int, str]] = {
    jwt.InvalidSignatureError: (401, "The token's signature is invalid"),
    jwt.ImmatureSignatureError: (403, "The token is not valid yet"),
    jwt.InvalidIssuerError: (403, "The token was issued by another account"),
}


class Verifier:
    """Checks tokens, and each that was good only for its end from then on.

    Clients send the same one with every request; what signature and policies cost
    would be a third of the whole answer.

    `account_sid` must have issued the tokens and signed them with `auth_token`;
    `canonical` gives the one spelling of a URL.
    """

    # Tokens that are remembered: more than there are clients.
    _MOST = 4096

    def __init__(
        self, account_sid: str, auth_token: str, canonical: Callable[[str], str]
    ) -> None:
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._canonical = canonical
        self._good = lru_cache(self._MOST)(self._verify)

    def policies(self, token: str) -> Policies:
        """Check a token and give what it allows.

        Raises:
            TokenRefused: with the HTTP status to answer.
        """
        policies, expires = self._good(token)
        if expires <= time.time():
            raise TokenExpired
        return policies

    def _verify(self, token: str) -> tuple[Policies, int]:
        """Check the token and give what it allows, and until when (epoch seconds).

        Its times are compared with the real clock, without leeway, also where the
        service's own clock is moved by a test: those who mint tokens go by real time.
        """
        try:
            claims = jwt.decode(
                token,
                self._auth_token,
                algorithms=[_ALGORITHM],
                issuer=self._account_sid,
                # The service's tokens have neither an audience nor a claim iat.
                options={
                    "require": ["exp", "iss"],
                    "verify_aud": False,
                    "verify_iat": False,
                },
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except jwt.MissingRequiredClaimError as error:
            message = f"The token lacks the claim {error.claim}"
            raise TokenRefused(403, message) from None
        except (jwt.InvalidTokenError, UnicodeError) as error:
            raise TokenRefused(*_REFUSALS.get(type(error), _INVALID)) from None
        # Whether a missing or other version is refused is not published.
        if claims.get("version") != VERSION:
            raise TokenRefused(403, f"The token's version is not {VERSION}")
        try:
            policies = Policies(claims.get("policies", []), self._canonical)
        except InvalidPolicies as error:
            raise TokenRefused(403, f"The token is invalid: {error}") from None
        # As PyJWT reads it.
        return policies, int(claims["exp"])


def mint_worker_token(
    *,
    account_sid: str,
    auth_token: str,
    workspace_sid: str,
    worker_sid: str,
    ttl: int = 3600,
) -> str:
    """Make a token for a worker that allows what workers usually do."""
    workspace = f"{API}/v1/Workspaces/{workspace_sid}"
    worker = f"{workspace}/Workers/{worker_sid}"
    channel = channel_url(account_sid, worker_sid)
    allowed = [
        (method, url)
        for url in (channel, worker, f"{worker}/**", f"{workspace}/Tasks/**")
        for method in ("GET", "POST")
    ]
    allowed.append(("GET", f"{workspace}/Activities"))
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": account_sid,
        "nbf": now,
        "exp": now + ttl,
        "version": VERSION,
        "friendly_name": worker_sid,
        "account_sid": account_sid,
        "workspace_sid": workspace_sid,
        "channel": worker_sid,
        "worker_sid": worker_sid,
        "policies": [
            {"url": url, "method": method, "allow": True} for method, url in allowed
        ],
    }
    return jwt.encode(claims, auth_token, algorithm=_ALGORITHM)
