"""Rules about values: names, dates, neighbors, and broken data that is not copied.

They come last: what they look at is what the other rules have left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .case import Case, Json
from .rule_tools import Rule


_JSON_FIELDS = {"attributes", "configuration", "addons"}
_DATE = re.compile(r"date[A-Z]\w*|\w*Date|virtualStartTime")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BROKEN = re.compile(r"undefined|null|\[object")
_WORKSPACE = re.compile(r".*/Workspaces/WS\w+")

# By the first letters of a sid: what it points to, and where that is.
_NEIGHBORS = {
    "WS": ("Workspace", ""),
    "WW": ("Workflow", "/Workflows/"),
    "WQ": ("TaskQueue", "/TaskQueues/"),
    "WK": ("Worker", "/Workers/"),
    "WA": ("Activity", "/Activities/"),
    "WT": ("Task", "/Tasks/"),
}


def values_are_ours(case: Case) -> None:
    """What is delivered differs as `Values` says, wherever it is delivered."""
    values = Values(case)
    expected = case["expected"]
    for callback in expected["callbacks"].values():
        callback["calls"] = [values.convert(args) for args in callback["calls"]]
    for entry in expected["events"]:
        entry["args"] = values.convert(entry["args"])
    for name, snapshot in expected.get("snapshots", {}).items():
        expected["snapshots"][name] = values.snapshot(snapshot)


class Values:
    """Converts the values of one case."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._payloads = [
            *_payloads(case["rest"]),
            *_payloads([step.get("send") for step in case["steps"]]),
        ]

    def convert(self, value: Json, depth: int = 0) -> Json:
        if isinstance(value, list):
            return [self.convert(item, depth) for item in value]
        if not isinstance(value, dict):
            return value
        if "$error" in value:
            return self._error(value["$error"])
        if "$at_least" in value:
            return {"$at_least": self.convert(value["$at_least"], depth)}
        if "$entity" in value:
            return self._entity(value, depth)
        if any(name.startswith("$") for name in value):
            return value
        return self._plain(value)

    def snapshot(self, value: Json) -> Json:
        if "$client" in value:
            return self._client(value)
        if value.get("$entity", "").endswith("List") and "data" not in value:
            # An item's properties do not end up on its list.
            return {
                name: item
                for name, item in self.convert(value).items()
                if name.startswith("$") or _is_below(item)
            }
        return self.convert(value)

    def _client(self, value: Json) -> Json:
        """A client shows the latest known of its worker, and never its token."""
        known: Json = {}
        for entry in self._case["expected"]["events"]:
            if entry["event"] == "ready":
                known = entry["args"][0]
        shown = known | self.convert(
            {**value, "$entity": value["$client"], "sid": known.get("sid")}
        )
        hidden = ("token", "debug", "$entity", "$client", "$url")
        rest = {name: item for name, item in shown.items() if name not in hidden}
        return {"$client": value["$client"], **rest}

    def _error(self, error: Json) -> Json:
        """An error's message comes from the body, then from the reason phrase."""
        messages = {
            words
            for replies in self._case["rest"].values()
            for reply in replies
            if reply.get("status") == error["code"]
            and (words := _words(reply)) is not None
        }
        assert len(messages) < 2, f"which of {messages}?"
        return {"$error": {**error, "message": (messages or {error["message"]}).pop()}}

    def _plain(self, value: Json) -> Json:
        """Statistics are plain data: lists are lists, and there is nothing to fetch."""
        numbers = [str(number) for number in range(len(value))]
        if (
            value
            and numbers == list(value)
            and all(isinstance(v, dict) for v in value.values())
        ):
            return [self.convert(value[number]) for number in numbers]
        return {
            name: self.convert(item)
            for name, item in value.items()
            if not (isinstance(item, dict) and "$entity" in item)
        }

    def _entity(self, entity: Json, depth: int) -> Json:
        ours: Json = {}
        for name, item in entity.items():
            if name.startswith("$") or name in _JSON_FIELDS:
                ours[name] = item
            elif isinstance(item, dict) and "$entity" in item:
                # What a broken URL leads to is no neighbor.
                if not _BROKEN.search(item["$url"] or "null"):
                    ours[name] = self._neighbor(item, depth + 1)
            elif name == "data":
                ours[name] = [self.convert(each, depth) for each in item]
            else:
                raws = self._raws(entity, name)
                ours[name] = _date(name, _repaired(item, _like(item, raws)), raws)
        if depth == 0:
            self._add_neighbors(ours)
        return ours

    def _neighbor(self, neighbor: Json, depth: int) -> Json:
        """A neighbor knows its sid before it is fetched."""
        ours = self._entity(neighbor, depth)
        last = ours["$url"].rpartition("/")[2]
        if re.match(r"W[A-Z]\w*\d", last):
            ours.setdefault("sid", last)
        return ours

    def _add_neighbors(self, ours: Json) -> None:
        """What ends in `Sid` and points to a resource gives a neighbor."""
        workspace = _WORKSPACE.match(ours["$url"])
        for name, sid in list(ours.items()):
            if not (name.endswith("Sid") and isinstance(sid, str) and workspace):
                continue
            neighbor = name.removesuffix("Sid")
            if sid[:2] not in _NEIGHBORS or neighbor in ours:
                continue
            kind, path = _NEIGHBORS[sid[:2]]
            url = workspace[0] + (path + sid if path else "")
            ours[neighbor] = {"$entity": kind, "$url": url, "sid": sid}
        if ours["$entity"] == "Task":
            queue = ours.get("queue", ours.get("taskQueue"))
            ours |= {"queue": queue, "taskQueue": queue}

    def _raws(self, entity: Json, name: str) -> list[Any]:
        """List what a property is in the payloads of this sid."""
        return [
            value
            for payload in self._payloads
            if payload.get("sid") == entity.get("sid")
            for key, value in payload.items()
            if camel(key) == name and key not in ("url", "links")
        ]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _like(value: Json, raws: list[Any]) -> Any:
    """Choose the raw value that a recorded one was made of: an object of an object."""
    if not isinstance(value, list | dict) or "$date" in value:
        return value
    return next((raw for raw in raws if isinstance(raw, list | dict)), value)


