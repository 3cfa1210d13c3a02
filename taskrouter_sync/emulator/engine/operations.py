"""The base of all operations: each runs whatever is due first."""

from __future__ import annotations

from typing import Generic, TypeVar

from .containers import Container, Deadline, Entity
from .core import Core
from .errors import find
from .lifecycle import CallLifecycle, Lifecycle
from .model import Reservation, Task, Workspace, reservation_of
from .router import TTL_EXCEEDED, Router


E_ = TypeVar("E_", bound=Entity)


class Schedule:
    """Does what falls due with time: timeouts, ends of life, calls, clean-up."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.lifecycle = Lifecycle(core)
        self.calls = CallLifecycle(core, self.lifecycle)
        self.router = Router(core, self.lifecycle)

    def run_due(self) -> None:
        """Do everything due by the clock, in order, each as of its own moment.

        So it makes no difference whether time moves in one leap or in many steps.
        """
        core = self.core
        # A clock that is set back does not take the service back.
        until = max(core.now, core.clock())
        while (deadline := core.deadlines.pop_due(until)) is not None:
            core.now = max(core.now, deadline.when)
            self._run(core.workspaces[deadline.workspace_sid], deadline)
            self.router.route()
        core.now = until

    def _run(self, workspace: Workspace, deadline: Deadline) -> None:
        kind, sid = deadline.kind, deadline.sid
        if kind == "reservation":
            task = workspace.tasks[self.core.reservation_tasks[sid]]
            self.lifecycle.withdraw(
                task.reservations[sid], "timeout", workspace.timeout_activity_sid
            )
        elif kind == "call":
            self.calls.advance(sid)
        elif kind == "target":
            self.router.time_out(workspace.tasks[sid])
        elif kind == "ttl":
            # By this description programs tell such tasks from others.
            task = workspace.tasks[sid]
            self.lifecycle.end(task, "canceled", TTL_EXCEEDED, TTL_EXCEEDED)
        elif kind == "assigned":
            self.lifecycle.end(workspace.tasks[sid], "system-deleted")
        else:
            self.lifecycle.remove(workspace.tasks[sid])


class Operations:
    """The operations on one kind of resource.

    Each first does what has fallen due, so that it matters to nobody whether the
    owner's timer is a little late. One that refuses (raises ServiceError) has changed
    nothing else. Objects are the live ones: read them, change them only by
    operations. A snapshot will do as an argument as well. None is "not given"; an
    empty text takes away what there was.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._core = schedule.core
        self._lifecycle = schedule.lifecycle
        self._router = schedule.router

    def _begin(self, entity: Entity) -> Workspace:
        """Do what is due and return the workspace of `entity`, if it still exists."""
        self._schedule.run_due()
        return find(self._core.workspaces, entity.workspace_sid, "/Workspaces")

    def _begin_with_reservation(
        self, reservation: Reservation
    ) -> tuple[Workspace, Task, Reservation]:
        """Begin, and return the live reservation with its workspace and its task."""
        workspace = self._begin(reservation)
        path = f"/Workspaces/{workspace.sid}/Tasks"
        task = find(workspace.tasks, reservation.task_sid, path)
        return workspace, task, reservation_of(task, reservation.sid)


class Resources(Operations, Generic[E_]):
    """The operations on one kind of what is in a workspace.

    A class of them is named like the step of their path, as TaskQueues.
    """

    # The workspace's container of them, as task_queues.
    container: str

    def find(self, workspace: Workspace, sid: str) -> E_:
        """Return the resource; raises a 404 ServiceError if there is none."""
        container: Container[E_] = getattr(workspace, self.container)
        path = f"/Workspaces/{workspace.sid}/{type(self).__name__}"
        return find(container, sid, path)

    def _begin_with(self, entity: E_) -> tuple[Workspace, E_]:
        """Begin, and return the live entity with its workspace."""
        workspace = self._begin(entity)
        return workspace, self.find(workspace, entity.sid)
