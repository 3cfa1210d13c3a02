"""REST requests, their parameters, and the responses.

Owns: reading texts, numbers, booleans, dates and documents out of a query, a form,
or the JSON object of an event bridge envelope; the resources that a path names; the
version check; the error codes that only the wire has. Raises the service's errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from ..engine import Engine
from ..engine.containers import Entity, Versioned
from ..engine.errors import ServiceError, invalid, read_json
from ..engine.model import KEEP_SECONDS, Task, Worker, Workspace
from ..fields import INTEGER
from .rendering import Json, Renderer


DEFAULT_MINUTES = 15
# Nothing is kept for longer, so a longer interval contains no more (choice).
_MAX_MINUTES = int(KEEP_SECONDS / 60)
# 9999-12-31T23:59:59Z, the last moment that can be written as a date.
_LAST = 253_402_300_799.0

# Error codes.
AUTHENTICATION_FAILED = 20003
METHOD_NOT_ALLOWED = 20004
# Not published; formed like the service's other codes (20404, 20429).
PRECONDITION_FAILED = 20412
UNSUPPORTED_PAGE = 40153
# Not published either.
INTERNAL = 20500

_TRUE = frozenset({"true", "1", "yes"})


@dataclass(frozen=True)
class Response:
    """A response; `body` None means no body."""

    status: int
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: ServiceError | None = None


def refused(error: ServiceError) -> Response:
    """Respond with an error."""
    return Response(
        error.status, body(error.status, error.code, error.message), error=error
    )


def body(status: int, code: int, message: str) -> dict[str, object]:
    """Return the body of an error."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def forbidden(message: str) -> ServiceError:
    """Make the refusal of what is not permitted."""
    # The service's code for it is not published; it is one of the 20003 family.
    return ServiceError(403, AUTHENTICATION_FAILED, message)


def internal(message: str) -> ServiceError:
    """Make the refusal of what cannot be done for reasons of the service's own."""
    return ServiceError(500, INTERNAL, message)


def method_not_allowed(method: str) -> ServiceError:
    """Make the refusal of a method that the resource does not have."""
    return ServiceError(405, METHOD_NOT_ALLOWED, f"Method {method} not allowed")


class Parameters(Mapping[str, "tuple[str, ...]"]):
    """All values of each parameter, as strings, in the order of the request."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        self._values = {name: tuple(each) for name, each in values.items()}

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Parameters:
        """Read an envelope's ``params``: null is left out, an object is a string."""
        return cls(
            (name, _text(item))
            for name, value in document.items()
            if value is not None
            # A list is a repeated name, as in a form.
            for item in (value if isinstance(value, list) else [value])
        )

    @classmethod
    def from_body(cls, text: str, content_type: str) -> Parameters:
        """Read the body of a POST: a form, but JSON if it says so.

        JSON other than an object supplies nothing, so required parameters are missing.
        """
        if content_type != "application/json":
            return cls(parse_qsl(text, keep_blank_values=True))
        try:
            document = read_json(text)
        except ValueError:
            document = None
        return cls.from_json(document if isinstance(document, dict) else {})

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def pairs(self) -> list[tuple[str, str]]:
        """List each value with its name."""
        return [(name, value) for name in self for value in self[name]]

    def plain(self) -> dict[str, object]:
        """Return them for display: one value as a string, several as a list."""
        return {
            name: values[0] if len(values) == 1 else list(values)
            for name, values in self.items()
        }

    def text(self, name: str) -> str | None:
        """Return the last value, None when not supplied."""
        values = self.get(name)
        return values[-1] if values else None

    def required(self, name: str) -> str:
        """Return the last value; an absent or empty one is an error."""
        value = self.text(name)
        if not value:
            raise invalid(f"{name} field is required")
        return value

    def integer(self, name: str) -> int | None:
        """Return a number, None when not supplied."""
        value = self.text(name)
        if value is None:
            return None
        if not INTEGER.fullmatch(value):
            raise invalid(f"{name} must be an integer")
        return int(value)

    def boolean(self, name: str) -> bool | None:
        """Return a boolean, None when not supplied; what is not true is false."""
        value = self.text(name)
        return None if value is None else value.strip().lower() in _TRUE

    def date(self, name: str) -> float | None:
        """Return a date as epoch seconds, None when not supplied; UTC by default."""
        value = self.text(name)
        if value is None:
            return None
        try:
            # Python 3.10 does not read the Z.
            date = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
            aware = date if date.tzinfo else date.replace(tzinfo=timezone.utc)
            return aware.timestamp()
        except (ValueError, OverflowError):
            raise invalid(f"{name} must be an ISO 8601 date") from None

    def arguments(self, kinds: Mapping[str, str]) -> dict[str, Any]:
        """Return parameters as arguments of an operation: snake_case, None if absent.

        `kinds` names for each the method that reads it, as in FriendlyName: required.
        """
        return {snake(name): getattr(self, kind)(name) for name, kind in kinds.items()}

    def choices(self, name: str) -> tuple[str, ...]:
        """Return the values of a list, each once, in the order of their first places.

        Repeated names and commas both separate.
        """
        items = (
            item.strip() for value in self.get(name, ()) for item in value.split(",")
        )
        # Whoever goes through them for each item of a list relies on their number.
        return tuple(dict.fromkeys(filter(None, items)))


