"""A workspace's plan: the arguments of ``Emulator.workspace`` as a JSON document.

Owns: the fields of a plan, and loading one from a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .fields import (
    DOCUMENT,
    FLAG,
    NULL,
    Field,
    document_of,
    either,
    integer,
    named,
    read,
    text,
)


_DAY = 86_400

FIELDS: Sequence[Field] = (
    Field("name", text(), "the workspace's friendly name"),
    Field("activities", named(FLAG), "whether each is available, by name"),
    Field("workers", named(DOCUMENT), "attributes by name; Alice by default"),
    Field(
        "worker_activity",
        either(text(), NULL),
        "the name of the workers' first activity; Offline by default",
    ),
    Field("queues", named(text()), "expressions by name; Everyone by default"),
    Field(
        "workflow",
        either(DOCUMENT, NULL),
        "the configuration, where queue may be a name instead of a sid; by default all "
        "tasks go to the first task queue",
    ),
    Field("task_reservation_timeout", integer(1, _DAY), "seconds; 120 by default"),
    Field(
        "multi_task_enabled", FLAG, "whether workers can have several tasks at a time"
    ),
    Field(
        "timeout_activity",
        text(),
        "the name of the activity after a reservation timeout; Offline by default",
    ),
)


def load(path: Path) -> dict[str, Any]:
    """Read the arguments of ``Emulator.workspace`` from a JSON file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a valid plan; a FieldError if it is JSON.
    """
    return read(FIELDS, document_of(path.read_text("utf-8-sig")), "the file")
