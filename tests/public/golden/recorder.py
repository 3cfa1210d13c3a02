"""What callbacks and events deliver, as the JSON values of a recording.

Reads the SDK through its public mapping protocol. Where a resource's requests go is
part of a recording, and no property.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from taskrouter_sync.errors import TaskRouterError
from taskrouter_sync.resources.base import Resource
from taskrouter_sync.resources.lists import ListResource
from taskrouter_sync.resources.statistics import Statistics

from ...support.internals import url_of
from .case import Json


_STATISTICS = ("statistics", "realtimeStats", "cumulativeStats")
_LISTS = ("activities", "workflows", "taskqueues", "workers", "tasks")

# What hangs below a resource without being in its payload: read as attributes.
BELOW: dict[str, tuple[str, ...]] = {
    "Worker": ("statistics",),
    "Workflow": _STATISTICS,
    "TaskQueue": _STATISTICS,
    "Workspace": (*_LISTS, *_STATISTICS),
    "WorkerList": _STATISTICS,
    "TaskQueueList": _STATISTICS,
    # Two names of one neighbor; iteration shows the payload's own.
    "Task": ("queue", "taskQueue"),
}


class Recorder:
    """Turns values into JSON, with `{api}` for the API's base."""

    def __init__(self, api: str) -> None:
        self._api = api

    def record(self, value: Any, depth: int = 0) -> Json:
        """Record a value as it is now; `depth` counts the resources around it."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"$number": str(value)}
        if isinstance(value, str):
            return value.replace(self._api, "{api}")
        if isinstance(value, datetime):
            return {"$date": _javascript_date(value)}
        if isinstance(value, ListResource):
            return self._list(value, depth)
        if isinstance(value, Resource):
            return self._resource(value, depth)
        if isinstance(value, Statistics):
            return {"$entity": type(value).__name__, "$url": self.record(url_of(value))}
        if isinstance(value, TaskRouterError):
            return {"$error": {"code": value.code, "message": value.message}}
        if isinstance(value, BaseException):
            name = type(value).__name__
            return {"$exception": {"type": name, "message": str(value)}}
        if isinstance(value, Mapping):
            return {name: self.record(value[name], depth) for name in value}
        if isinstance(value, list | tuple):
            return [self.record(item, depth) for item in value]
        if callable(value):
            return {"$function": True}
        raise TypeError(f"a recording has no {type(value).__name__}: {value!r}")

    def record_client(self, client: Any, kind: str) -> Json:
        """Record the client itself: the latest known of what it is the client of."""
        return {**self._properties(client, kind, 0), "$client": kind}

    def _resource(self, entity: Resource, depth: int) -> Json:
        kind = type(entity).__name__.removesuffix("Resource")
        return {
            "$entity": kind,
            "$url": self.record(url_of(entity)),
            **self._properties(entity, kind, depth),
        }

    def _properties(self, entity: Any, kind: str, depth: int) -> dict[str, Json]:
        found = {name: entity[name] for name in entity}
        if not depth:
            for name in BELOW.get(kind, ()):
                found.setdefault(name, getattr(entity, name, None))
        return {
            name: self.record(value, depth + 1)
            for name, value in found.items()
            # A resource within another shows its own properties alone.
            if not (depth and _is_resource(value))
        }

    def _list(self, entity: ListResource, depth: int) -> Json:
        kind = type(entity).__name__
        recorded: dict[str, Json] = {
            "$entity": kind,
            "$url": self.record(url_of(entity)),
        }
        if not depth:
            for name in BELOW.get(kind, ()):
                recorded[name] = self.record(getattr(entity, name), depth + 1)
        if entity.page is not None:
            recorded |= {
                "data": [self.record(item, depth) for item in entity.data],
                "page": entity.page,
                "pageSize": entity.pageSize,
                "hasNext": entity.hasNext,
                "hasPrevious": entity.hasPrevious,
            }
        return recorded


def _is_resource(value: Any) -> bool:
    return isinstance(value, Resource | ListResource | Statistics)


def _javascript_date(value: datetime) -> str:
    utc = value.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"
