"""Lists and statistics as rows of plain values: for data frames, CSV and notebooks.

May use the pure modules; knows resources only as mappings with a payload.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import notebook
from ..naming import BothSpellings


class Tabular:
    """Something with rows: what `pandas.DataFrame` and `csv.DictWriter` take."""

    __slots__ = ()

    @abstractmethod
    def to_dicts(self) -> list[dict[str, Any]]:
        """Give the rows as plain dicts, with the REST API's names: ``friendly_name``.

        Returns:
            One dict for each resource, with the values that its properties have (dates
            as datetimes, attributes parsed); of statistics one, in which what is nested
            is named by its path: ``tasks_by_status.pending``.
        """

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        toDicts = to_dicts

    def _repr_html_(self) -> str:
        if isinstance(self, Mapping):
            return notebook.facts(type(self).__name__, self.to_dicts()[0])
        # A list's own words, without the brackets of `repr`.
        caption = repr(self)[1:-1] if isinstance(self, BothSpellings) else "Statistics"
        return notebook.table(caption, self.to_dicts())


def as_row(value: Any) -> dict[str, Any]:
    """Give what is no resource as a row: an object's keys, else its only value."""
    return dict(value) if isinstance(value, Mapping) else {"value": value}


def flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Give the values at every depth, each named by its path."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value
