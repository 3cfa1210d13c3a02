"""TaskQueue and Workspace: clients like a Worker, with channels of their own."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from taskrouter_sync import (
    ClientClosed,
    HttpError,
    TaskQueue,
    TaskQueueCapabilityToken,
    TokenError,
    Twilio,
    Workspace,
    WorkspaceCapabilityToken,
)
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..conftest import MintToken, ReadyWorker
from ..support import leaks
from ..support.collector import Collector


@dataclass
class Kind:
    """One kind of client, and what the emulator has for it."""

    client: Callable[..., Any]
    sid: str
    name: str
    mint: Callable[..., str]
    url: str
    open: Callable[..., Any]

    def listened(self, **options: Any) -> tuple[Any, Collector]:
        client = self.open(**options)
        return client, Collector().listen(client).listen(client, "marker")


@pytest.fixture(params=["TaskQueue", "Workspace"])
def kind(
    request: pytest.FixtureRequest, emulator: Emulator, workspace: ReadyWorkspace
) -> Iterator[Kind]:
    account, key = emulator.account_sid, emulator.auth_token
    name, queue = next(iter(workspace.task_queues.items()))

    def mint_for_queue(**options: Any) -> str:
        return TaskQueueCapabilityToken(
            account, key, workspace.sid, queue, **options
        ).to_jwt()

    def mint_for_workspace(**options: Any) -> str:
        return WorkspaceCapabilityToken(account, key, workspace.sid, **options).to_jwt()

    with ExitStack() as stack:

        def open_one(token: Any = None, **options: Any) -> Any:
            options.setdefault("event_bridge_base_url", emulator.event_bridge_url)
            client = made.client(token or made.mint(), **options)
            stack.callback(client.close)
            return client

        if request.param == "TaskQueue":
            url = f"/TaskQueues/{queue}"
            made = Kind(TaskQueue, queue, name, mint_for_queue, url, open_one)
        else:
            url, name = f"/Workspaces/{workspace.sid}/", "Emulated workspace"
            made = Kind(
                Workspace, workspace.sid, name, mint_for_workspace, url, open_one
            )
        yield made


def test_the_positional_order_is_that_of_taskrouter_js(kind: Kind) -> None:
    assert list(inspect.signature(kind.client).parameters)[:6] == [
        "token",
        "debug",
        "region",
        "max_retries",
        "api_base_url",
        "event_bridge_base_url",
    ]


def test_all_arguments_by_position(kind: Kind, emulator: Emulator) -> None:
    client = getattr(Twilio.TaskRouter, kind.client.__name__)
    with client(
        kind.mint(), False, "ie1", 2, emulator.api_base_url, emulator.url
    ) as opened:
        opened.wait_until_ready(5.0)
    assert emulator.requests[-1].url.startswith(emulator.api_base_url)


def test_connected_comes_before_ready_and_that_is_all(
    kind: Kind, emulator: Emulator
) -> None:
    _, came = kind.listened()
    came.expect("ready")
    emulator.send_frame(kind.sid, {"event_type": "marker", "payload": {}})
    came.expect("marker")
    assert came.names() == ["connected", "ready", "marker"]
    assert [each.kind for each in emulator.requests] == ["upgrade", "bridge"]


def test_ready_gives_the_resource(kind: Kind) -> None:
    client, came = kind.listened()
    ready = came.expect("ready")
    assert (ready.sid, ready.friendlyName) == (kind.sid, kind.name)
    assert (client.sid, client.friendlyName) == (kind.sid, kind.name)


def test_ready_is_asked_for_by_the_resource_s_url(
    kind: Kind, emulator: Emulator
) -> None:
    _, came = kind.listened()
    came.expect("ready")
    assert emulator.requests[-1].url.endswith(kind.url)


def test_events_of_its_channel_come_under_their_names(
    kind: Kind, emulator: Emulator
) -> None:
    client, came = kind.listened()
    came.expect("ready")
    came.listen(client, "task.created", "worker.activity.update")
    emulator.send_frame(
        kind.sid,
        {"event_type": "task.created", "payload": {"sid": "WT1", "priority": 3}},
    )
    assert came.expect("task.created").priority == 3
    # The prefix is cut for workers only.
    emulator.send_frame(
        kind.sid, {"event_type": "worker.activity.update", "payload": {"sid": "WK1"}}
    )
    assert came.expect("worker.activity.update").sid == "WK1"


def test_a_reservation_event_is_told_as_it_came(kind: Kind, emulator: Emulator) -> None:
    _, came = kind.listened()
    came.expect("ready")
    frame = {"sid": "WT1", "reservation_sid": "WR1"}
    emulator.send_frame(
        kind.sid, {"event_type": "reservation.created", "payload": frame}
    )
    assert came.expect("reservation.created").sid == "WT1"
    assert len(emulator.requests) == 2


def test_a_refused_ready_is_an_error_and_waits_for_a_token(
    kind: Kind, emulator: Emulator
) -> None:
    emulator.faults.answer(403, url=kind.url)
    client, came = kind.listened()
    assert came.expect("error").code == 403
    with pytest.raises(HttpError):
        client.wait_until_ready(5.0)
    client.updateToken(kind.mint(ttl=7200))
    came.expect("ready")


def test_a_lost_connection_is_made_again(
    kind: Kind, emulator: Emulator, no_pauses: None
) -> None:
    _, came = kind.listened()
    came.expect("ready")
    emulator.faults.cut_sockets(kind.sid)
    came.expect("disconnected")
    came.expect("ready")


def test_a_token_of_another_client_is_refused(
    kind: Kind, worker_token: MintToken
) -> None:
    client, came = kind.listened()
    came.expect("ready")
    with pytest.raises(TokenError):
        client.update_token(worker_token())
    assert client.fetch().friendlyName == kind.name


def test_an_expired_token_is_told(kind: Kind) -> None:
    token = kind.mint(valid_until=1_000_000, nbf=None)
    client = kind.open(token)
    Collector().listen(client).expect("token.expired")
    with pytest.raises(HttpError, match="expired"):
        client.wait_until_ready(5.0)


def test_close_ends_it(kind: Kind) -> None:
    client, came = kind.listened()
    came.expect("ready")
    client.close()
    assert came.names()[-1] == "disconnected"
    with pytest.raises(ClientClosed):
        client.fetch()
    threads = [each for each in leaks.threads() if each.name.endswith(kind.sid)]
    assert not any(each.is_alive() for each in threads)


def test_its_threads_are_named_by_it(kind: Kind) -> None:
    _, came = kind.listened()
    came.expect("ready")
    names = {each.name for each in threading.enumerate()}
    assert {f"taskrouter-socket-{kind.sid}", f"taskrouter-events-{kind.sid}"} <= names


def test_it_shows_itself(kind: Kind) -> None:
    client, came = kind.listened()
    came.expect("ready")
    assert repr(client).startswith(f"<{kind.client.__name__} {kind.sid} open")


def test_an_update_shows_on_the_client(kind: Kind) -> None:
    client = kind.open()
    client.updateToken(kind.mint(allow_update_self=True))
    client.update("FriendlyName", "Another")
    assert client.friendlyName == "Another"


def test_all_three_kinds_side_by_side(
    kind: Kind, emulator: Emulator, ready_worker: ReadyWorker
) -> None:
    _, came = ready_worker()
    _, other = kind.listened()
    other.expect("ready")
    emulator.create_task()
    came.expect("reservation.created")
    emulator.send_frame(kind.sid, {"event_type": "marker", "payload": {}})
    other.expect("marker")
