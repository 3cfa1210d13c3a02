"""From payloads to properties: names, dates, user data, nested objects, and back.

Pure: knows the service's names, and no sockets, sessions or resources.
"""

from __future__ import annotations

import json
import keyword
import math
import re
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any, SupportsIndex, TypeAlias, TypeVar

from .naming import camel_case, no_attribute


# What users store: their JSON text is parsed, the keys in it are theirs.
JSON_FIELDS = frozenset({"attributes", "configuration", "addons"})

# Not properties of an entity (they are in its `payload`); nested objects keep them.
NOT_PROPERTIES = frozenset({"url", "links", "reservation_sid"})

# What the REST API documents of the objects inside a payload: its links, and all that
# is in statistics.
_LINKS = frozenset(
    camel_case(name)
    for name in """
    activities activity assignment_activity bulk_real_time_statistics channels
    cumulative_statistics events list_statistics real_time_statistics
    reservation_activity reservations statistics task task_channels task_queue
    task_queues tasks worker worker_channels worker_statistics workers workflow
    workflows workspace
    """.split()
)
_STATISTICS = frozenset(
    camel_case(name)
    for name in """
    above account_sid activity_durations activity_statistics assigned avg
    avg_task_acceptance_time below canceled completed cumulative end_time friendly_name
    longest_relative_task_age_in_queue longest_relative_task_sid_in_queue
    longest_task_waiting_age longest_task_waiting_sid max min pending realtime
    reservations_accepted reservations_canceled reservations_completed
    reservations_created reservations_rejected reservations_rescinded
    reservations_timed_out reservations_wrapup reserved sid split_by_wait_time
    start_time task_queue_data task_queue_response_count task_queue_sid tasks_assigned
    tasks_by_priority tasks_by_status tasks_canceled tasks_completed tasks_created
    tasks_deleted tasks_entered tasks_moved tasks_timed_out_in_workflow total
    total_available_workers total_eligible_workers total_tasks total_workers
    wait_duration_in_queue_until_accepted wait_duration_until_accepted
    wait_duration_until_canceled worker_sid workers workflow_sid workspace_sid wrapping
    """.split()
)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Not compiled here: that takes longer than importing this.
_ISO_DATE = (
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s?(Z|[+-]\d\d:?\d\d)?)?"
)

_R = TypeVar("_R", bound="Record")

# An object of JSON; or its items, of which `dataclasses.asdict` makes a copy.
Payload: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]


class JsonObject(dict[str, Any]):
    """User data, such as attributes: a dict that behaves like a JavaScript object.

    - ``task.attributes["foo"]`` and ``task.attributes.foo`` read the same value. A
      missing key is None as an attribute and a KeyError by index.
    - ``task.attributes.foo = 1`` sets the key, ``del task.attributes.foo`` removes it.
    - A key that is a Python keyword has an underscore: ``attributes.from_``.
    - A key with the name of a dict method, such as ``items``, is read by index.
    - Dicts and lists that are stored in it behave in the same way, at every depth.
    """

    __slots__ = ()

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        for key, value in self.items():
            if isinstance(value, dict | list):
                super().__setitem__(key, json_objects(value))

    def __getattr__(self, name: str) -> Any:
        if (
            name.startswith("__")
            or (name.startswith("_") and name.endswith("_"))
            or name == "ndim"
        ) and name not in self:
            # Questions of Python, of notebooks and of pandas: can it be copied, how is
            # it shown, is it an array?
            raise AttributeError(name)
        return self.get(self._key(name))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        self[self._key(name)] = value

    def __delattr__(self, name: str) -> None:
        self.pop(self._key(name), None)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, json_objects(value))

    def setdefault(self, key: str, default: Any = None) -> Any:
        return super().setdefault(key, json_objects(default))

    def update(self, *args: Any, **keywords: Any) -> None:
        for key, value in dict(*args, **keywords).items():
            self[key] = value

    def copy(self) -> JsonObject:
        return JsonObject(self)

    def __or__(self, other: Any) -> JsonObject:  # type: ignore[override]
        return JsonObject(super().__or__(other))

    def __ior__(self, other: Any) -> JsonObject:  # type: ignore[override]
        self.update(other)
        return self

    def _key(self, name: str) -> str:
        if name.endswith("_") and name not in self and keyword.iskeyword(name[:-1]):
            return name[:-1]
        return name


