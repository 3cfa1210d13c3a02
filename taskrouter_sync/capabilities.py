"""Making capability tokens: who may open which channel, for how long.

Owns the claims of the three kinds of token, their options and their signing; what
they allow is in `policies`. Imports that and PyJWT. The names and their meaning are
those of Twilio's Python library.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypedDict

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

from .policies import Policies, WorkerPolicies


if TYPE_CHECKING:
    from typing_extensions import Unpack


_ALGORITHM: Final = "HS256"
_VERSION: Final = "v1"
_LIFETIME: Final = 3600  # seconds, Twilio's default
_SHOWABLE: Final = r"[A-Z]{2}[0-9a-f]{0,32}"


class TokenOptions(TypedDict, total=False):
    """The keywords of every capability token.

    `valid_until` and `nbf` are seconds since the epoch. `valid_until` beats the
    lifetime; `nbf` is the moment of signing unless given, None leaves it out. Each
    `allow_…` calls the method of that name; on by default are `allow_web_sockets`
    and `allow_fetch_self`.
    """

    valid_until: float | None
    nbf: float | None
    allow_web_sockets: bool
    allow_fetch_self: bool
    allow_update_self: bool
    allow_delete_self: bool
    allow_fetch_subresources: bool
    allow_update_subresources: bool
    allow_delete_subresources: bool


class WorkerTokenOptions(TokenOptions, total=False):
    """The keywords of a worker's token; the three `allow_fetch_…` are on by default."""

    allow_fetch_activities: bool
    allow_fetch_reservations: bool
    allow_fetch_worker_reservations: bool
    allow_update_activities: bool
    allow_update_reservations: bool


class _CapabilityToken(Policies):
    """What the three kinds of token have in common."""

    # Each helper that is also a keyword, with its default, in the order in which
    # Twilio's library lists the policies.
    _shortcuts: ClassVar[dict[str, bool]] = {
        "allow_web_sockets": True,
        "allow_fetch_self": True,
        "allow_update_self": False,
        "allow_delete_self": False,
        "allow_fetch_subresources": False,
        "allow_delete_subresources": False,
        "allow_update_subresources": False,
    }

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        channel_id: str,
        ttl: float,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(
            _sid("account_sid", account_sid, "AC"),
            _sid("workspace_sid", workspace_sid, "WS"),
            channel_id,
        )
        self._auth_token = _secret(auth_token)
        self._ttl = math.ceil(_seconds("ttl", ttl))
        rest = dict(options)
        self._valid_until: int | None = None
        if (valid_until := rest.pop("valid_until", None)) is not None:
            self._valid_until = math.ceil(_seconds("valid_until", valid_until))
        self._nbf: int | Literal["now"] | None = "now"
        if "nbf" in rest:
            nbf = rest.pop("nbf")
            # Rounded down, or time.time() would give a token that is not valid yet.
            self._nbf = None if nbf is None else math.floor(_seconds("nbf", nbf))
        for name, default in self._shortcuts.items():
            if rest.pop(name, default):
                getattr(self, name)()
        if rest:
            # Twilio's library lets such keywords pass without effect: the program
            # would believe that it had allowed something.
            name = next(iter(rest))
            raise TypeError(f"{type(self).__name__} has no option {name!r}")

    def to_jwt(self, ttl: float | None = None) -> str:
        """Sign the token and return its text.

        `ttl`, in seconds from now, beats the lifetime given at construction.
        Raises ValueError unless it is a positive number.
        """
        text = json.dumps(self._claims(ttl), separators=(",", ":"))
        return _signer().encode(text.encode(), self._auth_token, _ALGORITHM)

    def _claims(self, ttl: float | None) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "account_sid": self.account_sid,
            "workspace_sid": self.workspace_sid,
            "channel": self.channel_id,
            "version": _VERSION,
            "friendly_name": self.channel_id,
            "policies": self._policies,
            **self._channel_claims(),
            "iss": self.account_sid,
        }
        if ttl is not None:
            claims["exp"] = now + math.ceil(_seconds("ttl", ttl))
        elif self._valid_until is not None:
            claims["exp"] = self._valid_until
        else:
            claims["exp"] = now + self._ttl
        if self._nbf is not None:
            claims["nbf"] = now if self._nbf == "now" else self._nbf
        return claims

    def _channel_claims(self) -> dict[str, str]:
        """The claim that names the channel by its kind, where there is one."""
        return {}

    def __repr__(self) -> str:
        # Nothing of the token's text: it opens the channel to whoever reads it.
        return (
            f"<{type(self).__name__} for {self.channel_id},"
            f" {len(self._policies)} policies>"
        )

    toJwt = to_jwt


