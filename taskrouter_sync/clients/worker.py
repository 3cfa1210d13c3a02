"""The Worker client: an agent's activity, reservations and tasks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from ..arguments import Params, Value, read_fetch, takes
from ..emitter import ResultCallback
from ..errors import HttpError, RequestTimeout, TaskRouterError
from ..line import PATIENCE
from ..resources.base import callback_first, deliver
from ..resources.lists import ActivityList, WorkerChannelList
from ..resources.models import WorkerFields
from ..resources.reservation import Reservation, ReservationList
from ..resources.statistics import Statistics, StatisticsData
from ..session import Limits, TokenSource
from ..typed_events import WorkerEvents
from .announcer import Parts
from .arguments import check_sid
from .deprecated import Deprecated
from .known import KnownReservations
from .task_methods import TaskMethods
from .timing import Timing
from .worker_announcer import WorkerAnnouncer


log = logging.getLogger("taskrouter_sync")

# Time limits of what close() still asks for: the service moves the worker by itself
# when the line is gone, so that little is lost if it does not answer.
_GOODBYE = Limits(connect=0.3, answer=0.5)


class Worker(WorkerEvents, WorkerFields, TaskMethods, Deprecated):
    """An agent, as TaskRouter.js's ``Twilio.TaskRouter.Worker``.

    ::

        worker = Worker(token)
        worker.on("reservation.created", lambda reservation: reservation.accept())

    The constructor returns at once; the connection is made in the background, and event
    callbacks run one at a time on the client's event thread.
    """

    _SID_CLAIM = "worker_sid"
    _PATH = "/Workers/{sid}"

    def __init__(
        self,
        token: str | TokenSource,
        debug: object = True,
        connect_activity_sid: str | None = None,
        disconnect_activity_sid: str | None = None,
        close_existing_sessions: bool | str | None = False,
        region: str | None = None,
        max_retries: int | None = 0,
        api_base_url: str | None = None,
        event_bridge_base_url: str | None = None,
        *,
        daemon: bool = False,
        _timing: Timing | None = None,
    ) -> None:
        """Open the client; the order of the arguments is TaskRouter.js's.

        Args:
            token: a capability token for the worker, or a function that returns a fresh
                one: called now, before the token expires, and after a 401.
            debug: report events through `logging`; off for False and "false".
            connect_activity_sid: WA…, the worker's activity once it is connected and
                has nothing pending; at the first connection only.
            disconnect_activity_sid: WA…, its activity when the line is gone or closed.
            close_existing_sessions: for True or "true" the service ends the worker's
                other connections.
            region: of the event bridge, such as ``"ie1-ix"``.
            max_retries: further attempts of a request that may be repeated.
            api_base_url: instead of ``https://taskrouter.twilio.com/v1``; the
                environment variable TASKROUTER_API_URL sets it too.
            event_bridge_base_url: instead of ``https://event-bridge.twilio.com``; the
                environment variable TASKROUTER_EVENT_BRIDGE_URL sets it too.
            daemon: whether the script may end while this client is open.

        Raises:
            TokenError: a ValueError that names what the token lacks.
            ArgumentError: a TypeError that names the argument.

        Source: https://www.twilio.com/docs/taskrouter/js-sdk-v1/worker
        """
        check_sid("connect_activity_sid", connect_activity_sid)
        check_sid("disconnect_activity_sid", disconnect_activity_sid)
        self._known = KnownReservations()
        self._connect_activity_sid = connect_activity_sid
        self._disconnect_activity_sid = disconnect_activity_sid
        super().__init__(
            token,
            debug=debug,
            region=region,
            max_retries=max_retries,
            api_base_url=api_base_url,
            event_bridge_base_url=event_bridge_base_url,
            daemon=daemon,
            close_existing_sessions=close_existing_sessions is True
            or close_existing_sessions == "true",
            disconnect_activity_sid=disconnect_activity_sid,
            timing=_timing,
        )
        self._session.fetch_all = self._fetch_all

    @property
    def reservations(self) -> dict[str, Reservation]:
        """The open reservations by sid (WR…), a copy; kept current by events."""
        return self._known.open()

    @property
    def activities(self) -> ActivityList:
        """The workspace's activities, as in ``worker.activities.fetch(cb)``."""
        return ActivityList(self._session, f"{self._session.workspace_url}/Activities")

    @property
    def statistics(self) -> Statistics[StatisticsData]:
        """The worker's statistics, as in ``worker.statistics.fetch(cb)``."""
        return Statistics(self._session, f"{self._url}/Statistics")

    @overload
    def fetch_reservations(
        self,
        callback: ResultCallback[ReservationList],
        params: Params | None = None,
        **filters: Value | None,
    ) -> None: ...
    @overload
    def fetch_reservations(
        self, params: Params, callback: ResultCallback[ReservationList], /
    ) -> None: ...
    @overload
    def fetch_reservations(
        self,
        callback: None = None,
        params: Params | None = None,
        **filters: Value | None,
    ) -> ReservationList: ...
    @overload
    def fetch_reservations(self, params: Params, /) -> ReservationList: ...
    @takes("callback", "params", more="filters")
    def fetch_reservations(self, *args: Any, **keywords: Any) -> Any:
        """Get the worker's reservations: ``fetchReservations(cb, params)``.

        Each has its task loaded.

        Args:
            params: filters of the REST API: ``{"ReservationStatus": "accepted"}``; in
                Python code they may be keywords.
        """
        fetch = read_fetch("worker.fetchReservations", args, keywords, by_sid=False)
        return deliver(lambda: self._fetch_reservations(fetch.params), fetch.callback)

    @callback_first
    def fetch_channels(self) -> WorkerChannelList:
        """Get the worker's channels: ``fetchChannels(cb)``."""
        found: WorkerChannelList = self._session.perform("GET", f"{self._url}/Channels")
        return found

    def set_skip_fetch_reservation(self, skip: bool = True) -> None:
        """Deliver reservation events as their frames are, without further requests.

        Args:
            skip: False takes it back.

        Source: TaskRouter.js v1, ``worker.setSkipFetchReservation``.
        """
        self._worker_announcer.skip_fetch_reservation = bool(skip)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        fetchReservations = fetch_reservations
        fetchChannels = fetch_channels
        setSkipFetchReservation = set_skip_fetch_reservation

    def _open_reservations(self) -> Mapping[str, Reservation]:
        return self._known.open()

    def _fetch_reservations(self, params: Mapping[str, Any] | None) -> Any:
        return self._session.perform("GET", f"{self._url}/Reservations", params)

    def _fetch_all(self, urls: Sequence[str]) -> list[Any]:
        session, loaded = self._session, threading.Event()
        jobs = [partial(session.request, "GET", url, may_refresh=False) for url in urls]
        details = self._shared.prefetcher.fetch(jobs, loaded.set, session)
        loaded.wait(PATIENCE)
        found: list[Any] = []
        for url, outcome in zip(urls, details.outcomes, strict=True):
            if isinstance(outcome, HttpError) and outcome.status == 401:
                found.append(session._payload_or_error(url))
            elif outcome is None:
                found.append(RequestTimeout("not in time"))
            elif isinstance(outcome, TaskRouterError):
                found.append(outcome)
            else:
                found.append(outcome.payload)
        return found

    def _make_announcer(self, parts: Parts) -> WorkerAnnouncer:
        self._worker_announcer = WorkerAnnouncer(
            parts,
            self._known,
            self._connect_activity_sid,
            self._disconnect_activity_sid,
        )
        return self._worker_announcer

    def _notice(self, entity: Any) -> None:
        self._worker_announcer.answered(entity)

    def _say_goodbye(self) -> None:
        """Move the worker to its disconnect activity, as a page does at `unload`."""
        if not self._disconnect_activity_sid:
            return
        params = {"ActivitySid": self._disconnect_activity_sid}
        try:
            self._session.request(
                "POST",
                self._url,
                params,
                limits=_GOODBYE,
                max_retries=0,
                may_refresh=False,
            )
        except TaskRouterError as error:
            log.warning("No disconnect activity: %s", error)
