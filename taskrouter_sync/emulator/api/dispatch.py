"""REST without a server.

Owns: the table of paths, which handler responds to what, and the responses to what is
not there. Authentication has been checked before.
"""

from __future__ import annotations

from collections.abc import Mapping

from taskrouter_sync.emulator.api import reservations, resources, statistics
from taskrouter_sync.emulator.api.rendering import Renderer
from taskrouter_sync.emulator.api.requests import Parameters, Request
from taskrouter_sync.emulator.api.resources import Handlers
from taskrouter_sync.emulator.api.responses import (
    Response,
    ServiceError,
    method_not_allowed,
    not_found,
    refused,
)
from taskrouter_sync.emulator.engine import Engine


METHODS = ("GET", "POST", "DELETE")
VERSION = "/v1"

_RESERVATIONS: Mapping[str, Handlers] = {
    "/Reservations": {"GET": reservations.list_reservations},
    "/Reservations/{sid}": {
        "GET": reservations.fetch_reservation,
        "POST": reservations.update_reservation,
    },
}
# Below a workspace.
_WORKSPACE: Mapping[str, Handlers] = {
    **{
        path: handlers
        for resource in resources.RESOURCES
        for path, handlers in resource.routes().items()
    },
    "/Workers/{worker}/Channels": {"GET": resources.list_worker_channels},
    "/Workers/{worker}/Channels/{sid}": {
        "GET": resources.fetch_worker_channel,
        "POST": resources.update_worker_channel,
    },
    **{f"/Workers/{{worker}}{path}": each for path, each in _RESERVATIONS.items()},
    **{f"/Tasks/{{task}}{path}": each for path, each in _RESERVATIONS.items()},
    "/Events": {"GET": resources.list_events},
    "/Events/{sid}": {"GET": resources.fetch_event},
    **statistics.ROUTES,
}
ROUTES: Mapping[str, Handlers] = {
    **resources.WORKSPACES.routes(),
    **{f"/Workspaces/{{workspace}}{path}": each for path, each in _WORKSPACE.items()},
}
_PATTERNS = [(pattern.split("/"), handlers) for pattern, handlers in ROUTES.items()]


def match(path: str) -> tuple[Handlers, dict[str, str]] | None:
    """Find the handlers of a path (below /v1), and what is in its places.

    A literal step wins over a place: Workers/Statistics is no worker.
    """
    steps = path.split("/")
    best: tuple[int, Handlers, dict[str, str]] | None = None
    for pattern, handlers in _PATTERNS:
        sids = _fit(pattern, steps)
        if sids is not None and (best is None or len(sids) < best[0]):
            best = len(sids), handlers, sids
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
    ) -> Response:
        """Respond to a request.

        Args:
            method: the HTTP method.
            path: the path, starting at /v1.
            params: query (GET, DELETE) or form (POST).
            if_match: the If-Match header.
        """
        try:
            if not path.startswith(f"{VERSION}/"):
                raise not_found(path)
            below = path.removeprefix(VERSION).rstrip("/")
            matched = match(below)
            if matched is None:
                raise not_found(below)
            handlers, sids = matched
            handler = handlers.get(method)
            if handler is None:
                raise method_not_allowed(method)
            # What is due comes first, so that a late timer matters to nobody.
            self._engine.run_due()
            return handler(
                Request(self._engine, self._render, below, sids, params, if_match)
            )
        except ServiceError as error:
            return refused(error)
