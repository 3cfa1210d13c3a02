"""Turns payloads into resources, lists, statistics or plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from ..properties import json_objects
from . import lists, models
from .base import Resource
from .reservation import Reservation, ReservationList
from .statistics import StatisticsData, StatisticsList


if TYPE_CHECKING:
    from ..session import Session

# By the first two letters of the sid: the class, where it is in the workspace, and the
# property that names what it is below, if that is not the workspace: some frames have
# it in camelCase.
_KINDS: dict[str, tuple[type[Resource[Any]], str, tuple[str, ...]]] = {
    "WS": (models.WorkspaceResource, "", ()),
    "WW": (models.Workflow, "/Workflows/{}", ()),
    "WQ": (models.TaskQueueResource, "/TaskQueues/{}", ()),
    "WK": (models.WorkerResource, "/Workers/{}", ()),
    "WA": (models.Activity, "/Activities/{}", ()),
    "WT": (models.Task, "/Tasks/{}", ()),
    "WR": (Reservation, "/Tasks/{}/Reservations/{}", ("task_sid", "taskSid")),
    "WC": (
        models.WorkerChannel,
        "/Workers/{}/Channels/{}",
        ("worker_sid", "workerSid"),
    ),
}

# By the key of the list's meta: the class, and where it is in the workspace.
_LISTS: dict[str, tuple[type[lists.ListResource[Any]], str]] = {
    "activities": (lists.ActivityList, "/Activities"),
    "workflows": (lists.WorkflowList, "/Workflows"),
    "task_queues": (lists.TaskQueueList, "/TaskQueues"),
    "workers": (lists.WorkerList, "/Workers"),
    "tasks": (lists.TaskList, "/Tasks"),
    "reservations": (ReservationList, "/Reservations"),
    "channels": (lists.WorkerChannelList, "/Channels"),
}

# Lists that are below the client's own resource, not below the workspace.
_OWN = ("reservations", "channels")


def make(session: Session, payload: Any, url: str | None = None) -> Any:
    """Turn a payload into the same object as TaskRouter.js does.

    A list is where it was requested, if that is the place of such a list.
    """
    if not isinstance(payload, dict):
        return json_objects(payload)
    if isinstance(payload.get("sid"), str):
        return _resource(session, payload)
    meta = payload.get("meta")
    if isinstance(meta, Mapping) and isinstance(meta.get("key"), str):
        return _list(session, payload, meta, url)
    own_url = payload.get("url")
    is_statistics = isinstance(own_url, str) and "Statistics" in own_url
    if is_statistics or "cumulative" in payload or "realtime" in payload:
        return StatisticsData(payload)
    return json_objects(payload)


def neighbor(
    session: Session, sid: Any, context: Mapping[str, Any]
) -> Resource[Any] | None:
    """Create the resource that a sid refers to, before it is fetched: it has only that.

    Paths may need more of the payload that contains the sid, the context. None if the
    sid does not refer to a resource.
    """
    if not isinstance(sid, str) or sid[:2] not in _KINDS:
        return None
    return _resource(session, {"sid": sid}, context)


def _resource(
    session: Session, payload: Mapping[str, Any], context: Mapping[str, Any] = {}
) -> Resource[Any]:
    sid = payload["sid"]
    kind, path, names = _KINDS.get(sid[:2], (Resource, None, ()))
    # For what has no path, or is below something that nothing names.
    url: Any = payload.get("url")
    if path is not None and not names:
        url = session.workspace_url + path.format(_segment(sid))
    elif path is not None and (
        above := [
            each[name] for each in (payload, context) for name in names if name in each
        ]
    ):
        url = session.workspace_url + path.format(_segment(above[0]), _segment(sid))
    return kind(session, payload, url if isinstance(url, str) else "")


def _segment(sid: Any) -> str:
    """Quote a sid as a single segment of a path."""
    text = str(sid)
    return (
        text
        if text.isalnum() and text.isascii()
        else quote(text, safe="", errors="replace")
    )


def _list(
    session: Session,
    payload: Mapping[str, Any],
    meta: Mapping[str, Any],
    url: str | None,
) -> Any:
    key = meta["key"]
    items = payload.get(key)
    if not isinstance(items, list):
        return json_objects(payload)
    if "statistics" in key:
        return StatisticsList(
            StatisticsData(item) if isinstance(item, Mapping) else item
            for item in items
        )
    kind, path = _LISTS.get(key, (lists.ListResource, f"/{key}"))
    base = session.resource_url if key in _OWN else session.workspace_url
    asked = urlunsplit(urlsplit(url or "")._replace(query="", fragment=""))
    requested = asked.endswith(path)
    # Where it was asked for, if it is what was asked for.
    where = asked if requested else base + path
    data = [make(session, item) for item in items]
    return kind(session, where, data, meta, requested)
