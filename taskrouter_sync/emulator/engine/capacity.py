"""How much a worker can take: room on a channel, and the order of the idle."""

from __future__ import annotations

from .model import Reservation, Task, Worker, Workspace


def can_take(workspace: Workspace, worker: Worker, task_channel_sid: str) -> bool:
    """Tell whether the worker can get one more task of this channel now."""
    if not worker.available:
        return False
    if not workspace.multi_task_enabled:
        # One task at a time, whatever its channel.
        return worker.live_reservations == 0
    channel = worker.channels_by_task_channel[task_channel_sid]
    return channel.available and channel.load < channel.configured_capacity


def idle_rank(workspace: Workspace, worker: Worker, task_channel_sid: str) -> int:
    """Return the place among the idle; the lowest is next.

    The clock of idleness starts at the latest reservation, or when the worker
    was made; changes of activity do not touch it (choice).
    """
    if workspace.task_channels[task_channel_sid].channel_optimized_routing:
        return worker.channels_by_task_channel[task_channel_sid].idle_rank
    return worker.idle_rank


def take(workspace: Workspace, worker: Worker, task: Task, now: float) -> None:
    """Count a new reservation of `task`."""
    workspace.ranks += 1
    worker.idle_rank = workspace.ranks
    worker.live_reservations += 1
    channel = worker.channels_by_task_channel[task.task_channel_sid]
    channel.idle_rank = workspace.ranks
    channel.last_reserved_time = now
    channel.load += 1
    channel.touch(now)


def give_back(worker: Worker, task: Task, now: float) -> None:
    """Count the end of a live reservation of `task`."""
    worker.live_reservations -= 1
    channel = worker.channels_by_task_channel[task.task_channel_sid]
    channel.load -= 1
    channel.touch(now)


def count_assigned(
    worker: Worker, task: Task, reservation: Reservation, status: str, now: float
) -> None:
    """Keep `assigned_tasks` when `reservation` is about to get `status`."""
    change = (status == "accepted") - (reservation.reservation_status == "accepted")
    if change:
        channel = worker.channels_by_task_channel[task.task_channel_sid]
        channel.assigned_tasks += change
        channel.touch(now)
