"""The account, workspace, tokens and addresses of a command, from the environment.

Secrets on a command line end up in shell histories and process lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import (
    HttpError,
    TaskQueue,
    TaskQueueCapabilityToken,
    TokenError,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)
from ..network import API, EVENT_BRIDGE, base_urls
from ..tokens import is_signed_with, read_claims
from .command import (
    ACCOUNT_SID,
    API_URL,
    AUTH_TOKEN,
    EVENT_BRIDGE_URL,
    TASK_QUEUE_SID,
    TOKEN,
    USAGE,
    WORKER_SID,
    WORKSPACE_SID,
    CommandError,
)
from .terminal import plain


# Twilio's, where the environment names no other.
_ADDRESSES = {EVENT_BRIDGE_URL: EVENT_BRIDGE, API_URL: API}


@dataclass(frozen=True)
class Kind:
    """A kind of capability token, and of client.

    Attributes:
        words: as part of a sentence.
        prefix: the prefix of its sids.
        claim: the token's claim with that sid.
        variable: the environment variable with that sid.
        make: the class of its tokens.
        client: the class of its clients.
        usual: what its tokens allow by default: what the commands of this program need,
            and most other programs too.
    """

    words: str
    prefix: str
    claim: str
    variable: str
    make: Callable[..., Any]
    client: type[Any]
    usual: tuple[str, ...]


WORKER = Kind(
    "worker",
    "WK",
    "worker_sid",
    WORKER_SID,
    WorkerCapabilityToken,
    Worker,
    ("fetch-subresources", "update-activities", "update-reservations"),
)
TASK_QUEUE = Kind(
    "task queue",
    "WQ",
    "taskqueue_sid",
    TASK_QUEUE_SID,
    TaskQueueCapabilityToken,
    TaskQueue,
    ("fetch-subresources",),
)
WORKSPACE = Kind(
    "workspace",
    "WS",
    "workspace_sid",
    WORKSPACE_SID,
    WorkspaceCapabilityToken,
    Workspace,
    ("fetch-subresources", "update-subresources"),
)
# By the argument on the command line.
KINDS = {"worker": WORKER, "taskqueue": TASK_QUEUE, "workspace": WORKSPACE}


class Credentials:
    """The credentials and base URLs that the environment specifies."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @property
    def account_sid(self) -> str | None:
        """The account's sid, if it is set."""
        return self._environment.get(ACCOUNT_SID) or None

    @property
    def auth_token(self) -> str | None:
        """The account's auth token, if it is set."""
        return (self._environment.get(AUTH_TOKEN) or "").strip() or None

    @property
    def token(self) -> str | None:
        """The ready-made token, if it is set."""
        return (self._environment.get(TOKEN) or "").strip() or None

    def address(self, variable: str) -> str:
        """Return a base URL, without a secret: from the environment, or Twilio's.

        Raises:
            CommandError: clients can't use the URL. The message names the variable, but
                not its value, which may contain a password.
        """
        value = self._environment.get(variable, "")
        try:
            api, event_bridge = base_urls(None, None, None, {variable: value})
            # A password with a / in it: its beginning would be shown as the port.
            valid = "@" not in value
        except ValueError:
            valid = False
        if not valid:
            raise CommandError(
                f"{variable} must be a URL such as {_ADDRESSES[variable]} or "
                "http://127.0.0.1:8123, without credentials, a query or a fragment",
                USAGE,
            )
        return api if variable == API_URL else event_bridge

    def where(self) -> str:
        """Describe the variables that select another service than Twilio.

        Raises:
            CommandError: clients can't use one of them.
        """
        return ", ".join(
            f"{name} is {self.address(name)}"
            for name in _ADDRESSES
            if self._environment.get(name)
        )

    def mint(
        self,
        kind: Kind,
        sid: str | None = None,
        allowed: tuple[str, ...] | None = None,
        ttl: float = 3600,
    ) -> str:
        """Create a token.

        Args:
            kind: the kind of token.
            sid: the worker, task queue or workspace; None uses the environment.
            allowed: names such as ``update-activities``; None uses the defaults.
            ttl: seconds until it expires.

        Raises:
            CommandError: something is missing, or is not a sid.
        """
        account = self._sid(ACCOUNT_SID, "AC"), self._needed(AUTH_TOKEN)
        if sid is not None:
            _check_sid("the argument", sid, kind.prefix)
        sids = [] if kind is WORKSPACE else [self._sid(WORKSPACE_SID, "WS")]
        sids.append(sid or self._sid(kind.variable, kind.prefix))
        names = kind.usual if allowed is None else allowed
        options = {f"allow_{name.replace('-', '_')}": True for name in names}
        try:
            return str(kind.make(*account, *sids, ttl=ttl, **options).to_jwt())
        except (TypeError, ValueError) as error:
            raise CommandError(str(error), USAGE) from None

    def source(self, kind: Kind, sid: str | None = None) -> str | Callable[[], str]:
        """Return the token argument for a client: the ready-made token, or a function.

        Raises:
            CommandError: credentials are missing or invalid, or the base URLs are.
        """
        for variable in _ADDRESSES:
            self.address(variable)
        # At need: the clients load what it loads, but not every command has one.
        from .network import proxy_of

        try:
            proxy_of(self.address(EVENT_BRIDGE_URL), self._environment)
        except ValueError as error:
            raise CommandError(str(error), USAGE) from None
        token = self.token
        if token is not None and self._fits(token, kind, sid):
            return token
        self.mint(kind, sid)  # complains now, not later on another thread
        return lambda: self.mint(kind, sid)

    def refusal(self) -> str:
        """Say which variable is probably wrong if the service refuses a token."""
        suspects = []
        token, key = self.token, self.auth_token
        if token is not None and (key is None or not is_signed_with(token, key)):
            suspects.append(f"{TOKEN} has expired or is for another account")
        if key is not None:
            suspects.append(
                f"{AUTH_TOKEN} is probably not the auth token of "
                f"{plain(self.account_sid)}"
            )
        return ", or ".join(suspects)

    def _fits(self, token: str, kind: Kind, sid: str | None) -> bool:
        try:
            channel = read_claims(token).get("channel")
        except TokenError as error:
            raise CommandError(f"{TOKEN}: {error}", USAGE) from None
        if sid is not None:
            return bool(channel == sid)
        return isinstance(channel, str) and channel.startswith(kind.prefix)

    def _sid(self, name: str, prefix: str) -> str:
        value = self._needed(name)
        _check_sid(name, value, prefix)
        return value

    def _needed(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise CommandError(
                f"{name} is not set: credentials are read from the environment "
                "(see `taskrouter-sync --help`; for the emulator, paste the lines that "
                "`taskrouter-sync emulator --print-tokens` prints)",
                USAGE,
            )
        return value


def is_refused_signature(error: Exception) -> bool:
    """Whether the service refused a token because of its signature."""
    if not isinstance(error, HttpError):
        return False
    # The event bridge answers 403 to this and to more, and says what it is.
    return error.status == 401 or (
        error.status == 403 and "signature" in error.message.lower()
    )


def _check_sid(name: str, value: str, prefix: str) -> None:
    # Test doubles are often shorter than real sids, and the service has the last word.
    # The value is not repeated: it may be the secret, in the wrong place.
    if not re.fullmatch(rf"{prefix}[0-9A-Za-z]+", value):
        raise CommandError(f"{name} must be a sid that begins with {prefix}", USAGE)
