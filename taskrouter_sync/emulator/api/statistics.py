"""REST: statistics of workspaces, workers, task queues and workflows.

Owns: their paths, what a request for them asks for, and which figures belong to which
subject. The numbers are the engine's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property, partial

from ..engine import Event, statistics
from ..engine.errors import invalid
from ..engine.model import Task, TaskQueue
from ..engine.statistics import Tally
from .pages import equals, listed
from .rendering import Json, iso
from .requests import Handlers, Request, Response


MAX_BULK = 50
# Of one request (choice): each is asked of all waits.
MAX_THRESHOLDS = 50

_QUEUE_SID = re.compile(r"WQ[0-9a-fA-F]{32}")


class Statistics:
    """The figures of one subject, as one request asks for them.

    The combined resource (both kinds of figures, each below its name) has some more
    than the separate ones: so they were recorded of the live service.
    """

    # Of the subject's own sid in responses.
    sid_name: str | None = None
    counts: statistics.Fields = statistics.WORKSPACE
    # Of the only workflow whose tasks count.
    workflow_sid: str | None = None

    def __init__(self, request: Request, *, combined: bool = False) -> None:
        self.request = request
        self.workspace = request.workspace
        self._combined = combined
        self.now = request.engine.now

    # What the request asks for.

    @cached_property
    def task_channel_sid(self) -> str | None:
        """The sid of the TaskChannel, given by sid or unique name."""
        name = self.request.params.text("TaskChannel")
        if not name:
            return None
        return self.workspace.check_task_channel(name).sid

    @cached_property
    def thresholds(self) -> list[int]:
        """The SplitByWaitTime in seconds, each once, in their order."""
        texts = self.request.params.choices("SplitByWaitTime")
        for text in texts:
            if not (text.isascii() and text.isdigit() and len(text) <= 9):
                raise invalid("SplitByWaitTime must be seconds, separated by commas")
        thresholds = list(dict.fromkeys(int(text) for text in texts))
        if len(thresholds) > MAX_THRESHOLDS:
            raise invalid(f"SplitByWaitTime must be at most {MAX_THRESHOLDS} numbers")
        return thresholds

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Start and end in epoch seconds."""
        return self.request.interval()

    def events(self) -> list[Event]:
        """List the interval's events about tasks."""
        events = self.workspace.events.between(*self.interval)
        return statistics.of_tasks(events, self.task_channel_sid, self.workflow_sid)

    def tasks(self) -> list[Task]:
        """List the tasks that the present figures count."""
        channel_sid, finished = self.task_channel_sid, self._combined
        return statistics.present_tasks(
            self.workspace, channel_sid, self.workflow_sid, finished=finished
        )

    # Parts of the figures.

    def heading(self) -> Json:
        """Return what the figures are of."""
        own = {} if self.sid_name is None else {self.sid_name: self.request.sid}
        account_sid = self.request.render.account_sid
        return {"account_sid": account_sid, "workspace_sid": self.workspace.sid, **own}

    def task_figures(self, tasks: Collection[Task]) -> Json:
        """Count present tasks."""
        shown = statistics.ALL_STATUSES if self._combined else statistics.STATUSES
        return statistics.task_figures(tasks, self.now, shown)

    def task_counts(self, tally: Tally) -> Json:
        """Count what happened to tasks in the interval."""
        return {**self.event_counts(tally), **tally.waits(self.thresholds)}

    def event_counts(self, tally: Tally) -> Json:
        """Count events of the interval."""
        start, end = self.interval
        fields = {**self.counts, **(statistics.COMBINED if self._combined else {})}
        return {
            "start_time": iso(start),
            "end_time": iso(end),
            **tally.counts(fields),
        }

    # The figures: here of a workspace.

    def realtime(self) -> Json:
        """Return the figures of the present."""
        workers = self.workspace.workers.values()
        return {
            **statistics.activity_figures(self.workspace, workers),
            **self.task_figures(self.tasks()),
            "total_workers": len(workers),
        }

    def cumulative(self) -> Json:
        """Return the figures of the interval."""
        return self.task_counts(statistics.tally(self.events()))


