"""Control: the lists of a workspace, searched, sorted and cut into pages.

Owns: what matches a search, and the orders. The rows are those of views.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskrouter_sync.emulator.control.command import Command, Context, Json
from taskrouter_sync.emulator.fields import Choice, Field, Integer, Text


_MANY = 1_000_000_000
_MOST = 200
_PAGE = 50

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class _Order:
    """An order of rows; without a field, that of their creation."""

    field: str | None = None
    descending: bool = False

    def sort(self, rows: list[Json]) -> list[Json]:
        """Return the rows in this order; equal ones keep theirs."""
        field = self.field
        if field is None:
            return rows[::-1] if self.descending else rows
        return sorted(
            rows, key=lambda row: _natural(row[field]), reverse=self.descending
        )


_OLDEST = _Order()
_NEWEST = _Order(descending=True)


@dataclass(frozen=True)
class _List:
    """A list that can be asked for.

    Args:
        name: of the list, in the path and in the response.
        about: what is in it.
        status: the field of a row that ``status`` is compared with.
        orders: by name; the first one is the default.
    """

    name: str
    about: str
    status: str | None
    orders: Mapping[str, _Order]

    def read(self, context: Context, given: dict[str, Any]) -> Json:
        """Return one page of what matches."""
        engine = context.service.engine
        engine.run_due()
        workspace = engine.workspaces.find(given["workspace"])
        words = given.get("text", "").casefold().split()
        status = given.get("status")
        rows = context.views.rows(self.name, workspace)
        matching = [
            row
            for row in rows
            if (status is None or (self.status and row[self.status] == status))
            and _contains(row, words)
        ]
        order = self.orders[given.get("order", next(iter(self.orders)))]
        offset = given.get("offset", 0)
        page = order.sort(matching)[offset : offset + given.get("limit", _PAGE)]
        return {"total": len(rows), "matching": len(matching), self.name: page}

    def command(self) -> Command:
        """Make the command that reads it."""
        fields = [
            Field("workspace", Text(), "WS…", required=True),
            Field(
                "text",
                Text(),
                "only rows that contain all of these words (sids: begin with)",
            ),
            Field("order", Choice(tuple(self.orders)), "the first one by default"),
            Field("offset", Integer(0, _MANY), "how many to skip; 0 by default"),
            Field("limit", Integer(1, _MOST), f"at most how many; {_PAGE} by default"),
        ]
        if self.status is not None:
            fields.insert(
                2, Field("status", Text(), f"only rows with this {self.status}")
            )
        return Command("GET", f"/{self.name}", self.about, self.read, fields)


def _contains(row: Json, words: Sequence[str]) -> bool:
    if not words:
        return True
    texts = [
        text
        for name, value in row.items()
        if not name.endswith("sid")  # Any number is in some sid: see below.
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    ]
    whole = "\n".join(texts).casefold()
    sids = [str(row[name]).casefold() for name in row if name.endswith("sid")]
    return all(
        word in whole or any(sid.startswith(word) for sid in sids) for word in words
    )


def _natural(value: object) -> Any:
    """Return what sorts Alice 2 before alice 10."""
    if not isinstance(value, str):
        return value
    return [
        int(part) if at % 2 else part.casefold()
        for at, part in enumerate(_DIGITS.split(value))
    ]


_LISTS = (
    _List(
        "workers",
        "List a workspace's workers.",
        "activity_name",
        {
            "name": _Order("friendly_name"),
            "activity": _Order("activity_name"),
            "load": _Order("load", descending=True),
            "connections": _Order("connections", descending=True),
            "longest_in_activity": _Order("date_status_changed"),
        },
    ),
    _List(
        "tasks",
        "List a workspace's tasks, finished ones too until the service deletes them.",
        "assignment_status",
        {
            "newest": _NEWEST,
            "oldest": _OLDEST,
            "priority": _Order("priority", descending=True),
        },
    ),
    _List(
        "reservations",
        "List a workspace's live reservations: pending, accepted and wrapping.",
        "reservation_status",
        {
            "oldest": _OLDEST,
            "newest": _NEWEST,
            "worker": _Order("worker_name"),
        },
    ),
    _List(
        "task_queues",
        "List a workspace's task queues, with the tasks that wait.",
        None,
        {
            "name": _Order("friendly_name"),
            "waiting": _Order("waiting", descending=True),
        },
    ),
)

LISTING: Sequence[Command] = tuple(each.command() for each in _LISTS)
