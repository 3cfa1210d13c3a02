"""REST without a server: which resource responds to what, and how.

Owns: the table of paths; of workspaces and what is in them (except reservations and
statistics) what each kind takes, and how its list is filtered and ordered.
Authentication has been checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from taskrouter_sync.emulator.api import reservations, statistics
from taskrouter_sync.emulator.api.pages import (
    Keys,
    Test,
    equals,
    listed,
    matches,
    ordered,
)
from taskrouter_sync.emulator.api.rendering import Json, Renderer, event_data
from taskrouter_sync.emulator.api.requests import Handlers, Parameters, Request
from taskrouter_sync.emulator.api.responses import (
    Response,
    ServiceError,
    method_not_allowed,
    not_found,
    refused,
)
from taskrouter_sync.emulator.engine import Engine, Event
from taskrouter_sync.emulator.engine.errors import MAX_ATTRIBUTES, one_of, parse_json
from taskrouter_sync.emulator.engine.model import TaskQueue, TaskStatus, Worker


METHODS = ("GET", "POST", "DELETE")
VERSION = "/v1"

# How a parameter is read, by its name: a method of Parameters.
Kinds = Mapping[str, str]


class Resource:
    """One kind of resource, with a handler for each method.

    Args:
        name: of the engine's operations and the workspace's container, as task_queues.
        renders: the renderer's method for it.
        create: the parameters of a creation.
        update: the parameters of a change, all optional.
        filters: attributes by the parameters that the list is filtered by, with kinds.
        keys: what the list can be ordered by.
        apart: of the keys, those that must not come together.
    """

    key: str

    def __init__(
        self,
        name: str,
        renders: str,
        *,
        create: Kinds,
        update: Kinds,
        filters: Mapping[str, tuple[str, str]] | None = None,
        keys: Keys | None = None,
        apart: frozenset[str] = frozenset(),
    ) -> None:
        self._name = name
        self._renders = renders
        self._create = create
        self._update = update
        self._filters = filters or {}
        self._keys = keys or {}
        self._apart = apart
        self.path = "".join(word.capitalize() for word in name.split("_"))
        self.key = "channels" if name == "task_channels" else name

    def routes(self) -> dict[str, Handlers]:
        """Give the handlers by path below the owner, and method."""
        return {
            f"/{self.path}": {"GET": self.list, "POST": self.create},
            f"/{self.path}/{{sid}}": {
                "GET": self.fetch,
                "POST": self.update,
                "DELETE": self.delete,
            },
        }

    def list(self, request: Request) -> Response:
        """List resources."""
        params = request.params
        tests = [
            equals(getattr(params, kind)(parameter), attribute)
            for parameter, (kind, attribute) in self._filters.items()
        ]
        items = ordered(self._items(request), params, self._keys, apart=self._apart)
        render = self._render(request)
        return listed(request, self.key, items, render, *tests, *self._tests(request))

    def create(self, request: Request) -> Response:
        """Create a resource."""
        arguments = request.params.arguments(self._create)
        made = self._operations(request).create(*self._owner(request), **arguments)
        return request.shown(made, self._render(request), 201)

    def fetch(self, request: Request) -> Response:
        """Show a resource."""
        return request.shown(self._find(request), self._render(request))

    def update(self, request: Request) -> Response:
        """Change a resource."""
        entity = request.check_version(self._find(request))
        arguments = request.params.arguments(self._update)
        self._operations(request).update(entity, **arguments)
        return request.shown(entity, self._render(request))

    def delete(self, request: Request) -> Response:
        """Delete a resource."""
        entity = request.check_version(self._find(request))
        self._operations(request).delete(entity)
        return Response(204)

    def _operations(self, request: Request) -> Any:
        return getattr(request.engine, self._name)

    def _owner(self, request: Request) -> tuple[Any, ...]:
        return (request.workspace,)

    def _items(self, request: Request) -> Iterable[Any]:
        items: Iterable[Any] = getattr(request.workspace, self._name).values()
        return items

    def _find(self, request: Request) -> Any:
        return self._operations(request).find(*self._owner(request), request.sid)

    def _render(self, request: Request) -> Callable[[Any], Json]:
        render: Callable[[Any], Json] = getattr(request.render, self._renders)
        return render

    def _tests(self, request: Request) -> Iterable[Test[Any]]:
        """Give what else the list is filtered by."""
        return ()


class _Workspaces(Resource):
    """Workspaces, which belong to nothing but the account."""

    def routes(self) -> dict[str, Handlers]:
        path = f"/{self.path}"
        of_list, of_one = super().routes().values()
        return {path: of_list, f"{path}/{{workspace}}": of_one}

    def _owner(self, request: Request) -> tuple[Any, ...]:
        return ()

    def _items(self, request: Request) -> Iterable[Any]:
        return request.engine.workspaces.values()

    def _find(self, request: Request) -> Any:
        return request.workspace


class _Workers(Resource):
    def _tests(self, request: Request) -> Iterable[Test[Any]]:
        yield matches(request.params, "TargetWorkersExpression", _worker_context)
        sids = request.workers_of_queues()
        if sids is not None:
            yield lambda worker: worker.sid in sids


def _worker_context(worker: Worker) -> dict[str, Any]:
    # Which wins where an attribute has the name of a field is not published: here
    # the attribute, as it is what the application wrote.
    return {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": worker.activity_sid,
        "activity_name": worker.activity_name,
        **worker.attributes_value,
    }


class _TaskQueues(Resource):
    def _tests(self, request: Request) -> Iterable[Test[Any]]:
        worker_sid = request.params.text("WorkerSid")
        if worker_sid is not None:
            yield lambda queue: worker_sid in queue.worker_sids
        name = "EvaluateWorkerAttributes"
        text = request.params.text(name)
        if text is not None:
            attributes = parse_json(text, MAX_ATTRIBUTES, name)

            def accepts(queue: TaskQueue) -> bool:
                expression = queue.target_workers_value
                return expression is not None and expression.matches(attributes)

            yield accepts


class _Tasks(Resource):
    def _tests(self, request: Request) -> Iterable[Test[Any]]:
        params = request.params
        statuses = params.choices("AssignmentStatus")
        for status in statuses:
            one_of(status, get_args(TaskStatus), "AssignmentStatus")
        yield lambda task: not statuses or task.assignment_status in statuses
        yield matches(
            params, "EvaluateTaskAttributes", lambda task: task.attributes_value
        )
        # No task has add-ons here.
        with_addons = params.boolean("HasAddons") is True
        yield lambda task: not with_addons


_NAME = {"FriendlyName": ("text", "friendly_name")}
_WORKSPACE: Kinds = {
    "EventCallbackUrl": "text",
    "EventsFilter": "text",
    "MultiTaskEnabled": "boolean",
    "PrioritizeQueueOrder": "text",
}
_TASK_QUEUE: Kinds = {
    "TargetWorkers": "text",
    "MaxReservedWorkers": "integer",
    "TaskOrder": "text",
    "ReservationActivitySid": "text",
    "AssignmentActivitySid": "text",
}
_WORKFLOW: Kinds = {
    "AssignmentCallbackUrl": "text",
    "FallbackAssignmentCallbackUrl": "text",
    "TaskReservationTimeout": "integer",
}
_WORKER: Kinds = {"ActivitySid": "text", "Attributes": "text"}
_TASK: Kinds = {
    "Attributes": "text",
    "Priority": "integer",
    "TaskChannel": "text",
    "VirtualStartTime": "date",
}

WORKSPACES = _Workspaces(
    "workspaces",
    "workspace",
    create={"FriendlyName": "required", "Template": "text", **_WORKSPACE},
    update={
        "FriendlyName": "text",
        "DefaultActivitySid": "text",
        "TimeoutActivitySid": "text",
        **_WORKSPACE,
    },
    filters=_NAME,
)
# What is in a workspace. Published is that Workers and TaskQueues have the parameter
# Ordering, but not what it takes. Taken is the form of that of Tasks, with what people
# tell these by; names regardless of case, as the service compares them.
RESOURCES = (
    Resource(
        "activities",
        "activity",
        create={"FriendlyName": "required", "Available": "boolean"},
        # Whether it is available is fixed for life: sent, it is ignored.
        update={"FriendlyName": "text"},
        filters={**_NAME, "Available": ("boolean", "available")},
    ),
    Resource(
        "task_channels",
        "task_channel",
        create={
            "FriendlyName": "required",
            "UniqueName": "required",
            "ChannelOptimizedRouting": "boolean",
        },
        update={"FriendlyName": "text", "ChannelOptimizedRouting": "boolean"},
    ),
    _TaskQueues(
        "task_queues",
        "task_queue",
        create={"FriendlyName": "required", **_TASK_QUEUE},
        update={"FriendlyName": "text", **_TASK_QUEUE},
        filters=_NAME,
        keys={
            "DateCreated": lambda queue: queue.date_created,
            "DateUpdated": lambda queue: queue.date_updated,
            "FriendlyName": lambda queue: queue.friendly_name.casefold(),
        },
    ),
    Resource(
        "workflows",
        "workflow",
        create={
            "FriendlyName": "required",
            "Configuration": "required",
            **_WORKFLOW,
        },
        update={
            "FriendlyName": "text",
            "Configuration": "text",
            "ReEvaluateTasks": "boolean",
            **_WORKFLOW,
        },
        filters=_NAME,
    ),
    _Workers(
        "workers",
        "worker",
        create={"FriendlyName": "required", **_WORKER},
        update={
            "FriendlyName": "text",
            "RejectPendingReservations": "boolean",
            **_WORKER,
        },
        filters={
            **_NAME,
            "ActivityName": ("text", "activity_name"),
            "ActivitySid": ("text", "activity_sid"),
            "Available": ("boolean", "available"),
        },
        keys={
            "DateCreated": lambda worker: worker.date_created,
            "DateUpdated": lambda worker: worker.date_updated,
            "DateStatusChanged": lambda worker: worker.date_status_changed,
            "FriendlyName": lambda worker: worker.friendly_name.casefold(),
            "ActivityName": lambda worker: worker.activity_name.casefold(),
        },
    ),
    _Tasks(
        "tasks",
        "task",
        create={
            "WorkflowSid": "text",
            "Timeout": "integer",
            "RoutingTarget": "text",
            "IgnoreCapacity": "boolean",
            "TaskQueueSid": "text",
            **_TASK,
        },
        update={"AssignmentStatus": "text", "Reason": "text", **_TASK},
        filters={
            "Priority": ("integer", "priority"),
            "WorkflowSid": ("text", "workflow_sid"),
            "WorkflowName": ("text", "workflow_friendly_name"),
            "TaskQueueSid": ("text", "task_queue_sid"),
            "TaskQueueName": ("text", "task_queue_friendly_name"),
            "RoutingTarget": ("text", "routing_target"),
        },
        keys={
            "DateCreated": lambda task: task.date_created,
            "Priority": lambda task: task.priority,
            "VirtualStartTime": lambda task: task.virtual_start_time,
        },
        apart=frozenset({"DateCreated", "VirtualStartTime"}),
    ),
)


def list_worker_channels(request: Request) -> Response:
    """List a worker's channels."""
    channels = request.worker.channels.values()
    return listed(request, "channels", channels, request.render.worker_channel)


