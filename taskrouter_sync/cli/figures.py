"""Statistics as tables: of a queue, and of all queues of a workspace. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .claims import span


_OVERVIEW = ("pending", "reserved", "assigned")
_STATUSES = ("pending", "reserved", "assigned", "wrapping")


@dataclass(frozen=True)
class Table:
    """Rows under their heads."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def of_queues(names: Mapping[str, str], statistics: Iterable[Any], title: str) -> Table:
    """Show the queues of a workspace, a row for each.

    Args:
        names: by the queues' sids.
        statistics: of the queues, of the moment and of a span of time.
        title: above the table.
    """
    # No more than a terminal of 80 columns can hold; the rest is in a queue's own.
    head = ("queue", *_OVERVIEW, "oldest", "workers", "entered", "done")
    rows = [
        (
            names.get(each.task_queue_sid, each.task_queue_sid),
            *(_status(each.realtime, status) for status in _OVERVIEW),
            span(each.realtime.longest_task_waiting_age or 0),
            f"{each.realtime.total_available_workers} of "
            f"{each.realtime.total_eligible_workers}",
            each.cumulative.tasks_entered,
            each.cumulative.tasks_completed,
        )
        for each in statistics
    ]
    return Table(title, head, rows)


def of_one(statistics: Any, title: str) -> Table:
    """Show the statistics of one queue, a row for each figure.

    Args:
        statistics: of the moment and of a span of time.
        title: above the table.
    """
    now, past = statistics.realtime, statistics.cumulative
    rows: list[tuple[Any, ...]] = [
        *((f"tasks {status}", _status(now, status)) for status in _STATUSES),
        ("longest wait", span(now.longest_task_waiting_age or 0)),
        ("eligible workers", now.total_eligible_workers),
        ("available workers", now.total_available_workers),
        *(
            (f"workers in {each.friendly_name}", each.workers)
            for each in now.activity_statistics
        ),
        ("tasks entered", past.tasks_entered),
        ("tasks completed", past.tasks_completed),
        ("tasks canceled", past.tasks_canceled),
        ("reservations accepted", past.reservations_accepted),
        ("reservations rejected", past.reservations_rejected),
        ("reservations timed out", past.reservations_timed_out),
        ("until accepted", span(past.avg_task_acceptance_time or 0)),
    ]
    return Table(title, ("figure", "value"), rows)


def _status(realtime: Any, status: str) -> int:
    return int(realtime.tasks_by_status.get(status) or 0)
