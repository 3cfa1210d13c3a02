"""The emulator's state: data, with the fields named as the REST properties.

A workspace also keeps who waits in its queues and who is idle. Times are epoch
seconds. Whoever changes an object calls its `touch`, so that snapshots in events
stay true.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal

from .containers import Changes, Container, Entity, IdleWorkers, Versioned, Watched
from .errors import find, invalid, not_found
from .expressions import Expression
from .workflow import Configuration, Filter, Target


TaskStatus = Literal[
    "pending", "reserved", "assigned", "wrapping", "completed", "canceled"
]
ReservationStatus = Literal[
    "pending",
    "accepted",
    "rejected",
    "timeout",
    "canceled",
    "rescinded",
    "wrapping",
    "completed",
]
QueueOrder = Literal["FIFO", "LIFO"]

# (what comes first, what then, the task's number)
WaitingKey = tuple[float, float, int]


@dataclass(kw_only=True, eq=False, slots=True)
class Activity(Entity):
    """A state that workers can be in (WA)."""

    friendly_name: str
    available: bool


@dataclass(kw_only=True, eq=False, slots=True)
class TaskChannel(Entity):
    """A kind of task (TC)."""

    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool = False


@dataclass(kw_only=True, eq=False, slots=True)
class WorkerChannel(Entity):
    """How much of one kind of task a worker takes (WC)."""

    worker_sid: str
    task_channel_sid: str
    task_channel_unique_name: str
    configured_capacity: int = 1
    available: bool = True
    # Accepted reservations only (5.9).
    assigned_tasks: int = 0
    # Pending, accepted and wrapping reservations: what fills the capacity.
    load: int = 0
    last_reserved_time: float | None = None
    # Place in the order of the longest idle on this channel; see Workspace.ranks.
    idle_rank: int = 0

    @property
    def available_capacity_percentage(self) -> int:
        """The free part of the capacity, 0 to 100 (0 when there is no capacity)."""
        if self.configured_capacity <= 0:
            return 0
        free = max(self.configured_capacity - self.load, 0)
        return free * 100 // self.configured_capacity


@dataclass(kw_only=True, eq=False, slots=True)
class Worker(Versioned):
    """Somebody who takes tasks (WK)."""

    friendly_name: str
    attributes: str
    attributes_value: dict[str, Any]
    activity_sid: str
    # Of the activity above, kept with the worker.
    activity_name: str
    available: bool
    date_status_changed: float
    # By WC sid, in the order of the workspace's task channels.
    channels: Container[WorkerChannel] = field(default_factory=Container)
    # The same by TC sid.
    channels_by_task_channel: dict[str, WorkerChannel] = field(default_factory=dict)
    # The reservations of tasks that still exist, whatever their status.
    reservations: dict[str, Reservation] = field(default_factory=dict)
    live_reservations: int = 0
    # Queues whose expression the worker matches.
    queue_sids: dict[str, None] = field(default_factory=dict)
    # Waiting tasks that are routed to this worker alone.
    direct_tasks: dict[str, None] = field(default_factory=dict)
    idle_rank: int = 0

    def watch(self, changes: Changes | None) -> None:
        Entity.watch(self, changes)
        self.channels.watch(changes)

    def channel(self, name: str) -> WorkerChannel:
        """Return the worker's channel by WC sid, TC sid or unique name."""
        for channel in self.channels.values():
            if name in (
                channel.sid,
                channel.task_channel_unique_name,
                channel.task_channel_sid,
            ):
                return channel
        path = f"/Workspaces/{self.workspace_sid}/Workers/{self.sid}"
        raise not_found(f"{path}/Channels/{name}")


