"""REST without a server: which resource responds to what, and how.

Owns: the table of paths; of workspaces and what is in them (except statistics) what
each kind takes, and how its list is filtered and ordered. Authentication has been
checked before.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, get_args, get_type_hints

from ..engine import Engine, Event
from ..engine.configuration import (
    Activities,
    TaskChannels,
    TaskQueues,
    Workflows,
    Workspaces,
)
from ..engine.errors import (
    MAX_ATTRIBUTES,
    ServiceError,
    check_choice,
    invalid,
    not_found,
    parse_json,
)
from ..engine.model import ReservationStatus, Task, TaskStatus, Worker
from ..engine.tasks import Tasks
from ..engine.workers import Workers
from . import statistics
from .instructions import read_instruction
from .pages import Test, equals, listed, matches, ordered
from .rendering import Json, Renderer, camel
from .requests import (
    Handlers,
    Parameters,
    Request,
    Response,
    method_not_allowed,
    refused,
)


METHODS = ("GET", "POST", "DELETE")
VERSION = "/v1"

# How a parameter of REST is read (by a method of Parameters), by the type of the
# argument that it is for.
_KINDS: Mapping[Any, str] = {
    str: "required",
    str | None: "text",
    int | None: "integer",
    bool | None: "boolean",
    float | None: "date",
}


def kinds_of(operation: Callable[..., object]) -> Mapping[str, str]:
    """Return how the REST parameters of an operation are read, by their names.

    They are its arguments, in CamelCase; those of other types are in the path.
    """
    hints = get_type_hints(operation)
    return {
        camel(name): _KINDS[hints[name]]
        for name in inspect.signature(operation).parameters
        if hints.get(name) in _KINDS
    }


class Resource:
    """One kind of resource, with a handler for each method.

    Args:
        operations: the engine's, which say what a creation and a change take.
        renders: the renderer's method for it.
        filters: attributes by the parameters that the list is filtered by, with kinds.
        orders: what the list can be ordered by; names regardless of case, as the
            service compares them.
        apart: of these, those that must not come together.
    """

    def __init__(
        self,
        operations: Any,
        renders: str,
        *,
        filters: Mapping[str, tuple[str, str]] | None = None,
        orders: Sequence[str] = (),
        apart: frozenset[str] = frozenset(),
    ) -> None:
        self._name = name = operations.container
        self._renders = renders
        self._create = kinds_of(operations.create)
        self._update = kinds_of(operations.update)
        self._filters = filters or {}
        self._orders = orders
        self._apart = apart
        self.path = operations.__name__
        self.key = "channels" if name == "task_channels" else name

    def routes(self) -> dict[str, Handlers]:
        """Return the handlers by path below the owner, and method."""
        of_list = {"GET": self.list, "POST": self.create}
        of_one = {"GET": self.fetch, "POST": self.update, "DELETE": self.delete}
        return {f"/{self.path}": of_list, f"/{self.path}/{{sid}}": of_one}

    def list(self, request: Request) -> Response:
        """List resources."""
        params = request.params
        tests = [
            equals(getattr(params, kind)(parameter), attribute)
            for parameter, (kind, attribute) in self._filters.items()
        ]
        items = ordered(self._items(request), params, self._orders, self._apart)
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
        """Return the further filters of the list."""
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
            yield (
                lambda queue: (
                    queue.target_workers_value is not None
                    and queue.target_workers_value.matches(attributes)
                )
            )


class _Tasks(Resource):
    def _tests(self, request: Request) -> Iterable[Test[Any]]:
        params = request.params
        statuses = params.choices("AssignmentStatus")
        for status in statuses:
            check_choice(status, get_args(TaskStatus), "AssignmentStatus")
        yield lambda task: not statuses or task.assignment_status in statuses
        yield matches(
            params, "EvaluateTaskAttributes", lambda task: task.attributes_value
        )
        # No task has add-ons here.
        with_addons = params.boolean("HasAddons") is True
        yield lambda task: not with_addons


_NAME = {"FriendlyName": ("text", "friendly_name")}

WORKSPACES = _Workspaces(Workspaces, "workspace", filters=_NAME)
# What is in a workspace. Published is that Workers and TaskQueues have the parameter
# Ordering, but not what it takes. Taken is the form of that of Tasks, with what people
# tell these by.
RESOURCES = (
    Resource(
        Activities,
        "activity",
        filters={**_NAME, "Available": ("boolean", "available")},
    ),
    Resource(TaskChannels, "task_channel"),
    _TaskQueues(
        TaskQueues,
        "task_queue",
        filters=_NAME,
        orders=("DateCreated", "DateUpdated", "FriendlyName"),
    ),
    Resource(Workflows, "workflow", filters=_NAME),
    _Workers(
        Workers,
        "worker",
        filters={
            **_NAME,
            "ActivityName": ("text", "activity_name"),
            "ActivitySid": ("text", "activity_sid"),
            "Available": ("boolean", "available"),
        },
        orders=(
            "DateCreated",
            "DateUpdated",
            "DateStatusChanged",
            "FriendlyName",
            "ActivityName",
        ),
    ),
    _Tasks(
        Tasks,
        "task",
        filters={
            "Priority": ("integer", "priority"),
            "WorkflowSid": ("text", "workflow_sid"),
            "WorkflowName": ("text", "workflow_friendly_name"),
            "TaskQueueSid": ("text", "task_queue_sid"),
            "TaskQueueName": ("text", "task_queue_friendly_name"),
            "RoutingTarget": ("text", "routing_target"),
        },
        orders=("DateCreated", "Priority", "VirtualStartTime"),
        apart=frozenset({"DateCreated", "VirtualStartTime"}),
    ),
)
_CHANNEL = kinds_of(Workers.update_channel)


def list_worker_channels(request: Request) -> Response:
    """List a worker's channels."""
    channels = request.worker.channels.values()
    return listed(request, "channels", channels, request.render.worker_channel)