def fetch_worker_channel(request: Request) -> Response:
    """Show a worker's channel, by WC sid or the task channel's unique name."""
    channel = request.engine.workers.find_channel(request.worker, request.sid)
    return request.shown(channel, request.render.worker_channel)


def update_worker_channel(request: Request) -> Response:
    """Change capacity or availability of a worker's channel."""
    workers = request.engine.workers
    channel = workers.update_channel(
        workers.find_channel(request.worker, request.sid),
        **request.params.arguments({"Capacity": "integer", "Available": "boolean"}),
    )
    return request.shown(channel, request.render.worker_channel)


_EVENT_SIDS = ("ReservationSid", "TaskQueueSid", "TaskSid", "WorkerSid", "WorkflowSid")


def list_events(request: Request) -> Response:
    """List events, newest first (the service's order is not published)."""
    params = request.params
    sids = params.arguments(dict.fromkeys(_EVENT_SIDS, "text"))
    wanted = {name: sid for name, sid in sids.items() if sid is not None}
    channel = params.text("TaskChannel")

    def about(event: Event) -> bool:
        if not wanted and channel is None:
            return True
        data = event_data(event)
        channels = (data.get("task_channel_sid"), data.get("task_channel_unique_name"))
        return wanted.items() <= data.items() and channel in (None, *channels)

    return listed(
        request,
        "events",
        reversed(request.workspace.events.between(*request.interval())),
        request.render.event,
        equals(params.text("EventType"), "event_type"),
        equals(params.text("Sid"), "sid"),
        about,
    )


