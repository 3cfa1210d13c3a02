"""Checked by mypy, not run: ported lines and Python lines, as editors see them."""

from __future__ import annotations

from datetime import datetime

from taskrouter_sync import HttpError, Twilio, Worker


def ported(token: str) -> None:
    worker = Twilio.TaskRouter.Worker(token)
    worker.on("ready", lambda worker: print(worker.sid))
    worker.fetchReservations(lambda error, reservations: print(reservations.data))
    worker.update("ActivitySid", "WA1", lambda error, worker: print(error))
    worker.updateToken(token)
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
        return worker.date_status_changed
