"""Capability tokens, as the service checks them.

Owns: signature, lifetime, issuer and version of a token, and its policies.
The only module of the emulator that knows PyJWT. No text of it holds a token.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from taskrouter_sync.emulator.api.addresses import API, channel_url
from taskrouter_sync.emulator.api.policies import InvalidPolicies, Policies


VERSION = "v1"
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Verified:
    """What a good token says.

    Attributes:
        policies: what it allows.
        expires: when it ends, in epoch seconds.
    """

    policies: Policies
    expires: int


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


class Verifier:
    """Checks tokens, and each that was good only for its end from then on.

    Clients send the same one with every request; what signature and policies cost
    would be a third of the whole answer.
    """

    # Tokens that are remembered: more than there are clients.
    _MOST = 4096

    def __init__(
        self, account_sid: str, auth_token: str, canonical: Callable[[str], str]
    ) -> None:
        """Make one; the arguments are those of `verify`."""
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._canonical = canonical
        self._good: OrderedDict[str, Verified] = OrderedDict()

    def policies(self, token: str) -> Policies:
        """Check a token and give what it allows.

        Raises:
            TokenRefused: with the HTTP status to answer.
        """
        known = self._good.get(token)
        if known is None:
            known = self._good[token] = verify(
                token,
                account_sid=self._account_sid,
                auth_token=self._auth_token,
                canonical=self._canonical,
            )
            if len(self._good) > self._MOST:
                self._good.popitem(last=False)
        if known.expires <= time.time():
            del self._good[token]
            raise TokenExpired
        return known.policies


def verify(
    token: str,
    *,
    account_sid: str,
    auth_token: str,
    canonical: Callable[[str], str],
) -> Verified:
    """Check the token and give what it allows, and until when.

    Its times are compared with the real clock, without leeway, also where the
    service's own clock is moved by a test: those who mint tokens go by real time.

    Args:
        token: the encoded JWT.
        account_sid: who must have issued it, AC….
        auth_token: the key it must be signed with.
        canonical: gives the one spelling of a URL.

    Raises:
        TokenRefused: with the HTTP status to answer.
    """
    try:
        claims = jwt.decode(
            token,
            auth_token,
            algorithms=[_ALGORITHM],
            issuer=account_sid,
            # The service's tokens have no audience; iat is none of its claims.
            options={
                "require": ["exp", "iss"],
                "verify_aud": False,
                "verify_iat": False,
            },
        )
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except jwt.InvalidSignatureError:
        raise TokenRefused(401, "The token's signature is invalid") from None
    except jwt.ImmatureSignatureError:
        raise TokenRefused(403, "The token is not valid yet") from None
    except jwt.InvalidIssuerError:
        raise TokenRefused(403, "The token was issued by another account") from None
    except jwt.MissingRequiredClaimError as error:
        raise TokenRefused(403, f"The token lacks the claim {error.claim}") from None
    except jwt.InvalidTokenError:
        raise TokenRefused(403, "The token is invalid") from None
    # Whether a missing or other version is refused is not published.
    if claims.get("version") != VERSION:
        raise TokenRefused(403, f"The token's version is not {VERSION}")
    try:
        policies = Policies(claims.get("policies", []), canonical)
    except InvalidPolicies as error:
        raise TokenRefused(403, f"The token is invalid: {error}") from None
    # As PyJWT reads it.
    return Verified(policies, int(claims["exp"]))


def mint_worker_token(
    *,
    account_sid: str,
    auth_token: str,
    workspace_sid: str,
    worker_sid: str,
    ttl: int = 3600,
) -> str:
    """Make a token for a worker that allows what workers usually do.

    Args:
        account_sid: the issuer, AC….
        auth_token: the key.
        workspace_sid: WS….
        worker_sid: WK….
        ttl: seconds until it expires.
    """
    workspace = f"{API}/v1/Workspaces/{workspace_sid}"
    worker = f"{workspace}/Workers/{worker_sid}"
    channel = channel_url(account_sid, worker_sid)
    allowed = [
        ("GET", channel),
        ("POST", channel),
        ("GET", worker),
        ("POST", worker),
        ("GET", f"{worker}/**"),
        ("POST", f"{worker}/**"),
        ("GET", f"{workspace}/Activities"),
        ("GET", f"{workspace}/Tasks/**"),
        ("POST", f"{workspace}/Tasks/**"),
    ]
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
