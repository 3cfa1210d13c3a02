"""One worker gets one task: connect, become ready, accept, complete.

Without any set-up it runs against an emulator in this process. With these environment
variables it runs against your own Twilio account:

    TWILIO_ACCOUNT_SID  TWILIO_AUTH_TOKEN
    TASKROUTER_WORKSPACE_SID  TASKROUTER_WORKER_SID
"""

import os
import sys
import threading
from contextlib import ExitStack

from taskrouter_sync import (
    TaskRouterError,
    Worker,
    WorkerCapabilityToken,
    Workspace,
    WorkspaceCapabilityToken,
)


def work(account_sid, auth_token, workspace_sid, worker_sid, **where):
    """Let the worker do one task; return whether it was completed."""
    # A capability token says who the worker is and what it may do.
    worker_token = WorkerCapabilityToken(
        account_sid,
        auth_token,
        workspace_sid,
        worker_sid,
        allow_update_activities=True,
        allow_update_reservations=True,
    ).to_jwt()
    workspace_token = WorkspaceCapabilityToken(
        account_sid,
        auth_token,
        workspace_sid,
        allow_fetch_subresources=True,
        allow_update_subresources=True,
    ).to_jwt()
    completed = threading.Event()

    # These run on the worker's event thread, one at a time, in the order of the events.

    def on_created(reservation):
        print(f"reserved:  {reservation.task.sid} {reservation.task.attributes}")
        reservation.accept(on_accepted)

    def on_accepted(error, reservation):
        if error:
            print(f"not accepted: {error.code} {error.message}")
            return
        print(f"accepted:  {reservation.sid} is {reservation.reservation_status}")
        reservation.task.complete(on_completed, "solved")

    def on_completed(error, task):
        if error:
            print(f"not completed: {error.code} {error.message}")
            return
        print(f"completed: {task.sid} is {task.assignment_status}")
        completed.set()

    with Worker(worker_token, debug=False, **where) as worker:
        worker.on("connected", lambda: print("connected: the event bridge"))
        worker.on("ready", lambda me: print(f"ready:     {me.friendly_name}"))
        worker.on("error", lambda error: None)  # wait_until_ready raises it
        worker.on("activity.update", lambda me: print(f"activity:  {me.activity_name}"))
        worker.on("reservation.created", on_created)
        worker.wait_until_ready(timeout=5)

        # Without a callback, a method returns its result.
        available = next(iter(worker.activities.fetch({"Available": "true"})), None)
        if available is None:
            print("the workspace has no activity with available workers")
            return False
        worker.update("ActivitySid", available.sid)

        with Workspace(workspace_token, debug=False, **where) as workspace:
            workspace.on("error", lambda error: None)
            workspace.tasks.create({"Attributes": {"topic": "quickstart"}})
            return completed.wait(timeout=30)


def main():
    names = (
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TASKROUTER_WORKSPACE_SID",
        "TASKROUTER_WORKER_SID",
    )
    missing = [name for name in names if not os.environ.get(name)]
    if 0 < len(missing) < len(names):
        print(f"it did not work: {', '.join(missing)} not set", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        if not missing:
            account = [os.environ[name] for name in names]
            where = {}
        else:
            from taskrouter_sync.emulator import Emulator

            emulator = stack.enter_context(Emulator())
            workspace = emulator.workspace(workers={"Alice": {"languages": ["en"]}})
            account = [
                emulator.account_sid,
                emulator.auth_token,
                workspace.sid,
                workspace.workers["Alice"],
            ]
            where = {"event_bridge_base_url": emulator.event_bridge_url}
            print(f"emulator:  {emulator.url}")
        try:
            done = work(*account, **where)
        except (TaskRouterError, ValueError) as error:
            print(f"it did not work: {error}", file=sys.stderr)
            return 1
    if not done:
        print("it did not work: the task was not completed in time", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
