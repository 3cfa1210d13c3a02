"""The emulator's state as JSON, for people and for tests in any language.

Owns: what is shown of it, with the series for plots. Names are those of the REST
properties, times are epoch seconds. Reads everything and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..api.requests import Parameters
from ..clock import ManualClock
from ..engine import Event
from ..engine.calls import PhoneCall
from ..engine.model import EventLog, Reservation, Task, TaskQueue, Worker, Workspace
from ..engine.statistics import by_queue, present_tasks
from ..journal import Request
from ..service import Service


Json = dict[str, object]

# What is listed of anything: a page with more would help nobody. Counts are true.
MOST = 200
MOST_WORKSPACES = 50
MOST_TASKS = 20

# What happened of late, in even steps of time: minutes in all, seconds of each.
MINUTES = 15
STEP = 30.0
STEPS = int(MINUTES * 60 / STEP)

# The series that counts an event.
_SERIES = {
    "task.created": "tasks_created",
    "reservation.accepted": "reservations_accepted",
    "reservation.rejected": "reservations_missed",
    "reservation.timeout": "reservations_missed",
    "task.completed": "tasks_completed",
}
# What is shown of other resources.
_SHORT_LISTS = {
    "activities": "sid friendly_name available",
    "workflows": "sid friendly_name",
    "task_channels": "sid unique_name",
}
_ENDS = frozenset({"task.completed", "task.canceled"})
_DELETIONS = frozenset({"task.deleted", "task.system-deleted"})


class Views:
    """Show what a service holds."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def clock(self) -> Json:
        """Show the clock, and when something will be due."""
        return {
            "now": self._service.clock.now(),
            "manual": isinstance(self._service.clock, ManualClock),
            "next_deadline": self._service.engine.next_deadline(),
        }

    def state(self, lists: bool = True) -> Json:
        """Show everything that happens now.

        `lists` is whether with the workers, task queues and live reservations.
        """
        engine = self._service.engine
        engine.run_due()
        journal = self._service.journal
        return {
            "account_sid": engine.account_sid,
            "clock": self.clock(),
            "connections": self._service.channels.counts(),
            "requests": journal.requests.count,
            "events": journal.events.count,
            "total_workspaces": len(engine.workspaces),
            "workspaces": [
                self._workspace(each, lists)
                for each in islice(engine.workspaces.values(), MOST_WORKSPACES)
            ],
        }

    def event(self, number: int, event: Event) -> Json:
        """Show an event as REST does, with its number in the journal."""
        return {
            "number": number,
            "time": event.time,
            **self._service.render.event(event),
        }

    def rows(self, kind: str, workspace: Workspace) -> Iterator[Json]:
        """Show all workers, tasks, live reservations or task queues of a workspace.

        `kind` is "workers", "tasks", "reservations" or "task_queues".
        """
        if kind == "workers":
            counts = self._service.channels.counts()
            for worker in workspace.workers.values():
                yield _worker(worker, counts.get(worker.sid, 0))
        elif kind == "tasks":
            yield from map(_task, workspace.tasks.values())
        elif kind == "reservations":
            for task, reservation in _live(workspace):
                yield _reservation(task, reservation)
        else:
            tasks = present_tasks(workspace)
            waiting = by_queue(t for t in tasks if t.assignment_status == "pending")
            for queue in workspace.task_queues.values():
                yield _queue(workspace, queue, waiting.get(queue.sid, []))

    def _workspace(self, workspace: Workspace, lists: bool) -> Json:
        now = self._service.clock.now()
        tasks = present_tasks(workspace)
        return {
            **(self._lists(workspace) if lists else {}),
            "sid": workspace.sid,
            "friendly_name": workspace.friendly_name,
            **{
                name: [
                    _properties(each, names)
                    for each in islice(getattr(workspace, name).values(), MOST)
                ]
                for name, names in _SHORT_LISTS.items()
            },
            "real_time_statistics": self._statistics(workspace, "RealTime"),
            "cumulative_statistics": self._statistics(workspace, "Cumulative"),
            "series": series_of(workspace.events, len(tasks), now),
        }

    def _lists(self, workspace: Workspace) -> Json:
        totals = {
            "workers": len(workspace.workers),
            "task_queues": len(workspace.task_queues),
            "reservations": sum(1 for _ in _live(workspace)),
        }
        shown: Json = {f"total_{kind}": total for kind, total in totals.items()}
        for kind in totals:
            shown[kind] = list(islice(self.rows(kind, workspace), MOST))
        return shown

    def _statistics(self, workspace: Workspace, kind: str) -> Json:
        path = f"/v1/Workspaces/{workspace.sid}/{kind}Statistics"
        minutes = Parameters([("Minutes", str(MINUTES))])
        answer = self._service.api.perform("GET", path, minutes)
        return dict(answer.body or {})


