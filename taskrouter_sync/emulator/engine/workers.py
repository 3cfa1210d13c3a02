"""Verbs for workers and their channels."""

from __future__ import annotations

from . import lifecycle, steps, values, waiting
from .base import Verbs
from .errors import invalid
from .model import Worker, WorkerChannel, Workspace
from .presence import set_activity
from .task_channels import add_worker_channel
from .tell import tell_worker
from .values import UNSET, Unset


MAX_WORKERS = 15_000
# Not published; above any that makes sense.
MAX_CAPACITY = 1000


class WorkerVerbs(Verbs):
    """Create, update, delete workers; update their channels."""

    def create_worker(
        self,
        workspace: Workspace,
        friendly_name: str,
        *,
        attributes: str = "{}",
        activity_sid: str | None = None,
    ) -> Worker:
        """Create a worker, in the workspace's default activity if none is given.

        `attributes` is JSON text of an object, at most 4096 characters.
        """
        workspace = self._begin(workspace)
        values.name(friendly_name)
        self._check_name(workspace, friendly_name)
        parsed = values.attributes(attributes)
        sid = activity_sid or workspace.default_activity_sid
        activity = workspace.activities.get(sid)
        if activity is None:
            raise invalid(f"ActivitySid {sid} is not an activity of the workspace")
        if len(workspace.workers) >= MAX_WORKERS:
            raise invalid(f"A workspace has at most {MAX_WORKERS} workers")
        core = self._core
        workspace.ranks += 1
        worker = Worker(
            sid=core.new_sid("WK"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            attributes=attributes,
            attributes_value=parsed,
            activity_sid=activity.sid,
            activity_name=activity.friendly_name,
            available=activity.available,
            date_status_changed=core.now,
            idle_rank=workspace.ranks,
        )
        for channel in workspace.task_channels.values():
            add_worker_channel(core, worker, channel)
        workspace.workers[worker.sid] = worker
        workspace.worker_names[friendly_name.casefold()] = worker.sid
        for queue in workspace.task_queues.values():
            waiting.sort_into_queue(queue, worker)
        tell_worker(core, workspace, worker, "worker.created", "created")
        core.agenda.free(worker)
        steps.settle(core, workspace)
        return worker

    def update_worker(
        self,
        worker: Worker,
        *,
        friendly_name: str | Unset = UNSET,
        attributes: str | Unset = UNSET,
        activity_sid: str | Unset = UNSET,
        reject_pending_reservations: bool = False,
    ) -> Worker:
        """Change what is given; `attributes` replaces the whole document.

        `reject_pending_reservations` goes with an unavailable activity only.
        """
        workspace = self._begin(worker)
        worker = self.worker(workspace, worker.sid)
        core = self._core
        if friendly_name is not UNSET:
            values.name(friendly_name)
            self._check_name(workspace, friendly_name, worker)
        parsed = None if attributes is UNSET else values.attributes(attributes)
        next_sid = worker.activity_sid if activity_sid is UNSET else activity_sid
        activity = workspace.activities.get(next_sid)
        if activity is None:
            raise invalid(f"ActivitySid {next_sid} is not an activity of the workspace")
        if reject_pending_reservations and activity.available:
            raise invalid(
                "Unable to reject pending reservations when updating to an"
                " Available activity state."
            )

        if friendly_name is not UNSET:
            self._rename(workspace, worker, friendly_name)
        if attributes is not UNSET and parsed is not None:
            worker.attributes = attributes
            worker.attributes_value = parsed
            worker.touch(core.now)
            for queue in workspace.task_queues.values():
                waiting.sort_into_queue(queue, worker)
            what = "attributes updated"
            tell_worker(core, workspace, worker, "worker.attributes.update", what)
        set_activity(core, workspace, worker, activity.sid)
        if reject_pending_reservations:
            self._reject_pending(workspace, worker)
        core.agenda.free(worker)
        steps.settle(core, workspace)
        return worker

    def _check_name(
        self, workspace: Workspace, friendly_name: str, but: Worker | None = None
    ) -> None:
        holder = workspace.worker_names.get(friendly_name.casefold())
        if holder is not None and (but is None or holder != but.sid):
            raise invalid("Worker with the same friendly name already exists")

    def _rename(self, workspace: Workspace, worker: Worker, name: str) -> None:
        del workspace.worker_names[worker.friendly_name.casefold()]
        workspace.worker_names[name.casefold()] = worker.sid
        worker.friendly_name = name
        worker.touch(self._core.now)
        for reservation in worker.reservations.values():
            reservation.worker_name = name
            reservation.refresh()

    def _reject_pending(self, workspace: Workspace, worker: Worker) -> None:
        for reservation in list(worker.reservations.values()):
            if reservation.reservation_status == "pending":
                task = workspace.tasks[reservation.task_sid]
                # The activity is the one just given, also in single-tasking.
                reservation.reserved_activity_sid = None
                lifecycle.withdraw(self._core, workspace, task, reservation, "rejected")

    def delete_worker(self, worker: Worker) -> None:
        """Delete a worker; pending reservations are canceled.

        Refused while the worker holds accepted or wrapping ones (choice): their
        tasks would be assigned to nobody.
        """
        workspace = self._begin(worker)
        worker = self.worker(workspace, worker.sid)
        core = self._core
        live = [held for held in worker.reservations.values() if held.live]
        for reservation in live:
            if reservation.reservation_status != "pending":
                raise invalid(
                    f"Worker {worker.sid} cannot be deleted while Reservation"
                    f" {reservation.sid} is {reservation.reservation_status}"
                )
        for reservation in live:
            task = workspace.tasks[reservation.task_sid]
            reservation.reserved_activity_sid = None
            lifecycle.withdraw(core, workspace, task, reservation, "canceled")
        waiting.forget_worker(workspace, worker)
        del workspace.workers[worker.sid]
        del workspace.worker_names[worker.friendly_name.casefold()]
        tell_worker(core, workspace, worker, "worker.deleted", "deleted")
        steps.settle(core, workspace)

    def update_worker_channel(
        self,
        channel: WorkerChannel,
        *,
        capacity: int | Unset = UNSET,
        available: bool | Unset = UNSET,
    ) -> WorkerChannel:
        """Change how many tasks at a time (0 to 1000), and whether any.

        Less capacity than there is work takes nothing away from the worker.
        """
        workspace = self._begin(channel)
        worker = self.worker(workspace, channel.worker_sid)
        channel = self.worker_channel(worker, channel.sid)
        core = self._core
        if capacity is not UNSET:
            values.whole(capacity, 0, MAX_CAPACITY, "Capacity")
        before = channel.configured_capacity
        resized = capacity is not UNSET and capacity != before
        switched = available is not UNSET and available != channel.available
        if capacity is not UNSET:
            channel.configured_capacity = capacity
        if available is not UNSET:
            channel.available = available
        channel.touch(core.now)
        if resized:
            self._tell_channel(
                workspace, worker, channel, "worker.capacity.update", before
            )
        if switched:
            self._tell_channel(
                workspace, worker, channel, "worker.channel.availability.update", before
            )
        core.agenda.free(worker)
        steps.settle(core, workspace)
        return channel

    def _tell_channel(
        self,
        workspace: Workspace,
        worker: Worker,
        channel: WorkerChannel,
        event_type: str,
        capacity_before: int,
    ) -> None:
        name = channel.task_channel_unique_name
        self._core.emit(
            workspace,
            event_type,
            "worker",
            worker.sid,
            f"Worker {worker.friendly_name} channel {name} updated",
            worker_sids=(worker.sid,),
            details={"worker_channel_previous_capacity": str(capacity_before)},
            worker=worker,
            worker_channel=channel,
            activity=workspace.activities.get(worker.activity_sid),
            task_channel=workspace.task_channels.get(channel.task_channel_sid),
        )
