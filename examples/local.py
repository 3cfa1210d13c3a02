"""The backend of the examples: an emulator, or your own account.

Each example is a ported page. It gets its tokens from this module, as a page gets them
from its server, which also creates its tasks. Without environment variables the service
is an emulator in this process. With ``TWILIO_ACCOUNT_SID``, ``TWILIO_AUTH_TOKEN`` and
``TASKROUTER_WORKSPACE_SID`` (and ``TASKROUTER_WORKER_SID``,
``TASKROUTER_TASK_QUEUE_SID``) it is your account.
"""

import atexit
import os
from contextlib import ExitStack, contextmanager
from functools import cache

from taskrouter_sync import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)


class Backend:
    """What the server of a call center knows: its account and its sids."""

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
        """Create a task, as <Enqueue> does for a call."""
        with Workspace(self.workspace_token(), debug=False) as workspace:
            return workspace.tasks.create({"Attributes": attributes})


@contextmanager
def backend():
    """Return the backend; an emulator is stopped at the end of the block."""
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
        # Clients without base URLs find the emulator through these.
        os.environ["TASKROUTER_EVENT_BRIDGE_URL"] = emulator.event_bridge_url
        os.environ["TASKROUTER_API_URL"] = emulator.api_base_url
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
            del os.environ["TASKROUTER_API_URL"]


@cache
def lasting_backend():
    """Return the same backend at each call, until the program ends: for notebooks."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(backend())