class WorkerCapabilityToken(WorkerPolicies, _CapabilityToken):
    """A token for the channel of one worker (`WK…`)."""

    _shortcuts: ClassVar[dict[str, bool]] = {
        **_CapabilityToken._shortcuts,
        "allow_fetch_activities": True,
        "allow_fetch_reservations": True,
        "allow_fetch_worker_reservations": True,
        "allow_update_activities": False,
        "allow_update_reservations": False,
    }

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        worker_sid: str,
        ttl: float = _LIFETIME,
        **options: Unpack[WorkerTokenOptions],
    ) -> None:
        """Make a token that lives `ttl` seconds; see WorkerTokenOptions for the rest.

        Raises ValueError for a sid of the wrong kind, a missing auth token or a time
        that is no positive number, TypeError for a sid or auth token that is no text.
        """
        channel_id = _sid("worker_sid", worker_sid, "WK")
        super().__init__(
            account_sid, auth_token, workspace_sid, channel_id, ttl, options
        )

    def _channel_claims(self) -> dict[str, str]:
        return {"worker_sid": self.channel_id}


class TaskQueueCapabilityToken(_CapabilityToken):
    """A token for the channel of one task queue (`WQ…`)."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        task_queue_sid: str,
        ttl: float = _LIFETIME,
        **options: Unpack[TokenOptions],
    ) -> None:
        """Make a token that lives `ttl` seconds; see TokenOptions for the rest.

        Raises as WorkerCapabilityToken does.
        """
        channel_id = _sid("task_queue_sid", task_queue_sid, "WQ")
        super().__init__(
            account_sid, auth_token, workspace_sid, channel_id, ttl, options
        )

    @property
    def resource_url(self) -> str:
        """The REST URL of the task queue."""
        return f"{self.workspace_url}/TaskQueues/{self.channel_id}"

    def _channel_claims(self) -> dict[str, str]:
        return {"taskqueue_sid": self.channel_id}


class WorkspaceCapabilityToken(_CapabilityToken):
    """A token for the channel of a whole workspace (`WS…`)."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        ttl: float = _LIFETIME,
        **options: Unpack[TokenOptions],
    ) -> None:
        """Make a token that lives `ttl` seconds; see TokenOptions for the rest.

        Raises as WorkerCapabilityToken does.
        """
        super().__init__(
            account_sid, auth_token, workspace_sid, workspace_sid, ttl, options
        )

    @property
    def resource_url(self) -> str:
        """The REST URL of the workspace."""
        return self.workspace_url


class _AnyKeyLength(HMACAlgorithm):
    """HMAC that does not warn of short keys: the auth token is not ours to choose."""

    def check_key_length(self, key: Any) -> None:
        """Find nothing wrong with any key."""


def _signer() -> PyJWS:
    signer = PyJWS(algorithms=[])
    signer.register_algorithm(_ALGORITHM, _AnyKeyLength(HMACAlgorithm.SHA256))
    return signer


def _sid(name: str, value: object, prefix: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    # Twilio's sids are two letters and 32 hexadecimal digits; test doubles are often
    # shorter, and the service has the last word.
    if not re.fullmatch(rf"{prefix}[^\s/]+", value):
        # A text that does not look like a sid may be the secret, in the wrong place.
        came = repr(value) if re.fullmatch(_SHOWABLE, value) else "another text"
        if not value:
            came = "an empty text"
        raise ValueError(f"{name} must be a sid that begins with {prefix}, not {came}")
    return value


def _secret(value: object) -> str:
    if value is None or value == "":
        raise ValueError("auth_token is missing: it is the key that signs the token")
    if not isinstance(value, str):
        raise TypeError(f"auth_token must be a str, not {type(value).__name__}")
    return value


def _seconds(name: str, value: object) -> float:
    expected = f"{name} must be a positive number of seconds"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{expected}, not a {type(value).__name__}")
    if not 0 < value < math.inf:
        raise ValueError(f"{expected}, not {value}")
    return value
