"""The documented lines of Workspace: itself; its lists are tested with the lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrouter_sync import HttpError
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..support.outcome import Outcome
from .conftest import TO_OPEN, Mint, OpenWorkspace
from .held import Held


def test_update_of_one_property(
    workspace_with: OpenWorkspace, held: Held, outcome: Outcome
) -> None:
    workspace = workspace_with("update_self")
    workspace.update("FriendlyName", "Support", outcome.callback)
    assert outcome.result.friendlyName == workspace.friendlyName == "Support"
    assert held.workspace().friendly_name == "Support"


def test_update_of_several_properties(
    workspace_with: OpenWorkspace,
    workspace: ReadyWorkspace,
    held: Held,
    outcome: Outcome,
) -> None:
    client = workspace_with("update_self")
    properties = {
        "MultiTaskEnabled": False,
        "TimeoutActivitySid": workspace.activities["Break"],
    }
    client.update(properties, outcome.callback)
    assert outcome.result.multiTaskEnabled is client.multiTaskEnabled is False
    assert client.timeoutActivityName == "Break"
    now = held.workspace()
    assert (now.multi_task_enabled, now.timeout_activity_name) == (False, "Break")
    assert held.sent()[-1][1]["MultiTaskEnabled"] == "false"


def test_update_in_python(workspace_with: OpenWorkspace, held: Held) -> None:
    workspace = workspace_with("update_self")
    assert workspace.update(friendly_name="Support").friendly_name == "Support"
    assert held.workspace().friendly_name == "Support"
    with pytest.raises(HttpError, match="400"):
        workspace.update(prioritize_queue_order="RANDOM")


def test_fetch_refreshes_the_client(
    workspace_with: OpenWorkspace, held: Held, outcome: Outcome
) -> None:
    workspace = workspace_with()
    workspace.wait_until_ready(5.0)
    held.change_workspace(friendly_name="Support")
    workspace.fetch(outcome.callback)
    assert outcome.result.friendlyName == workspace.friendlyName == "Support"
    assert workspace.fetch() == outcome.result


def test_delete(
    workspace_with: OpenWorkspace, emulator: Emulator, outcome: Outcome
) -> None:
    workspace = workspace_with("delete_self")
    workspace.delete(outcome.callback)
    assert outcome.result is None
    assert emulator.call(lambda engine: list(engine.workspaces)) == []
    with pytest.raises(HttpError, match="404"):
        workspace.delete()


def test_update_token(
    workspace_with: OpenWorkspace, mint: Mint, workspace: ReadyWorkspace, held: Held
) -> None:
    client = workspace_with("fetch_subresources")
    workers = client.workers.fetch()
    refused, allowed = Outcome(), Outcome()
    client.update("FriendlyName", "Support", refused.callback)
    client.updateToken(mint(workspace.sid, *TO_OPEN, "update_self"))
    client.update("FriendlyName", "Support", allowed.callback)
    assert refused.error.code == 403
    assert allowed.result.friendlyName == held.workspace().friendly_name == "Support"
    # One token for all that was born of the client: the new one lacks this policy.
    with pytest.raises(HttpError, match="403"):
        workers.data[0].fetch()


def test_neighbors_are_fetched(
    workspace_with: Callable[..., Any], outcome: Outcome
) -> None:
    """``workspace.timeoutActivity``: a property that ends in Sid leads there."""
    workspace = workspace_with("fetch_subresources")
    workspace.wait_until_ready(5.0)
    workspace.timeoutActivity.fetch(outcome.callback)
    assert outcome.result.friendlyName == workspace.timeoutActivityName == "Offline"
    assert workspace.defaultActivity.fetch().available is False
