"""A payload read as properties, in both spellings, each turned when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ..naming import index
from ..properties import NOT_PROPERTIES, property_value


class PayloadView:
    """What one payload says. Never changes: a new payload makes a new view.

    Attributes:
        payload: the service's JSON, as it came.
    """

    __slots__ = ("_by_camel", "_values", "payload")

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self.payload: Mapping[str, Any] = payload
        # Filled by whoever asks first. Two threads may do the same work at once; both
        # come to the same, so no lock is needed.
        self._values: dict[str, Any] = {}
        self._by_camel: Mapping[str, str] | None = None

    def value(self, name: str) -> Any:
        """Read a property in either spelling; KeyError if there is none."""
        values = self._values
        if name not in values:
            key = self.key(name)
            if key not in values:
                values.setdefault(key, property_value(key, self.payload[key]))
            # Under the other spelling too, which then needs no search.
            return values.setdefault(name, values[key])
        return values[name]

    def key(self, name: str) -> str:
        """Find the payload's name for a property; KeyError if there is none."""
        if name in NOT_PROPERTIES:
            raise KeyError(name)
        if name in self.payload:
            return name
        if self._by_camel is None:
            self._by_camel = _by_camel(tuple(self.payload))
        return self._by_camel[name]

    def keys(self) -> Iterator[str]:
        """Go through the payload's names that are properties, in its order."""
        return (key for key in self.payload if key not in NOT_PROPERTIES)


@lru_cache(maxsize=256)  # a service has few kinds of payloads, and sends them often
def _by_camel(names: tuple[str, ...]) -> Mapping[str, str]:
    return index(name for name in names if name not in NOT_PROPERTIES)