def request(number: int, entry: Request) -> Json:
    """Show a request, with its number in the journal."""
    names = "time kind method url params status"
    return {"number": number, **_properties(entry, names)}


def call(phone_call: PhoneCall) -> Json:
    """Show a call that an instruction made."""
    names = "sid task_sid reservation_sid worker_sid to status"
    return {
        **_properties(phone_call, names),
        "instruction": phone_call.instruction.name,
        "from": phone_call.from_,
        "states": [_properties(state, "status time") for state in phone_call.states],
    }


def _properties(thing: object, names: str) -> Json:
    return {name: getattr(thing, name) for name in names.split()}


def _worker(worker: Worker, connections: int) -> Json:
    names = (
        "sid friendly_name attributes activity_sid activity_name available"
        " date_status_changed"
    )
    of_channel = (
        "task_channel_unique_name configured_capacity assigned_tasks load available"
    )
    channels = worker.channels.values()
    return {
        **_properties(worker, names),
        "connections": connections,
        "load": sum(channel.load for channel in channels),
        "channels": [_properties(each, of_channel) for each in channels],
    }


def _task(task: Task) -> Json:
    names = (
        "sid attributes assignment_status reason priority task_queue_friendly_name"
        " workflow_friendly_name task_channel_unique_name date_created date_updated"
    )
    live = [each for each in task.reservations.values() if each.live]
    return {
        **_properties(task, names),
        "worker_names": [each.worker_name for each in live],
    }


def _live(workspace: Workspace) -> Iterator[tuple[Task, Reservation]]:
    for task in present_tasks(workspace):
        for reservation in task.reservations.values():
            if reservation.live:
                yield task, reservation


def _queue(workspace: Workspace, queue: TaskQueue, waiting: list[Task]) -> Json:
    workers = [workspace.workers[sid] for sid in queue.worker_sids]
    names = (
        "sid attributes priority date_created task_queue_entered_date"
        " task_channel_unique_name"
    )
    return {
        **_properties(queue, "sid friendly_name target_workers"),
        "total_eligible_workers": len(workers),
        "total_available_workers": sum(worker.available for worker in workers),
        "waiting": len(waiting),
        "tasks": [_properties(task, names) for task in waiting[:MOST_TASKS]],
    }


def _reservation(task: Task, reservation: Reservation) -> Json:
    names = (
        "sid task_sid worker_sid worker_name reservation_status reservation_timeout"
        " date_created date_updated"
    )
    pending = reservation.reservation_status == "pending"
    expires = reservation.date_created + reservation.reservation_timeout
    return {
        **_properties(reservation, names),
        "task_attributes": task.attributes,
        **_properties(task, "task_queue_friendly_name task_channel_unique_name"),
        "expires": expires if pending else None,
    }


def series_of(events: EventLog, open_tasks: int, now: float) -> dict[str, object]:
    """Return the series of the latest minutes, oldest step first.

    `open_tasks` is the number of unfinished tasks now.

    Returns:
        `start` (epoch seconds), `step` (seconds), a list for each of _SERIES, and
        `open_tasks` as they were at the end of each step.
    """
    # Steps begin at whole multiples of their length, so that bars do not wander.
    end = (now // STEP + 1) * STEP
    start = end - STEPS * STEP
    counts = {name: [0] * STEPS for name in _SERIES.values()}
    changes = [0] * STEPS
    for event in events.between(start, end):
        step = min(int((event.time - start) // STEP), STEPS - 1)
        name = _SERIES.get(event.event_type)
        if name is not None:
            counts[name][step] += 1
        changes[step] += _change(event)
    present = [open_tasks] * STEPS
    for step in range(STEPS - 1, 0, -1):
        present[step - 1] = present[step] - changes[step]
    return {"start": start, "step": STEP, **counts, "open_tasks": present}


def _change(event: Event) -> int:
    """Return the change of the number of unfinished tasks by an event."""
    if event.event_type == "task.created":
        return 1
    if event.event_type in _ENDS:
        return -1
    if event.event_type in _DELETIONS and event.task and not event.task.finished:
        return -1
    return 0
