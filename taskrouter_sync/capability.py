"""Capability tokens: who may open which channel, for how long, and do what.

Names, defaults and policies are those of Twilio's Python library; the names of Twilio's
documentation for its other libraries stand beside them. Imports PyJWT alone.
"""

from __future__ import annotations

import copy
import json
import math
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypedDict

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

from .errors import ArgumentError, quoted
from .naming import plain_text
from .tokens import Secret


if TYPE_CHECKING:
    from typing_extensions import Unpack
elif sys.version_info >= (3, 11):
    from typing import Unpack  # for `get_type_hints`


_API_URL: Final = "https://taskrouter.twilio.com/v1"
_EVENT_BRIDGE_URL: Final = "https://event-bridge.twilio.com/v1/wschannels"
_METHODS: Final = ("GET", "POST", "DELETE")

_ALGORITHM: Final = "HS256"
_VERSION: Final = "v1"
_LIFETIME: Final = 3600  # seconds, Twilio's default
# Tokens begin this many seconds before they are made: clocks differ, and to a service
# whose clock is behind a token that begins now is not valid yet.
_HEAD_START: Final = 60
_SHOWABLE: Final = r"[A-Z]{2}[0-9a-f]{0,32}"


class Policy(TypedDict):
    """One rule of a token: which request is allowed, or refused."""

    url: str
    method: str
    allow: bool
    query_filter: dict[str, Any]
    post_filter: dict[str, Any]


class TokenOptions(TypedDict, total=False):
    """The options of every capability token, as keyword arguments.

    `valid_until` and `nbf` are seconds since the epoch. `valid_until` overrides `ttl`.
    `nbf` defaults to one minute before the token is signed; None omits it. Each
    `allow_…` option calls the method of the same name; `allow_web_sockets` and
    `allow_fetch_self` are on by default.
    """

    valid_until: float | None
    nbf: float | None
    # In the order in which Twilio's library lists the policies.
    allow_web_sockets: bool
    allow_fetch_self: bool
    allow_update_self: bool
    allow_delete_self: bool
    allow_fetch_subresources: bool
    allow_delete_subresources: bool
    allow_update_subresources: bool


class WorkerTokenOptions(TokenOptions, total=False):
    """The options of a worker's token; the `allow_fetch_…` ones are on by default."""

    allow_fetch_activities: bool
    allow_fetch_reservations: bool
    allow_fetch_worker_reservations: bool
    allow_update_activities: bool
    allow_update_reservations: bool


# The options that are on by default.
_ALLOWED: Final = (
    *("allow_web_sockets", "allow_fetch_self", "allow_fetch_activities"),
    *("allow_fetch_reservations", "allow_fetch_worker_reservations"),
)