@dataclass(kw_only=True, eq=False, slots=True)
class TaskQueue(Entity):
    """A set of workers, and the tasks that wait for them (WQ)."""

    friendly_name: str
    target_workers: str
    # None for the empty text, which matches nobody.
    target_workers_value: Expression | None
    max_reserved_workers: int = 1
    task_order: QueueOrder = "FIFO"
    reservation_activity_sid: str | None = None
    assignment_activity_sid: str | None = None
    # Workers that match `target_workers`, in any activity.
    worker_sids: dict[str, None] = field(default_factory=dict)
    # Waiting tasks in the order of service, and idle workers, by TC sid.
    waiting: dict[str, list[tuple[WaitingKey, str]]] = field(default_factory=dict)
    idle: dict[str, IdleWorkers] = field(default_factory=dict)

    def admit(self, worker: Worker) -> None:
        """Make the worker a member if the expression is true of the attributes.

        If not, the worker is removed. An empty expression matches nobody.
        Only attributes can be named: for queues nothing else is documented.
        """
        expression = self.target_workers_value
        if expression is not None and expression.matches(worker.attributes_value):
            self.worker_sids[worker.sid] = None
            worker.queue_sids[self.sid] = None
        elif worker.sid in self.worker_sids:
            self.remove(worker)

    def remove(self, worker: Worker) -> None:
        """Make a member none any more."""
        del self.worker_sids[worker.sid]
        del worker.queue_sids[self.sid]
        for idle in self.idle.values():
            idle.shrink(self.worker_sids)


@dataclass(kw_only=True, eq=False, slots=True)
class Workflow(Entity):
    """The way that tasks take to queues (WW)."""

    friendly_name: str
    configuration: str
    configuration_value: Configuration
    task_reservation_timeout: int = 120
    assignment_callback_url: str | None = None
    fallback_assignment_callback_url: str | None = None
    # As given with the last update: then changed attributes re-route a task too.
    re_evaluate_tasks: bool = False


@dataclass(kw_only=True, eq=False, slots=True)
class Reservation(Versioned):
    """The offer of a task to a worker (WR)."""

    task_sid: str
    worker_sid: str
    worker_name: str
    reservation_status: ReservationStatus
    # Seconds after date_created when it times out.
    reservation_timeout: int
    worker_previous_activity_sid: str
    # Single-tasking: the activity that the reservation moved the worker to.
    reserved_activity_sid: str | None = None

    @property
    def live(self) -> bool:
        """Whether it fills capacity: pending, accepted or wrapping."""
        return self.reservation_status in ("pending", "accepted", "wrapping")


@dataclass(kw_only=True, eq=False, slots=True)
class Task(Versioned):
    """A piece of work (WT)."""

    attributes: str
    attributes_value: dict[str, Any]
    workflow_sid: str
    workflow_friendly_name: str
    task_channel_sid: str
    task_channel_unique_name: str
    timeout: int
    priority: int
    virtual_start_time: float
    routing_target: str | None = None
    ignore_capacity: bool = False
    assignment_status: TaskStatus = "pending"
    reason: str | None = None
    task_queue_sid: str | None = None
    task_queue_friendly_name: str | None = None
    task_queue_entered_date: float | None = None
    reservations: Container[Reservation] = field(default_factory=Container)
    # Number of the task in its workspace: order of equals.
    number: int = 0
    # Moves from pending to reserved.
    assignment_count: int = 0
    # Where it is in its workflow: the configuration it entered with, the filter
    # (None: the default filter, or none taken) and the target in it.
    configuration: Configuration | None = None
    filter_index: int | None = None
    target_index: int = 0
    # The known worker to whom its target routes it, whatever is renamed later.
    known_worker_sid: str | None = None
    # Age in seconds at which the present target gives up; sum of the timeouts.
    target_timeouts: float = 0.0
    target_deadline: float | None = None
    # Its key in the waiting line of its queue, while it stands there.
    waiting_key: WaitingKey | None = None

    def watch(self, changes: Changes | None) -> None:
        Entity.watch(self, changes)
        self.reservations.watch(changes)

    @property
    def finished(self) -> bool:
        """Whether the status is one that never changes."""
        return self.assignment_status in ("completed", "canceled")

    @property
    def direct(self) -> bool:
        """Whether the task is routed to one worker, past the queues."""
        return self.routing_target is not None and self.routing_target.startswith("WK")

    @property
    def filter(self) -> Filter | None:
        """The filter of its workflow that the task went through."""
        if self.configuration is None:
            return None
        if self.filter_index is None:
            return self.configuration.default_filter
        return self.configuration.filters[self.filter_index]

    @property
    def target(self) -> Target | None:
        """The routing step in which the task is."""
        chosen = self.filter
        return None if chosen is None else chosen.targets[self.target_index]

    def place_in(self, order: QueueOrder) -> WaitingKey:
        """Return its place in a queue: FIFO by priority and age, LIFO newest first."""
        if order == "LIFO":
            return (0.0, -self.virtual_start_time, -self.number)
        return (-self.priority, self.virtual_start_time, self.number)

    def with_status(self, *statuses: ReservationStatus) -> list[Reservation]:
        """List its reservations that have one of these statuses."""
        each = self.reservations.values()
        return [one for one in each if one.reservation_status in statuses]

    def holders(self) -> tuple[str, ...]:
        """Return the sids of the workers who hold a live reservation."""
        return tuple(r.worker_sid for r in self.reservations.values() if r.live)


