"""What every group of the engine's verbs starts from: due work, look-ups, listeners."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from . import due
from .core import Core, Listener
from .entities import Container, Entity
from .errors import not_found
from .events import Event
from .model import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)


class Verbs:
    """Clock, listeners, and look-ups by sid.

    Every verb first does what has fallen due, so that it matters to nobody
    whether the owner's timer is a little late. A verb that refuses (raises
    ServiceError) has changed nothing else. Objects are the live ones: read
    them, change them only by verbs. A verb takes a snapshot as well.
    """

    def __init__(
        self,
        account_sid: str,
        *,
        clock: Callable[[], float],
        new_sid: Callable[[str], str],
    ) -> None:
        """Start an empty service.

        `clock` returns epoch seconds; `new_sid` makes a sid of its prefix ("WT").
        """
        self._core = Core(account_sid, clock, new_sid)
        self.account_sid = account_sid

    @property
    def workspaces(self) -> Container[Workspace]:
        """All workspaces by sid."""
        return self._core.workspaces

    @property
    def now(self) -> float:
        """The moment of the latest operation, in epoch seconds; for ages."""
        return self._core.now

    def on_event(self, listener: Listener) -> None:
        """Call `listener` with every event, at once, in order.

        What the event tells holds by then. The operation may not be over, so a
        listener must not call verbs.
        """
        self._core.listeners.append(listener)

    def next_deadline(self) -> float | None:
        """Return when `run_due` will have something to do (epoch seconds), or None."""
        return self._core.deadlines.next()

    def run_due(self) -> None:
        """Do everything that is due by now, in order, each as of its own moment."""
        due.run(self._core)

    # Look-ups. They raise a 404 ServiceError, and do no due work.

    def workspace(self, sid: str) -> Workspace:
        """Return the workspace (WS)."""
        workspace = self.workspaces.get(sid)
        if workspace is None:
            raise not_found(f"/Workspaces/{sid}")
        return workspace

    def activity(self, workspace: Workspace, sid: str) -> Activity:
        """Return the activity (WA)."""
        return _found(workspace, "Activities", workspace.activities, sid)

    def worker(self, workspace: Workspace, sid: str) -> Worker:
        """Return the worker (WK)."""
        return _found(workspace, "Workers", workspace.workers, sid)

    def worker_channel(self, worker: Worker, sid: str) -> WorkerChannel:
        """Return the worker's channel by WC sid, TC sid or unique name."""
        for channel in worker.channels.values():
            if sid in (
                channel.sid,
                channel.task_channel_unique_name,
                channel.task_channel_sid,
            ):
                return channel
        path = f"/Workspaces/{worker.workspace_sid}/Workers/{worker.sid}"
        raise not_found(f"{path}/Channels/{sid}")

    def task_queue(self, workspace: Workspace, sid: str) -> TaskQueue:
        """Return the task queue (WQ)."""
        return _found(workspace, "TaskQueues", workspace.task_queues, sid)

    def workflow(self, workspace: Workspace, sid: str) -> Workflow:
        """Return the workflow (WW)."""
        return _found(workspace, "Workflows", workspace.workflows, sid)

    def task(self, workspace: Workspace, sid: str) -> Task:
        """Return the task (WT)."""
        return _found(workspace, "Tasks", workspace.tasks, sid)

    def reservation(self, owner: Task | Worker, sid: str) -> Reservation:
        """Return the reservation (WR) of a task or of a worker."""
        reservation = owner.reservations.get(sid)
        if reservation is None:
            kind = "Tasks" if isinstance(owner, Task) else "Workers"
            path = f"/Workspaces/{owner.workspace_sid}/{kind}/{owner.sid}"
            raise not_found(f"{path}/Reservations/{sid}")
        return reservation

    def task_channel(self, workspace: Workspace, sid: str) -> TaskChannel:
        """Return the task channel by TC sid or unique name."""
        channel = find_task_channel(workspace, sid)
        if channel is None:
            raise not_found(f"/Workspaces/{workspace.sid}/TaskChannels/{sid}")
        return channel

    def event(self, workspace: Workspace, sid: str) -> Event:
        """Return the event (EV)."""
        event = workspace.events.get(sid)
        if event is None:
            raise not_found(f"/Workspaces/{workspace.sid}/Events/{sid}")
        return event

    def _begin(self, entity: Entity) -> Workspace:
        """Do what is due and return the workspace of `entity`, if it still exists."""
        self.run_due()
        return self.workspace(entity.workspace_sid)


def find_task_channel(workspace: Workspace, sid: str) -> TaskChannel | None:
    """Find a task channel by TC sid or unique name."""
    channel = workspace.task_channels.get(sid)
    if channel is not None:
        return channel
    for channel in workspace.task_channels.values():
        if channel.unique_name == sid:
            return channel
    return None


_E = TypeVar("_E", bound=Entity)


def _found(workspace: Workspace, kind: str, container: Container[_E], sid: str) -> _E:
    entity = container.get(sid)
    if entity is None:
        raise not_found(f"/Workspaces/{workspace.sid}/{kind}/{sid}")
    return entity
