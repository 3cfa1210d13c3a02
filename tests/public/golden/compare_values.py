"""Whether a value is what is expected: exactly, or as far as a marker says.

Markers in an expected value: `$message`, something with a message; `$at_least`, this
and maybe more; `$announces`, the reservation that a frame speaks of; `$resembles`, what
a payload says. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from .case import Json
from .value_rules import camel


_KINDS = {
    "WS": "Workspace",
    "WW": "Workflow",
    "WQ": "TaskQueue",
    "WK": "Worker",
    "WA": "Activity",
    "WT": "Task",
    "WR": "Reservation",
    "WC": "WorkerChannel",
}


def unlike(expected: Json, actual: Json, path: str) -> Iterator[str]:
    """Tell where a value is not what is expected; undefined, null, absent are one."""
    if isinstance(expected, dict):
        if "$undefined" in expected:
            expected = None
        elif "$message" in expected:
            if not _has_message(actual):
                yield f"{path}: expected a message, got {text(actual)}"
            return
        elif "$at_least" in expected:
            wanted = expected["$at_least"]
            if not isinstance(actual, dict):
                actual = {}
            actual = {name: _only(wanted[name], actual.get(name)) for name in wanted}
            expected = wanted
        elif "$announces" in expected:
            yield from _unlike_announced(expected["$announces"], actual, path)
            return
        elif "$resembles" in expected:
            yield from unlike_payload(expected["$resembles"], actual, path)
            return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in [*expected, *(name for name in actual if name not in expected)]:
            yield from unlike(expected.get(name), actual.get(name), f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{path}: expected {len(expected)} items, got {len(actual)}"
        for index, pair in enumerate(zip(expected, actual, strict=False)):
            yield from unlike(*pair, f"{path}.{index}")
    elif expected != actual or isinstance(expected, bool) is not isinstance(
        actual, bool
    ):
        yield f"{path}: expected {text(expected)}, got {text(actual)}"


def _only(wanted: Json, actual: Json) -> Json:
    """Leave out of an object what is not asked for."""
    if isinstance(wanted, dict) and isinstance(actual, dict) and "$entity" in wanted:
        return {name: actual.get(name) for name in wanted}
    return actual


def unlike_payload(payload: Json, actual: Json, path: str) -> Iterator[str]:
    """Tell where a value does not say what a payload says.

    For what no recording shows, as JavaScript loses it: names and plain values.
    """
    if not isinstance(payload, dict):
        yield from unlike(payload, actual, path)
        return
    if not isinstance(actual, dict):
        yield f"{path}: expected {text(payload)[:200]}, got {text(actual)}"
        return
    sid = payload.get("sid")
    if isinstance(sid, str) and actual.get("$entity") != _KINDS.get(sid[:2], ""):
        yield f"{path}: not what {sid} is: {text(actual.get('$entity'))}"
    for name, value in payload.items():
        if name in ("url", "links", "reservation_sid") or "date" in name:
            continue
        came = actual.get(camel(name))
        if isinstance(value, str) and not isinstance(came, str):
            continue  # JSON text, parsed
        if not isinstance(value, list | dict):
            yield from unlike(value, came, f"{path}.{camel(name)}")


def _unlike_announced(payload: Json, actual: Json, path: str) -> Iterator[str]:
    """Tell whether an event delivers the reservation that a frame speaks of."""
    actual = actual if isinstance(actual, dict) else {}
    task = actual.get("task") or {}
    yield from unlike("Reservation", actual.get("$entity"), f"{path}.$entity")
    yield from unlike(payload["reservation_sid"], actual.get("sid"), f"{path}.sid")
    yield from unlike("Task", task.get("$entity"), f"{path}.task.$entity")
    yield from unlike(payload["sid"], task.get("sid"), f"{path}.task.sid")


def _has_message(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    words = value.get("$error", value).get("message")
    return isinstance(words, str) and bool(words)


def text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
