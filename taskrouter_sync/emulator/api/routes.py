"""REST without a server.

Owns: the table of paths, which handler answers what, and the answers to what is
not there. Authentication has been checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from taskrouter_sync.emulator.api import (
    errors,
    events,
    queues,
    reservations,
    statistics,
    tasks,
    workers,
    workspaces,
)
from taskrouter_sync.emulator.api.answers import Answer, refused
from taskrouter_sync.emulator.api.call import Call
from taskrouter_sync.emulator.api.parameters import Parameters
from taskrouter_sync.emulator.api.render import Renderer
from taskrouter_sync.emulator.engine import Engine


METHODS = ("GET", "POST", "DELETE")
VERSION = "/v1"

Handler = Callable[[Call], Answer]


_RESERVATIONS: Mapping[str, Mapping[str, Handler]] = {
    "/Reservations": {"GET": reservations.list_reservations},
    "/Reservations/{sid}": {
        "GET": reservations.fetch_reservation,
        "POST": reservations.update_reservation,
    },
}
_WORKSPACE: Mapping[str, Mapping[str, Handler]] = {
    "/Activities": {
        "GET": workspaces.list_activities,
        "POST": workspaces.create_activity,
    },
    "/Activities/{sid}": {
        "GET": workspaces.fetch_activity,
        "POST": workspaces.update_activity,
        "DELETE": workspaces.delete_activity,
    },
    "/Workers": {"GET": workers.list_workers, "POST": workers.create_worker},
    "/Workers/{sid}": {
        "GET": workers.fetch_worker,
        "POST": workers.update_worker,
        "DELETE": workers.delete_worker,
    },
    "/Workers/{worker}/Channels": {"GET": workers.list_worker_channels},
    "/Workers/{worker}/Channels/{sid}": {
        "GET": workers.fetch_worker_channel,
        "POST": workers.update_worker_channel,
    },
    **{f"/Workers/{{worker}}{path}": table for path, table in _RESERVATIONS.items()},
    "/TaskQueues": {"GET": queues.list_task_queues, "POST": queues.create_task_queue},
    "/TaskQueues/{sid}": {
        "GET": queues.fetch_task_queue,
        "POST": queues.update_task_queue,
        "DELETE": queues.delete_task_queue,
    },
    "/Workflows": {"GET": queues.list_workflows, "POST": queues.create_workflow},
    "/Workflows/{sid}": {
        "GET": queues.fetch_workflow,
        "POST": queues.update_workflow,
        "DELETE": queues.delete_workflow,
    },
    "/Tasks": {"GET": tasks.list_tasks, "POST": tasks.create_task},
    "/Tasks/{sid}": {
        "GET": tasks.fetch_task,
        "POST": tasks.update_task,
        "DELETE": tasks.delete_task,
    },
    **{f"/Tasks/{{task}}{path}": table for path, table in _RESERVATIONS.items()},
    "/TaskChannels": {
        "GET": workspaces.list_task_channels,
        "POST": workspaces.create_task_channel,
    },
    "/TaskChannels/{sid}": {
        "GET": workspaces.fetch_task_channel,
        "POST": workspaces.update_task_channel,
        "DELETE": workspaces.delete_task_channel,
    },
    "/Events": {"GET": events.list_events},
    "/Events/{sid}": {"GET": events.fetch_event},
    **statistics.PATHS,
}
ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "/Workspaces": {
        "GET": workspaces.list_workspaces,
        "POST": workspaces.create_workspace,
    },
    "/Workspaces/{workspace}": {
        "GET": workspaces.fetch_workspace,
        "POST": workspaces.update_workspace,
        "DELETE": workspaces.delete_workspace,
    },
    **{f"/Workspaces/{{workspace}}{path}": table for path, table in _WORKSPACE.items()},
}


def match(path: str) -> tuple[Mapping[str, Handler], dict[str, str]] | None:
    """Find the handlers of a path (below /v1), and what stands in its places.

    A literal step wins over a place: Workers/Statistics is no worker.
    """
    steps = path.split("/")
    best: tuple[int, Mapping[str, Handler], dict[str, str]] | None = None
    for pattern, table in ROUTES.items():
        sids = _fit(pattern.split("/"), steps)
        if sids is not None and (best is None or len(sids) < best[0]):
            best = len(sids), table, sids
    return None if best is None else best[1:]


def _fit(pattern: list[str], steps: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(steps):
        return None
    sids = {}
    for place, step in zip(pattern, steps, strict=True):
        if place.startswith("{"):
            sids[place[1:-1]] = step
        elif place != step:
            return None
    return sids


class Api:
    """The REST API of one service.

    Args:
        engine: the service.
        render: makes its JSON.
    """

    def __init__(self, engine: Engine, render: Renderer) -> None:
        self._engine = engine
        self._render = render

    def perform(
        self,
        method: str,
        path: str,
        params: Parameters,
        *,
        if_match: str | None = None,
    ) -> Answer:
        """Answer a request.

        Args:
            method: the HTTP method.
            path: the path, starting at /v1.
            params: query (GET, DELETE) or form (POST).
            if_match: the If-Match header.
        """
        try:
            return self._dispatch(method, path, params, if_match)
        except errors.ServiceError as error:
            return refused(error)

    def _dispatch(
        self, method: str, path: str, params: Parameters, if_match: str | None
    ) -> Answer:
        if not path.startswith(f"{VERSION}/"):
            raise errors.not_found(path)
        below = path.removeprefix(VERSION).rstrip("/")
        matched = match(below)
        if matched is None:
            raise errors.not_found(below)
        handlers, sids = matched
        handler = handlers.get(method)
        if handler is None:
            raise errors.method_not_allowed(method)
        # What has fallen due comes first, so that a late timer matters to nobody.
        self._engine.run_due()
        return handler(
            Call(
                engine=self._engine,
                render=self._render,
                path=below,
                sids=sids,
                params=params,
                if_match=if_match,
            )
        )
