"""A session without HTTP: it records what is asked for and answers from a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskrouter_sync.errors import TaskRouterError
from taskrouter_sync.resources import factory


AC = "AC00000000000000000000000000000001"
WS = "WS00000000000000000000000000000001"
WK = "WK00000000000000000000000000000001"
WT = "WT00000000000000000000000000000001"
WR = "WR00000000000000000000000000000001"
WA = "WA00000000000000000000000000000001"
WQ = "WQ00000000000000000000000000000001"
WW = "WW00000000000000000000000000000001"
WC = "WC00000000000000000000000000000001"

WORKSPACE = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"

WORKER: dict[str, Any] = {
    "account_sid": AC,
    "activity_name": "Idle",
    "activity_sid": WA,
    "attributes": '{"languages":["en","es"],"contact_uri":"client:joey"}',
    "available": True,
    "date_created": "2015-07-30T20:00:00Z",
    "date_status_changed": 1438286700,
    "date_updated": None,
    "friendly_name": "Ann",
    "sid": WK,
    "workspace_sid": WS,
    "url": f"{WORKSPACE}/Workers/{WK}",
    "links": {"statistics": f"{WORKSPACE}/Workers/{WK}/Statistics"},
}

Request = tuple[str, str, Any]


class RecordingSession:
    """What resources ask of `taskrouter_sync.session.Session`, and nothing more.

    Attributes:
        requests: method, URL (below the workspace's) and parameters of each request.
        tokens: those that `update_token` brought.
    """

    def __init__(self, replies: Mapping[str, Any] | None = None) -> None:
        """Make it; `replies` are payloads, or errors, by ``"GET /Tasks/WT…"``."""
        self.workspace_url = WORKSPACE
        self.resource_url = f"{WORKSPACE}/Workers/{WK}"
        self.requests: list[Request] = []
        self.tokens: list[Any] = []
        self._replies = dict(replies or {})

    def reply(self, request: str, payload: Any) -> None:
        self._replies[request] = payload

    def call(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        path = url.removeprefix(WORKSPACE)
        self.requests.append((method, path, params))
        request = f"{method} {path}"
        if request not in self._replies:
            raise AssertionError(f"{request} is not among {sorted(self._replies)}")
        reply = self._replies[request]
        if isinstance(reply, TaskRouterError):
            raise reply
        return reply

    def get_all(self, urls: Sequence[str]) -> list[Any]:
        return [self._payload_or_error(url) for url in urls]

    def _payload_or_error(self, url: str) -> Any:
        try:
            return self.call("GET", url)
        except TaskRouterError as error:
            return error

    def perform(
        self, method: str, url: str, params: Mapping[str, Any] | None = None
    ) -> Any:
        return self.result(self.call(method, url, params), url)

    def result(self, payload: Any, url: str | None = None) -> Any:
        entity = self.build(payload, url)
        load = getattr(type(entity), "_load", None)
        if load is not None:
            load(entity)
        return entity

    def build(self, payload: Any, url: str | None = None) -> Any:
        return self.make(payload, url)

    def make(self, payload: Any, url: str | None = None) -> Any:
        """Make of a payload what it is; Any, as tests read what payloads hold."""
        session: Any = self
        return factory.make(session, payload, url)

    def neighbor(self, sid: Any, context: Mapping[str, Any]) -> Any:
        session: Any = self
        return factory.neighbor(session, sid, context)

    def update_token(self, token: Any) -> None:
        self.tokens.append(token.reveal())
