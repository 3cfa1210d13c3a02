"""Statistics: requesting them, and the data of the response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .. import notebook
from ..arguments import Params, Value, read_fetch, takes
from ..emitter import ResultCallback
from ..properties import (
    NOT_PROPERTIES,
    Payload,
    Record,
    date_value,
    json_text,
    plain,
)
from .base import ClientObject, as_row, deliver


if TYPE_CHECKING:
    from ..session import Session

# How the names of times end.
_TIMES = ("start_time", "end_time")

# What a request brings: the statistics of one thing, or of each of several.
Data = TypeVar("Data")


class StatisticsData(Record):
    """Statistics as a dict with the camelCase keys of TaskRouter.js.

    Read the values as attributes or by index, in either spelling. ``json.dumps``
    returns what ``JSON.stringify`` does in JavaScript. Times are strings, ISO 8601 in
    UTC, also in `to_dicts`; ``pandas.to_datetime`` parses them. Tables in notebooks
    show them in your time zone, like all other times.
    """

    __slots__ = ()

    def __init__(self, payload: Payload) -> None:
        items = dict(payload).items()
        super().__init__(
            {key: value for key, value in items if key not in NOT_PROPERTIES},
            statistics=True,
        )

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a list with one row, with the names of the REST API, for data frames.

        The name of a nested value is its path: ``realtime.tasks_by_status.pending``.
        """
        return [dict(_flat(self.to_dict(snake_case=True)))]

    toDicts = to_dicts

    def _repr_html_(self) -> str:
        return notebook.facts(type(self).__name__, _shown(self.to_dicts()[0]))


class StatisticsList(list[Any]):
    """Statistics of several resources, from ``workspace.taskqueues.statistics``."""

    def to_dict(self, snake_case: bool = False) -> list[Any]:
        """Return a list with a plain dict for each resource.

        Args:
            snake_case: True uses the names of the REST API instead of TaskRouter.js's.
        """
        return [plain(each, snake_case) for each in self]

    def to_json(self) -> str:
        """Return the same JSON text as ``JSON.stringify`` in JavaScript."""
        return json_text(self)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a row for each resource; see `StatisticsData.to_dicts`."""
        return [
            each.to_dicts()[0] if isinstance(each, StatisticsData) else as_row(each)
            for each in self
        ]

    toDict = to_dict
    toJson = to_json
    toDicts = to_dicts

    def _repr_html_(self) -> str:
        return notebook.table("Statistics", [_shown(row) for row in self.to_dicts()])


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for a notebook, with times as in resources."""
    return {
        name: date_value(value) if name.endswith(_TIMES) else value
        for name, value in row.items()
    }


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Return the values at every depth, each named by its path."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


class Statistics(ClientObject, Generic[Data]):
    """One kind of statistics of a resource: ``worker.statistics.fetch(cb)``."""

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url

    @overload
    def fetch(
        self,
        params: Params | None = None,
        callback: None = None,
        **more: Value | None,
    ) -> Data: ...
    @overload
    def fetch(self, callback: ResultCallback[Data]) -> None: ...
    @overload
    def fetch(
        self,
        params: Params | None = None,
        callback: ResultCallback[Data] = ...,
        **more: Value | None,
    ) -> None: ...
    @takes("params", "callback", more="parameters")
    def fetch(self, *args: Any, **keywords: Any) -> Any:
        """Fetch the statistics: ``fetch(cb)`` or ``fetch(params, cb)``.

        The result is a `StatisticsData`, or a `StatisticsList` for several resources.

        Args:
            params: a dict of parameters of the REST API, such as ``Minutes``,
                ``StartDate`` and ``EndDate``. They may also be keywords:
                ``fetch(minutes=240)``.
        """
        fetch = read_fetch("statistics.fetch", args, keywords, by_sid=False)
        return deliver(
            lambda: self._session.perform("GET", self._url, fetch.params),
            fetch.callback,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, not fetched>"


class RealTimeStatistics(Statistics[Data]):
    """Real-time statistics: ``taskQueue.realtimeStats``."""


class CumulativeStatistics(Statistics[Data]):
    """Cumulative statistics: ``taskQueue.cumulativeStats``."""


class HasStatistics(ClientObject, Generic[Data]):
    """A resource that has all three kinds of statistics."""

    @property
    def statistics(self) -> Statistics[Data]:
        """Real-time and cumulative statistics together."""
        return Statistics(self._session, f"{self._url.rstrip('/')}/Statistics")

    @property
    def realtime_stats(self) -> RealTimeStatistics[Data]:
        """Real-time statistics."""
        return RealTimeStatistics(
            self._session, f"{self._url.rstrip('/')}/RealTimeStatistics"
        )

    @property
    def cumulative_stats(self) -> CumulativeStatistics[Data]:
        """Cumulative statistics, over a period."""
        return CumulativeStatistics(
            self._session, f"{self._url.rstrip('/')}/CumulativeStatistics"
        )

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        realtimeStats = realtime_stats
        cumulativeStats = cumulative_stats
