"""Reading capability tokens: the claims a client needs, and when they end.

The signature is not checked: only the service has the key. Pure.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from typing import Any

import jwt

from .errors import TokenError


# `token.expired` comes this much before the end, in seconds.
EXPIRY_MARGIN = 5.0


class Token:
    """A capability token and the claims in it; its text never shows.

    Attributes:
        text: the JWT.
        account_sid, workspace_sid: AC… and WS….
        channel_sid: the WK…, WQ… or WS… that the client is on the event bridge.
        channel: as the token itself names it: a Worker's token names its workspace
            too, but is not for that one's channel.
        expires_at: epoch seconds, or None for a token that never expires.
    """

    # No dataclass or tuple: those show what they hold.
    __slots__ = (
        "account_sid",
        "channel",
        "channel_sid",
        "expires_at",
        "text",
        "workspace_sid",
    )

    def __init__(
        self,
        text: str,
        account_sid: str,
        workspace_sid: str,
        channel_sid: str,
        channel: str,
        expires_at: float | None,
    ) -> None:
        self.text = text
        self.account_sid = account_sid
        self.workspace_sid = workspace_sid
        self.channel_sid = channel_sid
        self.channel = channel
        self.expires_at = expires_at

    @property
    def fingerprint(self) -> str:
        """Tell one token from another in a log, and nothing more."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]

    def expired(self, now: float) -> bool:
        """Whether `token.expired` is due; `now` in epoch seconds."""
        return self.expires_at is not None and now >= self.expires_at - EXPIRY_MARGIN


def read_token(text: Any, sid_claim: str) -> Token:
    """Read a token without checking its signature.

    Args:
        text: the JWT.
        sid_claim: the claim that names the client's resource: ``worker_sid``,
            ``taskqueue_sid`` or ``workspace_sid``.

    Raises:
        TokenError: it is missing, no JWT, or lacks a claim; the text says which, and
            holds no part of the token.
    """
    claims = read_claims(text)
    needed = ("account_sid", "channel", "workspace_sid")
    missing = [name for name in needed if not claims.get(name)]
    if missing:
        raise TokenError(f"The token lacks {', '.join(missing)}")
    if not claims.get(sid_claim):
        raise TokenError(f"The token lacks {sid_claim}: it is one of another client")
    for name in (*needed, sid_claim):
        if not isinstance(claims[name], str):
            raise TokenError(f"The token's {name} is no text")
    return Token(
        text=text,
        account_sid=claims["account_sid"],
        workspace_sid=claims["workspace_sid"],
        channel_sid=claims[sid_claim],
        channel=claims["channel"],
        expires_at=_expiry(claims.get("exp")),
    )


def read_claims(text: Any) -> dict[str, Any]:
    """Read what a token says, without checking its signature or its times.

    Raises:
        TokenError: it is missing or no JWT.
    """
    if text is None or text == "":
        raise TokenError("A token is required")
    if not isinstance(text, str):
        raise TokenError(f"The token must be text, not {type(text).__name__}")
    try:
        return jwt.decode(text, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError) as error:
        trouble = type(error).__name__
    # Out here, where the library's error is no context: it may hold the token.
    raise TokenError(f"The token is no JWT ({trouble})")


def is_signed_with(text: str, auth_token: str) -> bool:
    """Whether this auth token is the key that a token was signed with."""
    with warnings.catch_warnings():
        # The library warns of short keys: the auth token is not ours to choose.
        warnings.simplefilter("ignore")
        try:
            jwt.PyJWS().decode(text, auth_token, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return False
    return True


def _expiry(exp: Any) -> float | None:
    if exp is None:
        return None
    if isinstance(exp, bool) or not isinstance(exp, int | float):
        raise TokenError("The token's exp is no number")
    try:
        expiry = float(exp)
    except OverflowError:
        expiry = math.inf
    if math.isnan(expiry):
        raise TokenError("The token's exp is no number")
    return None if expiry == math.inf else expiry


def check_same_client(current: Token, new: Token) -> None:
    """Refuse a token of another account, workspace or channel than the client's.

    Raises:
        TokenError: naming what differs.
    """
    for name in ("account_sid", "workspace_sid", "channel_sid", "channel"):
        mine, other = getattr(current, name), getattr(new, name)
        if mine != other:
            raise TokenError(f"The token's {name} is {other}, not {mine}")
