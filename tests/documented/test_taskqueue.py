"""The documented lines of TaskQueue; its statistics are tested with the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import HttpError, TaskQueue
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.outcome import Outcome
from .conftest import TO_OPEN, Mint, OpenTaskQueue
from .held import Held


@pytest.mark.parametrize("value", ["20", 20])
def test_update_of_one_property(
    task_queue_with: OpenTaskQueue, held: Held, outcome: Outcome, value: Any
) -> None:
    """A number goes out as the documented text."""
    task_queue = task_queue_with("update_self")
    task_queue.update("MaxReservedWorkers", value, outcome.callback)
    assert outcome.result.maxReservedWorkers == task_queue.maxReservedWorkers == 20
    assert held.task_queue(outcome.result.sid).max_reserved_workers == 20
    assert held.sent()[-1][1] == {"MaxReservedWorkers": "20"}


def test_update_of_several_properties(
    task_queue_with: OpenTaskQueue, held: Held, outcome: Outcome
) -> None:
    task_queue = task_queue_with("update_self")
    properties = {"MaxReservedWorkers": "20", "TargetWorkers": 'languages HAS "en"'}
    task_queue.update(properties, outcome.callback)
    assert outcome.result.targetWorkers == 'languages HAS "en"'
    now = held.task_queue(outcome.result.sid)
    assert (now.max_reserved_workers, now.target_workers) == (20, 'languages HAS "en"')


def test_update_shows_on_the_client_before_its_callback_runs(
    task_queue_with: OpenTaskQueue,
) -> None:
    task_queue = task_queue_with("update_self")
    shown: list[str] = []
    task_queue.update(
        "FriendlyName",
        "Everybody",
        lambda error, result: shown.append(task_queue.friendlyName),
    )
    assert shown == ["Everybody"]


def test_update_in_python(task_queue_with: OpenTaskQueue, held: Held) -> None:
    task_queue = task_queue_with("update_self")
    updated = task_queue.update(max_reserved_workers=20, task_order="LIFO")
    assert updated.max_reserved_workers == 20
    assert held.task_queue(updated.sid).task_order == "LIFO"
    with pytest.raises(HttpError, match="400"):
        task_queue.update(task_order="RANDOM")


def test_fetch_refreshes_the_client(
    task_queue_with: OpenTaskQueue, held: Held, outcome: Outcome
) -> None:
    task_queue = task_queue_with()
    task_queue.wait_until_ready(5.0)
    held.change_task_queue(task_queue.sid, friendly_name="Everybody")
    task_queue.fetch(outcome.callback)
    assert outcome.result.friendlyName == task_queue.friendlyName == "Everybody"
    assert task_queue.fetch() == outcome.result


def test_delete(
    open_client: Callable[..., TaskQueue],
    mint: Mint,
    emulator: Emulator,
    workspace: ReadyWorkspace,
    held: Held,
    outcome: Outcome,
) -> None:
    """A queue that no workflow leads to: the service keeps the others."""
    sid = emulator.call(
        lambda engine: (
            engine.task_queues.create(
                engine.workspaces.find(workspace.sid), "Spare"
            ).sid
        )
    )
    task_queue = open_client(TaskQueue, mint(sid, *TO_OPEN, "delete_self"))
    task_queue.delete(outcome.callback)
    assert outcome.result is None
    assert sid not in held.all("task_queues")
    with pytest.raises(HttpError, match="404"):
        task_queue.delete()


def test_update_token(
    task_queue_with: OpenTaskQueue, mint: Mint, queue_sid: str, held: Held
) -> None:
    task_queue = task_queue_with("fetch_subresources")
    statistics = task_queue.statistics
    refused, allowed = Outcome(), Outcome()
    task_queue.update("FriendlyName", "Everybody", refused.callback)
    task_queue.updateToken(mint(queue_sid, *TO_OPEN, "update_self"))
    task_queue.update("FriendlyName", "Everybody", allowed.callback)
    assert refused.error.code == 403
    assert allowed.result.friendlyName == "Everybody"
    assert held.task_queue(queue_sid).friendly_name == "Everybody"
    with pytest.raises(HttpError, match="403"):
        statistics.fetch()


def test_update_token_refuses_another_queue_s(
    task_queue_with: OpenTaskQueue, mint: Mint
) -> None:
    with pytest.raises(ValueError, match="WQ"):
        task_queue_with().updateToken(mint("WQ" + "0" * 32, *TO_OPEN))