def fetch_worker_channel(request: Request) -> Response:
    """Show a worker's channel, by WC sid or the task channel's unique name."""
    channel = request.worker.channel(request.sid)
    return request.shown(channel, request.render.worker_channel)


def update_worker_channel(request: Request) -> Response:
    """Change capacity or availability of a worker's channel."""
    channel = request.engine.workers.update_channel(
        request.worker.channel(request.sid), **request.params.arguments(_CHANNEL)
    )
    return request.shown(channel, request.render.worker_channel)


# Instructions without a call: what they do, said as a status.
_PLAIN_INSTRUCTIONS = {"accept": "accepted", "reject": "rejected"}


def list_reservations(request: Request) -> Response:
    """List the reservations of a task or a worker."""
    params = request.params
    status = params.text("ReservationStatus")
    check_choice(status, get_args(ReservationStatus), "ReservationStatus")
    owner = request.owner
    # Only the list of a task can be asked for one worker's.
    worker_sid = params.text("WorkerSid") if isinstance(owner, Task) else None
    return listed(
        request,
        "reservations",
        owner.reservations.values(),
        partial(request.render.reservation, owner=owner),
        equals(status, "reservation_status"),
        equals(worker_sid, "worker_sid"),
    )


def fetch_reservation(request: Request) -> Response:
    """Show a reservation."""
    owner = request.owner
    reservation = request.engine.reservations.find(owner, request.sid)
    return request.shown(reservation, partial(request.render.reservation, owner=owner))


