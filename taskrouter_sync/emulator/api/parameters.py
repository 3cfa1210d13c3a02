"""The parameters of a REST request.

Owns: reading texts, numbers, booleans, dates and documents out of a query, a form,
or the JSON object of an event bridge envelope. Raises the service's errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from urllib.parse import parse_qsl

from taskrouter_sync.emulator.api.errors import invalid


_TRUE = frozenset({"true", "1", "yes"})


class Parameters(Mapping[str, "tuple[str, ...]"]):
    """All values of each parameter, as text, in the order they came."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        values: dict[str, tuple[str, ...]] = {}
        for name, value in pairs:
            values[name] = (*values.get(name, ()), value)
        self._values = MappingProxyType(values)

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Parameters:
        """Read an envelope's ``params``: null is not supplied, an object is a text."""
        return cls(_pairs(document))

    @classmethod
    def from_body(cls, text: str, content_type: str) -> Parameters:
        """Read the body of a POST: a form, but JSON if it says so.

        JSON that is no object supplies nothing; whatever is needed is missed then.
        """
        if content_type != "application/json":
            return cls(parse_qsl(text, keep_blank_values=True))
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        return cls.from_json(document if isinstance(document, dict) else {})

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def pairs(self) -> list[tuple[str, str]]:
        """Give each value with its name."""
        return [(name, value) for name in self for value in self[name]]

    def plain(self) -> dict[str, object]:
        """Give them as people write them: one value as a text, several as a list."""
        return {
            name: values[0] if len(values) == 1 else list(values)
            for name, values in self.items()
        }

    def text(self, name: str) -> str | None:
        """Give the last value, None when not supplied."""
        values = self.get(name)
        return values[-1] if values else None

    def required(self, name: str) -> str:
        """Give the last value; an absent or empty one is an error."""
        value = self.text(name)
        if not value:
            raise invalid(f"{name} field is required")
        return value

    def integer(self, name: str) -> int | None:
        """Give a number, None when not supplied."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError:
            raise invalid(f"{name} must be an integer") from None

    def boolean(self, name: str) -> bool | None:
        """Give a boolean, None when not supplied; what is not true is false."""
        value = self.text(name)
        return None if value is None else value.strip().lower() in _TRUE

    def date(self, name: str) -> float | None:
        """Give a date as epoch seconds, None when not supplied; UTC by default."""
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

    def choices(self, name: str) -> tuple[str, ...]:
        """Give the values of a list; repeated names and commas both separate."""
        return tuple(
            item.strip()
            for value in self.get(name, ())
            for item in value.split(",")
            if item.strip()
        )


def _pairs(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if value is None:
            continue
        # A list is a repeated name, as in a form.
        for item in value if isinstance(value, list) else [value]:
            yield name, _text(item)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        # JavaScript has one kind of number: 5.0 is 5.
        value = int(value)
    return json.dumps(value)