class JsonArray(list[Any]):
    """A list inside of user data: a dict that is put into it becomes a `JsonObject`."""

    __slots__ = ()

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__(map(json_objects, values))

    def __setitem__(self, position: Any, value: Any) -> None:
        if isinstance(position, slice):
            super().__setitem__(position, map(json_objects, value))
        else:
            super().__setitem__(position, json_objects(value))

    def __iadd__(self, values: Iterable[Any]) -> JsonArray:  # type: ignore[misc]
        self.extend(values)
        return self

    def append(self, value: Any) -> None:
        super().append(json_objects(value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend(map(json_objects, values))

    def insert(self, position: SupportsIndex, value: Any) -> None:
        super().insert(position, json_objects(value))

    def copy(self) -> JsonArray:
        return JsonArray(self)


class Record(dict[str, Any]):
    """An object inside a payload: a dict with camelCase keys, read in both spellings.

    As an attribute, a documented name that is missing is None; any other name is an
    AttributeError that suggests the most similar name. By index, a missing name is a
    KeyError. ``json.dumps`` uses the same names as ``JSON.stringify`` in JavaScript.
    """

    # The service's own names, by the camelCase ones; and the values whose camelCase
    # name another one has: they are read by their own spelling.
    __slots__ = ("_documented", "_names", "_shadowed")

    def __init__(self, payload: Payload, *, statistics: bool = False) -> None:
        super().__init__()
        self._documented = _STATISTICS if statistics else _LINKS
        self._names: dict[str, str] = {}
        self._shadowed: dict[str, Any] = {}
        for name, sent in dict(payload).items():
            camel = camel_case(name)
            value = property_value(name, sent, statistics=statistics)
            if self._names.get(camel) == camel:
                # Nothing else than this very name leads to what has it.
                self._shadowed[name] = value
                continue
            if camel in self._names:
                self._shadowed[self._names[camel]] = self[camel]
            self._names[camel] = name
            self[camel] = value

    def to_dict(self, snake_case: bool = False) -> dict[str, Any]:
        """Return the values as a plain dict, which is a copy.

        Args:
            snake_case: True uses the names of the REST API instead of TaskRouter.js's.
        """
        names = self._names if snake_case else {}
        found = {names.get(k, k): plain(v, snake_case) for k, v in self.items()}
        if snake_case:
            found |= {k: plain(v, snake_case) for k, v in self._shadowed.items()}
        return found

    def to_json(self) -> str:
        """Return the same JSON text as ``JSON.stringify`` in JavaScript."""
        return json_text(self)

    toDict = to_dict
    toJson = to_json

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

    def copy(self: _R) -> _R:
        return copy(self)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for private names before they are there.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            if camel_case(name) in self._documented:
                return None
        known = {*self, *dir(self), *self._documented}
        raise no_attribute(self, name, known) from None

    def __reduce__(self) -> Any:
        state = (self._documented, self._names, self._shadowed)
        return _restored, (type(self), dict(self), state)


def _restored(kind: type[_R], values: dict[str, Any], state: Any) -> _R:
    record = kind.__new__(kind)
    dict.update(record, values)
    record._documented, record._names, record._shadowed = state
    return record


@lru_cache(maxsize=4096)
def is_date(name: str) -> bool:
    """Whether the service gives dates under this snake_case name."""
    return (
        name.startswith("date_")
        or name.endswith("_date")
        or name == "virtual_start_time"
    )


def property_value(name: str, value: Any, *, statistics: bool = False) -> Any:
    """Turn one value of a payload into what users read, by its snake_case name.

    In statistics times stay text.
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
            value = json.loads(
                value, object_hook=JsonObject, parse_constant=_no_json_constant
            )
            return json_objects(value)
        except (ValueError, RecursionError):
            return value
    return json_objects(value)


def json_objects(value: Any) -> Any:
    """Let parsed JSON behave as in JavaScript, at every depth; rename nothing."""
    if isinstance(value, JsonObject | JsonArray):
        return value
    if isinstance(value, dict):
        return JsonObject(value)
    if isinstance(value, list):
        return JsonArray(value)
    return value


def _no_json_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def plain(value: Any, snake_case: bool = False) -> Any:
    """Copy a value as plain dicts and lists, which share nothing with the original."""
    if isinstance(value, Record):
        return value.to_dict(snake_case)
    if isinstance(value, dict):
        return {key: plain(item, snake_case) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, snake_case) for item in value]
    return value


def json_text(value: Any) -> str:
    """Write a value as ``JSON.stringify`` does: compact, dates in ISO 8601.

    Raises:
        TypeError, ValueError: there is something in it that JSON can't say.
    """
    value = json_value(value)
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: escaped, as in JavaScript
        text = json.dumps(value, separators=(",", ":"))
    return _small_numbers().sub(_small_number, text) if "e-0" in text else text


@cache  # at need
def _small_numbers() -> re.Pattern[str]:
    """Find them outside of strings, which match as a whole."""
    return re.compile(r'"(?:[^"\\]|\\.)*"|([-.\d]+)e-0(\d)', re.DOTALL)


def _small_number(match: re.Match[str]) -> str:
    """Write a number such as 5e-05 as JavaScript does."""
    digits, exponent = match.groups()
    if digits is None:
        return match[0]
    if int(exponent) > 6:
        return f"{digits}e-{exponent}"
    return f"{_decimal(match[0]):f}"


def _decimal(number: str) -> Any:
    from decimal import Decimal  # at need: few numbers are of this kind

    return Decimal(number)


def json_value(value: Any) -> Any:
    """Give a value as JSON has it: plain dicts and lists, dates as text."""
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, float):
        # JavaScript has one kind of numbers, and JSON neither NaN nor infinity.
        return whole(value) if math.isfinite(value) else None
    return value


def whole(number: float) -> float | int:
    """Give a float without a fraction as an integer, as JavaScript writes it."""
    if not number.is_integer() or abs(number) >= 1e21:
        return number
    # The fewest digits that lead back to it, and zeros.
    return int(number) if abs(number) < 1e15 else int(_decimal(repr(number)))


def date_text(value: date) -> str:
    """Write a date as JavaScript does; one without a zone is in local time."""
    if not isinstance(value, datetime):
        return value.isoformat()
    text = value.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def date_value(value: Any) -> Any:
    """Read epoch seconds, ISO 8601 or RFC 2822 as a UTC datetime; the rest stays."""
    if isinstance(value, str):
        return _text_date(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return _EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError):
        return value


def is_older(payload: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a payload is dated earlier than another one of the same thing.

    Dates are whole seconds: of the same second none is older.
    """
    dates = [date_value(each.get("date_updated")) for each in (payload, other)]
    return all(isinstance(date, datetime) for date in dates) and dates[0] < dates[1]


def _text_date(text: str) -> datetime | str:
    match = re.fullmatch(_ISO_DATE, text.strip(), re.IGNORECASE)
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
