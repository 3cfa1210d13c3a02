"""The emulator's state as JSON, for people and for tests in any language.

Owns: what is shown of it. Names are those of the REST properties, times are epoch
seconds. Reads everything and changes nothing.
"""

from __future__ import annotations

from itertools import islice

from taskrouter_sync.emulator.api.events import render_event
from taskrouter_sync.emulator.api.parameters import Parameters
from taskrouter_sync.emulator.clock import ManualClock
from taskrouter_sync.emulator.control import series
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.engine.events import Event
from taskrouter_sync.emulator.engine.model import (
    Reservation,
    Task,
    TaskQueue,
    Worker,
    Workspace,
)
from taskrouter_sync.emulator.engine.statistics_realtime import by_queue, present_tasks
from taskrouter_sync.emulator.journal import Request
from taskrouter_sync.emulator.service import Service


Json = dict[str, object]

# What is listed of anything: a page with more would help nobody. Counts are true.
MOST = 200
MOST_TASKS = 20


class Views:
    """Show what a service holds.

    Args:
        service: the service.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def clock(self) -> Json:
        """Show the clock, and when something will be due."""
        return {
            "now": self._service.now(),
            "manual": isinstance(self._service.clock, ManualClock),
            "next_deadline": self._service.engine.next_deadline(),
        }

    def connections(self) -> Json:
        """Show how many sockets are open, by channel."""
        return dict(self._service.channels.counts())

    def state(self, lists: bool = True) -> Json:
        """Show everything that happens now.

        Args:
            lists: whether with the workers, task queues and live reservations.
        """
        engine = self._service.engine
        engine.run_due()
        requests, events = self._service.journal.counts()
        return {
            "account_sid": engine.account_sid,
            "clock": self.clock(),
            "connections": self.connections(),
            "requests": requests,
            "events": events,
            "workspaces": [
                self._workspace(each, lists) for each in engine.workspaces.values()
            ],
        }

    def event(self, number: int, event: Event) -> Json:
        """Show an event as REST does, with its number in the journal."""
        return {
            "number": number,
            "time": event.time,
            **render_event(self._service.render, event),
        }

    def rows(self, kind: str, workspace: Workspace) -> list[Json]:
        """Show all workers, tasks, live reservations or task queues of a workspace.

        Args:
            kind: "workers", "tasks", "reservations" or "task_queues".
            workspace: whose.
        """
        if kind == "workers":
            return self._workers(workspace)
        if kind == "tasks":
            return [_task(each) for each in workspace.tasks.values()]
        tasks = present_tasks(workspace)
        if kind == "reservations":
            return [_reservation(*offer) for offer in _live(tasks)]
        return _queues(workspace, tasks)

    def _workspace(self, workspace: Workspace, lists: bool) -> Json:
        now = self._service.now()
        tasks = present_tasks(workspace)
        return {
            **(self._lists(workspace, tasks) if lists else {}),
            "sid": workspace.sid,
            "friendly_name": workspace.friendly_name,
            "activities": [
                {
                    "sid": activity.sid,
                    "friendly_name": activity.friendly_name,
                    "available": activity.available,
                }
                for activity in workspace.activities.values()
            ],
            "workflows": [
                {"sid": workflow.sid, "friendly_name": workflow.friendly_name}
                for workflow in workspace.workflows.values()
            ],
            "task_channels": [
                {"sid": channel.sid, "unique_name": channel.unique_name}
                for channel in workspace.task_channels.values()
            ],
            "real_time_statistics": self._statistics(workspace, "RealTime"),
            "cumulative_statistics": self._statistics(workspace, "Cumulative"),
            "series": series.of(workspace.events, len(tasks), now),
        }

    def _lists(self, workspace: Workspace, tasks: list[Task]) -> Json:
        live = _live(tasks)
        return {
            "total_workers": len(workspace.workers),
            "workers": self._workers(workspace, MOST),
            "total_task_queues": len(workspace.task_queues),
            "task_queues": _queues(workspace, tasks, MOST),
            "total_reservations": len(live),
            "reservations": [_reservation(*offer) for offer in live[:MOST]],
        }

    def _workers(self, workspace: Workspace, most: int | None = None) -> list[Json]:
        counts = self._service.channels.counts()
        return [
            _worker(worker, counts.get(worker.sid, 0))
            for worker in islice(workspace.workers.values(), most)
        ]

    def _statistics(self, workspace: Workspace, kind: str) -> Json:
        path = f"/v1/Workspaces/{workspace.sid}/{kind}Statistics"
        minutes = Parameters([("Minutes", str(series.MINUTES))])
        answer = self._service.api.perform("GET", path, minutes)
        return dict(answer.body or {})


def request(number: int, entry: Request) -> Json:
    """Show a request, with its number in the journal."""
    return {
        "number": number,
        "time": entry.time,
        "kind": entry.kind,
        "method": entry.method,
        "url": entry.url,
        "params": dict(entry.params),
        "status": entry.status,
    }


def call(phone_call: PhoneCall) -> Json:
    """Show a call that an instruction made."""
    return {
        "sid": phone_call.sid,
        "instruction": phone_call.instruction.name,
        "task_sid": phone_call.task_sid,
        "reservation_sid": phone_call.reservation_sid,
        "worker_sid": phone_call.worker_sid,
        "from": phone_call.from_,
        "to": phone_call.to,
        "status": phone_call.status,
        "states": [
            {"status": state.status, "time": state.time} for state in phone_call.states
        ],
    }


def _worker(worker: Worker, connections: int) -> Json:
    return {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "attributes": worker.attributes,
        "activity_sid": worker.activity_sid,
        "activity_name": worker.activity_name,
        "available": worker.available,
        "date_status_changed": worker.date_status_changed,
        "connections": connections,
        "load": sum(channel.load for channel in worker.channels.values()),
        "channels": [
            {
                "task_channel_unique_name": channel.task_channel_unique_name,
                "configured_capacity": channel.configured_capacity,
                "assigned_tasks": channel.assigned_tasks,
                "load": channel.load,
                "available": channel.available,
            }
            for channel in worker.channels.values()
        ],
    }


def _task(task: Task) -> Json:
    live = [each for each in task.reservations.values() if each.live]
    return {
        "sid": task.sid,
        "attributes": task.attributes,
        "assignment_status": task.assignment_status,
        "reason": task.reason,
        "priority": task.priority,
        "task_queue_friendly_name": task.task_queue_friendly_name,
        "workflow_friendly_name": task.workflow_friendly_name,
        "task_channel_unique_name": task.task_channel_unique_name,
        "date_created": task.date_created,
        "date_updated": task.date_updated,
        "worker_names": [each.worker_name for each in live],
    }


def _queues(
    workspace: Workspace, tasks: list[Task], most: int | None = None
) -> list[Json]:
    waiting = by_queue(task for task in tasks if task.assignment_status == "pending")
    return [
        _queue(workspace, queue, waiting.get(queue.sid, []))
        for queue in islice(workspace.task_queues.values(), most)
    ]


def _live(tasks: list[Task]) -> list[tuple[Task, Reservation]]:
    return [
        (task, reservation)
        for task in tasks
        for reservation in task.reservations.values()
        if reservation.live
    ]


def _queue(workspace: Workspace, queue: TaskQueue, waiting: list[Task]) -> Json:
    workers = [workspace.workers[sid] for sid in queue.worker_sids]
    return {
        "sid": queue.sid,
        "friendly_name": queue.friendly_name,
        "target_workers": queue.target_workers,
        "total_eligible_workers": len(workers),
        "total_available_workers": sum(worker.available for worker in workers),
        "waiting": len(waiting),
        "tasks": [
            {
                "sid": task.sid,
                "attributes": task.attributes,
                "priority": task.priority,
                "date_created": task.date_created,
                "task_queue_entered_date": task.task_queue_entered_date,
                "task_channel_unique_name": task.task_channel_unique_name,
            }
            for task in waiting[:MOST_TASKS]
        ],
    }


def _reservation(task: Task, reservation: Reservation) -> Json:
    status = reservation.reservation_status
    timeout = reservation.reservation_timeout
    return {
        "sid": reservation.sid,
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_queue_friendly_name": task.task_queue_friendly_name,
        "task_channel_unique_name": task.task_channel_unique_name,
        "worker_sid": reservation.worker_sid,
        "worker_name": reservation.worker_name,
        "reservation_status": status,
        "reservation_timeout": timeout,
        "date_created": reservation.date_created,
        "date_updated": reservation.date_updated,
        "expires": reservation.date_created + timeout if status == "pending" else None,
    }
