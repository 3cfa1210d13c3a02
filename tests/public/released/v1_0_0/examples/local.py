"""A workspace for the examples: on this machine, or yours.

Each example is a ported page: it gets its tokens here, where a page would get them from
its server, and whatever a page's backend would do (create a task) is done here too.
Without environment variables that is an emulator in this process; with
``TWILIO_ACCOUNT_SID``, ``TWILIO_AUTH_TOKEN`` and ``TASKROUTER_WORKSPACE_SID`` (and
``TASKROUTER_WORKER_SID``, ``TASKROUTER_TASK_QUEUE_SID``) it is your account.
"""

import os
from contextlib import contextmanager

from taskrouter_sync import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)


class Backend:
    """What a call center's server knows: its account and its sids."""

    def __init__(self, account_sid, auth_token, workspace_sid, worker_sid, queue_sid):
        self._account = (account_sid, auth_token, workspace_sid)
        self.workspace_sid = workspace_sid
        self.worker_sid = worker_sid
        self.queue_sid = queue_sid

    def worker_token(self):
        return WorkerCapabilityToken(
            *self._account,
            self.worker_sid,
            allow_fetch_subresources=True,
            allow_update_activities=True,
            allow_update_reservations=True,
        ).to_jwt()

    def task_queue_token(self):
        return TaskQueueCapabilityToken(
            *self._account,
            self.queue_sid,
            allow_fetch_subresources=True,
            allow_update_self=True,
        ).to_jwt()

    def workspace_token(self):
        return WorkspaceCapabilityToken(
            *self._account,
            allow_fetch_subresources=True,
            allow_update_subresources=True,
            allow_delete_subresources=True,
        ).to_jwt()

    def create_task(self, attributes):
        """Do what <Enqueue> does when somebody calls."""
        with Workspace(self.workspace_token(), debug=False) as workspace:
            return workspace.tasks.create({"Attributes": attributes})


@contextmanager
def backend():
    """Give the workspace; the emulator ends with the block."""
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TASKROUTER_WORKSPACE_SID")
    if all(name in os.environ for name in names):
        yield Backend(
            *(os.environ[name] for name in names),
            os.environ.get("TASKROUTER_WORKER_SID"),
            os.environ.get("TASKROUTER_TASK_QUEUE_SID"),
        )
        return
    from taskrouter_sync.emulator import Emulator

    with Emulator() as emulator:
        workspace = emulator.workspace(
            workers={"Alice": {"contact_uri": "client:alice", "languages": ["en"]}},
            worker_activity="Available",
            queues={"Support": "1==1"},
        )
        # Scripts that name no address find the emulator by this.
        os.environ["TASKROUTER_EVENT_BRIDGE_URL"] = emulator.event_bridge_url
        try:
            yield Backend(
                emulator.account_sid,
                emulator.auth_token,
                workspace.sid,
                workspace.workers["Alice"],
                workspace.task_queues["Support"],
            )
        finally:
            del os.environ["TASKROUTER_EVENT_BRIDGE_URL"]
