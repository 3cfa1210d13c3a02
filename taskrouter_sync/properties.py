"""From payloads to properties: names, dates, JSON fields, nested objects.

Pure: knows the service's names, and no sockets, sessions or resources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any

from .naming import camel_case


# What users store: their JSON text is parsed, the keys in it are theirs.
JSON_FIELDS = frozenset({"attributes", "configuration", "addons"})

# Not properties of an entity (they are in its `payload`); nested objects keep them.
NOT_PROPERTIES = frozenset({"url", "links", "reservation_sid"})

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class JsonObject(dict[str, Any]):
    """An object of the user's own: a dict whose keys are attributes too.

    ``task.attributes["foo"]`` and ``task.attributes.foo`` read the same value. A key
    that is also a dict's method (``items``) is read by index.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no key {name!r}") from None


class Record(dict[str, Any]):
    """An object of the service inside a payload: camelCase keys, both spellings.

    ``json.dumps`` gives the names that ``JSON.stringify`` gives in JavaScript.
    """

    # Values whose name became equal to another one's: read by their own spelling.
    __slots__ = ("_shadowed",)

    def __init__(self, payload: Mapping[str, Any], *, statistics: bool = False) -> None:
        super().__init__()
        self._shadowed: dict[str, Any] = {}
        names: dict[str, str] = {}
        for name, sent in payload.items():
            camel = camel_case(name)
            value = property_value(name, sent, statistics=statistics)
            if names.get(camel) == camel:
                # Nothing else than this very name leads to what has it.
                self._shadowed[name] = value
                continue
            if camel in names:
                self._shadowed[names[camel]] = self[camel]
            names[camel] = name
            self[camel] = value

    def __missing__(self, name: str) -> Any:
        if name in self._shadowed:
            return self._shadowed[name]
        camel = camel_case(name)
        if camel != name and camel in self:
            return self[camel]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or (
            isinstance(name, str)
            and (name in self._shadowed or dict.__contains__(self, camel_case(name)))
        )

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for `_shadowed` before it is there.
        if name.startswith("__") or name == "_shadowed":
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no property {name!r}") from None

    def __reduce__(self) -> Any:
        return _restore_record, (dict(self), self._shadowed)


def _restore_record(values: dict[str, Any], shadowed: dict[str, Any]) -> Record:
    record = Record({})
    record.update(values)
    record._shadowed.update(shadowed)
    return record


@cache  # at need: compiling takes longer than importing this
def _iso_date() -> re.Pattern[str]:
    return re.compile(
        r"(\d{4}-\d\d-\d\d)"
        r"(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s?(Z|[+-]\d\d:?\d\d)?)?",
        re.IGNORECASE,
    )


@lru_cache(maxsize=4096)
def is_date(name: str) -> bool:
    """Whether the service gives dates under this snake_case name."""
    return (
        name.startswith("date_")
        or name.endswith("_date")
        or name == "virtual_start_time"
    )


def property_value(name: str, value: Any, *, statistics: bool = False) -> Any:
    """Turn one value of a payload into what users read.

    Args:
        name: the service's snake_case name of the value.
        value: what `json.loads` gave.
        statistics: whether times stay text, as in statistics.
    """
    if name in JSON_FIELDS and not statistics:
        return user_data(value)
    if isinstance(value, dict):
        return Record(value, statistics=statistics)
    if isinstance(value, list):
        return [property_value("", item, statistics=statistics) for item in value]
    if is_date(name) and not statistics:
        return date_value(value)
    return value


def user_data(value: Any) -> Any:
    """Parse the user's JSON text; text that is no JSON stays text."""
    if isinstance(value, str):
        try:
            return json.loads(
                value, object_hook=JsonObject, parse_constant=_no_json_constant
            )
        except (ValueError, RecursionError):
            return value
    return json_objects(value)


def json_objects(value: Any) -> Any:
    """Give parsed JSON's objects attributes, at every depth, and rename nothing."""
    if isinstance(value, dict):
        return JsonObject((key, json_objects(item)) for key, item in value.items())
    if isinstance(value, list):
        return [json_objects(item) for item in value]
    return value


def _no_json_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def date_value(value: Any) -> Any:
    """Read epoch seconds, ISO 8601 or RFC 2822 as a UTC datetime; the rest stays."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        try:
            return _EPOCH + timedelta(seconds=value)
        except (OverflowError, ValueError):
            return value
    if isinstance(value, str):
        return _text_date(value)
    return value


def is_older(payload: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a payload tells of an earlier moment than another of the same thing.

    Dates are whole seconds: of the same second none is older.
    """
    dates = [date_value(each.get("date_updated")) for each in (payload, other)]
    return all(isinstance(date, datetime) for date in dates) and dates[0] < dates[1]


def _text_date(text: str) -> datetime | str:
    match = _iso_date().fullmatch(text.strip())
    try:
        if match:
            day, time, fraction, zone = match.groups()
            # Python 3.10 reads neither "Z" nor fractions of any length.
            zone = "+00:00" if zone in (None, "Z", "z") else zone
            zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
            fraction = ((fraction or "") + "000000")[:6]
            time = time or "00:00"
            time = time if len(time) == 8 else f"{time}:00"
            parsed = datetime.fromisoformat(f"{day}T{time}.{fraction}{zone}")
        else:
            parsed = parsedate_to_datetime(text)
            if parsed.tzinfo is None:  # "-0000": UTC, place unknown
                parsed = parsed.replace(tzinfo=timezone.utc)
        return parsed.astimezone(timezone.utc)
    except (ValueError, OverflowError, TypeError, IndexError):
        return text
