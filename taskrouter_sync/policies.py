"""What a capability token allows: its policies, and the helpers that add them.

Pure; imports nothing of the package. Names are those of Twilio's Python library;
those of Twilio's documentation for its other libraries stand beside them.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final, TypedDict


_API_URL: Final = "https://taskrouter.twilio.com/v1"
_EVENT_BRIDGE_URL: Final = "https://event-bridge.twilio.com/v1/wschannels"
_METHODS: Final = ("GET", "POST", "DELETE")


class Policy(TypedDict):
    """One rule of a token: which request is allowed, or refused."""

    url: str
    method: str
    allow: bool
    query_filter: dict[str, Any]
    post_filter: dict[str, Any]


class Policies(ABC):
    """The policies that every kind of token can have."""

    def __init__(self, account_sid: str, workspace_sid: str, channel_id: str) -> None:
        self.account_sid = account_sid
        self.workspace_sid = workspace_sid
        self.channel_id = channel_id
        self._policies: list[Policy] = []

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
        """Add one policy of your own.

        `url` may end in `/*` (one more step) or `/**` (any depth below). A filter maps
        a parameter to the text it must have, or to `{"required": bool, "value": str}`.

        Raises ValueError for a method other than GET, POST and DELETE, and for a URL
        that is empty or has a query, which no request could match.
        """
        if not url or "?" in url:
            raise ValueError(f"url must be a URL without a query, not {url!r}")
        if method.upper() not in _METHODS:
            raise ValueError(f"method must be one of {_METHODS}, not {method!r}")
        self._policies.append(
            {
                "url": url,
                "method": method.upper(),
                "allow": allow,
                "query_filter": copy.deepcopy(dict(query_filter or {})),
                "post_filter": copy.deepcopy(dict(post_filter or {})),
            }
        )

    def allow_web_sockets(self, channel_id: str | None = None) -> None:
        """Allow opening the channel, and sending requests through it."""
        channel = f"{_EVENT_BRIDGE_URL}/{self.account_sid}"
        url = f"{channel}/{channel_id or self.channel_id}"
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


class WorkerPolicies(Policies):
    """The policies that only a worker's token can have."""

    @property
    def resource_url(self) -> str:
        """The REST URL of the worker."""
        return f"{self.workspace_url}/Workers/{self.channel_id}"

    def allow_fetch_activities(self) -> None:
        """Allow reading the workspace's activities."""
        self.add_policy(f"{self.workspace_url}/Activities", "GET")

    def allow_fetch_reservations(self) -> None:
        """Allow reading tasks, and the reservations below them."""
        self.add_policy(f"{self.workspace_url}/Tasks/**", "GET")

    def allow_fetch_worker_reservations(self) -> None:
        """Allow reading the worker's own reservations."""
        self.add_policy(f"{self.resource_url}/Reservations/**", "GET")

    def allow_update_activities(self) -> None:
        """Allow changing the worker's activity, and nothing else of it."""
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
