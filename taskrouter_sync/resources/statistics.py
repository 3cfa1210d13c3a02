"""Statistics: where they are asked for, and the plain data that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..callbacks import ResultCallback
from ..forms import read_fetch
from ..naming import BothSpellings
from ..parameters import Params, Value
from ..properties import NOT_PROPERTIES, Record
from .base import deliver
from .tabular import Tabular, as_row, flat


if TYPE_CHECKING:
    from ..session import Session

# What a request brings: the statistics of one thing, or of each of several.
Data = TypeVar("Data")


class StatisticsData(Tabular, Record):
    """What a statistics request brought: a dict with JavaScript's camelCase keys.

    Both spellings are read, as attributes or by index; times stay text, and
    ``json.dumps`` works as ``JSON.stringify`` does.
    """

    # The service's own names: JavaScript's do not lead back to them.
    __slots__ = ("_payload",)

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(
            {key: payload[key] for key in payload if key not in NOT_PROPERTIES},
            statistics=True,
        )
        self._payload = payload

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give the one row that they are; see `Tabular.to_dicts`."""
        kept = {k: v for k, v in self._payload.items() if k not in NOT_PROPERTIES}
        return [dict(flat(kept))]

    toDicts = to_dicts

    def __reduce__(self) -> Any:
        return _restore, (self._payload, dict(self), self._shadowed)


def _restore(
    payload: Mapping[str, Any], values: dict[str, Any], shadowed: dict[str, Any]
) -> StatisticsData:
    data = StatisticsData(payload)
    data.clear()
    data.update(values)
    data._shadowed.update(shadowed)
    return data


class StatisticsList(Tabular, list[Any]):
    """Statistics of several things, as ``workspace.taskqueues.statistics`` has them."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give one row for each thing; see `Tabular.to_dicts`."""
        return [
            each.to_dicts()[0] if isinstance(each, StatisticsData) else as_row(each)
            for each in self
        ]

    toDicts = to_dicts


class Statistics(BothSpellings, Generic[Data]):
    """Statistics of one kind, of one thing: ``worker.statistics.fetch(cb)``."""

    def __init__(self, session: Session, url: str) -> None:
        super().__init__()
        self._session = session
        self._url = url

    @overload
    def fetch(self, callback: ResultCallback[Data]) -> None: ...
    @overload
    def fetch(self, params: Params | None, callback: ResultCallback[Data]) -> None: ...
    @overload
    def fetch(
        self,
        params: Params | None = None,
        *,
        callback: ResultCallback[Data],
        **more: Value | None,
    ) -> None: ...
    @overload
    def fetch(
        self,
        params: Params | None = None,
        callback: None = None,
        **more: Value | None,
    ) -> Data: ...
    def fetch(self, *args: Any, **keywords: Any) -> Any:
        """Ask for the statistics: ``fetch(cb)`` or ``fetch(params, cb)``.

        Args:
            params: ``Minutes``, ``StartDate``, ``EndDate`` … of the REST API; in Python
                code they may be keywords: ``fetch(minutes=240)``.
            callback: gets ``(error, statistics)``, on this thread, before this returns.

        Returns:
            The statistics, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, ``statistics.fetch``.
        """
        fetch = read_fetch("statistics.fetch", args, keywords, by_sid=False)
        return deliver(
            lambda: self._session.entity_from("GET", self._url, fetch.params),
            fetch.callback,
        )

    def update_token(self, token: Any) -> None:
        """Give the client a new token: the client's own method."""
        self._session.update_token(token)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        updateToken = update_token

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class RealTimeStatistics(Statistics[Data]):
    """Statistics of the moment: ``taskQueue.realtimeStats``."""


class CumulativeStatistics(Statistics[Data]):
    """Statistics of a span of time: ``taskQueue.cumulativeStats``."""


class HasStatistics(Generic[Data]):
    """For what has all three kinds, below its own URL."""

    _session: Session
    _url: str

    @property
    def statistics(self) -> Statistics[Data]:
        """Statistics of the moment and of a span of time in one."""
        return Statistics(self._session, f"{self._url.rstrip('/')}/Statistics")

    @property
    def realtime_stats(self) -> RealTimeStatistics[Data]:
        """Statistics of the moment."""
        return RealTimeStatistics(
            self._session, f"{self._url.rstrip('/')}/RealTimeStatistics"
        )

    @property
    def cumulative_stats(self) -> CumulativeStatistics[Data]:
        """Statistics of a span of time."""
        return CumulativeStatistics(
            self._session, f"{self._url.rstrip('/')}/CumulativeStatistics"
        )

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        realtimeStats = realtime_stats
        cumulativeStats = cumulative_stats
