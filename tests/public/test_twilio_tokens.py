"""Tokens that Twilio's own library makes open our clients."""

from __future__ import annotations

import pytest
from twilio.jwt.taskrouter.capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)

from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.emulator import Emulator


def test_a_worker_opens_and_changes_its_activity() -> None:
    with Emulator() as emulator:
        workspace = emulator.workspace(workers={"Alice": {}})
        token = WorkerCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            workspace.workers["Alice"],
            allow_update_activities=True,
        ).to_jwt()
        with Worker(
            token, False, event_bridge_base_url=emulator.event_bridge_url
        ) as worker:
            worker.wait_until_ready(timeout=5)
            updated = worker.update("ActivitySid", workspace.activities["Available"])

    assert updated.activity_name == "Available"


def test_a_task_queue_opens() -> None:
    with Emulator() as emulator:
        workspace = emulator.workspace(queues={"Support": "1==1"})
        token = TaskQueueCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            workspace.task_queues["Support"],
        ).to_jwt()
        with TaskQueue(
            token, False, event_bridge_base_url=emulator.event_bridge_url
        ) as queue:
            queue.wait_until_ready(timeout=5)
            assert queue.friendly_name == "Support"


@pytest.mark.parametrize("kind", ["workers", "activities"])
def test_a_workspace_opens_and_lists(kind: str) -> None:
    with Emulator() as emulator:
        workspace = emulator.workspace(workers={"Alice": {}})
        token = WorkspaceCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            allow_fetch_subresources=True,
        ).to_jwt()
        with Workspace(
            token, False, event_bridge_base_url=emulator.event_bridge_url
        ) as client:
            client.wait_until_ready(timeout=5)
            found = getattr(client, kind).fetch()

    assert len(found) > 0