class _OfWorkflow(Statistics):
    sid_name = "workflow_sid"
    counts = statistics.WORKFLOW

    def __init__(self, request: Request, *, combined: bool = False) -> None:
        super().__init__(request, combined=combined)
        workflow = request.engine.workflows.find(self.workspace, request.sid)
        self.workflow_sid = workflow.sid

    def realtime(self) -> Json:
        return self.task_figures(self.tasks())


class _OfWorkers(Statistics):
    """All workers; only the combined resource can be asked for some of them."""

    counts = statistics.WORKERS

    def _chosen(self) -> set[str] | None:
        """Return the workers (WK) that the query names, None if it names none.

        What is not in the workspace just matches nobody, as in the list of workers.
        """
        if not self._combined:
            return None
        name = self.request.params.text("FriendlyName")
        sids = self.request.workers_of_queues()
        if name is None and sids is None:
            return None
        return {
            worker.sid
            for worker in self.workspace.workers.values()
            if name in (None, worker.friendly_name)
            and (sids is None or worker.sid in sids)
        }

    def realtime(self) -> Json:
        # A TaskChannel must be one, but workers are in an activity with all of theirs.
        _ = self.task_channel_sid
        chosen = self._chosen()
        workers = [
            worker
            for worker in self.workspace.workers.values()
            if chosen is None or worker.sid in chosen
        ]
        return {
            **statistics.activity_figures(self.workspace, workers),
            "total_workers": len(workers),
        }

    def cumulative(self) -> Json:
        # Without a choice also of workers who are gone (choice).
        chosen = self._chosen()
        # A TaskChannel restricts the reservations only, as activities are of none.
        start, end = self.interval
        events = self.events()
        if chosen is not None:
            events = statistics.of_workers(events, chosen)
        until = min(end, self.now)
        return {
            **self.event_counts(statistics.tally(events)),
            **statistics.activity_durations(self.workspace, start, until, chosen),
        }


class _OfWorker(_OfWorkers):
    sid_name = "worker_sid"

    def _chosen(self) -> set[str]:
        worker = self.request.engine.workers.find(self.workspace, self.request.sid)
        return {worker.sid}


class _OfQueues(Statistics):
    """Queues: tasks are sorted and events are counted once for all of them."""

    counts = statistics.TASK_QUEUE

    @cached_property
    def _tasks(self) -> Mapping[str | None, list[Task]]:
        return statistics.by_queue(self.tasks())

    @cached_property
    def _tallies(self) -> Mapping[str | None, Tally]:
        return statistics.tally_by_queue(self.events())

    def realtime_of(self, queue: TaskQueue) -> Json:
        """Return the figures of the present of a queue."""
        tasks = self._tasks.get(queue.sid, [])
        return {
            **statistics.queue_worker_figures(self.workspace, queue),
            **self.task_figures(tasks),
            **statistics.relative_age_figures(tasks, self.now),
        }

    def cumulative_of(self, queue: TaskQueue) -> Json:
        """Return the figures of the interval of a queue."""
        tally = self._tallies.get(queue.sid) or Tally()
        return {**self.task_counts(tally), **tally.waits_in_queue()}

    def bulk(self, sid: str) -> Json:
        """Return the present figures of a queue; zeros for an unknown one."""
        queue = self.workspace.task_queues.get(sid)
        return {
            "task_queue_sid": sid,
            **statistics.queue_worker_figures(self.workspace, queue),
            **self.task_figures(self._tasks.get(sid, [])),
        }