def reservation_of(owner: Task | Worker, sid: str) -> Reservation:
    """Return a reservation (WR) of a task or of a worker."""
    kind = f"{type(owner).__name__}s"
    path = f"/Workspaces/{owner.workspace_sid}/{kind}/{owner.sid}/Reservations"
    return find(owner.reservations, sid, path)


EVENT_TYPES = tuple(
    f"{kind}.{what}"
    for kind, whats in {
        "activity": "created updated deleted",
        "reservation": "created accepted rejected timeout canceled rescinded wrapup"
        " completed failed",
        "task": "created updated canceled wrapup completed deleted system-deleted",
        "task-channel": "created updated deleted",
        "task-queue": "created deleted entered expression.updated moved timeout",
        "worker": "activity.update attributes.update capacity.update"
        " channel.availability.update created deleted",
        "workflow": "created updated deleted entered skipped target-matched timeout",
        "workspace": "created updated deleted",
    }.items()
    for what in whats.split()
)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log, complete when it is recorded.

    The objects are snapshots: their own fields hold the values of that moment
    (their containers are the live ones). `worker_sids` are the workers whose
    bridge channel gets the event: the worker concerned, or for `task.*` those
    who held a live reservation of the task just before. `details` holds what
    is no field of an object, under its name in `event_data`.
    """

    sid: str
    event_type: str
    resource_type: str
    resource_sid: str
    time: float
    workspace_sid: str
    workspace_name: str
    description: str
    worker_sids: tuple[str, ...] = ()
    task: Task | None = None
    reservation: Reservation | None = None
    worker: Worker | None = None
    worker_channel: WorkerChannel | None = None
    activity: Activity | None = None
    previous_activity: Activity | None = None
    task_queue: TaskQueue | None = None
    previous_task_queue: TaskQueue | None = None
    workflow: Workflow | None = None
    task_channel: TaskChannel | None = None
    workspace: Workspace | None = None
    details: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Estimate the bytes that are kept because of this event.

        A snapshot counts for the events of the moment at which it was made: later
        ones only refer to it.
        """
        size = 1500 + sum(map(len, self.details.values()))
        for name, texts in _LONG_TEXTS.items():
            entity = getattr(self, name)
            if entity is not None and entity.date_updated == self.time:
                # Text and what was parsed from it.
                size += 4 * sum(len(getattr(entity, text) or "") for text in texts)
        return size