# The names are few, and every request has some.
@cache
def snake(name: str) -> str:
    """Return the snake_case of a CamelCase name."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        # JavaScript has one kind of number: 5.0 is 5.
        value = int(value)
    # Each character counts once, as in a form; halves stay as they came.
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


Entity_ = TypeVar("Entity_", bound=Entity)


@dataclass(frozen=True)
class Request:
    """A request that matched a route.

    `path` is below /v1, `sids` are in its places, by their names. `params` are the
    query (GET, DELETE) or the form (POST).
    """

    engine: Engine
    render: Renderer
    path: str
    sids: Mapping[str, str]
    params: Parameters
    if_match: str | None = None

    @property
    def sid(self) -> str:
        """The sid of the resource itself."""
        return self.sids["sid"]

    @property
    def workspace(self) -> Workspace:
        """The workspace in the path."""
        return self.engine.workspaces.find(self.sids["workspace"])

    @property
    def worker(self) -> Worker:
        """The worker in the path."""
        return self.engine.workers.find(self.workspace, self.sids["worker"])

    @property
    def task(self) -> Task:
        """The task in the path."""
        return self.engine.tasks.find(self.workspace, self.sids["task"])

    @property
    def owner(self) -> Task | Worker:
        """The task or worker in the path, whose reservations follow."""
        return self.task if "task" in self.sids else self.worker

    def check_version(self, entity: Entity_) -> Entity_:
        """Refuse if the request is for another version than the present one."""
        if isinstance(entity, Versioned):
            header = self.if_match or "*"
            wanted = {
                tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")
            }
            if wanted.isdisjoint(("*", str(entity.version))):
                message = f"If-Match does not match the version {entity.version}"
                raise ServiceError(412, PRECONDITION_FAILED, message)
        return entity

    def shown(
        self, entity: Entity_, render: Callable[[Entity_], Json], status: int = 200
    ) -> Response:
        """Respond with a resource, and its version if it has one."""
        headers = {}
        if isinstance(entity, Versioned):
            headers["ETag"] = f'"{entity.version}"'
        return Response(status, render(entity), headers)

    def interval(self) -> tuple[float, float]:
        """Return start and end in epoch seconds: the last 15 minutes by default."""
        minutes = self.params.integer("Minutes")
        start, end = self.params.date("StartDate"), self.params.date("EndDate")
        if minutes is not None:
            if start is not None or end is not None:
                raise invalid("Minutes cannot be combined with StartDate or EndDate")
            if minutes < 0:
                raise invalid("Minutes must not be negative")
        if end is None:
            end = self.engine.now
        if start is None:
            asked = DEFAULT_MINUTES if minutes is None else minutes
            start = end - 60.0 * min(asked, _MAX_MINUTES)
        # Nothing happened before 1970.
        return min(max(start, 0.0), _LAST), min(max(end, 0.0), _LAST)

    def workers_of_queues(self) -> set[str] | None:
        """Return the workers' sids of the queues in the query; None without queues."""
        sid = self.params.text("TaskQueueSid")
        name = self.params.text("TaskQueueName")
        if sid is None and name is None:
            return None
        return {
            worker_sid
            for queue in self.workspace.task_queues.values()
            if sid in (None, queue.sid) and name in (None, queue.friendly_name)
            for worker_sid in queue.worker_sids
        }


Handlers = Mapping[str, Callable[[Request], Response]]
