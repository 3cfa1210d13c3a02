"""The emulator's state as JSON, for people and for tests in any language.

Owns: what is shown of it. Names are those of the REST properties, times are epoch
seconds. Reads everything and changes nothing.
"""

from __future__ import annotations

from itertools import islice

from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.clock import ManualClock
from taskrouter_sync.emulator.control import series
from taskrouter_sync.emulator.engine import Event
from taskrouter_sync.emulator.engine.calls import PhoneCall
from taskrouter_sync.emulator.engine.model import (
    Reservation,
    Task,
    TaskQueue,
    Worker,
    Workspace,
)
from taskrouter_sync.emulator.engine.statistics import by_queue, present_tasks
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

    def state(self) -> Json:
        """Show everything that happens now."""
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
                self._workspace(each) for each in engine.workspaces.values()
            ],
        }

    def event(self, number: int, event: Event) -> Json:
        """Show an event as REST does, with its number in the journal."""
        return {
            "number": number,
            "time": event.time,
            **self._service.render.event(event),
        }

    def _workspace(self, workspace: Workspace) -> Json:
        now = self._service.now()
        tasks = present_tasks(workspace)
        queues = by_queue(task for task in tasks if task.assignment_status == "pending")
        counts = self._service.channels.counts()
        offers = [(task, each) for task in tasks for each in task.reservations.values()]
        live = [offer for offer in offers if offer[1].live]
        return {
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
            "total_workers": len(workspace.workers),
            "workers": [
                _worker(worker, counts.get(worker.sid, 0))
                for worker in islice(workspace.workers.values(), MOST)
            ],
            "total_task_queues": len(workspace.task_queues),
            "task_queues": [
                _queue(workspace, queue, queues.get(queue.sid, []))
                for queue in islice(workspace.task_queues.values(), MOST)
            ],
            "total_reservations": len(live),
            "reservations": [_reservation(*offer) for offer in live[:MOST]],
            "real_time_statistics": self._statistics(workspace, "RealTime"),
            "cumulative_statistics": self._statistics(workspace, "Cumulative"),
            "series": series.of(workspace.events, len(tasks), now),
        }

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
