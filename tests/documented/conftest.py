"""Clients whose tokens allow what a test names, and a look into the emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from taskrouter_sync import (
    TaskQueue,
    TaskQueueCapabilityToken,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.engine import Engine, model
from taskrouter_sync.emulator.furnishing import ReadyWorkspace

from ..support.outcome import Outcome


# Names of options (allow_…, without that), and policies as (path, method).
Allowed = str | tuple[str, str]
Mint = Callable[..., str]
OpenWorker = Callable[..., Worker]
OpenTaskQueue = Callable[..., TaskQueue]
OpenWorkspace = Callable[..., Workspace]
Offer = Callable[..., Any]

# What a client needs for `connected` and `ready`; a Worker also asks for what is
# pending.
TO_OPEN = ("web_sockets", "fetch_self")
WORKER_TO_OPEN = (*TO_OPEN, "fetch_worker_reservations")
# What loads the task of a reservation, and acts on both.
TO_ACT = ("fetch_reservations", "update_reservations")

_KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "WK": (
        WorkerCapabilityToken,
        ("fetch_activities", "fetch_reservations", "fetch_worker_reservations"),
    ),
    "WQ": (TaskQueueCapabilityToken, ()),
    "WS": (WorkspaceCapabilityToken, ()),
}


@dataclass(frozen=True)
class Held:
    """What the emulator holds at this moment, and what it was sent."""

    emulator: Emulator
    sids: ReadyWorkspace

    def workspace(self) -> model.Workspace:
        return self.emulator.call(
            lambda engine: engine.workspace(self.sids.sid).snapshot()
        )

    def worker(self, sid: str) -> model.Worker:
        found: model.Worker = self.all("workers")[sid]
        return found

    def task(self, sid: str) -> model.Task:
        found: model.Task = self.all("tasks")[sid]
        return found

    def task_queue(self, sid: str) -> model.TaskQueue:
        found: model.TaskQueue = self.all("task_queues")[sid]
        return found

    def reservation(self, sid: str) -> model.Reservation:
        """A reservation by its sid, WR…."""

        def find(engine: Engine) -> model.Reservation:
            tasks = engine.workspace(self.sids.sid).tasks.values()
            found = next(t.reservations[sid] for t in tasks if sid in t.reservations)
            return found.snapshot()

        return self.emulator.call(find)

    def all(self, kind: str) -> dict[str, Any]:
        """The snapshots of one kind by sid: ``task_queues``, ``workers`` …"""
        return self.emulator.call(
            lambda engine: {
                sid: each.snapshot()
                for sid, each in getattr(engine.workspace(self.sids.sid), kind).items()
            }
        )

    def sent(self, method: str = "POST") -> list[tuple[str, Mapping[str, object]]]:
        """The path below the workspace and the parameters of each such request."""
        below = f"/Workspaces/{self.sids.sid}"
        return [
            (each.url.partition(below)[2], each.params)
            for each in self.emulator.requests
            if each.kind == "bridge" and each.method == method
        ]

    # What somebody else does meanwhile.

    def rename_worker(self, sid: str, name: str) -> None:
        def rename(engine: Engine) -> None:
            worker = engine.workspace(self.sids.sid).workers[sid]
            engine.update_worker(worker, friendly_name=name)

        self.emulator.call(rename)

    def cancel(self, task_sid: str) -> None:
        """Cancel a task, so that its worker is free again."""

        def cancel(engine: Engine) -> None:
            task = engine.workspace(self.sids.sid).tasks[task_sid]
            engine.update_task(task, assignment_status="canceled")

        self.emulator.call(cancel)


@pytest.fixture
def outcome() -> Outcome:
    """A callback, and what it got."""
    return Outcome()


@pytest.fixture
def held(emulator: Emulator, workspace: ReadyWorkspace) -> Held:
    """A look into the emulator."""
    return Held(emulator, workspace)


@pytest.fixture
def mint(emulator: Emulator, workspace: ReadyWorkspace) -> Mint:
    """Mint a token for a channel (WK…, WQ…, WS…) that allows what is named only."""

    def mint(channel: str, *allowed: Allowed) -> str:
        kind, usual = _KINDS[channel[:2]]
        options = dict.fromkeys(("web_sockets", "fetch_self", *usual), False)
        options |= {each: True for each in allowed if isinstance(each, str)}
        sids = [workspace.sid] if channel == workspace.sid else [workspace.sid, channel]
        token = kind(
            emulator.account_sid,
            emulator.auth_token,
            *sids,
            **{f"allow_{name}": value for name, value in options.items()},
        )
        for path, method in (each for each in allowed if not isinstance(each, str)):
            token.add_policy(token.workspace_url + path, method)
        text: str = token.to_jwt()
        return text

    return mint


@pytest.fixture
def open_client(emulator: Emulator) -> Iterator[Callable[..., Any]]:
    """Open a client of a class with a token; it is closed at the end."""
    with ExitStack() as stack:

        def open_one(kind: Any, token: str, **options: Any) -> Any:
            client = kind(
                token, event_bridge_base_url=emulator.event_bridge_url, **options
            )
            stack.callback(client.close)
            return client

        yield open_one


@pytest.fixture
def worker_with(open_client: Callable[..., Any], mint: Mint, alice: str) -> OpenWorker:
    """Open Alice's client: it may connect, and do what is named, and no more."""
    return lambda *allowed: open_client(Worker, mint(alice, *WORKER_TO_OPEN, *allowed))


@pytest.fixture
def queue_sid(workspace: ReadyWorkspace) -> str:
    """The sid of the queue Everyone, WQ…."""
    return workspace.task_queues["Everyone"]


@pytest.fixture
def task_queue_with(
    open_client: Callable[..., Any], mint: Mint, queue_sid: str
) -> OpenTaskQueue:
    """Open a client for the queue Everyone, as `worker_with`."""
    return lambda *allowed: open_client(TaskQueue, mint(queue_sid, *TO_OPEN, *allowed))


@pytest.fixture
def workspace_with(
    open_client: Callable[..., Any], mint: Mint, workspace: ReadyWorkspace
) -> OpenWorkspace:
    """Open a client for the workspace, as `worker_with`."""
    return lambda *allowed: open_client(
        Workspace, mint(workspace.sid, *TO_OPEN, *allowed)
    )


@pytest.fixture
def offer(emulator: Emulator, worker_with: OpenWorker) -> Offer:
    """Offer Alice a task; gives the pending reservation, which she may act on."""

    def offer(attributes: Mapping[str, Any] | None = None) -> Any:
        worker = worker_with(*TO_ACT)
        emulator.create_task(attributes=attributes)
        return worker.fetchReservations(None, {"ReservationStatus": "pending"}).data[0]

    return offer
