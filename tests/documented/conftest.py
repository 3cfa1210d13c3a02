"""Clients whose tokens allow what a test names, and a look into the emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
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
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.outcome import Outcome
from .held import Held
from .list_cases import CASES, Case


# Names of options (allow_…, without that), and policies as (path, method).
Allowed = str | tuple[str, str]
Mint = Callable[..., str]
OpenWorker = Callable[..., Worker]
OpenTaskQueue = Callable[..., TaskQueue]
OpenWorkspace = Callable[..., Workspace]
Offer = Callable[..., Any]

# The caller whose task the telephony instructions are for.
CALLER = "CA" + "0" * 31 + "1"

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


@pytest.fixture
def reservation(offer: Offer, emulator: Emulator) -> Any:
    """A pending reservation for a caller; phones ring until a test says otherwise."""
    emulator.telephony.answer_after = 3600
    return offer({"call_sid": CALLER})


@pytest.fixture
def post_work(workspace: ReadyWorkspace) -> str:
    """The sid of the activity after a call, WA…."""
    return workspace.activities["Break"]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def workspace_client(workspace_with: OpenWorkspace) -> Workspace:
    """A client that may do everything below the workspace."""
    return workspace_with(
        "fetch_subresources", "update_subresources", "delete_subresources"
    )


@pytest.fixture
def found(workspace_client: Workspace, case: Case) -> Any:
    """The list: ``workspace.activities`` and so on."""
    return getattr(workspace_client, case.name)


@pytest.fixture
def made(found: Any, case: Case) -> Any:
    """One that was created."""
    return found.create(case.params)
