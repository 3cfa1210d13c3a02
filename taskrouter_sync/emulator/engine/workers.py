"""Operations on workers and their channels."""

from __future__ import annotations

from .core import Core
from .errors import check_name, check_whole, invalid, parse_attributes
from .model import TaskChannel, Worker, WorkerChannel, Workspace
from .operations import Resources


MAX_WORKERS = 15_000
# Not published; above any that makes sense.
MAX_CAPACITY = 1000


def add_channel(
    core: Core, workspace: Workspace, worker: Worker, task_channel: TaskChannel
) -> None:
    """Add a channel for this kind of task to the worker: capacity 1, available."""
    channel = WorkerChannel(
        **core.identity("WC", workspace),
        worker_sid=worker.sid,
        task_channel_sid=task_channel.sid,
        task_channel_unique_name=task_channel.unique_name,
        idle_rank=worker.idle_rank,
    )
    worker.channels.add(channel)
    worker.channels_by_task_channel[task_channel.sid] = channel


class Workers(Resources[Worker]):
    """Create, update, delete workers; update their channels."""

    container = "workers"

    def create(
        self,
        workspace: Workspace,
        friendly_name: str,
        *,
        attributes: str | None = None,
        activity_sid: str | None = None,
    ) -> Worker:
        """Create a worker, in the workspace's default activity if none is given.

        `attributes` is JSON text of an object, at most 4096 characters.
        """
        workspace = self._begin(workspace)
        core = self._core
        _check_name(workspace, friendly_name)
        attributes = "{}" if attributes is None else attributes
        parsed = parse_attributes(attributes)
        sid = activity_sid or workspace.default_activity_sid
        activity = workspace.check_activity(sid, "ActivitySid")
        if len(workspace.workers) >= MAX_WORKERS:
            raise invalid(f"A workspace has at most {MAX_WORKERS} workers")
        workspace.ranks += 1
        worker = Worker(
            **core.identity("WK", workspace),
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
            add_channel(core, workspace, worker, channel)
        workspace.workers.add(worker)
        workspace.worker_names[friendly_name.casefold()] = worker.sid
        for queue in workspace.task_queues.values():
            queue.admit(worker)
        core.emit_worker(worker, "worker.created", "created")
        core.backlog.workers[worker.sid] = worker
        self._router.route()
        return worker

    def update(
        self,
        worker: Worker,
        *,
        friendly_name: str | None = None,
        attributes: str | None = None,
        activity_sid: str | None = None,
        reject_pending_reservations: bool | None = None,
    ) -> Worker:
        """Change what is given; `attributes` replaces the whole document.

        `reject_pending_reservations` goes with an unavailable activity only.
        """
        workspace, worker = self._begin_with(worker)
        core = self._core
        if friendly_name is not None:
            _check_name(workspace, friendly_name, worker)
        parsed = None if attributes is None else parse_attributes(attributes)
        sid = worker.activity_sid if activity_sid is None else activity_sid
        activity = workspace.check_activity(sid, "ActivitySid")
        if reject_pending_reservations and activity.available:
            raise invalid(
                "Unable to reject pending reservations when updating to an"
                " Available activity state."
            )

        if friendly_name is not None:
            self._rename(workspace, worker, friendly_name)
        if parsed is not None:
            worker.change(core.now, attributes=attributes, attributes_value=parsed)
            for queue in workspace.task_queues.values():
                queue.admit(worker)
            core.emit_worker(worker, "worker.attributes.update", "attributes updated")
        self._lifecycle.set_activity(worker, activity.sid)
        if reject_pending_reservations:
            for reservation in list(worker.reservations.values()):
                if reservation.reservation_status == "pending":
                    # The activity is the one just given, also in single-tasking.
                    reservation.reserved_activity_sid = None
                    self._lifecycle.withdraw(reservation, "rejected")
        core.backlog.workers[worker.sid] = worker
        self._router.route()
        return worker

    def _rename(self, workspace: Workspace, worker: Worker, to: str) -> None:
        del workspace.worker_names[worker.friendly_name.casefold()]
        workspace.worker_names[to.casefold()] = worker.sid
        worker.change(self._core.now, friendly_name=to)
        for reservation in worker.reservations.values():
            reservation.worker_name = to
            reservation.refresh()

    def delete(self, worker: Worker) -> None:
        """Delete a worker; pending reservations are canceled.

        Refused while the worker holds accepted or wrapping ones (choice): their
        tasks would be assigned to nobody.
        """
        workspace, worker = self._begin_with(worker)
        live = [held for held in worker.reservations.values() if held.live]
        for reservation in live:
            if reservation.reservation_status != "pending":
                raise invalid(
                    f"Worker {worker.sid} cannot be deleted while Reservation"
                    f" {reservation.sid} is {reservation.reservation_status}"
                )
        for reservation in live:
            reservation.reserved_activity_sid = None
            self._lifecycle.withdraw(reservation, "canceled")
        for queue_sid in list(worker.queue_sids):
            workspace.task_queues[queue_sid].remove(worker)
        del workspace.workers[worker.sid]
        del workspace.worker_names[worker.friendly_name.casefold()]
        self._core.emit_worker(worker, "worker.deleted", "deleted")
        self._router.route()

    # Channels.

    def update_channel(
        self,
        channel: WorkerChannel,
        *,
        capacity: int | None = None,
        available: bool | None = None,
    ) -> WorkerChannel:
        """Change how many tasks at a time (0 to 1000), and whether any.

        Less capacity than there is work takes nothing away from the worker.
        """
        workspace = self._begin(channel)
        worker = self.find(workspace, channel.worker_sid)
        channel = worker.channel(channel.sid)
        check_whole(capacity, 0, MAX_CAPACITY, "Capacity")
        before = channel.configured_capacity
        was_available = channel.available
        channel.change(
            self._core.now, configured_capacity=capacity, available=available
        )
        event_types = []
        if channel.configured_capacity != before:
            event_types.append("worker.capacity.update")
        if channel.available != was_available:
            event_types.append("worker.channel.availability.update")
        for event_type in event_types:
            self._core.emit_worker(
                worker,
                event_type,
                f"channel {channel.task_channel_unique_name} updated",
                details={"worker_channel_previous_capacity": str(before)},
                worker_channel=channel,
                task_channel=workspace.task_channels.get(channel.task_channel_sid),
            )
        self._core.backlog.workers[worker.sid] = worker
        self._router.route()
        return channel


def _check_name(
    workspace: Workspace, friendly_name: str, but: Worker | None = None
) -> None:
    check_name(friendly_name)
    holder = workspace.worker_names.get(friendly_name.casefold())
    if holder is not None and (but is None or holder != but.sid):
        raise invalid("Worker with the same friendly name already exists")
