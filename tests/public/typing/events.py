"""Checked, not run: events, typos, and what a program gets as plain data.

Each `type: ignore` marks a mistake that mypy and pyright both find: a checker that did
not would call the comment unused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typing_extensions import assert_type

from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.models import (
    Task,
)
from taskrouter_sync.resources.reservation import Reservation
from taskrouter_sync.resources.statistics import StatisticsData


class Desk(Worker):
    """A program's own client."""


def a_lambda_knows_its_argument(
    worker: Worker, queue: TaskQueue, workspace: Workspace
) -> None:
    worker.on("reservation.created", lambda each: print(each.task.priority))
    worker.on("activity.update", lambda each: print(each.activity_name))
    worker.on("capacity.update", lambda each: print(each.configured_capacity))
    worker.once("task.updated", lambda each: print(each.assignmentStatus))
    worker.on("task.transfer-initiated", lambda each: print(each["sid"]))
    worker.once("task.transfer-attempt-failed", lambda each: print(each["sid"]))
    worker.once("disconnected", lambda each: print(each.code))
    worker.once("error", lambda each: print(each.message))
    worker.on("ready", lambda each: print(each.available))
    queue.on("ready", lambda each: print(each.target_workers))
    workspace.on("ready", lambda each: print(each.timeoutActivity))
    worker.fetch(lambda error, each: print(error, each.available))
    worker.fetch_channels(lambda error, each: print(each.data[0].available))


def a_listener_may_take_less(worker: Worker, queue: TaskQueue) -> None:
    worker.on("reservation.created", lambda: None).on("connected", lambda: None)
    worker.on("ready", print).once("error", print)
    worker.on("task.transfer-failed", lambda: None).on("task.transfer-canceled", print)
    queue.on("disconnected", lambda: None).on("token.expired", lambda: None)


def on_returns_the_client_itself(desk: Desk) -> None:
    assert_type(desk.on("connected", print), Desk)
    assert_type(desk.once("ready", print).on("error", print), Desk)
    assert_type(desk.add_listener("my.own.event", print), Desk)


def decorators(worker: Worker) -> None:
    @worker.on("reservation.created")
    def created(reservation: Reservation) -> int:
        return reservation.task.priority

    @worker.once("connected")
    def connected() -> str:
        return "connected"

    @worker.on("task.transfer-completed")
    def transferred(transfer: Resource[Any]) -> Any:
        return transfer["transferStatus"]

    assert_type(connected, Callable[[], str])
    print(created, connected, transferred)


def custom_events_take_anything(worker: Worker, name: str) -> None:
    worker.add_listener(name, lambda one, two: print(one, two))
    worker.addListener("my.own.event", print)
    assert_type(worker.emit("my.own.event", 1, "two"), bool)


def data(reservation: Reservation, worker: Worker, statistics: StatisticsData) -> None:
    assert_type(reservation.to_dict(), dict[str, Any])
    assert_type(reservation.toDict(snake_case=True), dict[str, Any])
    assert_type(worker.to_json(), str)
    assert_type(worker.activities.fetch().to_dict(), dict[str, Any])
    assert_type(statistics.to_dict(), dict[str, Any])
    assert_type(statistics.toJson(), str)


def _on_task(task: Task) -> None:
    """Not a listener of a reservation's event."""


def _on_reservation(reservation: Reservation) -> None:
    """Not a listener of anything else."""


def mistakes(worker: Worker, queue: TaskQueue, reservation: Reservation) -> None:
    worker.on("reservation.acepted", print)  # type: ignore[call-overload]
    worker.once("redy", print)  # type: ignore[call-overload]
    worker.on("reservation.created", _on_task)  # type: ignore[call-overload]
    worker.on("connected", _on_reservation)  # type: ignore[call-overload]
    queue.on("reservation.created", _on_reservation)  # type: ignore[call-overload]
    worker.on("reservation.created")(_on_task)  # type: ignore[arg-type]
    worker.on("ready", lambda each: each.nope)  # type: ignore[call-overload]
    worker.once("task.wrapup", lambda each: each.nope)  # type: ignore[call-overload]
    worker.on("task.transfer-failled", print)  # type: ignore[call-overload]
    worker.on("task.transfer-failed", _on_task)  # type: ignore[call-overload]
    queue.on("task.transfer-failed", print)  # type: ignore[call-overload]
    worker.fetch(lambda error, each: each.nope)  # type: ignore[attr-defined]
    worker.updaet("ActivitySid", "WA1")  # type: ignore[attr-defined]
    reservation.acept()  # type: ignore[attr-defined]
    print(reservation.task.priorty)  # type: ignore[attr-defined]
    print(worker.activities.fetch().hasMore)  # type: ignore[attr-defined]