class _CapabilityToken(ABC):
    """What the three kinds of token have: their policies, and how they are signed."""

    # What names the channel by its kind, where there is a claim for that.
    _channel_claim: ClassVar[str] = ""
    _options: ClassVar[type] = TokenOptions

    def __init__(
        self,
        account_sid: str,
        auth_token: Secret,
        workspace_sid: str,
        channel_id: str,
        ttl: float,
        options: Mapping[str, Any],
    ) -> None:
        self.account_sid = _sid("account_sid", account_sid, "AC")
        self.workspace_sid = _sid("workspace_sid", workspace_sid, "WS")
        self.channel_id = channel_id
        self._policies: list[Policy] = []
        self._auth_token = _key(auth_token)
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
        for name in self._options.__annotations__:
            if not name.startswith("allow_"):
                continue
            if _is_on(name, rest.pop(name, name in _ALLOWED)):
                getattr(self, name)()
        if rest:
            # Twilio's library lets such keywords pass without effect: the program
            # would believe that it had allowed something.
            name = next(iter(rest))
            raise TypeError(f"{type(self).__name__} has no option {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        # Of copies too: what is added to one is not the other's.
        return {**vars(self), "_policies": [*self._policies]}

    @property
    @abstractmethod
    def resource_url(self) -> str:
        """The REST URL of the worker, task queue or workspace."""

    @property
    def workspace_url(self) -> str:
        """The REST URL of the workspace."""
        return f"{_API_URL}/Workspaces/{self.workspace_sid}"

    @property
    def policies(self) -> list[Policy]:
        """A copy of the policies, in the order in which they were added."""
        return copy.deepcopy(self._policies)

    def add_policy(
        self,
        url: str,
        method: str,
        allow: bool = True,
        query_filter: Mapping[str, Any] | None = None,
        post_filter: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a policy of your own.

        `url` may end in `/*` (one more path segment) or `/**` (any number). A filter
        maps a parameter to the value that it must have, or to
        `{"required": bool, "value": str}`.

        Raises ValueError for a method other than GET, POST and DELETE, and for a URL
        that is empty or has a query, because no request could match it.
        """
        if not url or "?" in url:
            raise ValueError(f"url must be a URL without a query, not {quoted(url)}")
        if method.upper() not in _METHODS:
            raise ValueError(f"method must be one of {_METHODS}, not {quoted(method)}")
        self._policies.append(
            {
                "url": url,
                "method": method.upper(),
                "allow": _is_on("allow", allow),
                "query_filter": copy.deepcopy(dict(query_filter or {})),
                "post_filter": copy.deepcopy(dict(post_filter or {})),
            }
        )

    def allow_web_sockets(self, channel_id: str | None = None) -> None:
        """Allow connecting to the channel and sending requests through it."""
        channel = f"{_EVENT_BRIDGE_URL}/{self.account_sid}"
        url = f"{channel}/{plain_text(channel_id or self.channel_id)}"
        self.add_policy(url, "GET")
        self.add_policy(url, "POST")

    def allow_fetch_self(self) -> None:
        """Allow reading the worker, task queue or workspace itself."""
        self.add_policy(self.resource_url, "GET")

    def allow_update_self(self) -> None:
        """Allow changing the worker, task queue or workspace itself."""
        self.add_policy(self.resource_url, "POST")

    def allow_delete_self(self) -> None:
        """Allow deleting the worker, task queue or workspace itself."""
        self.add_policy(self.resource_url, "DELETE")

    def allow_fetch_subresources(self) -> None:
        """Allow reading everything below the resource."""
        self.add_policy(f"{self.resource_url}/**", "GET")

    def allow_update_subresources(self) -> None:
        """Allow changing and creating everything below the resource."""
        self.add_policy(f"{self.resource_url}/**", "POST")

    def allow_delete_subresources(self) -> None:
        """Allow deleting everything below the resource."""
        self.add_policy(f"{self.resource_url}/**", "DELETE")

    # The names of Twilio's documentation for its other libraries.
    allow_updates = allow_update_self
    allow_delete = allow_delete_self
    allow_updates_subresources = allow_update_subresources

    addPolicy = add_policy
    allowWebSockets = allow_web_sockets
    allowFetchSelf = allow_fetch_self
    allowUpdateSelf = allow_update_self
    allowDeleteSelf = allow_delete_self
    allowFetchSubresources = allow_fetch_subresources
    allowUpdateSubresources = allow_update_subresources
    allowDeleteSubresources = allow_delete_subresources
    allowUpdates = allow_updates
    allowDelete = allow_delete
    allowUpdatesSubresources = allow_updates_subresources

    def to_jwt(self, ttl: float | None = None) -> str:
        """Sign the token and return it as a string.

        `ttl`, in seconds from now, overrides the lifetime given to the constructor.
        Raises ValueError unless it is a positive number.
        """
        text = json.dumps(self._claims(ttl), separators=(",", ":"))
        signer = PyJWS(algorithms=[])
        signer.register_algorithm(_ALGORITHM, _AnyKeyLength(HMACAlgorithm.SHA256))
        return signer.encode(text.encode(), self._auth_token.reveal(), _ALGORITHM)

    def _claims(self, ttl: float | None) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "account_sid": self.account_sid,
            "workspace_sid": self.workspace_sid,
            "channel": self.channel_id,
            "version": _VERSION,
            "friendly_name": self.channel_id,
            "policies": self._policies,
        }
        if self._channel_claim:
            claims[self._channel_claim] = self.channel_id
        claims["iss"] = self.account_sid
        if ttl is not None:
            claims["exp"] = now + math.ceil(_seconds("ttl", ttl))
        elif self._valid_until is not None:
            claims["exp"] = self._valid_until
        else:
            claims["exp"] = now + self._ttl
        if self._nbf is not None:
            claims["nbf"] = now - _HEAD_START if self._nbf == "now" else self._nbf
        return claims

    def __repr__(self) -> str:
        if "_auth_token" not in self.__dict__:
            # Its constructor failed, and an error reporter looks at the frames.
            return f"<{type(self).__name__} that could not be made>"
        # Nothing of the token's text: it opens the channel to whoever reads it.
        return (
            f"<{type(self).__name__} for {self.channel_id},"
            f" {len(self._policies)} policies>"
        )

    toJwt = to_jwt


class WorkerCapabilityToken(_CapabilityToken):
    """A token for the channel of one worker (`WK…`)."""

    _channel_claim = "worker_sid"
    _options = WorkerTokenOptions

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        worker_sid: str,
        ttl: float = _LIFETIME,
        **options: Unpack[WorkerTokenOptions],
    ) -> None:
        """Create a token that is valid for `ttl` seconds; see also WorkerTokenOptions.

        Raises ValueError for a sid of the wrong kind, a missing auth token or a time
        that is not a positive number, and TypeError for a sid or an auth token that is
        not a string or an `allow_…` option that is neither True nor False.
        """
        key, auth_token = Secret(auth_token), ""
        channel_id = _sid("worker_sid", worker_sid, "WK")
        super().__init__(account_sid, key, workspace_sid, channel_id, ttl, options)

    @property
    def resource_url(self) -> str:
        """The REST URL of the worker."""
        return f"{self.workspace_url}/Workers/{self.channel_id}"

    def allow_fetch_activities(self) -> None:
        """Allow reading the workspace's activities."""
        self.add_policy(f"{self.workspace_url}/Activities", "GET")

    def allow_fetch_reservations(self) -> None:
        """Allow reading tasks and their reservations."""
        self.add_policy(f"{self.workspace_url}/Tasks/**", "GET")

    def allow_fetch_worker_reservations(self) -> None:
        """Allow reading the worker's own reservations."""
        self.add_policy(f"{self.resource_url}/Reservations/**", "GET")

    def allow_update_activities(self) -> None:
        """Allow changing the worker's activity, but none of its other properties."""
        self.add_policy(
            self.resource_url, "POST", post_filter={"ActivitySid": {"required": True}}
        )

    def allow_update_reservations(self) -> None:
        """Allow changing tasks and reservations: accepting, completing and so on."""
        self.add_policy(f"{self.workspace_url}/Tasks/**", "POST")
        self.add_policy(f"{self.resource_url}/Reservations/**", "POST")

    allow_activity_updates = allow_update_activities
    allow_worker_activity_updates = allow_update_activities
    allow_reservation_updates = allow_update_reservations
    allow_task_reservation_updates = allow_update_reservations

    allowFetchActivities = allow_fetch_activities
    allowFetchReservations = allow_fetch_reservations
    allowFetchWorkerReservations = allow_fetch_worker_reservations
    allowUpdateActivities = allow_update_activities
    allowUpdateReservations = allow_update_reservations
    allowActivityUpdates = allow_activity_updates
    allowWorkerActivityUpdates = allow_worker_activity_updates
    allowReservationUpdates = allow_reservation_updates
    allowTaskReservationUpdates = allow_task_reservation_updates


class TaskQueueCapabilityToken(_CapabilityToken):
    """A token for the channel of one task queue (`WQ…`)."""

    _channel_claim = "taskqueue_sid"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        workspace_sid: str,
        task_queue_sid: str,
        ttl: float = _LIFETIME,
        **options: Unpack[TokenOptions],
    ) -> None:
        """Create a token that is valid for `ttl` seconds; see also TokenOptions.

        Raises the same errors as WorkerCapabilityToken.
        """
        key, auth_token = Secret(auth_token), ""
        channel_id = _sid("task_queue_sid", task_queue_sid, "WQ")
        super().__init__(account_sid, key, workspace_sid, channel_id, ttl, options)

    @property
    def resource_url(self) -> str:
        """The REST URL of the task queue."""
        return f"{self.workspace_url}/TaskQueues/{self.channel_id}"


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
        """Create a token that is valid for `ttl` seconds; see also TokenOptions.

        Raises the same errors as WorkerCapabilityToken.
        """
        key, auth_token = Secret(auth_token), ""
        super().__init__(account_sid, key, workspace_sid, workspace_sid, ttl, options)

    @property
    def resource_url(self) -> str:
        """The REST URL of the workspace."""
        return self.workspace_url


class _AnyKeyLength(HMACAlgorithm):
    """HMAC that does not warn of short keys: the auth token is not ours to choose."""

    def check_key_length(self, key: Any) -> None:
        """Find nothing wrong with any key."""


def _sid(name: str, value: object, prefix: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    # Twilio's sids are two letters and 32 hexadecimal digits; test doubles are often
    # shorter, and the service has the last word. It becomes a part of URLs.
    if not re.fullmatch(rf"{prefix}\w+", value, re.ASCII):
        # A text that does not look like a sid may be the secret, in the wrong place.
        came = repr(value) if re.fullmatch(_SHOWABLE, value) else "something else"
        if not value:
            came = "an empty string"
        raise ValueError(f"{name} must be a sid that begins with {prefix}, not {came}")
    return plain_text(value)


def _key(given: Secret) -> Secret:
    value = given.reveal()
    kind, is_text, can_be_encoded = type(value), isinstance(value, str), True
    if is_text:
        value = plain_text(value).strip()  # read from a file, it ends in a newline
        can_be_encoded = not re.search("[\ud800-\udfff]", value)
    key, is_missing = Secret(value), value is None or value == ""
    del value  # or the locals of this frame would show it
    if is_missing:
        raise ValueError("auth_token is missing: it is the key that signs the token")
    if not is_text:
        raise TypeError(f"auth_token must be a str, not {kind.__name__}")
    if not can_be_encoded:
        raise ValueError("auth_token must be text that can be encoded as UTF-8")
    return key


def _is_on(name: str, value: object) -> bool:
    # A text such as "false", from the environment, would allow what it denies.
    if value not in (True, False, None):
        # Nothing of it: it may be the secret, in the wrong place.
        raise ArgumentError(f"{name} must be True or False, not {type(value).__name__}")
    return bool(value)


def _seconds(name: str, value: object) -> float:
    expected = f"{name} must be a positive number of seconds"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{expected}, not a {type(value).__name__}")
    if not 0 < value < math.inf:
        raise ValueError(f"{expected}, not {value}")
    return value
