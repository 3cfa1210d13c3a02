"""Who a command is: account, workspace and tokens, from the environment alone.

Secrets on a command line end up in histories and process lists. Makes tokens by
`capabilities`; the environment is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)
from ..clients import addresses
from ..errors import TokenError
from ..tokens import read_claims
from .outcome import USAGE, CommandError


ACCOUNT_SID = "TWILIO_ACCOUNT_SID"
AUTH_TOKEN = "TWILIO_AUTH_TOKEN"
WORKSPACE_SID = "TASKROUTER_WORKSPACE_SID"
WORKER_SID = "TASKROUTER_WORKER_SID"
TASK_QUEUE_SID = "TASKROUTER_TASK_QUEUE_SID"
TOKEN = "TASKROUTER_TOKEN"

VARIABLES = f"""\
environment:
  {ACCOUNT_SID}, {AUTH_TOKEN}
                             the account; tokens are made with its auth token
  {WORKSPACE_SID}   WS…
  {WORKER_SID}      WK…, unless the command names another
  {TASK_QUEUE_SID}  WQ…, likewise
  {TOKEN}           a ready-made capability token, instead of the account
  TASKROUTER_EVENT_BRIDGE_URL, TASKROUTER_API_URL
                             another service than Twilio's: the emulator
"""


@dataclass(frozen=True)
class Kind:
    """A kind of token, and of client.

    Attributes:
        name: as the command line says it.
        prefix: of the sids of its channels.
        claim: the token's claim with that sid.
        variable: of the environment, with that sid.
    """

    name: str
    prefix: str
    claim: str
    variable: str
    make: Callable[..., Any]


WORKER = Kind("worker", "WK", "worker_sid", WORKER_SID, WorkerCapabilityToken)
TASK_QUEUE = Kind(
    "taskqueue", "WQ", "taskqueue_sid", TASK_QUEUE_SID, TaskQueueCapabilityToken
)
WORKSPACE = Kind(
    "workspace", "WS", "workspace_sid", WORKSPACE_SID, WorkspaceCapabilityToken
)
KINDS = {kind.name: kind for kind in (WORKER, TASK_QUEUE, WORKSPACE)}

# What the commands of this program need, and a person's programs usually too.
USUAL = {
    "worker": ("fetch-subresources", "update-activities", "update-reservations"),
    "taskqueue": ("fetch-subresources",),
    "workspace": ("fetch-subresources", "update-subresources"),
}


class Credentials:
    """What the environment says about who is asking."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @property
    def auth_token(self) -> str | None:
        """The account's key, if it is known here."""
        return self._environment.get(AUTH_TOKEN) or None

    @property
    def token(self) -> str | None:
        """The ready-made token, if there is one."""
        return (self._environment.get(TOKEN) or "").strip() or None

    def mint(
        self,
        kind: Kind,
        sid: str | None = None,
        allowed: tuple[str, ...] | None = None,
        ttl: float = 3600,
    ) -> str:
        """Make a token.

        Args:
            kind: of what.
            sid: of the worker, queue or workspace; None for the environment's.
            allowed: names such as ``update-activities``; None for the usual.
            ttl: seconds until it expires.

        Raises:
            CommandError: something is missing, or no sid.
        """
        account = self._needed(ACCOUNT_SID), self._needed(AUTH_TOKEN)
        if kind is WORKSPACE:
            sids = [sid or self._needed(WORKSPACE_SID)]
        else:
            sids = [self._needed(WORKSPACE_SID), sid or self._needed(kind.variable)]
        names = USUAL[kind.name] if allowed is None else allowed
        options = {f"allow_{name.replace('-', '_')}": True for name in names}
        try:
            return str(kind.make(*account, *sids, ttl=ttl, **options).to_jwt())
        except (TypeError, ValueError) as error:
            raise CommandError(str(error), USAGE) from None

    def source(self, kind: Kind, sid: str | None = None) -> str | Callable[[], str]:
        """Give a client its token: the ready-made one, or always a fresh one.

        Raises:
            CommandError: there is neither, or no sid; or the environment points the
                client at what is no URL.
        """
        try:
            addresses.bases(None, None, None, self._environment)
        except ValueError as error:
            raise CommandError(str(error), USAGE) from None
        token = self.token
        if token is not None and self._fits(token, kind, sid):
            return token
        self.mint(kind, sid)  # complains now, not later on another thread
        return lambda: self.mint(kind, sid)

    def _fits(self, token: str, kind: Kind, sid: str | None) -> bool:
        try:
            channel = read_claims(token).get("channel")
        except TokenError as error:
            raise CommandError(f"{TOKEN}: {error}", USAGE) from None
        if sid is not None:
            return bool(channel == sid)
        return isinstance(channel, str) and channel.startswith(kind.prefix)

    def _needed(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise CommandError(
                f"{name} is not set: this command takes its credentials from the "
                "environment (see --help)",
                USAGE,
            )
        return value
