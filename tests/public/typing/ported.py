"""Checked by mypy, not run: ported lines and Python lines, as editors see them."""

from __future__ import annotations

from datetime import datetime

from taskrouter_sync import (
    HttpError,
    TaskQueue,
    TaskRouterError,
    Twilio,
    Worker,
    Workspace,
)
from taskrouter_sync.resources.models import (
    TaskQueueResource,
    WorkerChannel,
    WorkerResource,
    WorkspaceResource,
)
from taskrouter_sync.resources.reservation import Reservation


def ported(token: str) -> None:
    worker = Twilio.TaskRouter.Worker(token)
    worker.on("ready", lambda worker: print(worker.sid))
    worker.fetchReservations(lambda error, reservations: print(reservations.data))
    worker.update("ActivitySid", "WA1", lambda error, worker: print(error))
    worker.updateToken(token)
    worker.on("reservation.created", lambda reservation: reservation.accept())
    worker.on("reservation.created", print)
    print(worker.activityName.upper(), worker.friendlyName.upper())


def written(token: str) -> datetime:
    with Worker(token, debug=False) as worker:
        worker.wait_until_ready(timeout=5)
        try:
            worker.complete_task("WT1", reason="done")
        except HttpError as error:
            print(error.twilio_code, error.message.upper())
        for reservation in worker.reservations.values():
            print(reservation.task.assignment_status.upper())
            print(reservation.task.assignmentStatus.upper())
            if reservation.task.queue is not None:
                print(reservation.task.queue.friendly_name.upper())
        worker.on("ready", _ready).on("reservation.created", _created)
        worker.once("disconnected", lambda disconnection: print(disconnection.code))
        worker.on("connected", lambda: None).on(
            "error", lambda error: print(error.code)
        )
        return worker.date_status_changed


def every_client_takes_callbacks_of_what_its_events_carry(
    worker: Worker, queue: TaskQueue, workspace: Workspace
) -> None:
    worker.on("ready", _ready).once("reservation.wrapup", _created)
    worker.on("capacity.update", _channel).on("error", _error)
    queue.on("ready", _queue_ready).on("error", _error)
    workspace.on("ready", _workspace_ready).on("error", _error)


def _ready(worker: WorkerResource) -> None:
    print(worker.available)


def _created(reservation: Reservation) -> None:
    reservation.accept()


def _channel(channel: WorkerChannel) -> None:
    print(channel.configured_capacity)


def _error(error: TaskRouterError) -> None:
    print(error.code, error.message)


def _queue_ready(queue: TaskQueueResource) -> None:
    print(queue.target_workers)


def _workspace_ready(workspace: WorkspaceResource) -> None:
    print(workspace.friendly_name)
