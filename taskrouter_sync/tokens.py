"""Reading capability tokens: the claims that a client needs, and when they are valid.

The signature is not checked: only the service has the key. Pure.
"""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jwt

from .errors import TokenError, without_tokens


# Returns a fresh token.
TokenProvider: TypeAlias = Callable[[], str]

# `token.expired` comes this many seconds before the end.
EXPIRY_MARGIN = 5.0

# A refused token that began less than this many seconds ago may be valid soon: the
# service's clock may be behind.
CLOCK_DIFFERENCE = 60.0


class Secret:
    """A text that does not show, in a traceback's local variables for one."""

    __slots__ = ("_text",)

    def __init__(self, text: Any) -> None:
        self._text = text

    def reveal(self) -> Any:
        return self._text

    def hidden_in(self, text: str) -> str:
        """Replace the secret, and what looks like a token, in a text that may quote it.

        A text that was cut may quote a part.
        """
        if self._text:
            text = text.replace(self._text, "<token>")
            text = re.sub(r"[\w-]{12,}", self._replace_part, text)
        return without_tokens(text)

    def _replace_part(self, match: re.Match[str]) -> str:
        return "<token>" if match[0] in self._text else match[0]

    def __repr__(self) -> str:
        return "<secret>"


class SecretProvider(Secret):
    """A token function that does not show: a partial shows the token that it holds."""

    __slots__ = ()

    def __call__(self) -> Any:
        return self._text()


def hide(token: Any) -> Any:
    """Put a token's text, or its function, into a `Secret`: no caller's frame shows it.

    What is no text shows a token as well: bytes, or an options object.
    """
    if token is None or isinstance(token, Secret):
        return token
    return SecretProvider(token) if callable(token) else Secret(token)


class Token(NamedTuple):
    """A capability token and the claims in it; its text never shows.

    Attributes:
        secret: the JWT.
        account_sid, workspace_sid: AC… and WS….
        channel_sid: the WK…, WQ… or WS… that the client is on the event bridge.
        channel: as the token itself names it: a Worker's token names its workspace
            too, but is not for that one's channel.
        expires_at: epoch seconds, or None for a token that never expires.
        valid_from: epoch seconds of its `nbf`, or None.
    """

    secret: Secret
    account_sid: str
    workspace_sid: str
    channel_sid: str
    channel: str
    expires_at: float | None
    valid_from: float | None

    @property
    def fingerprint(self) -> str:
        """Distinguish tokens in a log without showing them."""
        return hashlib.sha256(self.secret.reveal().encode()).hexdigest()[:8]

    def is_expired(self, now: float) -> bool:
        """Whether `token.expired` is due; `now` in epoch seconds."""
        return self.expires_at is not None and now >= self.expires_at - EXPIRY_MARGIN

    def valid_in(self, now: float) -> float | None:
        """Say in how many seconds a refused token may be valid; None: not by waiting.

        The service may say "not valid yet" for as long as its clock is behind.
        """
        if self.valid_from is None or now > self.valid_from + CLOCK_DIFFERENCE:
            return None
        return max(0.0, self.valid_from - now)


def read_token(token: Any, sid_claim: str) -> Token:
    """Read a token without checking its signature.

    Args:
        token: the JWT, as text or a `Secret`.
        sid_claim: the claim that names the client's resource: ``worker_sid``,
            ``taskqueue_sid`` or ``workspace_sid``.

    Raises:
        TokenError: it is missing, not a JWT, or lacks a claim; the message says which,
            and holds no part of the token.
    """
    token = hide(token)
    claims = read_claims(token)
    needed = ("account_sid", "channel", "workspace_sid")
    missing = [name for name in needed if not claims.get(name)]
    if missing:
        raise TokenError(f"The token lacks {', '.join(missing)}")
    if not claims.get(sid_claim):
        raise TokenError(
            f"The token lacks {sid_claim}: it is for another kind of client"
        )
    for name in (*needed, sid_claim):
        # They become parts of URLs.
        if not isinstance(claims[name], str) or not re.fullmatch(
            r"\w+", claims[name], re.ASCII
        ):
            raise TokenError(f"The token's {name} is not a sid")
    return Token(
        Secret(token.reveal().strip()),
        account_sid=claims["account_sid"],
        workspace_sid=claims["workspace_sid"],
        channel_sid=claims[sid_claim],
        channel=claims["channel"],
        expires_at=_time(claims, "exp"),
        valid_from=_time(claims, "nbf"),
    )


def read_claims(token: Any) -> dict[str, Any]:
    """Read the claims of a token, without checking its signature or its times.

    Raises:
        TokenError: it is missing or not a JWT.
    """
    token = token if isinstance(token, Secret) else Secret(token)
    if token.reveal() in ("", None):
        raise TokenError("A token is required")
    kind = type(token.reveal())
    if not issubclass(kind, str):
        raise TokenError(f"The token must be a string, not {kind.__name__}")
    claims, trouble = _decode(token)
    if trouble:
        # Out here, where the library's error, which may quote the token, is no context.
        raise TokenError(f"The token is not a valid JWT ({trouble})")
    return claims


def _decode(token: Secret) -> tuple[dict[str, Any], str]:
    try:
        text = token.reveal().strip()
        if re.search(r"\s", text):  # which some versions of the library pass over
            return {}, "it contains whitespace"
        return jwt.decode(text, options={"verify_signature": False}), ""
    except (jwt.InvalidTokenError, ValueError) as error:
        return {}, type(error).__name__


def is_signed_with(text: str, auth_token: str) -> bool:
    """Whether this auth token is the key that a token was signed with."""
    with warnings.catch_warnings():
        # The library warns of short keys: the auth token is not ours to choose.
        warnings.simplefilter("ignore")
        try:
            jwt.PyJWS().decode(text, auth_token, algorithms=["HS256"])
        except (jwt.InvalidTokenError, UnicodeEncodeError):
            return False
    return True


def _time(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value != value:  # NaN
        raise TokenError(f"The token's {name} is not a number")
    try:
        return float(value) if abs(value) < math.inf else None
    except OverflowError:
        return None


def check_same_client(current: Token, new: Token) -> None:
    """Refuse a token of another account, workspace or channel than the client's.

    Raises:
        TokenError: naming what differs.
    """
    for name in ("account_sid", "workspace_sid", "channel_sid", "channel"):
        mine, other = getattr(current, name), getattr(new, name)
        if mine != other:
            raise TokenError(f"The token's {name} is {other}, not {mine}")
