"""A TaskRouter service for one test: an emulator, a ready workspace, and clients.

The emulator is imported when a service is made, not with this module.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .. import (
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)
from .events import EventLog
from .journal import journal


if TYPE_CHECKING:
    from ..emulator.engine import Event
    from ..emulator.faults import Faults
    from ..emulator.journal import Request

Opened = TypeVar("Opened", Worker, TaskQueue, Workspace)

# Seconds until a client must be ready.
_READY = 10.0

# What a worker's program does; a test of what is refused passes less.
_WORKER = ("fetch_subresources", "update_activities", "update_reservations")
_OTHERS = ("fetch_subresources", "update_self", "update_subresources")


class LocalTaskRouter:
    """A fresh service on this machine, with a workspace that is ready for work.

    While it runs, the environment variables of the README point programs at it: a
    ``Worker(token)`` of the program under test finds it without further words.

    Attributes:
        emulator: the `taskrouter_sync.emulator.Emulator`.
        workspace: sids by name: ``workspace.workers["Alice"]``.
    """

    def __init__(self, *, manual_clock: bool = True, **workspace: Any) -> None:
        """Prepare it; ``with`` starts it.

        Args:
            manual_clock: whether the service's time stands still but for `advance`.
            workspace: as for ``Emulator.workspace``: ``workers={"Alice": {…}}``,
                ``queues``, ``workflow`` …; by default there is Alice, who is available.

        Raises:
            ImportError: the extra ``emulator`` is not installed.
        """
        from ..emulator import Emulator

        self.emulator: Emulator = Emulator(manual_clock=manual_clock, seed=1)
        self._plan = {"worker_activity": "Available", **workspace}
        self._stack = ExitStack()

    def __enter__(self) -> LocalTaskRouter:
        with ExitStack() as stack:
            stack.enter_context(self.emulator)
            self.workspace = self.emulator.workspace(**self._plan)
            stack.callback(_set(self._variables()))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and sys.version_info >= (3, 11):
            error.add_note(self.journal())
        self._stack.close()

    # Clients and tokens

    def worker(self, name: str | None = None, **options: Any) -> Worker:
        """Open a worker's client and wait until it is ready; it is closed at the end.

        Args:
            name: the worker's; None for the first.
            options: of `taskrouter_sync.Worker`; `token` instead of the usual one.
        """
        token = options.pop("token", None) or self.worker_token(name)
        return self._opened(Worker, token, options)

    def task_queue(self, name: str | None = None, **options: Any) -> TaskQueue:
        """Open a task queue's client, as `worker` does."""
        sid = _named(self.workspace.task_queues, name)
        token = TaskQueueCapabilityToken(
            *self._account(), self.workspace.sid, sid, **_allowed(_OTHERS)
        )
        return self._opened(TaskQueue, token.to_jwt(), options)

    def workspace_client(self, **options: Any) -> Workspace:
        """Open the workspace's client, as `worker` does."""
        token = WorkspaceCapabilityToken(
            *self._account(),
            self.workspace.sid,
            **_allowed((*_OTHERS, "delete_subresources")),
        )
        return self._opened(Workspace, token.to_jwt(), options)

    def worker_token(self, name: str | None = None, **options: Any) -> str:
        """Make a worker's token.

        Args:
            name: the worker's; None for the first.
            options: of `taskrouter_sync.WorkerCapabilityToken`.
        """
        return WorkerCapabilityToken(
            *self._account(),
            self.workspace.sid,
            _named(self.workspace.workers, name),
            **{**_allowed(_WORKER), **options},
        ).to_jwt()

    def events_of(self, client: Any, *others: str) -> EventLog:
        """Record a client's events; see `EventLog`."""
        return EventLog(client, *others)

    # What happens in the service

    def create_task(
        self, attributes: Mapping[str, Any] | None = None, **options: object
    ) -> dict[str, Any]:
        """Create a task, and give it as REST shows it.

        Args:
            attributes: the task's.
            options: the other REST parameters in snake_case, as ``priority=3``.
        """
        return self.emulator.create_task(
            self.workspace, attributes=attributes, **options
        )

    def advance(self, seconds: float) -> None:
        """Let the service's time pass: what falls due happens, in order.

        Tokens go by real time, which nobody can move.
        """
        self.emulator.advance(seconds)

    @property
    def faults(self) -> Faults:
        """Trouble to come, as in ``faults.answer(500)``, ``faults.cut_sockets()`` …"""
        return self.emulator.faults

    @property
    def requests(self) -> list[Request]:
        """All requests that arrived, in order."""
        return self.emulator.requests

    @property
    def events(self) -> list[Event]:
        """All events of the service, in order."""
        return self.emulator.events

    def journal(self) -> str:
        """Tell what happened, for the report of a test that failed: no secrets."""
        return journal(self.requests, self.events)

    def _opened(
        self, kind: type[Opened], token: str, options: Mapping[str, Any]
    ) -> Opened:
        client = kind(token, **{"debug": False, "daemon": True, **options})
        self._stack.callback(client.close)
        client.wait_until_ready(_READY)
        return client

    def _account(self) -> tuple[str, str]:
        return self.emulator.account_sid, self.emulator.auth_token

    def _variables(self) -> dict[str, str]:
        variables = {
            "TASKROUTER_EVENT_BRIDGE_URL": self.emulator.event_bridge_url,
            "TASKROUTER_API_URL": self.emulator.api_base_url,
            "TWILIO_ACCOUNT_SID": self.emulator.account_sid,
            "TWILIO_AUTH_TOKEN": self.emulator.auth_token,
            "TASKROUTER_WORKSPACE_SID": self.workspace.sid,
        }
        if self.workspace.workers:
            worker_sid = _named(self.workspace.workers, None)
            variables["TASKROUTER_WORKER_SID"] = worker_sid
        # Whatever way this machine has to the world, the service is here.
        for name in ("NO_PROXY", "no_proxy"):
            before = os.environ.get(name)
            variables[name] = f"{before},127.0.0.1" if before else "127.0.0.1"
        return variables


def _set(variables: Mapping[str, str]) -> Callable[[], None]:
    """Set environment variables; give what puts them back."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)

    def put_back() -> None:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    return put_back


def _allowed(names: tuple[str, ...]) -> Any:
    return {f"allow_{name}": True for name in names}


def _named(sids: Mapping[str, str], name: str | None) -> str:
    if name is None:
        return next(iter(sids.values()))
    if name not in sids:
        raise LookupError(f"{name!r} is none of {', '.join(sids)}")
    return sids[name]