def fetch_event(request: Request) -> Response:
    """Show an event."""
    event = request.engine.event(request.workspace, request.sid)
    return Response(200, request.render.event(event))


_RESERVATIONS: Mapping[str, Handlers] = {
    "/Reservations": {"GET": reservations.list_reservations},
    "/Reservations/{sid}": {
        "GET": reservations.fetch_reservation,
        "POST": reservations.update_reservation,
    },
}
# Below a workspace.
_IN_WORKSPACE: Mapping[str, Handlers] = {
    **{
        path: handlers
        for resource in RESOURCES
        for path, handlers in resource.routes().items()
    },
    "/Workers/{worker}/Channels": {"GET": list_worker_channels},
    "/Workers/{worker}/Channels/{sid}": {
        "GET": fetch_worker_channel,
        "POST": update_worker_channel,
    },
    **{f"/Workers/{{worker}}{path}": each for path, each in _RESERVATIONS.items()},
    **{f"/Tasks/{{task}}{path}": each for path, each in _RESERVATIONS.items()},
    "/Events": {"GET": list_events},
    "/Events/{sid}": {"GET": fetch_event},
    **statistics.ROUTES,
}
ROUTES: Mapping[str, Handlers] = {
    **WORKSPACES.routes(),
    **{
        f"/Workspaces/{{workspace}}{path}": each for path, each in _IN_WORKSPACE.items()
    },
}


def _key(steps: list[str]) -> tuple[int, str]:
    return len(steps), "".join(steps[3:4])


# By what tells most of them apart: the number of steps, and the step after the
# workspace, which is never a place. Where a path fits several, the one with the fewest
# places is first: Workers/Statistics is no worker.
_PATTERNS: dict[tuple[int, str], list[tuple[list[str], Handlers]]] = {}
for _pattern, _handlers in sorted(ROUTES.items(), key=lambda each: each[0].count("{")):
    _steps = _pattern.split("/")
    _PATTERNS.setdefault(_key(_steps), []).append((_steps, _handlers))


def match(path: str) -> tuple[Handlers, dict[str, str]] | None:
    """Find the handlers of a path (below /v1), and what is in its places."""
    steps = path.split("/")
    for pattern, handlers in _PATTERNS.get(_key(steps), ()):
        pairs = list(zip(pattern, steps, strict=True))
        if all(place == step or place[:1] == "{" for place, step in pairs):
            places = {place: step for place, step in pairs if place[:1] == "{"}
            return handlers, {name[1:-1]: step for name, step in places.items()}
    return None


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
