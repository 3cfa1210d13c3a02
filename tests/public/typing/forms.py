"""Checked, not run: every form that a method has, and what each of them brings."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from taskrouter_sync import TaskQueue, TaskRouterError, Worker, Workspace
from taskrouter_sync.resources.lists import (
    ActivityList,
    WorkerChannelList,
    WorkerList,
)
from taskrouter_sync.resources.models import (
    Activity,
    Task,
    TaskQueueResource,
    WorkerChannel,
    WorkerResource,
    WorkspaceResource,
)
from taskrouter_sync.resources.reservation import Reservation, ReservationList
from taskrouter_sync.resources.statistics import StatisticsData, StatisticsList


def on_worker(error: TaskRouterError | None, worker: WorkerResource | None) -> None:
    """Get a worker."""


def on_reservation(error: TaskRouterError | None, reservation: Reservation) -> None:
    """Get a reservation."""


def on_task(error: TaskRouterError | None, task: Task) -> None:
    """Get a task."""


def on_error(error: TaskRouterError | None) -> None:
    """Get only what went wrong."""


def on_anything() -> None:
    """Get nothing, as whoever only waits for the end."""


def a_worker(worker: Worker) -> None:
    assert_type(worker.update("ActivitySid", "WA1", on_worker), None)
    assert_type(worker.update({"ActivitySid": "WA1"}, on_worker), None)
    assert_type(worker.update({"ActivitySid": "WA1"}, on_error), None)
    assert_type(worker.update("ActivitySid", "WA1"), WorkerResource)
    assert_type(worker.update({"Attributes": {"languages": ["en"]}}), WorkerResource)
    assert_type(worker.update(activity_sid="WA1"), WorkerResource)
    assert_type(worker.update(activity_sid="WA1", callback=on_worker), None)
    assert_type(worker.fetch(), WorkerResource)
    assert_type(worker.fetch(on_worker), None)
    assert_type(worker.delete(), None)
    assert_type(worker.fetchReservations(), ReservationList)
    assert_type(worker.fetchReservations({"ReservationStatus": "a"}), ReservationList)
    assert_type(worker.fetchReservations(on_anything, {"PageSize": 5}), None)
    assert_type(worker.fetch_reservations(reservation_status="a"), ReservationList)
    assert_type(worker.fetch_channels(), WorkerChannelList)
    assert_type(worker.fetch_channels()[0], WorkerChannel)
    assert_type(worker.updateTask("WT1", {"Priority": 5}, on_task), None)
    assert_type(worker.update_task("WT1", priority=5), Task)
    assert_type(worker.completeTask("WT1", on_task, "done"), None)
    assert_type(worker.complete_task("WT1", reason="done"), Task)
    assert_type(worker.activities.fetch(), ActivityList)
    assert_type(worker.activities.fetch("WA1"), Activity)
    assert_type(worker.statistics.fetch(minutes=60), StatisticsData)


def a_reservation(reservation: Reservation) -> None:
    assert_type(reservation.accept(on_reservation), None)
    assert_type(reservation.accept(), Reservation)
    assert_type(reservation.reject("WA1", on_reservation), None)
    assert_type(reservation.reject(on_error), None)
    assert_type(reservation.reject(activity_sid="WA1"), Reservation)
    assert_type(reservation.dequeue(), Reservation)
    assert_type(
        reservation.dequeue(
            "+1", "WA1", "do-not-record", "30", None, "ringing", "client:ann", on_error
        ),
        None,
    )
    # The documentation's own example leaves the events out.
    assert_type(
        reservation.dequeue("+1", "WA1", None, 30, "http://a", "client:ann", on_error),
        None,
    )
    assert_type(
        reservation.dequeue(to="client:ann", status_callback_events=["ringing"]),
        Reservation,
    )
    assert_type(reservation.dequeue(to="client:ann", callback=on_reservation), None)
    assert_type(
        reservation.call("+1", "http://a", None, "true", None, None, on_error), None
    )
    assert_type(reservation.call(from_="+1", url="http://a", accept=True), Reservation)
    assert_type(reservation.redirect("CA1", "http://a", "true", on_error), None)
    assert_type(reservation.redirect("CA1", "http://a"), Reservation)
    assert_type(
        reservation.conference("+1", "WA1", 30, "client:ann", on_error, {"Beep": "on"}),
        None,
    )
    assert_type(
        reservation.conference(None, None, None, None, {"Beep": "on"}, on_error), None
    )
    assert_type(
        reservation.conference(from_="+1", end_conference_on_exit=True), Reservation
    )
    assert_type(reservation.task.complete(on_task, "done"), None)
    assert_type(reservation.task.complete(reason="done"), Task)
    assert_type(reservation.task.update("Priority", 5), Task)
    assert_type(reservation.worker.fetch(), WorkerResource)


def a_list(workspace: Workspace) -> None:
    workers = workspace.workers
    assert_type(workers.fetch(), WorkerList)
    assert_type(workers.fetch({"Available": "true"}), WorkerList)
    assert_type(workers.fetch(available=True), WorkerList)
    assert_type(workers.fetch("WK1"), WorkerResource)
    assert_type(workers.fetch("WK1", on_worker), None)
    assert_type(workers.fetch({"Available": "true"}, on_error), None)
    assert_type(workers.fetch(lambda error, workers: print(workers.data)), None)
    assert_type(workers.create({"FriendlyName": "Ann"}, on_worker), None)
    assert_type(workers.create(friendly_name="Ann"), WorkerResource)
    assert_type(workers.update("WK1", "FriendlyName", "Ann", on_worker), None)
    assert_type(workers.update("WK1", {"FriendlyName": "Ann"}, on_worker), None)
    assert_type(workers.update("WK1", friendly_name="Ann"), WorkerResource)
    assert_type(workers.delete("WK1", on_error), None)
    found = workers.fetch()
    assert_type(found.data, list[WorkerResource])
    assert_type(found[0], WorkerResource)
    assert_type(found[:2], list[WorkerResource])
    assert_type(found.next(), WorkerList)
    assert_type(found.all(), list[WorkerResource])
    for worker in found.iter_all():
        assert_type(worker, WorkerResource)


def the_other_clients(queue: TaskQueue, workspace: Workspace) -> None:
    assert_type(queue.update("FriendlyName", "English"), TaskQueueResource)
    assert_type(queue.realtimeStats.fetch(), StatisticsData)
    assert_type(queue.cumulative_stats.fetch({"Minutes": 60}), StatisticsData)
    assert_type(workspace.fetch(), WorkspaceResource)
    assert_type(workspace.taskqueues.statistics.fetch(), StatisticsList)
    assert_type(workspace.workers.statistics.fetch(), StatisticsData)
    assert_type(workspace.tasks.fetch("WT1").attributes, Any)


def mistakes(worker: Worker, reservation: Reservation) -> None:
    """Each of these is refused by a checker, too: the comments would be unused."""
    reservation.accept("cb")  # type: ignore[call-overload]
    reservation.reject(5)  # type: ignore[call-overload]
    reservation.call(from_="+1")  # type: ignore[call-overload]
    reservation.conference(timeout=[30])  # type: ignore[call-overload]
    worker.completeTask(on_task)  # type: ignore[call-overload]
    worker.update("ActivitySid", on_worker)  # type: ignore[call-overload]
    worker.fetch(on_task)  # type: ignore[arg-type]