class _OfQueue(_OfQueues):
    sid_name = "task_queue_sid"

    @cached_property
    def _queue(self) -> TaskQueue:
        sid = self.request.sid
        return self.request.engine.task_queues.find(self.workspace, sid)

    def realtime(self) -> Json:
        return self.realtime_of(self._queue)

    def cumulative(self) -> Json:
        return self.cumulative_of(self._queue)


Subject = type[Statistics]


def _respond(subject: Statistics, figures: Json) -> Response:
    url = subject.request.render.base + subject.request.path
    return Response(200, {**figures, **subject.heading(), "url": url})


def _combined(kind: Subject, request: Request) -> Response:
    subject = kind(request, combined=True)
    realtime = {**subject.realtime(), **subject.heading()}
    return _respond(subject, {"realtime": realtime, "cumulative": subject.cumulative()})


def _separate(kind: Subject, figures: str, request: Request) -> Response:
    subject = kind(request)
    return _respond(subject, getattr(subject, figures)())


def _of_worker(request: Request) -> Response:
    """Return the statistics of one worker, who has none of the present."""
    subject = _OfWorker(request, combined=True)
    return _respond(subject, {"cumulative": subject.cumulative()})


def _listed(
    figures: Callable[[_OfQueues, TaskQueue], Json], request: Request
) -> Response:
    """Respond with a list of queues. Items have no url, as in the published example.

    Published is only the list with both kinds; TaskRouter.js v1 asks for lists of
    one kind too, which here have the figures flat in the items (choice).
    """
    queues = _OfQueues(request, combined=figures is _both)
    name = request.params.text("FriendlyName")
    return listed(
        request,
        "task_queues_statistics",
        queues.workspace.task_queues.values(),
        lambda queue: {
            **queues.heading(),
            "task_queue_sid": queue.sid,
            **figures(queues, queue),
        },
        equals(name, "friendly_name"),
    )


def _both(queues: _OfQueues, queue: TaskQueue) -> Json:
    own = {**queues.heading(), "task_queue_sid": queue.sid}
    return {
        "realtime": {**queues.realtime_of(queue), **own},
        "cumulative": queues.cumulative_of(queue),
    }


def _bulk(request: Request) -> Response:
    """Return the present figures of up to 50 queues.

    The service responds to no more than 5 of these a second; here there is no limit.
    """
    sids = request.params.get("QueueSids", ())
    if not 1 <= len(sids) <= MAX_BULK:
        raise invalid(f"QueueSids must be 1 to {MAX_BULK} TaskQueue sids")
    for sid in sids:
        if not _QUEUE_SID.fullmatch(sid):
            raise invalid(f"QueueSids: {sid} is not a TaskQueue sid")
    queues = _OfQueues(request)
    data = [queues.bulk(sid) for sid in sids]
    return _respond(
        queues, {"task_queue_data": data, "task_queue_response_count": len(data)}
    )


def _three(kind: Subject, path: str) -> dict[str, Handlers]:
    return {
        f"{path}/Statistics": {"GET": partial(_combined, kind)},
        f"{path}/RealTimeStatistics": {"GET": partial(_separate, kind, "realtime")},
        f"{path}/CumulativeStatistics": {"GET": partial(_separate, kind, "cumulative")},
    }


# The handlers by path below the workspace and method.
ROUTES: Mapping[str, Handlers] = {
    **_three(Statistics, ""),
    **_three(_OfWorkers, "/Workers"),
    **_three(_OfQueue, "/TaskQueues/{sid}"),
    **_three(_OfWorkflow, "/Workflows/{sid}"),
    "/Workers/{sid}/Statistics": {"GET": _of_worker},
    "/TaskQueues/Statistics": {"GET": partial(_listed, _both)},
    "/TaskQueues/RealTimeStatistics": {
        "GET": partial(_listed, _OfQueues.realtime_of),
        "POST": _bulk,
    },
    "/TaskQueues/CumulativeStatistics": {
        "GET": partial(_listed, _OfQueues.cumulative_of),
    },
}