def update_reservation(request: Request) -> Response:
    """Accept, reject, wrap up or complete a reservation, or instruct it."""
    params, owner = request.params, request.owner
    render = partial(request.render.reservation, owner=owner)
    found = request.engine.reservations.find(owner, request.sid)
    reservation = request.check_version(found)
    instruction = params.text("Instruction")
    status = params.text("ReservationStatus")
    if instruction is not None:
        if instruction not in _PLAIN_INSTRUCTIONS:
            if instruction == "supervise" and not isinstance(owner, Task):
                # Its parameters are published for the path of the task alone.
                raise invalid(f"Instruction {instruction} is invalid")
            asked = read_instruction(instruction, params)
            # The call has only begun: the response shows the reservation as it was.
            before = request.engine.telephony.instruct(reservation, asked)
            return request.shown(before, render)
        status = _PLAIN_INSTRUCTIONS[instruction]
    # Every parameter is optional: without a status, nothing is changed.
    request.engine.reservations.update(
        reservation, status, worker_activity_sid=params.text("WorkerActivitySid")
    )
    return request.shown(reservation, render)


# What events can be searched by: the objects that have it, and its name there. The
# first that an event has is the one that `event_data` shows. All of that is not made
# for each event: there may be many.
_EVENT_PLACES: Mapping[str, Sequence[tuple[str, str]]] = {
    "ReservationSid": [("reservation", "sid")],
    "TaskQueueSid": [("task_queue", "sid"), ("task", "task_queue_sid")],
    "TaskSid": [("task", "sid")],
    "WorkerSid": [("worker", "sid")],
    "WorkflowSid": [("workflow", "sid"), ("task", "workflow_sid")],
}
# Either of these is the parameter TaskChannel.
_EVENT_CHANNELS: Sequence[Sequence[tuple[str, str]]] = [
    [
        ("task_channel", own),
        ("worker_channel", f"task_channel_{own}"),
        ("task", f"task_channel_{own}"),
    ]
    for own in ("sid", "unique_name")
]


def _in_event(event: Event, places: Sequence[tuple[str, str]]) -> object:
    for name, attribute in places:
        entity = getattr(event, name)
        if entity is not None:
            return getattr(entity, attribute)
    return None


def list_events(request: Request) -> Response:
    """List events, newest first (the service's order is not published)."""
    params = request.params
    wanted = [
        (places, sid)
        for name, places in _EVENT_PLACES.items()
        if (sid := params.text(name)) is not None
    ]
    channel = params.text("TaskChannel")

    def about(event: Event) -> bool:
        return all(_in_event(event, places) == sid for places, sid in wanted) and (
            channel is None
            or channel in (_in_event(event, places) for places in _EVENT_CHANNELS)
        )

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
    "/Reservations": {"GET": list_reservations},
    "/Reservations/{sid}": {
        "GET": fetch_reservation,
        "POST": update_reservation,
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


def _key(path: str) -> tuple[int, str]:
    steps = path.split("/")
    return len(steps), "".join(steps[3:4])


# By what tells most of them apart: the number of steps, and the step after the
# workspace, which is never a place. Where a path fits several, the one with the fewest
# places is first: Workers/Statistics is no worker.
_PATTERNS: dict[tuple[int, str], list[tuple[re.Pattern[str], Handlers]]] = {}
for _path, _handlers in sorted(ROUTES.items(), key=lambda each: each[0].count("{")):
    _pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]*)", _path))
    _PATTERNS.setdefault(_key(_path), []).append((_pattern, _handlers))


def match(path: str) -> tuple[Handlers, dict[str, str]] | None:
    """Find the handlers of a path (below /v1), and what is in its places."""
    for pattern, handlers in _PATTERNS.get(_key(path), ()):
        found = pattern.fullmatch(path)
        if found is not None:
            return handlers, found.groupdict()
    return None


class Api:
    """The REST API of one service."""

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
        """Respond to a request; `path` starts at /v1, `params` are as in `Request`."""
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
            # Whatever is due happens first, so that a late timer has no effect.
            self._engine.run_due()
            return handler(
                Request(self._engine, self._render, below, sids, params, if_match)
            )
        except ServiceError as error:
            return refused(error)