# By an event's object.
_LONG_TEXTS = {
    "task": ("attributes", "reason"),
    "worker": ("attributes",),
    "workflow": (
        "configuration",
        "assignment_callback_url",
        "fallback_assignment_callback_url",
    ),
    "task_queue": ("target_workers",),
    "workspace": ("event_callback_url", "events_filter"),
}


# The service keeps events for 30 days. Kept are also at most this many for a
# workspace, so that an emulator under load for hours does not fill the memory.
KEEP_SECONDS = 30 * 86400.0
KEEP_EVENTS = 100_000
KEEP_BYTES = 256 * 1024 * 1024
# Events that were let go are taken out of the list so many at a time.
_CUT = 1000

_time = attrgetter("time")


class EventLog(Watched):
    """The events of one workspace in the order in which they happened."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Event] = {}
        # In order of time, after `_gone` ones that were let go.
        self._events: list[Event] = []
        self._gone = 0
        self._bytes = 0
        # The moment (epoch seconds) after which no event was let go.
        self.complete_since = -math.inf

    def __len__(self) -> int:
        return len(self.by_sid)

    def __iter__(self) -> Iterator[Event]:
        """Walk from the oldest to the newest."""
        return iter(self.by_sid.values())

    def watch(self, changes: Changes | None) -> None:
        """Report all events, and those that are added and let go."""
        noting = changes or self._changes
        if noting is not None:
            for event in self:
                noting.note(f"event {event.sid}", event if changes else None)
        self._changes = changes

    def between(self, start: float, end: float) -> list[Event]:
        """List the events with start <= time <= end (epoch seconds), in order."""
        first = bisect_left(self._events, start, self._gone, key=_time)
        last = bisect_right(self._events, end, first, key=_time)
        return self._events[first:last]

    def append(self, event: Event) -> None:
        """Record one more event and let go of those that are too old."""
        self.by_sid[event.sid] = event
        self._events.append(event)
        self._bytes += event.size
        self._changed(f"event {event.sid}", event)
        while (
            len(self) > KEEP_EVENTS
            or (self._bytes > KEEP_BYTES and len(self) > 1)
            or self._events[self._gone].time < event.time - KEEP_SECONDS
        ):
            oldest = self._events[self._gone]
            del self.by_sid[oldest.sid]
            self._bytes -= oldest.size
            self.complete_since = oldest.time
            self._gone += 1
            self._changed(f"event {oldest.sid}", None)
        if self._gone >= _CUT:
            del self._events[: self._gone]
            self._gone = 0


@dataclass(kw_only=True, eq=False, slots=True)
class Workspace(Entity):
    """Everything that belongs together (WS); `workspace_sid` is its own sid."""

    friendly_name: str
    event_callback_url: str | None = None
    events_filter: str | None = None
    multi_task_enabled: bool = True
    prioritize_queue_order: QueueOrder = "FIFO"
    default_activity_sid: str = ""
    timeout_activity_sid: str = ""
    activities: Container[Activity] = field(default_factory=Container)
    workers: Container[Worker] = field(default_factory=Container)
    task_queues: Container[TaskQueue] = field(default_factory=Container)
    workflows: Container[Workflow] = field(default_factory=Container)
    tasks: Container[Task] = field(default_factory=Container)
    task_channels: Container[TaskChannel] = field(default_factory=Container)
    events: EventLog = field(default_factory=EventLog)
    # Worker sid by friendly name, folded: names are unique whatever their case.
    worker_names: dict[str, str] = field(default_factory=dict)
    # Queues in which tasks wait.
    waiting_queues: dict[str, None] = field(default_factory=dict)
    # Tasks made so far.
    task_numbers: int = 0
    # Counts reservations and new workers: who has the lowest rank is idle for
    # the longest time, without ties even when the clock stands still.
    ranks: int = 0

    def watch(self, changes: Changes | None) -> None:
        Entity.watch(self, changes)
        self.activities.watch(changes)
        self.task_channels.watch(changes)
        self.task_queues.watch(changes)
        self.workflows.watch(changes)
        self.workers.watch(changes)
        self.tasks.watch(changes)
        self.events.watch(changes)

    # Who waits where, and who is idle where.

    def enqueue(self, task: Task) -> None:
        """Let a pending task wait in its queue, or for its only worker."""
        if task.direct:
            worker = self.workers.get(task.routing_target or "")
            # Whose worker is gone waits until its time to live is over.
            if worker is not None:
                worker.direct_tasks[task.sid] = None
            return
        queue = self.task_queues[task.task_queue_sid or ""]
        task.waiting_key = task.place_in(queue.task_order)
        waiting = queue.waiting.setdefault(task.task_channel_sid, [])
        insort(waiting, (task.waiting_key, task.sid))
        self.waiting_queues[queue.sid] = None

    def dequeue(self, task: Task) -> None:
        """Let a task wait no longer, if it does."""
        if task.direct:
            worker = self.workers.get(task.routing_target or "")
            if worker is not None:
                worker.direct_tasks.pop(task.sid, None)
        if task.waiting_key is None:
            return
        queue = self.task_queues[task.task_queue_sid or ""]
        waiting = queue.waiting[task.task_channel_sid]
        del waiting[bisect_left(waiting, (task.waiting_key, task.sid))]
        task.waiting_key = None
        if not waiting:
            del queue.waiting[task.task_channel_sid]
            if not queue.waiting:
                del self.waiting_queues[queue.sid]

    def can_take(self, worker: Worker, task_channel_sid: str) -> bool:
        """Return whether the worker can get one more task of this channel now."""
        if not worker.available:
            return False
        if not self.multi_task_enabled:
            # One task at a time, whatever its channel.
            return worker.live_reservations == 0
        channel = worker.channels_by_task_channel[task_channel_sid]
        return channel.available and channel.load < channel.configured_capacity

    def idle_rank(self, worker: Worker, task_channel_sid: str) -> int:
        """Return the worker's place among the idle; the lowest is next.

        The clock of idleness starts at the latest reservation, or when the worker
        was created; changes of activity do not touch it (choice).
        """
        if self.task_channels[task_channel_sid].channel_optimized_routing:
            return worker.channels_by_task_channel[task_channel_sid].idle_rank
        return worker.idle_rank

    def list_idle(self, worker: Worker) -> None:
        """List the worker as idle wherever the worker can take a task."""
        for task_channel_sid in worker.channels_by_task_channel:
            if self.can_take(worker, task_channel_sid):
                rank = self.idle_rank(worker, task_channel_sid)
                for queue_sid in worker.queue_sids:
                    idle = self.task_queues[queue_sid].idle
                    idle.setdefault(task_channel_sid, IdleWorkers()).add(
                        rank, worker.sid
                    )

    # Look-ups.

    def task_channel(self, name: str) -> TaskChannel | None:
        """Find a task channel by TC sid or unique name."""
        channel = self.task_channels.get(name)
        if channel is not None:
            return channel
        for channel in self.task_channels.values():
            if channel.unique_name == name:
                return channel
        return None

    def check_task_channel(self, name: str) -> TaskChannel:
        """Return a task channel by TC sid or unique name; refuse an unknown one."""
        channel = self.task_channel(name)
        if channel is None:
            raise invalid(f"TaskChannel {name} is not in the workspace")
        return channel

    def check_activity(self, sid: str, parameter: str) -> Activity:
        """Return an activity of the workspace; refuse an unknown sid."""
        activity = self.activities.get(sid)
        if activity is None:
            raise invalid(f"{parameter} {sid} is not an activity of the workspace")
        return activity

    @property
    def default_activity_name(self) -> str:
        """Name of the activity that new workers get."""
        return self.activities[self.default_activity_sid].friendly_name

    @property
    def timeout_activity_name(self) -> str:
        """Name of the activity after a reservation's timeout."""
        return self.activities[self.timeout_activity_sid].friendly_name
