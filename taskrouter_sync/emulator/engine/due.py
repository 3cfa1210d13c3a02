"""Does what falls due with time: timeouts, ends of life, calls, clean-up."""

from __future__ import annotations

from . import calling, lifecycle, steps
from .core import Core
from .deadlines import Deadline
from .model import Workspace


def run(core: Core) -> None:
    """Do everything due by the clock, in order, each as of its own moment.

    So it makes no difference whether time moves in one leap or in many steps.
    """
    # A clock that is set back does not take the service back.
    until = max(core.now, core.clock())
    while (deadline := core.deadlines.pop_due(until)) is not None:
        core.now = max(core.now, deadline.when)
        workspace = core.workspaces[deadline.workspace_sid]
        if deadline.kind == "reservation":
            _reservation_timeout(core, workspace, deadline)
        elif deadline.kind == "call":
            _call(core, workspace, deadline)
        else:
            _task_deadline(core, workspace, deadline)
        steps.settle(core, workspace)
    core.now = until


def _reservation_timeout(core: Core, workspace: Workspace, deadline: Deadline) -> None:
    task = workspace.tasks[core.reservation_tasks[deadline.sid]]
    reservation = task.reservations[deadline.sid]
    activity_sid = workspace.timeout_activity_sid
    lifecycle.withdraw(core, workspace, task, reservation, "timeout", activity_sid)


def _call(core: Core, workspace: Workspace, deadline: Deadline) -> None:
    call = core.calls.live(deadline.sid)
    if call is not None:
        calling.go_on(core, workspace, call)


def _task_deadline(core: Core, workspace: Workspace, deadline: Deadline) -> None:
    task = workspace.tasks[deadline.sid]
    if deadline.kind == "target":
        steps.time_out(core, workspace, task)
    elif deadline.kind == "ttl":
        lifecycle.cancel(core, workspace, task, steps.TTL_EXCEEDED)
    elif deadline.kind == "assigned":
        lifecycle.delete(core, workspace, task, "task.system-deleted")
    else:
        lifecycle.remove(core, workspace, task)
