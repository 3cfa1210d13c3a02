"""A call center in the emulator, with clients that may do everything in it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import Any

from taskrouter_sync import (
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)
from taskrouter_sync.emulator import Emulator

from .backend import Backend, ReadyWorkspace
from .collector import LIMIT, settle


# The caller whose tasks the telephony instructions are for.
CALLER = "CA" + "0" * 31 + "1"

_KINDS: dict[Any, Any] = {
    Worker: WorkerCapabilityToken,
    TaskQueue: TaskQueueCapabilityToken,
    Workspace: WorkspaceCapabilityToken,
}


class Center:
    """Clients, resources and sids, each made when a test first asks for it."""

    def __init__(
        self,
        emulator: Emulator,
        workspace: ReadyWorkspace,
        backend: Backend,
        stack: ExitStack,
    ) -> None:
        self.emulator = emulator
        self.backend = backend
        self.sids = workspace
        self._stack = stack
        self.alice = workspace.workers["Alice"]
        self.queue = workspace.task_queues["Everyone"]
        self.rest = workspace.activities["Break"]

    def token(self, kind: Any, *allowed: str, **options: Any) -> str:
        """Mint a token: for everything, or to connect and for the options named."""
        channel = {Worker: [self.alice], TaskQueue: [self.queue], Workspace: []}[kind]
        token = _KINDS[kind](
            self.emulator.account_sid,
            self.emulator.auth_token,
            self.sids.sid,
            *channel,
            **{f"allow_{name}": True for name in allowed},
            **options,
        )
        if not allowed:
            for url in (token.workspace_url, f"{token.workspace_url}/**"):
                for method in ("GET", "POST", "DELETE"):
                    token.add_policy(url, method)
        text: str = token.to_jwt()
        return text

    def open(self, kind: Any, token: Any = None, **options: Any) -> Any:
        """Open a client, which is closed at the end of the test."""
        options.setdefault("event_bridge_base_url", self.emulator.event_bridge_url)
        client = kind(token or self.token(kind), **options)
        self._stack.callback(client.close)
        return client

    def ready(self, kind: Any, token: Any = None, **options: Any) -> Any:
        """Open a client, and wait until all that its opening brings has been told."""
        client = self.open(kind, token, **options)
        client.wait_until_ready(LIMIT)
        self.settle(client)
        return client

    def close(self) -> None:
        """Close all clients."""
        self._stack.close()

    def settle(self, client: Any) -> None:
        """Wait until everything that was sent before this moment has been told."""
        settle(self.emulator, client)

    @cached_property
    def worker(self) -> Any:
        return self.ready(Worker)

    @cached_property
    def task_queue(self) -> Any:
        return self.ready(TaskQueue)

    @cached_property
    def workspace(self) -> Any:
        return self.ready(Workspace)

    @cached_property
    def reservation(self) -> Any:
        """A pending reservation for a caller; phones ring until a test says so."""
        self.emulator.telephony.answer_after = 3600
        worker = self.worker
        self.backend.create_task(call_sid=CALLER, language="es")
        self.settle(worker)
        return worker.fetch_reservations()[0]

    @cached_property
    def task(self) -> Any:
        """An assigned task."""
        task = self.reservation.accept().task
        self.settle(self.worker)
        return task

    @cached_property
    def page(self) -> Any:
        """The first of two pages of activities."""
        return self.workspace.activities.fetch({"PageSize": "2"})

    def sent(self) -> list[tuple[str, str, Mapping[str, object]]]:
        """Method, path below the workspace and parameters of each request so far."""
        below = f"/Workspaces/{self.sids.sid}"
        return [
            (each.method, each.url.partition(below)[2], each.params)
            for each in self.emulator.requests
            if each.kind == "bridge"
        ]