def _date(name: str, value: Json, raws: list[Any]) -> Json:
    """All dates become dates; what is no date stays what it is."""
    if not _DATE.fullmatch(name):
        return value
    if isinstance(value, dict) and "$date" in value:
        if value["$date"] is None:
            texts = (raw for raw in raws if isinstance(raw, str))
            return next(text for text in texts if not _ISO.fullmatch(text))
        return None if None in raws and value["$date"].startswith("1970") else value
    if isinstance(value, str) and _ISO.fullmatch(value):
        return {"$date": value.replace("Z", ".000Z")}
    return value


def _repaired(value: Json, raw: Any) -> Json:
    """Arrays in objects stay arrays, a string stays a string, nothing is dropped."""
    if isinstance(raw, list):
        if not isinstance(value, list) or len(value) != len(raw):
            return _renamed(raw)
        return [_repaired(*pair) for pair in zip(value, raw, strict=True)]
    if isinstance(raw, dict):
        if not isinstance(value, dict):
            return _renamed(raw)
        return {
            camel(key): _date(camel(key), _repaired(value[camel(key)], item), [item])
            if camel(key) in value
            else _renamed(item)
            for key, item in raw.items()
        }
    is_broken = isinstance(value, dict) and "$date" not in value
    return raw if is_broken else value


def _renamed(raw: Any) -> Json:
    if isinstance(raw, list):
        return [_renamed(item) for item in raw]
    if isinstance(raw, dict):
        return {
            camel(key): _date(camel(key), _renamed(item), [item])
            for key, item in raw.items()
        }
    return raw


def _is_below(item: Json) -> bool:
    return isinstance(item, dict) and item.get("$entity", "").endswith("Statistics")


def _words(reply: Json) -> str | None:
    payload = reply.get("payload")
    words = payload.get("message") if isinstance(payload, Mapping) else None
    return words if isinstance(words, str) else None


def _payloads(value: Json) -> Iterator[Json]:
    """Find every object with a sid, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from _payloads(item)
    elif isinstance(value, dict):
        if "sid" in value:
            yield value
        for item in value.values():
            yield from _payloads(item)


# In the order in which they are applied.
RULES: tuple[Rule, ...] = (values_are_ours,)
