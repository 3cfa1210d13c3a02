"""A workflow's configuration: parsed, checked, and turned into plain values.

Knows the expression language, nothing of tasks, queues or time.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from .errors import MAX_CONFIGURATION, check_whole, invalid, parse_json
from .expressions import (
    MAX_LENGTH,
    Expression,
    ExpressionError,
    Path,
    parse,
    parse_path,
)


MAX_PRIORITY = 2**31 - 1
MAX_TIMEOUT = 1_209_600
# Of all filters together (choice): a task may go through all of them at once.
MAX_TARGETS = 5000


@dataclass(frozen=True)
class OrderClause:
    """One part of `order_by`: a path below `worker`, and which way."""

    path: Path
    descending: bool


@dataclass(frozen=True, eq=False)
class Target:
    """One routing step."""

    queue_sid: str
    priority: int | None = None
    # Seconds; None: stay for good.
    timeout: int | None = None
    expression: Expression | None = None
    order_by: tuple[OrderClause, ...] = ()
    skip_if: Expression | None = None
    # Where the task says which worker it wants (None: any), and that by name.
    known_worker: Path | None = None
    by_name: bool = False


@dataclass(frozen=True, eq=False)
class Filter:
    """Targets for the tasks that match an expression (None: all tasks)."""

    friendly_name: str
    expression: Expression | None
    targets: tuple[Target, ...]

    @cached_property
    def expression_shown(self) -> str | None:
        """The expression as events have it, one text for all of them."""
        # Recorded as a JSON array of texts: ["language=='english'"].
        return None if self.expression is None else json.dumps([self.expression.text])


@dataclass(frozen=True, eq=False)
class Configuration:
    """A workflow's configuration; `text` is what the user gave."""

    text: str
    filters: tuple[Filter, ...]
    default_filter: Filter | None

    @cached_property
    def digest(self) -> str:
        """What names the text."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def queue_sids(self) -> set[str]:
        """Return the sids of all queues it names."""
        filters = [*self.filters]
        if self.default_filter is not None:
            filters.append(self.default_filter)
        return {target.queue_sid for filter in filters for target in filter.targets}


def leading_to(queue_sid: str) -> Configuration:
    """Make the configuration that leads every task to one queue, for good."""
    only = Filter("", None, (Target(queue_sid),))
    return Configuration("", (), only)


def parse_configuration(text: str) -> Configuration:
    """Parse a configuration; raises ServiceError with what is wrong where."""
    document = parse_json(text, MAX_CONFIGURATION, "Configuration")
    # One sample of the documentation leaves the wrapper out.
    routing = _object(document.get("task_routing", document), "task_routing")
    filters = routing.get("filters")
    if filters is None:
        filters = []
    if not isinstance(filters, list):
        raise invalid("Configuration: filters must be a list")
    places = [f"filters[{n}]" for n in range(len(filters))]
    targets = sum(len(_targets(*each)) for each in zip(filters, places, strict=True))
    if targets > MAX_TARGETS:
        raise invalid(f"Configuration: there must be at most {MAX_TARGETS} targets")
    default = routing.get("default_filter")
    return Configuration(
        text,
        tuple(map(_filter, filters, places)),
        None if default is None else _default_filter(default),
    )


def _targets(value: Any, where: str) -> list[Any]:
    targets = _object(value, where).get("targets")
    if not isinstance(targets, list) or not targets:
        raise invalid(f"Configuration: {where} needs at least one target")
    return targets


def _filter(item: dict[str, Any], where: str) -> Filter:
    parsed: list[Target] = []
    for number, target in enumerate(_targets(item, where)):
        place = f"{where}.targets[{number}]"
        inherited = parsed[-1].queue_sid if parsed else None
        parsed.append(_target(_object(target, place), place, inherited))
    name = item.get("filter_friendly_name", item.get("friendly_name"))
    return Filter(
        friendly_name=name if isinstance(name, str) else "",
        # Without an expression a filter takes every task (choice).
        expression=parsed_expression(item.get("expression"), f"{where}.expression"),
        targets=tuple(parsed),
    )


def _default_filter(value: Any) -> Filter:
    target = _target(_object(value, "default_filter"), "default_filter", None)
    # It has no timeout, and nothing follows to which one could skip.
    final = Target(target.queue_sid, target.priority, expression=target.expression)
    return Filter("Default Filter", None, (final,))


def _target(item: dict[str, Any], where: str, inherited: str | None) -> Target:
    queue = item.get("queue") or item.get("task_queue_sid") or inherited
    if not isinstance(queue, str):
        raise invalid(f"Configuration: {where} needs a queue")
    timeout = _number(item.get("timeout"), 1, MAX_TIMEOUT, f"{where}.timeout")
    by_sid = _reference(item, "known_worker_sid", where)
    by_name = _reference(item, "known_worker_friendly_name", where)
    return Target(
        queue_sid=queue,
        priority=_number(item.get("priority"), 0, MAX_PRIORITY, f"{where}.priority"),
        timeout=timeout,
        expression=parsed_expression(item.get("expression"), f"{where}.expression"),
        order_by=_order_by(item.get("order_by"), f"{where}.order_by"),
        skip_if=parsed_expression(item.get("skip_if"), f"{where}.skip_if"),
        known_worker=by_sid or by_name,
        by_name=by_sid is None,
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Configuration: {where} must be an object")
    return value


def _number(value: Any, low: int, high: int, where: str) -> int | None:
    if value is None or value == "":
        return None
    digits = isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value)
    whole = isinstance(value, float) and value.is_integer()
    number: int = int(value) if digits or whole else value
    check_whole(number, low, high, f"Configuration: {where}")
    return number


def parsed_expression(value: Any, where: str) -> Expression | None:
    """Parse an optional expression; absent, null and empty text are None."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid(f"{where} must be an expression")
    try:
        return parse(value)
    except ExpressionError as exc:
        raise invalid(f"{where} is not valid: {exc}") from exc


def _order_by(value: Any, where: str) -> tuple[OrderClause, ...]:
    if value is None or value == "":
        return ()
    if not isinstance(value, str):
        raise invalid(f"Configuration: {where} must be a string")
    if len(value) > MAX_LENGTH:
        problem = f"must not be longer than {MAX_LENGTH} characters"
        raise invalid(f"Configuration: {where} {problem}")
    # A path that comes again decides nothing more.
    clauses: dict[Path, bool] = {}
    for part in value.split(","):
        words = part.split()
        direction = words[1].upper() if len(words) == 2 else "ASC"
        path = parse_path(words[0]) if len(words) in (1, 2) else None
        if (
            path is None
            or direction not in ("ASC", "DESC")
            or path.steps[0] != "worker"
            or len(path.steps) < 2
        ):
            raise invalid(f"Configuration: {where} is not valid: {part.strip()}")
        clauses.setdefault(Path(path.steps[1:]), direction == "DESC")
    return tuple(OrderClause(path, down) for path, down in clauses.items())


def _reference(item: dict[str, Any], key: str, where: str) -> Path | None:
    value = item.get(key)
    if value is None or value == "":
        return None
    path = parse_path(value.strip()) if isinstance(value, str) else None
    if path is None or path.steps[0] != "task" or len(path.steps) < 2:
        raise invalid(f"Configuration: {where}.{key} must be of the form task.name")
    return Path(path.steps[1:])
