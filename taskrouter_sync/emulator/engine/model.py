"""The emulator's state: plain data, fields named as the REST properties.

Times are epoch seconds. Whoever changes an object calls its `touch`, so that
snapshots in events stay true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .configuration import Configuration
from .entities import Container, Entity, Part, Versioned
from .events import EventLog
from .expressions import Expression
from .lines import IdleLine, WaitingLine


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

LIVE_RESERVATIONS: tuple[ReservationStatus, ...] = ("pending", "accepted", "wrapping")
FINISHED_TASKS: tuple[TaskStatus, ...] = ("completed", "canceled")


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

    def parts(self) -> tuple[Part, ...]:
        return (self.channels,)


@dataclass(kw_only=True, eq=False, slots=True)
class TaskQueue(Entity):
    """A set of workers, and the tasks that wait for them (WQ)."""

    friendly_name: str
    target_workers: str
    # None for the empty text, which matches nobody.
    target_workers_value: Expression | None
    max_reserved_workers: int
    task_order: QueueOrder
    reservation_activity_sid: str | None = None
    assignment_activity_sid: str | None = None
    # Workers that match `target_workers`, in any activity.
    worker_sids: dict[str, None] = field(default_factory=dict)
    # Waiting tasks and idle workers, by TC sid.
    waiting: dict[str, WaitingLine] = field(default_factory=dict)
    idle: dict[str, IdleLine] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False, slots=True)
class Workflow(Entity):
    """The way that tasks take to queues (WW)."""

    friendly_name: str
    configuration: str
    configuration_value: Configuration
    task_reservation_timeout: int
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
        return self.reservation_status in LIVE_RESERVATIONS


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
    # Age in seconds at which the present target gives up; sum of the timeouts.
    target_timeouts: float = 0.0
    target_deadline: float | None = None
    # Its key in the waiting line of its queue, while it stands there.
    waiting_key: tuple[float, float, int] | None = None

    def parts(self) -> tuple[Part, ...]:
        return (self.reservations,)

    @property
    def finished(self) -> bool:
        """Whether the status is one that never changes."""
        return self.assignment_status in FINISHED_TASKS

    def holders(self) -> tuple[str, ...]:
        """Return the sids of the workers who hold a live reservation."""
        return tuple(r.worker_sid for r in self.reservations.values() if r.live)


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

    def parts(self) -> tuple[Part, ...]:
        return (
            self.activities,
            self.task_channels,
            self.task_queues,
            self.workflows,
            self.workers,
            self.tasks,
            self.events,
        )

    @property
    def default_activity_name(self) -> str:
        """Name of the activity that new workers get."""
        return self.activities[self.default_activity_sid].friendly_name

    @property
    def timeout_activity_name(self) -> str:
        """Name of the activity after a reservation's timeout."""
        return self.activities[self.timeout_activity_sid].friendly_name
